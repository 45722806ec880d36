// SPDX-License-Identifier: MIT

package asynqseal

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/hibiken/asynq"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// A group's members are enqueued sealed, each bound to its type and the group's name: whoever aggregates is told no more. He can
// also return no error and has no second try. So he opens nothing: a bundle holds the members as they are, and a
// worker opens them, where a key that is missing is waited for.
//
//	bundle = "tskbundle1\n" string(group) { string(type) string(sealed) }...     string: length as uvarint, bytes
const bundlePrefix = "tskbundle1\n"

// Aggregator is an asynq.GroupAggregator that bundles sealed members, without a key, into a task of the given type. Its handler,
// behind the middleware, finds them with Members.
func Aggregator(kind string, opts ...asynq.Option) asynq.GroupAggregator {
	return asynq.GroupAggregatorFunc(func(group string, tasks []*asynq.Task) *asynq.Task {
		bundle := appendString([]byte(bundlePrefix), []byte(group))
		for _, task := range tasks {
			bundle = appendString(appendString(bundle, []byte(task.Type())), task.Payload())
		}
		return asynq.NewTask(kind, bundle, opts...)
	})
}

func appendString(to, s []byte) []byte { return append(binary.AppendUvarint(to, uint64(len(s))), s...) }

// A Member is one task of a group. Err says why its payload could not be opened for good (expired, say); the Task is then
// nil.
type Member struct {
	Task *asynq.Task
	Err  error
}

// Members gives the handler of a bundle the group's name and its opened tasks. nil if the task is none.
func Members(ctx context.Context) (group string, members []Member) {
	j, ok := ctx.Value(jobKey{}).(*job)
	if !ok {
		return "", nil
	}
	return j.group, j.members
}

var errBundle = fmt.Errorf("asynqseal: the bundle of a group is damaged: %w", asynq.SkipRetry)

func isBundle(payload []byte) bool { return bytes.HasPrefix(payload, []byte(bundlePrefix)) }

// openBundle opens the members. An error that may pass fails the whole task, so that it is tried again.
func (s *Sealer) openBundle(queue, bundle string) (group string, members []Member, err error) {
	rest := []byte(bundle[len(bundlePrefix):])
	name, rest, ok := cutString(rest)
	group = string(name)
	for ok && len(rest) > 0 {
		var kind, sealed []byte
		if kind, rest, ok = cutString(rest); ok {
			sealed, rest, ok = cutString(rest)
		}
		if !ok {
			break
		}
		member := s.openMember(queue, group, string(kind), sealed)
		if member.Err != nil && !errors.Is(member.Err, asynq.SkipRetry) {
			return group, nil, member.Err
		}
		members = append(members, member)
	}
	if !ok {
		return group, nil, errBundle
	}
	return group, members, nil
}

func cutString(from []byte) (s, rest []byte, ok bool) {
	n, used := binary.Uvarint(from)
	if used <= 0 || n > uint64(len(from)-used) {
		return nil, nil, false
	}
	return from[used : used+int(n)], from[used+int(n):], true
}

func (s *Sealer) openMember(queue, group, kind string, sealed []byte) Member {
	payload, event, plain := s.openPlain(sealed, queue, kind, "")
	if !plain {
		payload, event = s.openBound(sealed, taskseal.Context{Type: kind, Extra: groupWord + group}, queue, kind, "")
	}
	s.tell(event)
	if event.Err != nil {
		return Member{Err: event.Err}
	}
	return Member{Task: asynq.NewTask(kind, payload)}
}
