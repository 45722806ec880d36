// SPDX-License-Identifier: MIT

//go:build !asynq_without_headers

package asynqseal

import (
	"context"
	"testing"

	"github.com/hibiken/asynq"
)

func init() {
	withHeader = func(task *asynq.Task, value string) *asynq.Task {
		return asynq.NewTaskWithHeaders(task.Type(), task.Payload(), map[string]string{"trace": value})
	}
	sameWith = func(task *asynq.Task, payload []byte) *asynq.Task {
		return asynq.NewTaskWithHeaders(task.Type(), payload, task.Headers())
	}
}

// Headers (Asynq 0.26) stay with their task. They are not sealed.
func TestHeadersStayWithTheirTask(t *testing.T) {
	s := newStage(t, Config{})
	s.enqueue(t, asynq.NewTaskWithHeaders("mail", []byte("payload"), map[string]string{"trace": "00-4bf9"}))
	startWorker(t, s.server, asynq.Config{}, s.sealer.Middleware, map[string]asynq.HandlerFunc{
		"mail": func(_ context.Context, task *asynq.Task) error {
			s.note(string(task.Payload()) + " " + task.Headers()["trace"])
			return nil
		}})
	s.await(t, "payload 00-4bf9")
}
