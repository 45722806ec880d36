// SPDX-License-Identifier: MIT

package asynqseal

import (
	"reflect"
	"unsafe"

	"github.com/hibiken/asynq"
)

// Asynq keeps a task's options, payload and ResultWriter to itself. What is sealed depends on the options, and what a
// handler gets must be a copy of its task with another payload. So three fields are reached by their names and types;
// a release of Asynq in which they are others is refused by New, before anything is sealed. Kind reaches for none of them.

var (
	optionsField = fieldOf[[]asynq.Option]("opts")
	payloadField = fieldOf[[]byte]("payload")
	writerField  = fieldOf[*asynq.ResultWriter]("w")
)

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

// setPayload gives a copy of a task another payload; the task itself, whose payload Asynq writes back to the server, stays as
// it is. Without its writer, results can't be written in plain.
func setPayload(copied *asynq.Task, payload []byte, keepWriter bool) {
	*at[[]byte](copied, payloadField) = payload
	if !keepWriter {
		*at[*asynq.ResultWriter](copied, writerField) = nil
	}
}

// withPayload is a copy of a task with another payload and no options of its own.
func withPayload(task *asynq.Task, payload []byte) *asynq.Task {
	other := *task
	setPayload(&other, payload, true)
	*at[[]asynq.Option](&other, optionsField) = nil
	return &other
}
