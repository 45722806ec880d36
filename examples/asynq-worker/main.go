// SPDX-License-Identifier: MIT

// A worker of Asynq for what asynq_producer.c enqueues: `asynq-worker QUEUE TYPE` prints the payloads of one type, those of groups
// together, until SIGTERM, which lets tasks in hand end. Everything that names sealer, redistls or ring is of taskseal, the
// rest is Asynq as ever.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/hibiken/asynq"

	taskseal "github.com/taskseal/taskseal/bindings/go"
	"github.com/taskseal/taskseal/bindings/go/asynqseal"
	"github.com/taskseal/taskseal/bindings/go/asynqseal/redistls"
)

// bundle is the type of the tasks that the members of a group end up in.
const bundle = "bundle"

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: asynq-worker QUEUE TYPE, with TASKSEAL_URI (rediss://worker:PASSWORD@HOST:PORT/0?cacert=CA.PEM) and TASKSEAL_KEYRING")
	}
	queue, kind := os.Args[1], os.Args[2]
	ring, err := taskseal.LoadKeyring(os.Getenv("TASKSEAL_KEYRING"))
	if err != nil {
		log.Fatal(err)
	}
	follow(ring)
	redis, err := redistls.New(os.Getenv("TASKSEAL_URI"), redistls.Options{})
	if err != nil {
		log.Fatal(err)
	}
	sealer, err := asynqseal.New(asynqseal.Config{Keyring: ring, Queues: []string{queue}, Bundles: []string{bundle}})
	if err != nil {
		log.Fatal(err)
	}
	mux := asynq.NewServeMux()
	mux.Use(sealer.Middleware)
	mux.HandleFunc(kind, one)
	mux.HandleFunc(bundle, many)
	server := asynq.NewServer(redis, sealer.WorkerConfig(asynq.Config{
		Queues:          map[string]int{queue: 1},
		LogLevel:        asynq.WarnLevel,
		GroupAggregator: asynqseal.Aggregator(bundle, asynq.Queue(queue)),
	}))
	if err := server.Run(mux); err != nil {
		log.Fatal(err)
	}
}

// one is the handler; put yours here.
func one(ctx context.Context, task *asynq.Task) error {
	id, _ := asynq.GetTaskID(ctx)
	fmt.Printf("%s %s\n", id, task.Payload())
	return nil
}

// many is the handler of a group's tasks. One that can't be opened for good, because it has expired say, has no Task.
func many(ctx context.Context, _ *asynq.Task) error {
	group, members := asynqseal.Members(ctx)
	for _, member := range members {
		if member.Err != nil {
			log.Printf("group %s: %v", group, member.Err)
			continue
		}
		fmt.Printf("group %s: %s\n", group, member.Task.Payload())
	}
	return nil
}

// follow takes new keys when their file changes, and at SIGHUP at once.
func follow(ring *taskseal.Keyring) {
	hangUp := make(chan os.Signal, 1)
	signal.Notify(hangUp, syscall.SIGHUP)
	go ring.Follow(context.Background(), os.Getenv("TASKSEAL_KEYRING"), taskseal.FollowOptions{Now: hangUp, Told: func(err error) {
		if err != nil {
			log.Printf("the old keys stay: %v", err)
		}
	}})
}
