// SPDX-License-Identifier: MIT

package taskseal

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// A follower is a keyring that follows its file until the test ends.
type follower struct {
	path  string
	ring  *Keyring
	now   chan os.Signal
	told  chan error
	ended chan bool
	end   context.CancelFunc
}

func newFollower(t *testing.T, o FollowOptions) *follower {
	t.Helper()
	f := &follower{path: filepath.Join(t.TempDir(), "keyring"), now: make(chan os.Signal), told: make(chan error, 100), ended: make(chan bool)}
	if err := CreateKeyFile(f.path, "mail-k01", 0); err != nil {
		t.Fatal(err)
	}
	var err error
	if f.ring, err = LoadKeyring(f.path); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.ring.Close() })
	ctx, cancel := context.WithCancel(t.Context())
	f.end = cancel
	o.Now, o.Told = f.now, func(err error) { f.told <- err }
	go func() {
		f.ring.Follow(ctx, f.path, o)
		close(f.ended)
	}()
	return f
}

// until waits for a try to take new keys after which all is as wanted.
func (f *follower) until(t *testing.T, what string, wanted func(err error) bool) {
	t.Helper()
	for deadline := time.After(20 * time.Second); ; {
		select {
		case err := <-f.told:
			if wanted(err) {
				return
			}
		case <-deadline:
			t.Fatalf("it never came to this: %s", what)
		}
	}
}

func (f *follower) has(id string) func(error) bool {
	return func(err error) bool {
		return err == nil && slices.ContainsFunc(f.ring.Keys(), func(k KeyInfo) bool { return k.ID == id })
	}
}

func TestFollowTakesChangedFiles(t *testing.T) {
	f := newFollower(t, FollowOptions{Every: 5 * time.Millisecond})
	if err := ChangeKeyFile(f.path, KeyFileChange{Action: KeyFileAdd, KeyID: "mail-k02"}); err != nil {
		t.Fatal(err)
	}
	f.until(t, "the new key is there", f.has("mail-k02"))
	if err := os.WriteFile(f.path, []byte("no key file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f.until(t, "a bad file is told of", func(err error) bool { return errors.Is(err, ErrKeyFileMalformed) })
	if !f.has("mail-k02")(nil) {
		t.Error("a bad file took the keys away")
	}
	if err := os.Remove(f.path); err != nil {
		t.Fatal(err)
	}
	f.until(t, "a missing file is told of", func(err error) bool { return errors.Is(err, ErrKeyFileRead) })
	if err := CreateKeyFile(f.path, "mail-k03", 0); err != nil {
		t.Fatal(err)
	}
	f.until(t, "the file is there again", f.has("mail-k03"))
	f.end()
	<-f.ended
}

func TestFollowReadsWhenAsked(t *testing.T) {
	loads := 0
	f := newFollower(t, FollowOptions{Every: time.Hour, Load: func(path string) (*Keyring, error) {
		loads++
		return LoadKeyring(path)
	}})
	f.until(t, "it was read at the start", f.has("mail-k01"))
	f.now <- os.Interrupt
	f.until(t, "it was read again", f.has("mail-k01"))
	if loads != 2 {
		t.Errorf("it was loaded %d times", loads)
	}
	_ = f.ring.Close()
	f.now <- os.Interrupt
	<-f.ended
}

// A file that stays as it is is not read again, once its time is past doubt; nor is one that stays away.
func TestStamps(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	missing := stampOf(path)
	if !missing.same(stampOf(path)) {
		t.Error("a missing file has changed")
	}
	write(t, path, "one")
	if fresh := stampOf(path); fresh.same(missing) || stampOf(path).same(fresh) {
		t.Error("a new file, or one of this moment, is taken for unchanged")
	}
	old := time.Now().Add(-time.Hour)
	age := func() {
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	age()
	before := stampOf(path)
	if !stampOf(path).same(before) {
		t.Error("an old file has changed")
	}
	write(t, path, "longer")
	age()
	if stampOf(path).same(before) {
		t.Error("another size was not noticed")
	}
	before = stampOf(path)
	write(t, path+".new", "LONGER")
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	age()
	if stampOf(path).same(before) {
		t.Error("another file was not noticed")
	}
}

// A channel that somebody has closed asks once, not all the time.
func TestFollowMindsNoClosedChannel(t *testing.T) {
	f := newFollower(t, FollowOptions{Every: time.Hour})
	f.until(t, "it was read", f.has("mail-k01"))
	close(f.now)
	f.until(t, "it was asked for", f.has("mail-k01"))
	time.Sleep(50 * time.Millisecond)
	if n := len(f.told); n > 0 {
		t.Errorf("it was read %d times more", n)
	}
}
