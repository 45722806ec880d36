// SPDX-License-Identifier: MIT

package taskseal

// #include "taskseal.h"
import "C"

// Sizes and limits, in bytes unless they say otherwise.
const (
	KeyBytes       = C.TASKSEAL_KEY_BYTES        // a key's secret
	MessageIDBytes = C.TASKSEAL_MESSAGE_ID_BYTES // a message id
	KeyIDMax       = C.TASKSEAL_KEY_ID_MAX       // a key id
	ContextMax     = C.TASKSEAL_CONTEXT_MAX      // each field of a Context
	StanzasMax     = C.TASKSEAL_STANZAS_MAX      // keys that one envelope is sealed to
	HeaderMax      = C.TASKSEAL_HEADER_MAX       // an envelope without its payload's chunks
	ChunkBytes     = C.TASKSEAL_CHUNK_BYTES      // payload that a full chunk holds
	ClockLeeway    = C.TASKSEAL_CLOCK_LEEWAY     // seconds that a seal time may lie in the opener's future
	KeysMax        = C.TASKSEAL_KEYS_MAX         // keys of a keyring
	QueuesMax      = C.TASKSEAL_QUEUES_MAX       // queues that a key names
	DedupeTagBytes = C.TASKSEAL_DEDUPE_TAG_BYTES // a dedupe tag
	PassphraseMax  = C.TASKSEAL_PASSPHRASE_MAX   // a key file's passphrase
)

// Version is the version of the C core in this package.
const Version = C.TASKSEAL_VERSION

// A Suite is the algorithm that encrypts a payload.
type Suite uint8

// The suites. The zero Suite means the first when sealing.
const (
	ChaCha20Poly1305 Suite = C.TASKSEAL_SUITE_CHACHA20POLY1305 // always there
	AES256GCM        Suite = C.TASKSEAL_SUITE_AES256GCM        // where the CPU has AES instructions
	AEGIS256         Suite = C.TASKSEAL_SUITE_AEGIS256         // with libsodium 1.0.19
)

// Available tells whether this build on this CPU has the suite.
func (s Suite) Available() bool { return bool(C.taskseal_suite_available(C.taskseal_suite(s))) }

// A KeyType says what a key does.
type KeyType uint16

// The types of keys.
const (
	KeyXChaCha20Poly1305 KeyType = C.TASKSEAL_KEY_XCHACHA20POLY1305 // wraps the keys of messages
	KeyAEGIS256          KeyType = C.TASKSEAL_KEY_AEGIS256          // the same, with libsodium 1.0.19
	KeyDedupe            KeyType = C.TASKSEAL_KEY_DEDUPE            // makes dedupe tags; never seals
)

// Available tells whether this build on this CPU has the key type.
func (t KeyType) Available() bool { return bool(C.taskseal_key_type_available(C.taskseal_key_type(t))) }

// A KeyState says what may still be done with a key.
type KeyState uint8

// The states of keys.
const (
	KeyActive      KeyState = C.TASKSEAL_KEY_ACTIVE      // seals and opens
	KeyOpenOnly    KeyState = C.TASKSEAL_KEY_OPEN_ONLY   // opens
	KeyRetired     KeyState = C.TASKSEAL_KEY_RETIRED     // a tombstone: its envelopes are refused by name
	KeyCompromised KeyState = C.TASKSEAL_KEY_COMPROMISED // whatever so much as names it is refused
)

// String is the word that key files have for the state.
func (s KeyState) String() string {
	switch s {
	case KeyActive:
		return "active"
	case KeyOpenOnly:
		return "open-only"
	case KeyRetired:
		return "retired"
	case KeyCompromised:
		return "compromised"
	}
	return "unknown"
}

// A Purpose keeps a sealed result or error text from being passed off as a payload.
type Purpose uint8

// The purposes.
const (
	PurposePayload   Purpose = C.TASKSEAL_PAYLOAD
	PurposeResult    Purpose = C.TASKSEAL_RESULT
	PurposeErrorText Purpose = C.TASKSEAL_ERROR_TEXT
	PurposeReference Purpose = C.TASKSEAL_REFERENCE
)

// Bound is a set of the fields of a Context.
type Bound uint16

// The fields, and what OpenOptions.Insist may say instead of naming some.
const (
	BoundQueue Bound = C.TASKSEAL_BOUND_QUEUE
	BoundType  Bound = C.TASKSEAL_BOUND_TYPE
	BoundID    Bound = C.TASKSEAL_BOUND_ID
	BoundExtra Bound = C.TASKSEAL_BOUND_EXTRA
	InsistNone Bound = C.TASKSEAL_INSIST_NONE // accept envelopes that bind less than was given
)

// A Context is what an envelope is bound to. A field that is "" is absent: it is not bound when sealing, and not known
// when opening. Check that a field that you rely on is not empty.
type Context struct {
	Queue string
	Type  string
	ID    string
	Extra string // anything else: a tenant, a schema version
}

// A MessageID names an envelope. Rewrapping keeps it.
type MessageID [MessageIDBytes]byte
