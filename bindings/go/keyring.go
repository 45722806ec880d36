// SPDX-License-Identifier: MIT

package taskseal

// #include <stdlib.h>
// #include "glue.h"
import "C"

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unsafe"
)

// A Keyring holds keys and seals and opens with them. Order matters: the first active key that is good for the queue and
// the time is the one that seals. Close it when it is no longer needed; the garbage collector does so otherwise.
type Keyring struct {
	current atomic.Pointer[ring] // nil: closed
}

// LoadKeyring reads the key file that source names: a path, "fd:3" (an open descriptor), "env:NAME" (the text itself in
// an environment variable) or "credential:NAME" (a file in $CREDENTIALS_DIRECTORY).
// A file that others can read is refused (ErrKeyFilePermissions).
func LoadKeyring(source string) (*Keyring, error) {
	return readKeyring("load keyring", source, nil, nil)
}

// LoadProtectedKeyring is LoadKeyring for a key file that is protected with a passphrase. It takes as long and as much
// memory as the file says, by default a second and 256 MiB. ErrKeyFilePassphrase if the passphrase is another one, or
// the file has none.
func LoadProtectedKeyring(source string, passphrase []byte) (*Keyring, error) {
	if len(passphrase) == 0 {
		return nil, badArgument("load keyring", "the passphrase is empty")
	}
	return readKeyring("load keyring", source, nil, passphrase)
}

// ParseKeyring makes a keyring of a key file's text, from a secret manager, say. Wipe the text afterwards.
func ParseKeyring(text []byte) (*Keyring, error) {
	if len(text) == 0 {
		return nil, &Error{Op: "parse keyring", Code: ErrKeyFileMalformed, Message: "the text is empty"}
	}
	return readKeyring("parse keyring", "", text, nil)
}

func readKeyring(op, source string, text, passphrase []byte) (*Keyring, error) {
	var a arena
	defer a.free()
	from := (*C.taskseal_keyring_source)(a.alloc(C.sizeof_taskseal_keyring_source))
	if text == nil {
		if strings.IndexByte(source, 0) >= 0 {
			return nil, badArgument(op, "the source holds a NUL")
		}
		from.source = a.str(source)
	}
	from.text = a.bytes(text)
	from.passphrase = a.bytes(passphrase)
	var c *C.taskseal_keyring
	var words C.taskseal_error
	err := C.taskseal_keyring_read(&c, from, &words)
	return makeKeyring(op, err, c, &words)
}

func makeKeyring(op string, err C.taskseal_err, c *C.taskseal_keyring, words *C.taskseal_error) (*Keyring, error) {
	if err != C.TASKSEAL_OK {
		return nil, failWords(op, err, words)
	}
	k := &Keyring{}
	k.current.Store(newRing(c))
	return k, nil
}

// A Key is given to NewKeyring.
type Key struct {
	ID        string // 1..255 of [0-9A-Za-z._:/@+-], the first one alphanumeric
	Type      KeyType
	State     KeyState
	Secret    []byte    `json:"-"` // KeyBytes random bytes, never a password; nil if retired or compromised
	Queues    []string  // the queues it is good for; none: every queue
	NotBefore time.Time // window for the seal time; zero: open on that side
	NotAfter  time.Time
}

// Format prints the key's id, whatever the verb: never its secret.
func (k Key) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "key %s", k.ID) }

// NewKeyring makes a keyring of keys. Their secrets are copied: wipe yours afterwards.
func NewKeyring(keys ...Key) (*Keyring, error) {
	const op = "new keyring"
	var a arena
	defer a.free()
	list := (*C.taskseal_key)(a.alloc(C.size_t(max(len(keys), 1)) * C.sizeof_taskseal_key))
	places := unsafe.Slice(list, len(keys))
	for i := range keys {
		if !a.key(&places[i], &keys[i]) {
			return nil, badArgument(op, fmt.Sprintf("key %d: its id holds a NUL, its secret has not %d bytes, or its "+
				"window is before 1970", i, KeyBytes))
		}
	}
	var c *C.taskseal_keyring
	var words C.taskseal_error
	err := C.taskseal_keyring_new(&c, list, C.size_t(len(keys)), &words)
	return makeKeyring(op, err, c, &words)
}

// key copies a key to C memory. What C can't see is told here: an id with a NUL, a secret of another length.
func (a *arena) key(to *C.taskseal_key, key *Key) bool {
	to.id = a.str(key.ID)
	to._type = C.taskseal_key_type(key.Type)
	to.state = C.taskseal_key_state(key.State)
	if key.Secret != nil {
		to.secret = (*C.uint8_t)(a.bytes(key.Secret).data)
	}
	to.queues, to.queue_count = a.list(key.Queues)
	var before, after bool
	to.not_before, before = seconds(key.NotBefore)
	to.not_after, after = seconds(key.NotAfter)
	return before && after && strings.IndexByte(key.ID, 0) < 0 && (key.Secret == nil || len(key.Secret) == KeyBytes)
}

// hold gives the keys of now; drop them after the call.
func (k *Keyring) hold() (*ring, error) {
	for {
		r := k.current.Load()
		if r == nil {
			return nil, ErrClosed
		}
		if r.hold() {
			return r, nil
		}
	}
}

// Close lets go of the keys. Calls that have begun end with them; later ones return ErrClosed. Closing again is fine.
func (k *Keyring) Close() error {
	if r := k.current.Swap(nil); r != nil {
		r.release()
	}
	return nil
}

// Replace puts the keys of next in the place of k's, in one step for all goroutines, and closes next. Calls that have
// begun end with the old keys, which are then wiped. It is how a running process takes new keys:
//
//	next, err := taskseal.LoadKeyring("/etc/app/keyring")
//	if err == nil {
//		err = ring.Replace(next)
//	}
//
// ErrClosed if either is closed: k then stays as it is, and next too.
func (k *Keyring) Replace(next *Keyring) error {
	if k == next {
		return nil
	}
	r := next.current.Swap(nil)
	if r == nil {
		return ErrClosed
	}
	for {
		old := k.current.Load()
		if old == nil {
			next.current.Store(r)
			return ErrClosed
		}
		if k.current.CompareAndSwap(old, r) {
			old.release()
			return nil
		}
	}
}

// A KeyInfo describes a key of a keyring, without its secret.
type KeyInfo struct {
	ID        string
	Type      KeyType
	State     KeyState
	Queues    []string // nil: every queue
	NotBefore time.Time
	NotAfter  time.Time
}

func keyInfo(key *C.taskseal_key) KeyInfo {
	info := KeyInfo{ID: C.GoString(key.id), Type: KeyType(key._type), State: KeyState(key.state),
		NotBefore: timeOf(key.not_before), NotAfter: timeOf(key.not_after)}
	for _, queue := range unsafe.Slice(key.queues, key.queue_count) {
		info.Queues = append(info.Queues, string(unsafe.Slice((*byte)(queue.data), queue.len)))
	}
	return info
}

// Keys describes the keys in their order; nil if the keyring is closed.
func (k *Keyring) Keys() []KeyInfo {
	r := k.current.Load()
	if r == nil {
		return nil
	}
	keys := slices.Clone(r.keys)
	for i := range keys {
		keys[i].Queues = slices.Clone(keys[i].Queues)
	}
	return keys
}

// Locked is false if the system refused to lock the keys into memory (RLIMIT_MEMLOCK too small), or the keyring is
// closed. They are still guarded and left out of core dumps, but may reach swap.
func (k *Keyring) Locked() bool {
	r, err := k.hold()
	if err != nil {
		return false
	}
	defer r.drop()
	return bool(C.taskseal_keyring_locked(r.c))
}
