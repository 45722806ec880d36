// SPDX-License-Identifier: MIT

package asynqseal

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// A hidden error has another text than the error that it wraps. errors.Is and errors.As find what it wraps, so that
// asynq.SkipRetry, asynq.RevokeTask and an application's own errors work as ever.
type hidden struct {
	text  string
	cause error
}

func (h *hidden) Error() string { return h.text }
func (h *hidden) Unwrap() error { return h.cause }

// Format keeps %+v and the like from printing what is wrapped.
func (h *hidden) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, h.text) }

// Cause is the error that a handler returned, with its text: for an asynq.ErrorHandler that may see it. Others come back as they are.
func Cause(err error) error {
	var h *hidden
	if errors.As(err, &h) {
		return h.cause
	}
	return err
}

func (j *job) hideError(err error) error {
	if err == nil || j.sealer.config.Errors == PlainErrors {
		return err
	}
	return j.hide(err, kinds(err))
}

// hide redacts or seals. `kind` says what can be told in any case.
func (j *job) hide(err error, kind string) *hidden {
	h := &hidden{text: "redacted: " + kind, cause: err}
	if j.sealer.config.Errors == PlainErrors {
		h.text = err.Error()
	}
	if j.sealer.config.Errors == SealErrors {
		sealed, e := j.sealer.config.Keyring.Seal([]byte(err.Error()), taskseal.SealOptions{
			Context: j.context(), Purpose: taskseal.PurposeErrorText, AllowSealed: true})
		if e == nil {
			if text, e := taskseal.EncodeText(sealed); e == nil {
				h.text = text
			}
		}
	}
	return h
}

func (j *job) context() taskseal.Context {
	return taskseal.Context{Queue: j.queue, Type: j.task.Type(), ID: j.id}
}

// kinds names the types of an error and of what it wraps, which hold nothing of their values.
func kinds(err error) string {
	var names []string
	for ; err != nil; err = errors.Unwrap(err) {
		names = append(names, fmt.Sprintf("%T", err))
		if len(names) == 8 {
			break
		}
	}
	return strings.Join(names, ": ")
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
	return s.openAs(sealed, taskseal.PurposeErrorText, queue, kind, id)
}

// OpenResult reads a result that a ResultWriter has sealed (asynq.TaskInfo.Result).
func (s *Sealer) OpenResult(queue, kind, id string, result []byte) ([]byte, error) {
	text, err := s.openAs(result, taskseal.PurposeResult, queue, kind, id)
	return []byte(text), err
}

func (s *Sealer) openAs(sealed []byte, purpose taskseal.Purpose, queue, kind, id string) (string, error) {
	payload, _, err := s.config.Keyring.Open(sealed, taskseal.OpenOptions{
		Context: taskseal.Context{Queue: queue, Type: kind, ID: id}, Purpose: purpose})
	return string(payload), err
}

// A Results writes a task's result, sealed and bound to queue, type and id.
type Results struct{ j *job }

// ResultWriter gives a handler what takes the place of task.ResultWriter(), which is nil behind the middleware.
// nil if ctx is not that of a handler behind it.
func ResultWriter(ctx context.Context) *Results {
	j, ok := ctx.Value(jobKey{}).(*job)
	if !ok {
		return nil
	}
	return &Results{j}
}

// Write seals data and stores it as the task's whole result; a second one takes the place of the first, as Asynq's does.
func (r *Results) Write(data []byte) (int, error) {
	j := r.j
	sealed, err := j.sealer.config.Keyring.Seal(data, taskseal.SealOptions{Context: j.context(),
		Suite: j.sealer.config.Suite, Padded: j.sealer.config.Padded, Purpose: taskseal.PurposeResult, AllowSealed: true})
	if err != nil {
		return 0, err
	}
	if _, err := j.task.ResultWriter().Write(sealed); err != nil {
		return 0, err
	}
	return len(data), nil
}

// Format is one line about sealed bytes, for asynqmon's PayloadFormatter and ResultFormatter: never plaintext, and nothing of it is
// verified. What is not sealed it names by its size.
func Format(data []byte) string {
	info, err := taskseal.Inspect(data)
	if err != nil {
		return fmt.Sprintf("%s, %d bytes", taskseal.IsSealed(data), len(data))
	}
	ids := make([]string, len(info.Stanzas))
	for i, stanza := range info.Stanzas {
		ids[i] = stanza.KeyID
	}
	expires := "never"
	if !info.ExpiresAt.IsZero() {
		expires = info.ExpiresAt.Format(time.RFC3339)
	}
	return fmt.Sprintf("sealed v%d, suite %02d, key %s, at %s, expires %s, %d bytes", info.Version, info.Suite,
		strings.Join(ids, " "), info.SealedAt.Format(time.RFC3339), expires, len(data))
}
