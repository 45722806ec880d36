// SPDX-License-Identifier: MIT

package taskseal_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"
	"time"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// keyFile makes a key file as `taskseal keygen` does, and tells its path.
func keyFile(folder string) string {
	path := filepath.Join(folder, "keyring")
	if err := taskseal.CreateKeyFile(path, "mail-k01", taskseal.KeyXChaCha20Poly1305); err != nil {
		log.Fatal(err)
	}
	return path
}

func temporaryFolder() (string, func()) {
	folder, err := os.MkdirTemp("", "taskseal")
	if err != nil {
		log.Fatal(err)
	}
	return folder, func() { _ = os.RemoveAll(folder) }
}

// A producer seals and a worker opens, each for the task that it knows.
func Example() {
	folder, remove := temporaryFolder()
	defer remove()
	ring, err := taskseal.LoadKeyring(keyFile(folder))
	if err != nil {
		log.Fatal(err)
	}
	defer ring.Close()

	task := taskseal.Context{Queue: "mail", Type: "password-reset", ID: "task-41"}
	sealed, err := ring.Seal([]byte(`{"to":"ann@example.com"}`), taskseal.SealOptions{Context: task, Lifetime: time.Hour})
	if err != nil {
		log.Fatal(err)
	}

	payload, opened, err := ring.Open(sealed, taskseal.OpenOptions{Context: task})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s, sealed to %s\n", payload, opened.KeyID)
	// Output: {"to":"ann@example.com"}, sealed to mail-k01
}

// What a worker does with an envelope that it can't open: give it up, or try again later.
func ExamplePermanent() {
	folder, remove := temporaryFolder()
	defer remove()
	ring, err := taskseal.LoadKeyring(keyFile(folder))
	if err != nil {
		log.Fatal(err)
	}
	defer ring.Close()
	sealed, err := ring.Seal([]byte("payload"), taskseal.SealOptions{Context: taskseal.Context{Queue: "mail", ID: "task-41"}})
	if err != nil {
		log.Fatal(err)
	}

	_, _, err = ring.Open(sealed, taskseal.OpenOptions{Context: taskseal.Context{Queue: "mail", ID: "task-42"}})
	switch {
	case err == nil:
		fmt.Println("work")
	case taskseal.Permanent(err):
		fmt.Println("dead letter:", taskseal.CodeOf(err).Name())
	default:
		fmt.Println("retry:", err)
	}
	fmt.Println(errors.Is(err, taskseal.ErrContextMismatch))
	// Output:
	// dead letter: context-mismatch
	// true
}

// A running process takes new keys without a pause: all its goroutines share one Keyring, in which they are exchanged.
func ExampleKeyring_Replace() {
	folder, remove := temporaryFolder()
	defer remove()
	path := keyFile(folder)
	ring, err := taskseal.LoadKeyring(path)
	if err != nil {
		log.Fatal(err)
	}
	defer ring.Close()

	for _, action := range []taskseal.KeyFileAction{taskseal.KeyFileAdd, taskseal.KeyFilePromote} {
		if err := taskseal.ChangeKeyFile(path, taskseal.KeyFileChange{Action: action, KeyID: "mail-k02"}); err != nil {
			log.Fatal(err)
		}
	}
	next, err := taskseal.LoadKeyring(path)
	if err == nil {
		err = ring.Replace(next)
	}
	if err != nil {
		log.Print("going on with the old keys: ", err)
	}
	for _, key := range ring.Keys() {
		fmt.Println(key.ID, key.State)
	}
	// Output:
	// mail-k02 active
	// mail-k01 active
}

// Payloads that do not fit into memory are files, say.
func ExampleKeyring_NewSealWriter() {
	folder, remove := temporaryFolder()
	defer remove()
	ring, err := taskseal.LoadKeyring(keyFile(folder))
	if err != nil {
		log.Fatal(err)
	}
	defer ring.Close()

	var file bytes.Buffer
	w, err := ring.NewSealWriter(&file, taskseal.SealOptions{Context: taskseal.Context{Queue: "reports"}})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := io.Copy(w, strings.NewReader("a long report")); err != nil {
		log.Fatal(err)
	}
	if err := w.Close(); err != nil { // only now is the envelope complete
		log.Fatal(err)
	}

	r, err := ring.NewOpenReader(&file, taskseal.OpenOptions{Context: taskseal.Context{Queue: "reports"}})
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	if _, err := io.Copy(os.Stdout, r); err != nil { // what came before an error was not all
		log.Fatal(err)
	}
	// Output: a long report
}

// A producer that queues many tasks seals them together: the system is asked for random bytes once for 32 of them.
func ExampleKeyring_SealBatch() {
	folder, remove := temporaryFolder()
	defer remove()
	ring, err := taskseal.LoadKeyring(keyFile(folder))
	if err != nil {
		log.Fatal(err)
	}
	defer ring.Close()

	var items []taskseal.SealItem
	for i := range 3 {
		items = append(items, taskseal.SealItem{
			Context: taskseal.Context{Queue: "mail", Type: "news", ID: fmt.Sprint("task-", i)},
			Payload: []byte("payload"),
		})
	}
	all, err := ring.SealBatch(items, taskseal.SealOptions{Lifetime: time.Hour})
	if err != nil {
		log.Fatal(err)
	}
	for i, sealed := range all {
		fmt.Println(items[i].Context.ID, taskseal.IsSealed(sealed))
	}
	// Output:
	// task-0 sealed
	// task-1 sealed
	// task-2 sealed
}

// The keys of waiting tasks are changed without opening them.
func ExampleKeyring_Rewrap() {
	ring, err := taskseal.ParseKeyring([]byte(`taskseal-keyring 1
key mail-k02 xchacha20poly1305 active tskek1__aBRtphvj9iAOJ7fbztT1hXAd6jmL6pwbnq2SqWMaYU
key mail-k01 xchacha20poly1305 open-only tskek1_ouzlX3qtOtzg9FsNt5C7SJxUuOvhO7NUBqxPzbbGduw
`))
	if err != nil {
		log.Fatal(err)
	}
	defer ring.Close()
	old, err := taskseal.ParseKeyring([]byte(`taskseal-keyring 1
key mail-k01 xchacha20poly1305 active tskek1_ouzlX3qtOtzg9FsNt5C7SJxUuOvhO7NUBqxPzbbGduw
`))
	if err != nil {
		log.Fatal(err)
	}
	defer old.Close()
	sealed, err := old.Seal([]byte("payload"), taskseal.SealOptions{})
	if err != nil {
		log.Fatal(err)
	}

	sealed, err = ring.Rewrap(sealed, taskseal.RewrapOptions{})
	if err != nil {
		log.Fatal(err)
	}
	info, err := taskseal.Inspect(sealed)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.Stanzas[0].KeyID)
	// Output: mail-k02
}

// Unique tasks: the tag is equal for equal payloads, the envelopes never are.
func ExampleKeyring_DedupeTag() {
	ring, err := taskseal.ParseKeyring([]byte(`taskseal-keyring 1
key dedupe-k01 dedupe active tsdup1_qHDZo6PzrVNuyrrjrjD6c9kqYmwzl7MNvPX6WrveV_g
`))
	if err != nil {
		log.Fatal(err)
	}
	defer ring.Close()
	first, err := ring.DedupeTag([]byte("payload"), taskseal.DedupeOptions{Queue: "mail"})
	if err != nil {
		log.Fatal(err)
	}
	again, err := ring.DedupeTag([]byte("payload"), taskseal.DedupeOptions{Queue: "mail"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(first.String()), first == again)
	// Output: 64 true
}

// For queues that carry JSON.
func ExampleEncodeText() {
	ring, err := taskseal.ParseKeyring([]byte(`taskseal-keyring 1
key mail-k01 xchacha20poly1305 active tskek1_ouzlX3qtOtzg9FsNt5C7SJxUuOvhO7NUBqxPzbbGduw
`))
	if err != nil {
		log.Fatal(err)
	}
	defer ring.Close()
	sealed, err := ring.Seal([]byte("payload"), taskseal.SealOptions{})
	if err != nil {
		log.Fatal(err)
	}
	text, err := taskseal.EncodeText(sealed)
	if err != nil {
		log.Fatal(err)
	}
	back, err := taskseal.DecodeText(text)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(text[:5], bytes.Equal(back, sealed))
	// Output: tsl1. true
}
