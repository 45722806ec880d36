// SPDX-License-Identifier: MIT

package taskseal

// #include <stdlib.h>
// #include "glue.h"
import "C"

import "unsafe"

// An arena is memory of C for a call that takes structs with pointers, which Go's memory must not hold. Used where
// speed does not matter; secrets pass through it, so it is wiped.
type arena struct {
	parts []part
}

type part struct {
	at  unsafe.Pointer
	len C.size_t
}

// alloc gives zeroed memory. As everywhere in Go, running out of memory ends the program.
func (a *arena) alloc(n C.size_t) unsafe.Pointer {
	at := C.calloc(1, n)
	if at == nil {
		panic("taskseal: out of memory")
	}
	a.parts = append(a.parts, part{at, n})
	return at
}

// bytes copies to C; absent for nil, so that what is empty stays given.
func (a *arena) bytes(b []byte) C.taskseal_bytes {
	if b == nil {
		return C.taskseal_bytes{}
	}
	at := a.alloc(C.size_t(len(b) + 1))
	copy(unsafe.Slice((*byte)(at), len(b)), b)
	return C.taskseal_bytes{data: at, len: C.size_t(len(b))}
}

func (a *arena) str(s string) *C.char {
	at := a.alloc(C.size_t(len(s) + 1))
	copy(unsafe.Slice((*byte)(at), len(s)), s)
	return (*C.char)(at)
}

func (a *arena) list(texts []string) (*C.taskseal_bytes, C.size_t) {
	if len(texts) == 0 {
		return nil, 0
	}
	at := (*C.taskseal_bytes)(a.alloc(C.size_t(len(texts)) * C.sizeof_taskseal_bytes))
	for i, text := range texts {
		unsafe.Slice(at, len(texts))[i] = C.taskseal_bytes{data: unsafe.Pointer(a.str(text)), len: C.size_t(len(text))}
	}
	return at, C.size_t(len(texts))
}

func (a *arena) free() {
	for _, p := range a.parts {
		C.taskseal_go_wipe(p.at, p.len)
	}
	a.parts = nil
}
