// SPDX-License-Identifier: MIT

package taskseal

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestEverySizeComesBack(t *testing.T) {
	ring := testRing(t)
	for _, n := range []int{0, 1, 255, 256, 16383, 16384, 16385, 1 << 20} {
		for _, padded := range []bool{false, true} {
			payload := randomBytes(t, n)
			sealed := mustSeal(t, ring, payload, SealOptions{Context: mail, Padded: padded})
			opened := mustOpen(t, ring, sealed, payload, OpenOptions{Context: mail})
			if opened.KeyID != "mail-k01" || opened.Suite != ChaCha20Poly1305 || !opened.ExpiresAt.IsZero() {
				t.Errorf("%+v", opened)
			}
			if age := time.Since(opened.SealedAt); age < 0 || age > time.Minute {
				t.Errorf("sealed %v ago", age)
			}
		}
	}
}

func TestOpensForItsOwnContextOnly(t *testing.T) {
	ring := testRing(t)
	full := mail
	full.Extra = "tenant-7"
	sealed := mustSeal(t, ring, []byte("payload"), SealOptions{Context: full})
	for name, c := range map[string]struct {
		change func(*Context)
		want   error
	}{
		"queue":    {func(c *Context) { c.Queue = "news" }, ErrContextMismatch},
		"type":     {func(c *Context) { c.Type = "" }, ErrContextRequired},
		"id":       {func(c *Context) { c.ID += "2" }, ErrContextMismatch},
		"extra":    {func(c *Context) { c.Extra = "tenant-8" }, ErrContextMismatch},
		"too long": {func(c *Context) { c.ID = strings.Repeat("x", ContextMax+1) }, ErrBadArgument},
	} {
		x := full
		c.change(&x)
		if payload, _, err := ring.Open(sealed, OpenOptions{Context: x}); !errors.Is(err, c.want) || payload != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	bare := mustSeal(t, ring, []byte("payload"), SealOptions{})
	if _, _, err := ring.Open(bare, OpenOptions{Context: mail}); !errors.Is(err, ErrContextMismatch) {
		t.Errorf("an envelope that binds nothing: %v", err)
	}
	mustOpen(t, ring, bare, []byte("payload"), OpenOptions{Context: mail, Insist: InsistNone})
}

func TestTimes(t *testing.T) {
	ring := testRing(t)
	now := time.Unix(1800000000, 0)
	sealed := mustSeal(t, ring, []byte("payload"), SealOptions{Now: now, Lifetime: 90*time.Second + 1})
	opened := mustOpen(t, ring, sealed, []byte("payload"), OpenOptions{Now: now.Add(90 * time.Second)})
	if !opened.ExpiresAt.Equal(now.Add(91*time.Second)) || !opened.SealedAt.Equal(now) {
		t.Errorf("%+v: a lifetime is rounded up", opened)
	}
	for name, c := range map[string]struct {
		o    OpenOptions
		want error
	}{
		"expired":  {OpenOptions{Now: now.Add(92 * time.Second)}, ErrExpired},
		"too old":  {OpenOptions{Now: now.Add(61 * time.Second), MaxAge: time.Minute}, ErrExpired},
		"future":   {OpenOptions{Now: now.Add(-301 * time.Second)}, ErrNotYetValid},
		"negative": {OpenOptions{MaxAge: -1}, ErrBadArgument},
		"no suite": {OpenOptions{AllowedSuites: []Suite{200}}, ErrBadArgument},
		"1960":     {OpenOptions{Now: time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC)}, ErrBadArgument},
	} {
		if _, _, err := ring.Open(sealed, c.o); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, o := range map[string]SealOptions{
		"negative lifetime": {Lifetime: -time.Second}, "1960": {ExpiresAt: time.Unix(-1, 0)}, "1970": {Now: time.Unix(0, 5)},
		"both": {Lifetime: time.Hour, ExpiresAt: time.Now().Add(time.Hour)}, "past": {ExpiresAt: time.Unix(5, 0)},
	} {
		if _, err := ring.Seal(nil, o); !errors.Is(err, ErrBadArgument) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestKeyIDsThatAreNone(t *testing.T) {
	ring := newRingOf(t, activeKey(t, "mail-k01"), activeKey(t, "mail-k02"))
	for name, ids := range map[string][]string{
		"empty": {""}, "NUL": {"mail-k01\x00mail-k02"}, "long": {strings.Repeat("k", KeyIDMax+1)}, "twice": {"mail-k01", "mail-k01"},
		"nine": strings.Split("1,2,3,4,5,6,7,8,9", ","), "many": strings.Split(strings.Repeat("k,", 5000)+"k", ","),
	} {
		if _, err := ring.Seal(nil, SealOptions{KeyIDs: ids}); !errors.Is(err, ErrBadArgument) {
			t.Errorf("%s: %v", name, err)
		}
	}
	sealed := mustSeal(t, ring, []byte("payload"), SealOptions{KeyIDs: []string{"mail-k02", "mail-k01"}})
	info, err := Inspect(sealed)
	if err != nil || fmt.Sprint(info.Stanzas) != "[{1 mail-k01} {1 mail-k02}]" {
		t.Errorf("%+v, %v", info, err)
	}
}

func TestLongKeyIDsFit(t *testing.T) {
	var keys []Key
	var ids []string
	for i := range StanzasMax {
		id := fmt.Sprint(i) + strings.Repeat("k", KeyIDMax-1)
		keys, ids = append(keys, activeKey(t, id)), append(ids, id)
	}
	ring := newRingOf(t, keys...)
	sealed := mustSeal(t, ring, []byte("payload"), SealOptions{KeyIDs: ids})
	if opened := mustOpen(t, ring, sealed, []byte("payload"), OpenOptions{}); opened.KeyID != ids[0] {
		t.Errorf("opened by %s", opened.KeyID)
	}
}

func TestDamageGivesNothing(t *testing.T) {
	ring := testRing(t)
	payload := randomBytes(t, 100)
	sealed := mustSeal(t, ring, payload, SealOptions{Context: mail})
	for i := range sealed {
		damaged := bytes.Clone(sealed)
		damaged[i] ^= 1
		got, opened, err := ring.Open(damaged, OpenOptions{Context: mail})
		if err == nil || got != nil || opened != (Opened{}) || CodeOf(err) == 0 {
			t.Fatalf("a bit of byte %d turned: %v", i, err)
		}
		if _, _, err := ring.Open(sealed[:i], OpenOptions{Context: mail}); err == nil {
			t.Fatalf("cut to %d bytes: opened", i)
		}
	}
	dst := bytes.Repeat([]byte{0xEE}, 200)
	damaged := bytes.Clone(sealed)
	damaged[len(damaged)-1] ^= 1
	if _, _, err := ring.AppendOpen(dst[:0], damaged, OpenOptions{Context: mail}); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
	if bytes.Contains(dst, payload[:16]) {
		t.Error("plaintext is left in the output of a failed open")
	}
}

func TestOverlappingBuffersAreRefused(t *testing.T) {
	ring := testRing(t)
	buf := make([]byte, 1000)
	if _, err := ring.AppendSeal(buf[:0], buf[100:200], SealOptions{}); !errors.Is(err, ErrBadArgument) {
		t.Errorf("sealing onto itself: %v", err)
	}
	sealed := mustSeal(t, ring, []byte("payload"), SealOptions{})
	if _, _, err := ring.AppendOpen(sealed[:0], sealed, OpenOptions{}); !errors.Is(err, ErrBadArgument) {
		t.Errorf("opening onto itself: %v", err)
	}
}

func TestBatchNamesTheOneThatFails(t *testing.T) {
	ring := testRing(t)
	items := make([]SealItem, 100)
	for i := range items {
		items[i] = SealItem{Context{Queue: "mail", ID: fmt.Sprint("task-", i)}, randomBytes(t, i*37)}
	}
	sealed, err := ring.SealBatch(items, SealOptions{Lifetime: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	for i := range items {
		mustOpen(t, ring, sealed[i], items[i].Payload, OpenOptions{Context: items[i].Context})
	}
	for _, at := range []int{0, 31, 32, 77, 99} {
		broken := append([]SealItem(nil), items...)
		broken[at].Payload = sealed[0]
		all, err := ring.SealBatch(broken, SealOptions{})
		var batch *BatchError
		if !errors.As(err, &batch) || batch.Index != at || !errors.Is(err, ErrLooksSealed) || all != nil {
			t.Errorf("a sealed payload at %d: %v", at, err)
		}
		broken[at] = SealItem{Context: Context{ID: strings.Repeat("x", ContextMax+1)}}
		if _, err = ring.SealBatch(broken, SealOptions{}); !errors.As(err, &batch) || batch.Index != at {
			t.Errorf("too long an id at %d: %v", at, err)
		}
	}
	if all, err := ring.SealBatch(nil, SealOptions{}); all != nil || err != nil {
		t.Errorf("no messages: %v", err)
	}
	if _, err := ring.SealBatch(items, SealOptions{Context: mail}); !errors.Is(err, ErrBadArgument) {
		t.Errorf("a context for all: %v", err)
	}
}

func TestDedupeTagOfFields(t *testing.T) {
	ring := newRingOf(t, Key{ID: "dedupe-k01", Type: KeyDedupe, State: KeyActive, Secret: randomBytes(t, KeyBytes)})
	tag := func(fields ...string) string {
		o := DedupeOptions{Queue: "mail", Fields: [][]byte{}}
		for _, field := range fields {
			o.Fields = append(o.Fields, []byte(field))
		}
		got, err := ring.DedupeTag(nil, o)
		if err != nil {
			t.Fatal(err)
		}
		return got.String()
	}
	first := tag("a", "b")
	if first != tag("a", "b") {
		t.Error("equal tasks have two tags")
	}
	if tag("a", "b") == tag("ab", "") || tag("a", "b") == tag("b", "a") {
		t.Error("two tasks have one tag")
	}
	if _, err := testRing(t).DedupeTag(nil, DedupeOptions{KeyID: "mail-k01"}); !errors.Is(err, ErrKeyWrongUse) {
		t.Errorf("a key that seals: %v", err)
	}
}
