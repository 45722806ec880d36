// SPDX-License-Identifier: MIT

// The web interface for operators is asynqmon, which shows of payloads and results what is not secret: it has no key. It has no
// login either: serve it on loopback, or behind a proxy that asks for one.
package main

import (
	"github.com/hibiken/asynqmon"

	"github.com/taskseal/taskseal/bindings/go/asynqseal"
	"github.com/taskseal/taskseal/examples/asynq/app"
)

func main() { app.Exit(run()) }

func run() error {
	redis, err := app.Redis()
	if err != nil {
		return err
	}
	mon := asynqmon.New(asynqmon.Options{RedisConnOpt: redis, ReadOnly: true,
		PayloadFormatter: asynqseal.Formatter{}, ResultFormatter: asynqseal.Formatter{}})
	defer mon.Close()
	stop := app.Serve(app.Setting("APP_WEB", "127.0.0.1:8080"), mon)
	app.Wait()
	stop()
	return nil
}
