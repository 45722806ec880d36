// SPDX-License-Identifier: MIT

package taskseal

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"runtime"
	"testing"
	"testing/iotest"
)

// endless gives n bytes of a pattern without holding them.
func endless(n int64) io.Reader { return io.LimitReader(pattern{}, n) }

type pattern struct{}

func (pattern) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(i * 7)
	}
	return len(p), nil
}

func TestLongPayloadPassesInBoundedMemory(t *testing.T) {
	const length = 200 << 20
	ring := testRing(t)
	in, out := io.Pipe()
	sealed := make(chan error, 1)
	go func() {
		w, err := ring.NewSealWriter(out, SealOptions{Context: mail})
		if err == nil {
			_, err = io.Copy(w, endless(length))
		}
		if err == nil {
			err = w.Close()
		}
		_ = out.CloseWithError(err)
		sealed <- err
	}()
	r, err := ring.NewOpenReader(in, OpenOptions{Context: mail})
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.New()
	n, err := io.Copy(sum, r)
	if err != nil || n != length {
		t.Fatalf("%d bytes, %v", n, err)
	}
	want := sha256.New()
	_, _ = io.Copy(want, endless(length))
	if err := <-sealed; err != nil || !bytes.Equal(sum.Sum(nil), want.Sum(nil)) {
		t.Errorf("another payload, %v", err)
	}
	if r.Opened().KeyID != "mail-k01" {
		t.Errorf("opened by %q", r.Opened().KeyID)
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	if memory.Sys > length {
		t.Errorf("the process took %d bytes", memory.Sys)
	}
}

func sealStream(t *testing.T, ring *Keyring, payload []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := ring.NewSealWriter(&out, SealOptions{Context: mail})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(payload); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestStreamsAndWholeEnvelopesAreTheSame(t *testing.T) {
	ring := testRing(t)
	for _, n := range []int{0, 1, ChunkBytes, pieceBytes, pieceBytes + 1, 300000} {
		payload := randomBytes(t, n)
		mustOpen(t, ring, sealStream(t, ring, payload), payload, OpenOptions{Context: mail})
		sealed := mustSeal(t, ring, payload, SealOptions{Context: mail})
		r, err := ring.NewOpenReader(bytes.NewReader(sealed), OpenOptions{Context: mail})
		if err != nil {
			t.Fatal(err)
		}
		if err := iotest.TestReader(r, payload); err != nil {
			t.Error(err)
		}
	}
}

func TestCutStreamNeverEndsWell(t *testing.T) {
	ring := testRing(t)
	payload := randomBytes(t, 3*ChunkBytes)
	sealed := sealStream(t, ring, payload)
	for n := range len(sealed) {
		if n > 300 && n < len(sealed)-300 && n%997 != 0 {
			continue
		}
		r, err := ring.NewOpenReader(bytes.NewReader(sealed[:n]), OpenOptions{Context: mail})
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err == nil || CodeOf(err) == 0 || !bytes.HasPrefix(payload, got) || r.Opened() != (Opened{}) {
			t.Fatalf("cut to %d bytes: %d bytes of payload, %v", n, len(got), err)
		}
	}
}

var errBroken = errors.New("broken pipe")

type brokenWriter struct{ room int }

func (w *brokenWriter) Write(p []byte) (int, error) {
	if len(p) > w.room {
		n := w.room
		w.room = 0
		return n, errBroken
	}
	w.room -= len(p)
	return len(p), nil
}

func TestErrorsBelowPassThrough(t *testing.T) {
	ring := testRing(t)
	for _, room := range []int{0, 100, 40000} {
		w, err := ring.NewSealWriter(&brokenWriter{room}, SealOptions{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(w, endless(1<<20))
		if !errors.Is(err, errBroken) || !errors.Is(w.Close(), errBroken) {
			t.Errorf("room for %d: %v, %v", room, err, w.Close())
		}
	}
	sealed := sealStream(t, ring, make([]byte, 100000))
	from := io.MultiReader(bytes.NewReader(sealed[:50000]), iotest.ErrReader(errBroken))
	r, err := ring.NewOpenReader(from, OpenOptions{Context: mail})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, r); !errors.Is(err, errBroken) || n == 0 {
		t.Errorf("%d bytes, %v", n, err)
	}
}

func TestStreamsEndOnce(t *testing.T) {
	ring := testRing(t)
	var out bytes.Buffer
	w, err := ring.NewSealWriter(&out, SealOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); !errors.Is(err, ErrClosed) {
		t.Errorf("closing again: %v", err)
	}
	if n, err := w.Write([]byte("more")); n != 0 || !errors.Is(err, ErrClosed) {
		t.Errorf("writing after Close: %d, %v", n, err)
	}
	w.Abort()
	w, _ = ring.NewSealWriter(io.Discard, SealOptions{})
	w.Abort()
	if err := w.Close(); !errors.Is(err, ErrClosed) {
		t.Errorf("Close after Abort: %v", err)
	}
	r, _ := ring.NewOpenReader(&out, OpenOptions{})
	_ = r.Close()
	if n, err := r.Read(make([]byte, 5)); n != 0 || !errors.Is(err, ErrClosed) {
		t.Errorf("reading after Close: %d, %v", n, err)
	}
}

// The keys of a stream that has begun stay until its end, whatever becomes of the keyring.
func TestStreamOutlivesItsKeyring(t *testing.T) {
	ring, err := NewKeyring(activeKey(t, "mail-k01"))
	if err != nil {
		t.Fatal(err)
	}
	sealed := mustSeal(t, ring, []byte("payload"), SealOptions{})
	r, err := ring.NewOpenReader(bytes.NewReader(sealed), OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	_ = ring.Close()
	if got, err := io.ReadAll(r); err != nil || string(got) != "payload" || r.Opened().KeyID != "mail-k01" {
		t.Errorf("%q, %v", got, err)
	}
}
