// SPDX-License-Identifier: MIT

// An Asynq program: `produce ADDRESS` enqueues a password reset, `work` mails it. It stands here plain and sealed.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log"
	"os"

	"github.com/hibiken/asynq"
	taskseal "github.com/taskseal/taskseal/bindings/go"
	"github.com/taskseal/taskseal/bindings/go/asynqseal"
)

func main() {
	redis := asynq.RedisClientOpt{Addr: os.Getenv("APP_REDIS"), Username: "app", Password: os.Getenv("APP_PASSWORD"),
		TLSConfig: &tls.Config{RootCAs: roots(os.Getenv("APP_CA")), ServerName: "localhost", MinVersion: tls.VersionTLS12}}
	ring, err := taskseal.LoadKeyring(os.Getenv("APP_KEYRING"))
	if err != nil {
		log.Fatal(err)
	}
	sealer, err := asynqseal.New(asynqseal.Config{Keyring: ring})
	if err != nil {
		log.Fatal(err)
	}
	switch {
	case len(os.Args) == 3 && os.Args[1] == "produce":
		client := asynqseal.NewClient(asynq.NewClient(redis), sealer)
		defer client.Close()
		info, err := client.Enqueue(asynq.NewTask("password-reset", []byte(os.Args[2])))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("queued", info.ID)
	case len(os.Args) == 2 && os.Args[1] == "work":
		mux := asynq.NewServeMux()
		mux.Use(sealer.Middleware)
		mux.HandleFunc("password-reset", func(_ context.Context, task *asynq.Task) error {
			fmt.Printf("mail to %s\n", task.Payload())
			return nil
		})
		if err := asynq.NewServer(redis, sealer.WorkerConfig(asynq.Config{LogLevel: asynq.WarnLevel})).Run(mux); err != nil {
			log.Fatal(err)
		}
	default:
		log.Fatal("usage: produce ADDRESS, or work")
	}
}

func roots(file string) *x509.CertPool {
	text, err := os.ReadFile(file)
	pool := x509.NewCertPool()
	if err != nil || !pool.AppendCertsFromPEM(text) {
		log.Fatalf("%s holds no CA certificate: %v", file, err)
	}
	return pool
}
