// SPDX-License-Identifier: MIT

// Package asynqseal seals what Asynq keeps in Valkey or Redis: payloads, results and the texts of errors. A client seals,
// a middleware opens, and the handlers in between stay as they are:
//
//	sealer, err := asynqseal.New(asynqseal.Config{Keyring: ring})
//	client := asynqseal.NewClient(asynq.NewClient(redis), sealer)
//	client.Enqueue(asynq.NewTask("password-reset", payload))
//
//	mux := asynq.NewServeMux()
//	mux.Use(sealer.Middleware)
//
// Handlers find the opened payload in task.Payload() as ever, and write results to asynqseal.ResultWriter(ctx). What stays
// readable in the server: types, queues, ids, group names, headers, options and times.
package asynqseal

import (
	"errors"
	"log/slog"
	"time"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// Config says how to seal and what to accept. The zero value of all but Keyring is the safe default.
type Config struct {
	Keyring  *taskseal.Keyring // Replace its keys while all runs
	Suite    taskseal.Suite
	Padded   bool          // hide lengths
	Lifetime time.Duration // from the time a task is due, or enqueued; 0: for ever. A worker refuses what is older.

	// Policy says what a worker accepts on a queue of a type. nil: sealed tasks only.
	Policy func(queue, kind string) Policy

	// KeyWait is how long after its sealing a task whose key is not known (yet) is tried again. 0: a day.
	KeyWait time.Duration

	Errors       ErrorText // what the server keeps of a handler's error
	PlainResults bool      // leave task.ResultWriter() to handlers, which stores what they write as it is

	Observe func(Event)  // told of every task that a worker gets; for metrics
	Logger  *slog.Logger // told of what is refused; nil: nobody
}

// ErrorText says what becomes of the text of a handler's error, which Asynq stores and shows.
type ErrorText int

// What becomes of it.
const (
	RedactErrors ErrorText = iota // the types of the errors, not their texts
	SealErrors                    // sealed, in text form: OpenError reads it
	PlainErrors                   // as it is
)

// A Policy says what a worker accepts.
type Policy struct {
	AcceptPlain time.Time // until then tasks that are not sealed are accepted too; nothing is authentic meanwhile
}

// A Sealer seals and opens tasks. It may be used from several goroutines.
type Sealer struct {
	config Config
}

const defaultKeyWait = 24 * time.Hour

// New makes a Sealer.
func New(config Config) (*Sealer, error) {
	if config.Keyring == nil {
		return nil, errors.New("asynqseal: a Keyring is needed")
	}
	if !asynqIsKnown() {
		return nil, errUnknownAsynq
	}
	if config.KeyWait == 0 {
		config.KeyWait = defaultKeyWait
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	return &Sealer{config}, nil
}

// What an envelope is bound to. A task that is enqueued here is bound to its queue, type and id. Where Asynq does not tell one
// of these, another word is bound instead, so that one kind never passes for another.
const (
	periodicWord = "asynq periodic"
	groupWord    = "asynq group "
)

func (s *Sealer) seal(payload []byte, context taskseal.Context, due time.Time) ([]byte, error) {
	o := taskseal.SealOptions{Context: context, Suite: s.config.Suite, Padded: s.config.Padded}
	if s.config.Lifetime > 0 {
		if now := time.Now(); due.Before(now) {
			due = now
		}
		o.ExpiresAt = due.Add(s.config.Lifetime)
	}
	return s.config.Keyring.Seal(payload, o)
}
