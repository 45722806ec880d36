// SPDX-License-Identifier: MIT

package redistls_test

import (
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/hibiken/asynq"

	taskseal "github.com/taskseal/taskseal/bindings/go"
	"github.com/taskseal/taskseal/bindings/go/asynqseal/redistls"
)

// One server: TASKSEAL_URI holds rediss://app:password@redis.internal/0?cacert=/etc/app/ca.pem
func ExampleNew() {
	redis, err := redistls.New(os.Getenv("TASKSEAL_URI"), redistls.Options{})
	if err != nil {
		log.Fatal(err)
	}
	client := asynq.NewClient(redis)
	defer client.Close()
	if err := client.Ping(); err != nil {
		log.Fatal(err) // taskseal: connect: redis.internal:6379: the server's certificate is not for ...
	}
}

// A primary behind Sentinels. Each has a user of its own there; the data's user is in TASKSEAL_URI, whose host is the
// primary's name: rediss://app:password@mymaster?cacert=/etc/app/ca.pem&name=redis.internal
func ExampleNew_sentinel() {
	redis, err := redistls.New(os.Getenv("TASKSEAL_URI"), redistls.Options{Sentinels: []string{
		os.Getenv("APP_SENTINEL_1"), // rediss://watch:password@sentinel1.internal:26379?cacert=/etc/app/ca.pem
		os.Getenv("APP_SENTINEL_2"),
		os.Getenv("APP_SENTINEL_3"),
	}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(redis) // rediss://mymaster by Sentinel
}

// A cluster. The nodes name each other by address, so the certificates' common name is given:
// rediss://app:password@node1.internal?cacert=/etc/app/ca.pem&name=redis.internal
func ExampleNew_cluster() {
	redis, err := redistls.New(os.Getenv("TASKSEAL_URI"), redistls.Options{Cluster: true,
		Nodes: []string{"node2.internal:6379", "node3.internal:6379"}})
	if err != nil {
		log.Fatal(err)
	}
	worker := asynq.NewServer(redis, asynq.Config{})
	defer worker.Shutdown()
}

// A plain URI, a misspelt parameter, a file that is not there: New says which.
func ExampleNew_refused() {
	_, err := redistls.New("redis://app:password@redis.internal", redistls.Options{})
	fmt.Println(errors.Is(err, taskseal.ErrURIInvalid))
	fmt.Println(err)
	// Output:
	// true
	// taskseal: connect: connection URI: the scheme redis:// or valkey:// means plaintext, which is never spoken here: use rediss:// or valkeys:// and the server's TLS port (uri-invalid)
}
