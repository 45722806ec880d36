// SPDX-License-Identifier: MIT

package asynqseal

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Metrics counts what workers open and refuse. Give its Observe to Config; asynqsealprom, a module of its own, makes a
// prometheus.Collector of it:
//
//	metrics := asynqseal.NewMetrics()
//	sealer, err := asynqseal.New(asynqseal.Config{Keyring: ring, Observe: metrics.Observe})
//	prometheus.MustRegister(asynqsealprom.New(metrics))
//
// Without Prometheus' client library it serves its text format itself: http.Handle("/metrics/taskseal", metrics).
type Metrics struct {
	mutex   sync.Mutex
	outcome map[string]float64
	reason  map[string]float64
	plain   map[string]float64
	key     map[string]*keyUse
	now     func() time.Time
}

// ageWindow is for how long, at least, the oldest age is told; at most twice as long.
const ageWindow = 5 * time.Minute

// keyUse tells whether a key can be retired: nothing was opened with it lately, and nothing is that old.
type keyUse struct {
	opened         float64
	last           time.Time
	window         time.Time // when the present window has begun
	oldest, before time.Time // the first seal time in this window, and in the one before; zero: nothing was opened
}

func (u *keyUse) note(sealedAt, now time.Time) {
	u.turn(now)
	u.opened++
	u.last = now
	if u.oldest.IsZero() || sealedAt.Before(u.oldest) {
		u.oldest = sealedAt
	}
}

// turn begins another window if it is time.
func (u *keyUse) turn(now time.Time) {
	if now.Sub(u.window) >= 2*ageWindow {
		u.oldest = time.Time{}
	}
	if now.Sub(u.window) >= ageWindow {
		u.window, u.before, u.oldest = now, u.oldest, time.Time{}
	}
}

// age is that of the oldest envelope of both windows; false if there is none.
func (u *keyUse) age(now time.Time) (float64, bool) {
	u.turn(now)
	oldest := u.oldest
	if oldest.IsZero() || !u.before.IsZero() && u.before.Before(oldest) {
		oldest = u.before
	}
	return now.Sub(oldest).Seconds(), !oldest.IsZero()
}

// NewMetrics makes counters that are 0.
func NewMetrics() *Metrics {
	return &Metrics{outcome: map[string]float64{}, reason: map[string]float64{}, plain: map[string]float64{},
		key: map[string]*keyUse{}, now: time.Now}
}

// Observe counts one task.
func (m *Metrics) Observe(event Event) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.outcome[string(event.Outcome)]++
	switch {
	case event.Err != nil:
		m.reason[reasonOf(event.Err)]++
	case event.Outcome == Opened:
		use := m.key[event.Opened.KeyID]
		if use == nil {
			use = &keyUse{window: m.now()}
			m.key[event.Opened.KeyID] = use
		}
		use.note(event.Opened.SealedAt, m.now())
	default:
		m.plain[m.queueLabel(event.Queue)]++ // not its type: whoever writes to the server makes as many of them as he likes
	}
}

// queuesMost bounds the labels that whoever writes to the server can make of queues.
const queuesMost = 256

func (m *Metrics) queueLabel(queue string) string {
	if _, known := m.plain[queue]; !known && len(m.plain) >= queuesMost {
		return "(others)"
	}
	return queue
}

// A MetricFamily is one metric: a counter, or else a gauge.
type MetricFamily struct {
	Name, Help, Label string
	Counter           bool
	Samples           map[string]float64 // by the label's value
}

// Families are the metrics of now.
func (m *Metrics) Families() []MetricFamily {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	opened, last, oldest := map[string]float64{}, map[string]float64{}, map[string]float64{}
	for id, use := range m.key {
		opened[id], last[id] = use.opened, float64(use.last.Unix())
		if age, ok := use.age(m.now()); ok {
			oldest[id] = age
		}
	}
	return []MetricFamily{
		{"taskseal_tasks_total", "Tasks that workers got, by what became of their envelope.", "outcome", true, maps.Clone(m.outcome)},
		{"taskseal_refused_total", "Tasks that were refused or wait for a key, by the short name of the error.", "reason", true, maps.Clone(m.reason)},
		{"taskseal_plaintext_accepted_total", "Tasks that were accepted although not sealed, by the queue.", "queue", true, maps.Clone(m.plain)},
		{"taskseal_opened_total", "Tasks that were opened, by the id of the key.", "key", true, opened},
		{"taskseal_key_last_opened_timestamp_seconds", "When a key last opened a task.", "key", false, last},
		{"taskseal_oldest_sealed_age_seconds", "How long ago the oldest task was sealed that a key has opened in the last 5 to 10 minutes.", "key", false, oldest},
	}
}

// WriteTo writes all metrics in Prometheus' text format.
func (m *Metrics) WriteTo(w io.Writer) (int64, error) {
	var b strings.Builder
	for _, family := range m.Families() {
		family.write(&b)
	}
	n, err := io.WriteString(w, b.String())
	return int64(n), err
}

// ServeHTTP answers with WriteTo.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	_, _ = m.WriteTo(w)
}

var inLabels = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func (f *MetricFamily) write(b *strings.Builder) {
	kind := "gauge"
	if f.Counter {
		kind = "counter"
	}
	fmt.Fprintf(b, "# HELP %s %s\n# TYPE %s %s\n", f.Name, f.Help, f.Name, kind)
	for _, value := range slices.Sorted(maps.Keys(f.Samples)) {
		fmt.Fprintf(b, "%s{%s=\"%s\"} %v\n", f.Name, f.Label, inLabels.Replace(value), f.Samples[value])
	}
}
