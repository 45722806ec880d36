// SPDX-License-Identifier: MIT

package asynqseal

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// A logBuffer is one that several goroutines write.
type logBuffer struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(p)
}

func (l *logBuffer) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()
}

// Each policy on its queue and type. The log names what is unexpected or refused, and holds nothing of a payload.
func TestPoliciesOfQueuesAndTypes(t *testing.T) {
	logged := &logBuffer{}
	later := time.Now().Add(time.Hour)
	s := newStage(t, Config{Logger: slog.New(slog.NewJSONHandler(logged, nil)), Policy: func(queue, kind string) Policy {
		switch {
		case queue == "critical":
			return RequireSealed()
		case kind == "news":
			return PreferSealed(later)
		}
		return AcceptBoth(later)
	}})
	for _, task := range []*asynq.Task{
		asynq.NewTask("mail", []byte("canary both")), asynq.NewTask("news", []byte("canary preferred")),
		asynq.NewTask("mail", []byte("canary refused"), asynq.Queue("critical")),
	} {
		if _, err := s.plain.Enqueue(task); err != nil {
			t.Fatal(err)
		}
	}
	s.work(t, asynq.Config{Queues: map[string]int{"critical": 1, "default": 1}})
	waitFor(t, "three outcomes", func() bool { return len(s.outcomes()) == 3 })
	s.await(t, "mail canary both", "news canary preferred")
	outcomes := s.outcomes()
	slices.Sort(outcomes)
	if !slices.Equal(outcomes, []Outcome{PlainAccepted, PlainRefused, PlainUnexpected}) {
		t.Errorf("outcomes %v", outcomes)
	}
	text := logged.String()
	if strings.Count(text, "\n") != 2 || strings.Count(text, `"level":"WARN"`) != 2 || strings.Count(text, `"reason":"not-sealed"`) != 2 || !strings.Contains(text, `"outcome":"plain-unexpected"`) ||
		!strings.Contains(text, `"reason":"not-sealed"`) || strings.Contains(text, "canary") {
		t.Errorf("it logs %s", text)
	}
}

// A date that nobody has set is past.
func TestPoliciesEnd(t *testing.T) {
	for _, policy := range []Policy{{}, RequireSealed(), AcceptBoth(time.Time{}), PreferSealed(time.Now().Add(-time.Second))} {
		sealer := newSealer(t, Config{Keyring: newRing(t, "k"), Policy: func(string, string) Policy { return policy }})
		event := &Event{Queue: "default", Type: "mail", ID: "id"}
		if payload := sealer.open(event, []byte("plain")); payload != nil || event.Err != ErrPlain {
			t.Errorf("%+v accepts %q", policy, payload)
		}
	}
}

// Whoever can write to the server gives a bundle, even an empty one, the type of another handler: it must not run.
func TestBundlesOfOtherTypesAreRefused(t *testing.T) {
	s := newStage(t, Config{Bundles: []string{"digest"}})
	empty := Aggregator("mail").Aggregate("ann", nil)
	for _, kind := range []string{"mail", "digest"} {
		if _, err := s.plain.Enqueue(asynq.NewTask(kind, empty.Payload())); err != nil {
			t.Fatal(err)
		}
	}
	startWorker(t, s.server, asynq.Config{}, s.sealer.Middleware, map[string]asynq.HandlerFunc{
		"mail": func(context.Context, *asynq.Task) error { s.note("mail ran"); return nil },
		"digest": func(ctx context.Context, _ *asynq.Task) error {
			group, members := Members(ctx)
			s.note(fmt.Sprint("digest of ", group, members))
			return nil
		}})
	waitFor(t, "one is archived", func() bool { return slices.Equal(s.outcomes(), []Outcome{Refused}) })
	s.await(t, "digest of ann[]")
	typed := JSON[any]("digest").Handler(s.sealer, func(context.Context, any) error { return nil })
	j := &job{Context: t.Context(), sealer: s.sealer, task: empty}
	if err := typed.ProcessTask(j, empty); err != errBundleType {
		t.Errorf("a typed handler of a bundle: %v", err)
	}
}

// While a system changes there are tasks that a plain aggregator has made: their handler has the payload, and no members.
func TestWhatAPlainAggregatorHasMadeIsNoBundle(t *testing.T) {
	s := newStage(t, Config{Bundles: []string{"digest"}, Policy: func(string, string) Policy { return AcceptBoth(time.Now().Add(time.Hour)) }})
	for _, payload := range []string{"one\ntwo", string(Aggregator("digest").Aggregate("ann", nil).Payload())} {
		if _, err := s.plain.Enqueue(asynq.NewTask("digest", []byte(payload))); err != nil {
			t.Fatal(err)
		}
	}
	startWorker(t, s.server, asynq.Config{}, s.sealer.Middleware, map[string]asynq.HandlerFunc{
		"digest": func(ctx context.Context, task *asynq.Task) error {
			_, members := Members(ctx)
			s.note(fmt.Sprintf("%t %q %q", members != nil, task.Payload(), Payload(ctx)))
			return nil
		}})
	s.await(t, `false "one\ntwo" "one\ntwo"`, `true "" ""`)
}

// A member is bound to its queue, so keys that are limited to queues seal it, and no other queue's worker takes it.
func TestMembersAreBoundToTheirQueue(t *testing.T) {
	ring, err := taskseal.NewKeyring(taskseal.Key{ID: "news-k01", Type: taskseal.KeyXChaCha20Poly1305, State: taskseal.KeyActive,
		Secret: secretOf("news-k01"), Queues: []string{"news"}})
	if err != nil {
		t.Fatal(err)
	}
	defer ring.Close()
	sealer := newSealer(t, Config{Keyring: ring, Bundles: []string{"digest"}})
	w, err := wishOf("mail", []byte("member"), []asynq.Option{asynq.Queue("news"), asynq.Group("ann")})
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := sealer.seal(w)
	if err != nil {
		t.Fatal(err)
	}
	bundle := Aggregator("digest").Aggregate("ann", []*asynq.Task{asynq.NewTask("mail", sealed)}).Payload()
	if opened, err := sealer.openBundle("news", "digest", "id", bundle); err != nil || opened.members[0].Err != nil {
		t.Errorf("%+v, %v", opened, err)
	}
	if opened, err := sealer.openBundle("default", "digest", "id", bundle); err != nil || opened.members[0].Err == nil {
		t.Errorf("another queue takes it: %v", err)
	}
}

// Asynq never aggregates what is scheduled: such a task comes to its own handler, and opens there.
func TestScheduledTasksOfAGroup(t *testing.T) {
	s := newStage(t, Config{})
	payload := s.enqueue(t, asynq.NewTask("mail", []byte("later")), asynq.Group("ann"), asynq.ProcessIn(time.Second))
	if payload.State != asynq.TaskStateScheduled || payload.Group != "" {
		t.Errorf("it is %v of group %q", payload.State, payload.Group)
	}
	if info := s.enqueue(t, asynq.NewTask("mail", []byte("now")), asynq.ProcessIn(0), asynq.Group("ann")); info.State != asynq.TaskStateAggregating {
		t.Errorf("what is due is %v", info.State)
	}
	s.work(t, asynq.Config{})
	s.await(t, "mail later")
}

// Who has the keys reads the payload of any task that an inspector tells of.
func TestOpenPayload(t *testing.T) {
	s := newStage(t, Config{})
	s.enqueue(t, asynq.NewTask("mail", []byte("single")), asynq.ProcessIn(time.Hour))
	s.enqueue(t, asynq.NewTask("mail", []byte("member")), asynq.Group("ann"))
	periodic, err := s.sealer.SealPeriodic(asynq.NewTask("mail", []byte("periodic")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.plain.Enqueue(periodic); err != nil {
		t.Fatal(err)
	}
	scheduled, _ := s.inspector.ListScheduledTasks("default")
	members, _ := s.inspector.ListAggregatingTasks("default", "ann")
	pending, _ := s.inspector.ListPendingTasks("default")
	for _, info := range slices.Concat(scheduled, members, pending) {
		payload, opened, err := s.sealer.OpenPayload(info)
		if err != nil || opened.KeyID != "mail-k01" {
			t.Errorf("%v: %v", info.State, err)
		}
		s.note(string(payload))
		info.Queue = "critical"
		if payload, _, err := s.sealer.OpenPayload(info); err == nil {
			t.Errorf("of another queue: %q", payload)
		}
	}
	s.await(t, "single", "member", "periodic")
}

func TestFormatIsOneLine(t *testing.T) {
	ring := newRing(t, "mail-k01")
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	sealed, err := ring.Seal([]byte("payload"), taskseal.SealOptions{Now: at, Lifetime: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	bundle := Aggregator("digest").Aggregate("ann", []*asynq.Task{asynq.NewTask("mail", sealed)}).Payload()
	var shown Formatter
	for want, data := range map[string][]byte{
		"sealed v1, suite 01, key mail-k01, at 2026-11-22T09:00:00Z, expires 2026-11-22T10:00:00Z, 180 bytes": sealed,
		"broken, 100 bytes":              sealed[:100],
		"plain, 6 bytes":                 []byte("secret"),
		"bundle of 1 members, 202 bytes": bundle,
		"damaged bundle, 201 bytes":      bundle[:201],
	} {
		if got := shown.FormatPayload("mail", data); got != want || shown.FormatResult("mail", data) != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}
