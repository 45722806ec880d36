// SPDX-License-Identifier: MIT

// `result ID` prints the result of a task, for who has the keys.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/hibiken/asynq"

	"github.com/taskseal/taskseal/bindings/go/asynqseal"
	"github.com/taskseal/taskseal/examples/asynq/app"
)

func main() { app.Exit(run(os.Args[1:])) }

func run(arguments []string) error {
	if len(arguments) != 1 {
		return errors.New("usage: result ID")
	}
	keys, err := app.LoadKeys()
	if err != nil {
		return err
	}
	defer keys.Close()
	redis, err := app.Redis()
	if err != nil {
		return err
	}
	sealer, err := asynqseal.New(asynqseal.Config{Keyring: keys})
	if err != nil {
		return err
	}
	inspector := asynq.NewInspector(redis)
	defer inspector.Close()
	info, err := inspector.GetTaskInfo("default", arguments[0])
	if err != nil {
		return err
	}
	// What was asked for, not what the message says of itself: it may have been put in another's place.
	result, err := sealer.OpenResult("default", app.PasswordReset, arguments[0], info.Result)
	if err != nil {
		return err
	}
	fmt.Printf("%s\n", result)
	return nil
}
