// SPDX-License-Identifier: MIT

package main

import (
	"context"

	"github.com/redis/go-redis/v9"
)

func main() {
	client := redis.NewClient(&redis.Options{
		Addr:     setting("HOST") + ":" + setting("PORT"),
		Username: setting("USER"), Password: setting("PASSWORD"), Protocol: 2,
		TLSConfig:   config(),
		DialTimeout: limit, ReadTimeout: limit, WriteTimeout: limit, MaxRetries: 1, DialerRetries: 1,
	})
	drive(func() error { return client.Ping(context.Background()).Err() })
}
