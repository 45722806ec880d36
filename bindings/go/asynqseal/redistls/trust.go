// SPDX-License-Identifier: MIT

package redistls

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// Where systems keep the bundle of their CAs. SSL_CERT_FILE and the like do not count: no environment widens trust.
var systemBundles = []string{
	"/etc/ssl/certs/ca-certificates.crt",                // Debian, Arch, Alpine
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // Fedora, RHEL
	"/etc/ssl/ca-bundle.pem",                            // openSUSE
	"/etc/ssl/cert.pem",                                 // BSDs, macOS
}

// A trust is what its files say, read again whenever one of them says something else.
type trust struct {
	sources sources

	lock sync.Mutex
	read [32]byte // a hash over what was read last
	use  *anchors // nil only until the first load
	err  error    // how the last load ended
}

// Anchors are one state of the files; constant.
type anchors struct {
	certificates []*x509.Certificate // all of cacert
	roots        *x509.CertPool      // those that signed themselves: a chain ends at one of them
	lists        []*x509.RevocationList
	client       *tls.Certificate
}

func unusable(format string, arguments ...any) error {
	return &taskseal.Error{Op: "connect", Code: taskseal.ErrTrustConfig, Message: fmt.Sprintf(format, arguments...)}
}

func newTrust(s sources) (*trust, error) {
	t := &trust{sources: s}
	_, err := t.current()
	return t, err
}

// current looks at the files and gives the newest state that can be used, and why the files' own can't.
func (t *trust) current() (*anchors, error) {
	t.lock.Lock()
	defer t.lock.Unlock()
	files := t.sources.read()
	hash := files.hash()
	if (t.use != nil || t.err != nil) && hash == t.read {
		return t.use, t.err
	}
	fresh, err := t.sources.load(files)
	if err == nil {
		t.use = fresh
	}
	t.read, t.err = hash, err
	return t.use, t.err
}

// A file is what one of the parameters names, as it was read.
type file struct {
	parameter, path string
	data            []byte
	err             error
}

type files []file

func (all files) hash() [32]byte {
	hash := sha256.New()
	for _, f := range all {
		text := f.parameter + "\x00" + f.path + "\x00" + fmt.Sprint(f.err)
		_ = binary.Write(hash, binary.BigEndian, []uint64{uint64(len(text)), uint64(len(f.data))})
		hash.Write([]byte(text))
		hash.Write(f.data)
	}
	return [32]byte(hash.Sum(nil))
}

func (s *sources) read() files {
	all := s.readAnchors()
	for _, f := range []file{{parameter: "crl", path: s.crl}, {parameter: "cert", path: s.cert}, {parameter: "key", path: s.key}} {
		if f.path != "" {
			f.data, f.err = readFile(f.path)
			all = append(all, f)
		}
	}
	return all
}

func (s *sources) readAnchors() files {
	if s.cacert == "system" {
		for _, path := range systemBundles {
			if data, err := readFile(path); err == nil {
				return files{{parameter: "cacert", path: path, data: data}}
			}
		}
		return files{{parameter: "cacert", path: "system", err: errors.New("there is no bundle of CAs at any known place; install ca-certificates")}}
	}
	if status, err := os.Stat(s.cacert); err == nil && status.IsDir() {
		return readDirectory(s.cacert)
	}
	data, err := readFile(s.cacert)
	return files{{parameter: "cacert", path: s.cacert, data: data, err: err}}
}

// readDirectory takes the files with names like 5ed36f99.0, as `openssl rehash` makes them.
func readDirectory(path string) files {
	found, err := filepath.Glob(filepath.Join(escapeGlob(path), "[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f].[0-9]*"))
	if err == nil && len(found) == 0 {
		err = errors.New("it holds no certificate under a hash name: run `openssl rehash` on it")
	}
	if err != nil {
		return files{{parameter: "cacert", path: path, err: err}}
	}
	var all files
	for _, name := range found {
		data, err := readFile(name)
		all = append(all, file{parameter: "cacert", path: name, data: data, err: err})
	}
	return all
}

func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}

// Non-blocking, so that a FIFO of that name can't stop us before we see what it is.
func readFile(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, reasonOf(err)
	}
	defer f.Close()
	status, err := f.Stat()
	if err != nil {
		return nil, reasonOf(err)
	}
	if !status.Mode().IsRegular() {
		return nil, errors.New("it is no regular file")
	}
	data, err := io.ReadAll(f)
	return data, reasonOf(err)
}

// reasonOf leaves out the path, which the message has already.
func reasonOf(err error) error {
	var at *os.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

func (s *sources) load(all files) (*anchors, error) {
	a := &anchors{roots: x509.NewCertPool()}
	pair := map[string]file{}
	for _, f := range all {
		if f.err != nil {
			return nil, unusable("%s `%s` can't be read: %v", f.parameter, printable(f.path, 200), f.err)
		}
		var err error
		switch f.parameter {
		case "cacert":
			err = a.addCertificates(f, s.cacert == "system")
		case "crl":
			err = a.addLists(f)
		default:
			pair[f.parameter] = f
		}
		if err != nil {
			return nil, err
		}
	}
	if s.cert == "" {
		return a, nil
	}
	return a, a.setClient(pair["cert"], pair["key"])
}

// blocks are the PEM blocks of a kind. What says that it is one and can't be read is an error, where pem.Decode skips it.
func (f *file) blocks(kind, what string) ([][]byte, error) {
	var found [][]byte
	for rest := f.data; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type == kind {
			found = append(found, block.Bytes)
		}
	}
	if said := bytes.Count(f.data, []byte("-----BEGIN "+kind+"-----")); said != len(found) {
		return nil, unusable("%s `%s`: one of the %d in it that are called %s can't be read; it must be PEM", f.parameter, printable(f.path, 200), said, what)
	}
	if len(found) == 0 {
		return nil, unusable("%s `%s` holds no %s in PEM form", f.parameter, printable(f.path, 200), what)
	}
	return found, nil
}

func (a *anchors) addCertificates(f file, lenient bool) error {
	blocks, err := f.blocks("CERTIFICATE", "certificate")
	if err != nil {
		return err
	}
	for i, der := range blocks {
		certificate, err := x509.ParseCertificate(der)
		if err != nil && lenient {
			continue // no chain will lead to it
		}
		if err != nil {
			return unusable("%s `%s`: certificate number %d in it can't be read: %v", f.parameter, printable(f.path, 200), i+1, err)
		}
		a.certificates = append(a.certificates, certificate)
		if bytes.Equal(certificate.RawSubject, certificate.RawIssuer) {
			a.roots.AddCert(certificate)
		}
	}
	return nil
}

func (a *anchors) addLists(f file) error {
	blocks, err := f.blocks("X509 CRL", "revocation list")
	if err != nil {
		return err
	}
	for i, der := range blocks {
		list, err := x509.ParseRevocationList(der)
		switch {
		case err != nil:
			return unusable("crl `%s`: revocation list number %d in it can't be read: %v", printable(f.path, 200), i+1, err)
		case list.NextUpdate.IsZero():
			return unusable("crl `%s` holds a revocation list which does not say when the next one comes (nextUpdate), so nobody could tell that it is stale", printable(f.path, 200))
		case isWeakSignature(list.SignatureAlgorithm):
			return unusable("crl `%s` holds a revocation list which is signed with SHA-1 or weaker: issue it with SHA-256", printable(f.path, 200))
		}
		a.lists = append(a.lists, list)
	}
	return nil
}

func (a *anchors) setClient(cert, key file) error {
	if bytes.Contains(key.data, []byte("-----BEGIN ENCRYPTED PRIVATE KEY-----")) || bytes.Contains(key.data, []byte("\nProc-Type: 4,ENCRYPTED")) {
		return unusable("key `%s` can't be used: it is encrypted, and there is no way to give a passphrase here: decrypt it with `openssl pkey`", printable(key.path, 200))
	}
	pair, err := tls.X509KeyPair(cert.data, key.data)
	if err != nil {
		return unusable("cert `%s` and key `%s` can't be used: %v", printable(cert.path, 200), printable(key.path, 200), err)
	}
	a.client = &pair
	return nil
}
