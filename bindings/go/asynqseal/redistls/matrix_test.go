// SPDX-License-Identifier: MIT

package redistls

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// Rows are redis-rows of tests/redis: the servers of the C connector's own tests, one at a time.
type rows struct {
	t       *testing.T
	in      io.WriteCloser
	out     *bufio.Scanner
	process *exec.Cmd
}

func startRows(t *testing.T) *rows {
	program := os.Getenv("TASKSEAL_REDIS_ROWS")
	if program == "" {
		t.Skip("TASKSEAL_REDIS_ROWS does not name redis-rows, which a build of the C library has (tests/go/run finds it)")
	}
	r := &rows{t: t, process: exec.Command(program)}
	r.process.Stderr = os.Stderr
	in, err := r.process.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := r.process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.process.Start(); err != nil {
		t.Fatal(err)
	}
	r.in, r.out = in, bufio.NewScanner(out)
	t.Cleanup(func() { _ = in.Close(); _ = r.process.Wait() })
	return r
}

func (r *rows) tell(answer any, format string, arguments ...any) {
	r.t.Helper()
	if _, err := fmt.Fprintf(r.in, format+"\n", arguments...); err != nil {
		r.t.Fatal(err)
	}
	if !r.out.Scan() {
		r.t.Fatalf("redis-rows does not answer "+format, arguments...)
	}
	if err := json.Unmarshal(r.out.Bytes(), answer); err != nil {
		r.t.Fatal(err)
	}
}

type place struct{ URI, Password string }

type seen struct {
	Connections, Commands int
	InClear               bool `json:"in_clear"`
}

// What crypto/tls calls otherwise than OpenSSL does; each is refused all the same.
var otherwise = map[string]string{
	"MD5":                     "tls-protocol", // it does not offer MD5, so the server gives up
	"a handshake without end": "tls-damaged",  // it takes no HelloRequest there
}

// A wildcard that covers a name which the CA may not issue for is refused as a whole by newer versions of Go.
const strict = "an excluded name under a wildcard"

func clientOf(t *testing.T, uri string) redis.UniversalClient {
	t.Helper()
	c, err := New(uri, Options{})
	if err != nil {
		t.Fatal(err)
	}
	client := c.MakeRedisClient().(redis.UniversalClient)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// Every bad server of the C connector's matrix is refused with the same error, without a credential, at the first connect and
// when a server that was good turns bad; its twin without the fault is accepted.
func TestEveryBadServerIsRefusedAndEveryGoodTwinAccepted(t *testing.T) {
	r := startRows(t)
	var all struct {
		Good []string
		Bad  []struct {
			Name, Error string
			Verified    bool
		}
	}
	r.tell(&all, "list")
	if len(all.Bad) < 90 || len(all.Good) < 15 {
		t.Fatalf("%d bad and %d good rows", len(all.Bad), len(all.Good))
	}
	for _, row := range all.Good {
		r.accepted("good", row)
	}
	for i, row := range all.Bad {
		expected := row.Error
		if other := otherwise[row.Name]; other != "" {
			expected = other
		}
		if testing.Short() && (i%3 != 0 || expected == "timeout") {
			continue
		}
		r.turn(row.Name, expected, row.Verified)
	}
}

func (r *rows) accepted(kind, name string) {
	var p place
	r.tell(&p, "%s %s", kind, name)
	if err := clientOf(r.t, p.URI).Ping(context.Background()).Err(); err != nil {
		r.t.Errorf("%s %s: %v", kind, name, err)
	}
	r.tell(&seen{}, "stop")
}

// turn makes a twin bad, for a client that was connected to it, and for one that connects for the first time.
func (r *rows) turn(name, expected string, verified bool) {
	var good, bad place
	var s seen
	r.tell(&good, "twin %s", name)
	client := clientOf(r.t, good.URI)
	if err := client.Ping(context.Background()).Err(); err != nil && name != strict {
		r.t.Errorf("the twin of %s: %v", name, err)
	}
	r.tell(&bad, "turn")
	if expected == "timeout" { // it would be waited for
		bad.URI = strings.Replace(bad.URI, "timeout_ms=1000", "timeout_ms=200", 1)
	} else if good.URI == bad.URI {
		r.refused(client, bad, name, expected)
	}
	r.refused(clientOf(r.t, bad.URI), bad, name, expected)
	r.tell(&s, "stop")
	if s.Connections == 0 || s.InClear || (!verified && s.Commands > 0) {
		r.t.Errorf("%s: the server saw %+v", name, s)
	}
}

func (r *rows) refused(client redis.UniversalClient, p place, name, expected string) {
	err := client.Ping(context.Background()).Err()
	_ = client.Close() // the server takes one connection at a time
	var code taskseal.Code
	if !errors.As(err, &code) || code.Name() != expected {
		r.t.Errorf("%s: got %v, expected %s", name, err, expected)
	}
	if strings.Contains(fmt.Sprintf("%+v %#v", err, err), p.Password) {
		r.t.Errorf("%s: the error has the password: %v", name, err)
	}
}
