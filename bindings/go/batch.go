// SPDX-License-Identifier: MIT

package taskseal

// #include "glue.h"
import "C"

import "fmt"

// A SealItem is one message of a batch.
type SealItem struct {
	Context Context
	Payload []byte
}

// A BatchError says which message of a batch can't be sealed. It unwraps to the error.
type BatchError struct {
	Index int // len(items) if it is none of them
	Err   error
}

func (e *BatchError) Error() string { return fmt.Sprintf("message %d: %v", e.Index, e.Err) }

// Unwrap returns the error of the message.
func (e *BatchError) Unwrap() error { return e.Err }

// SealBatch seals messages with the same options but for their context (o.Context is to be empty), asking the system for
// random bytes once for up to 32 of them. All or nothing: the error is a *BatchError. The envelopes share one
// allocation, so keep them about as long as each other.
func (k *Keyring) SealBatch(items []SealItem, o SealOptions) ([][]byte, error) {
	const op = "seal a batch"
	var call C.taskseal_go_call
	var place [idsRoom]byte
	ids, ok := o.prepare(&call, place[:0], 0)
	if o.Context != (Context{}) || !ok {
		return nil, &BatchError{len(items), badArgument(op, "a context for all, or "+badSealOptions)}
	}
	if len(items) == 0 {
		return nil, nil
	}
	r, err := k.hold()
	if err != nil {
		return nil, &BatchError{len(items), err}
	}
	defer r.drop()
	in, lens := gather(items)
	defer clear(in)
	out, index, code := r.sealBatch(&call, bytesAsChars(ids), in, lens)
	if code != C.TASKSEAL_OK {
		return nil, &BatchError{index, fail(op, code)}
	}
	sealed := make([][]byte, len(items))
	for i := range sealed {
		n := int(lens[i].out_len)
		sealed[i], out = out[:n:n], out[n:]
	}
	return sealed, nil
}

// gather puts contexts and payloads one behind the other, for Go's memory must not point to more of it.
func gather(items []SealItem) ([]byte, []C.taskseal_go_item) {
	n := 0
	lens := make([]C.taskseal_go_item, len(items))
	for i := range items {
		x, l := &items[i].Context, &lens[i]
		l.queue_len, l.type_len = C.size_t(len(x.Queue)), C.size_t(len(x.Type))
		l.id_len, l.extra_len = C.size_t(len(x.ID)), C.size_t(len(x.Extra))
		l.in_len = C.size_t(len(items[i].Payload))
		n += len(x.Queue) + len(x.Type) + len(x.ID) + len(x.Extra) + len(items[i].Payload)
	}
	in := make([]byte, 0, n+1) // never without an address
	for i := range items {
		x := &items[i].Context
		in = append(append(append(append(in, x.Queue...), x.Type...), x.ID...), x.Extra...)
		in = append(in, items[i].Payload...)
	}
	return in, lens
}

// sealBatch gives the envelopes one behind the other, their lengths in lens.
func (r *ring) sealBatch(call *C.taskseal_go_call, ids *C.char, in []byte, lens []C.taskseal_go_item) ([]byte, int, C.taskseal_err) {
	var failed C.size_t
	count := C.size_t(len(lens))
	code := C.taskseal_go_batch_sizes(r.c, call, ids, &lens[0], count, bytesOf(in), &failed)
	if code != C.TASKSEAL_OK {
		return nil, int(failed), code
	}
	n := 0
	for i := range lens {
		n += int(lens[i].out_len)
	}
	out := make([]byte, n)
	code = C.taskseal_go_batch_seal(r.c, call, ids, &lens[0], count, bytesOf(in), bytesOf(out), &failed)
	return out, int(failed), code
}
