// SPDX-License-Identifier: MIT

package taskseal

// #include "glue.h"
import "C"

import "time"

// RewrapOptions say from which key to which. The zero value moves an envelope to the key that seals now.
type RewrapOptions struct {
	FromKeyID string    // the key to unwrap with and to drop; "": the first that the envelope names and that may open
	ToKeyID   string    // the new key; "": the first active key that may succeed the old one
	Now       time.Time // zero: the system clock
}

// Rewrap moves an envelope to another key without touching its payload and without its context. Message id, times,
// bindings and payload bytes stay. It is hygiene, not a cure for a leaked key.
func (k *Keyring) Rewrap(sealed []byte, o RewrapOptions) ([]byte, error) {
	return k.AppendRewrap(nil, sealed, o)
}

// AppendRewrap appends the new envelope to dst, which sealed must not overlap.
func (k *Keyring) AppendRewrap(dst, sealed []byte, o RewrapOptions) ([]byte, error) {
	dst = grow(dst, int(C.taskseal_rewrap_size(C.size_t(len(sealed)))))
	n, err := k.rewrap(sealed, room(dst), &o)
	if err != nil {
		return nil, err
	}
	return dst[:len(dst)+n], nil
}

func (k *Keyring) rewrap(sealed, out []byte, o *RewrapOptions) (int, error) {
	const op = "rewrap"
	var ids [2 * idsRoom]byte
	from, okFrom := cID(ids[:0:idsRoom], o.FromKeyID)
	to, okTo := cID(ids[idsRoom:idsRoom], o.ToKeyID)
	now, okNow := seconds(o.Now)
	if !okFrom || !okTo || !okNow {
		return 0, badArgument(op, "a time before 1970, or a key id that is none")
	}
	r, err := k.hold()
	if err != nil {
		return 0, err
	}
	defer r.drop()
	var n C.size_t
	code := C.taskseal_go_rewrap(r.c, from, to, now, bytesOf(sealed), C.size_t(len(sealed)),
		bytesOf(out), C.size_t(len(out)), &n)
	return int(n), fail(op, code)
}

// ResealOptions say how to open an envelope, and for whom to seal its payload anew.
type ResealOptions struct {
	Open   OpenOptions
	KeyIDs []string // as in SealOptions; none: the primary for the queue that the envelope is bound to, and its seal time
	Suite  Suite    // 0: that of the envelope
}

// Reseal opens an envelope and seals its payload with a fresh key, so that whoever knows the old one can't read the new
// envelope. Times, bindings, purpose and padding stay; the message id changes: record the old one, which
// Opened tells, as done together with storing the replacement.
func (k *Keyring) Reseal(sealed []byte, o ResealOptions) ([]byte, Opened, error) {
	return k.AppendReseal(nil, sealed, o)
}

// AppendReseal appends the new envelope to dst, which sealed must not overlap.
func (k *Keyring) AppendReseal(dst, sealed []byte, o ResealOptions) ([]byte, Opened, error) {
	const op = "reseal"
	var call C.taskseal_go_call
	var place [idsRoom]byte
	ids, ok := (&SealOptions{KeyIDs: o.KeyIDs}).prepare(&call, place[:0], 0)
	if !ok || !o.Open.call(&call, len(sealed)) {
		return nil, Opened{}, badArgument(op, badOpenOptions+", more than 8 keys, or a key id that is none")
	}
	call.suite = C.uint(o.Suite)
	r, err := k.hold()
	if err != nil {
		return nil, Opened{}, err
	}
	defer r.drop()
	code := r.reseal(&call, &o.Open.Context, ids, sealed, nil)
	if code == C.TASKSEAL_OK {
		dst = grow(dst, int(call.out_len))
		code = r.reseal(&call, &o.Open.Context, ids, sealed, room(dst))
	}
	if code != C.TASKSEAL_OK {
		return nil, Opened{}, fail(op, code)
	}
	return dst[:len(dst)+int(call.out_len)], r.opened(&call), nil
}

func (r *ring) reseal(call *C.taskseal_go_call, x *Context, ids, sealed, out []byte) C.taskseal_err {
	call.out_cap = C.size_t(len(out))
	return C.taskseal_go_reseal(r.c, call, chars(x.Queue), chars(x.Type), chars(x.ID), chars(x.Extra),
		bytesAsChars(ids), bytesOf(sealed), bytesOf(out))
}
