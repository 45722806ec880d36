// SPDX-License-Identifier: MIT

package taskseal

// #include "glue.h"
import "C"

import "io"

// An OpenReader gives the payload of an envelope of any length, in bounded memory. What it gives is authentic and in
// its place, but only io.EOF says that it was all: until then do nothing with it that you can't undo. A cut envelope
// ends in an error, never in io.EOF.
type OpenReader struct {
	from   io.Reader
	stream *stream
	in     []byte
	out    []byte
	ready  []byte // the part of out that was not read yet
	opened Opened
	ended  bool  // from has no more
	err    error // what Read says when ready is empty
}

// NewOpenReader begins to open the envelope that r gives. Padded envelopes are refused with ErrBadArgument.
func (k *Keyring) NewOpenReader(r io.Reader, o OpenOptions) (*OpenReader, error) {
	const op = "open a stream"
	var call C.taskseal_go_call
	if !o.call(&call, 0) {
		return nil, badArgument(op, badOpenOptions)
	}
	ring, err := k.hold()
	if err != nil {
		return nil, err
	}
	defer ring.drop()
	var c *C.taskseal_stream
	x := &o.Context
	code := C.taskseal_go_stream_open(&c, ring.c, &call, chars(x.Queue), chars(x.Type), chars(x.ID), chars(x.Extra))
	if code != C.TASKSEAL_OK {
		return nil, fail(op, code)
	}
	return &OpenReader{from: r, stream: newStream(c), in: make([]byte, pieceBytes), out: outRoom()}, nil
}

// Read gives the next of the payload. io.EOF says that the envelope was complete and this was all.
func (r *OpenReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(r.ready) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		r.next()
	}
	n := copy(p, r.ready)
	clear(r.ready[:n])
	r.ready = r.ready[n:]
	return n, nil
}

// next fills ready or err, or neither.
func (r *OpenReader) next() {
	if r.ended {
		r.finish()
		return
	}
	n, err := r.from.Read(r.in)
	var code C.taskseal_err
	if n > 0 {
		r.ready, code = r.stream.update(r.in[:n], r.out)
	}
	switch {
	case code != C.TASKSEAL_OK:
		r.end(fail("open a stream", code))
	case err == io.EOF:
		r.ended = true
	case err != nil:
		r.end(err)
	}
}

func (r *OpenReader) finish() {
	ready, opened, code := r.stream.finish(r.out)
	if code != C.TASKSEAL_OK {
		r.end(fail("open a stream", code))
		return
	}
	r.ready, r.opened = ready, opened
	r.end(io.EOF)
}

// end lets go of C's part; what is ready can still be read.
func (r *OpenReader) end(err error) {
	r.err = err
	r.stream.free()
}

// Opened is what was proved, once Read has given io.EOF; the zero Opened before.
func (r *OpenReader) Opened() Opened {
	if len(r.ready) > 0 {
		return Opened{}
	}
	return r.opened
}

// Close wipes what was not read and lets go of the keys. It does not close the reader below, and is needed only where
// the payload is not read to its end or error.
func (r *OpenReader) Close() error {
	clear(r.out)
	r.ready = nil
	if r.err == nil {
		r.end(ErrClosed)
	}
	return nil
}
