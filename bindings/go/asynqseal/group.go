// SPDX-License-Identifier: MIT

package asynqseal

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/hibiken/asynq"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// A group's members are enqueued sealed, each bound to its queue, its type and the group's name: whoever aggregates is told
// no id. He can also return no error and has no second try. So he opens nothing: a bundle holds the members as they are,
// and a worker opens them, where a key that is missing is waited for.
//
//	bundle = "tskbundle1\n" string(group) { string(type) string(sealed) }...     string: length as uvarint, bytes
const bundlePrefix = "tskbundle1\n"

// Aggregator is an asynq.GroupAggregator that bundles sealed members, without a key, into a task of the given type, which
// Config.Bundles of the workers must name. Its handler, behind the middleware, finds them with Members. A bundle of more than
// 131072 members is refused as damaged: asynq.Config.GroupMaxSize keeps groups smaller.
func Aggregator(kind string, opts ...asynq.Option) asynq.GroupAggregator {
	return &aggregator{kind, opts}
}

type aggregator struct {
	kind string
	opts []asynq.Option
}

// Aggregate bundles the members of a group.
func (a *aggregator) Aggregate(group string, tasks []*asynq.Task) *asynq.Task {
	bundle := appendString([]byte(bundlePrefix), []byte(group))
	for _, task := range tasks {
		bundle = appendString(appendString(bundle, []byte(task.Type())), task.Payload())
	}
	return asynq.NewTask(a.kind, bundle, a.opts...)
}

// UnreadGroup is the type of the bundles that WorkerConfig makes of sealed members where the program's aggregator is no
// Aggregator: it would be given envelopes, and what it makes of them takes their place.
const UnreadGroup = "asynqseal:unread-group"

func sparing(own asynq.GroupAggregator) asynq.GroupAggregator {
	return asynq.GroupAggregatorFunc(func(group string, tasks []*asynq.Task) *asynq.Task {
		for _, task := range tasks {
			if taskseal.IsSealed(task.Payload()) != taskseal.Plain {
				return Aggregator(UnreadGroup).Aggregate(group, tasks)
			}
		}
		return own.Aggregate(group, tasks)
	})
}

func appendString(to, s []byte) []byte { return append(binary.AppendUvarint(to, uint64(len(s))), s...) }

// A Member is one task of a group. Err says why its payload could not be opened for good (expired, say); the Task is then
// nil.
type Member struct {
	Task *asynq.Task
	Err  error
}

// Members gives the handler of a bundle the group's name and its opened tasks. nil if the task is none. The name is that
// which members were sealed for, as far as there are any without Err.
func Members(ctx context.Context) (group string, members []Member) {
	j := jobOf(ctx)
	if j == nil || j.bundle == nil {
		return "", nil
	}
	return j.bundle.group, j.bundle.members
}

// A bundle is what a task of an Aggregator holds, opened.
type bundle struct {
	group   string
	members []Member
}

var (
	errBundle     = fmt.Errorf("asynqseal: the bundle of a group is damaged: %w: %w", taskseal.ErrMalformed, asynq.SkipRetry)
	errBundleType = fmt.Errorf("asynqseal: a bundle of a type that Config.Bundles does not name: %w: %w", taskseal.ErrNotSealed, asynq.SkipRetry)
)

// membersMost bounds what a bundle of a few megabytes, made up of members of no bytes, takes of a worker's memory and log.
const membersMost = 1 << 17

func isBundle(payload []byte) bool { return bytes.HasPrefix(payload, []byte(bundlePrefix)) }

// A packed member is one as it stands in a bundle.
type packed struct {
	kind   string
	sealed []byte
}

func readBundle(payload []byte) (group string, members []packed, err error) {
	name, rest, ok := cutString(payload[len(bundlePrefix):])
	for ok && len(rest) > 0 {
		if len(members) == membersMost {
			return "", nil, errBundle
		}
		var kind, sealed []byte
		if kind, rest, ok = cutString(rest); ok {
			sealed, rest, ok = cutString(rest)
		}
		members = append(members, packed{string(kind), sealed})
	}
	if !ok {
		return "", nil, errBundle
	}
	return string(name), members, nil
}

func cutString(from []byte) (s, rest []byte, ok bool) {
	n, used := binary.Uvarint(from)
	if used <= 0 || n > uint64(len(from)-used) {
		return nil, nil, false
	}
	return from[used : used+int(n)], from[used+int(n):], true
}

// openBundle opens the members. An error that may pass fails the whole task, so that it is tried again.
func (s *Sealer) openBundle(queue, kind, id string, whole []byte) (*bundle, error) {
	group, found, err := "", []packed(nil), errBundleType
	if slices.Contains(s.config.Bundles, kind) {
		group, found, err = readBundle(whole)
	}
	if err != nil {
		s.tell(&Event{Queue: queue, Type: kind, ID: id, Outcome: Refused, Err: err})
		return nil, err
	}
	members := make([]Member, 0, len(found))
	for _, m := range found {
		event := Event{Queue: queue, Type: m.kind}
		payload, err := s.openBound(m.sealed, &event.Opened, boundToGroup(queue, m.kind, group))
		payload = s.judge(&event, m.sealed, payload, err)
		switch {
		case event.Err == nil:
			members = append(members, Member{Task: asynq.NewTask(m.kind, payload)})
		case errors.Is(event.Err, asynq.SkipRetry):
			members = append(members, Member{Err: event.Err})
		default:
			return nil, event.Err
		}
	}
	return &bundle{group, members}, nil
}
