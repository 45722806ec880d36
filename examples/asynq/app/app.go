// SPDX-License-Identifier: MIT

// Package app is what the programs of this application share: connection and keys from the environment, signals, and the
// tasks themselves.
package app

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	taskseal "github.com/taskseal/taskseal/bindings/go"
	"github.com/taskseal/taskseal/bindings/go/asynqseal/redistls"
)

// Redis is the connection that TASKSEAL_URI names: rediss:// only, always verified.
func Redis() (*redistls.Redis, error) {
	return redistls.New(os.Getenv("TASKSEAL_URI"), redistls.Options{})
}

// LoadKeys loads the keyring that TASKSEAL_KEYRING names.
func LoadKeys() (*taskseal.Keyring, error) {
	return taskseal.LoadKeyring(os.Getenv("TASKSEAL_KEYRING"))
}

// Setting is an environment variable, or what to take without it.
func Setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

// Follow has keys changed when their file does, and at SIGHUP at once, until stop is called. A file that does not load leaves
// those in use that are.
func Follow(keys *taskseal.Keyring) (stop func()) {
	ctx, stop := context.WithCancel(context.Background())
	hangUp := make(chan os.Signal, 1)
	signal.Notify(hangUp, syscall.SIGHUP)
	go keys.Follow(ctx, os.Getenv("TASKSEAL_KEYRING"), taskseal.FollowOptions{Now: hangUp, Told: func(err error) {
		if err != nil {
			slog.Error("the old keys stay", "error", err)
		} else {
			slog.Info("the keys of the file are in use")
		}
	}})
	return stop
}

// Wait returns when SIGTERM or SIGINT comes.
func Wait() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	<-signals
}

// Serve answers on the address until stop is called, which lets requests that have begun end.
func Serve(address string, handler http.Handler) (stop func()) {
	server := &http.Server{Addr: address, Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
			slog.Error("nothing is served", "address", address, "error", err)
			os.Exit(1)
		}
	}()
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = server.Shutdown(ctx)
	}
}

// Exit ends a program whose main part returned err.
func Exit(err error) {
	if err != nil {
		slog.Error("failed", "error", err)
		os.Exit(1)
	}
}

// The types of tasks. They are readable in the server, as are queues.
const (
	PasswordReset = "password-reset"
	News          = "news"   // collected for each address
	Digest        = "digest" // of the news for one
	Cleanup       = "cleanup"
)

// A Mail is the payload of PasswordReset and News.
type Mail struct {
	To   string `json:"to"`
	Text string `json:"text"`
}

// A Receipt is the result of PasswordReset.
type Receipt struct {
	To string `json:"to"`
	At string `json:"at"`
}

// NewPasswordReset makes a mail with a fresh token.
func NewPasswordReset(to string) ([]byte, error) {
	return json.Marshal(Mail{to, fmt.Sprintf("reset with %s", rand.Text())})
}
