// SPDX-License-Identifier: MIT

package asynqseal

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hibiken/asynq"
)

// handWritten is AES-GCM as teams write it: sealed in the producer, opened in place by a middleware.
type handWritten struct{ cipher.AEAD }

func newHandWritten(t *testing.T) handWritten {
	t.Helper()
	block, err := aes.NewCipher(secretOf("hand"))
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	return handWritten{aead}
}

func (h handWritten) seal(payload []byte) []byte {
	nonce := make([]byte, h.NonceSize())
	_, _ = rand.Read(nonce)
	return h.Seal(nonce, nonce, payload, nil)
}

func (h handWritten) middleware(next asynq.Handler) asynq.Handler {
	return asynq.HandlerFunc(func(ctx context.Context, task *asynq.Task) error {
		sealed := task.Payload()
		if len(sealed) < h.NonceSize() {
			return fmt.Errorf("too short: %w", asynq.SkipRetry)
		}
		payload, err := h.Open(nil, sealed[:h.NonceSize()], sealed[h.NonceSize():], nil)
		if err != nil {
			return fmt.Errorf("%w: %w", err, asynq.SkipRetry)
		}
		copy(task.Payload(), payload)
		return next.ProcessTask(ctx, asynq.NewTask(task.Type(), task.Payload()[:len(payload)]))
	})
}

// begin: what doc/asynq.md shows, with the package's name in front
func onlyUnsealed(old asynq.MiddlewareFunc) asynq.MiddlewareFunc {
	return func(next asynq.Handler) asynq.Handler {
		byHand := old(next)
		return asynq.HandlerFunc(func(ctx context.Context, task *asynq.Task) error {
			if _, members := Members(ctx); members != nil || Envelope(ctx) != nil {
				return next.ProcessTask(ctx, task)
			}
			return byHand.ProcessTask(ctx, task)
		})
	}
}

// end

// While a system moves from its own middleware to this one, tasks of both are opened, and what either of them must refuse is
// refused. What waits of the old ones stays as it was sealed, also when its handler fails.
func TestMigrationFromHandWrittenMiddleware(t *testing.T) {
	s := newStage(t, Config{Bundles: []string{"digest"}, Policy: func(string, string) Policy { return AcceptBoth(time.Now().Add(time.Hour)) }})
	old := newHandWritten(t)
	enqueue := func(payload []byte) {
		t.Helper()
		if _, err := s.plain.Enqueue(asynq.NewTask("mail", payload), asynq.MaxRetry(1)); err != nil {
			t.Fatal(err)
		}
	}
	enqueue(old.seal([]byte("by hand")))
	enqueue([]byte("sealed by nobody"))
	s.enqueue(t, asynq.NewTask("mail", []byte("sealed")), asynq.MaxRetry(1))
	moved := s.enqueue(t, asynq.NewTask("mail", []byte("moved")), asynq.ProcessIn(time.Hour))
	enqueue(moved.Payload)
	bundle := Aggregator("digest").Aggregate("ann", []*asynq.Task{asynq.NewTask("mail", old.seal([]byte("member")))})
	if _, err := s.plain.Enqueue(bundle); err != nil {
		t.Fatal(err)
	}
	middleware := func(next asynq.Handler) asynq.Handler { return s.sealer.Middleware(onlyUnsealed(old.middleware)(next)) }
	startWorker(t, s.server, asynq.Config{}, middleware, map[string]asynq.HandlerFunc{"mail": func(ctx context.Context, task *asynq.Task) error {
		key := "no envelope"
		if envelope := Envelope(ctx); envelope != nil {
			key = envelope.Stanzas[0].KeyID
		}
		s.note(fmt.Sprintf("%s, %s", task.Payload(), key))
		return errors.New("fails, so that it is written back")
	}, "digest": func(ctx context.Context, _ *asynq.Task) error {
		group, members := Members(ctx)
		s.note(fmt.Sprintf("%d of %s", len(members), group))
		return nil
	}})
	waitFor(t, "all but the scheduled one are archived", func() bool {
		info, err := s.inspector.GetQueueInfo("default")
		return err == nil && info.Archived == 4
	})
	s.await(t, "by hand, no envelope", "by hand, no envelope", "sealed, mail-k01", "sealed, mail-k01", "1 of ann")
	if strings.Contains(string(s.dump(t)), "by hand") {
		t.Error("the old middleware has left its payload readable")
	}
	if Envelope(t.Context()) != nil {
		t.Error("a context of nobody has an envelope")
	}
}

// A worker without the middleware, whose handler does what Asynq's examples do, archives a sealed task on first touch. It is the
// same task still: run again where the middleware is, it is handled.
func TestArchiveTrapAndTheWayOut(t *testing.T) {
	s := newStage(t, Config{})
	s.enqueue(t, asynq.NewTask("mail", []byte(`"ann"`)))
	old := asynq.NewServer(s.options, asynq.Config{LogLevel: asynq.FatalLevel, TaskCheckInterval: 50 * time.Millisecond})
	err := old.Start(asynq.HandlerFunc(func(_ context.Context, task *asynq.Task) error {
		var name string
		if err := json.Unmarshal(task.Payload(), &name); err != nil {
			return fmt.Errorf("json.Unmarshal failed: %w: %w", err, asynq.SkipRetry)
		}
		s.note("the old worker got " + name)
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, "it is archived", func() bool {
		info, err := s.inspector.GetQueueInfo("default")
		return err == nil && info.Archived == 1
	})
	old.Shutdown()
	if n, err := s.inspector.RunAllArchivedTasks("default"); n != 1 || err != nil {
		t.Fatalf("%d run again, %v", n, err)
	}
	s.work(t, asynq.Config{})
	s.await(t, `mail "ann"`)
}
