// SPDX-License-Identifier: MIT

package taskseal

import (
	"bytes"
	"crypto/rand"
	"testing"
)

func randomBytes(t testing.TB, n int) []byte {
	t.Helper()
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		t.Fatal(err)
	}
	return b
}

func newRingOf(t testing.TB, keys ...Key) *Keyring {
	t.Helper()
	ring, err := NewKeyring(keys...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ring.Close() })
	return ring
}

func activeKey(t testing.TB, id string) Key {
	t.Helper()
	return Key{ID: id, Type: KeyXChaCha20Poly1305, State: KeyActive, Secret: randomBytes(t, KeyBytes)}
}

// testRing has one fresh key, mail-k01.
func testRing(t testing.TB) *Keyring {
	t.Helper()
	return newRingOf(t, activeKey(t, "mail-k01"))
}

var mail = Context{Queue: "mail", Type: "password-reset", ID: "task-41"}

func mustSeal(t testing.TB, ring *Keyring, payload []byte, o SealOptions) []byte {
	t.Helper()
	sealed, err := ring.Seal(payload, o)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func mustOpen(t testing.TB, ring *Keyring, sealed, want []byte, o OpenOptions) Opened {
	t.Helper()
	payload, opened, err := ring.Open(sealed, o)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(payload, want) {
		t.Fatalf("another payload of %d bytes", len(payload))
	}
	return opened
}
