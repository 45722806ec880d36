// SPDX-License-Identifier: MIT

package asynqseal

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// A way is how an application seals: by hand, or with this package.
type way struct {
	enqueue    func(task *asynq.Task, opts ...asynq.Option) (*asynq.TaskInfo, error)
	middleware asynq.MiddlewareFunc
	result     func(ctx context.Context, task *asynq.Task, data []byte) error
	periodic   func(task *asynq.Task) (*asynq.Task, error)
	name       func(use, value string) string // of a task or group
	aggregator asynq.GroupAggregator
	members    func(ctx context.Context, task *asynq.Task) string
}

// byHand is what teams write: the payload is sealed, and opened in place by a middleware.
func byHand(client *asynq.Client, ring *taskseal.Keyring) way {
	open := func(task *asynq.Task) error {
		payload, _, err := ring.Open(task.Payload(), taskseal.OpenOptions{})
		if err == nil {
			copy(task.Payload(), payload)
		} else if !strings.Contains(string(task.Payload()), canaryMark) { // a retry: already in clear
			return err
		}
		return nil
	}
	return way{
		enqueue: func(task *asynq.Task, opts ...asynq.Option) (*asynq.TaskInfo, error) {
			sealed, err := ring.Seal(task.Payload(), taskseal.SealOptions{})
			if err != nil {
				return nil, err
			}
			return client.Enqueue(sameWith(task, sealed), opts...)
		},
		middleware: func(next asynq.Handler) asynq.Handler {
			return asynq.HandlerFunc(func(ctx context.Context, task *asynq.Task) error {
				if err := open(task); err != nil {
					return err
				}
				return next.ProcessTask(ctx, task)
			})
		},
		result: func(_ context.Context, task *asynq.Task, data []byte) error {
			_, err := task.ResultWriter().Write(data)
			return err
		},
		periodic: func(task *asynq.Task) (*asynq.Task, error) { return task, nil }, // the scheduler enqueues it by itself
		name:     func(_, value string) string { return value },
		aggregator: asynq.GroupAggregatorFunc(func(_ string, tasks []*asynq.Task) *asynq.Task {
			var all []byte
			for _, task := range tasks {
				if err := open(task); err != nil {
					return nil
				}
				all = append(all, task.Payload()...)
			}
			return asynq.NewTask("digest", all, asynq.Retention(time.Hour))
		}),
		members: func(_ context.Context, task *asynq.Task) string { return string(task.Payload()) },
	}
}

func withPackage(t *testing.T, client *asynq.Client, sealer *Sealer) way {
	return way{
		enqueue:    NewClient(client, sealer).Enqueue,
		middleware: sealer.Middleware,
		result: func(ctx context.Context, _ *asynq.Task, data []byte) error {
			_, err := ResultWriter(ctx).Write(data)
			return err
		},
		periodic: func(task *asynq.Task) (*asynq.Task, error) { return sealer.SealPeriodic(task) },
		name: func(use, value string) string {
			name, err := sealer.Pseudonym(use, value)
			if err != nil {
				t.Error(err)
			}
			return name
		},
		aggregator: Aggregator("digest", asynq.Retention(time.Hour)),
		members: func(ctx context.Context, _ *asynq.Task) string {
			_, members := Members(ctx)
			if len(members) != 1 || members[0].Err != nil {
				return fmt.Sprint(members)
			}
			return string(members[0].Task.Payload())
		},
	}
}

// What the tasks of the story do, by their type. Each is to get the payload of its name.
func (w way) handlers(wrong *atomic.Int64) map[string]asynq.HandlerFunc {
	all := map[string]asynq.HandlerFunc{
		"succeeds": func(ctx context.Context, task *asynq.Task) error {
			return w.result(ctx, task, []byte(canary("result")))
		},
		"fails":    func(context.Context, *asynq.Task) error { return errors.New("can't mail " + canary("error")) },
		"panics":   func(context.Context, *asynq.Task) error { panic("can't mail " + canary("panic")) },
		"periodic": func(context.Context, *asynq.Task) error { return nil },
		"lasts": func(context.Context, *asynq.Task) error { // until the worker has shown it among what it does
			time.Sleep(5500 * time.Millisecond)
			return nil
		},
	}
	for kind, do := range all {
		all[kind] = func(ctx context.Context, task *asynq.Task) error {
			if !strings.HasPrefix(string(task.Payload()), payloadOf(kind)) {
				wrong.Add(1)
			}
			return do(ctx, task)
		}
	}
	all["digest"] = func(ctx context.Context, task *asynq.Task) error {
		if !strings.HasPrefix(w.members(ctx, task), payloadOf("member")) {
			wrong.Add(1)
		}
		return nil
	}
	return all
}

// enqueueAll makes the tasks of the story: some succeed, fail, panic and last, one is of a group.
func (w way) enqueueAll(t *testing.T) {
	t.Helper()
	group := asynq.Group(w.name("group", canary("group")))
	for kind, opts := range map[string][]asynq.Option{
		"succeeds": {asynq.TaskID(w.name("task", canary("id")))},
		"fails":    nil, "panics": nil, "lasts": nil, "member": {group},
	} {
		task := asynq.NewTask(kind, []byte(payloadOf(kind)))
		if kind == "lasts" && withHeader != nil {
			task = withHeader(task, canary("header"))
		}
		opts = append(opts, asynq.MaxRetry(1), asynq.Retention(time.Hour), asynq.Queue(storyQueue))
		if _, err := w.enqueue(task, opts...); err != nil {
			t.Fatal(err)
		}
	}
}

// Asynq before 0.26 has no headers: headers_test.go is for what has.
var (
	withHeader func(task *asynq.Task, value string) *asynq.Task
	sameWith   = func(task *asynq.Task, payload []byte) *asynq.Task { return asynq.NewTask(task.Type(), payload) }
)

const storyQueue = "canary-queue"

// story lets the tasks run, and looks at all that the server keeps and shows, and at what passes on the way to it.
func story(t *testing.T, s *server, connect func(role string) asynq.RedisConnOpt, w way, f *findings) {
	t.Helper()
	seen := s.monitor(t)
	var wrong atomic.Int64
	mux := asynq.NewServeMux()
	mux.Use(w.middleware)
	for kind, handler := range w.handlers(&wrong) {
		mux.HandleFunc(kind, handler)
	}
	worker := asynq.NewServer(connect("worker"), asynq.Config{Queues: map[string]int{storyQueue: 1}, Concurrency: 10,
		LogLevel: asynq.FatalLevel, TaskCheckInterval: 50 * time.Millisecond, DelayedTaskCheckInterval: 200 * time.Millisecond,
		RetryDelayFunc:  func(int, error, *asynq.Task) time.Duration { return 100 * time.Millisecond },
		GroupAggregator: w.aggregator, GroupGracePeriod: time.Second, GroupMaxSize: 1})
	if err := worker.Start(mux); err != nil {
		t.Fatal(err)
	}
	defer worker.Shutdown()
	stop := startScheduler(t, connect("scheduler"), w)
	defer stop()
	w.enqueueAll(t)
	inspector := asynq.NewInspector(s.options)
	defer inspector.Close()
	waitFor(t, "three tasks completed and two are archived", func() bool {
		s.everyKey(t, func(name string, held []byte) { f.search("keys", name, held) })
		f.search("RDB", "dump.rdb", s.dump(t))
		info, err := inspector.GetQueueInfo(storyQueue)
		return err == nil && info.Completed == 3 && info.Archived == 2 && info.ProcessedTotal >= 8
	})
	f.search("AOF", "appendonlydir", s.appended(t))
	f.search("MONITOR", "MONITOR", []byte(seen()))
	if wrong.Load() > 0 {
		t.Errorf("%d times a handler got another payload", wrong.Load())
	}
}

func startScheduler(t *testing.T, options asynq.RedisConnOpt, w way) (stop func()) {
	t.Helper()
	scheduler := asynq.NewScheduler(options, &asynq.SchedulerOpts{LogLevel: asynq.FatalLevel, HeartbeatInterval: time.Second})
	task, err := w.periodic(asynq.NewTask("periodic", []byte(payloadOf("periodic")), asynq.Queue(storyQueue)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := scheduler.Register("@every 2s", task, asynq.Queue(storyQueue)); err != nil {
		t.Fatal(err)
	}
	if err := scheduler.Start(); err != nil {
		t.Fatal(err)
	}
	return scheduler.Shutdown
}
