// SPDX-License-Identifier: MIT

package asynqseal

import (
	"fmt"
	"strings"
	"time"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// A Formatter shows payloads and results in asynqmon as Format does:
//
//	asynqmon.New(asynqmon.Options{PayloadFormatter: asynqseal.Formatter{}, ResultFormatter: asynqseal.Formatter{}, ...})
type Formatter struct{}

// FormatPayload is asynqmon's PayloadFormatter.
func (Formatter) FormatPayload(_ string, payload []byte) string { return Format(payload) }

// FormatResult is asynqmon's ResultFormatter.
func (Formatter) FormatResult(_ string, result []byte) string { return Format(result) }

// Format is one line about sealed bytes: never plaintext, and nothing of it is verified. What is not sealed it names by its
// size.
func Format(data []byte) string {
	if isBundle(data) {
		_, members, err := readBundle(data)
		if err != nil {
			return fmt.Sprintf("damaged bundle, %d bytes", len(data))
		}
		return fmt.Sprintf("bundle of %d members, %d bytes", len(members), len(data))
	}
	info, err := taskseal.Inspect(data)
	if err != nil {
		return fmt.Sprintf("%s, %d bytes", taskseal.IsSealed(data), len(data))
	}
	ids := make([]string, len(info.Stanzas))
	for i, stanza := range info.Stanzas {
		ids[i] = stanza.KeyID
	}
	expires := "never"
	if !info.ExpiresAt.IsZero() {
		expires = info.ExpiresAt.Format(time.RFC3339)
	}
	return fmt.Sprintf("sealed v%d, suite %02d, key %s, at %s, expires %s, %d bytes", info.Version, info.Suite,
		strings.Join(ids, " "), info.SealedAt.Format(time.RFC3339), expires, len(data))
}
