// SPDX-License-Identifier: MIT

// The Go side of bench-asynq (bench/README.md), which runs it: enqueues tasks with Asynq's client, as it is or sealed. Each line
// of standard input names a way and a number of tasks; the answer is how many nanoseconds they took, of time and of CPU.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/hibiken/asynq"

	taskseal "github.com/taskseal/taskseal/bindings/go"
	"github.com/taskseal/taskseal/bindings/go/asynqseal"
)

const goroutines = 64

var payload = make([]byte, 1024)

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: bench ADDRESS CA.PEM KEYRING")
	}
	ring, err := taskseal.LoadKeyring(os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	sealer, err := asynqseal.New(asynqseal.Config{Keyring: ring})
	if err != nil {
		log.Fatal(err)
	}
	stock := asynq.NewClient(asynq.RedisClientOpt{Addr: os.Args[1], PoolSize: goroutines,
		TLSConfig: &tls.Config{RootCAs: roots(os.Args[2]), ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}})
	sealed := asynqseal.NewClient(stock, sealer)
	ways := map[string]func(int){
		"one":         func(tasks int) { enqueue(stock.Enqueue, tasks) },
		"many":        func(tasks int) { together(stock.Enqueue, tasks) },
		"sealed-one":  func(tasks int) { enqueue(sealed.Enqueue, tasks) },
		"sealed-many": func(tasks int) { together(sealed.Enqueue, tasks) },
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var way string
		var tasks int
		if _, err := fmt.Sscan(lines.Text(), &way, &tasks); err != nil || ways[way] == nil {
			log.Fatalf("%q: %v", lines.Text(), err)
		}
		begun, used := time.Now(), cpu()
		ways[way](tasks)
		fmt.Println(time.Since(begun).Nanoseconds(), (cpu() - used).Nanoseconds())
	}
}

type enqueuer func(*asynq.Task, ...asynq.Option) (*asynq.TaskInfo, error)

func enqueue(with enqueuer, tasks int) {
	for range tasks {
		if _, err := with(asynq.NewTask("password-reset", payload), asynq.Queue("mail")); err != nil {
			log.Fatal(err)
		}
	}
}

func together(with enqueuer, tasks int) {
	var all sync.WaitGroup
	for i := range goroutines {
		all.Add(1)
		go func() {
			defer all.Done()
			enqueue(with, tasks*(i+1)/goroutines-tasks*i/goroutines)
		}()
	}
	all.Wait()
}

func cpu() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		log.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func roots(file string) *x509.CertPool {
	text, err := os.ReadFile(file)
	pool := x509.NewCertPool()
	if err != nil || !pool.AppendCertsFromPEM(text) {
		log.Fatalf("%s holds no CA certificate: %v", file, err)
	}
	return pool
}
