// SPDX-License-Identifier: MIT

package asynqseal

import (
	"context"
	"errors"
	"strings"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// A Results writes a task's result, sealed and bound to queue, type and id.
type Results struct{ j *job }

// ResultWriter gives a handler what takes the place of task.ResultWriter(), which is nil behind the middleware.
// nil if ctx is not that of a handler behind it.
func ResultWriter(ctx context.Context) *Results {
	j := jobOf(ctx)
	if j == nil {
		return nil
	}
	return &Results{j}
}

var errNoResults = errors.New("asynqseal: Asynq takes results from handlers only, not from an ErrorHandler")

// TaskID is the id of the task.
func (r *Results) TaskID() string { return r.j.event.ID }

// Write seals data and stores it as the task's whole result; a second one takes the place of the first, as Asynq's does.
func (r *Results) Write(data []byte) (int, error) {
	writer := r.j.task.ResultWriter()
	if writer == nil {
		return 0, errNoResults
	}
	sealed, err := r.j.sealAs(taskseal.PurposeResult, data)
	if err != nil {
		return 0, err
	}
	if _, err := writer.Write(sealed); err != nil {
		return 0, err
	}
	return len(data), nil
}

// sealAs seals what a handler gives back, which may itself look sealed.
func (j *job) sealAs(purpose taskseal.Purpose, data []byte) ([]byte, error) {
	o := j.sealer.options(boundToTask(j.event.Queue, j.event.Type, j.event.ID))
	o.Purpose, o.AllowSealed = purpose, true
	return j.sealer.config.Keyring.Seal(data, o)
}

// OpenResult reads a result that a ResultWriter has sealed (asynq.TaskInfo.Result).
func (s *Sealer) OpenResult(queue, kind, id string, result []byte) ([]byte, error) {
	return s.openAs(result, taskseal.PurposeResult, queue, kind, id)
}

// OpenError reads the text of an error that SealErrors has sealed (asynq.TaskInfo.LastErr).
func (s *Sealer) OpenError(queue, kind, id, text string) (string, error) {
	// Asynq puts the place in front of a panic's text.
	if at := strings.Index(text, taskseal.TextPrefix); at > 0 {
		text = text[at:]
	}
	sealed, err := taskseal.DecodeText(text)
	if err != nil {
		return "", err
	}
	opened, err := s.openAs(sealed, taskseal.PurposeErrorText, queue, kind, id)
	return string(opened), err
}

func (s *Sealer) openAs(sealed []byte, purpose taskseal.Purpose, queue, kind, id string) ([]byte, error) {
	payload, _, err := s.config.Keyring.Open(sealed, taskseal.OpenOptions{Context: boundToTask(queue, kind, id), Purpose: purpose})
	return payload, err
}
