// SPDX-License-Identifier: MIT

package asynqseal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"google.golang.org/protobuf/encoding/protowire"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// goDirect gives the stage a client with a connection of its own.
func (s *stage) goDirect(t *testing.T) {
	t.Helper()
	client, err := NewDirectClient(s.options, s.sealer)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	s.client = client
}

// fieldsOf takes a message apart, so that two can be compared but for some fields.
func fieldsOf(t *testing.T, message []byte) map[protowire.Number]string {
	t.Helper()
	fields := map[protowire.Number]string{}
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		value := protowire.ConsumeFieldValue(number, kind, message[max(n, 0):])
		if n < 0 || value < 0 {
			t.Fatalf("no message: %x", message)
		}
		fields[number] += string(message[n : n+value])
		message = message[n+value:]
	}
	return fields
}

// What the script writes is what Asynq's client writes for the same options, but for payload and unique key.
func TestDirectWritesWhatAsynqWrites(t *testing.T) {
	s := newStage(t, Config{})
	s.goDirect(t)
	looking, due := s.redis(t), time.Now().Add(time.Hour)
	for name, opts := range map[string][]asynq.Option{
		"pending":   {asynq.MaxRetry(3), asynq.Timeout(90 * time.Second), asynq.Retention(time.Hour)},
		"scheduled": {asynq.ProcessAt(due), asynq.Deadline(due.Add(time.Hour)), asynq.Queue("critical"), asynq.MaxRetry(0)},
		"far":       {asynq.ProcessAt(time.Unix(13569465600, 0)), asynq.Queue("critical")}, // in 2400: more than a Duration counts
		"group":     {asynq.Group("ann"), asynq.Queue("news")},
	} {
		var written [2]map[string]string
		var infos [2]*asynq.TaskInfo
		for i, enqueue := range []func(*asynq.Task, ...asynq.Option) (*asynq.TaskInfo, error){s.plain.Enqueue, s.client.Enqueue} {
			task := asynq.NewTask("mail", []byte("payload of "+name))
			info, err := enqueue(task, append(opts, asynq.TaskID(fmt.Sprint(name, "-", i)), asynq.Unique(time.Minute))...)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			infos[i] = info
			key := "asynq:{" + info.Queue + "}:t:" + info.ID
			if written[i], err = looking.HGetAll(t.Context(), key).Result(); err != nil {
				t.Fatal(err)
			}
		}
		if a, b := fmt.Sprint(keysOf(written[0])), fmt.Sprint(keysOf(written[1])); a != b {
			t.Errorf("%s: Asynq writes the fields %s, we %s", name, a, b)
		}
		a, b := fieldsOf(t, []byte(written[0]["msg"])), fieldsOf(t, []byte(written[1]["msg"]))
		for _, other := range []protowire.Number{fieldPayload, fieldUniqueKey, fieldID} {
			if a[other] == "" || b[other] == "" || a[other] == b[other] {
				t.Errorf("%s: field %d is %q and %q", name, other, a[other], b[other])
			}
			delete(a, other)
			delete(b, other)
		}
		if fmt.Sprint(a) != fmt.Sprint(b) {
			t.Errorf("%s: Asynq writes %q, we %q", name, a, b)
		}
		told := func(i *asynq.TaskInfo) string {
			return fmt.Sprint(i.Queue, i.Type, i.State, i.MaxRetry, i.Timeout, i.Deadline.Unix(), i.Group, i.Retention,
				i.NextProcessAt.Truncate(10*time.Minute))
		}
		if told(infos[0]) != told(infos[1]) {
			t.Errorf("%s: Asynq tells %s, we %s", name, told(infos[0]), told(infos[1]))
		}
	}
	if queues, err := s.inspector.Queues(); err != nil || len(queues) != 3 {
		t.Errorf("the queues are %v, %v", queues, err)
	}
}

func keysOf(hash map[string]string) []string {
	var names []string
	for _, name := range []string{"msg", "state", "pending_since", "unique_key", "group"} {
		if hash[name] != "" {
			names = append(names, name)
		}
	}
	return names
}

// With a connection of its own Unique is as in Asynq: its TTL counts, TaskID goes with it, and whoever does the task, a stock
// worker too, releases it. The key tells nothing to those who have no dedupe key.
func TestDirectUnique(t *testing.T) {
	s := newStage(t, Config{})
	s.goDirect(t)
	task := asynq.NewTask("mail", []byte("once"), asynq.Unique(time.Hour), asynq.TaskID("mine"), asynq.Retention(time.Hour))
	if info := s.enqueue(t, task); info.ID != "mine" {
		t.Errorf("the id is %s", info.ID)
	}
	if _, err := s.client.Enqueue(task, asynq.TaskID("another")); !errors.Is(err, asynq.ErrDuplicateTask) {
		t.Errorf("the same task again: %v", err)
	}
	if _, err := s.client.Enqueue(asynq.NewTask("mail", []byte("other")), asynq.Unique(time.Hour), asynq.TaskID("mine")); !errors.Is(err, asynq.ErrTaskIDConflict) {
		t.Errorf("the same id again: %v", err)
	}
	s.enqueue(t, asynq.NewTask("mail", []byte("other"))) // the conflict has left no lock behind
	looking := s.redis(t)
	keys := looking.Keys(t.Context(), "asynq:{default}:unique:*").Val()
	if len(keys) != 1 || !strings.HasPrefix(keys[0], "asynq:{default}:unique:mail:") || len(keys[0]) != len("asynq:{default}:unique:mail:")+64 {
		t.Fatalf("the unique keys are %q", keys)
	}
	if ttl := looking.TTL(t.Context(), keys[0]).Val(); ttl < 59*time.Minute || ttl > time.Hour {
		t.Errorf("the lock lasts %v", ttl)
	}
	s.enqueue(t, asynq.NewTask("mail", []byte("later")), asynq.Unique(time.Hour), asynq.ProcessIn(time.Hour))
	s.work(t, asynq.Config{})
	s.await(t, "mail once", "mail other")
	waitFor(t, "the lock is released although the task is retained", func() bool { return looking.Exists(t.Context(), keys[0]).Val() == 0 })
	s.enqueue(t, task, asynq.TaskID("next"))
}

func TestDirectUniqueEndsWithItsTTL(t *testing.T) {
	s := newStage(t, Config{})
	s.goDirect(t)
	task := asynq.NewTask("mail", []byte("once"), asynq.Unique(time.Second))
	s.enqueue(t, task)
	if _, err := s.client.Enqueue(task); !errors.Is(err, asynq.ErrDuplicateTask) {
		t.Errorf("at once: %v", err)
	}
	time.Sleep(1100 * time.Millisecond)
	s.enqueue(t, task)
}

// A worker without the package gets what is sealed and releases its lock.
func TestStockWorkersReleaseUniqueTasks(t *testing.T) {
	s := newStage(t, Config{})
	s.goDirect(t)
	task := asynq.NewTask("mail", []byte("once"), asynq.Unique(time.Hour))
	payload := s.enqueue(t, task).Payload
	stock := func(next asynq.Handler) asynq.Handler { return next }
	startWorker(t, s.server, asynq.Config{}, stock, map[string]asynq.HandlerFunc{"mail": func(_ context.Context, task *asynq.Task) error {
		if bytes.Equal(task.Payload(), payload) {
			s.note("sealed")
		}
		return nil
	}})
	s.await(t, "sealed")
	waitFor(t, "it is unique no more", func() bool {
		_, err := s.client.Enqueue(task)
		return err == nil
	})
}

func TestDirectRefusesWhatWouldStopAQueue(t *testing.T) {
	s := newStage(t, Config{})
	s.goDirect(t)
	unique := asynq.Unique(time.Hour)
	for name, task := range map[string]*asynq.Task{
		"a type that is no UTF-8": asynq.NewTask("mail\xff", nil, unique),
		"an id that is no UTF-8":  asynq.NewTask("mail", nil, unique, asynq.TaskID("\xff")),
		"a blank type":            asynq.NewTask(" ", nil, unique),
		"a blank id":              asynq.NewTask("mail", nil, unique, asynq.TaskID("")),
		"a blank queue":           asynq.NewTask("mail", nil, unique, asynq.Queue(" ")),
		"a TTL below a second":    asynq.NewTask("mail", nil, asynq.Unique(time.Millisecond)),
		"no task":                 nil,
	} {
		if _, err := s.client.Enqueue(task); err == nil {
			t.Errorf("%s was enqueued", name)
		}
	}
	if keys := s.redis(t).Keys(t.Context(), "*").Val(); len(keys) > 0 {
		t.Errorf("the server holds %q", keys)
	}
	if _, err := NewDirectClient(noConnection{}, s.sealer); err == nil {
		t.Error("a connection that is none")
	}
}

type noConnection struct{}

func (noConnection) MakeRedisClient() any { return nil }

func TestBatches(t *testing.T) {
	for name, direct := range map[string]bool{"direct": true, "by Asynq's client": false} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, Config{})
			if direct {
				s.goDirect(t)
			}
			envelope := s.enqueue(t, asynq.NewTask("mail", []byte("first"), asynq.TaskID("taken"))).Payload
			var tasks []*asynq.Task
			var want []string
			for i := range perRoundTrip + 10 {
				tasks = append(tasks, asynq.NewTask("mail", fmt.Append(nil, "batch ", i), asynq.TaskID(fmt.Sprint("batch-", i))))
				want = append(want, fmt.Sprint("mail batch ", i))
			}
			bad := map[int]error{3: asynq.ErrTaskIDConflict, 5: taskseal.ErrLooksSealed, 260: nil}
			tasks[3] = asynq.NewTask("mail", []byte("again"), asynq.TaskID("taken"))
			tasks[5] = asynq.NewTask("mail", envelope)
			tasks[260] = nil
			for i, result := range s.client.EnqueueBatch(t.Context(), tasks, asynq.MaxRetry(1)) {
				wanted, isBad := bad[i]
				if isBad != (result.Err != nil) || isBad && wanted != nil && !errors.Is(result.Err, wanted) {
					t.Errorf("task %d: %v", i, result.Err)
				}
				if !isBad && (result.Info.ID != fmt.Sprint("batch-", i) || result.Info.MaxRetry != 1) {
					t.Errorf("task %d is told as %+v", i, result.Info)
				}
			}
			for _, i := range []int{260, 5, 3} {
				want = append(want[:i], want[i+1:]...)
			}
			s.work(t, asynq.Config{})
			s.await(t, append(want, "mail first")...)
		})
	}
}
