// SPDX-License-Identifier: MIT

package asynqseal

import (
	"context"
	"errors"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// An Enqueued is what became of one task of a batch.
type Enqueued struct {
	Info *asynq.TaskInfo
	Err  error
}

// perRoundTrip bounds what is held in memory and sent at once.
const perRoundTrip = 256

// EnqueueBatch seals tasks and enqueues each as EnqueueContext would: wholly or not at all, and apart from the others. With
// NewDirectClient hundreds share a round trip; Asynq's own client has nothing for that, so with NewClient each takes its own.
// What came back is in the order of the tasks. The options are for all of them.
func (c *Client) EnqueueBatch(ctx context.Context, tasks []*asynq.Task, opts ...asynq.Option) []Enqueued {
	results := make([]Enqueued, len(tasks))
	if c.direct == nil {
		for i, task := range tasks {
			results[i].Info, results[i].Err = c.EnqueueContext(ctx, task, opts...)
		}
		return results
	}
	for begin := 0; begin < len(tasks); begin += perRoundTrip {
		end := min(begin+perRoundTrip, len(tasks))
		calls := make([]*scriptCall, end-begin)
		for i, task := range tasks[begin:end] {
			calls[i], results[begin+i].Err = c.prepare(ctx, task, opts)
		}
		c.direct.runAll(ctx, calls, results[begin:end])
	}
	return results
}

// prepare seals one task of a batch.
func (c *Client) prepare(ctx context.Context, task *asynq.Task, opts []asynq.Option) (*scriptCall, error) {
	w, err := c.sealer.wishOfTask(task, opts)
	if err != nil {
		return nil, err
	}
	call, err := c.direct.seal(c.sealer, w)
	if err != nil {
		return nil, err
	}
	return call, c.direct.list(ctx, w.queue)
}

// runAll sends the calls that were prepared, and notes what becomes of them.
func (d *direct) runAll(ctx context.Context, calls []*scriptCall, results []Enqueued) {
	var waiting []int
	for i := range calls {
		if results[i].Err == nil {
			waiting = append(waiting, i)
		}
	}
	for len(waiting) > 0 {
		waiting = d.runSome(ctx, calls, results, waiting)
	}
}

// runSome gives back the calls with which nothing has happened, because a server did not know the script.
func (d *direct) runSome(ctx context.Context, calls []*scriptCall, results []Enqueued, waiting []int) []int {
	pipe := d.redis.Pipeline()
	answers := make([]*redis.Cmd, len(waiting))
	for at, i := range waiting {
		answers[at] = enqueueScript.EvalSha(ctx, pipe, calls[i].keys, calls[i].args...)
	}
	_, _ = pipe.Exec(ctx) // each answer has its own error
	var again []int
	for at, i := range waiting {
		if redis.HasErrorPrefix(answers[at].Err(), "NOSCRIPT") {
			again = append(again, i)
		} else {
			results[i].Info, results[i].Err = calls[i].answer(answers[at])
		}
	}
	if len(again) == 0 {
		return nil
	}
	first := again[0] // this one brings the script
	results[first].Info, results[first].Err = d.run(ctx, calls[first])
	return again[1:]
}

var errNilTask = errors.New("asynqseal: task cannot be nil")
