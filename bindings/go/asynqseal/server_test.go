// SPDX-License-Identifier: MIT

package asynqseal

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// A server is a Valkey (or Redis) of its own: TLS only, on 127.0.0.1, with a fresh CA and an ACL user. Other users, and
// what else its configuration is to have, are the lines that startServer is given.
type server struct {
	folder   string
	options  asynq.RedisClientOpt
	password string
}

const user = "app"

func startServer(t testing.TB, lines ...string) *server {
	t.Helper()
	program, err := exec.LookPath("valkey-server")
	if err != nil {
		if program, err = exec.LookPath("redis-server"); err != nil {
			t.Fatal("neither valkey-server nor redis-server is installed: run script/bootstrap")
		}
	}
	s := &server{folder: t.TempDir(), password: "pw-" + rand.Text()}
	roots := s.makeCertificates(t)
	port := freePort(t)
	config := fmt.Sprintf(`port 0
tls-port %d
bind 127.0.0.1
tls-cert-file %[2]s/cert.pem
tls-key-file %[2]s/key.pem
tls-ca-cert-file %[2]s/ca.pem
tls-auth-clients no
dir %[2]s
save ""
user default off
user %[3]s on >%[4]s ~* &* +@all
%[5]s
`, port, s.folder, user, s.password, strings.Join(lines, "\n"))
	writeFile(t, filepath.Join(s.folder, "server.conf"), []byte(config))
	command := exec.Command(program, filepath.Join(s.folder, "server.conf"))
	log, err := os.Create(filepath.Join(s.folder, "server.log"))
	if err != nil {
		t.Fatal(err)
	}
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		_ = log.Close()
	})
	s.options = asynq.RedisClientOpt{Addr: fmt.Sprintf("127.0.0.1:%d", port), Username: user, Password: s.password,
		TLSConfig: &tls.Config{RootCAs: roots, ServerName: "localhost", MinVersion: tls.VersionTLS12}}
	s.waitUntilReady(t)
	return s
}

// port is that of TLS.
func (s *server) port() (port int) {
	_, _ = fmt.Sscanf(s.options.Addr, "127.0.0.1:%d", &port)
	return port
}

func (s *server) waitUntilReady(t testing.TB) {
	t.Helper()
	client := s.redis(t)
	for begun := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		err := client.Ping(context.Background()).Err()
		if err == nil {
			return
		}
		if time.Since(begun) > 20*time.Second {
			log, _ := os.ReadFile(filepath.Join(s.folder, "server.log"))
			t.Fatalf("the server does not answer: %v\n%s", err, log)
		}
	}
}

// redis looks at the server as its administrator does.
func (s *server) redis(t testing.TB) redis.UniversalClient {
	t.Helper()
	client := s.options.MakeRedisClient().(redis.UniversalClient)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// freePort is of those that the system does not give to connections: one of these could take it before the server does.
func freePort(t testing.TB) int {
	t.Helper()
	for range 100 {
		listener, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", 20000+mathrand.IntN(12000)))
		if err == nil {
			defer listener.Close()
			return listener.Addr().(*net.TCPAddr).Port
		}
	}
	t.Fatal("no port is free")
	return 0
}

func (s *server) makeCertificates(t testing.TB) *x509.CertPool {
	t.Helper()
	caKey, ca := s.makeCertificate(t, "ca", nil, nil)
	_, _ = s.makeCertificate(t, "cert", ca, caKey)
	pool := x509.NewCertPool()
	pool.AddCert(ca)
	return pool
}

func (s *server) makeCertificate(t testing.TB, name string, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*ecdsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"},
		BasicConstraintsValid: true, IsCA: parent == nil, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(s.folder, name+".pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(s.folder, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return key, certificate
}

func writeFile(t testing.TB, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// dump is all that the server stores, as its snapshot file.
func (s *server) dump(t testing.TB) []byte {
	t.Helper()
	client := s.redis(t)
	if err := client.Do(context.Background(), "CONFIG", "SET", "rdbcompression", "no").Err(); err != nil {
		t.Fatal(err)
	}
	if err := client.Save(context.Background()).Err(); err != nil {
		t.Fatal(err)
	}
	snapshot, err := os.ReadFile(filepath.Join(s.folder, "dump.rdb"))
	if err != nil {
		t.Fatal(err)
	}
	return snapshot
}

// monitor collects every command that the server gets, until the test ends.
func (s *server) monitor(t testing.TB) func() string {
	t.Helper()
	connection, err := tls.Dial("tcp", s.options.Addr, s.options.TLSConfig)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(connection, "AUTH %s %s\r\nMONITOR\r\n", user, s.password); err != nil {
		t.Fatal(err)
	}
	seen := make(chan string, 1)
	go func() {
		all, _ := io.ReadAll(connection)
		seen <- string(all)
	}()
	return func() string {
		time.Sleep(100 * time.Millisecond)
		_ = connection.Close()
		return <-seen
	}
}
