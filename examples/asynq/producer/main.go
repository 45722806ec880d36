// SPDX-License-Identifier: MIT

// The producer enqueues: `producer reset ADDRESS` a mail at once, `producer news ADDRESS TEXT` one that is collected with others
// for the same address. It prints the tasks' ids.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/hibiken/asynq"

	"github.com/taskseal/taskseal/bindings/go/asynqseal"
	"github.com/taskseal/taskseal/examples/asynq/app"
)

func main() { app.Exit(run(os.Args[1:])) }

func run(arguments []string) error {
	keys, err := app.LoadKeys()
	if err != nil {
		return err
	}
	defer keys.Close()
	redis, err := app.Redis()
	if err != nil {
		return err
	}
	sealer, err := asynqseal.New(asynqseal.Config{Keyring: keys, Lifetime: 24 * time.Hour})
	if err != nil {
		return err
	}
	client := asynqseal.NewClient(asynq.NewClient(redis), sealer)
	defer client.Close()
	task, err := taskOf(sealer, arguments)
	if err != nil {
		return err
	}
	info, err := client.Enqueue(task)
	if err != nil {
		return err
	}
	fmt.Println(info.ID)
	return nil
}

func taskOf(sealer *asynqseal.Sealer, arguments []string) (*asynq.Task, error) {
	switch {
	case len(arguments) == 2 && arguments[0] == "reset":
		payload, err := app.NewPasswordReset(arguments[1])
		if err != nil {
			return nil, err
		}
		return asynq.NewTask(app.PasswordReset, payload, asynq.MaxRetry(5), asynq.Retention(24*time.Hour)), nil
	case len(arguments) == 3 && arguments[0] == "news":
		payload, err := json.Marshal(app.Mail{To: arguments[1], Text: arguments[2]})
		if err != nil {
			return nil, err
		}
		group, err := sealer.Pseudonym("address", arguments[1]) // the names of groups are readable in the server
		if err != nil {
			return nil, err
		}
		return asynq.NewTask(app.News, payload, asynq.Group(group)), nil
	}
	return nil, errors.New("usage: producer reset ADDRESS, or producer news ADDRESS TEXT")
}
