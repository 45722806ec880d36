// SPDX-License-Identifier: MIT

package asynqseal

import (
	"errors"
	"reflect"
	"unsafe"

	"github.com/hibiken/asynq"
)

// Asynq keeps a task's options, payload and ResultWriter to itself. What is sealed depends on the options, and what a
// handler gets must be a copy of its task with another payload. So three fields are reached by their names and types;
// a release of Asynq in which they are others is refused by New, before anything is sealed.

var (
	optionsField = fieldOf[[]asynq.Option]("opts")
	payloadField = fieldOf[[]byte]("payload")
	writerField  = fieldOf[*asynq.ResultWriter]("w")
)

var errUnknownAsynq = errors.New("asynqseal: this release of Asynq has another asynq.Task: use one that asynqseal was tested with")

// fieldOf is the offset of a field of asynq.Task, -1 if it has no such field of that type.
func fieldOf[T any](name string) int {
	field, ok := reflect.TypeFor[asynq.Task]().FieldByName(name)
	if !ok || field.Type != reflect.TypeFor[T]() {
		return -1
	}
	return int(field.Offset)
}

func asynqIsKnown() bool { return optionsField >= 0 && payloadField >= 0 && writerField >= 0 }

func at[T any](task *asynq.Task, offset int) *T {
	return (*T)(unsafe.Add(unsafe.Pointer(task), offset))
}

// optionsOf are those that the task was made with.
func optionsOf(task *asynq.Task) []asynq.Option { return *at[[]asynq.Option](task, optionsField) }

// withPayload is a copy of a task with another payload; the task itself, whose payload Asynq writes back to the server,
// stays as it is. Without its writer, results can't be written in plain.
func withPayload(task *asynq.Task, payload []byte, keepWriter bool) *asynq.Task {
	other := *task
	*at[[]byte](&other, payloadField) = payload
	if !keepWriter {
		*at[*asynq.ResultWriter](&other, writerField) = nil
	}
	return &other
}
