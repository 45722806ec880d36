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
// Handlers find the opened payload in task.Payload() as ever, or in Payload(ctx), and write results to
// asynqseal.ResultWriter(ctx). A [Kind] gives them a value of a Go type instead. What stays readable in the server: types,
// queues, ids, group names, headers, options and times.
//
// A payload that is too large for a queue can stand in another store, sealed there by [taskseal.Keyring.NewSealWriter]; the
// task then carries its name. This package does not know of such stores yet: an envelope of
// [taskseal.PurposeReference] in the place of a payload, which is kept for that, is refused. A page that shows payloads to
// those who may see them calls [Sealer.OpenPayload], [Sealer.OpenResult] and [Sealer.OpenError] behind its own authorisation.
package asynqseal

import (
	"errors"
	"log/slog"
	"slices"
	"time"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// Config says how to seal and what to accept. The zero value of all but Keyring is the safe default.
type Config struct {
	Keyring  *taskseal.Keyring // Replace its keys while all runs
	Suite    taskseal.Suite    // 0: ChaCha20Poly1305
	Padded   bool              // hide lengths
	Lifetime time.Duration     // from the time a task is due, or enqueued; 0: for ever. A worker refuses what is older.

	// Policy says what a worker accepts on a queue of a type. nil: RequireSealed for all. Both are the message's own words: who
	// can write to one queue of a worker can name another, unless Queues has the worker refuse it.
	Policy func(queue, kind string) Policy

	// Queues are those of the worker, as in asynq.Config. A task that names another one is refused, wherever it lay. nil: any.
	Queues []string

	// Bundles are the types of the tasks that Aggregator makes. A bundle of another type is refused: whoever can write to
	// the server could put one of old members, or of none, before any handler.
	Bundles []string

	// KeyWait is for how long a task whose key is not known (yet) is tried again. 0: a day. It is given up when its
	// envelope is older, and this process has missed that key for a 24th of it (an hour): a task that was sealed long
	// before it was due gets its time too.
	KeyWait time.Duration

	// TypedOnly is for a release of Asynq that New does not know: handlers are those of a Kind, or call Payload, and tasks
	// are enqueued by Kind.Enqueue. What reaches into asynq.Task then refuses: Middleware, Client.Enqueue, SealPeriodic.
	TypedOnly bool

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

// A Sealer seals and opens tasks. It may be used from several goroutines.
type Sealer struct {
	config  Config
	missing missingKeys
}

const defaultKeyWait = 24 * time.Hour

// ErrUnknownAsynq is what New says of a release of Asynq whose Task is another one. Config.TypedOnly does without.
var ErrUnknownAsynq = errors.New("asynqseal: this release of Asynq has another asynq.Task: use one that asynqseal was tested with")

// ErrTypedOnly is what refuses under Config.TypedOnly.
var ErrTypedOnly = errors.New("asynqseal: with Config.TypedOnly tasks are enqueued and handled by a Kind")

// New makes a Sealer.
func New(config Config) (*Sealer, error) {
	if config.Keyring == nil {
		return nil, errors.New("asynqseal: Config.Keyring is nil: load one with taskseal.LoadKeyring")
	}
	if config.Lifetime < 0 || config.KeyWait < 0 {
		return nil, errors.New("asynqseal: Lifetime and KeyWait can't be negative")
	}
	if !config.TypedOnly && !asynqIsKnown() {
		return nil, ErrUnknownAsynq
	}
	if config.KeyWait == 0 {
		config.KeyWait = defaultKeyWait
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	config.Bundles, config.Queues = slices.Clone(config.Bundles), slices.Clone(config.Queues)
	return &Sealer{config: config}, nil
}

// What an envelope is bound to: queue, type and id. Where Asynq does not tell its opener the id, another word is bound
// instead, so that one kind never passes for another.
const (
	periodicWord = "asynq periodic"
	groupWord    = "asynq group "
)

func boundToTask(queue, kind, id string) taskseal.Context {
	return taskseal.Context{Queue: queue, Type: kind, ID: id}
}

func boundToGroup(queue, kind, group string) taskseal.Context {
	return taskseal.Context{Queue: queue, Type: kind, Extra: groupWord + group}
}

func boundToSchedule(queue, kind string) taskseal.Context {
	return taskseal.Context{Queue: queue, Type: kind, Extra: periodicWord}
}

func (s *Sealer) options(bound taskseal.Context) taskseal.SealOptions {
	return taskseal.SealOptions{Context: bound, Suite: s.config.Suite, Padded: s.config.Padded}
}
