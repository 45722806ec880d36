// SPDX-License-Identifier: MIT

package asynqseal

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"google.golang.org/protobuf/encoding/protowire"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// keysOf counts, for each key, the envelopes of the server's tasks and results that name it: payloads, members of bundles and
// texts of errors.
func (s *stage) keysOf(t *testing.T) map[string]int {
	t.Helper()
	all, client, ctx := map[string]int{}, s.redis(t), context.Background()
	count := func(sealed []byte) {
		if info, err := taskseal.Inspect(sealed); err == nil {
			all[info.Stanzas[0].KeyID]++
		}
	}
	for _, key := range client.Keys(ctx, "asynq:{*}:t:*").Val() {
		message := []byte(client.HGet(ctx, key, "msg").Val())
		if sealed, err := taskseal.DecodeText(errorTextOf(t, message)); err == nil {
			count(sealed)
		}
		messageText(t, message, func(payload []byte) []byte {
			if !isBundle(payload) {
				count(payload)
			} else if _, members, err := readBundle(payload); err == nil {
				for _, member := range members {
					count(member.sealed)
				}
			}
			return nil
		})
		count([]byte(client.HGet(ctx, key, "result").Val()))
	}
	return all
}

// errorTextOf is the text of the error in a message, from an envelope's beginning on.
func errorTextOf(t *testing.T, message []byte) string {
	t.Helper()
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		size := protowire.ConsumeFieldValue(number, kind, message[max(n, 0):])
		if n < 0 || size < 0 {
			t.Fatal("that is no message")
		}
		if number == 7 {
			text, _ := protowire.ConsumeString(message[n:])
			return text[max(strings.Index(text, taskseal.TextPrefix), 0):]
		}
		message = message[n+size:]
	}
	return ""
}

// blank is the state of the server but for what re-keying may change; the times of lists exactly.
func (s *stage) blank(t *testing.T) state {
	t.Helper()
	all := s.state(t, func(payload []byte) []byte {
		if !isBundle(payload) {
			return nil
		}
		group, members, err := readBundle(payload)
		return fmt.Append(nil, "bundle of ", group, len(members), err)
	})
	for name, one := range all {
		switch {
		case strings.HasSuffix(name, " result") || strings.Contains(name, "asynq:servers") || strings.Contains(name, "asynq:workers"):
			delete(all, name)
		case one.text == "":
			all[name] = cell{text: fmt.Sprint(one.number)}
		default:
			all[name] = cell{sealedText.ReplaceAllString(one.text, taskseal.TextPrefix), one.number}
		}
	}
	return all
}

var sealedText = regexp.MustCompile(regexp.QuoteMeta(taskseal.TextPrefix) + `[\w-]+`)

// rewrap runs `taskseal rewrap` on two queues; it has found so many envelopes.
func (s *stage) rewrap(t *testing.T, arguments ...string) (map[string]any, error) {
	t.Helper()
	said, err := s.inC(t, "TASKSEAL_TOOL", "", append([]string{"rewrap", "--server", "--json", "--layout", "asynq", "--to", "mail-k02",
		"--queue", "early", "--queue", "late"}, arguments...)...)
	found := map[string]any{}
	if e := json.Unmarshal([]byte(said), &found); e != nil {
		t.Fatalf("%v: %v: %s", err, e, said)
	}
	return found, err
}

// enqueueBundle enqueues what asynqseal's Aggregator makes of two members.
func (s *stage) enqueueBundle(t *testing.T) {
	t.Helper()
	var members []*asynq.Task
	for _, payload := range []string{"member 1", "member 2"} {
		sealed, err := s.sealer.seal(&wish{kind: "mail", queue: "late", group: "ann", payload: []byte(payload)})
		if err != nil {
			t.Fatal(err)
		}
		members = append(members, asynq.NewTask("mail", sealed))
	}
	if _, err := s.plain.Enqueue(Aggregator("digest").Aggregate("ann", members), asynq.Queue("late"), asynq.TaskID("bundle")); err != nil {
		t.Fatal(err)
	}
}

// Tasks in each state that Asynq knows, while a worker has one of them: by examples/rotate.c, which goes nowhere, and `taskseal
// rewrap`, which is built of the same engine.
func TestTasksInEveryStateAreRekeyed(t *testing.T) {
	s := newStage(t, Config{Errors: SealErrors})
	release := make(chan struct{})
	handlers := map[string]asynq.HandlerFunc{
		"done": func(ctx context.Context, _ *asynq.Task) error {
			_, err := ResultWriter(ctx).Write([]byte("result"))
			return err
		},
		"fail":  func(context.Context, *asynq.Task) error { return fmt.Errorf("no such address: %w", asynq.SkipRetry) },
		"again": func(context.Context, *asynq.Task) error { panic("later") },
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
	direct, err := NewDirectClient(s.options, s.sealer)
	if err != nil {
		t.Fatal(err)
	}
	defer direct.Close()
	if _, err := direct.Enqueue(asynq.NewTask("mail", []byte("unique")), asynq.Queue("late"), asynq.Unique(time.Hour)); err != nil {
		t.Fatal(err)
	}
	s.enqueueBundle(t)
	s.addUnknownField(t, "asynq:{late}:t:waits-7")

	before := s.blank(t)
	said, _ := s.inC(t, "TASKSEAL_ROTATE", "", "--layout", "asynq", "--dry-run", "--to", "mail-k02", "early", "late")
	if keys := s.keysOf(t); !strings.HasPrefix(said, "32 envelopes seen, 32 would be moved to mail-k02\n") || keys["mail-k01"] != 32 {
		t.Errorf("a dry run: %s%v", said, keys)
	}
	found, err := s.rewrap(t)
	if err == nil || found["envelopes"] != 32.0 || found["moved"] != 31.0 || found["active"] != 1.0 || found["done"] != false {
		t.Errorf("with an active task: %v\n%v", err, found)
	}
	if keys := s.keysOf(t); keys["mail-k01"] != 1 || keys["mail-k02"] != 31 {
		t.Error(keys)
	}
	before.assertEqual(t, s.blank(t))
	report, _ := s.inC(t, "TASKSEAL_TOOL", "", "key", "drain-report", "--server", "--match", "asynq:{*}:t:*")
	if !strings.Contains(report, "mail-k01 (active): 1 envelope,") || !strings.Contains(report, "mail-k02 (active): 31 envelopes,") {
		t.Errorf("the drain report: %s", report)
	}

	close(release)
	waitFor(t, "the active task is done", func() bool {
		info, err := s.inspector.GetTaskInfo("early", "block")
		return err == nil && info.State == asynq.TaskStateCompleted
	})
	if found, err = s.rewrap(t); err != nil || found["done"] != true {
		t.Errorf("a second run: %v\n%v", err, found)
	}
	if keys := s.keysOf(t); keys["mail-k01"] != 0 || keys["mail-k02"] != 32 {
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
	sealer := newSealer(t, Config{Keyring: newRing(t, "mail-k02"), Observe: s.observe, Bundles: []string{"digest"}})
	config := asynq.Config{Queues: map[string]int{"late": 1}, GroupAggregator: Aggregator("digest"), GroupGracePeriod: time.Second}
	startWorker(t, s.server, config, sealer.Middleware, map[string]asynq.HandlerFunc{
		"mail": func(_ context.Context, task *asynq.Task) error {
			s.note(string(task.Payload()))
			return nil
		},
		"digest": func(ctx context.Context, _ *asynq.Task) error {
			_, members := Members(ctx)
			for _, member := range members {
				s.note(string(member.Task.Payload()))
			}
			return nil
		}})
	s.readWithNewKeyAlone(t, sealer)
	if err := s.inspector.RunTask("late", "scheduled"); err != nil {
		t.Fatal(err)
	}
	want := []string{"scheduled", "grouped", "unique", "member 1", "member 2"}
	for i := range 20 {
		want = append(want, fmt.Sprint("waits ", i))
	}
	s.await(t, want...)
}

// readWithNewKeyAlone reads the result and the texts of errors that were kept.
func (s *stage) readWithNewKeyAlone(t *testing.T, sealer *Sealer) {
	t.Helper()
	info, err := s.inspector.GetTaskInfo("early", "done")
	if err != nil {
		t.Fatal(err)
	}
	if result, err := sealer.OpenResult("early", "done", "done", info.Result); string(result) != "result" || err != nil {
		t.Errorf("the result: %q, %v", result, err)
	}
	for kind, want := range map[string]string{"fail": "no such address", "again": "panic: later"} {
		info, err := s.inspector.GetTaskInfo("early", kind)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := sealer.OpenError("early", kind, kind, info.LastErr); !strings.HasPrefix(text, want) || err != nil {
			t.Errorf("the error of %s: %q, %v", kind, text, err)
		}
	}
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
