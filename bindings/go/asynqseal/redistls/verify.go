// SPDX-License-Identifier: MIT

package redistls

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// crypto/tls verifies chain, name, validity and usage, and nothing here can turn that off: what follows refuses more, as
// lib/redis/verify.c does, and finds words for what crypto/tls refused.

func refused(code taskseal.Code, format string, arguments ...any) error {
	return &taskseal.Error{Op: "connect", Code: code, Message: fmt.Sprintf(format, arguments...)}
}

func subject(c *x509.Certificate) string { return printable(c.Subject.String(), 95) }

// verifyMore is called after crypto/tls has verified the server, for every handshake. One of the chains that it found must
// keep every rule.
func (e *expectation) verifyMore(state tls.ConnectionState) error {
	if len(state.VerifiedChains) == 0 || state.DidResume || state.PeerCertificates[0].VerifyHostname(e.name) != nil {
		return refused(taskseal.ErrNotVerified, "the handshake ended without proof of the server's identity")
	}
	if e.coversTopLevel(state.PeerCertificates[0]) {
		return refused(taskseal.ErrNameMismatch, "the server's certificate is for `%s` only by a wildcard over a whole top-level domain, which does not count; its subject alternative names hold: %s: issue it for the name",
			e.name, names(state.PeerCertificates[0]))
	}
	var first error
	for _, chain := range state.VerifiedChains {
		err := e.verifyChain(chain)
		if err == nil {
			return nil
		}
		if first == nil {
			first = err
		}
	}
	return first
}

// coversTopLevel: crypto/tls takes *.internal for redis.internal, OpenSSL and so the C library do not.
func (e *expectation) coversTopLevel(leaf *x509.Certificate) bool {
	exact := func(name string) bool { return strings.EqualFold(name, e.name) }
	return strings.Count(e.name, ".") == 1 && !isAnyAddress(e.name) && !slices.ContainsFunc(leaf.DNSNames, exact)
}

func (e *expectation) verifyChain(chain []*x509.Certificate) error {
	for i, c := range chain {
		if err := checkEach(c, i == len(chain)-1); err != nil {
			return err
		}
		if i > 0 && (!c.BasicConstraintsValid || !c.IsCA) {
			return refused(taskseal.ErrCertInvalid, "certificate `%s` has issued another, but does not say that it is a CA (basicConstraints CA:TRUE)", subject(c))
		}
	}
	if err := checkLeaf(chain[0]); err != nil {
		return err
	}
	if excludes(chain[1:], e.name) {
		return refused(taskseal.ErrCertInvalid, "the server's certificate is for `%s`, but its CA may not issue for that (name constraints)", e.name)
	}
	if e.trust.crl != "" {
		if err := checkRevocation(chain, e.anchors.lists, time.Now()); err != nil {
			return err
		}
	}
	return e.checkPins(chain)
}

// checkEach holds for every certificate of the chain; `trusted` is the last one, on whose signature nobody relies.
func checkEach(c *x509.Certificate, trusted bool) error {
	if c.Version != 3 {
		return refused(taskseal.ErrCertInvalid, "certificate `%s` is not X.509 version 3, so it can't say what it is for: issue a new one", subject(c))
	}
	if !isStrongKey(c) {
		return refused(taskseal.ErrCertWeak, "the key of certificate `%s` is too weak (least: RSA 2048 bits, EC 256 bits): issue a new one", subject(c))
	}
	if !trusted && isWeakSignature(c.SignatureAlgorithm) {
		return weakSignature(c)
	}
	return nil
}

func weakSignature(c *x509.Certificate) error {
	return refused(taskseal.ErrCertWeak, "certificate `%s` is signed with SHA-1 or weaker: issue a new one with SHA-256", subject(c))
}

func isStrongKey(c *x509.Certificate) bool {
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return key.N.BitLen() >= 2048
	case *ecdsa.PublicKey:
		return key.Curve.Params().BitSize >= 256
	case ed25519.PublicKey:
		return true
	}
	return false
}

func isWeakSignature(algorithm x509.SignatureAlgorithm) bool {
	switch algorithm {
	case x509.SHA256WithRSA, x509.SHA384WithRSA, x509.SHA512WithRSA, x509.SHA256WithRSAPSS, x509.SHA384WithRSAPSS,
		x509.SHA512WithRSAPSS, x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512, x509.PureEd25519:
		return false
	}
	return true
}

func checkLeaf(leaf *x509.Certificate) error {
	if leaf.IsCA {
		return refused(taskseal.ErrCertPurpose, "the server uses a CA's certificate as its own: issue one for the server, which is no CA")
	}
	if leaf.KeyUsage != 0 && leaf.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		return refused(taskseal.ErrCertPurpose, "the key of the server's certificate may not sign (its key usage lacks digitalSignature)")
	}
	return nil
}

// excludes: a wildcard may hold a name that a CA may not issue for.
func excludes(issuers []*x509.Certificate, name string) bool {
	name = strings.ToLower(name)
	for _, c := range issuers {
		for _, base := range c.ExcludedDNSDomains {
			base = strings.ToLower(base)
			if base == "" || name == base || strings.HasSuffix(name, "."+strings.TrimPrefix(base, ".")) {
				return true
			}
		}
	}
	return false
}

func pinOf(c *x509.Certificate) [32]byte { return sha256.Sum256(c.RawSubjectPublicKeyInfo) }

func (e *expectation) checkPins(chain []*x509.Certificate) error {
	if len(e.trust.pins) == 0 {
		return nil
	}
	for _, c := range chain {
		for _, pin := range e.trust.pins {
			if pinOf(c) == pin {
				return nil
			}
		}
	}
	own := pinOf(chain[0])
	return refused(taskseal.ErrPinMismatch, "no public key in the server's chain is one of `pin`; that of its own certificate is sha256:%s: somebody else may be answering, or its key was replaced",
		base64.StdEncoding.EncodeToString(own[:]))
}

// ---- What crypto/tls refused, in words ----------------------------------------------------------------------

// explain never accepts: it picks the words and the code.
func (e *expectation) explain(why *tls.CertificateVerificationError) error {
	sent := why.UnverifiedCertificates
	for _, c := range sent {
		if c.Version != 3 {
			return checkEach(c, false)
		}
	}
	var invalid x509.CertificateInvalidError
	var unhandled x509.UnhandledCriticalExtension
	var name x509.HostnameError
	switch {
	case errors.As(why.Err, &name):
		return refused(taskseal.ErrNameMismatch, "the server's certificate is not for `%s`; its subject alternative names hold: %s (its common name does not count): use the right host, give `name`, or issue it anew",
			e.name, names(name.Certificate))
	case errors.As(why.Err, &invalid):
		return explainInvalid(invalid)
	case errors.As(why.Err, &unhandled):
		return refused(taskseal.ErrCertInvalid, "a certificate has a critical extension that is not known here: issue one without")
	}
	return e.explainUntrusted(sent)
}

func explainInvalid(why x509.CertificateInvalidError) error {
	c := why.Cert
	switch why.Reason {
	case x509.Expired:
		if time.Now().Before(c.NotBefore) {
			return refused(taskseal.ErrCertNotYetValid, "certificate `%s` is not valid before %s: check this host's clock", subject(c), clock(c.NotBefore))
		}
		return refused(taskseal.ErrCertExpired, "certificate `%s` expired at %s: renew it, or set this host's clock", subject(c), clock(c.NotAfter))
	case x509.IncompatibleUsage:
		return refused(taskseal.ErrCertPurpose, "certificate `%s` may not be used for this purpose: see its key usage and extended key usage (serverAuth)", subject(c))
	case x509.TooManyIntermediates:
		return refused(taskseal.ErrCertInvalid, "certificate `%s` stands over more intermediate CAs than its path length allows", subject(c))
	case x509.NotAuthorizedToSign:
		return refused(taskseal.ErrCertInvalid, "certificate `%s` has issued another, but is not a CA", subject(c))
	case x509.CANotAuthorizedForThisName, x509.UnconstrainedName, x509.NameConstraintsWithoutSANs:
		return refused(taskseal.ErrCertInvalid, "the server's certificate holds a name that its CA may not issue for (name constraints): %s", printable(why.Detail, 120))
	}
	return refused(taskseal.ErrCertInvalid, "certificate `%s`: %s", subject(c), printable(why.Error(), 200))
}

// explainedMost is more than chains are long. Whoever answers, before he has proved anything, could send hundreds of certificates
// that all fit each other, to have the signature of each checked against each: minutes, which no deadline ends.
const explainedMost = 10

// explainUntrusted finds why no chain was found.
func (e *expectation) explainUntrusted(sent []*x509.Certificate) error {
	leaf := sent[0]
	sent = sent[:min(len(sent), explainedMost)]
	if bytes.Equal(leaf.RawSubject, leaf.RawIssuer) && leaf.CheckSignature(leaf.SignatureAlgorithm, leaf.RawTBSCertificate, leaf.Signature) == nil {
		return refused(taskseal.ErrCertSelfSigned, "certificate `%s` is self-signed, and `cacert` does not hold it: anybody could have made it", subject(leaf))
	}
	for _, c := range sent {
		if bytes.Equal(c.RawSubject, c.RawIssuer) {
			continue
		}
		if isWeakSignature(c.SignatureAlgorithm) {
			return weakSignature(c)
		}
		for _, issuer := range append(sent[1:len(sent):len(sent)], e.anchors.certificates...) {
			if err := explainIssuer(c, issuer); err != nil {
				return err
			}
		}
	}
	return refused(taskseal.ErrCertUntrusted, "certificate `%s` was issued by `%s`, and nothing leads to a CA that `cacert` holds: either the server must send its whole chain, or `cacert` names the wrong CA",
		subject(leaf), printable(leaf.Issuer.String(), 95))
}

func explainIssuer(c, issuer *x509.Certificate) error {
	if !bytes.Equal(c.RawIssuer, issuer.RawSubject) {
		return nil
	}
	if !issuer.BasicConstraintsValid || !issuer.IsCA || (issuer.KeyUsage != 0 && issuer.KeyUsage&x509.KeyUsageCertSign == 0) {
		return refused(taskseal.ErrCertInvalid, "certificate `%s` has issued another, but is not a CA that may", subject(issuer))
	}
	if issuer.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) != nil {
		return refused(taskseal.ErrCertInvalid, "certificate `%s` has a wrong signature: it was changed, or another CA of the same name issued it", subject(c))
	}
	return nil
}

func clock(when time.Time) string { return when.UTC().Format("2006-01-02 15:04:05 UTC") }

func names(c *x509.Certificate) string {
	var all []string
	for _, name := range c.DNSNames {
		all = append(all, "DNS:"+name)
	}
	for _, address := range c.IPAddresses {
		all = append(all, "IP:"+address.String())
	}
	if len(all) == 0 {
		return "no DNS name and no IP address"
	}
	return printable(strings.Join(all, ", "), 160)
}
