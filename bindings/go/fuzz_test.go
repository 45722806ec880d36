// SPDX-License-Identifier: MIT

package taskseal

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

const fuzzKeys = `taskseal-keyring 1
key mail-k01 xchacha20poly1305 active tskek1_ouzlX3qtOtzg9FsNt5C7SJxUuOvhO7NUBqxPzbbGduw
key mail-k02 xchacha20poly1305 active tskek1__aBRtphvj9iAOJ7fbztT1hXAd6jmL6pwbnq2SqWMaYU
`

// The vectors are sealed a minute before.
var vectorsNow = time.Unix(1800000060, 0)

func fuzzRing(f *testing.F) *Keyring {
	f.Helper()
	ring, err := ParseKeyring([]byte(fuzzKeys))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = ring.Close() })
	return ring
}

// addVectors seeds with the inputs of the format's vectors, where the project's tree has them.
func addVectors(f *testing.F, add func(input []byte)) {
	f.Helper()
	for _, file := range vectorFiles(f) {
		for _, r := range readRecords(f, file) {
			if expression := r.get("sealed"); len(expression) < 4096 && !strings.ContainsAny(expression, "*[") {
				if input, err := r.token(nil, expression); err == nil {
					add(input)
				}
			}
		}
	}
}

// known: an error of ours, with a name that the header has.
func known(t *testing.T, err error) {
	t.Helper()
	if code := CodeOf(err); err != nil && (code == 0 || code.Name() == "unknown-error") {
		t.Errorf("an error without a code: %v", err)
	}
}

// Whole and in pieces the answer is the same, and what can be opened can be inspected, rewrapped and resealed.
func FuzzOpen(f *testing.F) {
	ring := fuzzRing(f)
	addVectors(f, func(input []byte) { f.Add(input, "mail", "password-reset", "task-0001", uint16(7)) })
	f.Fuzz(func(t *testing.T, sealed []byte, queue, kind, id string, step uint16) {
		o := OpenOptions{Context: Context{queue, kind, id, ""}, Insist: InsistNone, Now: vectorsNow}
		payload, opened, err := ring.Open(sealed, o)
		known(t, err)
		inPlace, _, errInPlace := ring.OpenInPlace(bytes.Clone(sealed), o)
		if CodeOf(err) != CodeOf(errInPlace) || !bytes.Equal(payload, inPlace) {
			t.Errorf("Open: %v, in place: %v", err, errInPlace)
		}
		info, errInspect := Inspect(sealed)
		known(t, errInspect)
		comparePieces(t, ring, sealed, o, int(step)+1, payload, err, info)
		if err != nil {
			return
		}
		if errInspect != nil || info.MessageID != opened.MessageID || IsSealed(sealed) != Sealed {
			t.Errorf("opened, and yet: %v, %v", errInspect, IsSealed(sealed))
		}
		rewrapped, err := ring.Rewrap(sealed, RewrapOptions{Now: vectorsNow})
		if err != nil {
			t.Fatalf("opened, and not rewrapped: %v", err)
		}
		again, _, err := ring.Open(rewrapped, o)
		if err != nil || !bytes.Equal(again, payload) {
			t.Errorf("rewrapped: %v", err)
		}
	})
}

func comparePieces(t *testing.T, ring *Keyring, sealed []byte, o OpenOptions, step int, payload []byte, err error, info *Info) {
	t.Helper()
	r, errNew := ring.NewOpenReader(&slowReader{sealed, step}, o)
	if errNew != nil {
		if !errors.Is(errNew, ErrBadArgument) || !errors.Is(err, ErrBadArgument) {
			t.Errorf("NewOpenReader: %v, Open: %v", errNew, err)
		}
		return
	}
	got, errPieces := io.ReadAll(r)
	known(t, errPieces)
	switch {
	case info != nil && info.Padded: // not for streams
		if errPieces == nil {
			t.Error("a padded envelope was opened in pieces")
		}
	case (err == nil) != (errPieces == nil):
		t.Errorf("Open: %v, in pieces: %v", err, errPieces)
	case err == nil && !bytes.Equal(got, payload):
		t.Error("in pieces another payload")
	}
}

// What is sealed opens, in every way, for its own context.
func FuzzSeal(f *testing.F) {
	ring := fuzzRing(f)
	f.Add([]byte("payload"), "mail", "type", "id", "extra", uint8(0))
	f.Add(bytes.Repeat([]byte("x"), 20000), "", "", "", "", uint8(7))
	f.Fuzz(func(t *testing.T, payload []byte, queue, kind, id, extra string, how uint8) {
		o := SealOptions{Context: Context{queue, kind, id, extra}, Padded: how&1 != 0, AllowSealed: how&2 != 0, Purpose: Purpose(how >> 2 & 3)}
		sealed, err := ring.Seal(payload, o)
		known(t, err)
		if err != nil {
			if IsSealed(payload) == Plain && len(queue+kind+id+extra) <= ContextMax {
				t.Errorf("not sealed: %v", err)
			}
			return
		}
		got, _, err := ring.Open(sealed, OpenOptions{Context: o.Context, Purpose: o.Purpose})
		if err != nil || !bytes.Equal(got, payload) {
			t.Errorf("%d bytes came back as %d, %v", len(payload), len(got), err)
		}
		other := o.Context
		other.ID += "x"
		if len(other.ID) <= ContextMax {
			if _, _, err := ring.Open(sealed, OpenOptions{Context: other, Purpose: o.Purpose}); !errors.Is(err, ErrContextMismatch) {
				t.Errorf("opened for another id: %v", err)
			}
		}
	})
}

// The text form has one spelling only.
func FuzzText(f *testing.F) {
	addVectors(f, func(input []byte) { f.Add(string(input)) })
	f.Fuzz(func(t *testing.T, text string) {
		sealed, err := DecodeText(text)
		known(t, err)
		if err != nil {
			return
		}
		again, err := EncodeText(sealed)
		if err != nil || again != text {
			t.Errorf("decoded and encoded again: %q, %v", again, err)
		}
	})
}

// Key files: refused with a place, or made into a keyring that tells its keys.
func FuzzKeyring(f *testing.F) {
	f.Add([]byte(fuzzKeys))
	f.Add([]byte("taskseal-keyring 1\nkey mail-k01 dedupe retired - queues=mail not-after=2027-01-01T00:00:00Z\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		ring, err := ParseKeyring(text)
		known(t, err)
		if err != nil {
			return
		}
		if len(ring.Keys()) == 0 {
			t.Error("a keyring without keys")
		}
		_ = ring.Close()
	})
}
