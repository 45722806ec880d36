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

// An Event tells of one task that a worker got, or one member of a bundle. It holds nothing secret. Outcome is the worker's
// own word; Queue, Type and ID are the message's, which anyone who can write to the server may have chosen.
type Event struct {
	Queue, Type, ID string
	Outcome         Outcome
	Opened          taskseal.Opened // of Opened
	Err             error           // of what is refused or tried again
}

// ErrPlain is what becomes of a task that is not sealed where only sealed ones are accepted. It wraps taskseal.ErrNotSealed
// and asynq.SkipRetry.
var ErrPlain = fmt.Errorf("asynqseal: the task is not sealed: %w: %w", taskseal.ErrNotSealed, asynq.SkipRetry)

// open gives a task's payload and tells of it; or else event.Err says what Asynq is to be told. Events are passed by their
// place: handlers begin on a small stack, and to let it grow costs as much as to open.
func (s *Sealer) open(event *Event, payload []byte) []byte {
	opened, err := s.openTask(payload, &event.Opened, event.Queue, event.Type, event.ID)
	return s.judge(event, payload, opened, err)
}

// openTask opens what is bound to the task or, if it never had an id, to its schedule.
func (s *Sealer) openTask(sealed []byte, to *taskseal.Opened, queue, kind, id string) ([]byte, error) {
	payload, err := s.openBound(sealed, to, boundToTask(queue, kind, id))
	if err != nil && errors.Is(err, taskseal.ErrContextMismatch) {
		if again, e := s.openBound(sealed, to, boundToSchedule(queue, kind)); e == nil {
			return again, nil
		}
	}
	return payload, err
}

func (s *Sealer) openBound(sealed []byte, to *taskseal.Opened, bound taskseal.Context) (payload []byte, err error) {
	payload, *to, err = s.config.Keyring.Open(sealed, taskseal.OpenOptions{Context: bound})
	return payload, err
}

// judge says what Asynq is to do: retry what may succeed later, until a key has been missing for too long; archive the rest.
func (s *Sealer) judge(event *Event, sealed, payload []byte, err error) []byte {
	if err == nil {
		event.Outcome = Opened
	} else {
		payload = s.refuse(event, sealed, err)
	}
	s.tell(event)
	return payload
}

func (s *Sealer) refuse(event *Event, sealed []byte, err error) []byte {
	event.Outcome, event.Err = Refused, err
	switch {
	case errors.Is(err, taskseal.ErrNotSealed):
		return s.judgePlain(event, sealed)
	case errors.Is(err, taskseal.ErrUnknownKey), errors.Is(err, taskseal.ErrKeyUnavailable):
		if s.waitedLong(sealed) {
			event.Err = fmt.Errorf("%w, for longer than %v: %w", err, s.config.KeyWait, asynq.SkipRetry)
		} else {
			event.Outcome, event.Err = KeyMissing, &awaited{err}
		}
		return nil
	case errors.Is(err, taskseal.ErrExpired):
		event.Outcome = Expired
	}
	if taskseal.Permanent(err) {
		event.Err = fmt.Errorf("%w: %w", err, asynq.SkipRetry)
	}
	return nil
}

// judgePlain is for what does not begin as an envelope does, which the policy may accept.
func (s *Sealer) judgePlain(event *Event, payload []byte) []byte {
	policy := s.policy(event.Queue, event.Type)
	if !time.Now().Before(policy.AcceptPlain) {
		event.Outcome, event.Err = PlainRefused, ErrPlain
		return nil
	}
	event.Outcome, event.Err = PlainAccepted, nil
	if policy.Unexpected {
		event.Outcome = PlainUnexpected
	}
	return append([]byte(nil), payload...)
}

// waitedLong: the seal time is not authenticated yet. Who forges it gains what deleting the task gives him, or retries, but
// none for ever: what nobody can have sealed yet is old.
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
	age := now.Sub(info.SealedAt)
	return (age > wait || age < -taskseal.ClockLeeway*time.Second) && grace > wait/graceShare
}

func (s *Sealer) tell(event *Event) {
	if event.Err != nil || event.Outcome == PlainUnexpected {
		s.warn(event)
	}
	if s.config.Observe != nil {
		s.config.Observe(*event)
	}
}

func (s *Sealer) warn(event *Event) {
	text, reason := "task refused", taskseal.ErrNotSealed.Name()
	if event.Err == nil {
		text = "task not sealed"
	} else {
		reason = reasonOf(event.Err)
	}
	s.config.Logger.Warn(text, "queue", event.Queue, "type", event.Type, "id", event.ID, "outcome", string(event.Outcome), "reason", reason)
}

// reasonOf is the short name of an error: a label of few values.
func reasonOf(err error) string {
	if code := taskseal.CodeOf(err); code != 0 {
		return code.Name()
	}
	return "other"
}

// OpenPayload reads the payload of a task that an asynq.Inspector tells of, also one of a group or a schedule.
func (s *Sealer) OpenPayload(info *asynq.TaskInfo) (payload []byte, opened taskseal.Opened, err error) {
	if info.Group != "" {
		payload, err = s.openBound(info.Payload, &opened, boundToGroup(info.Queue, info.Type, info.Group))
	} else {
		payload, err = s.openTask(info.Payload, &opened, info.Queue, info.Type, info.ID)
	}
	return payload, opened, err
}
