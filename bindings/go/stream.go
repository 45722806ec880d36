// SPDX-License-Identifier: MIT

package taskseal

// #include "glue.h"
import "C"

import "runtime"

// A stream is what C keeps of a message that passes piece by piece. Wiped and freed once, by its owner or by the
// garbage collector.
type stream struct {
	c       *C.taskseal_stream
	cleanup runtime.Cleanup
}

// pieceBytes is what is given to C at a time.
const pieceBytes = 4 * ChunkBytes

func newStream(c *C.taskseal_stream) *stream {
	s := &stream{c: c}
	s.cleanup = runtime.AddCleanup(s, func(c *C.taskseal_stream) { C.taskseal_stream_free(c) }, c)
	return s
}

// outRoom is what C may write for a piece.
func outRoom() []byte { return make([]byte, int(C.taskseal_stream_size(pieceBytes))) }

// update takes at most pieceBytes; what comes out stands at the beginning of out.
func (s *stream) update(in, out []byte) ([]byte, C.taskseal_err) {
	var n C.size_t
	code := C.taskseal_go_stream_update(s.c, bytesOf(in), C.size_t(len(in)), bytesOf(out), C.size_t(len(out)), &n)
	runtime.KeepAlive(s)
	return out[:int(n)], code
}

func (s *stream) finish(out []byte) ([]byte, Opened, C.taskseal_err) {
	call := C.taskseal_go_call{out_cap: C.size_t(len(out))}
	code := C.taskseal_go_stream_finish(s.c, &call, bytesOf(out))
	var opened Opened
	if code == C.TASKSEAL_OK {
		opened = openedOf(&call, keyIDAt(call.key_id))
	}
	runtime.KeepAlive(s) // the key id lives as long
	return out[:int(call.out_len)], opened, code
}

func (s *stream) free() {
	if s.c != nil {
		s.cleanup.Stop()
		C.taskseal_stream_free(s.c)
		s.c = nil
	}
}
