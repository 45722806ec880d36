// SPDX-License-Identifier: MIT

package asynqseal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hibiken/asynq"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// An Outcome is what became of a task's envelope.
type Outcome string

// The outcomes. A refused task's Event has the error too.
const (
	Opened        Outcome = "opened"
	PlainAccepted Outcome = "plain-accepted"
	PlainRefused  Outcome = "plain-refused"
	KeyMissing    Outcome = "key-missing" // tried again later
	Expired       Outcome = "expired"
	Refused       Outcome = "refused"
)

// An Event tells of one task that a worker got. It holds nothing secret.
type Event struct {
	Queue, Type, ID string
	Outcome         Outcome
	Opened          taskseal.Opened // of Opened
	Err             error           // of what is refused or tried again
}

// ErrPlain is what becomes of a task that is not sealed where only sealed ones are accepted. It wraps asynq.SkipRetry.
var ErrPlain = fmt.Errorf("asynqseal: the task is not sealed: %w", asynq.SkipRetry)

// Middleware opens tasks before they reach next, in a buffer of their own: what Asynq keeps of the task, and writes back when
// it is retried, stays sealed. It belongs in front of all middleware that looks at payloads or errors.
func (s *Sealer) Middleware(next asynq.Handler) asynq.Handler {
	return asynq.HandlerFunc(func(ctx context.Context, task *asynq.Task) error {
		j, err := s.receive(ctx, task)
		if err != nil {
			return err
		}
		return j.run(ctx, next)
	})
}

// A job is an opened task on its way to its handler.
type job struct {
	sealer *Sealer
	task   *asynq.Task // Asynq's own
	given  *asynq.Task // the handler's
	queue  string
	id     string

	group   string // of a bundle
	members []Member
}

type jobKey struct{}

func (s *Sealer) receive(ctx context.Context, task *asynq.Task) (*job, error) {
	j := &job{sealer: s, task: task}
	var okQueue, okID bool
	j.queue, okQueue = asynq.GetQueueName(ctx)
	j.id, okID = asynq.GetTaskID(ctx)
	if !okQueue || !okID || j.queue == "" || j.id == "" || task.Type() == "" {
		return nil, errors.New("asynqseal: the context names no queue or id: the middleware is for asynq.Server's handlers")
	}
	if isBundle(task.Payload()) {
		var err error
		j.group, j.members, err = s.openBundle(j.queue, string(task.Payload()))
		j.given = withPayload(task, nil, s.config.PlainResults)
		return j, err
	}
	payload, event := s.open(task, j.queue, j.id)
	s.tell(event)
	if event.Err != nil {
		return nil, event.Err
	}
	j.given = withPayload(task, payload, s.config.PlainResults)
	return j, nil
}

// open gives the payload, or an Event with an error.
func (s *Sealer) open(task *asynq.Task, queue, id string) ([]byte, Event) {
	sealed := task.Payload()
	if payload, event, plain := s.openPlain(sealed, queue, task.Type(), id); plain {
		return payload, event
	}
	payload, event := s.openBound(sealed, taskseal.Context{Queue: queue, Type: task.Type(), ID: id}, queue, task.Type(), id)
	if errors.Is(event.Err, taskseal.ErrContextMismatch) { // not bound to this id: perhaps it never had one
		periodic := taskseal.Context{Queue: queue, Type: task.Type(), Extra: periodicWord}
		if again, opened := s.openBound(sealed, periodic, queue, task.Type(), id); opened.Err == nil {
			return again, opened
		}
	}
	return payload, event
}

// openPlain is for what is not sealed, which the policy may accept; `plain` is false for all else.
func (s *Sealer) openPlain(payload []byte, queue, kind, id string) (accepted []byte, event Event, plain bool) {
	if taskseal.IsSealed(payload) != taskseal.Plain {
		return nil, Event{}, false
	}
	event = Event{Queue: queue, Type: kind, ID: id, Outcome: PlainAccepted}
	if time.Now().Before(s.policy(queue, kind).AcceptPlain) {
		return append([]byte(nil), payload...), event, true
	}
	event.Outcome, event.Err = PlainRefused, ErrPlain
	return nil, event, true
}

func (s *Sealer) openBound(sealed []byte, bound taskseal.Context, queue, kind, id string) ([]byte, Event) {
	event := Event{Queue: queue, Type: kind, ID: id, Outcome: Opened}
	payload, opened, err := s.config.Keyring.Open(sealed, taskseal.OpenOptions{Context: bound})
	if err == nil {
		event.Opened = opened
		return payload, event
	}
	event.Outcome, event.Err = s.refusal(sealed, err)
	return nil, event
}

func (s *Sealer) policy(queue, kind string) Policy {
	if s.config.Policy == nil {
		return Policy{}
	}
	return s.config.Policy(queue, kind)
}

// refusal says what Asynq is to do: retry what may succeed later, until a key has been missing for too long; archive the rest.
func (s *Sealer) refusal(sealed []byte, err error) (Outcome, error) {
	outcome := Refused
	switch {
	case errors.Is(err, taskseal.ErrUnknownKey), errors.Is(err, taskseal.ErrKeyUnavailable):
		outcome = KeyMissing
		info, e := taskseal.Inspect(sealed)
		if e != nil || time.Since(info.SealedAt) > s.config.KeyWait {
			return Refused, fmt.Errorf("%w, for longer than %v: %w", err, s.config.KeyWait, asynq.SkipRetry)
		}
	case errors.Is(err, taskseal.ErrExpired):
		outcome = Expired
	}
	if taskseal.Permanent(err) {
		err = fmt.Errorf("%w: %w", err, asynq.SkipRetry)
	}
	return outcome, err
}

func (s *Sealer) tell(event Event) {
	if event.Err != nil {
		s.config.Logger.Warn("task refused", "queue", event.Queue, "type", event.Type, "id", event.ID,
			"outcome", string(event.Outcome), "reason", taskseal.CodeOf(event.Err).Name())
	}
	if s.config.Observe != nil {
		s.config.Observe(event)
	}
}

// run calls the handler. What comes back, as an error or a panic, says nothing that is secret.
func (j *job) run(ctx context.Context, next asynq.Handler) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			panic(j.hide(fmt.Errorf("panic: %v", cause), fmt.Sprintf("panic of %T", cause)))
		}
	}()
	return j.hideError(next.ProcessTask(context.WithValue(ctx, jobKey{}, j), j.given))
}

// IsFailure is for asynq.Config: a key that is not known yet is no failure, so that the task is tried again however often.
func IsFailure(err error) bool { return err != nil && !waits(err) }

func waits(err error) bool {
	code := taskseal.CodeOf(err)
	return (code == taskseal.ErrUnknownKey || code == taskseal.ErrKeyUnavailable) && !errors.Is(err, asynq.SkipRetry)
}

// RetryDelay makes an asynq.Config.RetryDelayFunc: a task whose key is not known yet is tried again after wait, others as
// otherwise says (nil: Asynq's default).
func RetryDelay(wait time.Duration, otherwise asynq.RetryDelayFunc) asynq.RetryDelayFunc {
	if otherwise == nil {
		otherwise = asynq.DefaultRetryDelayFunc
	}
	return func(n int, err error, task *asynq.Task) time.Duration {
		if waits(err) {
			return wait
		}
		return otherwise(n, err, task)
	}
}
