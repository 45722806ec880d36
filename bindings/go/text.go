// SPDX-License-Identifier: MIT

package taskseal

// #include "glue.h"
import "C"

// TextPrefix begins the text form.
const TextPrefix = C.TASKSEAL_TEXT_PREFIX

// EncodeText gives the text form of an envelope, for queues that carry JSON or text. Only envelopes are encoded.
func EncodeText(sealed []byte) (string, error) {
	text, err := AppendText(nil, sealed)
	return string(text), err
}

// AppendText appends the text form to dst.
func AppendText(dst, sealed []byte) ([]byte, error) {
	need := int(C.taskseal_text_size(C.size_t(len(sealed)))) + 1 // C ends it with a NUL
	dst = grow(dst, need)
	out := room(dst)
	var n C.size_t
	code := C.taskseal_go_text_encode(bytesOf(sealed), C.size_t(len(sealed)), bytesAsChars(out), C.size_t(len(out)), &n)
	if code != C.TASKSEAL_OK {
		return nil, fail("encode", code)
	}
	return dst[:len(dst)+int(n)], nil
}

// DecodeText decodes the text form strictly.
func DecodeText(text string) ([]byte, error) { return AppendDecodeText(nil, text) }

// AppendDecodeText appends the envelope to dst.
func AppendDecodeText(dst []byte, text string) ([]byte, error) {
	dst = grow(dst, max(len(text), 1))
	n, err := decodeText(text, room(dst))
	if err != nil {
		return nil, err
	}
	return dst[:len(dst)+n], nil
}

func decodeText(text string, out []byte) (int, error) {
	var n C.size_t
	code := C.taskseal_go_text_decode(chars(text), C.size_t(len(text)), bytesOf(out), C.size_t(len(out)), &n)
	return int(n), fail("decode", code)
}
