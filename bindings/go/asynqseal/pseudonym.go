// SPDX-License-Identifier: MIT

package asynqseal

import (
	"fmt"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// Pseudonym is a name for a value that must not be readable in the server, for asynq.TaskID and asynq.Group: 64 hex digits,
// made with the keyring's dedupe key. The same value for the same use has the same one, under one dedupe key, and
// nobody without that key can tell or guess the value. Of two uses, say "customer" and "invoice", equal values
// can't be told to be equal.
func (s *Sealer) Pseudonym(use, value string) (string, error) {
	// asynq.Unique's ids are made with a queue, which is never empty there: these can't be equal to those.
	tag, err := s.config.Keyring.DedupeTag([]byte(value), taskseal.DedupeOptions{Type: use})
	if err != nil {
		return "", fmt.Errorf("asynqseal: pseudonym: %w", err)
	}
	return tag.String(), nil
}
