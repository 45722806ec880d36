// SPDX-License-Identifier: MIT

package asynqseal

import (
	"errors"
	"strings"
	"testing"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

func TestPseudonymsAreStableAndKeyed(t *testing.T) {
	sealer := newSealer(t, Config{Keyring: newRing(t, "mail-k01")})
	pseudonym := func(s *Sealer, use, value string) string {
		t.Helper()
		name, err := s.Pseudonym(use, value)
		if err != nil || len(name) != 64 || strings.Contains(name, value) {
			t.Fatalf("%q, %v", name, err)
		}
		return name
	}
	ann := pseudonym(sealer, "customer", "ann@example.com")
	if ann != pseudonym(sealer, "customer", "ann@example.com") {
		t.Error("the same value has two")
	}
	if ann == pseudonym(sealer, "customer", "bob@example.com") || ann == pseudonym(sealer, "invoice", "ann@example.com") {
		t.Error("another value, or another use, has the same one")
	}
	other, err := taskseal.NewKeyring(taskseal.Key{ID: "dedupe-k01", Type: taskseal.KeyDedupe, State: taskseal.KeyActive, Secret: secretOf("other")})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if ann == pseudonym(newSealer(t, Config{Keyring: other}), "customer", "ann@example.com") {
		t.Error("under another key it is the same")
	}
	none, err := taskseal.NewKeyring(taskseal.Key{ID: "k", Type: taskseal.KeyXChaCha20Poly1305, State: taskseal.KeyActive, Secret: secretOf("k")})
	if err != nil {
		t.Fatal(err)
	}
	defer none.Close()
	if name, err := newSealer(t, Config{Keyring: none}).Pseudonym("customer", "ann@example.com"); !errors.Is(err, taskseal.ErrKeyNotActive) || name != "" {
		t.Errorf("without a dedupe key: %q, %v", name, err)
	}
}
