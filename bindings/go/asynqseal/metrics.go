// SPDX-License-Identifier: MIT

package asynqseal

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Metrics counts what workers open and refuse. Give its Observe to Config and serve it where Prometheus looks:
//
//	metrics := asynqseal.NewMetrics()
//	sealer, err := asynqseal.New(asynqseal.Config{Keyring: ring, Observe: metrics.Observe})
//	http.Handle("/metrics/taskseal", metrics)
//
// It writes Prometheus' text format itself, so that nobody need have its client library.
type Metrics struct {
	mutex   sync.Mutex
	outcome map[Outcome]uint64
	reason  map[string]uint64
	key     map[string]keyUse
	now     func() time.Time
}

// keyUse tells whether a key can be retired: nothing was opened with it lately, and nothing is that old.
type keyUse struct {
	opened    uint64
	last      time.Time
	oldestAge time.Duration
}

// NewMetrics makes counters that are 0.
func NewMetrics() *Metrics {
	return &Metrics{outcome: map[Outcome]uint64{}, reason: map[string]uint64{}, key: map[string]keyUse{}, now: time.Now}
}

// Observe counts one task.
func (m *Metrics) Observe(event Event) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.outcome[event.Outcome]++
	if event.Err != nil {
		m.reason[reasonOf(event.Err)]++
	}
	if event.Outcome == Opened {
		use, now := m.key[event.Opened.KeyID], m.now()
		use.opened++
		use.last = now
		use.oldestAge = max(use.oldestAge, now.Sub(event.Opened.SealedAt))
		m.key[event.Opened.KeyID] = use
	}
}

// WriteTo writes all counters in Prometheus' text format.
func (m *Metrics) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, m.text())
	return int64(n), err
}

// ServeHTTP answers with WriteTo.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	_, _ = m.WriteTo(w)
}

func (m *Metrics) text() string {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	var b strings.Builder
	family(&b, "taskseal_tasks_total", "counter", "Tasks that workers got, by what became of their envelope.")
	samples(&b, "taskseal_tasks_total", "outcome", m.outcome, func(n uint64) any { return n })
	family(&b, "taskseal_refused_total", "counter", "Tasks that were refused or wait for a key, by the short name of the error.")
	samples(&b, "taskseal_refused_total", "reason", m.reason, func(n uint64) any { return n })
	family(&b, "taskseal_opened_total", "counter", "Tasks that were opened, by the id of the key.")
	samples(&b, "taskseal_opened_total", "key", m.key, func(u keyUse) any { return u.opened })
	family(&b, "taskseal_key_last_opened_timestamp_seconds", "gauge", "When a key last opened a task.")
	samples(&b, "taskseal_key_last_opened_timestamp_seconds", "key", m.key, func(u keyUse) any { return u.last.Unix() })
	family(&b, "taskseal_opened_age_seconds_max", "gauge", "The oldest task that a key has opened, from sealing to opening.")
	samples(&b, "taskseal_opened_age_seconds_max", "key", m.key, func(u keyUse) any { return int64(u.oldestAge.Seconds()) })
	return b.String()
}

func family(b *strings.Builder, name, kind, help string) {
	fmt.Fprintf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

// samples are written in the order of their labels. Outcomes, error names and key ids hold nothing that had to be escaped.
func samples[K interface {
	~string
	cmp.Ordered
}, V any](b *strings.Builder, name, label string, all map[K]V, value func(V) any) {
	for _, key := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(b, "%s{%s=\"%s\"} %v\n", name, label, key, value(all[key]))
	}
}
