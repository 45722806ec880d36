// SPDX-License-Identifier: MIT

package asynqseal

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// Words that must be found nowhere in the server, each by the place that it comes from.
const (
	payloadCanary = "canary-payload-5f0c9d"
	resultCanary  = "canary-result-a71d22"
	errorCanary   = "canary-error-93be07"
	panicCanary   = "canary-panic-c4e815"
)

var canaries = []string{payloadCanary, resultCanary, errorCanary, panicCanary}

// A way is how an application seals: by hand, or with this package.
type way struct {
	enqueue    func(task *asynq.Task, opts ...asynq.Option) (*asynq.TaskInfo, error)
	middleware asynq.MiddlewareFunc
	result     func(ctx context.Context, task *asynq.Task, data []byte) error
	config     asynq.Config
}

func newRing(t *testing.T, ids ...string) *taskseal.Keyring {
	t.Helper()
	keys := []taskseal.Key{{ID: "dedupe-k01", Type: taskseal.KeyDedupe, State: taskseal.KeyActive, Secret: secretOf("dedupe-k01")}}
	for _, id := range ids {
		keys = append(keys, taskseal.Key{ID: id, Type: taskseal.KeyXChaCha20Poly1305, State: taskseal.KeyActive, Secret: secretOf(id)})
	}
	ring, err := taskseal.NewKeyring(keys...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ring.Close() })
	return ring
}

// secretOf is the same for the same id, so that two keyrings of a test can share a key.
func secretOf(id string) []byte { return []byte(fmt.Sprintf("%-32.32s", "secret of "+id)) }

// byHand is what teams write: the payload is sealed, and opened in place by a middleware.
func byHand(client *asynq.Client, ring *taskseal.Keyring) way {
	return way{
		enqueue: func(task *asynq.Task, opts ...asynq.Option) (*asynq.TaskInfo, error) {
			sealed, err := ring.Seal(task.Payload(), taskseal.SealOptions{})
			if err != nil {
				return nil, err
			}
			return client.Enqueue(asynq.NewTask(task.Type(), sealed), opts...)
		},
		middleware: func(next asynq.Handler) asynq.Handler {
			return asynq.HandlerFunc(func(ctx context.Context, task *asynq.Task) error {
				payload, _, err := ring.Open(task.Payload(), taskseal.OpenOptions{})
				if err == nil {
					copy(task.Payload(), payload)
				} else if !strings.HasPrefix(string(task.Payload()), payloadCanary) { // a retry: already in clear
					return err
				}
				return next.ProcessTask(ctx, task)
			})
		},
		result: func(_ context.Context, task *asynq.Task, data []byte) error {
			_, err := task.ResultWriter().Write(data)
			return err
		},
	}
}

func withPackage(client *asynq.Client, sealer *Sealer) way {
	return way{
		enqueue:    NewClient(client, sealer).Enqueue,
		middleware: sealer.Middleware,
		result: func(ctx context.Context, _ *asynq.Task, data []byte) error {
			_, err := ResultWriter(ctx).Write(data)
			return err
		},
	}
}

// startWorker runs handlers behind a middleware until the test ends.
func startWorker(t *testing.T, s *server, config asynq.Config, middleware asynq.MiddlewareFunc, handlers map[string]asynq.HandlerFunc) {
	t.Helper()
	mux := asynq.NewServeMux()
	mux.Use(middleware)
	for kind, handler := range handlers {
		mux.HandleFunc(kind, handler)
	}
	config.Concurrency, config.LogLevel = 10, asynq.FatalLevel
	config.TaskCheckInterval, config.DelayedTaskCheckInterval = 50*time.Millisecond, 200*time.Millisecond
	if config.RetryDelayFunc == nil {
		config.RetryDelayFunc = func(int, error, *asynq.Task) time.Duration { return 100 * time.Millisecond }
	}
	worker := asynq.NewServer(s.options, config)
	if err := worker.Start(mux); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(worker.Shutdown)
}

// story runs tasks that succeed, fail, panic and last, and gives all that the server saw and stored.
func story(t *testing.T, s *server, w way) string {
	t.Helper()
	seen := s.monitor(t)
	var wrong atomic.Int64
	handler := func(do func(ctx context.Context, task *asynq.Task) error) asynq.HandlerFunc {
		return func(ctx context.Context, task *asynq.Task) error {
			if !strings.HasPrefix(string(task.Payload()), payloadCanary) {
				wrong.Add(1)
			}
			return do(ctx, task)
		}
	}
	startWorker(t, s, w.config, w.middleware, map[string]asynq.HandlerFunc{
		"succeeds": handler(func(ctx context.Context, task *asynq.Task) error {
			return w.result(ctx, task, []byte(resultCanary))
		}),
		"fails":  handler(func(context.Context, *asynq.Task) error { return fmt.Errorf("can't mail %s", errorCanary) }),
		"panics": handler(func(context.Context, *asynq.Task) error { panic("can't mail " + panicCanary) }),
		"lasts": handler(func(context.Context, *asynq.Task) error { // so long that the worker shows it as active
			time.Sleep(6500 * time.Millisecond)
			return nil
		}),
	})
	for _, kind := range []string{"succeeds", "fails", "panics", "lasts"} {
		if _, err := w.enqueue(asynq.NewTask(kind, []byte(payloadCanary)), asynq.MaxRetry(1), asynq.Retention(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	stored := ""
	inspector := asynq.NewInspector(s.options)
	defer inspector.Close()
	waitFor(t, "two tasks completed and two archived", func() bool {
		info, err := inspector.GetQueueInfo("default")
		stored += string(s.dump(t))
		return err == nil && info.Completed == 2 && info.Archived == 2
	})
	if wrong.Load() > 0 {
		t.Errorf("%d times a handler got another payload", wrong.Load())
	}
	return stored + seen()
}

func waitFor(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for begun := time.Now(); !happened(); time.Sleep(100 * time.Millisecond) {
		if time.Since(begun) > 60*time.Second {
			t.Fatalf("it never came to this: %s", what)
		}
	}
}

var raceDetector bool

// The control: by hand, every canary is in the server. So the measure finds what there is to find.
func TestByHandEverythingLeaks(t *testing.T) {
	if raceDetector {
		t.Skip("opening in place races with Asynq's heartbeat")
	}
	s := startServer(t)
	client := asynq.NewClient(s.options)
	defer client.Close()
	all := story(t, s, byHand(client, newRing(t, "mail-k01")))
	for _, canary := range canaries {
		if !strings.Contains(all, canary) {
			t.Errorf("the measure does not find %s", canary)
		}
	}
}

func TestNothingLeaks(t *testing.T) {
	for name, config := range map[string]Config{"redacted": {}, "sealed": {Errors: SealErrors}} {
		t.Run(name, func(t *testing.T) {
			s := startServer(t)
			client := asynq.NewClient(s.options)
			defer client.Close()
			config.Keyring = newRing(t, "mail-k01")
			sealer := newSealer(t, config)
			all := story(t, s, withPackage(client, sealer))
			for _, canary := range canaries {
				if at := strings.Index(all, canary); at >= 0 {
					t.Errorf("%s is in the server: %q", canary, all[max(0, at-100):at+len(canary)])
				}
			}
			readBack(t, s, sealer)
		})
	}
}

func newSealer(t *testing.T, config Config) *Sealer {
	t.Helper()
	sealer, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return sealer
}

// readBack: who has the keys reads results and, where they were sealed, errors.
func readBack(t *testing.T, s *server, sealer *Sealer) {
	t.Helper()
	inspector := asynq.NewInspector(s.options)
	defer inspector.Close()
	completed, err := inspector.ListCompletedTasks("default")
	if err != nil {
		t.Fatal(err)
	}
	for _, info := range completed {
		if info.Type != "succeeds" {
			continue
		}
		result, err := sealer.OpenResult(info.Queue, info.Type, info.ID, info.Result)
		if err != nil || string(result) != resultCanary {
			t.Errorf("the result is %q, %v", result, err)
		}
		if _, err := sealer.OpenResult(info.Queue, info.Type, info.ID, info.Payload); codeName(err) != "wrong-purpose" {
			t.Errorf("a payload as a result: %v", err)
		}
	}
	archived, err := inspector.ListArchivedTasks("default")
	if err != nil {
		t.Fatal(err)
	}
	for _, info := range archived {
		text, err := sealer.OpenError(info.Queue, info.Type, info.ID, info.LastErr)
		sealed := sealer.config.Errors == SealErrors
		if sealed && (err != nil || !strings.Contains(text, "can't mail canary")) {
			t.Errorf("the error is %q, %v, of %q", text, err, info.LastErr)
		}
		if !sealed && !strings.Contains(info.LastErr, "redacted: ") {
			t.Errorf("the error is %q", info.LastErr)
		}
	}
}

// codeName is the short name of an error of taskseal's.
func codeName(err error) string { return taskseal.CodeOf(err).Name() }
