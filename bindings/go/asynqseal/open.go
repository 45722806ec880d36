// SPDX-License-Identifier: MIT

package asynqseal

import (
	"errors"
	"fmt"
	"time"

	"github.com/hibiken/asynq"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// An Outcome is what became of a task's envelope.
type Outcome string

// The outcomes. A refused task's Event has the error too.
const (
	Opened          Outcome = "opened"
	PlainAccepted   Outcome = "plain-accepted"
	PlainUnexpected Outcome = "plain-unexpected" // accepted too, under PreferSealed
	PlainRefused    Outcome = "plain-refused"
	KeyMissing      Outcome = "key-missing" // tried again later
	Expired         Outcome = "expired"
	Refused         Outcome = "refused"
)

// An Event tells of one task that a worker got, or one member of a bundle. It holds nothing secret. Queue and Outcome are
// the worker's own words; Type and ID are the server's, which anyone who can write to it may have chosen.
type Event struct {
	Queue, Type, ID string
	Outcome         Outcome
	Opened          taskseal.Opened // of Opened
	Err             error           // of what is refused or tried again
}

// ErrPlain is what becomes of a task that is not sealed where only sealed ones are accepted. It wraps taskseal.ErrNotSealed
// and asynq.SkipRetry.
var ErrPlain = fmt.Errorf("asynqseal: the task is not sealed: %w: %w", taskseal.ErrNotSealed, asynq.SkipRetry)

// open gives a task's payload, or an Event with an error.
func (s *Sealer) open(payload []byte, queue, kind, id string) ([]byte, Event) {
	event := Event{Queue: queue, Type: kind, ID: id}
	opened, err := s.openTask(payload, &event.Opened, boundToTask(queue, kind, id), boundToSchedule(queue, kind))
	return s.judge(event, payload, opened, err)
}

// openTask tries the contexts that an envelope may be bound to where the task does not tell which.
func (s *Sealer) openTask(sealed []byte, opened *taskseal.Opened, contexts ...taskseal.Context) (payload []byte, err error) {
	for i, bound := range contexts {
		var again error
		payload, *opened, again = s.config.Keyring.AppendOpen(make([]byte, 0, len(sealed)), sealed, taskseal.OpenOptions{Context: bound})
		if i == 0 || again == nil {
			err = again
		}
		if !errors.Is(err, taskseal.ErrContextMismatch) {
			break
		}
	}
	return payload, err
}

// judge says what Asynq is to do: retry what may succeed later, until a key has been missing for too long; archive the rest.
func (s *Sealer) judge(event Event, sealed, payload []byte, err error) ([]byte, Event) {
	event.Outcome, event.Err = Opened, err
	switch {
	case err == nil:
		return payload, event
	case errors.Is(err, taskseal.ErrNotSealed):
		return s.judgePlain(event, sealed)
	case errors.Is(err, taskseal.ErrUnknownKey), errors.Is(err, taskseal.ErrKeyUnavailable):
		event.Outcome = KeyMissing
		if s.waitedLong(sealed) {
			event.Outcome = Refused
			event.Err = fmt.Errorf("%w, for longer than %v: %w", err, s.config.KeyWait, asynq.SkipRetry)
		}
		return nil, event
	case errors.Is(err, taskseal.ErrExpired):
		event.Outcome = Expired
	default:
		event.Outcome = Refused
	}
	if taskseal.Permanent(err) {
		event.Err = fmt.Errorf("%w: %w", err, asynq.SkipRetry)
	}
	return nil, event
}

// judgePlain is for what does not begin as an envelope does, which the policy may accept.
func (s *Sealer) judgePlain(event Event, payload []byte) ([]byte, Event) {
	policy := s.policy(event.Queue, event.Type)
	if !time.Now().Before(policy.AcceptPlain) {
		event.Outcome, event.Err = PlainRefused, ErrPlain
		return nil, event
	}
	event.Outcome, event.Err = PlainAccepted, nil
	if policy.Unexpected {
		event.Outcome = PlainUnexpected
	}
	return append([]byte(nil), payload...), event
}

// waitedLong: the seal time is not authenticated yet. Who forges it gains what deleting the task gives him, or a retry.
func (s *Sealer) waitedLong(sealed []byte) bool {
	info, err := taskseal.Inspect(sealed)
	if err != nil {
		return true
	}
	now, wait := time.Now(), s.config.KeyWait
	grace := time.Duration(0)
	for _, stanza := range info.Stanzas {
		grace = max(grace, s.missing.missed(stanza.KeyID, now, wait))
	}
	return now.Sub(info.SealedAt) > wait && grace > wait/graceShare
}

func (s *Sealer) tell(event *Event) {
	switch {
	case event.Err != nil:
		s.config.Logger.Warn("task refused", "queue", event.Queue, "type", event.Type, "id", event.ID,
			"outcome", string(event.Outcome), "reason", reasonOf(event.Err))
	case event.Outcome == PlainUnexpected:
		s.config.Logger.Warn("task not sealed", "queue", event.Queue, "type", event.Type, "id", event.ID,
			"outcome", string(event.Outcome))
	}
	if s.config.Observe != nil {
		s.config.Observe(*event)
	}
}

// reasonOf is the short name of an error: a label of few values.
func reasonOf(err error) string {
	if code := taskseal.CodeOf(err); code != 0 {
		return code.Name()
	}
	return "other"
}

// OpenPayload reads the payload of a task that an asynq.Inspector tells of, also one of a group or a schedule.
func (s *Sealer) OpenPayload(info *asynq.TaskInfo) ([]byte, taskseal.Opened, error) {
	var opened taskseal.Opened
	contexts := []taskseal.Context{boundToTask(info.Queue, info.Type, info.ID), boundToSchedule(info.Queue, info.Type)}
	if info.Group != "" {
		contexts = []taskseal.Context{boundToGroup(info.Queue, info.Type, info.Group)}
	}
	payload, err := s.openTask(info.Payload, &opened, contexts...)
	return payload, opened, err
}
