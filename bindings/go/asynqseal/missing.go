// SPDX-License-Identifier: MIT

package asynqseal

import (
	"maps"
	"sync"
	"time"
)

// missingKeys remembers since when this process misses keys. Their ids come from unverified headers, so there may be any
// number of them: with too many all others share one memory. To begin anew would have them waited for without end.
type missingKeys struct {
	mutex sync.Mutex
	seen  map[string]absence
}

type absence struct{ first, last time.Time }

const (
	missingMost = 1024
	graceShare  = 24 // of Config.KeyWait
	otherKeys   = "" // is no key's id
)

// missed tells for how long a key has been missing. One that no task has named for a day (or `wait`) was there meanwhile.
func (m *missingKeys) missed(keyID string, now time.Time, wait time.Duration) time.Duration {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	old := func(_ string, a absence) bool { return now.Sub(a.last) > max(wait, defaultKeyWait) }
	if _, ok := m.seen[keyID]; !ok && len(m.seen) >= missingMost-1 {
		if maps.DeleteFunc(m.seen, old); len(m.seen) >= missingMost-1 {
			keyID = otherKeys
		}
	}
	a, ok := m.seen[keyID]
	if !ok || old(keyID, a) {
		a.first = now
	}
	a.last = now
	if m.seen == nil {
		m.seen = map[string]absence{}
	}
	m.seen[keyID] = a
	return now.Sub(a.first)
}
