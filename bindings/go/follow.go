// SPDX-License-Identifier: MIT

package taskseal

import (
	"context"
	"os"
	"time"
)

// FollowOptions say how Keyring.Follow looks at its key file. The zero value looks every 5 seconds.
type FollowOptions struct {
	Every time.Duration // 0: 5 seconds
	// Load reads the file: LoadProtectedKeyring with its passphrase, say. nil: LoadKeyring.
	Load func(path string) (*Keyring, error)
	// Now has the file read at once, changed or not: os/signal's channel for SIGHUP, say. nil: nobody asks.
	Now <-chan os.Signal
	// Told is told of every try to take new keys: nil if they are in use now, else why the old ones stay. nil: nobody is.
	Told func(error)
}

const followEvery = 5 * time.Second

// Follow takes new keys without a restart: whenever the key file at path has changed, it is read, and its keys take the place
// of k's as by Replace. A file that can't be used, or is gone, changes nothing, and is tried again when it has changed
// again. Follow returns when ctx ends or k is closed, so call it in a goroutine of its own:
//
//	hup := make(chan os.Signal, 1)
//	signal.Notify(hup, syscall.SIGHUP)
//	go ring.Follow(ctx, "/etc/app/keyring", taskseal.FollowOptions{Now: hup, Told: func(err error) {
//		slog.Info("keys", "error", err)
//	}})
//
// A new file is best moved into place, as CreateKeyFile, ChangeKeyFile and a Kubernetes volume do.
func (k *Keyring) Follow(ctx context.Context, path string, o FollowOptions) {
	if o.Every <= 0 {
		o.Every = followEvery
	}
	if o.Load == nil {
		o.Load = LoadKeyring
	}
	ticker := time.NewTicker(o.Every)
	defer ticker.Stop()
	var seen *stamp // nothing yet: the file may have changed since k was loaded
	for k.current.Load() != nil {
		if now := stampOf(path); seen == nil || !now.same(seen) {
			seen = now
			k.follow(path, &o)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case _, open := <-o.Now:
			seen = nil
			if !open {
				o.Now = nil // else it would ask all the time
			}
		}
	}
}

func (k *Keyring) follow(path string, o *FollowOptions) {
	next, err := o.Load(path)
	if err == nil {
		err = k.Replace(next)
		_ = next.Close()
	}
	if o.Told != nil {
		o.Told(err)
	}
}

// A stamp tells one state of a file from another.
type stamp struct {
	info os.FileInfo // nil: there is none
	old  bool        // it was changed so long ago that another change would show
}

// tick is more than the times of files are coarse.
const tick = 2 * time.Second

func stampOf(path string) *stamp {
	info, err := os.Stat(path)
	if err != nil {
		return &stamp{}
	}
	return &stamp{info, time.Since(info.ModTime()) > tick}
}

// same is false where that is not certain: then the file is read once more.
func (s *stamp) same(before *stamp) bool {
	if s.info == nil || before.info == nil {
		return s.info == nil && before.info == nil
	}
	return before.old && os.SameFile(s.info, before.info) && s.info.ModTime().Equal(before.info.ModTime()) &&
		s.info.Size() == before.info.Size()
}
