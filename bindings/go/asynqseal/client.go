// SPDX-License-Identifier: MIT

package asynqseal

import (
	"context"
	"errors"
	"fmt"

	"github.com/hibiken/asynq"
)

// A Client enqueues sealed tasks.
type Client struct {
	// Not embedded: a method that a later Asynq adds must not enqueue in plain.
	asynq  *asynq.Client
	direct *direct // nil: there is a client of Asynq's alone
	sealer *Sealer
}

// NewClient makes a client of Asynq's. See NewDirectClient for asynq.Unique as Asynq has it.
func NewClient(client *asynq.Client, sealer *Sealer) *Client {
	return &Client{asynq: client, sealer: sealer}
}

// Close closes the connection.
func (c *Client) Close() error {
	if c.direct != nil {
		return c.direct.redis.Close()
	}
	return c.asynq.Close()
}

// Ping asks the server for an answer.
func (c *Client) Ping() error { return c.asynq.Ping() }

// Enqueue is EnqueueContext without a context.
func (c *Client) Enqueue(task *asynq.Task, opts ...asynq.Option) (*asynq.TaskInfo, error) {
	return c.EnqueueContext(context.Background(), task, opts...)
}

// EnqueueContext seals the task's payload, bound to queue, type and id, and enqueues it with all of its options. A payload that
// is sealed already is refused with taskseal.ErrLooksSealed.
//
// asynq.Unique needs a dedupe key in the keyring. With NewDirectClient it means what it means in Asynq. With NewClient, which
// has no connection of its own, the task's id is made of its payload, type and queue, and the TTL is not looked at: a
// second one is refused with asynq.ErrDuplicateTask while the first one exists in any state, also while it is archived or
// kept by asynq.Retention; and it can't be had together with asynq.TaskID.
func (c *Client) EnqueueContext(ctx context.Context, task *asynq.Task, opts ...asynq.Option) (*asynq.TaskInfo, error) {
	w, err := c.sealer.wishOfTask(task, opts)
	if err != nil {
		return nil, err
	}
	return c.enqueue(ctx, w, func(sealed []byte) *asynq.Task { return withPayload(task, sealed) })
}

// enqueue seals what is wished, of which `made` makes the task that Asynq gets.
func (c *Client) enqueue(ctx context.Context, w *wish, made func(sealed []byte) *asynq.Task) (*asynq.TaskInfo, error) {
	if w.unique > 0 && c.direct != nil {
		return c.direct.enqueue(ctx, c.sealer, w)
	}
	if err := c.name(w); err != nil {
		return nil, err
	}
	sealed, err := c.sealer.seal(w)
	if err != nil {
		return nil, err
	}
	info, err := c.asynq.EnqueueContext(ctx, made(sealed), append(w.rest, asynq.Queue(w.queue), asynq.TaskID(w.id))...)
	if w.unique > 0 && errors.Is(err, asynq.ErrTaskIDConflict) {
		return nil, fmt.Errorf("%w", asynq.ErrDuplicateTask)
	}
	return info, err
}

// name makes the id, which Asynq would make too late.
func (c *Client) name(w *wish) error {
	switch {
	case w.unique > 0 && w.id != "":
		return errors.New("asynqseal: asynq.Unique needs the task's id for itself: leave asynq.TaskID out, or use NewDirectClient")
	case w.unique > 0:
		tag, err := c.sealer.uniqueTag(w)
		if err != nil {
			return err
		}
		w.id = "unique-" + tag
	case w.id == "":
		w.id = newID()
	}
	return nil
}
