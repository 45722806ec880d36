// SPDX-License-Identifier: MIT

package redistls

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// newCA signs itself.
func newCA(t *testing.T) *authority { return issue(t, nil) }

func issue(t *testing.T, by *authority) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<62))
	template := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: serial.String()},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"},
		BasicConstraintsValid: true, IsCA: by == nil, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign | x509.KeyUsageCRLSign}
	signer := by
	if by == nil {
		signer = &authority{template, key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, signer.certificate, &key.PublicKey, signer.key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{certificate, key}
}

func (a *authority) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw})
}

func (a *authority) write(t *testing.T, path string) { write(t, path, a.pem()) }

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (a *authority) writeKey(t *testing.T, path string) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(a.key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// serve is a server that answers PING, and whatever comes before it, for as long as the test runs. It gives its port.
func serve(t *testing.T, with *authority) string {
	t.Helper()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{
		{Certificate: [][]byte{with.certificate.Raw}, PrivateKey: with.key}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go answer(connection)
		}
	}()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return port
}

func answer(connection net.Conn) {
	defer connection.Close()
	data := make([]byte, 4096)
	for {
		n, err := connection.Read(data)
		if err != nil {
			return
		}
		reply := "+PONG\r\n"
		if strings.Contains(strings.ToLower(string(data[:n])), "hello") {
			reply = "-ERR unknown command\r\n"
		}
		if _, err := connection.Write([]byte(reply)); err != nil {
			return
		}
	}
}

// ping connects anew.
func ping(t *testing.T, c *Redis) error {
	t.Helper()
	client := c.MakeRedisClient().(redis.UniversalClient)
	defer client.Close()
	return client.Ping(context.Background()).Err()
}

func expectError(t *testing.T, err error, code taskseal.Code, says string) {
	t.Helper()
	if !errors.Is(err, code) || !strings.Contains(err.Error(), says) {
		t.Errorf("got %v, not %s: %s", err, code.Name(), says)
	}
}

func TestFilesAreReadAgainWhenTheyChange(t *testing.T) {
	folder := t.TempDir()
	ca, other := newCA(t), newCA(t)
	port, path := serve(t, issue(t, ca)), filepath.Join(folder, "ca.pem")
	ca.write(t, path)
	c, err := New("rediss://localhost:"+port+"?cacert="+path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := ping(t, c); err != nil {
		t.Fatal(err)
	}
	write(t, path, []byte("no certificate"))
	if err := ping(t, c); err != nil {
		t.Errorf("an unusable file took the old trust away: %v", err)
	}
	expectError(t, c.Trust(), taskseal.ErrTrustConfig, "holds no certificate")
	other.write(t, path)
	expectError(t, ping(t, c), taskseal.ErrCertUntrusted, "`cacert` names the wrong CA")
	if err := c.Trust(); err != nil {
		t.Error(err)
	}
	write(t, path, append(other.pem(), ca.pem()...))
	if err := ping(t, c); err != nil {
		t.Error(err)
	}
	_ = os.Remove(path)
	expectError(t, c.Trust(), taskseal.ErrTrustConfig, "no such file")
}

func TestFilesThatCanNotBeUsedAreRefused(t *testing.T) {
	folder := t.TempDir()
	ca := newCA(t)
	client, stranger := issue(t, ca), issue(t, ca)
	ca.write(t, folder+"/ca.pem")
	write(t, folder+"/broken.pem", append(ca.pem(), []byte("-----BEGIN CERTIFICATE-----\nAAA*\n-----END CERTIFICATE-----\n")...))
	write(t, folder+"/odd.pem", append(ca.pem(), []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")...))
	client.write(t, folder+"/cert.pem")
	client.writeKey(t, folder+"/key.pem")
	stranger.writeKey(t, folder+"/stranger.key")
	write(t, folder+"/locked.key", pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("x")}))
	write(t, folder+"/empty.pem", nil)
	for query, says := range map[string]string{
		"cacert=F/none.pem":            "cacert `F/none.pem` can't be read: no such file",
		"cacert=F/empty.pem":           "holds no certificate in PEM form",
		"cacert=F/broken.pem":          "can't be read; it must be PEM",
		"cacert=F/odd.pem":             "certificate number 2 in it can't be read",
		"cacert=F":                     "holds no certificate under a hash name",
		"cacert=/dev/null":             "it is no regular file",
		"cacert=F/ca.pem&crl=F/ca.pem": "holds no revocation list",
		"cacert=F/ca.pem&cert=F/cert.pem&key=F/stranger.key": "does not match",
		"cacert=F/ca.pem&cert=F/cert.pem&key=F/locked.key":   "it is encrypted",
		"cacert=F/ca.pem&cert=F/none.pem&key=F/key.pem":      "cert `F/none.pem` can't be read",
		"cacert=F/ca.pem&cert=F/cert.pem&key=F/cert.pem":     "can't be used",
	} {
		_, err := New("rediss://h?"+strings.ReplaceAll(query, "F", folder), Options{})
		expectError(t, err, taskseal.ErrTrustConfig, strings.ReplaceAll(says, "F", folder))
	}
	write(t, folder+"/5ed36f99.0", ca.pem())
	for _, good := range []string{"cacert=F/ca.pem&cert=F/cert.pem&key=F/key.pem", "cacert=F"} {
		if _, err := New("rediss://h?"+strings.ReplaceAll(good, "F", folder), Options{}); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
}

func TestAKeyOfTheChainMustBeOneOfThePins(t *testing.T) {
	folder := t.TempDir()
	ca, other := newCA(t), newCA(t)
	server := issue(t, ca)
	ca.write(t, folder+"/ca.pem")
	pin := func(a *authority) string {
		hash := pinOf(a.certificate)
		return "sha256:" + strings.ReplaceAll(base64.StdEncoding.EncodeToString(hash[:]), "+", "%2B")
	}
	uri := "rediss://localhost:" + serve(t, server) + "?cacert=" + folder + "/ca.pem&pin="
	for pins, good := range map[string]bool{pin(server): true, pin(ca): true, pin(other) + "," + pin(ca): true, pin(other): false} {
		c, err := New(uri+pins, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := ping(t, c); good && err != nil {
			t.Error(err)
		} else if !good {
			own, _ := strings.CutPrefix(pin(server), "sha256:")
			expectError(t, err, taskseal.ErrPinMismatch, strings.ReplaceAll(own, "%2B", "+"))
		}
	}
}

// A CA that is given replaces the system's, and what the environment says of the system's does not count.
func TestNoEnvironmentWidensTrust(t *testing.T) {
	folder := t.TempDir()
	ca, other := newCA(t), newCA(t)
	ca.write(t, folder+"/environment.pem")
	other.write(t, folder+"/ca.pem")
	t.Setenv("SSL_CERT_FILE", folder+"/environment.pem")
	t.Setenv("SSL_CERT_DIR", folder)
	port := serve(t, issue(t, ca))
	for _, cacert := range []string{"system", folder + "/ca.pem"} {
		c, err := New("rediss://localhost:"+port+"?cacert="+cacert, Options{})
		if cacert == "system" && errors.Is(err, taskseal.ErrTrustConfig) {
			t.Log("this machine has no CAs of its own: ", err)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		expectError(t, ping(t, c), taskseal.ErrCertUntrusted, "")
	}
}

// An intermediate CA in cacert is no end of a chain, as it is not for OpenSSL.
func TestAChainEndsAtARoot(t *testing.T) {
	root := newCA(t)
	folder := t.TempDir()
	server := issue(t, root)
	server.write(t, folder+"/leaf.pem")
	c, err := New("rediss://localhost:"+serve(t, server)+"?cacert="+folder+"/leaf.pem", Options{})
	if err != nil {
		t.Fatal(err)
	}
	expectError(t, ping(t, c), taskseal.ErrCertUntrusted, "")
}

// Not all versions of Go look at what a wildcard covers.
func TestANameThatTheCAMayNotIssueForIsRefused(t *testing.T) {
	ca := newCA(t)
	chain := []*x509.Certificate{issue(t, ca).certificate, ca.certificate}
	ca.certificate.ExcludedDNSDomains = []string{"WEB1.shop.example", ".below.example"}
	for name, good := range map[string]bool{"web1.shop.example": false, "x.web1.Shop.example": false, "a.below.example": false,
		"web2.shop.example": true, "xweb1.shop.example": true, "10.0.0.1": true} {
		e := &expectation{name: name, trust: &sources{}}
		if err := e.verifyChain(chain); good && err != nil {
			t.Error(err)
		} else if !good {
			expectError(t, err, taskseal.ErrCertInvalid, "is for `"+name+"`, but its CA may not issue for that")
		}
	}
}

func TestTLS13OnlyIsTLS13Only(t *testing.T) {
	r := startRows(t)
	for row, good := range map[string]bool{"TLS 1.2 only": false, "TLS 1.3 only": true} {
		var p place
		r.tell(&p, "good %s", row)
		c, err := New(p.URI+"&tls=1.3", Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := ping(t, c); good && err != nil {
			t.Error(err)
		} else if !good {
			expectError(t, err, taskseal.ErrTLSProtocol, "TLS 1.3 (because of `tls=1.3`)")
		}
		r.tell(&seen{}, "stop")
	}
}

// The places that a cluster or a Sentinel names are judged as the URI's host is, and never reach a Unix socket.
func TestWhatServersNameMustBeAHostAndAPort(t *testing.T) {
	folder := t.TempDir()
	ca := newCA(t)
	ca.write(t, folder+"/ca.pem")
	e, err := newEndpoint("rediss://u:p@localhost?cacert=" + folder + "/ca.pem")
	if err != nil {
		t.Fatal(err)
	}
	port := serve(t, issue(t, ca))
	for _, bad := range []string{"/tmp/socket", "localhost", "localhost:0", "localhost:70000", ":" + port, "*.h:1", "2130706433:" + port} {
		_, err := e.dial(context.Background(), bad)
		expectError(t, err, taskseal.ErrServerError, "is not a DNS name or IP address with a port")
	}
	_, err = e.dial(context.Background(), "127.0.0.1:"+port)
	expectError(t, err, taskseal.ErrNameMismatch, "not for `127.0.0.1`")
}

// Of the certificates of a stranger so many are looked at as chains have, to find words for what is wrong with them.
func TestWordsForAChainTakeBoundedWork(t *testing.T) {
	ca := newCA(t)
	namesake := *newCA(t).certificate
	namesake.RawSubject, namesake.RawIssuer = ca.certificate.RawSubject, ca.certificate.RawSubject
	e := &expectation{anchors: &anchors{}}
	sent := []*x509.Certificate{issue(t, ca).certificate}
	for len(sent) < explainedMost-1 {
		sent = append(sent, ca.certificate)
	}
	expectError(t, e.explainUntrusted(append(sent, &namesake)), taskseal.ErrCertInvalid, "wrong signature")
	expectError(t, e.explainUntrusted(append(sent, ca.certificate, &namesake)), taskseal.ErrCertUntrusted, "nothing leads to a CA")
}

// crypto/tls minds a wildcard over a top-level domain less than the C library.
func TestAWildcardLeavesTwoLabels(t *testing.T) {
	ca := newCA(t)
	for _, c := range []struct {
		name, san string
		good      bool
	}{
		{"redis.internal", "*.internal", false},
		{"redis.internal", "Redis.internal", true},
		{"redis.a.internal", "*.a.internal", true},
		{"redis", "redis", true},
	} {
		leaf := *issue(t, ca).certificate
		leaf.DNSNames = []string{c.san}
		e := &expectation{name: c.name, trust: &sources{}, anchors: &anchors{}}
		err := e.verifyMore(tls.ConnectionState{PeerCertificates: []*x509.Certificate{&leaf}, VerifiedChains: [][]*x509.Certificate{{&leaf, ca.certificate}}})
		if !c.good {
			expectError(t, err, taskseal.ErrNameMismatch, "wildcard over a whole top-level domain")
		} else if err != nil {
			t.Errorf("%s for %s: %v", c.san, c.name, err)
		}
	}
}
