// SPDX-License-Identifier: MIT

package asynqseal

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

const randomTasks = 40

// A randomTask is one task as options of both producers.
type randomTask struct {
	queue, kind, id, group string
	payload                string
	later                  bool
	flags                  []string
	options                []asynq.Option
}

// Pieces of names: what keys are made of, all kinds of white space, what UTF-8 is not.
var pieces = []string{"a", "a", "ann", "ß", "日本", "\U0010ffff", " ", "\t", "\n", "\u00a0", "\u2028", "\u3000", "{", "{a", ":", "t:", "g:",
	"unique:", "%s", "*", "\"", "\\", "\x01", "}", "\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80"}

// nameOf makes a fair one more often than not.
func nameOf(r *rand.Rand) string {
	var name strings.Builder
	fair := r.IntN(4) > 0
	for range 1 + r.IntN(4) {
		if fair {
			name.WriteString(pieces[r.IntN(len(pieces)-5)])
		} else {
			name.WriteString(pieces[r.IntN(len(pieces))])
		}
	}
	return name.String()
}

// secondsOf are few, or as many as Asynq can count, or something between.
func secondsOf(r *rand.Rand, most int64) int64 {
	switch r.IntN(4) {
	case 0:
		return most
	case 1:
		return r.Int64N(3)
	}
	return r.Int64N(min(most, int64(1)<<r.IntN(40)) + 1)
}

func (task *randomTask) add(name string, value any, option asynq.Option) {
	task.flags = append(task.flags, fmt.Sprintf("--%s=%v", name, value))
	task.options = append(task.options, option)
}

func (task *randomTask) addTimes(r *rand.Rand) {
	const counted = math.MaxInt64 / int64(time.Second)
	duration := func(seconds int64) time.Duration { return time.Duration(seconds) * time.Second }
	most := int64(253402300799) // 9999-12-31
	if r.IntN(3) == 0 {
		ttl := 1 + secondsOf(r, 1e9)
		task.add("unique", ttl, asynq.Unique(duration(ttl)))
		most = 4e9 // Asynq counts what remains until then in nanoseconds
	}
	switch r.IntN(4) {
	case 0:
		at := secondsOf(r, most)
		task.add("at", at, asynq.ProcessAt(time.Unix(at, 0)))
		task.later = at > time.Now().Unix()+3600
	case 1:
		in := r.Int64N(2) * (3600 + secondsOf(r, 1e9))
		task.add("in", in, asynq.ProcessIn(duration(in)))
		task.later = in > 0
	}
	if r.IntN(3) == 0 {
		timeout := secondsOf(r, counted)
		task.add("timeout", timeout, asynq.Timeout(duration(timeout)))
	}
	if r.IntN(3) == 0 {
		deadline := secondsOf(r, 253402300799)
		task.add("deadline", deadline, asynq.Deadline(time.Unix(deadline, 0)))
	}
	if r.IntN(3) == 0 {
		retention := secondsOf(r, counted)
		task.add("retention", retention, asynq.Retention(duration(retention)))
	}
}

func newRandomTask(r *rand.Rand) *randomTask {
	task := &randomTask{queue: nameOf(r), kind: nameOf(r), id: nameOf(r), payload: strings.Repeat("canary ", 1+r.IntN(40))}
	task.add("id", task.id, asynq.TaskID(task.id))
	if r.IntN(3) == 0 {
		task.group = nameOf(r)
		task.add("group", task.group, asynq.Group(task.group))
	}
	if r.IntN(3) == 0 {
		retries := secondsOf(r, math.MaxInt32)
		task.add("retries", retries, asynq.MaxRetry(int(retries)))
	}
	task.addTimes(r)
	task.flags = append(task.flags, "--", task.queue, task.kind)
	task.options = append(task.options, asynq.Queue(task.queue))
	return task
}

func (task *randomTask) bound() taskseal.Context {
	if task.group != "" && !task.later {
		return taskseal.Context{Queue: task.queue, Type: task.kind, Extra: "asynq group " + task.group}
	}
	return taskseal.Context{Queue: task.queue, Type: task.kind, ID: task.id}
}

// What Go refuses, C refuses, and writes nothing; what Go writes, C writes. Only queues with '}' are C's own to refuse.
func TestRandomTasksOfCAreThoseOfGo(t *testing.T) {
	s := newStage(t, Config{})
	ctx, redis := context.Background(), s.redis(t)
	r := rand.New(rand.NewPCG(7, 7))
	queued := 0
	for i := range randomTasks {
		task := newRandomTask(r)
		redis.FlushAll(ctx)
		stock := asynq.NewClient(s.options) // a new one: it remembers which queues it has listed
		_, goErr := stock.Enqueue(asynq.NewTask(task.kind, []byte(task.payload)), task.options...)
		_ = stock.Close()
		wanted := s.state(t, nil)
		redis.FlushAll(ctx)
		said, err := s.inC(t, "TASKSEAL_ASYNQ_PRODUCER", task.payload+"\n", task.flags...)
		if goErr != nil || strings.Contains(task.queue, "}") {
			if err == nil || said != "" || len(s.state(t, nil)) != 0 { // it says so before it reads a line
				t.Errorf("%d: %q: Go says %v, and C %q, %v", i, task.flags, goErr, said, err)
			}
			continue
		}
		if err != nil || said != task.id+" queued\n" {
			t.Errorf("%d: %q: C says %q, %v", i, task.flags, said, err)
			continue
		}
		queued++
		wanted.assertEqual(t, s.state(t, func(sealed []byte) []byte {
			opened, _, err := s.ring.Open(sealed, taskseal.OpenOptions{Context: task.bound()})
			if err != nil {
				t.Errorf("%d: %q: %v", i, task.flags, err)
			}
			return opened
		}))
	}
	if queued < randomTasks/4 || queued > randomTasks*3/4 {
		t.Errorf("%d of %d were queued", queued, randomTasks)
	}
}
