// SPDX-License-Identifier: MIT

package asynqseal

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/hibiken/asynq"
)

// A Kind is a type of tasks whose payload is a T. Its producers and handlers touch neither payloads nor asynq.Task:
//
//	var passwordReset = asynqseal.JSON[Reset]("password-reset")
//
//	info, err := passwordReset.Enqueue(ctx, client, Reset{To: "ann@example.com"}, asynq.Queue("mail"))
//
//	mux.Handle(passwordReset.Type, passwordReset.Handler(sealer, func(ctx context.Context, r Reset) error { ... }))
type Kind[T any] struct {
	Type   string
	Encode func(T) ([]byte, error)
	Decode func([]byte) (T, error) // the bytes are its own
}

// JSON is a Kind whose payloads are JSON. For another codec fill in a Kind.
func JSON[T any](kind string) Kind[T] {
	return Kind[T]{
		Type:   kind,
		Encode: func(value T) ([]byte, error) { return json.Marshal(value) },
		Decode: func(payload []byte) (value T, err error) {
			err = json.Unmarshal(payload, &value)
			return value, err
		},
	}
}

// Enqueue encodes, seals and enqueues a task, as Client.EnqueueContext does.
func (k Kind[T]) Enqueue(ctx context.Context, c *Client, value T, opts ...asynq.Option) (*asynq.TaskInfo, error) {
	payload, err := k.Encode(value)
	if err != nil {
		return nil, err
	}
	w, err := wishOf(k.Type, payload, opts)
	if err != nil {
		return nil, err
	}
	return c.enqueue(ctx, w, func(sealed []byte) *asynq.Task { return asynq.NewTask(k.Type, sealed) })
}

// Handler opens and decodes tasks for handle. It needs no Middleware, and minds it if it is there. What can't be decoded is
// archived.
func (k Kind[T]) Handler(s *Sealer, handle func(ctx context.Context, value T) error) asynq.Handler {
	return asynq.HandlerFunc(func(ctx context.Context, task *asynq.Task) error {
		if j := jobOf(ctx); j != nil && j.sealer == s {
			return k.pass(ctx, j, handle)
		}
		j, err := s.receive(ctx, task)
		if err != nil {
			return err
		}
		return j.run(func() error { return k.pass(j, j, handle) })
	})
}

func (k Kind[T]) pass(ctx context.Context, j *job, handle func(ctx context.Context, value T) error) error {
	if isBundle(j.task.Payload()) {
		return errBundleType
	}
	value, err := k.Decode(j.payload)
	if err != nil {
		return fmt.Errorf("asynqseal: decoding the payload: %w: %w", err, asynq.SkipRetry)
	}
	return handle(ctx, value)
}
