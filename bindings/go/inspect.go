// SPDX-License-Identifier: MIT

package taskseal

// #include "glue.h"
import "C"

import "time"

// A Stanza names a key that an envelope is sealed to.
type Stanza struct {
	Type  uint8
	KeyID string
}

// Info is what an envelope says of itself. Nothing of it is verified: whoever can write to the queue can have written it.
type Info struct {
	Version    uint8
	Suite      Suite
	Purpose    Purpose
	Padded     bool
	Bound      Bound
	SealedAt   time.Time
	ExpiresAt  time.Time // zero: never
	MessageID  MessageID
	HeaderLen  int
	PayloadLen int // with its padding
	Stanzas    []Stanza
}

// Inspect parses a complete envelope in binary form, without a key.
func Inspect(sealed []byte) (*Info, error) {
	var c C.taskseal_info
	code := C.taskseal_go_inspect(bytesOf(sealed), C.size_t(len(sealed)), &c)
	if code != C.TASKSEAL_OK {
		return nil, fail("inspect", code)
	}
	info := &Info{
		Version: uint8(c.version), Suite: Suite(c.suite), Purpose: Purpose(c.purpose), Padded: bool(c.padded),
		Bound: Bound(c.bound), SealedAt: timeOf(c.sealed_at), ExpiresAt: timeOf(c.expires_at),
		HeaderLen: int(c.header_len), PayloadLen: int(c.payload_len),
	}
	for i, b := range c.message_id {
		info.MessageID[i] = byte(b)
	}
	for i := range int(c.stanza_count) {
		stanza := &c.stanzas[i]
		info.Stanzas = append(info.Stanzas, Stanza{uint8(stanza._type), C.GoString(&stanza.key_id[0])})
	}
	return info, nil
}

// MessageIDOf copies the message id out of an envelope's header: unverified until the envelope was opened.
func MessageIDOf(sealed []byte) (MessageID, error) {
	var id MessageID
	code := C.taskseal_go_message_id(bytesOf(sealed), C.size_t(len(sealed)), (*C.uint8_t)(&id[0]))
	return id, fail("message id", code)
}

// A Kind is what bytes look like.
type Kind uint8

// The kinds.
const (
	Plain  Kind = C.TASKSEAL_PLAIN  // does not begin as an envelope does, in either form
	Sealed Kind = C.TASKSEAL_SEALED // framing is right, which proves nothing else
	Newer  Kind = C.TASKSEAL_NEWER  // an envelope of a version or suite that this library can't read
	Broken Kind = C.TASKSEAL_BROKEN // begins as an envelope does, framing wrong: cut, say
)

// String is one word.
func (k Kind) String() string {
	switch k {
	case Plain:
		return "plain"
	case Sealed:
		return "sealed"
	case Newer:
		return "newer"
	case Broken:
		return "broken"
	}
	return "unknown"
}

// IsSealed tells what data is, in binary or text form. For queues that still carry both: only Plain may be treated as
// plaintext.
func IsSealed(data []byte) Kind {
	return Kind(C.taskseal_go_is_sealed(bytesOf(data), C.size_t(len(data))))
}
