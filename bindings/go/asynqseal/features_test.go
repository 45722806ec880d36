// SPDX-License-Identifier: MIT

package asynqseal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

func TestOptionsWorkAsEver(t *testing.T) {
	s := newStage(t, Config{Lifetime: time.Hour})
	hidden := asynq.NewTask("mail", []byte("queue in the task"), asynq.Queue("critical"), asynq.TaskID("task-41"))
	if info := s.enqueue(t, hidden); info.Queue != "critical" || info.ID != "task-41" {
		t.Errorf("enqueued as %s in %s", info.ID, info.Queue)
	}
	if info := s.enqueue(t, hidden, asynq.TaskID("task-42"), asynq.Queue("default")); info.Queue != "default" || info.ID != "task-42" {
		t.Errorf("options of Enqueue do not win: %s in %s", info.ID, info.Queue)
	}
	if _, err := s.client.Enqueue(hidden); !errors.Is(err, asynq.ErrTaskIDConflict) {
		t.Errorf("an id again: %v", err)
	}
	s.enqueue(t, asynq.NewTask("mail", []byte("later")), asynq.ProcessIn(time.Second), asynq.Deadline(time.Now().Add(time.Minute)))
	s.enqueue(t, asynq.NewTask("mail", nil), asynq.ProcessAt(time.Now().Add(-time.Hour)), asynq.Timeout(time.Minute))
	s.work(t, asynq.Config{Queues: map[string]int{"critical": 1, "default": 1}})
	s.await(t, "mail queue in the task", "mail queue in the task", "mail later", "mail ")
	if outcomes := s.outcomes(); slices.ContainsFunc(outcomes, func(o Outcome) bool { return o != Opened }) {
		t.Errorf("outcomes %v", outcomes)
	}
}

func TestUniqueTasks(t *testing.T) {
	s := newStage(t, Config{})
	task := asynq.NewTask("mail", []byte("once"), asynq.Unique(time.Hour))
	info := s.enqueue(t, task)
	if strings.Contains(info.ID, "once") {
		t.Errorf("the id is %s", info.ID)
	}
	if _, err := s.client.Enqueue(task); !errors.Is(err, asynq.ErrDuplicateTask) {
		t.Errorf("the same task again: %v", err)
	}
	s.enqueue(t, asynq.NewTask("mail", []byte("another"), asynq.Unique(time.Hour)))
	s.enqueue(t, task, asynq.Queue("critical"))
	if _, err := s.client.Enqueue(task, asynq.TaskID("mine")); err == nil {
		t.Error("Unique and TaskID were taken together")
	}
	s.work(t, asynq.Config{Queues: map[string]int{"critical": 1, "default": 1}})
	s.await(t, "mail once", "mail another", "mail once")
	waitFor(t, "the task is unique no more", func() bool {
		_, err := s.client.Enqueue(task)
		return err == nil
	})
	without, err := taskseal.NewKeyring(taskseal.Key{ID: "k", Type: taskseal.KeyXChaCha20Poly1305, State: taskseal.KeyActive, Secret: secretOf("k")})
	if err != nil {
		t.Fatal(err)
	}
	defer without.Close()
	client := NewClient(s.plain, newSealer(t, Config{Keyring: without}))
	const told = "asynqseal: asynq.Unique needs an active dedupe key, and the keyring has none to use here: `taskseal key add ID --type dedupe`, " +
		"then `taskseal key promote ID`: "
	if _, err := client.Enqueue(task); !errors.Is(err, taskseal.ErrKeyNotActive) || !strings.HasPrefix(err.Error(), told) {
		t.Errorf("without a dedupe key: %v", err)
	}
}

func TestSealingTwiceIsRefused(t *testing.T) {
	s := newStage(t, Config{})
	info := s.enqueue(t, asynq.NewTask("mail", []byte("payload")))
	if _, err := s.client.Enqueue(asynq.NewTask("mail", info.Payload)); !errors.Is(err, taskseal.ErrLooksSealed) {
		t.Errorf("sealing it again: %v", err)
	}
	if !strings.HasPrefix(Format(info.Payload), "sealed v1, suite 01, key mail-k01, at 2") || strings.Contains(Format([]byte("plain text")), "text") {
		t.Errorf("%s; %s", Format(info.Payload), Format([]byte("plain text")))
	}
}

// Whoever can write to the server puts a sealed payload where it does not belong. It is archived on first touch, and no handler
// sees it.
func TestMovedEnvelopesAreArchived(t *testing.T) {
	s := newStage(t, Config{})
	payload := s.enqueue(t, asynq.NewTask("mail", []byte("moved")), asynq.TaskID("task-1"), asynq.ProcessIn(time.Hour)).Payload
	attacks := map[string]*asynq.Task{
		"another id":    asynq.NewTask("mail", payload, asynq.TaskID("task-2")),
		"another type":  asynq.NewTask("news", payload, asynq.TaskID("task-3")),
		"another queue": asynq.NewTask("mail", payload, asynq.TaskID("task-4"), asynq.Queue("critical")),
		"cut":           asynq.NewTask("mail", payload[:len(payload)-1], asynq.TaskID("task-5")),
		"in plain":      asynq.NewTask("mail", []byte("plain"), asynq.TaskID("task-6")),
	}
	for name, task := range attacks {
		if _, err := s.plain.Enqueue(task, asynq.MaxRetry(5)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	s.work(t, asynq.Config{Queues: map[string]int{"critical": 1, "default": 1}})
	waitFor(t, "all are archived", func() bool {
		a, _ := s.inspector.ListArchivedTasks("default")
		b, _ := s.inspector.ListArchivedTasks("critical")
		return len(a)+len(b) == len(attacks)
	})
	archived, _ := s.inspector.ListArchivedTasks("default")
	for _, info := range archived {
		if info.Retried != 0 || !strings.Contains(info.LastErr, "seal") {
			t.Errorf("%s was retried %d times: %s", info.ID, info.Retried, info.LastErr)
		}
	}
	if got := s.noted(); len(got) > 0 {
		t.Errorf("handlers got %q", got)
	}
}

func TestPlaintextUntilADate(t *testing.T) {
	until := time.Now().Add(time.Hour)
	s := newStage(t, Config{Policy: func(queue, kind string) Policy {
		if kind == "news" {
			return AcceptBoth(until)
		}
		return AcceptBoth(time.Now().Add(-time.Second)) // the date has passed
	}})
	sealed := s.enqueue(t, asynq.NewTask("news", []byte("sealed")), asynq.ProcessIn(time.Hour)).Payload
	for _, task := range []*asynq.Task{asynq.NewTask("news", []byte("plain")), asynq.NewTask("mail", []byte("plain")),
		asynq.NewTask("news", sealed)} { // sealed for another id: never taken for plaintext
		if _, err := s.plain.Enqueue(task); err != nil {
			t.Fatal(err)
		}
	}
	s.work(t, asynq.Config{})
	waitFor(t, "three outcomes", func() bool { return len(s.outcomes()) == 3 })
	s.await(t, "news plain")
	outcomes := s.outcomes()
	slices.Sort(outcomes)
	if !slices.Equal(outcomes, []Outcome{PlainAccepted, PlainRefused, Refused}) {
		t.Errorf("outcomes %v", outcomes)
	}
}

// A key that has not arrived yet costs no retry; when it is there, the task runs, without a restart.
func TestMissingKeyIsWaitedFor(t *testing.T) {
	s := newStage(t, Config{})
	ahead := NewClient(s.plain, newSealer(t, Config{Keyring: newRing(t, "mail-k02")}))
	info, err := ahead.Enqueue(asynq.NewTask("mail", []byte("early")), asynq.MaxRetry(1))
	if err != nil {
		t.Fatal(err)
	}
	s.work(t, asynq.Config{RetryDelayFunc: RetryDelay(50*time.Millisecond, nil)})
	waitFor(t, "it was tried three times", func() bool { return len(s.outcomes()) >= 3 })
	if got, err := s.inspector.GetTaskInfo("default", info.ID); err != nil || got.Retried != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if err := s.ring.Replace(newRing(t, "mail-k01", "mail-k02")); err != nil {
		t.Fatal(err)
	}
	s.await(t, "mail early")
}

func TestMissingKeyIsGivenUpByAge(t *testing.T) {
	s := newStage(t, Config{KeyWait: time.Millisecond})
	ahead := NewClient(s.plain, newSealer(t, Config{Keyring: newRing(t, "mail-k02")}))
	if _, err := ahead.Enqueue(asynq.NewTask("mail", []byte("early"))); err != nil {
		t.Fatal(err)
	}
	time.Sleep(1100 * time.Millisecond)
	s.work(t, asynq.Config{})
	waitFor(t, "it is archived", func() bool {
		archived, _ := s.inspector.ListArchivedTasks("default")
		return len(archived) == 1 && strings.Contains(archived[0].LastErr, "unknown-key")
	})
}

// A task that was sealed long before it was due is not given up at the first sight of its missing key.
func TestMissingKeyOfAnOldTaskIsWaitedForToo(t *testing.T) {
	ring := newRing(t, "mail-k02")
	sealed, err := ring.Seal([]byte("old"), taskseal.SealOptions{Context: boundToTask("default", "mail", "id"), Now: time.Now().Add(-48 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	sealer := newSealer(t, Config{Keyring: newRing(t, "mail-k01")})
	for range 2 {
		event := &Event{Queue: "default", Type: "mail", ID: "id"}
		if sealer.open(event, sealed); event.Outcome != KeyMissing || errors.Is(event.Err, asynq.SkipRetry) {
			t.Errorf("%s: %v", event.Outcome, event.Err)
		}
	}
	now := time.Now()
	if got := sealer.missing.missed("mail-k02", now.Add(2*time.Hour), sealer.config.KeyWait); got < 2*time.Hour || got > 3*time.Hour {
		t.Errorf("two hours later it has been missing for %v", got)
	}
	if got := sealer.missing.missed("mail-k02", now.Add(72*time.Hour), sealer.config.KeyWait); got != 0 {
		t.Errorf("after days in which nobody asked for it: %v", got)
	}
	for i := range 2 * missingMost { // ids that someone made up
		sealer.missing.missed(fmt.Sprint(i), now, time.Hour)
	}
	if n := len(sealer.missing.seen); n > missingMost {
		t.Errorf("%d missing keys are remembered", n)
	}
}

func TestExpiredTasksHaveAnOutcomeOfTheirOwn(t *testing.T) {
	s := newStage(t, Config{Lifetime: time.Second})
	s.enqueue(t, asynq.NewTask("mail", []byte("late")))
	time.Sleep(2100 * time.Millisecond)
	s.work(t, asynq.Config{})
	waitFor(t, "it expired", func() bool { return slices.Contains(s.outcomes(), Expired) })
	s.enqueue(t, asynq.NewTask("mail", []byte("due later")), asynq.ProcessIn(1500*time.Millisecond)) // counted from when it is due
	s.await(t, "mail due later")
}

var errOfTheApplication = errors.New("a secret of the application")

// What a handler returns keeps its meaning for Asynq and for the application, and loses its text.
func TestErrorsKeepTheirMeaning(t *testing.T) {
	s := newStage(t, Config{})
	texts := make(chan string, 10)
	config := asynq.Config{ErrorHandler: asynq.ErrorHandlerFunc(func(_ context.Context, _ *asynq.Task, err error) {
		texts <- fmt.Sprintf("%v|%+v|%t|%v", err, err, errors.Is(err, errOfTheApplication), Cause(err))
	})}
	startWorker(t, s.server, config, s.sealer.Middleware, map[string]asynq.HandlerFunc{
		"skip": func(context.Context, *asynq.Task) error {
			return fmt.Errorf("%w: %w", errOfTheApplication, asynq.SkipRetry)
		},
		"revoke": func(context.Context, *asynq.Task) error {
			return fmt.Errorf("%w: %w", errOfTheApplication, asynq.RevokeTask)
		},
		"writes": func(_ context.Context, task *asynq.Task) error {
			_, err := task.ResultWriter().Write([]byte("secret"))
			return err
		},
	})
	for _, kind := range []string{"skip", "revoke", "writes"} {
		s.enqueue(t, asynq.NewTask(kind, []byte("payload")), asynq.MaxRetry(0))
	}
	waitFor(t, "two are archived and one is gone", func() bool {
		info, err := s.inspector.GetQueueInfo("default")
		return err == nil && info.Archived == 2 && info.Size == 2
	})
	told := 0
	for range 3 {
		text := <-texts
		parts := strings.Split(text, "|")
		if strings.Contains(parts[0]+parts[1], "secret") {
			t.Errorf("the error prints its cause: %s", text)
		}
		if parts[2] == "true" && strings.Contains(parts[3], "a secret of the application") {
			told++
		}
	}
	if told != 2 {
		t.Errorf("%d errors of the application were found, not 2", told)
	}
	if strings.Contains(string(s.dump(t)), "secret") {
		t.Error("a secret is in the server")
	}
}

func TestConfigIsChecked(t *testing.T) {
	if _, err := New(Config{}); err == nil || err.Error() != "asynqseal: Config.Keyring is nil: load one with taskseal.LoadKeyring" {
		t.Errorf("a sealer without keys: %v", err)
	}
	for _, config := range []Config{{Lifetime: -1}, {KeyWait: -1}} { // which would mean for ever, and not at all
		config.Keyring = newRing(t, "k")
		if _, err := New(config); err == nil {
			t.Errorf("%+v", config)
		}
	}
	sealer := newSealer(t, Config{Keyring: newRing(t, "k")})
	err := sealer.Middleware(asynq.NotFoundHandler()).ProcessTask(t.Context(), asynq.NewTask("mail", nil))
	if err == nil || !strings.Contains(err.Error(), "no queue or id") {
		t.Errorf("a context of nobody: %v", err)
	}
	if ResultWriter(t.Context()) != nil {
		t.Error("a result writer without a task")
	}
}

// What an error tells beside its types: the errors of Asynq that hold nothing of a task, and the place of a panic.
func TestRedactedErrorsSayWhatIsNoSecret(t *testing.T) {
	s := newStage(t, Config{})
	handlers := asynq.NewServeMux()
	handlers.HandleFunc("panics", func(context.Context, *asynq.Task) error {
		var nothing *asynq.TaskInfo
		s.note(nothing.ID)
		return nil
	})
	handlers.HandleFunc("writes", func(_ context.Context, task *asynq.Task) error {
		_, err := task.ResultWriter().Write([]byte("as in a plain program"))
		return err
	})
	startWorker(t, s.server, asynq.Config{}, s.sealer.Middleware, map[string]asynq.HandlerFunc{
		"panics": handlers.ProcessTask, "writes": handlers.ProcessTask, "unknown": handlers.ProcessTask})
	want := map[string]string{
		"panics":  "redacted: panic of runtime.errorString at ",
		"writes":  ": task.ResultWriter() is nil, write to asynqseal.ResultWriter(ctx)",
		"unknown": "redacted: *fmt.wrapError: *errors.errorString (handler not found for task)",
	}
	if told[0] == nil { // Asynq 0.25
		want["unknown"] = "redacted: *errors.errorString"
	}
	for kind := range want {
		s.enqueue(t, asynq.NewTask(kind, []byte("payload")), asynq.MaxRetry(0))
	}
	waitFor(t, "all are archived", func() bool { all, _ := s.inspector.ListArchivedTasks("default"); return len(all) == len(want) })
	archived, _ := s.inspector.ListArchivedTasks("default")
	for _, info := range archived {
		if !strings.Contains(info.LastErr, want[info.Type]) || info.Type == "panics" && !strings.Contains(info.LastErr, "features_test.go:") {
			t.Errorf("%s: %s", info.Type, info.LastErr)
		}
	}
}

// A release of Asynq whose Task is another one is noticed.
func TestFieldsAreFoundByNameAndType(t *testing.T) {
	if fieldOf[[]byte]("absent") != -1 || fieldOf[string]("payload") != -1 {
		t.Error("a field that is none was found")
	}
	if !asynqIsKnown() {
		t.Error("this release of Asynq is not known")
	}
}
