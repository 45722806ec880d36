// SPDX-License-Identifier: MIT

package asynqseal

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// forge writes a message that says of itself what it likes into a queue, as anyone can who may write to the server.
func (s *stage) forge(t *testing.T, where, says, kind, payload string) {
	t.Helper()
	w, err := wishOf(kind, []byte(payload), []asynq.Option{asynq.Queue(says), asynq.TaskID("forged"), asynq.MaxRetry(0)})
	if err != nil {
		t.Fatal(err)
	}
	message, err := w.message(w.payload, "")
	if err != nil {
		t.Fatal(err)
	}
	redis, prefix := s.redis(t), "asynq:{"+where+"}:"
	for _, command := range [][]any{{"SADD", "asynq:queues", where}, {"HSET", prefix + "t:forged", "msg", message, "state", "pending", "pending_since", 1},
		{"LPUSH", prefix + "pending", "forged"}} {
		if err := redis.Do(t.Context(), command...).Err(); err != nil {
			t.Fatal(err)
		}
	}
}

// Asynq takes a task's queue from its message, not from where it lay. So one that names the queue for which plaintext is
// accepted, and lies in another, is refused by the workers that do not serve that queue.
func TestMessagesThatNameAnotherQueue(t *testing.T) {
	policy := func(queue, _ string) Policy {
		if queue == "legacy" {
			return AcceptBoth(time.Now().Add(time.Hour))
		}
		return RequireSealed()
	}
	s := newStage(t, Config{Policy: policy, Queues: []string{"default"}})
	s.forge(t, "default", "legacy", "mail", "forged")
	s.work(t, asynq.Config{})
	s.enqueue(t, asynq.NewTask("mail", []byte("sealed")))
	s.await(t, "mail sealed")
	waitFor(t, "both are judged", func() bool { return len(s.outcomes()) == 2 })
	if outcomes := s.outcomes(); !slices.Contains(outcomes, Refused) || !slices.Contains(outcomes, Opened) {
		t.Errorf("outcomes %v", outcomes)
	}
}

// A handler may open what is not Asynq's. A key that it misses there is a failure as all others are, and no wait without end.
func TestHandlersErrorsAreFailures(t *testing.T) {
	ring := newRing(t, "k")
	for _, text := range []ErrorText{RedactErrors, SealErrors, PlainErrors} {
		j := &job{Context: t.Context(), sealer: newSealer(t, Config{Keyring: ring, Errors: text}), task: asynq.NewTask("mail", nil)}
		j.event = Event{Queue: "default", Type: "mail", ID: "id"}
		err := j.run(func() error { return fmt.Errorf("the attachment: %w", taskseal.ErrUnknownKey) })
		soon := func(int, error, *asynq.Task) time.Duration { return time.Second }
		if !IsFailure(err) || RetryDelay(time.Hour, soon)(0, err, nil) != time.Second {
			t.Errorf("%d: it is waited for: %v", text, err)
		}
	}
}

// What says that it will be sealed, by a key that nobody has, is given up as what is old.
func TestMissingKeysOfTheFutureAreGivenUp(t *testing.T) {
	sealer := newSealer(t, Config{Keyring: newRing(t, "k"), KeyWait: time.Millisecond})
	sealed, err := newRing(t, "made-up").Seal([]byte("payload"), taskseal.SealOptions{Now: time.Now().AddDate(100, 0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	event := &Event{Queue: "default", Type: "mail", ID: "id"}
	if sealer.open(event, sealed); IsFailure(event.Err) {
		t.Errorf("at first: %v", event.Err)
	}
	time.Sleep(2 * time.Millisecond)
	if sealer.open(event, sealed); !IsFailure(event.Err) || event.Outcome != Refused {
		t.Errorf("later: %s, %v", event.Outcome, event.Err)
	}
}

// However many keys are made up, none is waited for without end.
func TestMissingKeysWithoutNumber(t *testing.T) {
	var missing missingKeys
	now := time.Now()
	for _, at := range []time.Time{now, now.Add(2 * time.Hour)} {
		for i := range 2 * missingMost {
			if got := missing.missed(fmt.Sprint(i), at, time.Hour); at != now && got != 2*time.Hour {
				t.Fatalf("key %d has been missing for %v", i, got)
			}
		}
	}
	if got := missing.missed("new", now.AddDate(0, 0, 3), time.Hour); got != 0 || len(missing.seen) != 1 {
		t.Errorf("three days later it remembers %d, and misses a new one for %v", len(missing.seen), got)
	}
}

// A bundle of members of no bytes is small where it lies, and large where it is opened.
func TestBundlesOfTooManyMembers(t *testing.T) {
	sealer := newSealer(t, Config{Keyring: newRing(t, "k"), Bundles: []string{"digest"}})
	many := func(n int) []byte { return []byte(bundlePrefix + "\x03ann" + strings.Repeat("\x00\x00", n)) }
	if opened, err := sealer.openBundle("default", "digest", "id", many(1000)); err != nil || len(opened.members) != 1000 {
		t.Errorf("a thousand members: %v", err)
	}
	if opened, err := sealer.openBundle("default", "digest", "id", many(membersMost+1)); err != errBundle || opened != nil {
		t.Errorf("too many members: %v", err)
	}
	// One of a type that takes none is not even taken apart.
	packed := many(membersMost)
	if n := testing.AllocsPerRun(1, func() { _, _ = sealer.openBundle("default", "mail", "id", packed) }); n > 10 {
		t.Errorf("to refuse it takes %v allocations", n)
	}
}

func TestQueuesOfTheServersChoiceAreBounded(t *testing.T) {
	metrics := NewMetrics()
	for i := range 10 * queuesMost {
		metrics.Observe(Event{Queue: fmt.Sprint(i), Outcome: PlainAccepted})
	}
	metrics.Observe(Event{Queue: "1", Outcome: PlainAccepted})
	if n := len(metrics.plain); n != queuesMost+1 || metrics.plain["1"] != 2 || metrics.plain["(others)"] != 9*queuesMost {
		t.Errorf("%d labels; queue 1 %v, others %v", n, metrics.plain["1"], metrics.plain["(others)"])
	}
}

// Asynq's own ResultWriter is nil where an ErrorHandler runs, outside of what recovers from panics.
func TestErrorHandlersWriteNoResults(t *testing.T) {
	j := &job{Context: t.Context(), sealer: newSealer(t, Config{Keyring: newRing(t, "k")}), task: asynq.NewTask("mail", nil)}
	if n, err := ResultWriter(j).Write([]byte("result")); n != 0 || err != errNoResults {
		t.Errorf("%d, %v", n, err)
	}
}

// Contexts get into logs.
func TestContextsAreNotPrinted(t *testing.T) {
	secret := []byte("canary")
	j := &job{Context: t.Context(), payload: secret, bundle: &bundle{members: []Member{{Task: asynq.NewTask("mail", secret)}}}}
	setPayload(&j.given, secret, true)
	inner, cancel := context.WithCancel(j)
	defer cancel()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q", "%d"} {
		for _, ctx := range []context.Context{j, inner} {
			text := fmt.Sprintf(verb, ctx)
			for _, form := range []string{"canary", "99 97 110", "63616e", "0x63, 0x61", "c a n"} {
				if strings.Contains(text, form) {
					t.Errorf("%s prints %s", verb, text)
				}
			}
		}
	}
}
