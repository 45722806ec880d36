// SPDX-License-Identifier: MIT

package asynqseal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

const rotated = 10000

// ringOf has keys in these states, the first active one of which seals.
func ringOf(t *testing.T, states ...string) *taskseal.Keyring {
	t.Helper()
	var keys []taskseal.Key
	for _, text := range states {
		var id string
		var state int
		if _, err := fmt.Sscan(text, &id, &state); err != nil {
			t.Fatal(err)
		}
		keys = append(keys, taskseal.Key{ID: id, Type: taskseal.KeyXChaCha20Poly1305, State: taskseal.KeyState(state), Secret: secretOf(id)})
	}
	ring, err := taskseal.NewKeyring(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// 10,000 tasks wait, each fails once and is tried again, while the key is replaced in the steps of doc/operations.md: the workers
// learn the new key, the producers seal with it, the old one opens only. Every task is done, once, and none is unreadable.
func TestRotationWhileTasksWaitAndRetry(t *testing.T) {
	if testing.Short() {
		t.Skip("10,000 tasks")
	}
	s := newStage(t, Config{})
	var enqueued atomic.Int64
	produce := func(from, to int) {
		var all sync.WaitGroup
		for lane := range 8 {
			all.Add(1)
			go func() {
				defer all.Done()
				for i := from + lane; i < to; i += 8 {
					if _, err := s.client.Enqueue(asynq.NewTask("mail", fmt.Append(nil, "payload ", i)), asynq.TaskID(fmt.Sprint(i))); err != nil {
						t.Error(err)
						return
					}
					enqueued.Add(1)
				}
			}()
		}
		all.Wait()
	}
	step := func(states ...string) {
		if err := s.ring.Replace(ringOf(t, states...)); err != nil {
			t.Fatal(err)
		}
	}
	done := &ledger{tries: map[string]int{}}
	produce(0, rotated/2)
	startWorker(t, s.server, asynq.Config{}, s.sealer.Middleware, map[string]asynq.HandlerFunc{"mail": done.handle})
	step("mail-k01 1", "mail-k02 2") // learned
	produce(rotated/2, rotated*3/4)
	step("mail-k02 1", "mail-k01 1") // promoted
	produce(rotated*3/4, rotated)
	step("mail-k02 1", "mail-k01 2") // demoted
	waitFor(t, "every task was done", func() bool { return done.count() == rotated })
	time.Sleep(300 * time.Millisecond)
	for id, tries := range done.tries {
		if tries != 2 {
			t.Errorf("task %s was tried %d times, not twice", id, tries)
		}
	}
	keys := map[string]int{}
	for _, event := range s.events {
		if event.Outcome != Opened {
			t.Fatalf("%s of %s: %v", event.Outcome, event.ID, event.Err)
		}
		keys[event.Opened.KeyID]++
	}
	if keys["mail-k01"] == 0 || keys["mail-k02"] == 0 {
		t.Errorf("opened by %v: there was no rotation", keys)
	}
	t.Logf("%d enqueued, %d done at the second try, opened by %v", enqueued.Load(), done.count(), keys)
}

// A ledger fails every task once.
type ledger struct {
	mutex sync.Mutex
	tries map[string]int
	done  int
}

func (l *ledger) handle(ctx context.Context, task *asynq.Task) error {
	id, _ := asynq.GetTaskID(ctx)
	if string(task.Payload()) != "payload "+id {
		return errors.New("another payload")
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.tries[id]++
	if l.tries[id] == 1 {
		return errors.New("the first try fails")
	}
	l.done++
	return nil
}

func (l *ledger) count() int {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.done
}
