// SPDX-License-Identifier: MIT

package taskseal

// #include "glue.h"
import "C"

import (
	"encoding/hex"
	"time"
)

// DedupeOptions say what makes tasks equal.
type DedupeOptions struct {
	KeyID  string // a key of type KeyDedupe; "": the first active one that is good for the queue
	Queue  string // what else must be equal; "": not looked at
	Type   string
	Fields [][]byte // what makes the task unique, in a fixed order; nil: its whole payload
	Now    time.Time
}

// A DedupeTag is equal for equal tasks.
type DedupeTag [DedupeTagBytes]byte

// String is the tag in hex.
func (t DedupeTag) String() string { return hex.EncodeToString(t[:]) }

// DedupeTag computes a tag that is equal for equal tasks, so that unique-job features work although every envelope
// differs. With Fields, payload is not looked at.
func (k *Keyring) DedupeTag(payload []byte, o DedupeOptions) (DedupeTag, error) {
	const op = "dedupe tag"
	var ids [idsRoom]byte
	var call C.taskseal_go_call
	now, okNow := seconds(o.Now)
	id, okID := cID(ids[:0], o.KeyID)
	if !okNow || !okID {
		return DedupeTag{}, badArgument(op, "a time before 1970, or a key id that is none")
	}
	in, lens := payload, []C.size_t(nil)
	if o.Fields != nil {
		in, lens = joinFields(o.Fields)
		defer clear(in)
	}
	call.queue_len, call.type_len = C.size_t(len(o.Queue)), C.size_t(len(o.Type))
	call.in_len, call.now = C.size_t(len(in)), now
	r, err := k.hold()
	if err != nil {
		return DedupeTag{}, err
	}
	defer r.drop()
	var tag DedupeTag
	var first *C.size_t
	if len(lens) > 0 {
		first = &lens[0]
	}
	code := C.taskseal_go_dedupe(r.c, &call, chars(o.Queue), chars(o.Type), id, bytesOf(in), first,
		C.size_t(len(lens)), (*C.uint8_t)(&tag[0]))
	return tag, fail(op, code)
}

// joinFields puts fields one behind the other; they may be parts of a payload, so the caller wipes them.
func joinFields(fields [][]byte) ([]byte, []C.size_t) {
	n := 1 // never without an address
	lens := make([]C.size_t, len(fields))
	for i, field := range fields {
		lens[i] = C.size_t(len(field))
		n += len(field)
	}
	in := make([]byte, 0, n)
	for _, field := range fields {
		in = append(in, field...)
	}
	return in, lens
}
