// SPDX-License-Identifier: MIT

package taskseal

import (
	"bytes"
	"errors"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// lockedKiB is how much memory the system says that this process has locked: keyrings and streams stand there.
func lockedKiB(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("no /proc/self/status here")
	}
	found := regexp.MustCompile(`VmLck:\s+(\d+) kB`).FindSubmatch(status)
	if found == nil {
		t.Fatal("no VmLck in /proc/self/status")
	}
	n, _ := strconv.Atoi(string(found[1]))
	return n
}

// settle collects garbage until the locked memory is at most `most`, and returns what it was.
func settle(t *testing.T, most int) int {
	t.Helper()
	for range 50 {
		runtime.GC()
		if lockedKiB(t) <= most {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return lockedKiB(t)
}

func TestWhatNobodyClosesIsFreed(t *testing.T) {
	before := settle(t, 0)
	for name, leave := range map[string]func(){
		"keyrings": func() {
			for range 20 {
				if ring, err := NewKeyring(activeKey(t, "k")); err != nil || !ring.Locked() {
					t.Skip("keys can't be locked here")
				}
			}
		},
		"replaced keyrings": func() {
			ring, _ := NewKeyring(activeKey(t, "k"))
			for range 20 {
				next, err := NewKeyring(activeKey(t, "k"))
				if err != nil || ring.Replace(next) != nil {
					t.Fatal("a keyring was not replaced")
				}
			}
		},
		"streams": func() {
			ring, _ := NewKeyring(activeKey(t, "k"))
			for range 20 {
				w, err := ring.NewSealWriter(&bytes.Buffer{}, SealOptions{})
				if err != nil {
					t.Fatal(err)
				}
				_, _ = w.Write([]byte("never ended"))
			}
		},
	} {
		leave()
		if name == "keyrings" && lockedKiB(t) <= before {
			t.Fatal("the measure shows nothing")
		}
		if after := settle(t, before); after > before {
			t.Errorf("%s: %d KiB are still locked, %d before", name, after, before)
		}
	}
}

func TestCloseFreesAtOnce(t *testing.T) {
	before := settle(t, 0)
	for range 50 {
		ring, err := NewKeyring(activeKey(t, "k"))
		if err != nil {
			t.Fatal(err)
		}
		_ = ring.Close()
	}
	if after := lockedKiB(t); after > before {
		t.Errorf("%d KiB are locked, %d before", after, before)
	}
}

// Goroutines seal and open while others replace the keys and at last close them: nobody sees freed memory (the race
// detector and guarded memory would tell), and all that is refused is refused because it is closed.
func TestKeysChangeUnderCalls(t *testing.T) {
	keys := []Key{activeKey(t, "mail-k01"), activeKey(t, "mail-k02")}
	ring, err := NewKeyring(keys...)
	if err != nil {
		t.Fatal(err)
	}
	var calls, closed atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Add(1)
		go func() {
			defer all.Done()
			for closed.Load() == 0 {
				useOnce(t, ring, &calls, &closed)
			}
		}()
	}
	for i := range 200 {
		next := newRingOf(t, keys[i%2], keys[1-i%2])
		if err := ring.Replace(next); err != nil {
			t.Error(err)
		}
		runtime.Gosched()
	}
	for calls.Load() < 100 {
		runtime.Gosched()
	}
	_ = ring.Close()
	all.Wait()
	if closed.Load() == 0 || calls.Load() == 0 {
		t.Errorf("%d calls, %d after it was closed", calls.Load(), closed.Load())
	}
}

func useOnce(t *testing.T, ring *Keyring, calls, closed *atomic.Int64) {
	payload := []byte("payload")
	sealed, err := ring.Seal(payload, SealOptions{Context: mail})
	if err == nil {
		var got []byte
		got, _, err = ring.Open(sealed, OpenOptions{Context: mail})
		if err == nil && !bytes.Equal(got, payload) {
			t.Error("another payload")
		}
	}
	switch {
	case errors.Is(err, ErrClosed):
		closed.Add(1)
	case err != nil:
		t.Error(err)
		closed.Add(1)
	default:
		calls.Add(1)
	}
}

func TestCostInAllocations(t *testing.T) {
	ring := testRing(t)
	payload := randomBytes(t, 1024)
	sealOptions := SealOptions{Context: mail, Lifetime: time.Hour}
	named := sealOptions
	named.KeyIDs = []string{"mail-k01"}
	openOptions := OpenOptions{Context: mail, AllowedSuites: []Suite{ChaCha20Poly1305}}
	buf := make([]byte, 0, 16384)
	sealed := mustSeal(t, ring, payload, sealOptions)
	size, offset, err := ring.SealedLen(len(payload), sealOptions)
	if err != nil {
		t.Fatal(err)
	}
	place := make([]byte, size)
	var failure error
	note := func(err error) {
		if err != nil {
			failure = err
		}
	}
	padded, large, other := sealOptions, randomBytes(t, 5*ChunkBytes), sealOptions
	padded.Padded = true
	paddedEnvelope, largeEnvelope := mustSeal(t, ring, []byte("short"), padded), mustSeal(t, ring, large, sealOptions)
	if other.Suite = ChaCha20Poly1305; AEGIS256.Available() {
		other.Suite = AEGIS256
	}
	for _, c := range []struct {
		name string
		want float64
		call func()
	}{
		{"AppendSeal", 0, func() { _, err := ring.AppendSeal(buf, payload, sealOptions); note(err) }},
		{"AppendSeal to named keys", 0, func() { _, err := ring.AppendSeal(buf, payload, named); note(err) }},
		{"Seal", 1, func() { _, err := ring.Seal(payload, sealOptions); note(err) }},
		{"Seal with padding", 1, func() { _, err := ring.Seal(payload, padded); note(err) }},
		{"Seal with another suite", 1, func() { _, err := ring.Seal(payload, other); note(err) }},
		{"Seal of many chunks", 1, func() { _, err := ring.Seal(large, sealOptions); note(err) }},
		{"Seal in turns", 2, func() {
			_, err := ring.Seal(payload, named)
			note(err)
			_, err = ring.Seal(nil, other)
			note(err)
		}},
		{"SealInPlace", 0, func() {
			copy(place[offset:], payload)
			_, err := ring.SealInPlace(place, len(payload), sealOptions)
			note(err)
		}},
		{"AppendOpen", 0, func() { _, _, err := ring.AppendOpen(buf, sealed, openOptions); note(err) }},
		{"Open", 1, func() { _, _, err := ring.Open(sealed, openOptions); note(err) }},
		{"Open with padding", 1, func() { _, _, err := ring.Open(paddedEnvelope, openOptions); note(err) }},
		{"Open of many chunks", 1, func() { _, _, err := ring.Open(largeEnvelope, openOptions); note(err) }},
		{"OpenInPlace", 0, func() {
			_, _, err := ring.OpenInPlace(append(buf[:0], sealed...), openOptions)
			note(err)
		}},
		{"AppendRewrap", 0, func() { _, err := ring.AppendRewrap(buf, sealed, RewrapOptions{}); note(err) }},
		{"AppendReseal", 0, func() { _, _, err := ring.AppendReseal(buf, sealed, ResealOptions{Open: openOptions}); note(err) }},
		{"DedupeTag of a whole payload, refused", 1, func() { _, _ = ring.DedupeTag(payload, DedupeOptions{}) }},
	} {
		if got := testing.AllocsPerRun(100, c.call); got != c.want {
			t.Errorf("%s allocates %v times, not %v", c.name, got, c.want)
		}
	}
	if failure != nil {
		t.Error(failure)
	}
}

// A frame is as programs have it: a buffer beside what points elsewhere. cgo refuses the latter, which no call may reach.
type frame struct {
	name *string
	buf  [2048]byte
}

func TestBuffersInStructsWithPointers(t *testing.T) {
	ring, name := testRing(t), "frame"
	in, out := &frame{name: &name}, &frame{name: &name}
	sealed := in.buf[:copy(in.buf[:], mustSeal(t, ring, []byte("payload"), SealOptions{}))]
	text, err := EncodeText(sealed)
	if err != nil || IsSealed(sealed) != Sealed {
		t.Errorf("%v, %v", IsSealed(sealed), err)
	}
	if decoded, err := AppendDecodeText(out.buf[:0], text); err != nil || !bytes.Equal(decoded, sealed) {
		t.Error(err)
	}
	info, err := Inspect(sealed)
	if err != nil {
		t.Fatal(err)
	}
	if id, err := MessageIDOf(sealed); err != nil || id != info.MessageID {
		t.Error(err)
	}
}
