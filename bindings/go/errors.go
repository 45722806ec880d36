// SPDX-License-Identifier: MIT

package taskseal

// #include "taskseal.h"
import "C"

import (
	"errors"
	"fmt"
	"log/slog"
)

// A Code says why something was refused. The codes are errors themselves, so that
//
//	errors.Is(err, taskseal.ErrUnknownKey)
//
// tells what happened, and errors.As gives the Code of any error of this package. Values never change meaning.
type Code int

// Name is the short name ("expired"), for logs, metrics and dead-letter lists.
func (c Code) Name() string { return C.GoString(C.taskseal_err_name(C.taskseal_err(c))) }

// Error is one sentence for people: what is wrong and, where there is one, the remedy.
func (c Code) Error() string { return C.GoString(C.taskseal_err_text(C.taskseal_err(c))) }

// Permanent tells whether trying the same again can't help.
func (c Code) Permanent() bool { return bool(C.taskseal_err_permanent(C.taskseal_err(c))) }

// An Error is what the functions of this package return. It unwraps to its Code.
type Error struct {
	Op      string // what was tried: "open"
	Code    Code
	Message string // more than the Code's sentence, where something is known; a key file's name and line
	Line    int    // the line of a key file, from 1; 0 if none
}

func (e *Error) Error() string {
	text := e.Message
	if text == "" {
		text = e.Code.Error()
	}
	return fmt.Sprintf("taskseal: %s: %s (%s)", e.Op, text, e.Code.Name())
}

// Unwrap returns the Code.
func (e *Error) Unwrap() error { return e.Code }

// Name is the Code's.
func (e *Error) Name() string { return e.Code.Name() }

// Permanent is the Code's.
func (e *Error) Permanent() bool { return e.Code.Permanent() }

// LogValue gives slog the parts.
func (e *Error) LogValue() slog.Value {
	return slog.GroupValue(slog.String("op", e.Op), slog.String("name", e.Name()),
		slog.Bool("permanent", e.Permanent()), slog.String("message", e.Error()))
}

// ErrClosed is what a closed Keyring, SealWriter or OpenReader answers.
var ErrClosed = errors.New("taskseal: closed")

// CodeOf is the Code in an error's chain, 0 if there is none.
func CodeOf(err error) Code {
	var code Code
	if errors.As(err, &code) {
		return code
	}
	return 0
}

// Permanent tells whether an error of this package is one that trying again can't help: a dead letter. It is false
// for nil and for errors of others.
func Permanent(err error) bool {
	code := CodeOf(err)
	return code != 0 && code.Permanent()
}

// fail makes the error of an operation, nil for TASKSEAL_OK.
func fail(op string, err C.taskseal_err) error {
	if err == C.TASKSEAL_OK {
		return nil
	}
	return &Error{Op: op, Code: Code(err)}
}

// failWords is fail with what C has said about it.
func failWords(op string, err C.taskseal_err, words *C.taskseal_error) error {
	if err == C.TASKSEAL_OK {
		return nil
	}
	return &Error{Op: op, Code: Code(err), Message: C.GoString(&words.message[0]), Line: int(words.line)}
}

// badArgument is for what Go can tell before C is asked.
func badArgument(op, message string) error {
	return &Error{Op: op, Code: ErrBadArgument, Message: message}
}
