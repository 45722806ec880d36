// SPDX-License-Identifier: MIT

package asynqseal

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/hibiken/asynq"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// A Client enqueues sealed tasks. What it does not have itself is asynq.Client's.
type Client struct {
	*asynq.Client
	sealer *Sealer
}

// NewClient makes a client of Asynq's.
func NewClient(client *asynq.Client, sealer *Sealer) *Client { return &Client{client, sealer} }

// Enqueue is EnqueueContext without a context.
func (c *Client) Enqueue(task *asynq.Task, opts ...asynq.Option) (*asynq.TaskInfo, error) {
	return c.EnqueueContext(context.Background(), task, opts...)
}

// EnqueueContext seals the task's payload, bound to queue, type and id, and enqueues it with all of its options. A payload that
// is sealed already is refused with taskseal.ErrLooksSealed.
//
// With asynq.Unique the task's id is made of its payload, type and queue with the keyring's dedupe key, and the TTL is not
// looked at: a second one is refused with asynq.ErrDuplicateTask while the first one exists in any state, also while
// it is archived or kept by asynq.Retention. It can't be had together with asynq.TaskID.
func (c *Client) EnqueueContext(ctx context.Context, task *asynq.Task, opts ...asynq.Option) (*asynq.TaskInfo, error) {
	if task == nil {
		return nil, errors.New("asynqseal: task cannot be nil")
	}
	w, err := wishOf(append(optionsOf(task)[:len(optionsOf(task)):len(optionsOf(task))], opts...))
	if err != nil {
		return nil, err
	}
	sealed, err := c.sealer.sealTask(task, w)
	if err != nil {
		return nil, err
	}
	info, err := c.Client.EnqueueContext(ctx, sealed, w.rest...)
	if w.unique && errors.Is(err, asynq.ErrTaskIDConflict) {
		return nil, fmt.Errorf("%w", asynq.ErrDuplicateTask)
	}
	return info, err
}

// A wish is what the options of a task ask for, as far as sealing depends on it.
type wish struct {
	queue, id, group string
	unique           bool
	due              time.Time
	rest             []asynq.Option // what Asynq is to be given
}

const defaultQueue = "default"

func wishOf(opts []asynq.Option) (*wish, error) {
	w := &wish{queue: defaultQueue, due: time.Now()}
	for _, opt := range opts {
		switch value := opt.Value().(type) {
		case string:
			w.text(opt.Type(), value)
		case time.Time:
			if opt.Type() == asynq.ProcessAtOpt {
				w.due = value
			}
		case time.Duration:
			if opt.Type() == asynq.ProcessInOpt {
				w.due = time.Now().Add(value)
			}
		}
		if opt.Type() == asynq.UniqueOpt {
			w.unique = true
			continue
		}
		w.rest = append(w.rest, opt)
	}
	if w.unique && w.id != "" {
		return nil, errors.New("asynqseal: asynq.Unique needs the task's id for itself: leave asynq.TaskID out")
	}
	return w, nil
}

func (w *wish) text(kind asynq.OptionType, value string) {
	switch kind {
	case asynq.QueueOpt:
		w.queue = value
	case asynq.TaskIDOpt:
		w.id = value
	case asynq.GroupOpt:
		w.group = value
	}
}

// sealTask makes the id, which Asynq would make too late, and the task that is enqueued.
func (s *Sealer) sealTask(task *asynq.Task, w *wish) (*asynq.Task, error) {
	var err error
	if w.unique {
		w.id, err = s.uniqueID(task, w.queue)
	} else if w.id == "" {
		w.id, err = newID()
	}
	if err != nil {
		return nil, err
	}
	binding := taskseal.Context{Queue: w.queue, Type: task.Type(), ID: w.id}
	if w.group != "" { // the aggregator is told neither queue nor id
		binding = taskseal.Context{Type: task.Type(), Extra: groupWord + w.group}
	}
	sealed, err := s.seal(task.Payload(), binding, w.due)
	if err != nil {
		return nil, err
	}
	w.rest = append(w.rest, asynq.Queue(w.queue), asynq.TaskID(w.id))
	// The task's own options are in w.rest, of which the last ones win; Unique must not be found there.
	other := withPayload(task, sealed, true)
	*at[[]asynq.Option](other, optionsField) = nil
	return other, nil
}

// uniqueID is equal for equal tasks, and tells nothing about them to those who have no key.
func (s *Sealer) uniqueID(task *asynq.Task, queue string) (string, error) {
	payload := task.Payload()
	if payload == nil {
		payload = []byte{}
	}
	tag, err := s.config.Keyring.DedupeTag(payload, taskseal.DedupeOptions{Queue: queue, Type: task.Type()})
	if err != nil {
		return "", fmt.Errorf("asynqseal: asynq.Unique: %w", err)
	}
	return "unique-" + tag.String(), nil
}

func newID() (string, error) {
	var id [16]byte
	if _, err := rand.Read(id[:]); err != nil {
		return "", err
	}
	return hex.EncodeToString(id[:]), nil
}

// SealPeriodic seals a task for asynq.Scheduler or a PeriodicTaskConfig, bound to the queue that opts (or the task) name, and its type. Do it
// once for each entry: PeriodicTaskManager takes another payload for another entry. It has no id yet, so whoever can
// write to the server can enqueue it again; and it must not expire, so Config.Lifetime does not count.
func (s *Sealer) SealPeriodic(task *asynq.Task, opts ...asynq.Option) (*asynq.Task, error) {
	w, err := wishOf(append(optionsOf(task)[:len(optionsOf(task)):len(optionsOf(task))], opts...))
	if err != nil {
		return nil, err
	}
	if w.unique || w.group != "" || w.id != "" {
		return nil, errors.New("asynqseal: a periodic task is not sealed for asynq.Unique, asynq.Group or asynq.TaskID")
	}
	sealed, err := s.config.Keyring.Seal(task.Payload(), taskseal.SealOptions{
		Context: taskseal.Context{Queue: w.queue, Type: task.Type(), Extra: periodicWord},
		Suite:   s.config.Suite, Padded: s.config.Padded})
	if err != nil {
		return nil, err
	}
	return withPayload(task, sealed, true), nil
}
