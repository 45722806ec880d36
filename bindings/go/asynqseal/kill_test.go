// SPDX-License-Identifier: MIT

package asynqseal

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

const (
	workersAtOnce = 4
	defaultKills  = 100 // TASKSEAL_KILLS says another number
)

// This program is also the worker that is killed.
func TestMain(m *testing.M) {
	if os.Getenv("ASYNQSEAL_WORKER") != "" {
		killableWorker()
		return
	}
	os.Exit(m.Run())
}

// killableWorker writes each task's id to the lists "begun" and "done", and what is refused to "refused".
func killableWorker() {
	fatal := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	pem, err := os.ReadFile(os.Getenv("APP_CA"))
	fatal(err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	options := asynq.RedisClientOpt{Addr: os.Getenv("APP_REDIS"), Username: user, Password: os.Getenv("APP_PASSWORD"),
		TLSConfig: &tls.Config{RootCAs: pool, ServerName: "localhost", MinVersion: tls.VersionTLS12}}
	notes := options.MakeRedisClient().(redis.UniversalClient)
	ring, err := taskseal.LoadKeyring(os.Getenv("APP_KEYRING"))
	fatal(err)
	sealer, err := New(Config{Keyring: ring, Observe: func(event Event) {
		if event.Err != nil {
			notes.RPush(context.Background(), "refused", event.ID+" "+event.Err.Error())
		}
	}})
	fatal(err)
	mux := asynq.NewServeMux()
	mux.Use(sealer.Middleware)
	mux.HandleFunc("mail", func(ctx context.Context, task *asynq.Task) error {
		id, _ := asynq.GetTaskID(ctx)
		if err := notes.RPush(ctx, "begun", id).Err(); err != nil {
			return err
		}
		time.Sleep(50 * time.Millisecond) // to be killed in
		if string(task.Payload()) != "payload "+id {
			return errors.New("another payload")
		}
		return notes.RPush(ctx, "done", id).Err()
	})
	worker := asynq.NewServer(options, asynq.Config{Concurrency: 5, LogLevel: asynq.FatalLevel, TaskCheckInterval: 20 * time.Millisecond,
		DelayedTaskCheckInterval: 200 * time.Millisecond, RetryDelayFunc: func(int, error, *asynq.Task) time.Duration { return time.Second }})
	fatal(worker.Run(mux))
}

// Workers are killed while tasks are in their hands, and others while what those held still waits to be freed. Nothing is
// lost, nothing becomes unreadable; what was done twice is counted.
func TestKilledWorkersLoseNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for Asynq to recover what the dead held")
	}
	t.Parallel()
	kills := defaultKills
	if n, err := strconv.Atoi(os.Getenv("TASKSEAL_KILLS")); err == nil {
		kills = n
	}
	s := newStage(t, Config{})
	keyFile := filepath.Join(s.folder, "keyring")
	if err := taskseal.CreateKeyFile(keyFile, "mail-k01", 0); err != nil {
		t.Fatal(err)
	}
	ring, err := taskseal.LoadKeyring(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	defer ring.Close()
	producer := NewClient(s.plain, newSealer(t, Config{Keyring: ring}))
	workers := newHerd(t, append(os.Environ(), "ASYNQSEAL_WORKER=1", "APP_REDIS="+s.options.Addr, "APP_PASSWORD="+s.password,
		"APP_CA="+filepath.Join(s.folder, "ca.pem"), "APP_KEYRING="+keyFile))
	tasks, begunAt := 0, time.Now()
	for workers.killed < kills {
		for range 40 {
			tasks++
			id := fmt.Sprint("task-", tasks)
			if _, err := producer.Enqueue(asynq.NewTask("mail", []byte("payload "+id)), asynq.TaskID(id), asynq.MaxRetry(100)); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Duration(50+rand.IntN(100)) * time.Millisecond)
		workers.kill(t, min(1+rand.IntN(2), kills-workers.killed))
	}
	killing := time.Since(begunAt)
	looking := s.redis(t)
	times := map[string]int{}
	for begun := time.Now(); len(times) < tasks && time.Since(begun) < 4*time.Minute; time.Sleep(time.Second) {
		done, err := looking.LRange(t.Context(), "done", 0, -1).Result()
		if err != nil {
			t.Fatal(err)
		}
		clear(times)
		for _, id := range done {
			times[id]++
		}
	}
	twice := 0
	for _, n := range times {
		twice += n - 1
	}
	if len(times) != tasks {
		t.Errorf("%d of %d tasks were done", len(times), tasks)
	}
	begun, _ := looking.LLen(t.Context(), "begun").Result()
	interrupted := int(begun) - tasks - twice
	if interrupted < kills/2 {
		t.Errorf("only %d tasks were interrupted: the kills hit nothing", interrupted)
	}
	refused, _ := looking.LRange(t.Context(), "refused", 0, -1).Result()
	if info, err := s.inspector.GetQueueInfo("default"); err != nil || info.Archived != 0 || len(refused) != 0 {
		t.Errorf("%d are archived, %v refused, %v", info.Archived, refused, err)
	}
	fmt.Printf("evidence: 14: asynqseal: %d kill -9 of workers in %d s (what one held is free after 60), %d tasks, %d interrupted, "+
		"%d lost, %d unreadable, %d done again\n", kills, int(killing.Seconds()), tasks, interrupted, tasks-len(times), len(refused), twice)
}

// A herd is the workers that are killed, one or two at a moment while others go on, and followed by new ones.
type herd struct {
	environment []string
	workers     [workersAtOnce]*exec.Cmd
	killed      int
}

func newHerd(t *testing.T, environment []string) *herd {
	t.Helper()
	h := &herd{environment: environment}
	for i := range h.workers {
		h.start(t, i)
	}
	t.Cleanup(func() {
		for _, worker := range h.workers {
			_ = worker.Process.Kill()
			_ = worker.Wait()
		}
	})
	return h
}

func (h *herd) start(t *testing.T, i int) {
	t.Helper()
	h.workers[i] = exec.Command(os.Args[0])
	h.workers[i].Env = h.environment
	h.workers[i].Stderr = os.Stderr
	if err := h.workers[i].Start(); err != nil {
		t.Fatal(err)
	}
}

func (h *herd) kill(t *testing.T, n int) {
	t.Helper()
	victims := rand.Perm(workersAtOnce)[:n]
	for _, i := range victims {
		_ = h.workers[i].Process.Kill()
	}
	for _, i := range victims {
		_ = h.workers[i].Wait()
		if status := h.workers[i].ProcessState.Sys().(syscall.WaitStatus); status.Signal() != syscall.SIGKILL {
			t.Fatalf("a worker ended by itself: %v", h.workers[i].ProcessState)
		}
		h.killed++
		h.start(t, i)
	}
}
