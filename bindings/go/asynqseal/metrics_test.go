// SPDX-License-Identifier: MIT

package asynqseal

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

const wantedMetrics = `# HELP taskseal_tasks_total Tasks that workers got, by what became of their envelope.
# TYPE taskseal_tasks_total counter
taskseal_tasks_total{outcome="expired"} 1
taskseal_tasks_total{outcome="opened"} 3
taskseal_tasks_total{outcome="plain-accepted"} 1
taskseal_tasks_total{outcome="plain-refused"} 1
# HELP taskseal_refused_total Tasks that were refused or wait for a key, by the short name of the error.
# TYPE taskseal_refused_total counter
taskseal_refused_total{reason="expired"} 1
taskseal_refused_total{reason="not-sealed"} 1
# HELP taskseal_plaintext_accepted_total Tasks that were accepted although not sealed, by the queue.
# TYPE taskseal_plaintext_accepted_total counter
taskseal_plaintext_accepted_total{queue="with \"quotes\""} 1
# HELP taskseal_opened_total Tasks that were opened, by the id of the key.
# TYPE taskseal_opened_total counter
taskseal_opened_total{key="mail-k01"} 2
taskseal_opened_total{key="mail-k02"} 1
# HELP taskseal_key_last_opened_timestamp_seconds When a key last opened a task.
# TYPE taskseal_key_last_opened_timestamp_seconds gauge
taskseal_key_last_opened_timestamp_seconds{key="mail-k01"} 1.8e+09
taskseal_key_last_opened_timestamp_seconds{key="mail-k02"} 1.8e+09
# HELP taskseal_oldest_sealed_age_seconds How long ago the oldest task was sealed that a key has opened in the last 5 to 10 minutes.
# TYPE taskseal_oldest_sealed_age_seconds gauge
taskseal_oldest_sealed_age_seconds{key="mail-k01"} 90
taskseal_oldest_sealed_age_seconds{key="mail-k02"} 5
`

func TestMetricsInPrometheusText(t *testing.T) {
	m := NewMetrics()
	now := time.Unix(1800000000, 0)
	m.now = func() time.Time { return now }
	opened := func(key string, age time.Duration) {
		m.Observe(Event{Outcome: Opened, Opened: taskseal.Opened{KeyID: key, SealedAt: now.Add(-age)}})
	}
	opened("mail-k01", 90*time.Second)
	opened("mail-k01", 2*time.Second)
	opened("mail-k02", 5*time.Second)
	m.Observe(Event{Outcome: PlainAccepted, Queue: `with "quotes"`})
	m.Observe(Event{Outcome: PlainRefused, Err: ErrPlain})
	m.Observe(Event{Outcome: Expired, Err: taskseal.ErrExpired})
	answer := httptest.NewRecorder()
	m.ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	if got := answer.Body.String(); got != wantedMetrics {
		t.Errorf("it serves\n%s", got)
	}
}

// An age is told for 5 minutes, and no longer than 10 if nothing as old comes.
func TestOldestAgeIsThatOfLately(t *testing.T) {
	m := NewMetrics()
	now := time.Unix(1800000000, 0)
	m.now = func() time.Time { return now }
	opened := func(age time.Duration) {
		m.Observe(Event{Outcome: Opened, Opened: taskseal.Opened{KeyID: "k", SealedAt: now.Add(-age)}})
	}
	oldest := func() any {
		families := m.Families()
		if age, ok := families[len(families)-1].Samples["k"]; ok {
			return age
		}
		return "none"
	}
	opened(time.Hour)
	for _, step := range []struct {
		pass time.Duration
		want any
	}{{0, 3600.0}, {4 * time.Minute, 3840.0}, {2 * time.Minute, 3960.0}, {6 * time.Minute, 361.0}, {13 * time.Minute, "none"}} {
		now = now.Add(step.pass)
		if got := oldest(); got != step.want {
			t.Errorf("after %v more it is %v, not %v", step.pass, got, step.want)
		}
		if step.want == 3960.0 {
			opened(time.Second)
		}
	}
}

// On a real server the counters count what happened.
func TestMetricsOfAWorker(t *testing.T) {
	metrics := NewMetrics()
	s := newStage(t, Config{})
	s.sealer.config.Observe = func(event Event) {
		metrics.Observe(event)
		s.observe(event)
	}
	s.enqueue(t, asynq.NewTask("mail", []byte("payload")))
	if _, err := s.plain.Enqueue(asynq.NewTask("mail", []byte("plain"))); err != nil {
		t.Fatal(err)
	}
	s.work(t, asynq.Config{})
	waitFor(t, "two tasks were told of", func() bool { return len(s.outcomes()) == 2 })
	if metrics.outcome["opened"] != 1 || metrics.outcome["plain-refused"] != 1 || metrics.key["mail-k01"].opened != 1 {
		t.Errorf("it counted %v", metrics.Families())
	}
}
