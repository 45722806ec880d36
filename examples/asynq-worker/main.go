// SPDX-License-Identifier: MIT

// A worker of Asynq for what asynq_producer.c enqueues: `asynq-worker QUEUE TYPE` prints the payloads of one type. Everything but
// Middleware and IsFailure is Asynq as ever.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log"
	"net"
	"os"

	"github.com/hibiken/asynq"

	taskseal "github.com/taskseal/taskseal/bindings/go"
	"github.com/taskseal/taskseal/bindings/go/asynqseal"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: asynq-worker QUEUE TYPE, with APP_REDIS (host:port), APP_USER, APP_PASSWORD, APP_CA and TASKSEAL_KEYRING")
	}
	ring, err := taskseal.LoadKeyring(os.Getenv("TASKSEAL_KEYRING"))
	if err != nil {
		log.Fatal(err)
	}
	sealer, err := asynqseal.New(asynqseal.Config{Keyring: ring})
	if err != nil {
		log.Fatal(err)
	}
	mux := asynq.NewServeMux()
	mux.Use(sealer.Middleware)
	mux.HandleFunc(os.Args[2], func(ctx context.Context, task *asynq.Task) error {
		id, _ := asynq.GetTaskID(ctx)
		fmt.Printf("%s %s\n", id, task.Payload())
		return nil
	})
	server := asynq.NewServer(connection(), asynq.Config{Queues: map[string]int{os.Args[1]: 1}, LogLevel: asynq.WarnLevel,
		IsFailure: asynqseal.IsFailure})
	if err := server.Run(mux); err != nil {
		log.Fatal(err)
	}
}

// connection verifies the server's chain and name.
func connection() asynq.RedisClientOpt {
	address := os.Getenv("APP_REDIS")
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		log.Fatalf("APP_REDIS: %v", err)
	}
	text, err := os.ReadFile(os.Getenv("APP_CA"))
	roots := x509.NewCertPool()
	if err != nil || !roots.AppendCertsFromPEM(text) {
		log.Fatalf("APP_CA holds no CA certificate: %v", err)
	}
	return asynq.RedisClientOpt{Addr: address, Username: os.Getenv("APP_USER"), Password: os.Getenv("APP_PASSWORD"),
		TLSConfig: &tls.Config{RootCAs: roots, ServerName: host, MinVersion: tls.VersionTLS12}}
}
