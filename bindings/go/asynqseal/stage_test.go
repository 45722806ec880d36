// SPDX-License-Identifier: MIT

package asynqseal

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/hibiken/asynq"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// A stage is a server with a sealed client and an inspector.
type stage struct {
	*server
	ring      *taskseal.Keyring
	sealer    *Sealer
	client    *Client
	plain     *asynq.Client
	inspector *asynq.Inspector

	mutex  sync.Mutex
	got    []string // what handlers got
	events []Event
}

func newStage(t *testing.T, config Config) *stage {
	t.Helper()
	s := &stage{server: startServer(t), ring: newRing(t, "mail-k01")}
	config.Keyring, config.Observe = s.ring, s.observe
	s.sealer = newSealer(t, config)
	s.plain = asynq.NewClient(s.options)
	s.client = NewClient(s.plain, s.sealer)
	s.inspector = asynq.NewInspector(s.options)
	t.Cleanup(func() {
		_ = s.plain.Close()
		_ = s.inspector.Close()
	})
	return s
}

func (s *stage) observe(event Event) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.events = append(s.events, event)
}

// outcomes are those that were observed so far.
func (s *stage) outcomes() []Outcome {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var all []Outcome
	for _, event := range s.events {
		all = append(all, event.Outcome)
	}
	return all
}

func (s *stage) note(text string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.got = append(s.got, text)
}

func (s *stage) noted() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Sorted(slices.Values(s.got))
}

// work runs a worker that notes every task's type and payload.
func (s *stage) work(t *testing.T, config asynq.Config) {
	t.Helper()
	handler := func(_ context.Context, task *asynq.Task) error {
		s.note(task.Type() + " " + string(task.Payload()))
		return nil
	}
	if config.IsFailure == nil {
		config.IsFailure = IsFailure
	}
	startWorker(t, s.server, config, s.sealer.Middleware, map[string]asynq.HandlerFunc{"mail": handler, "news": handler})
}

func (s *stage) enqueue(t *testing.T, task *asynq.Task, opts ...asynq.Option) *asynq.TaskInfo {
	t.Helper()
	info, err := s.client.Enqueue(task, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func (s *stage) await(t *testing.T, want ...string) {
	t.Helper()
	slices.Sort(want)
	waitFor(t, fmt.Sprint("handlers got ", want), func() bool { return len(s.noted()) >= len(want) })
	if got := s.noted(); !slices.Equal(got, want) {
		t.Errorf("handlers got %q, not %q", got, want)
	}
}
