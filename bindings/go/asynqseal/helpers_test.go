// SPDX-License-Identifier: MIT

package asynqseal

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

func newRing(t *testing.T, ids ...string) *taskseal.Keyring {
	t.Helper()
	keys := []taskseal.Key{{ID: "dedupe-k01", Type: taskseal.KeyDedupe, State: taskseal.KeyActive, Secret: secretOf("dedupe-k01")}}
	for _, id := range ids {
		keys = append(keys, taskseal.Key{ID: id, Type: taskseal.KeyXChaCha20Poly1305, State: taskseal.KeyActive, Secret: secretOf(id)})
	}
	ring, err := taskseal.NewKeyring(keys...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ring.Close() })
	return ring
}

// secretOf is the same for the same id, so that two keyrings of a test can share a key.
func secretOf(id string) []byte { return []byte(fmt.Sprintf("%-32.32s", "secret of "+id)) }

func newSealer(t *testing.T, config Config) *Sealer {
	t.Helper()
	sealer, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return sealer
}

// startWorker runs handlers behind a middleware until the test ends.
func startWorker(t *testing.T, s *server, config asynq.Config, middleware asynq.MiddlewareFunc, handlers map[string]asynq.HandlerFunc) {
	t.Helper()
	mux := asynq.NewServeMux()
	mux.Use(middleware)
	for kind, handler := range handlers {
		mux.HandleFunc(kind, handler)
	}
	config.Concurrency, config.LogLevel = 10, asynq.FatalLevel
	config.TaskCheckInterval, config.DelayedTaskCheckInterval = 50*time.Millisecond, 200*time.Millisecond
	if config.RetryDelayFunc == nil {
		config.RetryDelayFunc = func(int, error, *asynq.Task) time.Duration { return 100 * time.Millisecond }
	}
	worker := asynq.NewServer(s.options, config)
	if err := worker.Start(mux); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(worker.Shutdown)
}

func waitFor(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for begun := time.Now(); !happened(); time.Sleep(100 * time.Millisecond) {
		if time.Since(begun) > 60*time.Second {
			t.Fatalf("it never came to this: %s", what)
		}
	}
}

// codeName is the short name of an error of taskseal's.
func codeName(err error) string { return taskseal.CodeOf(err).Name() }

func median(all []float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}
