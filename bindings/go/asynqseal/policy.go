// SPDX-License-Identifier: MIT

package asynqseal

import "time"

// A Policy says what a worker accepts on a queue of a type. The zero Policy is RequireSealed. What begins as an envelope
// does, and fails to open, is refused under every policy.
type Policy struct {
	AcceptPlain time.Time // until then tasks that are not sealed are accepted too; nothing is authentic meanwhile
	Unexpected  bool      // report each of them as an anomaly
}

// RequireSealed accepts sealed tasks only.
func RequireSealed() Policy { return Policy{} }

// AcceptBoth accepts tasks that are not sealed until a date, because producers still make them.
func AcceptBoth(until time.Time) Policy { return Policy{AcceptPlain: until} }

// PreferSealed accepts tasks that are not sealed until a date, but no producer should make them any more: each is logged
// as a warning, and its outcome is PlainUnexpected. It finds the forgotten producer before RequireSealed archives his tasks.
func PreferSealed(until time.Time) Policy { return Policy{AcceptPlain: until, Unexpected: true} }

func (s *Sealer) policy(queue, kind string) Policy {
	if s.config.Policy == nil {
		return Policy{}
	}
	return s.config.Policy(queue, kind)
}
