// SPDX-License-Identifier: MIT

package taskseal

// #include "glue.h"
import "C"

import "io"

// A SealWriter seals what is written to it, of any length, in bounded memory. The envelope is complete when Close has
// succeeded; until then a reader will refuse it.
type SealWriter struct {
	to     io.Writer
	stream *stream
	out    []byte
	opened Opened
	err    error
}

// NewSealWriter begins an envelope, which is written to w. Padding needs the whole payload and is not for streams.
func (k *Keyring) NewSealWriter(w io.Writer, o SealOptions) (*SealWriter, error) {
	const op = "seal a stream"
	var call C.taskseal_go_call
	var place [idsRoom]byte
	ids, ok := o.prepare(&call, place[:0], 0)
	if !ok {
		return nil, badArgument(op, badSealOptions)
	}
	r, err := k.hold()
	if err != nil {
		return nil, err
	}
	defer r.drop()
	var c *C.taskseal_stream
	x := &o.Context
	code := C.taskseal_go_stream_seal(&c, r.c, &call, chars(x.Queue), chars(x.Type), chars(x.ID), chars(x.Extra),
		bytesAsChars(ids))
	if code != C.TASKSEAL_OK {
		return nil, fail(op, code)
	}
	return &SealWriter{to: w, stream: newStream(c), out: outRoom()}, nil
}

// Write seals p. An error is final: the envelope will not be complete.
func (w *SealWriter) Write(p []byte) (int, error) {
	done := 0
	for w.err == nil && done < len(p) {
		n := min(len(p)-done, pieceBytes)
		out, code := w.stream.update(p[done:done+n], w.out)
		if code != C.TASKSEAL_OK {
			return done, w.end(fail("seal a stream", code))
		}
		if err := w.pass(out); err != nil {
			return done, w.end(err)
		}
		done += n
	}
	return done, w.err
}

func (w *SealWriter) pass(out []byte) error {
	if len(out) == 0 {
		return nil
	}
	n, err := w.to.Write(out)
	if err == nil && n < len(out) {
		err = io.ErrShortWrite
	}
	return err
}

// Close writes the rest of the envelope. It does not close the writer below. Closing again gives ErrClosed.
func (w *SealWriter) Close() error {
	if w.err != nil {
		return w.err
	}
	out, opened, code := w.stream.finish(w.out)
	if code != C.TASKSEAL_OK {
		return w.end(fail("seal a stream", code))
	}
	if err := w.pass(out); err != nil {
		return w.end(err)
	}
	w.opened = opened
	_ = w.end(ErrClosed)
	return nil
}

// Abort gives the envelope up: what was written of it will be refused. After Close it does nothing.
func (w *SealWriter) Abort() {
	if w.err == nil {
		_ = w.end(ErrClosed)
	}
}

func (w *SealWriter) end(err error) error {
	w.err = err
	w.stream.free()
	w.out = nil
	return err
}

// Sealed tells of the new envelope after Close; its key is the first that it names. The zero Opened before.
func (w *SealWriter) Sealed() Opened { return w.opened }
