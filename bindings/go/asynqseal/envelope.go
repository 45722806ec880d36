// SPDX-License-Identifier: MIT

package asynqseal

import (
	"context"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// Envelope is what the envelope of the task says whose handler got ctx: its message id, by which a handler knows a repetition,
// and its times, verified since it was opened. nil if the task had none and a Policy accepted it all the same, for a
// middleware that opens what was sealed before this package was; and for a bundle, whose members have envelopes of their own.
func Envelope(ctx context.Context) *taskseal.Info {
	j, ok := ctx.Value(jobKey{}).(*job)
	if !ok {
		return nil
	}
	info, err := taskseal.Inspect(j.task.Payload()) // Asynq's own, which no handler gets
	if err != nil {
		return nil
	}
	return info
}
