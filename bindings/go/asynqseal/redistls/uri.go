// SPDX-License-Identifier: MIT

package redistls

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// The rules, their order and their words are those of lib/redis/uri.c; tests/redis/uri.tsv holds both to it.

const (
	uriMax     = 8192
	hostMax    = 253
	labelMax   = 63
	pinsMax    = 8
	timeoutMax = 3600000
)

type uri struct {
	host           string // to dial; IPv6 without brackets; maybe with a final dot
	port           string
	portGiven      bool
	name           string // that the certificate must hold, if a parameter gave it; never with a final dot
	database       int
	timeout        time.Duration
	login          bool
	user, password string
	trust          sources
}

// What trust is made of.
type sources struct {
	cacert, crl, cert, key string // "": not given
	pins                   [][32]byte
	tls13                  bool
}

// No message repeats a part of the URI that could be, or could have been meant as, a piece of the password.
func broken(format string, arguments ...any) error {
	return &taskseal.Error{Op: "connect", Code: taskseal.ErrURIInvalid, Message: "connection URI: " + fmt.Sprintf(format, arguments...)}
}

func parseURI(text string) (*uri, error) {
	u := &uri{port: "6379", timeout: 5 * time.Second}
	if text == "" {
		return nil, broken("it is empty")
	}
	if err := checkBytes(text); err != nil {
		return nil, err
	}
	rest, err := cutScheme(text)
	if err != nil {
		return nil, err
	}
	if before, behind, found := strings.Cut(rest, "@"); found {
		if strings.Contains(behind, "@") {
			return nil, broken("an '@' too many: write it as %%40 in user, password and parameters")
		}
		if strings.ContainsAny(before, "/?") {
			return nil, broken("an unescaped '/', '?' or '@' is in the wrong place: in user, password and parameters write %%2F, %%3F, %%40")
		}
		if err := u.parseLogin(before); err != nil {
			return nil, err
		}
		rest = behind
	}
	rest, query, hasQuery := strings.Cut(rest, "?")
	authority, path, _ := strings.Cut(rest, "/")
	if err := u.parseHost(authority); err != nil {
		return nil, err
	}
	if err := u.parseDatabase(path); err != nil {
		return nil, err
	}
	if err := u.parseQuery(query, hasQuery); err != nil {
		return nil, err
	}
	return u, nil
}

// checkBytes refuses what RFC 3986 does not allow in a URI at all.
func checkBytes(text string) error {
	if len(text) > uriMax {
		return broken("it is longer than 8192 bytes")
	}
	for i := range len(text) {
		c := text[i]
		if !isDigit(c) && !isLetter(c) && !strings.ContainsRune("-._~:/?#[]@!$&'()*+,;=%", rune(c)) {
			return broken("byte %d may not stand in a URI as it is (space, control, non-ASCII, or one of \"<>\\^`{|}): percent-encode it", i+1)
		}
	}
	if strings.Contains(text, "#") {
		return broken("a fragment (#...) is not allowed; in a password write '#' as %%23")
	}
	return nil
}

func cutScheme(text string) (string, error) {
	scheme, rest, found := strings.Cut(text, "://")
	if !found {
		return "", broken("the scheme is missing: begin with rediss://")
	}
	switch strings.ToLower(scheme) {
	case "rediss", "valkeys":
		return rest, nil
	case "redis", "valkey":
		return "", broken("the scheme redis:// or valkey:// means plaintext, which is never spoken here: use rediss:// or valkeys:// and the server's TLS port")
	}
	return "", broken("the scheme is unknown: use rediss:// or valkeys://")
}

func (u *uri) parseLogin(userinfo string) error {
	user, password, _ := strings.Cut(userinfo, ":")
	var rule string
	if u.user, rule = percentDecode(user); rule != "" {
		return broken("the user %s", rule)
	}
	if u.user == "" {
		u.user = "default"
		if password == "" {
			return broken("user and password are both empty: leave out the '@'")
		}
	}
	if u.password, rule = percentDecode(password); rule != "" {
		return broken("the password %s", rule)
	}
	u.login = true
	return nil
}

func (u *uri) parseHost(authority string) error {
	host, port, err := u.splitHost(authority)
	if err != nil {
		return err
	}
	bracketed := strings.HasPrefix(authority, "[")
	switch {
	case host == "":
		return broken("the host is missing")
	case strings.Contains(host, "%"):
		return broken("the host may not be percent-encoded")
	case len(host) >= hostMax+2:
		return broken("the host is longer than 253 bytes")
	case bracketed && !isAddress(host, netip.Addr.Is6):
		return broken("the host in brackets must be an IPv6 address")
	case !isHost(host):
		return broken("the host is neither a DNS name (letters, digits, '-', '_', dots; other scripts as xn--...) nor an IPv4 address nor an IPv6 address in brackets")
	}
	u.host = host
	if !u.portGiven {
		return nil
	}
	if number, ok := parseNumber(port); !ok || number < 1 || number > 65535 {
		return broken("the port must be a number from 1 to 65535 (IPv6 addresses stand in brackets, and ':', '/' and '?' in a user or password are percent-encoded)")
	}
	u.port = port
	return nil
}

func (u *uri) splitHost(authority string) (host, port string, err error) {
	if !strings.HasPrefix(authority, "[") {
		host, port, u.portGiven = strings.Cut(authority, ":")
		return host, port, nil
	}
	host, behind, closed := strings.Cut(authority[1:], "]")
	switch {
	case !closed:
		return "", "", broken("the host has a '[' without ']'")
	case behind != "" && behind[0] != ':':
		return "", "", broken("the host has something other than :port behind its ']'")
	case strings.Contains(host, "%"):
		return "", "", broken("the host has an IPv6 zone, which is not supported")
	case behind != "":
		u.portGiven, port = true, behind[1:]
	}
	return host, port, nil
}

func (u *uri) parseDatabase(path string) error {
	if path == "" {
		return nil // "/" alone is database 0
	}
	digits, rule := percentDecode(path)
	number, ok := parseNumber(digits)
	if rule != "" || !ok {
		return broken("the database (behind the host's '/') must be a number of at most 9 digits ('/' and '?' in a user or password are percent-encoded)")
	}
	u.database = number
	return nil
}

var parameters = map[string]func(*uri, string) error{
	"cacert":     func(u *uri, value string) error { u.trust.cacert = value; return nil },
	"cert":       func(u *uri, value string) error { u.trust.cert = value; return nil },
	"crl":        func(u *uri, value string) error { u.trust.crl = value; return nil },
	"key":        func(u *uri, value string) error { u.trust.key = value; return nil },
	"name":       (*uri).setName,
	"pin":        (*uri).setPin,
	"timeout_ms": (*uri).setTimeout,
	"tls":        (*uri).setTLS,
}

func (u *uri) parseQuery(query string, given bool) error {
	seen := map[string]bool{}
	for more := given; more; {
		var pair string
		pair, query, more = strings.Cut(query, "&")
		name, value, _ := strings.Cut(pair, "=")
		set := parameters[name]
		switch {
		case pair == "":
			return broken("a parameter is empty (a '?' or '&' too many)")
		case set == nil:
			return broken("unknown parameter `%s`: there are cacert, cert, crl, key, name, pin, timeout_ms and tls", printable(name, 31))
		case seen[name]:
			return broken("parameter `%s` is given twice", name)
		case value == "":
			return broken("parameter `%s` has no value", name)
		}
		seen[name] = true
		decoded, rule := percentDecode(value)
		if rule != "" {
			return broken("parameter `%s` %s", name, rule)
		}
		if err := set(u, decoded); err != nil {
			return err
		}
	}
	if u.trust.cacert == "" {
		return broken("parameter `cacert` is missing: name the PEM file or directory of the CAs to trust, or `system`")
	}
	if (u.trust.cert == "") != (u.trust.key == "") {
		return broken("parameters `cert` and `key` are given both or not at all")
	}
	return nil
}

func (u *uri) setName(value string) error {
	if !isHost(value) {
		return broken("parameter `name` must be a DNS name or an IP address (IPv6 without brackets)")
	}
	u.name = strings.TrimSuffix(value, ".") // certificates hold names without the root's dot
	return nil
}

func (u *uri) setPin(value string) error {
	for text := range strings.SplitSeq(value, ",") {
		if len(u.trust.pins) == pinsMax {
			return broken("parameter `pin` holds more than 8 pins")
		}
		encoded, prefixed := strings.CutPrefix(text, "sha256:")
		hash, err := base64.StdEncoding.Strict().DecodeString(encoded)
		if !prefixed || err != nil || len(hash) != 32 {
			return broken("parameter `pin` must be one or more of sha256:BASE64 with commas between, each 44 characters of Base64 behind the colon")
		}
		u.trust.pins = append(u.trust.pins, [32]byte(hash))
	}
	return nil
}

func (u *uri) setTimeout(value string) error {
	number, ok := parseNumber(value)
	if !ok || number < 1 || number > timeoutMax {
		return broken("parameter `timeout_ms` must be a number from 1 to %d", timeoutMax)
	}
	u.timeout = time.Duration(number) * time.Millisecond
	return nil
}

func (u *uri) setTLS(value string) error {
	if value != "1.2" && value != "1.3" {
		return broken("parameter `tls` must be 1.2 or 1.3: the oldest version to accept")
	}
	u.trust.tls13 = value == "1.3"
	return nil
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') }

// parseNumber takes 1 to 9 digits without a leading zero.
func parseNumber(text string) (int, bool) {
	if text == "" || len(text) > 9 || (len(text) > 1 && text[0] == '0') {
		return 0, false
	}
	for i := range len(text) {
		if !isDigit(text[i]) {
			return 0, false
		}
	}
	number, err := strconv.Atoi(text)
	return number, err == nil
}

func percentDecode(text string) (decoded, rule string) {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '[' || c == ']' {
			return "", "holds an unescaped bracket: write %5B and %5D"
		}
		if c == '%' {
			if len(text)-i < 3 {
				return "", "holds a '%' without two hexadecimal digits: write a plain '%' as %25"
			}
			value, err := strconv.ParseUint(text[i+1:i+3], 16, 8)
			if err != nil {
				return "", "holds a '%' without two hexadecimal digits: write a plain '%' as %25"
			}
			if value == 0 {
				return "", "holds %00, which is not allowed"
			}
			c = byte(value)
			i += 2
		}
		out.WriteByte(c)
	}
	return out.String(), ""
}

func isAddress(text string, kind func(netip.Addr) bool) bool {
	address, err := netip.ParseAddr(text)
	return err == nil && address.Zone() == "" && kind(address)
}

func isAnyAddress(text string) bool { return isAddress(text, netip.Addr.IsValid) }

// isHost tells whether it is a DNS name or an IP address. Underscores are no host names by RFC 952, but container
// networks make such names.
func isHost(text string) bool {
	if isAnyAddress(text) {
		return true
	}
	name := strings.TrimSuffix(text, ".")
	if name == "" || len(name) > hostMax {
		return false
	}
	labels := strings.Split(name, ".")
	for _, label := range labels {
		if !isLabel(label) {
			return false
		}
	}
	return !readsAsNumber(labels[len(labels)-1])
}

func isLabel(label string) bool {
	if label == "" || len(label) > labelMax || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	for i := range len(label) {
		if c := label[i]; !isDigit(c) && !isLetter(c) && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// readsAsNumber: such a last label makes the whole an IPv4 address of some legacy form.
func readsAsNumber(label string) bool {
	if len(label) >= 2 && label[0] == '0' && (label[1] == 'x' || label[1] == 'X') {
		return true
	}
	return strings.Trim(label, "0123456789") == ""
}

// printable makes words from outside fit for messages: logs and terminals obey what servers and certificates choose.
func printable(text string, most int) string {
	cut := len(text) > most
	if cut {
		text = text[:most-3]
	}
	out := []byte(text)
	for i, c := range out {
		if c < 0x20 || c > 0x7e {
			out[i] = '?'
		}
	}
	if cut {
		return string(out) + "..."
	}
	return string(out)
}
