// SPDX-License-Identifier: MIT

package asynqseal

import (
	"errors"
	"fmt"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// Pseudonym is a name for a value that must not be readable in the server, for asynq.TaskID and asynq.Group: 64 hex digits,
// made with the keyring's dedupe key. The same value for the same use has the same one, under one dedupe key, and
// nobody without that key can tell or guess the value. Of two uses, say "customer" and "invoice", equal values
// can't be told to be equal.
func (s *Sealer) Pseudonym(use, value string) (string, error) {
	// asynq.Unique's ids are made with a queue, which is never empty there: these can't be equal to those.
	return s.tag("Pseudonym", []byte(value), taskseal.DedupeOptions{Type: use})
}

// tag is a dedupe tag for what is called by its name, or why there is none.
func (s *Sealer) tag(name string, payload []byte, o taskseal.DedupeOptions) (string, error) {
	tag, err := s.config.Keyring.DedupeTag(payload, o)
	switch {
	case errors.Is(err, taskseal.ErrKeyNotActive):
		return "", fmt.Errorf("asynqseal: %s needs an active dedupe key, and the keyring has none to use here: "+
			"`taskseal key add ID --type dedupe`, then `taskseal key promote ID`: %w", name, err)
	case err != nil:
		return "", fmt.Errorf("asynqseal: %s: %w", name, err)
	}
	return tag.String(), nil
}
