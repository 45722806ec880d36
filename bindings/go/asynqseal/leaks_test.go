// SPDX-License-Identifier: MIT

package asynqseal

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/hibiken/asynq"
)

// A leak is a place where a word gets readable to the server although payloads are sealed by hand.
type leak struct {
	place string
	word  string // made by canary: one for each place
	key   string // the keys that it is in by hand
	stays bool   // with this package too: doc/asynq.md says so
}

const canaryMark = "@canary.example"

// canary is a word that is to be found nowhere, and tells where it comes from.
func canary(what string) string { return "ann+" + what + "-5f0c9d" + canaryMark }

// payloadOf is what a task of the story holds.
func payloadOf(kind string) string { return "mail to " + canary(kind) }

var leaks = []leak{
	{place: "payload of a task in hand", word: canary("lasts"), key: `^asynq:workers:`},
	{place: "payload of a task that is tried again", word: canary("fails"), key: `^asynq:\{canary-queue\}:t:`},
	{place: "text of an error", word: canary("error"), key: `^asynq:\{canary-queue\}:t:`},
	{place: "value of a panic", word: canary("panic"), key: `^asynq:\{canary-queue\}:t:`},
	{place: "result", word: canary("result"), key: `^asynq:\{canary-queue\}:t:`},
	{place: "entry of the scheduler", word: canary("periodic"), key: `^asynq:schedulers:`},
	{place: "members of a group, aggregated", word: canary("member"), key: `^asynq:\{canary-queue\}:t:`},
	{place: "task id made of an address", word: canary("id"), key: `^asynq:\{canary-queue\}:t:ann\+id`},
	{place: "group named by an address", word: canary("group"), key: `^asynq:\{canary-queue\}:g:ann\+group`},
	{place: "header", word: canary("header"), key: `^asynq:\{canary-queue\}:t:`, stays: true},
	{place: "name of a queue", word: storyQueue, key: `^asynq:\{canary-queue\}:t:`, stays: true},
	{place: "type", word: "succeeds", key: `^asynq:\{canary-queue\}:t:`, stays: true},
}

// rows are those of this release of Asynq.
func rows() (all []leak) {
	for _, l := range leaks {
		if l.place != "header" || withHeader != nil {
			all = append(all, l)
		}
	}
	return all
}

var raceDetector bool

// The leak table: by hand every word is readable in every medium, so that the measure finds what there is to find; with this
// package in none, but for those that stay. The users are those of doc/asynq.md, and do nothing that these may not.
func TestLeakTable(t *testing.T) {
	t.Parallel()
	var words []string
	for _, l := range rows() {
		words = append(words, l.word)
	}
	hand, redacted, sealed := newFindings(words), newFindings(words), newFindings(words)
	hand.found = toldLive
	t.Run("ways", func(t *testing.T) {
		t.Run("by hand", func(t *testing.T) {
			if raceDetector {
				t.Skip("opening in place races with Asynq's heartbeat")
			}
			t.Parallel()
			tellByHand(t, hand)
		})
		t.Run("redacted", func(t *testing.T) { t.Parallel(); tellSealed(t, Config{}, redacted) })
		t.Run("sealed", func(t *testing.T) { t.Parallel(); tellSealed(t, Config{Errors: SealErrors}, sealed) })
	})
	for _, l := range rows() {
		l.expectByHand(t, hand.in[l.word])
		for _, f := range []*findings{redacted, sealed} {
			l.expectSealed(t, f.in[l.word])
		}
	}
	printTable(hand, sealed)
}

func (l leak) expectByHand(t *testing.T, in map[string]string) {
	if raceDetector {
		return
	}
	for _, medium := range media {
		if in[medium] == "" {
			t.Errorf("%s: by hand it is not in %s: the measure finds nothing there", l.place, medium)
		}
	}
	if !regexp.MustCompile(`(?m)` + l.key).MatchString(in["keys"]) {
		t.Errorf("%s: by hand it is in these keys only:\n%s", l.place, in["keys"])
	}
}

func (l leak) expectSealed(t *testing.T, in map[string]string) {
	for _, medium := range media {
		if readable, stays := in[medium] != "", l.stays && medium != "wire"; readable != stays {
			t.Errorf("%s: readable in %s: %t, not %t: %s", l.place, medium, readable, stays, in[medium])
		}
	}
}

// By hand, also without TLS: so the words pass on the wire too.
func tellByHand(t *testing.T, f *findings) {
	port := freePort(t)
	s := startWithRoles(t, keepsAll, fmt.Sprint("port ", port))
	w := startWire(t, port)
	connect := func(role string) asynq.RedisConnOpt { return s.asUser(role, w.port, nil) }
	client := asynq.NewClient(connect("producer"))
	defer client.Close()
	story(t, s, connect, byHand(client, newRing(t, "mail-k01")), f)
	f.search("wire", "wire", w.kept())
}

func tellSealed(t *testing.T, config Config, f *findings) {
	s := startWithRoles(t, keepsAll)
	w := startWire(t, s.port())
	connect := func(role string) asynq.RedisConnOpt { return s.asUser(role, w.port, s.options.TLSConfig) }
	client := asynq.NewClient(connect("producer"))
	defer client.Close()
	config.Keyring, config.Bundles = newRing(t, "mail-k01"), []string{"digest"}
	sealer := newSealer(t, config)
	story(t, s, connect, withPackage(t, client, sealer), f)
	passed := w.kept()
	f.search("wire", "wire", passed)
	if appended := s.appended(t); len(passed) < len(appended) || bytes.Contains(passed, []byte(rolePassword)) {
		t.Errorf("%d bytes passed on the wire for %d in the AOF, or the password did", len(passed), len(appended))
	}
	readBack(t, s, sealer)
}

// readBack: who has the keys reads results and, where they were sealed, errors.
func readBack(t *testing.T, s *server, sealer *Sealer) {
	t.Helper()
	inspector := asynq.NewInspector(s.options)
	defer inspector.Close()
	completed, err := inspector.ListCompletedTasks(storyQueue)
	if err != nil {
		t.Fatal(err)
	}
	for _, info := range completed {
		if info.Type != "succeeds" {
			continue
		}
		result, err := sealer.OpenResult(info.Queue, info.Type, info.ID, info.Result)
		if err != nil || string(result) != canary("result") {
			t.Errorf("the result is %q, %v", result, err)
		}
		if _, err := sealer.OpenResult(info.Queue, info.Type, info.ID, info.Payload); codeName(err) != "wrong-purpose" {
			t.Errorf("a payload as a result: %v", err)
		}
	}
	archived, err := inspector.ListArchivedTasks(storyQueue)
	if err != nil {
		t.Fatal(err)
	}
	for _, info := range archived {
		text, err := sealer.OpenError(info.Queue, info.Type, info.ID, info.LastErr)
		sealed := sealer.config.Errors == SealErrors
		if sealed && (err != nil || !strings.Contains(text, "can't mail ann+")) {
			t.Errorf("the error is %q, %v, of %q", text, err, info.LastErr)
		}
		if !sealed && !strings.Contains(info.LastErr, "redacted: ") {
			t.Errorf("the error is %q", info.LastErr)
		}
	}
}

// script/demo asynq runs this test and shows what it finds. TASKSEAL_TABLE then holds the colours of what is readable, of what is
// nowhere and of all else, with a | between them.
var demoColours, isDemo = os.LookupEnv("TASKSEAL_TABLE")

func toldLive(word, medium, where string) {
	if !isDemo {
		return
	}
	for _, l := range leaks {
		if l.word == word && !l.stays {
			fmt.Printf("  by hand: %-38s %s\n           in %s\n", l.place, word, where)
		}
	}
}

func printTable(hand, sealed *findings) {
	if !isDemo {
		return
	}
	colours := strings.Split(demoColours+"||", "|")
	bad, good, plain := colours[0], colours[1], colours[2]
	in := func(f *findings, l leak) string {
		var found []string
		for _, medium := range media {
			if f.in[l.word][medium] != "" {
				found = append(found, medium)
			}
		}
		return strings.Join(found, " ")
	}
	closed := 0
	fmt.Printf("\n  %-38s %-28s %s\n", "readable in", "by hand", "asynqseal")
	for _, l := range rows() {
		with := plain + in(sealed, l)
		if with == plain {
			with = good + "nowhere"
			closed++
		}
		fmt.Printf("  %-38s %s%-28s %s%s\n", l.place, bad, in(hand, l), with, plain)
	}
	fmt.Printf("\n  %d of %d are closed; the others stay readable, as doc/asynq.md says: put nothing secret there\n", closed, len(rows()))
}
