// SPDX-License-Identifier: MIT

package taskseal

// #include "glue.h"
import "C"

import (
	"runtime"
	"sync/atomic"
	"unsafe"
)

// A ring is the keys that C holds, and how many calls are using them. It counts 2 for each use; the lowest bit says
// that its Keyring has let go. Whoever finds both, nobody inside and nobody outside, frees it.
type ring struct {
	c       *C.taskseal_keyring
	uses    atomic.Int64
	header  atomic.Int64 // how long that of the last new envelope was: probably also of the next one
	beyond  atomic.Int64 // the least that an envelope was longer than the room for its payload; 0: none was opened yet
	keys    []KeyInfo
	ids     map[uintptr]string // by the address that C tells
	cleanup runtime.Cleanup
}

// number is what calls get that are made often.
func (r *ring) number() C.uintptr_t { return C.uintptr_t(uintptr(unsafe.Pointer(r.c))) }

const (
	oneUse  = 2
	letGo   = 1
	isFreed = 1 << 62
)

// newRing takes over what C has made. The garbage collector frees it if nobody does.
func newRing(c *C.taskseal_keyring) *ring {
	r := &ring{c: c, ids: map[uintptr]string{}}
	for i := C.size_t(0); ; i++ {
		var key C.taskseal_key
		if !C.taskseal_keyring_key(c, i, &key) {
			break
		}
		info := keyInfo(&key)
		r.keys = append(r.keys, info)
		r.ids[uintptr(unsafe.Pointer(key.id))] = info.ID
	}
	r.cleanup = runtime.AddCleanup(r, func(c *C.taskseal_keyring) { C.taskseal_keyring_free(c) }, c)
	return r
}

func (r *ring) hold() bool {
	if r.uses.Add(oneUse)&letGo == 0 {
		return true
	}
	r.drop()
	return false
}

func (r *ring) drop() {
	if r.uses.Add(-oneUse) == letGo {
		r.free()
	}
}

// release is the Keyring's, once.
func (r *ring) release() {
	if r.uses.Add(letGo) == letGo {
		r.free()
	}
}

func (r *ring) free() {
	if r.uses.CompareAndSwap(letGo, letGo|isFreed) {
		r.cleanup.Stop()
		C.taskseal_keyring_free(r.c)
	}
}
