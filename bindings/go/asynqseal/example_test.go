// SPDX-License-Identifier: MIT

package asynqseal_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/hibiken/asynq"

	taskseal "github.com/taskseal/taskseal/bindings/go"
	"github.com/taskseal/taskseal/bindings/go/asynqseal"
	"github.com/taskseal/taskseal/bindings/go/asynqseal/redistls"
)

// What producer and worker share.
func open() (*redistls.Redis, *asynqseal.Sealer) {
	redis, err := redistls.New(os.Getenv("TASKSEAL_URI"), redistls.Options{})
	if err != nil {
		log.Fatal(err)
	}
	ring, err := taskseal.LoadKeyring(os.Getenv("TASKSEAL_KEYRING"))
	if err != nil {
		log.Fatal(err)
	}
	sealer, err := asynqseal.New(asynqseal.Config{Keyring: ring, Bundles: []string{"digest"}})
	if err != nil {
		log.Fatal(err)
	}
	return redis, sealer
}

// The producer.
func ExampleNewClient() {
	redis, sealer := open()
	client := asynqseal.NewClient(asynq.NewClient(redis), sealer)
	defer client.Close()
	if _, err := client.Enqueue(asynq.NewTask("password-reset", []byte("ann@example.com")), asynq.ProcessIn(time.Minute)); err != nil {
		log.Fatal(err)
	}
}

// The worker. A handler that has a result seals it with asynqseal.ResultWriter.
func ExampleSealer_Middleware() {
	redis, sealer := open()
	mux := asynq.NewServeMux()
	mux.Use(sealer.Middleware)
	mux.HandleFunc("password-reset", func(ctx context.Context, task *asynq.Task) error {
		fmt.Printf("mail to %s\n", task.Payload())
		_, err := asynqseal.ResultWriter(ctx).Write([]byte("sent"))
		return err
	})
	if err := asynq.NewServer(redis, sealer.WorkerConfig(asynq.Config{Concurrency: 10})).Run(mux); err != nil {
		log.Fatal(err)
	}
}

// A scheduler: the task is sealed once, when it is registered.
func ExampleSealer_SealPeriodic() {
	redis, sealer := open()
	scheduler := asynq.NewScheduler(redis, nil)
	task, err := sealer.SealPeriodic(asynq.NewTask("cleanup", []byte("720h")), asynq.Queue("mail"))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := scheduler.Register("@daily", task, asynq.Queue("mail")); err != nil {
		log.Fatal(err)
	}
}

// A group: workers bundle its members sealed, and the handler of the bundle gets them opened.
func ExampleAggregator() {
	redis, sealer := open()
	mux := asynq.NewServeMux()
	mux.Use(sealer.Middleware)
	mux.HandleFunc("digest", func(ctx context.Context, _ *asynq.Task) error { // which Config.Bundles names
		_, members := asynqseal.Members(ctx)
		for _, member := range members {
			if member.Err == nil {
				fmt.Printf("%s\n", member.Task.Payload())
			}
		}
		return nil
	})
	config := sealer.WorkerConfig(asynq.Config{GroupAggregator: asynqseal.Aggregator("digest")})
	if err := asynq.NewServer(redis, config).Run(mux); err != nil {
		log.Fatal(err)
	}
}

// A Kind encodes, seals, opens and decodes.
func ExampleKind() {
	type Reset struct{ To string }
	passwordReset := asynqseal.JSON[Reset]("password-reset")
	redis, sealer := open()

	client := asynqseal.NewClient(asynq.NewClient(redis), sealer)
	if _, err := passwordReset.Enqueue(context.Background(), client, Reset{To: "ann@example.com"}, asynq.MaxRetry(5)); err != nil {
		log.Fatal(err)
	}
	mux := asynq.NewServeMux()
	mux.Handle(passwordReset.Type, passwordReset.Handler(sealer, func(_ context.Context, r Reset) error {
		fmt.Println("mail to", r.To)
		return nil
	}))
}

// What asynqmon shows.
func ExampleFormat() {
	ring, err := taskseal.NewKeyring(taskseal.Key{ID: "mail-k01", Type: taskseal.KeyXChaCha20Poly1305, State: taskseal.KeyActive,
		Secret: bytes.Repeat([]byte("k"), taskseal.KeyBytes)})
	if err != nil {
		log.Fatal(err)
	}
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	sealed, err := ring.Seal([]byte("ann@example.com"), taskseal.SealOptions{Now: now, Lifetime: time.Hour})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(asynqseal.Format(sealed))
	fmt.Println(asynqseal.Format([]byte("ann@example.com")))
	// Output:
	// sealed v1, suite 01, key mail-k01, at 2026-11-22T10:00:00Z, expires 2026-11-22T11:00:00Z, 188 bytes
	// plain, 15 bytes
}
