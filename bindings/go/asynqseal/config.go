// SPDX-License-Identifier: MIT

package asynqseal

import (
	"context"
	"errors"
	"time"

	"github.com/hibiken/asynq"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// keyRetry is how soon WorkerConfig has tasks tried again whose key is missing.
const keyRetry = 30 * time.Second

// WorkerConfig lets the functions of a plain program's asynq.Config go on as they are: IsFailure and RetryDelayFunc do not see
// tasks that wait for a key, which cost no retry and are tried again each 30 seconds; RetryDelayFunc and ErrorHandler get
// the error that the handler returned, and ErrorHandler the opened task. A GroupAggregator that is no Aggregator gets groups
// that are not sealed; of others there will be bundles of the type UnreadGroup, which are archived.
//
//	server := asynq.NewServer(redis, sealer.WorkerConfig(asynq.Config{Concurrency: 10}))
func (s *Sealer) WorkerConfig(c asynq.Config) asynq.Config {
	c.IsFailure = FailureIf(c.IsFailure)
	c.RetryDelayFunc = RetryDelay(keyRetry, c.RetryDelayFunc)
	if c.ErrorHandler != nil {
		c.ErrorHandler = s.ErrorHandler(c.ErrorHandler)
	}
	if _, bundles := c.GroupAggregator.(*aggregator); c.GroupAggregator != nil && !bundles {
		c.GroupAggregator = sparing(c.GroupAggregator)
	}
	return c
}

// IsFailure is for asynq.Config: a key that is not known yet is no failure, so that the task is tried again however often.
func IsFailure(err error) bool { return err != nil && !waits(err) }

// FailureIf is IsFailure for a program that has its own (nil: every error is one), which gets what the handler returned.
func FailureIf(own func(error) bool) func(error) bool {
	if own == nil {
		return IsFailure
	}
	return func(err error) bool { return IsFailure(err) && own(Cause(err)) }
}

// An awaited error is of a key that the middleware waits for. The same code from a handler, which may open what is not
// Asynq's, is a failure like all others: else it would be tried again for ever.
type awaited struct{ cause error }

func (a *awaited) Error() string { return a.cause.Error() }
func (a *awaited) Unwrap() error { return a.cause }

func waits(err error) bool {
	var a *awaited
	return errors.As(err, &a)
}

// RetryDelay makes an asynq.Config.RetryDelayFunc: a task whose key is not known yet is tried again after wait, others as
// otherwise says (nil: Asynq's default), which gets the error that the handler returned, but a task that is still sealed.
func RetryDelay(wait time.Duration, otherwise asynq.RetryDelayFunc) asynq.RetryDelayFunc {
	if otherwise == nil {
		otherwise = asynq.DefaultRetryDelayFunc
	}
	return func(n int, err error, task *asynq.Task) time.Duration {
		if waits(err) {
			return wait
		}
		return otherwise(n, Cause(err), task)
	}
}

// ErrorHandler gives next the opened task (or the sealed one, if it can't be opened), Payload of its context too, and the
// error that the handler returned. They may be secret. Of a panic there is only what Asynq keeps of it.
func (s *Sealer) ErrorHandler(next asynq.ErrorHandler) asynq.ErrorHandler {
	return asynq.ErrorHandlerFunc(func(ctx context.Context, task *asynq.Task, err error) {
		queue, _ := asynq.GetQueueName(ctx)
		id, _ := asynq.GetTaskID(ctx)
		var opened taskseal.Opened
		payload, e := s.openTask(task.Payload(), &opened, queue, task.Type(), id)
		if e == nil {
			j := &job{Context: ctx, sealer: s, task: task, given: *task, payload: payload,
				event: Event{Queue: queue, Type: task.Type(), ID: id}}
			if ctx = j; !s.config.TypedOnly {
				setPayload(&j.given, payload, true)
				task = &j.given
			}
		}
		next.HandleError(ctx, task, Cause(err))
	})
}
