// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hibiken/asynq"

	"github.com/taskseal/taskseal/bindings/go/asynqseal"
	"github.com/taskseal/taskseal/examples/asynq/app"
)

// An outbox is a folder that stands here for a mail server: a file for each mail.
type outbox string

// send may be called twice for one task, when a worker is killed: the same name makes it the same mail.
func (o outbox) send(name, to, text string) error {
	if !strings.Contains(to, "@") {
		return fmt.Errorf("%q is no address", to) // the server keeps the error's type, not this text
	}
	if strings.ContainsRune(name, filepath.Separator) { // a bundle's id is of no envelope: whoever can write to the server chooses it
		return fmt.Errorf("%q is no name of a mail: %w", name, asynq.SkipRetry)
	}
	whole := filepath.Join(string(o), name+".mail")
	if err := os.WriteFile(whole+".part", []byte("To: "+to+"\n\n"+text+"\n"), 0o600); err != nil {
		return err
	}
	return os.Rename(whole+".part", whole)
}

func (o outbox) passwordReset(ctx context.Context, task *asynq.Task) error {
	var mail app.Mail
	if err := json.Unmarshal(task.Payload(), &mail); err != nil {
		return fmt.Errorf("%w: %w", err, asynq.SkipRetry)
	}
	id, _ := asynq.GetTaskID(ctx)
	if err := o.send(id, mail.To, mail.Text); err != nil {
		return err
	}
	receipt, err := json.Marshal(app.Receipt{To: mail.To, At: time.Now().UTC().Format(time.RFC3339)})
	if err != nil {
		return err
	}
	_, err = asynqseal.ResultWriter(ctx).Write(receipt) // sealed; task.ResultWriter() is nil
	return err
}

// digest makes one mail of the news for one address.
func (o outbox) digest(ctx context.Context, _ *asynq.Task) error {
	group, members := asynqseal.Members(ctx)
	var to string
	var texts []string
	for _, member := range members {
		var mail app.Mail
		if member.Err != nil { // of this one alone: the others are sent
			slog.Error("not in the digest", "group", group, "error", member.Err)
			continue
		}
		if err := json.Unmarshal(member.Task.Payload(), &mail); err != nil {
			return fmt.Errorf("%w: %w", err, asynq.SkipRetry)
		}
		to, texts = mail.To, append(texts, mail.Text)
	}
	if len(texts) == 0 {
		return fmt.Errorf("%w: %w", errors.New("no member could be opened"), asynq.SkipRetry)
	}
	id, _ := asynq.GetTaskID(ctx)
	return o.send(id, to, strings.Join(texts, "\n"))
}

// cleanup throws away what is older than its payload says.
func (o outbox) cleanup(_ context.Context, task *asynq.Task) error {
	age, err := time.ParseDuration(string(task.Payload()))
	if err != nil {
		return fmt.Errorf("%w: %w", err, asynq.SkipRetry)
	}
	mails, err := filepath.Glob(filepath.Join(string(o), "*.mail"))
	for _, name := range mails {
		if info, e := os.Stat(name); e == nil && time.Since(info.ModTime()) > age {
			err = errors.Join(err, os.Remove(name))
		}
	}
	return err
}
