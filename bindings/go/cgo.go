// SPDX-License-Identifier: MIT

package taskseal

/*
#cgo pkg-config: libsodium
#cgo LDFLAGS: -pthread
#cgo CFLAGS: -D_GNU_SOURCE -fvisibility=hidden
#cgo CFLAGS: -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
#cgo linux CFLAGS: -fstack-clash-protection

// None of them keeps a pointer or calls Go.
#cgo noescape taskseal_go_seal
#cgo nocallback taskseal_go_seal
#cgo noescape taskseal_go_seal_in_place
#cgo nocallback taskseal_go_seal_in_place
#cgo noescape taskseal_go_open
#cgo nocallback taskseal_go_open
#cgo noescape taskseal_go_open_in_place
#cgo nocallback taskseal_go_open_in_place
#cgo noescape taskseal_go_batch_sizes
#cgo nocallback taskseal_go_batch_sizes
#cgo noescape taskseal_go_batch_seal
#cgo nocallback taskseal_go_batch_seal
#cgo noescape taskseal_go_rewrap
#cgo nocallback taskseal_go_rewrap
#cgo noescape taskseal_go_reseal
#cgo nocallback taskseal_go_reseal
#cgo noescape taskseal_go_dedupe
#cgo nocallback taskseal_go_dedupe
#cgo noescape taskseal_go_stream_update
#cgo nocallback taskseal_go_stream_update
#cgo noescape taskseal_go_stream_finish
#cgo nocallback taskseal_go_stream_finish

#include <stdlib.h>
#include "glue_fast.h"
*/
import "C"

import (
	"math"
	"strings"
	"time"
	"unsafe"
)

// What C reads or writes during a call: the bytes of a string or slice. Neither is ever kept there.

func chars(s string) *C.char { return (*C.char)(unsafe.Pointer(unsafe.StringData(s))) }

func bytesOf(b []byte) *C.uint8_t { return (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(b))) }

// room is the unused capacity of b, which is nil if there is none.
func room(b []byte) []byte {
	if len(b) == cap(b) {
		return nil
	}
	return b[len(b):cap(b)]
}

// grow makes room for n bytes more, as append would, but for exactly as many where nothing stands yet.
func grow(b []byte, n int) []byte {
	if cap(b)-len(b) >= n {
		return b
	}
	if len(b) == 0 {
		return make([]byte, 0, n)
	}
	return append(b, make([]byte, n)...)[:len(b)]
}

// seconds is a time as C has it: 0 for the zero Time, and never for another.
func seconds(t time.Time) (C.uint64_t, bool) {
	if t.IsZero() {
		return 0, true
	}
	s := t.Unix()
	return C.uint64_t(s), s >= 1
}

// wholeSeconds is a duration as C has it, rounded up, so that only 0 is "not given".
func wholeSeconds(d time.Duration) (C.uint64_t, bool) {
	s := d / time.Second
	if d%time.Second > 0 {
		s++
	}
	return C.uint64_t(s), d >= 0
}

// timeOf is the other way: the zero Time for 0.
func timeOf(s C.uint64_t) time.Time {
	if s == 0 || s > math.MaxInt64 {
		return time.Time{}
	}
	return time.Unix(int64(s), 0).UTC()
}

// idsRoom holds the key ids of usual length without an allocation.
const idsRoom = 264

// joinIDs writes key ids one behind the other, each with a NUL, behind `to`.
func joinIDs(to []byte, ids []string) ([]byte, bool) {
	for _, id := range ids {
		if len(id) == 0 || len(id) > KeyIDMax || strings.IndexByte(id, 0) >= 0 {
			return nil, false
		}
		to = append(append(to, id...), 0)
	}
	return to, len(ids) <= StanzasMax
}

// cID is an optional key id as a C string; nil for "".
func cID(to []byte, id string) (*C.char, bool) {
	if id == "" {
		return nil, true
	}
	b, ok := joinIDs(to, []string{id})
	return bytesAsChars(b), ok
}

func (c *Context) lengths(call *C.taskseal_go_call) {
	call.queue_len = C.size_t(len(c.Queue))
	call.type_len = C.size_t(len(c.Type))
	call.id_len = C.size_t(len(c.ID))
	call.extra_len = C.size_t(len(c.Extra))
}

func bytesAsChars(b []byte) *C.char { return (*C.char)(unsafe.Pointer(unsafe.SliceData(b))) }

// keyIDAt copies a key id out of C's memory, which must still hold it.
func keyIDAt(address C.uintptr_t) string { return C.GoString(C.taskseal_go_key_id(address)) }
