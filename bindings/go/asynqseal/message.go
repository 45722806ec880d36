// SPDX-License-Identifier: MIT

package asynqseal

import (
	"fmt"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// The fields of Asynq's task message, which is protobuf. What is 0 or empty is left out.
const (
	fieldType      protowire.Number = 1
	fieldPayload   protowire.Number = 2
	fieldID        protowire.Number = 3
	fieldQueue     protowire.Number = 4
	fieldRetry     protowire.Number = 5
	fieldTimeout   protowire.Number = 8
	fieldDeadline  protowire.Number = 9
	fieldUniqueKey protowire.Number = 10
	fieldRetention protowire.Number = 12
	fieldGroup     protowire.Number = 14
	fieldHeaders   protowire.Number = 15
)

// message is the task as asynq.Client writes it. A queue with one text that is no UTF-8 would stand still.
func (w *wish) message(sealed []byte, uniqueKey string) ([]byte, error) {
	b := make([]byte, 0, len(sealed)+len(w.kind)+len(w.id)+len(w.queue)+len(uniqueKey)+len(w.group)+64)
	b = appendText(b, fieldType, w.kind)
	b = appendText(b, fieldPayload, string(sealed))
	b = appendText(b, fieldID, w.id)
	b = appendText(b, fieldQueue, w.queue)
	b = appendNumber(b, fieldRetry, int64(w.retry))
	b = appendNumber(b, fieldTimeout, w.timeoutSeconds())
	if !w.deadline.IsZero() {
		b = appendNumber(b, fieldDeadline, w.deadline.Unix())
	}
	b = appendText(b, fieldUniqueKey, uniqueKey)
	b = appendNumber(b, fieldRetention, int64(w.retention/time.Second))
	b = appendText(b, fieldGroup, w.group)
	texts := []string{w.kind, w.id, w.queue, w.group}
	for _, name := range slices.Sorted(maps.Keys(w.headers)) {
		pair := appendText(appendText(nil, 1, name), 2, w.headers[name])
		b = protowire.AppendBytes(protowire.AppendTag(b, fieldHeaders, protowire.BytesType), pair)
		texts = append(texts, name, w.headers[name])
	}
	for _, text := range texts {
		if !utf8.ValidString(text) {
			return nil, fmt.Errorf("asynqseal: type, id, queue, group and headers must be UTF-8, and %q is not", text)
		}
	}
	return b, nil
}

// timeoutSeconds: a worker wants a timeout or a deadline.
func (w *wish) timeoutSeconds() int64 {
	switch {
	case w.timeout == 0 && w.deadline.IsZero():
		return int64(defaultTimeout / time.Second)
	case w.timeout > 0:
		return max(int64(w.timeout/time.Second), 1)
	}
	return int64(w.timeout / time.Second)
}

func appendText(b []byte, field protowire.Number, text string) []byte {
	if text == "" {
		return b
	}
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), text)
}

func appendNumber(b []byte, field protowire.Number, n int64) []byte {
	if n == 0 {
		return b
	}
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), uint64(n))
}
