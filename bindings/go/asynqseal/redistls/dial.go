// SPDX-License-Identifier: MIT

package redistls

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strconv"
	"strings"
	"time"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// An endpoint is what a URI says: the place, the login, and trust. Servers that Sentinel or a cluster name have the login
// and the trust of one, at another place.
type endpoint struct {
	*uri
	trusted *trust
}

func newEndpoint(text string) (*endpoint, error) {
	u, err := parseURI(text)
	if err != nil {
		return nil, err
	}
	trusted, err := newTrust(u.trust)
	if err != nil {
		return nil, err
	}
	return &endpoint{u, trusted}, nil
}

func (e *endpoint) address() string { return net.JoinHostPort(e.host, e.port) }

// An expectation is what a server must prove.
type expectation struct {
	name    string
	trust   *sources
	anchors *anchors
}

// A session is one attempt to connect.
type session struct {
	expectation
	where, phase string
	asked        bool // for a client certificate
	verified     bool
	version      uint16
}

// dial resolves, connects, shakes hands, verifies and logs in under one deadline. What it returns has proved to be the
// server, and has answered PING; nothing secret is sent before that. `commands` follow the login.
func (e *endpoint) dial(ctx context.Context, address string, commands ...command) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	number, portErr := strconv.ParseUint(port, 10, 16)
	if err != nil || portErr != nil || number == 0 || !isHost(host) {
		return nil, refused(taskseal.ErrServerError, "the address `%s` that the server named is not a DNS name or IP address with a port", printable(address, 80))
	}
	now, _ := e.trusted.current() // a bad new state leaves the old one in use, and Trust tells
	s := &session{expectation: expectation{name: e.name, trust: &e.trust, anchors: now}, where: address}
	if s.name == "" {
		s.name = strings.TrimSuffix(host, ".")
	}
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	connection, err := s.open(ctx, address)
	if err != nil {
		return nil, err
	}
	if err := s.login(connection, e.uri, commands); err != nil {
		_ = connection.Close()
		return nil, err
	}
	return connection, connection.SetDeadline(time.Time{})
}

func (s *session) open(ctx context.Context, address string) (*tls.Conn, error) {
	s.phase = "connecting"
	plain, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, s.dialFault(err)
	}
	if deadline, ok := ctx.Deadline(); ok {
		_ = plain.SetDeadline(deadline)
	}
	s.phase = "the TLS handshake"
	connection := tls.Client(plain, s.config())
	if err := connection.HandshakeContext(ctx); err != nil {
		_ = plain.Close()
		return nil, s.fault(err)
	}
	s.verified, s.version = true, connection.ConnectionState().Version
	return connection, nil
}

func (s *session) dialFault(err error) error {
	var lookup *net.DNSError
	var op *net.OpError
	switch {
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.As(err, &lookup) && !lookup.IsTimeout:
		return s.fail(taskseal.ErrResolve, "the name has no address, or no name server answered: %s", printable(lookup.Err, 80))
	case errors.As(err, &op) && op.Timeout():
		return s.fail(taskseal.ErrTimeout, "the deadline passed during %s", s.phase)
	}
	return s.fail(taskseal.ErrConnect, "no address took the TCP connection: %s", printable(err.Error(), 200))
}

// config leaves crypto/tls's own verification on: there is no InsecureSkipVerify in this package, and no cache of sessions, so
// every handshake is a full one.
func (s *session) config() *tls.Config {
	version := uint16(tls.VersionTLS12)
	if s.trust.tls13 {
		version = tls.VersionTLS13
	}
	return &tls.Config{
		ServerName:           s.name,
		RootCAs:              s.anchors.roots,
		MinVersion:           version,
		CipherSuites:         suites,
		CurvePreferences:     []tls.CurveID{tls.X25519MLKEM768, tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521},
		GetClientCertificate: s.clientCertificate,
		VerifyConnection:     s.verifyMore,
	}
}

// Of TLS 1.2: ECDHE with an AEAD. Those of TLS 1.3 all are.
var suites = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}

func (s *session) clientCertificate(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	s.asked = true
	if s.anchors.client == nil {
		return &tls.Certificate{}, nil
	}
	return s.anchors.client, nil
}
