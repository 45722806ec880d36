// SPDX-License-Identifier: MIT

package asynqseal

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hibiken/asynq"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// Middleware opens tasks before they reach next, in a buffer of their own: what Asynq keeps of the task, and writes back when
// it is retried, stays sealed. It belongs in front of all middleware that looks at payloads or errors.
func (s *Sealer) Middleware(next asynq.Handler) asynq.Handler {
	return asynq.HandlerFunc(func(ctx context.Context, task *asynq.Task) error {
		if s.config.TypedOnly {
			return ErrTypedOnly
		}
		j, err := s.receive(ctx, task)
		if err != nil {
			return err
		}
		j.given = *task
		setPayload(&j.given, j.payload, s.config.PlainResults)
		return j.run(func() error { return next.ProcessTask(j, &j.given) })
	})
}

// A job is an opened task on its way to its handler. It is also the context that the handler gets.
type job struct {
	context.Context
	sealer  *Sealer
	task    *asynq.Task // Asynq's own
	given   asynq.Task  // the handler's, if it wants one
	payload []byte
	event   Event
	bundle  *bundle // nil: it is none
}

type jobKey struct{}

// Format keeps the payload out of what is printed of a context, whatever the verb.
func (j *job) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "context of task %s", j.event.ID) }

// Value gives the job itself to those who have its key.
func (j *job) Value(key any) any {
	if key == (jobKey{}) {
		return j
	}
	return j.Context.Value(key)
}

func jobOf(ctx context.Context) *job {
	j, _ := ctx.Value(jobKey{}).(*job)
	return j
}

// Payload is the opened payload of the task whose handler got ctx, also behind more middleware; nil if there is none, or it
// is a bundle.
func Payload(ctx context.Context) []byte {
	if j := jobOf(ctx); j != nil {
		return j.payload
	}
	return nil
}

var (
	errNoTask = errors.New("asynqseal: the context names no queue or id: this is for asynq.Server's handlers")
	errQueue  = fmt.Errorf("asynqseal: the task names a queue that Config.Queues does not: %w: %w", taskseal.ErrContextMismatch, asynq.SkipRetry)
)

func (s *Sealer) receive(ctx context.Context, task *asynq.Task) (*job, error) {
	queue, okQueue := asynq.GetQueueName(ctx)
	id, okID := asynq.GetTaskID(ctx)
	if !okQueue || !okID || queue == "" || id == "" || task.Type() == "" {
		return nil, errNoTask
	}
	if s.config.Queues != nil && !slices.Contains(s.config.Queues, queue) {
		s.tell(&Event{Queue: queue, Type: task.Type(), ID: id, Outcome: Refused, Err: errQueue})
		return nil, errQueue
	}
	j := &job{Context: ctx, sealer: s, task: task}
	j.event.Queue, j.event.Type, j.event.ID = queue, task.Type(), id
	if isBundle(task.Payload()) {
		var err error
		j.bundle, err = s.openBundle(queue, task.Type(), id, task.Payload())
		return j, err
	}
	j.payload = s.open(&j.event, task.Payload())
	return j, j.event.Err
}

// run calls the handler. What comes back, as an error or a panic, says nothing that is secret.
func (j *job) run(handle func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			panic(j.hide(fmt.Errorf("panic: %v", cause), fmt.Sprintf("panic of %T at %s", cause, placeOfPanic())))
		}
	}()
	return j.hideError(handle())
}
