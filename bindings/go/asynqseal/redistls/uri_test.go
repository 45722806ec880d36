// SPDX-License-Identifier: MIT

package redistls

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

const table = "../../../../tests/redis/uri.tsv"

// readTable gives the fields of its lines, of a kind.
func readTable(t *testing.T, kind string) [][]string {
	t.Helper()
	text, err := os.ReadFile(table)
	if os.IsNotExist(err) {
		t.Skip("the table of URIs is with the C library's tests, of which there are none here")
	}
	if err != nil {
		t.Fatal(err)
	}
	escape := regexp.MustCompile(`\\x[0-9a-f]{2}`)
	var rows [][]string
	for line := range strings.SplitSeq(string(text), "\n") {
		fields := strings.Split(line, "\t")
		if fields[0] != kind {
			continue
		}
		for i := range fields {
			fields[i] = escape.ReplaceAllStringFunc(fields[i], func(code string) string {
				value, _ := hex.DecodeString(code[2:])
				return string(value)
			})
		}
		rows = append(rows, fields)
	}
	if len(rows) < 30 {
		t.Fatalf("the table has %d rows of the kind %s", len(rows), kind)
	}
	return rows
}

// described is what a URI came to, as the table says it.
func described(u *uri) map[string]string {
	name := u.name
	if name == "" {
		name = strings.TrimSuffix(u.host, ".")
	}
	var pins []string
	for _, pin := range u.trust.pins {
		pins = append(pins, hex.EncodeToString(pin[:]))
	}
	found := map[string]string{"host": u.host, "port": u.port, "name": name, "database": strconv.Itoa(u.database),
		"timeout_ms": strconv.FormatInt(u.timeout.Milliseconds(), 10), "cacert": u.trust.cacert, "crl": u.trust.crl,
		"cert": u.trust.cert, "key": u.trust.key, "tls": "1.2", "pin": strings.Join(pins, ",")}
	if u.trust.tls13 {
		found["tls"] = "1.3"
	}
	if u.login {
		found["user"], found["password"] = u.user, u.password
	}
	return found
}

func TestAGoodURIMeansWhatItSays(t *testing.T) {
	for _, row := range readTable(t, "good") {
		expected := map[string]string{"port": "6379", "database": "0", "timeout_ms": "5000", "cacert": "c", "crl": "",
			"cert": "", "key": "", "tls": "1.2", "pin": ""}
		for _, field := range row[2:] {
			what, value, _ := strings.Cut(field, "=")
			expected[what] = value
		}
		if expected["name"] == "" {
			expected["name"] = expected["host"]
		}
		u, err := parseURI(row[1])
		if err != nil {
			t.Errorf("%s: %v", row[1], err)
			continue
		}
		if found := described(u); fmt.Sprint(found) != fmt.Sprint(expected) {
			t.Errorf("%s: %v, not %v", row[1], found, expected)
		}
	}
}

func TestABadURIIsRefusedWithTheRuleAndWithoutThePassword(t *testing.T) {
	for _, row := range readTable(t, "bad") {
		_, err := New(row[1], Options{})
		if !errors.Is(err, taskseal.ErrURIInvalid) || !strings.Contains(err.Error(), "connection URI: ") || !strings.Contains(err.Error(), row[2]) {
			t.Errorf("%s: got %v, not: %s", row[1], err, row[2])
		}
		if text := fmt.Sprintf("%+v %#v", err, err); strings.Contains(text, "hunter") {
			t.Errorf("%s: the error has the password: %s", row[1], text)
		}
	}
}

func TestAURIBeyond8192BytesIsRefused(t *testing.T) {
	text := "rediss://h?cacert="
	text += strings.Repeat("c", 8192-len(text))
	if _, err := parseURI(text); err != nil {
		t.Error(err)
	}
	if _, err := parseURI(text + "c"); !errors.Is(err, taskseal.ErrURIInvalid) || !strings.Contains(err.Error(), "longer than 8192 bytes") {
		t.Error(err)
	}
}

func TestOptionsThatCanNotBeAreRefused(t *testing.T) {
	ca := t.TempDir() + "/ca.pem"
	newCA(t).write(t, ca)
	plain := "rediss://u:hunter2@h?cacert=" + ca
	for says, bad := range map[string]struct {
		uri     string
		options Options
	}{
		"Options.Nodes are of a cluster":       {plain, Options{Nodes: []string{"h:1"}}},
		"can't be had together":                {plain, Options{Cluster: true, Sentinels: []string{plain}}},
		"the database of a cluster is 0":       {"rediss://h/1?cacert=" + ca, Options{Cluster: true}},
		"the Sentinels say it":                 {"rediss://u:hunter2@h:1?cacert=" + ca, Options{Sentinels: []string{plain}}},
		"Sentinels have no databases":          {plain, Options{Sentinels: []string{"rediss://u:hunter2@h/1?cacert=" + ca}}},
		"Options.Sentinels[1]: taskseal: conn": {plain, Options{Sentinels: []string{plain, "redis://u:hunter2@h"}}},
		"each of Options.Nodes is host:port":   {plain, Options{Cluster: true, Nodes: []string{"u:hunter2@h:1"}}},
	} {
		_, err := New(bad.uri, bad.options)
		if !errors.Is(err, taskseal.ErrURIInvalid) || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "hunter") {
			t.Errorf("got %v, not: %s", err, says)
		}
	}
	for _, good := range []Options{{}, {Cluster: true, Nodes: []string{"h:1", "[::1]:2"}}, {Sentinels: []string{plain, plain}}} {
		if _, err := New(plain, good); err != nil {
			t.Errorf("%+v: %v", good, err)
		}
	}
}

// No way of printing the option shows the user, the password or those of a Sentinel; nor does its client.
func TestNothingPrintsThePassword(t *testing.T) {
	ca := t.TempDir() + "/ca.pem"
	newCA(t).write(t, ca)
	login := "rediss://canary-user:canary-password@127.0.0.1%s?cacert=" + ca
	for _, options := range []Options{{}, {Cluster: true}, {Sentinels: []string{fmt.Sprintf(login, ":1")}}} {
		c, err := New(fmt.Sprintf(login, ""), options)
		if err != nil {
			t.Fatal(err)
		}
		client := c.MakeRedisClient()
		var log bytes.Buffer
		logger := slog.New(slog.NewJSONHandler(&log, nil))
		logger.Info("x", "redis", c, "value", *c)
		logger = slog.New(slog.NewTextHandler(&log, nil))
		logger.Info("x", "redis", c, "value", *c)
		for _, value := range []any{c, *c, struct{ R *Redis }{c}, struct{ r Redis }{*c}, []any{c}, c.connector, client} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
				fmt.Fprintf(&log, verb+"\n", value)
			}
			if _, isClient := value.(interface{ Close() error }); !isClient {
				text, err := json.Marshal(value)
				if err != nil {
					t.Error(err)
				}
				log.Write(text)
			}
		}
		text := log.String()
		if strings.Contains(text, "canary") || strings.Contains(text, hex.EncodeToString([]byte("canary"))) {
			t.Error(text)
		}
		if !strings.Contains(text, `{"R":"rediss://127.0.0.1`) || !strings.Contains(text, `"redis":"rediss://127.0.0.1`) {
			t.Errorf("it does not say where it connects to: %s", text)
		}
	}
}
