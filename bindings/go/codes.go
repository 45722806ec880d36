// SPDX-License-Identifier: MIT

package taskseal

// #include "taskseal.h"
import "C"

// The codes. Those from ErrURIInvalid on are of connections. A test holds them against the C header.
const (
	ErrBadArgument          Code = C.TASKSEAL_ERR_BAD_ARGUMENT          // bad-argument
	ErrNoMemory             Code = C.TASKSEAL_ERR_NO_MEMORY             // no-memory
	ErrNoRandom             Code = C.TASKSEAL_ERR_NO_RANDOM             // no-random
	ErrBufferTooSmall       Code = C.TASKSEAL_ERR_BUFFER_TOO_SMALL      // buffer-too-small
	ErrBadClock             Code = C.TASKSEAL_ERR_BAD_CLOCK             // bad-clock
	ErrNotSealed            Code = C.TASKSEAL_ERR_NOT_SEALED            // not-sealed
	ErrMalformed            Code = C.TASKSEAL_ERR_MALFORMED             // malformed
	ErrUnsupportedVersion   Code = C.TASKSEAL_ERR_UNSUPPORTED_VERSION   // unsupported-version
	ErrUnsupportedSuite     Code = C.TASKSEAL_ERR_UNSUPPORTED_SUITE     // unsupported-suite
	ErrSuiteUnavailable     Code = C.TASKSEAL_ERR_SUITE_UNAVAILABLE     // suite-unavailable
	ErrSuiteDenied          Code = C.TASKSEAL_ERR_SUITE_DENIED          // suite-denied
	ErrClassDenied          Code = C.TASKSEAL_ERR_CLASS_DENIED          // class-denied
	ErrLooksSealed          Code = C.TASKSEAL_ERR_LOOKS_SEALED          // looks-sealed
	ErrUnknownKey           Code = C.TASKSEAL_ERR_UNKNOWN_KEY           // unknown-key
	ErrKeyRetired           Code = C.TASKSEAL_ERR_KEY_RETIRED           // key-retired
	ErrKeyCompromised       Code = C.TASKSEAL_ERR_KEY_COMPROMISED       // key-compromised
	ErrKeyWrongQueue        Code = C.TASKSEAL_ERR_KEY_WRONG_QUEUE       // key-wrong-queue
	ErrKeyOutsideWindow     Code = C.TASKSEAL_ERR_KEY_OUTSIDE_WINDOW    // key-outside-window
	ErrKeyUnavailable       Code = C.TASKSEAL_ERR_KEY_UNAVAILABLE       // key-unavailable
	ErrKeyNotActive         Code = C.TASKSEAL_ERR_KEY_NOT_ACTIVE        // key-not-active
	ErrKeyWrongUse          Code = C.TASKSEAL_ERR_KEY_WRONG_USE         // key-wrong-use
	ErrAuthenticationFailed Code = C.TASKSEAL_ERR_AUTHENTICATION_FAILED // authentication-failed
	ErrContextMismatch      Code = C.TASKSEAL_ERR_CONTEXT_MISMATCH      // context-mismatch
	ErrContextRequired      Code = C.TASKSEAL_ERR_CONTEXT_REQUIRED      // context-required
	ErrWrongPurpose         Code = C.TASKSEAL_ERR_WRONG_PURPOSE         // wrong-purpose
	ErrNotYetValid          Code = C.TASKSEAL_ERR_NOT_YET_VALID         // not-yet-valid
	ErrExpired              Code = C.TASKSEAL_ERR_EXPIRED               // expired
	ErrDamaged              Code = C.TASKSEAL_ERR_DAMAGED               // damaged
	ErrKeyFileRead          Code = C.TASKSEAL_ERR_KEYFILE_READ          // keyfile-read
	ErrKeyFilePermissions   Code = C.TASKSEAL_ERR_KEYFILE_PERMISSIONS   // keyfile-permissions
	ErrKeyFileMalformed     Code = C.TASKSEAL_ERR_KEYFILE_MALFORMED     // keyfile-malformed
	ErrKeyFileExists        Code = C.TASKSEAL_ERR_KEYFILE_EXISTS        // keyfile-exists
	ErrKeyFileWrite         Code = C.TASKSEAL_ERR_KEYFILE_WRITE         // keyfile-write
	ErrKeyFileUnsupported   Code = C.TASKSEAL_ERR_KEYFILE_UNSUPPORTED   // keyfile-unsupported
	ErrKeyFilePassphrase    Code = C.TASKSEAL_ERR_KEYFILE_PASSPHRASE    // keyfile-passphrase
	ErrKeyFileChange        Code = C.TASKSEAL_ERR_KEYFILE_CHANGE        // keyfile-change
	ErrURIInvalid           Code = C.TASKSEAL_ERR_URI_INVALID           // uri-invalid
	ErrTrustConfig          Code = C.TASKSEAL_ERR_TRUST_CONFIG          // trust-config
	ErrResolve              Code = C.TASKSEAL_ERR_RESOLVE               // resolve
	ErrConnect              Code = C.TASKSEAL_ERR_CONNECT               // connect
	ErrTimeout              Code = C.TASKSEAL_ERR_TIMEOUT               // timeout
	ErrNotTLS               Code = C.TASKSEAL_ERR_NOT_TLS               // not-tls
	ErrPeerClosed           Code = C.TASKSEAL_ERR_PEER_CLOSED           // peer-closed
	ErrTLSProtocol          Code = C.TASKSEAL_ERR_TLS_PROTOCOL          // tls-protocol
	ErrCertExpired          Code = C.TASKSEAL_ERR_CERT_EXPIRED          // cert-expired
	ErrCertNotYetValid      Code = C.TASKSEAL_ERR_CERT_NOT_YET_VALID    // cert-not-yet-valid
	ErrCertUntrusted        Code = C.TASKSEAL_ERR_CERT_UNTRUSTED        // cert-untrusted
	ErrCertSelfSigned       Code = C.TASKSEAL_ERR_CERT_SELF_SIGNED      // cert-self-signed
	ErrCertRevoked          Code = C.TASKSEAL_ERR_CERT_REVOKED          // cert-revoked
	ErrCertPurpose          Code = C.TASKSEAL_ERR_CERT_PURPOSE          // cert-purpose
	ErrCertWeak             Code = C.TASKSEAL_ERR_CERT_WEAK             // cert-weak
	ErrCertInvalid          Code = C.TASKSEAL_ERR_CERT_INVALID          // cert-invalid
	ErrNameMismatch         Code = C.TASKSEAL_ERR_NAME_MISMATCH         // name-mismatch
	ErrPinMismatch          Code = C.TASKSEAL_ERR_PIN_MISMATCH          // pin-mismatch
	ErrClientCertRequired   Code = C.TASKSEAL_ERR_CLIENT_CERT_REQUIRED  // client-cert-required
	ErrClientCertRefused    Code = C.TASKSEAL_ERR_CLIENT_CERT_REFUSED   // client-cert-refused
	ErrAuthRefused          Code = C.TASKSEAL_ERR_AUTH_REFUSED          // auth-refused
	ErrNoPermission         Code = C.TASKSEAL_ERR_NO_PERMISSION         // no-permission
	ErrServerError          Code = C.TASKSEAL_ERR_SERVER_ERROR          // server-error
	ErrServerBusy           Code = C.TASKSEAL_ERR_SERVER_BUSY           // server-busy
	ErrNotVerified          Code = C.TASKSEAL_ERR_NOT_VERIFIED          // not-verified
	ErrIO                   Code = C.TASKSEAL_ERR_IO                    // io
	ErrReplyLimit           Code = C.TASKSEAL_ERR_REPLY_LIMIT           // reply-limit
	ErrCRLUnusable          Code = C.TASKSEAL_ERR_CRL_UNUSABLE          // crl-unusable
	ErrTLSDamaged           Code = C.TASKSEAL_ERR_TLS_DAMAGED           // tls-damaged
)
