// SPDX-License-Identifier: MIT

// The scheduler enqueues a cleanup by the calendar until SIGTERM. New keys come into use when their file changes, and at SIGHUP.
package main

import (
	"github.com/hibiken/asynq"

	"github.com/taskseal/taskseal/bindings/go/asynqseal"
	"github.com/taskseal/taskseal/examples/asynq/app"
)

func main() { app.Exit(run()) }

// A calendar is what is due when. PeriodicTaskManager asks for it every few minutes: it could come from a database.
type calendar struct{ cleanup string }

func (c calendar) GetConfigs() ([]*asynq.PeriodicTaskConfig, error) {
	return []*asynq.PeriodicTaskConfig{{Cronspec: c.cleanup, Task: asynq.NewTask(app.Cleanup, []byte("720h"))}}, nil
}

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
	sealer, err := asynqseal.New(asynqseal.Config{Keyring: keys})
	if err != nil {
		return err
	}
	manager, err := asynq.NewPeriodicTaskManager(asynq.PeriodicTaskManagerOpts{RedisConnOpt: redis,
		PeriodicTaskConfigProvider: sealer.PeriodicProvider(calendar{app.Setting("APP_CLEANUP", "@daily")}),
		SchedulerOpts:              &asynq.SchedulerOpts{LogLevel: asynq.WarnLevel}})
	if err != nil {
		return err
	}
	if err := manager.Start(); err != nil {
		return err
	}
	app.Wait()
	manager.Shutdown()
	return nil
}
