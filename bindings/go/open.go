// SPDX-License-Identifier: MIT

package taskseal

// #include "glue_fast.h"
import "C"

import (
	"time"
	"unsafe"
)

// OpenOptions say what an envelope must be.
type OpenOptions struct {
	Context       Context // every field the opener knows, from its own knowledge: never from the message
	Insist        Bound   // fields that the envelope must bind, among those given; 0: all of these
	Purpose       Purpose // the only one accepted
	AllowedSuites []Suite // none: every suite
	MaxAge        time.Duration
	Now           time.Time // zero: the system clock
}

func (o *OpenOptions) call(c *C.taskseal_go_call, sealedLen int) bool {
	o.Context.lengths(c)
	c.in_len = C.size_t(sealedLen)
	c.purpose = C.uint(o.Purpose)
	c.insist = C.uint(o.Insist)
	for _, suite := range o.AllowedSuites {
		if suite > 31 {
			return false
		}
		c.allowed_suites |= 1 << suite
	}
	var age, now bool
	c.max_age, age = wholeSeconds(o.MaxAge)
	c.now, now = seconds(o.Now)
	return age && now
}

const badOpenOptions = "a time before 1970, a negative age, or a suite that is none"

// Opened is what a complete open has proved.
type Opened struct {
	MessageID   MessageID // unique per seal, unchanged by rewrapping
	KeyID       string    // the key that opened it
	Suite       Suite
	SealedAt    time.Time
	ExpiresAt   time.Time // zero: never
	ReplayUntil time.Time // remember the message id at least until then, plus the spread of your clocks; zero: for ever
}

// tell is in place, for the stack of a goroutine that opens one message is small.
func (o *Opened) tell(c *C.taskseal_go_call, keyID string) {
	o.MessageID = *(*MessageID)(unsafe.Pointer(&c.message_id))
	o.KeyID, o.Suite = keyID, Suite(c.opened_suite)
	o.SealedAt, o.ExpiresAt, o.ReplayUntil = timeOf(c.sealed_at), timeOf(c.opened_expires_at), timeOf(c.replay_until)
}

func openedOf(c *C.taskseal_go_call, keyID string) (o Opened) {
	o.tell(c, keyID)
	return o
}

func (r *ring) opened(c *C.taskseal_go_call) Opened { return openedOf(c, r.ids[uintptr(c.key_id)]) }

// Open verifies sealed wholly and gives its payload: all of it or an error. See the C header for the order in which
// errors are found. ErrNotSealed is returned exactly when IsSealed says Plain.
func (k *Keyring) Open(sealed []byte, o OpenOptions) ([]byte, Opened, error) {
	return k.appendOpen(nil, sealed, &o)
}

// AppendOpen appends the payload to dst, and allocates only where dst's capacity does not suffice. sealed must not
// overlap the capacity of dst. On failure what was written there is wiped.
func (k *Keyring) AppendOpen(dst, sealed []byte, o OpenOptions) ([]byte, Opened, error) {
	return k.appendOpen(dst, sealed, &o)
}

func (k *Keyring) appendOpen(dst, sealed []byte, o *OpenOptions) (payload []byte, opened Opened, err error) {
	var call C.taskseal_go_call
	if !o.call(&call, len(sealed)) {
		err = badArgument("open", badOpenOptions)
		return
	}
	r, err := k.hold()
	if err != nil {
		return
	}
	if dst == nil {
		dst = r.guessPayload(len(sealed))
	}
	out := room(dst)
	call.out_cap = C.size_t(len(out))
	x := &o.Context
	code := C.taskseal_go_open(r.number(), &call, chars(x.Queue), chars(x.Type), chars(x.ID), chars(x.Extra),
		bytesOf(sealed), bytesOf(out))
	if code == C.TASKSEAL_ERR_BUFFER_TOO_SMALL && call.out_len > 0 || code == C.TASKSEAL_OK && len(out) == 0 {
		need := int(call.out_len)
		dst = grow(dst, max(need, 1)) // C wants an address also for nothing
		code = r.open(&call, o, sealed, room(dst))
		if code == C.TASKSEAL_OK {
			r.learn(len(sealed) - need)
		}
	}
	r.drop()
	if code != C.TASKSEAL_OK {
		err = fail("open", code)
		return
	}
	payload = dst[:len(dst)+int(call.out_len)]
	opened.tell(&call, r.ids[uintptr(call.key_id)])
	return
}

// learn notes how much longer an envelope was than the room that its payload needed.
func (r *ring) learn(beyond int) {
	if least := int(r.beyond.Load()); least == 0 || beyond < least {
		r.beyond.Store(int64(beyond))
	}
}

// guessPayload makes room for a payload, so that C need not be asked for its length: enough for every envelope that is no
// shorter beside its payload than those before; nil if there was none.
func (r *ring) guessPayload(sealedLen int) []byte {
	if least := int(r.beyond.Load()); least > 0 && least < sealedLen {
		return make([]byte, 0, sealedLen-least)
	}
	return nil
}

// open writes to out; with none it tells the length.
func (r *ring) open(call *C.taskseal_go_call, o *OpenOptions, sealed, out []byte) C.taskseal_err {
	x := &o.Context
	call.out_cap = C.size_t(len(out))
	return C.taskseal_go_open(r.number(), call, chars(x.Queue), chars(x.Type), chars(x.ID), chars(x.Extra),
		bytesOf(sealed), bytesOf(out))
}

// openInto opens into a buffer whose size is given.
func (k *Keyring) openInto(out, sealed []byte, o *OpenOptions) (int, error) {
	var call C.taskseal_go_call
	if !o.call(&call, len(sealed)) {
		return 0, badArgument("open", badOpenOptions)
	}
	r, err := k.hold()
	if err != nil {
		return 0, err
	}
	defer r.drop()
	code := r.open(&call, o, sealed, out)
	return int(call.out_len), fail("open", code)
}

// OpenInPlace is Open inside sealed, of which the payload is a part. A failure after decryption has begun (ErrDamaged)
// wipes sealed, so keep the original where the message must survive.
func (k *Keyring) OpenInPlace(sealed []byte, o OpenOptions) ([]byte, Opened, error) {
	var call C.taskseal_go_call
	if !o.call(&call, len(sealed)) {
		return nil, Opened{}, badArgument("open in place", badOpenOptions)
	}
	r, err := k.hold()
	if err != nil {
		return nil, Opened{}, err
	}
	defer r.drop()
	x := &o.Context
	code := C.taskseal_go_open_in_place(r.c, &call, chars(x.Queue), chars(x.Type), chars(x.ID), chars(x.Extra),
		bytesOf(sealed))
	if code != C.TASKSEAL_OK {
		return nil, Opened{}, fail("open in place", code)
	}
	from, to := int(call.offset), int(call.offset+call.out_len)
	return sealed[from:to:to], r.opened(&call), nil
}
