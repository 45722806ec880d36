// SPDX-License-Identifier: MIT

package asynqseal

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

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

// cpu is what this process and the server have used so far.
func (s *server) cpu(b *testing.B, looking redis.UniversalClient) time.Duration {
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		b.Fatal(err)
	}
	info, err := looking.Info(b.Context(), "cpu").Result()
	if err != nil {
		b.Fatal(err)
	}
	total := time.Duration(own.Utime.Nano() + own.Stime.Nano())
	for _, name := range []string{"used_cpu_sys", "used_cpu_user"} {
		_, rest, _ := strings.Cut(info, name+":")
		value, _, _ := strings.Cut(rest, "\r")
		seconds, err := strconv.ParseFloat(value, 64)
		if err != nil {
			b.Fatal(err)
		}
		total += time.Duration(seconds * 1e9)
	}
	return total
}

// BenchmarkThroughput carries 1 KiB tasks from client to handler, plain and sealed in turns over the same server, and reports
// the ratio of their throughputs; and that of the processors' time that a task costs client, worker and server together, which
// is what decides where these are busy, and steadier where others use them too.
func BenchmarkThroughput(b *testing.B) {
	for name, suite := range map[string]taskseal.Suite{"suite=01": taskseal.ChaCha20Poly1305, "suite=02": taskseal.AES256GCM} {
		if suite.Available() {
			b.Run(name, func(b *testing.B) { throughput(b, suite) })
		}
	}
}

func throughput(b *testing.B, suite taskseal.Suite) {
	s := startServer(b)
	client := asynq.NewClient(s.options)
	defer client.Close()
	ring, err := taskseal.NewKeyring(taskseal.Key{ID: "k", Type: taskseal.KeyXChaCha20Poly1305, State: taskseal.KeyActive, Secret: secretOf("k")})
	if err != nil {
		b.Fatal(err)
	}
	sealer, err := New(Config{Keyring: ring, Suite: suite})
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
	payload, looking := make([]byte, 1024), s.redis(b)
	var ratios, costs []float64
	for b.Loop() {
		at := []time.Duration{s.cpu(b, looking)}
		turn := func(l *lane) time.Duration {
			took := l.turn(b, payload)
			at = append(at, s.cpu(b, looking))
			return took
		}
		p, q := turn(plain), turn(sealed)
		q, p = q+turn(sealed), p+turn(plain)
		ratios = append(ratios, float64(p)/float64(q))
		costs = append(costs, float64(at[1]-at[0]+at[4]-at[3])/float64(at[3]-at[1]))
	}
	b.ReportMetric(median(ratios), "sealed/plain")
	b.ReportMetric(median(costs), "cpu-sealed/plain")
}
