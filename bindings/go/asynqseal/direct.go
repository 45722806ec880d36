// SPDX-License-Identifier: MIT

package asynqseal

import (
	"context"
	_ "embed" // the script
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// The script is that of the C library, which bundle.py copies.
//
//go:embed enqueue.lua
var enqueueText string

var enqueueScript = redis.NewScript(enqueueText)

// What the script answers.
const (
	scriptQueued    = 1
	scriptExists    = 0
	scriptDuplicate = -1
)

// direct writes tasks itself, as asynq.Client would: its unique keys are made of the plain payload with a key, where Asynq's
// own would be made of an envelope that is never the same. Stock workers release them.
type direct struct {
	redis  redis.UniversalClient
	listed sync.Map // the queues that asynq:queues holds
}

// NewDirectClient makes a client of a connection, over which it also runs a script of its own: for asynq.Unique with its TTL
// and together with asynq.TaskID, and for EnqueueBatch. All else goes through Asynq's client. Beside what Asynq needs, its
// user needs nothing but +eval, +evalsha, +exists, +type, +hset, +lpush, +zadd, +sadd and +set, on Asynq's keys.
func NewDirectClient(connection asynq.RedisConnOpt, sealer *Sealer) (*Client, error) {
	client, ok := connection.MakeRedisClient().(redis.UniversalClient)
	if !ok {
		return nil, fmt.Errorf("asynqseal: %T makes no redis.UniversalClient", connection)
	}
	return &Client{asynq: asynq.NewClientFromRedisClient(client), direct: &direct{redis: client}, sealer: sealer}, nil
}

// A call of the script, and what its task will be once it is queued.
type scriptCall struct {
	keys   []string
	args   []any
	info   *asynq.TaskInfo
	madeID bool
}

func (d *direct) enqueue(ctx context.Context, s *Sealer, w *wish) (*asynq.TaskInfo, error) {
	c, err := d.seal(s, w)
	if err != nil {
		return nil, err
	}
	return d.run(ctx, c)
}

// seal seals a task and prepares what enqueues it.
func (d *direct) seal(s *Sealer, w *wish) (*scriptCall, error) {
	madeID := w.id == ""
	if madeID {
		w.id = newID()
	}
	sealed, err := s.seal(w)
	if err != nil {
		return nil, err
	}
	return d.call(s, w, sealed, madeID)
}

func (d *direct) call(s *Sealer, w *wish, sealed []byte, madeID bool) (*scriptCall, error) {
	if strings.TrimSpace(w.kind) == "" {
		return nil, errors.New("asynqseal: the type of a task is blank")
	}
	prefix, now := "asynq:{"+w.queue+"}:", time.Now()
	uniqueKey, ttl := "", time.Duration(0)
	if w.unique > 0 {
		tag, err := s.uniqueTag(w)
		if err != nil {
			return nil, err
		}
		uniqueKey, ttl = prefix+"unique:"+w.kind+":"+tag, w.unique
	}
	message, err := w.message(sealed, uniqueKey)
	if err != nil {
		return nil, err
	}
	c := &scriptCall{info: w.info(sealed), madeID: madeID}
	state, at, place := w.place(c.info, now)
	c.keys = []string{prefix + "t:" + w.id, prefix + place}
	if state == "aggregating" {
		c.keys = append(c.keys, prefix+"groups")
	}
	if uniqueKey != "" {
		c.keys = append(c.keys, uniqueKey)
		if w.later(now) {
			ttl = w.due.Add(ttl).Sub(now)
		}
	}
	c.args = []any{w.id, message, state, at, int64(ttl / time.Second), w.group}
	return c, nil
}

// place says where the task goes, and tells it to the caller's info.
func (w *wish) place(info *asynq.TaskInfo, now time.Time) (state string, at int64, place string) {
	switch {
	case w.later(now):
		info.State, info.NextProcessAt = asynq.TaskStateScheduled, w.due
		return "scheduled", w.due.Unix(), "scheduled"
	case w.group != "":
		info.State = asynq.TaskStateAggregating
		return "aggregating", now.Unix(), "g:" + w.group
	}
	info.State, info.NextProcessAt = asynq.TaskStatePending, now
	return "pending", now.UnixNano(), "pending"
}

// info is what the caller is told of the task.
func (w *wish) info(sealed []byte) *asynq.TaskInfo {
	info := &asynq.TaskInfo{ID: w.id, Queue: w.queue, Type: w.kind, Payload: sealed, MaxRetry: w.retry,
		Timeout: time.Duration(w.timeoutSeconds()) * time.Second, Group: w.group, Retention: w.retention.Truncate(time.Second)}
	if !w.deadline.IsZero() {
		info.Deadline = time.Unix(w.deadline.Unix(), 0)
	}
	if field := reflect.ValueOf(info).Elem().FieldByName("Headers"); field.IsValid() { // since Asynq 0.26
		field.Set(reflect.ValueOf(w.headers))
	}
	return info
}

// list adds a queue to those that Asynq's tools show.
func (d *direct) list(ctx context.Context, queue string) error {
	if _, ok := d.listed.Load(queue); ok {
		return nil
	}
	if err := d.redis.SAdd(ctx, "asynq:queues", queue).Err(); err != nil {
		return fmt.Errorf("asynqseal: adding the queue to asynq:queues: %w", err)
	}
	d.listed.Store(queue, true)
	return nil
}

func (d *direct) run(ctx context.Context, c *scriptCall) (*asynq.TaskInfo, error) {
	if err := d.list(ctx, c.info.Queue); err != nil {
		return nil, err
	}
	return c.answer(enqueueScript.Run(ctx, d.redis, c.keys, c.args...))
}

// answer reads what the script has said. An id that was made here exists only if an earlier try has succeeded, whose answer
// was lost.
func (c *scriptCall) answer(cmd *redis.Cmd) (*asynq.TaskInfo, error) {
	n, err := cmd.Int()
	switch {
	case err != nil:
		return nil, fmt.Errorf("asynqseal: enqueueing: %w", err)
	case n == scriptQueued, n == scriptExists && c.madeID:
		return c.info, nil
	case n == scriptExists:
		return nil, fmt.Errorf("%w", asynq.ErrTaskIDConflict)
	case n == scriptDuplicate:
		return nil, fmt.Errorf("%w", asynq.ErrDuplicateTask)
	}
	return nil, fmt.Errorf("asynqseal: enqueueing: the script answered %d", n)
}
