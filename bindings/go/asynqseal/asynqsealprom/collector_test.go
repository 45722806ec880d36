// SPDX-License-Identifier: MIT

package asynqsealprom

import (
	"bytes"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	taskseal "github.com/taskseal/taskseal/bindings/go"
	"github.com/taskseal/taskseal/bindings/go/asynqseal"
)

// What a registry gathers is what asynqseal writes itself.
func TestRegistryGathersWhatTheTextSays(t *testing.T) {
	metrics := asynqseal.NewMetrics()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(New(metrics))
	if families, err := registry.Gather(); err != nil || len(families) != 0 {
		t.Errorf("before the first task: %v, %v", families, err)
	}
	metrics.Observe(asynqseal.Event{Outcome: asynqseal.PlainAccepted, Queue: `a "queue"`})
	metrics.Observe(asynqseal.Event{Outcome: asynqseal.Expired, Err: taskseal.ErrExpired})
	metrics.Observe(asynqseal.Event{Outcome: asynqseal.Opened, Opened: taskseal.Opened{KeyID: "mail-k01", SealedAt: time.Unix(1, 0)}})
	var text bytes.Buffer
	if _, err := metrics.WriteTo(&text); err != nil {
		t.Fatal(err)
	}
	names := []string{"taskseal_tasks_total", "taskseal_refused_total", "taskseal_plaintext_accepted_total", "taskseal_opened_total",
		"taskseal_key_last_opened_timestamp_seconds"}
	if err := testutil.GatherAndCompare(registry, &text, names...); err != nil {
		t.Error(err)
	}
	if n, err := testutil.GatherAndCount(registry, "taskseal_oldest_sealed_age_seconds"); err != nil || n != 1 {
		t.Errorf("%d ages, %v", n, err)
	}
	if problems, err := testutil.GatherAndLint(registry); err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
	if err := registry.Register(New(metrics)); err == nil {
		t.Error("it was registered twice")
	}
}
