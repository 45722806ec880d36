// SPDX-License-Identifier: MIT

// The worker opens tasks and handles them until SIGTERM, which lets those in hand end. New keys come into use when their file changes, and at SIGHUP.
package main

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/hibiken/asynq"

	"github.com/taskseal/taskseal/bindings/go/asynqseal"
	"github.com/taskseal/taskseal/examples/asynq/app"
)

func main() { app.Exit(run()) }

func run() error {
	keys, err := app.LoadKeys()
	if err != nil {
		return err
	}
	defer keys.Close()
	defer app.Follow(keys)()
	redis, err := app.Redis()
	if err != nil {
		return err
	}
	until, err := time.Parse(time.RFC3339, app.Setting("APP_PLAIN_UNTIL", "1970-01-01T00:00:00Z"))
	if err != nil {
		return err
	}
	grace, err := time.ParseDuration(app.Setting("APP_DIGEST_AFTER", "1h"))
	if err != nil {
		return err
	}
	metrics := asynqseal.NewMetrics()
	sealer, err := asynqseal.New(asynqseal.Config{Keyring: keys, Queues: []string{"default"}, Bundles: []string{app.Digest},
		Policy:  func(string, string) asynqseal.Policy { return asynqseal.AcceptBoth(until) },
		Observe: metrics.Observe, Logger: slog.Default()})
	if err != nil {
		return err
	}
	post := outbox(app.Setting("APP_OUTBOX", "outbox"))
	if err := os.MkdirAll(string(post), 0o700); err != nil {
		return err
	}
	mux := asynq.NewServeMux()
	mux.Use(sealer.Middleware)
	mux.HandleFunc(app.PasswordReset, post.passwordReset)
	mux.HandleFunc(app.Digest, post.digest)
	mux.HandleFunc(app.Cleanup, post.cleanup)
	config := sealer.WorkerConfig(asynq.Config{ // a key that has not come yet is waited for
		Concurrency:      10,
		LogLevel:         asynq.WarnLevel,
		GroupAggregator:  asynqseal.Aggregator(app.Digest), // without a key
		GroupGracePeriod: grace,
		ShutdownTimeout:  20 * time.Second,
	})
	config.ErrorHandler = asynq.ErrorHandlerFunc(logged) // given to WorkerConfig, it would get plaintext
	server := asynq.NewServer(redis, config)
	if err := server.Start(mux); err != nil {
		return err
	}
	stop := app.Serve(app.Setting("APP_METRICS", "127.0.0.1:9464"), watched(metrics, server.Ping, redis.Trust))
	app.Wait()
	server.Stop() // takes no more
	stop()
	server.Shutdown() // waits for those in hand
	return nil
}

// logged: what the middleware returns names the types of errors only, so it may be printed.
func logged(ctx context.Context, task *asynq.Task, err error) {
	id, _ := asynq.GetTaskID(ctx)
	slog.Warn("task failed", "id", id, "type", task.Type(), "error", err)
}

// watched serves /metrics for Prometheus, and /healthz: whether the server is reached, and the trust files can be used.
func watched(metrics http.Handler, checks ...func() error) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/metrics", metrics)
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		for _, check := range checks {
			if err := check(); err != nil {
				http.Error(w, err.Error(), http.StatusServiceUnavailable)
				return
			}
		}
	})
	return mux
}
