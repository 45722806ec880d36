// SPDX-License-Identifier: MIT

package asynqseal

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

type reset struct {
	To    string
	Token int
}

var passwordReset = JSON[reset]("password-reset")

// raw writes what passwordReset can't read.
var raw = Kind[string]{Type: "password-reset", Encode: func(text string) ([]byte, error) { return []byte(text), nil }}

// On a release of Asynq that is not known nothing is sealed or opened but what is typed.
func TestUnknownAsynq(t *testing.T) {
	ring, known := newRing(t, "k"), payloadField
	payloadField = fieldOf[string]("payload")
	_, err := New(Config{Keyring: ring})
	payloadField = known
	if !errors.Is(err, ErrUnknownAsynq) {
		t.Errorf("New: %v", err)
	}
	sealer := newSealer(t, Config{Keyring: ring, TypedOnly: true})
	task := asynq.NewTask("mail", nil)
	_, enqueued := NewClient(nil, sealer).Enqueue(task)
	_, sealed := sealer.SealPeriodic(task)
	_, provided := sealer.PeriodicProvider(provider{task}).GetConfigs()
	opened := sealer.Middleware(asynq.NotFoundHandler()).ProcessTask(t.Context(), task)
	for _, err := range []error{enqueued, sealed, provided, opened} {
		if !errors.Is(err, ErrTypedOnly) {
			t.Errorf("%v", err)
		}
	}
}

// Typed producers and handlers work alone, and behind the middleware and another one that wraps the context.
func TestTypedTasks(t *testing.T) {
	for name, behind := range map[string]bool{"alone": false, "behind the middleware": true} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, Config{TypedOnly: !behind})
			if _, err := passwordReset.Enqueue(t.Context(), s.client, reset{"ann@example.com", 41}, asynq.TaskID("task-41"), asynq.Retention(time.Hour)); err != nil {
				t.Fatal(err)
			}
			if _, err := raw.Enqueue(t.Context(), s.client, "no JSON", asynq.TaskID("task-42")); err != nil {
				t.Fatal(err)
			}
			handler := passwordReset.Handler(s.sealer, func(ctx context.Context, r reset) error {
				s.note(r.To + " " + string(Payload(ctx)))
				_, err := ResultWriter(ctx).Write([]byte("result of " + ResultWriter(ctx).TaskID()))
				return err
			})
			middleware := func(next asynq.Handler) asynq.Handler { return next }
			if behind {
				middleware = s.sealer.Middleware
			}
			startWorker(t, s.server, asynq.Config{}, middleware, map[string]asynq.HandlerFunc{"password-reset": func(ctx context.Context, task *asynq.Task) error {
				ctx, cancel := context.WithTimeout(ctx, time.Minute)
				defer cancel()
				return handler.ProcessTask(ctx, task)
			}})
			s.await(t, `ann@example.com {"To":"ann@example.com","Token":41}`)
			waitFor(t, "one is done, the other one archived", func() bool {
				info, err := s.inspector.GetQueueInfo("default")
				return err == nil && info.Completed == 1 && info.Archived == 1
			})
			archived, _ := s.inspector.ListArchivedTasks("default")
			if archived[0].ID != "task-42" || !strings.Contains(archived[0].LastErr, "redacted: ") {
				t.Errorf("%s is archived: %s", archived[0].ID, archived[0].LastErr)
			}
			completed, _ := s.inspector.ListCompletedTasks("default")
			if result, err := s.sealer.OpenResult("default", "password-reset", "task-41", completed[0].Result); err != nil || string(result) != "result of task-41" {
				t.Errorf("the result is %q, %v", result, err)
			}
		})
	}
}

func TestTypedTasksThatCannotBeEncoded(t *testing.T) {
	sealer := newSealer(t, Config{Keyring: newRing(t, "k")})
	client := NewClient(nil, sealer) // is not reached
	failure := errors.New("no value")
	kind := Kind[int]{Type: "number", Encode: func(int) ([]byte, error) { return nil, failure }}
	if _, err := kind.Enqueue(t.Context(), client, 1); !errors.Is(err, failure) {
		t.Errorf("it was encoded: %v", err)
	}
	if _, err := JSON[int]("number").Enqueue(t.Context(), client, 1, asynq.Queue(" ")); err == nil {
		t.Error("a blank queue")
	}
	err := kind.Handler(sealer, nil).ProcessTask(t.Context(), asynq.NewTask("number", nil))
	if !errors.Is(err, errNoTask) || Payload(t.Context()) != nil {
		t.Errorf("a context of nobody: %v", err)
	}
}

// What a plain program has in its asynq.Config goes on: it gets the errors and tasks that it would have got.
func TestWorkerConfigKeepsWhatAPlainProgramHas(t *testing.T) {
	s := newStage(t, Config{})
	type seen struct{ payload, err string }
	handled, delayed, judged := make(chan seen, 10), make(chan error, 10), make(chan error, 10)
	config := s.sealer.WorkerConfig(asynq.Config{
		ErrorHandler: asynq.ErrorHandlerFunc(func(ctx context.Context, task *asynq.Task, err error) {
			handled <- seen{string(task.Payload()) + "|" + string(Payload(ctx)), err.Error()}
		}),
		RetryDelayFunc: func(_ int, err error, _ *asynq.Task) time.Duration {
			delayed <- err
			return time.Hour
		},
		IsFailure: func(err error) bool {
			judged <- err
			return !errors.Is(err, errOfTheApplication)
		},
	})
	startWorker(t, s.server, config, s.sealer.Middleware, map[string]asynq.HandlerFunc{
		"mail": func(context.Context, *asynq.Task) error { return errOfTheApplication }})
	info := s.enqueue(t, asynq.NewTask("mail", []byte("payload")), asynq.MaxRetry(1))
	if got := <-handled; got != (seen{"payload|payload", errOfTheApplication.Error()}) {
		t.Errorf("the error handler got %+v", got)
	}
	if err := <-judged; err != errOfTheApplication {
		t.Errorf("IsFailure got %v", err)
	}
	if err := <-delayed; err != errOfTheApplication {
		t.Errorf("RetryDelayFunc got %v", err)
	}
	waitFor(t, "it waits, not counted", func() bool {
		got, err := s.inspector.GetTaskInfo("default", info.ID)
		return err == nil && got.State == asynq.TaskStateRetry && got.Retried == 0 && strings.HasPrefix(got.LastErr, "redacted: ")
	})
	// A key that is missing reaches none of these functions but the error handler, with the sealed task.
	ahead := NewClient(s.plain, newSealer(t, Config{Keyring: newRing(t, "mail-k02")}))
	if _, err := ahead.Enqueue(asynq.NewTask("mail", []byte("early"))); err != nil {
		t.Fatal(err)
	}
	if got := <-handled; strings.Contains(got.payload, "early") || !strings.Contains(got.err, "key") {
		t.Errorf("of a missing key the error handler got %+v", got)
	}
	if len(delayed)+len(judged) > 0 || RetryDelay(time.Minute, nil)(0, &awaited{taskseal.ErrUnknownKey}, nil) != time.Minute {
		t.Error("a missing key reached the program's functions")
	}
	if bare := s.sealer.WorkerConfig(asynq.Config{}); bare.ErrorHandler != nil || bare.IsFailure(nil) || !bare.IsFailure(errOfTheApplication) {
		t.Error("an empty configuration got an error handler, or counts wrongly")
	}
}
