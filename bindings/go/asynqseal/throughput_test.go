// SPDX-License-Identifier: MIT

package asynqseal

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// A lane is a queue with its worker, plain or sealed.
type lane struct {
	queue   string
	enqueue func(*asynq.Task, ...asynq.Option) (*asynq.TaskInfo, error)
	done    atomic.Int64
}

const perTurn = 500

// turn enqueues tasks of 1 KiB from eight goroutines and waits until the worker has done them all.
func (l *lane) turn(b *testing.B, payload []byte) time.Duration {
	begun, before := time.Now(), l.done.Load()
	var all sync.WaitGroup
	for range 8 {
		all.Add(1)
		go func() {
			defer all.Done()
			for range perTurn / 8 {
				if _, err := l.enqueue(asynq.NewTask("mail", payload), asynq.Queue(l.queue)); err != nil {
					b.Error(err)
					return
				}
			}
		}()
	}
	all.Wait()
	for l.done.Load() < before+perTurn/8*8 {
		time.Sleep(100 * time.Microsecond)
		if time.Since(begun) > time.Minute {
			b.Fatal("the tasks are not done")
		}
	}
	return time.Since(begun)
}

// BenchmarkThroughput carries 1 KiB tasks from client to handler, plain and sealed in turns over the same server, and reports
// the ratio of their throughputs.
func BenchmarkThroughput(b *testing.B) {
	s := startServer(b)
	client := asynq.NewClient(s.options)
	defer client.Close()
	ring, err := taskseal.NewKeyring(taskseal.Key{ID: "k", Type: taskseal.KeyXChaCha20Poly1305, State: taskseal.KeyActive, Secret: secretOf("k")})
	if err != nil {
		b.Fatal(err)
	}
	sealer, err := New(Config{Keyring: ring})
	if err != nil {
		b.Fatal(err)
	}
	plain := &lane{queue: "plain", enqueue: client.Enqueue}
	sealed := &lane{queue: "sealed", enqueue: NewClient(client, sealer).Enqueue}
	for _, l := range []*lane{plain, sealed} {
		mux := asynq.NewServeMux()
		if l == sealed {
			mux.Use(sealer.Middleware)
		}
		mux.HandleFunc("mail", func(_ context.Context, task *asynq.Task) error {
			if len(task.Payload()) == 1024 {
				l.done.Add(1)
			}
			return nil
		})
		worker := asynq.NewServer(s.options, asynq.Config{Concurrency: 10, LogLevel: asynq.FatalLevel,
			Queues: map[string]int{l.queue: 1}, TaskCheckInterval: 10 * time.Millisecond})
		if err := worker.Start(mux); err != nil {
			b.Fatal(err)
		}
		defer worker.Shutdown()
	}
	payload := make([]byte, 1024)
	var ratios []float64
	for b.Loop() {
		p, q := plain.turn(b, payload), sealed.turn(b, payload)
		q, p = q+sealed.turn(b, payload), p+plain.turn(b, payload)
		ratios = append(ratios, float64(p)/float64(q))
	}
	b.ReportMetric(median(ratios), "sealed/plain")
}
