// SPDX-License-Identifier: MIT

package taskseal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestKeyFileFromCreationToRetirement(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyring")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(CreateKeyFile(path, "mail-k01", 0))
	if err := CreateKeyFile(path, "mail-k02", 0); !errors.Is(err, ErrKeyFileExists) {
		t.Errorf("creating it again: %v", err)
	}
	must(ChangeKeyFile(path, KeyFileChange{Action: KeyFileAdd, KeyID: "mail-k02", Queues: []string{"mail", "news"}}))
	must(ChangeKeyFile(path, KeyFileChange{Action: KeyFilePromote, KeyID: "mail-k02"}))
	must(ChangeKeyFile(path, KeyFileChange{Action: KeyFileCompromise, KeyID: "mail-k01"}))
	must(ChangeKeyFile(path, KeyFileChange{Action: KeyFileLimit, KeyID: "mail-k02", NotAfter: time.Unix(1<<32, 0)}))
	if err := ChangeKeyFile(path, KeyFileChange{Action: KeyFilePromote, KeyID: "mail-k09"}); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("promoting a key that is not there: %v", err)
	}
	ring, err := LoadKeyring(path)
	must(err)
	defer ring.Close()
	want := []KeyInfo{
		{ID: "mail-k02", Type: KeyXChaCha20Poly1305, State: KeyActive, Queues: []string{"mail", "news"},
			NotAfter: time.Unix(1<<32, 0).UTC()},
		{ID: "mail-k01", Type: KeyXChaCha20Poly1305, State: KeyCompromised},
	}
	if got := ring.Keys(); !reflect.DeepEqual(got, want) {
		t.Errorf("keys %+v, not %+v", got, want)
	}
	must(os.Chmod(path, 0o644))
	if _, err := LoadKeyring(path); !errors.Is(err, ErrKeyFilePermissions) {
		t.Errorf("a key file that all can read: %v", err)
	}
}

func TestSourcesOfKeyrings(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyring")
	if err := CreateKeyFile(path, "mail-k01", 0); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TASKSEAL_TEST_KEYRING", string(text))
	for _, source := range []string{path, "env:TASKSEAL_TEST_KEYRING"} {
		ring, err := LoadKeyring(source)
		if err != nil || len(ring.Keys()) != 1 {
			t.Fatalf("%s: %v", source, err)
		}
		_ = ring.Close()
	}
	for _, source := range []string{"", "env:TASKSEAL_TEST_ABSENT", path + "\x00more"} {
		if _, err := LoadKeyring(source); err == nil {
			t.Errorf("%q was loaded", source)
		}
	}
	if _, err := ParseKeyring(nil); !errors.Is(err, ErrKeyFileMalformed) {
		t.Errorf("no text: %v", err)
	}
}

func TestProtectedKeyFileNeedsItsPassphrase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyring")
	if err := CreateKeyFile(path, "mail-k01", 0); err != nil {
		t.Fatal(err)
	}
	right := []byte("correct horse battery staple")
	if err := ChangeKeyFile(path, KeyFileChange{Action: KeyFileProtect, NewPassphrase: right}); err != nil {
		t.Fatal(err)
	}
	if ring, err := LoadProtectedKeyring(path, right); err != nil {
		t.Error(err)
	} else {
		_ = ring.Close()
	}
	if _, err := LoadProtectedKeyring(path, []byte("wrong")); !errors.Is(err, ErrKeyFilePassphrase) {
		t.Errorf("a wrong passphrase: %v", err)
	}
	if _, err := LoadKeyring(path); !errors.Is(err, ErrKeyFilePassphrase) {
		t.Errorf("no passphrase: %v", err)
	}
	if _, err := LoadProtectedKeyring(path, nil); !errors.Is(err, ErrBadArgument) {
		t.Errorf("an empty passphrase: %v", err)
	}
}

func TestKeysThatAreNone(t *testing.T) {
	good := activeKey(t, "mail-k01")
	for name, change := range map[string]func(*Key){
		"short secret":    func(k *Key) { k.Secret = k.Secret[:31] },
		"long secret":     func(k *Key) { k.Secret = append(k.Secret[:32:32], 1) },
		"zero secret":     func(k *Key) { k.Secret = make([]byte, KeyBytes) },
		"no secret":       func(k *Key) { k.Secret = nil },
		"id with NUL":     func(k *Key) { k.ID = "mail\x00k01" },
		"id with space":   func(k *Key) { k.ID = "mail k01" },
		"no id":           func(k *Key) { k.ID = "" },
		"no type":         func(k *Key) { k.Type = 0 },
		"no state":        func(k *Key) { k.State = 0 },
		"retired, secret": func(k *Key) { k.State = KeyRetired },
		"window":          func(k *Key) { k.NotBefore = time.Unix(-5, 0) },
		"empty queue":     func(k *Key) { k.Queues = []string{""} },
	} {
		key := good
		change(&key)
		if _, err := NewKeyring(key); !errors.Is(err, ErrBadArgument) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := NewKeyring(); !errors.Is(err, ErrBadArgument) {
		t.Errorf("no keys: %v", err)
	}
	if _, err := NewKeyring(good, good); !errors.Is(err, ErrBadArgument) || !strings.Contains(err.Error(), "mail-k01") {
		t.Errorf("the same key twice: %v", err)
	}
	_ = newRingOf(t, good, Key{ID: "old", Type: KeyXChaCha20Poly1305, State: KeyRetired})
}

func TestKeysAreNotPrinted(t *testing.T) {
	key := Key{ID: "mail-k01", Secret: bytes.Repeat([]byte("S"), KeyBytes)}
	change := KeyFileChange{KeyID: "mail-k01", Passphrase: key.Secret, NewPassphrase: key.Secret}
	text, err := json.Marshal([]any{key, change})
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q", "%d"} {
		text = append(text, fmt.Sprintf(verb, key)...)
		text = append(text, fmt.Sprintf(verb, &key)...)
		text = append(text, fmt.Sprintf(verb, []Key{key})...)
		text = append(text, fmt.Sprintf(verb, change)...)
		text = append(text, fmt.Sprintf(verb, &change)...)
	}
	for _, secret := range []string{"SSSS", "5353", "83 83", "U1NT", "0x53"} {
		if bytes.Contains(text, []byte(secret)) {
			t.Errorf("%s is in %s", secret, text)
		}
	}
}

func TestClosedKeyringRefusesEverything(t *testing.T) {
	ring := testRing(t)
	sealed := mustSeal(t, ring, []byte("payload"), SealOptions{})
	if err := ring.Close(); err != nil {
		t.Fatal(err)
	}
	if err := ring.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
	for name, call := range map[string]func() error{
		"Seal":        func() error { _, err := ring.Seal(nil, SealOptions{}); return err },
		"SealedLen":   func() error { _, _, err := ring.SealedLen(1, SealOptions{}); return err },
		"SealInPlace": func() error { _, err := ring.SealInPlace(make([]byte, 500), 1, SealOptions{}); return err },
		"SealBatch":   func() error { _, err := ring.SealBatch(make([]SealItem, 1), SealOptions{}); return err },
		"Open":        func() error { _, _, err := ring.Open(sealed, OpenOptions{}); return err },
		"OpenInPlace": func() error { _, _, err := ring.OpenInPlace(sealed, OpenOptions{}); return err },
		"Rewrap":      func() error { _, err := ring.Rewrap(sealed, RewrapOptions{}); return err },
		"Reseal":      func() error { _, _, err := ring.Reseal(sealed, ResealOptions{}); return err },
		"DedupeTag":   func() error { _, err := ring.DedupeTag(nil, DedupeOptions{}); return err },
		"SealWriter":  func() error { _, err := ring.NewSealWriter(nil, SealOptions{}); return err },
		"OpenReader":  func() error { _, err := ring.NewOpenReader(nil, OpenOptions{}); return err },
		"Replace":     func() error { return ring.Replace(testRing(t)) },
		"Replace by":  func() error { return testRing(t).Replace(ring) },
	} {
		if err := call(); !errors.Is(err, ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if ring.Keys() != nil || ring.Locked() {
		t.Error("a closed keyring has keys")
	}
}

func TestReplaceExchangesTheKeys(t *testing.T) {
	old, fresh := activeKey(t, "mail-k01"), activeKey(t, "mail-k02")
	ring, next := newRingOf(t, old), newRingOf(t, fresh)
	sealed := mustSeal(t, ring, []byte("payload"), SealOptions{Context: mail})
	if err := ring.Replace(ring); err != nil || len(ring.Keys()) != 1 {
		t.Fatalf("replacing it by itself: %v", err)
	}
	if err := ring.Replace(next); err != nil {
		t.Fatal(err)
	}
	if _, _, err := ring.Open(sealed, OpenOptions{Context: mail}); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("opening with the old key: %v", err)
	}
	if _, err := next.Seal(nil, SealOptions{}); !errors.Is(err, ErrClosed) {
		t.Errorf("the other one is still open: %v", err)
	}
	old.State = KeyOpenOnly
	if err := ring.Replace(newRingOf(t, fresh, old)); err != nil {
		t.Fatal(err)
	}
	if opened := mustOpen(t, ring, sealed, []byte("payload"), OpenOptions{Context: mail}); opened.KeyID != "mail-k01" {
		t.Errorf("opened by %s", opened.KeyID)
	}
}
