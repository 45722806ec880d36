// SPDX-License-Identifier: MIT

package asynqseal

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hibiken/asynq"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// A wish is what the options of a task ask for, read as Asynq reads them: the last one wins.
type wish struct {
	kind, queue, id, group string
	payload                []byte
	headers                map[string]string
	retry                  int
	timeout, retention     time.Duration
	deadline, due          time.Time
	unique                 time.Duration
	rest                   []asynq.Option // all but Unique, which Asynq is not to be given
}

// What Asynq takes where no option says another.
const (
	defaultQueue   = "default"
	defaultRetry   = 25
	defaultTimeout = 30 * time.Minute
)

// wishOf reads the options of the task itself and those of the call.
func wishOf(kind string, payload []byte, lists ...[]asynq.Option) (*wish, error) {
	w := &wish{kind: kind, payload: payload, queue: defaultQueue, retry: defaultRetry}
	n := 2 // and queue and id
	for _, opts := range lists {
		n += len(opts)
	}
	w.rest = make([]asynq.Option, 0, n)
	for _, opts := range lists {
		for _, opt := range opts {
			if err := w.take(opt); err != nil {
				return nil, err
			}
		}
	}
	w.settle(time.Now())
	return w, nil
}

// settle decides whether the task joins its group, on which its binding depends: Asynq, which looks at the clock again, must not
// come to another decision. It never aggregates what is scheduled.
func (w *wish) settle(now time.Time) {
	if w.group == "" {
		return
	}
	drop := func(kinds ...asynq.OptionType) {
		w.rest = slices.DeleteFunc(w.rest, func(opt asynq.Option) bool { return slices.Contains(kinds, opt.Type()) })
	}
	if w.later(now) {
		w.group = ""
		drop(asynq.GroupOpt)
	} else {
		drop(asynq.ProcessAtOpt, asynq.ProcessInOpt)
	}
}

// wishOfTask also reads what only Asynq's own Task has.
func (s *Sealer) wishOfTask(task *asynq.Task, opts []asynq.Option) (*wish, error) {
	if task == nil {
		return nil, errNilTask
	}
	if s.config.TypedOnly {
		return nil, ErrTypedOnly
	}
	w, err := wishOf(task.Type(), task.Payload(), optionsOf(task), opts)
	if headed, ok := any(task).(interface{ Headers() map[string]string }); ok && err == nil { // since Asynq 0.26
		w.headers = headed.Headers()
	}
	return w, err
}

func (w *wish) take(opt asynq.Option) error {
	if opt == nil {
		return nil
	}
	switch value := opt.Value().(type) {
	case string:
		if strings.TrimSpace(value) == "" {
			return fmt.Errorf("asynqseal: %v is blank", opt)
		}
		w.text(opt.Type(), value)
	case int:
		w.retry = value
	case time.Time:
		w.time(opt.Type(), value)
	case time.Duration:
		w.duration(opt.Type(), value)
	}
	if opt.Type() != asynq.UniqueOpt {
		w.rest = append(w.rest, opt)
	} else if w.unique < time.Second {
		return errors.New("asynqseal: the TTL of asynq.Unique is less than a second")
	}
	return nil
}

func (w *wish) text(kind asynq.OptionType, value string) {
	switch kind {
	case asynq.QueueOpt:
		w.queue = value
	case asynq.TaskIDOpt:
		w.id = value
	case asynq.GroupOpt:
		w.group = value
	}
}

func (w *wish) time(kind asynq.OptionType, value time.Time) {
	switch kind {
	case asynq.ProcessAtOpt:
		w.due = value
	case asynq.DeadlineOpt:
		w.deadline = value
	}
}

func (w *wish) duration(kind asynq.OptionType, value time.Duration) {
	switch kind {
	case asynq.ProcessInOpt:
		w.due = time.Now().Add(value)
	case asynq.TimeoutOpt:
		w.timeout = value
	case asynq.RetentionOpt:
		w.retention = value
	case asynq.UniqueOpt:
		w.unique = value
	}
}

func (w *wish) later(now time.Time) bool { return w.due.After(now) }

// seal seals the payload, bound to the task's id or, where that can't be told to who opens it, to its group.
func (s *Sealer) seal(w *wish) ([]byte, error) {
	now := time.Now()
	bound := boundToTask(w.queue, w.kind, w.id)
	if w.group != "" {
		bound = boundToGroup(w.queue, w.kind, w.group)
	}
	o := s.options(bound)
	if s.config.Lifetime > 0 {
		o.ExpiresAt = now.Add(s.config.Lifetime)
		if w.later(now) {
			o.ExpiresAt = w.due.Add(s.config.Lifetime)
		}
	}
	return s.config.Keyring.Seal(w.payload, o)
}

// uniqueTag is equal for equal tasks, and tells nothing about them to those who have no key.
func (s *Sealer) uniqueTag(w *wish) (string, error) {
	payload := w.payload
	if payload == nil {
		payload = []byte{}
	}
	return s.tag("asynq.Unique", payload, taskseal.DedupeOptions{Queue: w.queue, Type: w.kind})
}

// newID is as hard to guess as Asynq's own.
func newID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails: it ends the program
	return hex.EncodeToString(id[:])
}
