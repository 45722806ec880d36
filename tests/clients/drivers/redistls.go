// SPDX-License-Identifier: MIT

package main

import (
	"context"

	"github.com/redis/go-redis/v9"
	"github.com/taskseal/taskseal/bindings/go/asynqseal/redistls"
)

func main() {
	options, err := redistls.New(setting("URI"), redistls.Options{})
	if err != nil {
		panic(err)
	}
	client := options.MakeRedisClient().(*redis.Client)
	drive(func() error { return client.Ping(context.Background()).Err() })
}
