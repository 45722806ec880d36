// SPDX-License-Identifier: MIT

package asynqseal

import (
	"context"
	"crypto/tls"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hibiken/asynq"
)

// startWithRoles starts a server with the users of doc/asynq.md. What one of them is refused fails the test.
func startWithRoles(t testing.TB, lines ...string) *server {
	t.Helper()
	s := startServer(t, append(roleLines(t), lines...)...)
	t.Cleanup(func() {
		if denied := s.denied(t); len(denied) > 0 {
			t.Errorf("the users of doc/asynq.md were refused %q", denied)
		}
	})
	return s
}

// roleLines are the users of doc/asynq.md, with a password.
func roleLines(t testing.TB) []string {
	t.Helper()
	lines := regexp.MustCompile(`(?m)^    user (?:producer|worker|scheduler|web) on .*$`).FindAllString(document(t), -1)
	if len(lines) != 4 {
		t.Fatalf("doc/asynq.md has %d users, not 4", len(lines))
	}
	for i, line := range lines {
		lines[i] = strings.Replace(line, "#SHA256-OF-ITS-PASSWORD", ">"+rolePassword, 1)
	}
	return lines
}

const rolePassword = "pw-of-the-roles"

// asUser gives the options of a role's user, at another port: that of a wire, or one without TLS.
func (s *server) asUser(role string, port int, config *tls.Config) asynq.RedisConnOpt {
	return asynq.RedisClientOpt{Addr: fmt.Sprintf("127.0.0.1:%d", port), Username: role, Password: rolePassword, TLSConfig: config}
}

// denied are the commands that users were refused, but for what go-redis tries on each connection and does without.
func (s *server) denied(t testing.TB) (denied []string) {
	t.Helper()
	entries, err := s.redis(t).ACLLog(context.Background(), 128).Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.Object != "client|setinfo" && entry.Object != "client|maint_notifications" {
			denied = append(denied, fmt.Sprintf("%s: %s %s", entry.Username, entry.Reason, entry.Object))
		}
	}
	return denied
}
