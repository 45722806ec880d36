// SPDX-License-Identifier: MIT

package asynqseal

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"github.com/hibiken/asynq"

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
		if sealed, e := j.sealAs(taskseal.PurposeErrorText, []byte(err.Error())); e == nil {
			if text, e := taskseal.EncodeText(sealed); e == nil {
				h.text = text
			}
		}
	}
	return h
}

// told are errors whose texts hold nothing of a task. The first is asynq.ErrHandlerNotFound; nil before Asynq 0.26.
var told = []error{errors.Unwrap(asynq.NotFound(context.Background(), asynq.NewTask("", nil))), context.Canceled, context.DeadlineExceeded}

// kinds names the types of an error and of what it wraps, which hold nothing of their values.
func kinds(err error) string {
	var names []string
	for e := err; e != nil && len(names) < 8; e = errors.Unwrap(e) {
		names = append(names, fmt.Sprintf("%T", e))
	}
	text := strings.Join(names, ": ")
	for _, known := range told {
		if errors.Is(err, known) {
			text += " (" + known.Error() + ")"
		}
	}
	return text
}

// placeOfPanic is where the handler panicked, for whoever recovers. Asynq would tell where this package panics again.
func placeOfPanic() string {
	var at [32]uintptr
	frames := runtime.CallersFrames(at[:runtime.Callers(0, at[:])])
	for panicked := false; ; {
		frame, more := frames.Next()
		inside := strings.HasPrefix(frame.Function, "runtime.")
		if panicked && !inside {
			place := fmt.Sprintf("%s:%d", frame.File, frame.Line)
			if strings.HasSuffix(frame.Function, "/asynq.(*ResultWriter).Write") {
				place += ": task.ResultWriter() is nil, write to asynqseal.ResultWriter(ctx)"
			}
			return place
		}
		panicked = panicked || frame.Function == "runtime.gopanic"
		if !more {
			return "an unknown place"
		}
	}
}
