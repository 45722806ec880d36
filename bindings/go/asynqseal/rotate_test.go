// SPDX-License-Identifier: MIT

package asynqseal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// keysOf counts, for each key, the envelopes of the server's tasks and results that name it.
func (s *stage) keysOf(t *testing.T) map[string]int {
	t.Helper()
	all, client, ctx := map[string]int{}, s.redis(t), context.Background()
	count := func(sealed []byte) []byte {
		if info, err := taskseal.Inspect(sealed); err == nil {
			all[info.Stanzas[0].KeyID]++
		}
		return nil
	}
	for _, key := range client.Keys(ctx, "asynq:{*}:t:*").Val() {
		messageText(t, []byte(client.HGet(ctx, key, "msg").Val()), count)
		count([]byte(client.HGet(ctx, key, "result").Val()))
	}
	return all
}

// blank is the state of the server but for what rotate may change.
func (s *stage) blank(t *testing.T) state {
	t.Helper()
	all := s.state(t, func([]byte) []byte { return nil })
	for name := range all {
		if strings.HasSuffix(name, " result") || strings.Contains(name, "asynq:servers") || strings.Contains(name, "asynq:workers") {
			delete(all, name)
		}
	}
	return all
}

// examples/rotate.c with --layout asynq, on tasks in each state that Asynq knows, while a worker has one of them.
func TestRotateInCMovesTasksInEveryState(t *testing.T) {
	s := newStage(t, Config{})
	release := make(chan struct{})
	handlers := map[string]asynq.HandlerFunc{
		"done": func(ctx context.Context, _ *asynq.Task) error {
			_, err := ResultWriter(ctx).Write([]byte("result"))
			return err
		},
		"fail":  func(context.Context, *asynq.Task) error { return asynq.SkipRetry },
		"again": func(context.Context, *asynq.Task) error { return errors.New("later") },
		"block": func(context.Context, *asynq.Task) error { <-release; return nil },
	}
	kinds := []string{"done", "fail", "again", "block"}
	for _, kind := range kinds {
		s.enqueue(t, asynq.NewTask(kind, []byte("early "+kind)), asynq.Queue("early"), asynq.TaskID(kind), asynq.Retention(time.Hour))
	}
	config := asynq.Config{Queues: map[string]int{"early": 1}, RetryDelayFunc: func(int, error, *asynq.Task) time.Duration { return time.Hour }}
	startWorker(t, s.server, config, s.sealer.Middleware, handlers)
	states := []asynq.TaskState{asynq.TaskStateCompleted, asynq.TaskStateArchived, asynq.TaskStateRetry, asynq.TaskStateActive}
	waitFor(t, "the tasks are in their states", func() bool {
		return !slices.ContainsFunc(kinds, func(kind string) bool {
			info, err := s.inspector.GetTaskInfo("early", kind)
			return err != nil || info.State != states[slices.Index(kinds, kind)]
		})
	})
	for i := range 20 { // more than are moved together
		s.enqueue(t, asynq.NewTask("mail", []byte(fmt.Sprint("waits ", i))), asynq.Queue("late"), asynq.TaskID(fmt.Sprint("waits-", i)))
	}
	s.enqueue(t, asynq.NewTask("mail", []byte("scheduled")), asynq.Queue("late"), asynq.ProcessIn(time.Hour), asynq.TaskID("scheduled"))
	s.enqueue(t, asynq.NewTask("mail", []byte("grouped")), asynq.Queue("late"), asynq.Group("ann"))
	s.addUnknownField(t, "asynq:{late}:t:waits-7")

	before := s.blank(t)
	said, _ := s.inC(t, "TASKSEAL_ROTATE", "", "--layout", "asynq", "--dry-run", "--to", "mail-k02", "early", "late")
	if keys := s.keysOf(t); !strings.HasPrefix(said, "27 envelopes seen, 27 would be moved to mail-k02\n") || keys["mail-k01"] != 27 {
		t.Errorf("a dry run: %s%v", said, keys)
	}
	said, err := s.inC(t, "TASKSEAL_ROTATE", "", "--layout", "asynq", "--to", "mail-k02", "early", "late")
	if err == nil || !strings.HasPrefix(said, "27 envelopes seen, 26 moved to mail-k02\n") || !strings.Contains(said, "left to the workers that have them: 1\n") {
		t.Errorf("with an active task: %v\n%s", err, said)
	}
	if keys := s.keysOf(t); keys["mail-k01"] != 1 || keys["mail-k02"] != 26 {
		t.Error(keys)
	}
	before.assertEqual(t, s.blank(t))

	close(release)
	waitFor(t, "the active task is done", func() bool {
		info, err := s.inspector.GetTaskInfo("early", "block")
		return err == nil && info.State == asynq.TaskStateCompleted
	})
	if said, err = s.inC(t, "TASKSEAL_ROTATE", "", "--layout", "asynq", "--to", "mail-k02", "early", "late"); err != nil {
		t.Errorf("a second run: %v\n%s", err, said)
	}
	if keys := s.keysOf(t); keys["mail-k01"] != 0 || keys["mail-k02"] != 27 {
		t.Error(keys)
	}
	s.workWithNewKeyAlone(t)
}

// addUnknownField gives a message a field that no version of Asynq has yet.
func (s *stage) addUnknownField(t *testing.T, key string) {
	t.Helper()
	client, ctx := s.redis(t), context.Background()
	message := client.HGet(ctx, key, "msg").Val() + "\xb2\x06\x05later"
	if err := client.HSet(ctx, key, "msg", message).Err(); err != nil {
		t.Fatal(err)
	}
}

// workWithNewKeyAlone processes what waits with a keyring that lacks the old key.
func (s *stage) workWithNewKeyAlone(t *testing.T) {
	t.Helper()
	sealer := newSealer(t, Config{Keyring: newRing(t, "mail-k02"), Observe: s.observe})
	startWorker(t, s.server, asynq.Config{Queues: map[string]int{"late": 1}}, sealer.Middleware, map[string]asynq.HandlerFunc{
		"mail": func(_ context.Context, task *asynq.Task) error {
			s.note(string(task.Payload()))
			return nil
		}})
	if err := s.inspector.RunTask("late", "scheduled"); err != nil {
		t.Fatal(err)
	}
	want := []string{"scheduled"}
	for i := range 20 {
		want = append(want, fmt.Sprint("waits ", i))
	}
	s.await(t, want...)
}

// Tasks are re-keyed while workers take them and a producer in C enqueues more; none is lost, and none keeps the old key. 100,000
// of them with tests/go/run --deep.
func TestRotateInCLosesNothingUnderLoad(t *testing.T) {
	tasks := 3000
	if os.Getenv("TASKSEAL_KILLS") != "" {
		tasks = 100000
	}
	s := newStage(t, Config{})
	var lines strings.Builder
	for i := range tasks {
		fmt.Fprintln(&lines, i)
	}
	enqueue := func(queue string) {
		if said, err := s.inC(t, "TASKSEAL_ASYNQ_PRODUCER", lines.String(), queue, "mail"); err != nil || strings.Count(said, " queued\n") != tasks {
			t.Errorf("%v, %d queued", err, strings.Count(said, " queued\n"))
		}
	}
	enqueue("kept") // by no worker
	enqueue("worked")
	sealer := newSealer(t, Config{Keyring: newRing(t, "mail-k01", "mail-k02")}) // workers first
	startWorker(t, s.server, asynq.Config{Queues: map[string]int{"worked": 1}}, sealer.Middleware, map[string]asynq.HandlerFunc{
		"mail": func(_ context.Context, task *asynq.Task) error {
			s.note(string(task.Payload()))
			return nil
		}})
	more := make(chan struct{})
	go func() { defer close(more); enqueue("worked") }()
	for run, begun := 1, time.Now(); ; run++ {
		said, err := s.inC(t, "TASKSEAL_ROTATE", "", "--layout", "asynq", "--to", "mail-k02", "kept", "worked")
		if err == nil && len(s.noted()) >= 2*tasks {
			break
		}
		if limit := time.Minute + time.Duration(tasks)*5*time.Millisecond; time.Since(begun) > limit {
			t.Fatalf("there is no end of it: run %d: %v, %d processed\n%s", run, err, len(s.noted()), said)
		}
	}
	<-more
	got := map[string]int{}
	for _, text := range s.noted() {
		got[text]++
	}
	for i := range tasks {
		if name := fmt.Sprint(i); got[name] != 2 {
			t.Errorf("%s was processed %d times instead of 2", name, got[name])
		}
	}
	if keys := s.keysOf(t); keys["mail-k01"] != 0 || keys["mail-k02"] != tasks {
		t.Error(keys)
	}
}
