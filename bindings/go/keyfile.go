// SPDX-License-Identifier: MIT

package taskseal

// #include "glue.h"
import "C"

import (
	"fmt"
	"strings"
	"time"
)

// CreateKeyFile makes a key file with one fresh active key, mode 0600: the whole file or none. The zero KeyType is
// KeyXChaCha20Poly1305. ErrKeyFileExists if there is something of that name.
func CreateKeyFile(path, keyID string, keyType KeyType) error {
	const op = "create key file"
	if strings.IndexByte(path, 0) >= 0 || strings.IndexByte(keyID, 0) >= 0 {
		return badArgument(op, "the path or the key id holds a NUL")
	}
	if keyType == 0 {
		keyType = KeyXChaCha20Poly1305
	}
	var a arena
	defer a.free()
	var words C.taskseal_error
	err := C.taskseal_keyfile_create(a.str(path), a.str(keyID), C.taskseal_key_type(keyType), &words)
	return failWords(op, err, &words)
}

// A KeyFileAction is what a KeyFileChange does.
type KeyFileAction uint8

// The actions.
const (
	KeyFileAdd        KeyFileAction = C.TASKSEAL_KEYFILE_ADD        // a fresh key; it opens only, until it is promoted
	KeyFilePromote    KeyFileAction = C.TASKSEAL_KEYFILE_PROMOTE    // it becomes the one that seals
	KeyFileDemote     KeyFileAction = C.TASKSEAL_KEYFILE_DEMOTE     // it opens only, what was sealed until NotAfter
	KeyFileRetire     KeyFileAction = C.TASKSEAL_KEYFILE_RETIRE     // its secret goes
	KeyFileCompromise KeyFileAction = C.TASKSEAL_KEYFILE_COMPROMISE // the same, at once
	KeyFileLimit      KeyFileAction = C.TASKSEAL_KEYFILE_LIMIT      // other queues, another window
	KeyFileProtect    KeyFileAction = C.TASKSEAL_KEYFILE_PROTECT    // the file gets NewPassphrase; nil: none
)

// A KeyFileChange changes one key of a key file, or its protection.
type KeyFileChange struct {
	Action        KeyFileAction
	KeyID         string    // not for KeyFileProtect
	Type          KeyType   // of KeyFileAdd; 0: KeyXChaCha20Poly1305
	Queues        []string  // of KeyFileAdd and KeyFileLimit
	NotBefore     time.Time // of KeyFileAdd and KeyFileLimit
	NotAfter      time.Time // of these and KeyFileDemote
	AnyQueue      bool      // of KeyFileLimit: lift the limit first
	AnyTime       bool
	Passphrase    []byte `json:"-"` // of the file, if it is protected
	NewPassphrase []byte `json:"-"`
}

// Format prints the key's id, whatever the verb: never a passphrase.
func (c KeyFileChange) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "change %d of key %s", c.Action, c.KeyID)
}

// ChangeKeyFile changes a key file, as a whole or not at all, locked against others. The old one is kept as path.old, with
// its secrets.
func ChangeKeyFile(path string, change KeyFileChange) error {
	const op = "change key file"
	var a arena
	defer a.free()
	c := (*C.taskseal_keyfile_change)(a.alloc(C.sizeof_taskseal_keyfile_change))
	before, okBefore := seconds(change.NotBefore)
	after, okAfter := seconds(change.NotAfter)
	if !okBefore || !okAfter || strings.IndexByte(path+change.KeyID, 0) >= 0 {
		return badArgument(op, "the path or the key id holds a NUL, or the window is before 1970")
	}
	c.action = C.taskseal_keyfile_action(change.Action)
	if change.KeyID != "" {
		c.key_id = a.str(change.KeyID)
	}
	c._type = C.taskseal_key_type(change.Type)
	c.queues, c.queue_count = a.list(change.Queues)
	c.not_before, c.not_after = before, after
	if change.AnyQueue {
		c.flags |= C.TASKSEAL_KEYFILE_ANY_QUEUE
	}
	if change.AnyTime {
		c.flags |= C.TASKSEAL_KEYFILE_ANY_TIME
	}
	c.passphrase, c.new_passphrase = a.bytes(change.Passphrase), a.bytes(change.NewPassphrase)
	var words C.taskseal_error
	return failWords(op, C.taskseal_keyfile_apply(a.str(path), c, &words), &words)
}
