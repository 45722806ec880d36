// SPDX-License-Identifier: MIT

package taskseal

// #include "glue_fast.h"
import "C"

import "time"

// SealOptions say how to seal. The zero value seals to the primary key, bound to nothing, for ever.
type SealOptions struct {
	Context     Context
	KeyIDs      []string // seal to each of these keys, at most StanzasMax; none: the primary for the queue and the time
	Suite       Suite    // 0: ChaCha20Poly1305
	Purpose     Purpose
	Padded      bool      // hide the length: at least 256 bytes, at most 12 % more
	AllowSealed bool      // the payload may itself be an envelope
	ExpiresAt   time.Time // give at most one of these two; fractions of a second are cut off
	Lifetime    time.Duration
	Now         time.Time // the seal time; zero: the system clock
}

func (o *SealOptions) call(c *C.taskseal_go_call, payloadLen int) bool {
	o.Context.lengths(c)
	c.in_len = C.size_t(payloadLen)
	c.suite = C.uint(o.Suite)
	c.purpose = C.uint(o.Purpose)
	if o.Padded {
		c.flags |= C.TASKSEAL_SEAL_PADDED
	}
	if o.AllowSealed {
		c.flags |= C.TASKSEAL_SEAL_ALLOW_SEALED
	}
	var expires, lifetime, now bool
	c.expires_at, expires = seconds(o.ExpiresAt)
	c.lifetime, lifetime = wholeSeconds(o.Lifetime)
	c.now, now = seconds(o.Now)
	return expires && lifetime && now
}

const badSealOptions = "a time before 1970, a negative lifetime, more than 8 keys, or a key id that is none"

// prepare fills in the numbers of a call; the key ids stand in `room` if that suffices.
func (o *SealOptions) prepare(call *C.taskseal_go_call, room []byte, payloadLen int) (ids []byte, ok bool) {
	if len(o.KeyIDs) > 0 {
		if ids, ok = joinIDs(room, o.KeyIDs); !ok {
			return nil, false
		}
		call.key_ids_len = C.size_t(len(ids))
	}
	return ids, o.call(call, payloadLen)
}

// seal writes to out; with none it tells the length and the payload's offset.
func (r *ring) seal(call *C.taskseal_go_call, x *Context, ids, payload, out []byte) C.taskseal_err {
	call.out_cap = C.size_t(len(out))
	return C.taskseal_go_seal(r.number(), call, chars(x.Queue), chars(x.Type), chars(x.ID), chars(x.Extra),
		bytesAsChars(ids), bytesOf(payload), bytesOf(out))
}

// Seal seals payload into a new envelope. ErrLooksSealed if the payload is an envelope already.
func (k *Keyring) Seal(payload []byte, o SealOptions) ([]byte, error) {
	return k.appendSeal(nil, payload, &o, nil)
}

// AppendSeal appends the envelope to dst, and allocates only where dst's capacity does not suffice. payload must not
// overlap the capacity of dst.
func (k *Keyring) AppendSeal(dst, payload []byte, o SealOptions) ([]byte, error) {
	return k.appendSeal(dst, payload, &o, nil)
}

// appendSeal has no more calls on its way to C than it must. `ids` are o.KeyIDs as C has them.
func (k *Keyring) appendSeal(dst, payload []byte, o *SealOptions, ids []byte) ([]byte, error) {
	if len(o.KeyIDs) > 0 && ids == nil {
		return k.appendSealTo(dst, payload, o)
	}
	call := C.taskseal_go_call{key_ids_len: C.size_t(len(ids))}
	if !o.call(&call, len(payload)) {
		return nil, badArgument("seal", badSealOptions)
	}
	r, err := k.hold()
	if err != nil {
		return nil, err
	}
	if dst == nil && !o.Padded {
		dst = r.guess(len(payload), o.Suite)
	}
	out := room(dst)
	call.out_cap = C.size_t(len(out))
	x := &o.Context
	code := C.taskseal_go_seal(r.number(), &call, chars(x.Queue), chars(x.Type), chars(x.ID), chars(x.Extra),
		bytesAsChars(ids), bytesOf(payload), bytesOf(out))
	if len(out) < int(call.out_len) {
		dst, code = r.sealAgain(dst, payload, o, ids, &call, code)
	}
	r.drop()
	if code != C.TASKSEAL_OK {
		return nil, fail("seal", code)
	}
	return dst[:len(dst)+int(call.out_len)], nil
}

// appendSealTo is apart, so that others need not clear the room for key ids.
func (k *Keyring) appendSealTo(dst, payload []byte, o *SealOptions) ([]byte, error) {
	var room [idsRoom]byte
	ids, ok := joinIDs(room[:0], o.KeyIDs)
	if !ok {
		return nil, badArgument("seal", badSealOptions)
	}
	return k.appendSeal(dst, payload, o, ids)
}

// sealAgain makes room now that the length is known; and once more should the clock have brought another key, with a
// longer id.
func (r *ring) sealAgain(dst, payload []byte, o *SealOptions, ids []byte, call *C.taskseal_go_call, code C.taskseal_err) ([]byte, C.taskseal_err) {
	for cap(dst)-len(dst) < int(call.out_len) && (code == C.TASKSEAL_OK || code == C.TASKSEAL_ERR_BUFFER_TOO_SMALL) {
		dst = grow(dst, int(call.out_len))
		code = r.seal(call, &o.Context, ids, payload, room(dst))
	}
	if code == C.TASKSEAL_OK && !o.Padded {
		r.header.Store(int64(int(call.out_len) - chunksLen(len(payload), o.Suite)))
	}
	return dst, code
}

// chunksLen is what an envelope holds behind its header: without padding, the payload and a tag for each chunk.
func chunksLen(n int, suite Suite) int {
	tag := 16
	if suite == AEGIS256 {
		tag = 32
	}
	return n + tag*(n/ChunkBytes+1)
}

// guess makes room for an envelope with a header like the last one's, so that C need not be asked for its length; nil if
// there was none yet. A wrong guess costs another allocation, or leaves room unused.
func (r *ring) guess(n int, suite Suite) []byte {
	if header := int(r.header.Load()); header > 0 {
		return make([]byte, 0, header+chunksLen(n, suite))
	}
	return nil
}

// SealedLen is the length of the envelope that Seal makes of a payload of n bytes, and the offset at which SealInPlace
// wants the payload.
func (k *Keyring) SealedLen(n int, o SealOptions) (sealedLen, offset int, err error) {
	var call C.taskseal_go_call
	var place [idsRoom]byte
	ids, ok := o.prepare(&call, place[:0], n)
	if n < 0 || !ok {
		return 0, 0, badArgument("seal", badSealOptions)
	}
	r, err := k.hold()
	if err != nil {
		return 0, 0, err
	}
	defer r.drop()
	if code := r.seal(&call, &o.Context, ids, nil, nil); code != C.TASKSEAL_OK {
		return 0, 0, fail("seal", code)
	}
	return int(call.out_len), int(call.offset), nil
}

// SealInPlace seals the payload of n bytes that stands in buf at the offset that SealedLen told, with the same options,
// of which Now should be given. The envelope is the beginning of buf. On failure buf is as it was.
func (k *Keyring) SealInPlace(buf []byte, n int, o SealOptions) ([]byte, error) {
	var call C.taskseal_go_call
	var place [idsRoom]byte
	ids, ok := o.prepare(&call, place[:0], n)
	if n < 0 || n > len(buf) || !ok {
		return nil, badArgument("seal in place", badSealOptions+", or a buffer shorter than its payload")
	}
	r, err := k.hold()
	if err != nil {
		return nil, err
	}
	defer r.drop()
	x := &o.Context
	call.out_cap = C.size_t(len(buf))
	code := C.taskseal_go_seal_in_place(r.c, &call, chars(x.Queue), chars(x.Type), chars(x.ID), chars(x.Extra),
		bytesAsChars(ids), bytesOf(buf))
	if code != C.TASKSEAL_OK {
		return nil, fail("seal in place", code)
	}
	return buf[:int(call.out_len)], nil
}
