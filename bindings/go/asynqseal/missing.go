// SPDX-License-Identifier: MIT

package asynqseal

import (
	"sync"
	"time"
)

// missingKeys remembers since when this process misses keys. Their ids come from unverified headers, so there may be any
// number of them: with too many the memory begins anew, which prolongs the wait and loses nothing.
type missingKeys struct {
	mutex sync.Mutex
	seen  map[string]absence
}

type absence struct{ first, last time.Time }

const (
	missingMost = 1024
	graceShare  = 24 // of Config.KeyWait
)

// missed tells for how long a key has been missing. One that no task has named for a day (or `wait`) was there meanwhile.
func (m *missingKeys) missed(keyID string, now time.Time, wait time.Duration) time.Duration {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	a, ok := m.seen[keyID]
	if !ok || now.Sub(a.last) > max(wait, defaultKeyWait) {
		a.first = now
	}
	a.last = now
	if m.seen == nil || len(m.seen) >= missingMost {
		m.seen = map[string]absence{}
	}
	m.seen[keyID] = a
	return now.Sub(a.first)
}
