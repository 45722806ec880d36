// SPDX-License-Identifier: MIT

package redistls

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"reflect"
	"strings"
	"syscall"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// A passing error is one that trying again may help: go-redis does so by itself with errors that have these methods.
type passing struct{ cause *taskseal.Error }

func (p passing) Error() string   { return p.cause.Error() }
func (p passing) Unwrap() error   { return p.cause }
func (p passing) Timeout() bool   { return p.cause.Code == taskseal.ErrTimeout }
func (p passing) Temporary() bool { return true }

// once keeps go-redis from trying again what has used up its deadline. In a cluster it may: another node may answer.
func once(err error) error {
	var p passing
	if errors.As(err, &p) && p.Timeout() {
		return p.cause
	}
	return err
}

// fail puts the place in front of what went wrong.
func (s *session) fail(code taskseal.Code, format string, arguments ...any) error {
	err := &taskseal.Error{Op: "connect", Code: code, Message: s.where + ": " + fmt.Sprintf(format, arguments...)}
	if code.Permanent() {
		return err
	}
	return passing{err}
}

func (s *session) versions() string {
	if s.trust.tls13 {
		return "TLS 1.3 (because of `tls=1.3`)"
	}
	return "TLS 1.2 or 1.3"
}

// fault says what an error of the network, of crypto/tls or of verifyMore means.
func (s *session) fault(err error) error {
	var known *taskseal.Error
	var certificate *tls.CertificateVerificationError
	var header tls.RecordHeaderError
	var op *net.OpError
	var errno syscall.Errno
	switch {
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return s.fail(taskseal.ErrTimeout, "the deadline passed during %s", s.phase)
	case errors.As(err, &certificate):
		errors.As(s.explain(certificate), &known)
		return s.fail(known.Code, "%s", known.Message)
	case errors.As(err, &known):
		return s.fail(known.Code, "%s", known.Message)
	case errors.As(err, &header) && header.Conn != nil:
		return s.fail(taskseal.ErrNotTLS, "the server does not speak TLS on this port (its answer began `%s`): give the server's TLS port",
			printable(string(header.RecordHeader[:]), 31))
	case errors.As(err, &op) && op.Op == "remote error" && reflect.ValueOf(op.Err).CanUint(): // an alert's number
		return s.alertFault(int(reflect.ValueOf(op.Err).Uint()), op.Err.Error())
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return s.closedFault()
	case errors.As(err, &errno):
		return s.fail(taskseal.ErrIO, "the connection failed during %s: %v", s.phase, errno)
	}
	return s.protocolFault(printable(err.Error(), 200))
}

func (s *session) closedFault() error {
	hint := ""
	if s.asked && s.anchors.client == nil {
		hint = "; it had asked for a client certificate, and none was given"
	}
	return s.fail(taskseal.ErrPeerClosed, "the server closed the connection during %s%s", s.phase, hint)
}

// protocolFault is for what crypto/tls says in words only.
func (s *session) protocolFault(words string) error {
	switch {
	case strings.Contains(words, "failed to parse certificate"):
		return s.fail(taskseal.ErrCertInvalid, "the server's certificate can't be read (%s): issue a new one", words)
	case !s.verified && (strings.Contains(words, "unsupported") || strings.Contains(words, "unconfigured")):
		return s.fail(taskseal.ErrTLSProtocol, "%s failed (%s): the server must speak %s with ECDHE and an AEAD cipher", s.phase, words, s.versions())
	}
	return s.fail(taskseal.ErrTLSDamaged, "%s failed (%s): what came was changed or cut on its way; try again", s.phase, words)
}

// Alerts of RFC 8446, 6, by which a server says that it minds the client's certificate, or that there is none.
var certificateAlerts = map[int]bool{40: true, 42: true, 43: true, 44: true, 45: true, 46: true, 48: true, 49: true, 116: true}

// And those by which it says, while hands are shaken, that nothing that was offered suits it. All others come of what was
// damaged on its way, too.
var disagreementAlerts = map[int]bool{40: true, 42: true, 43: true, 49: true, 70: true, 71: true, 109: true, 110: true, 112: true, 116: true, 120: true}

const decryptError = 51 // in TLS 1.3 it is one of a chain's wrong signature; in TLS 1.2 one of damage

func (s *session) alertFault(alert int, words string) error {
	words = printable(strings.TrimPrefix(words, "tls: "), 80)
	minded := certificateAlerts[alert] || (alert == decryptError && s.verified && s.version == tls.VersionTLS13)
	switch {
	case s.asked && minded && s.anchors.client == nil:
		return s.fail(taskseal.ErrClientCertRequired, "the server requires a client certificate (alert: %s): give `cert` and `key` in the URI", words)
	case s.asked && minded:
		return s.fail(taskseal.ErrClientCertRefused, "the server refused the client certificate (alert: %s): see which CA it trusts, and the certificate's validity and usage", words)
	case !s.verified && disagreementAlerts[alert]:
		return s.fail(taskseal.ErrTLSProtocol, "the server ended %s (alert: %s): it must offer %s with ECDHE and an AEAD cipher", s.phase, words, s.versions())
	}
	return s.fail(taskseal.ErrTLSDamaged, "the server ended %s (alert: %s): what it got was changed or cut on its way; try again, and see its log if that does not help", s.phase, words)
}
