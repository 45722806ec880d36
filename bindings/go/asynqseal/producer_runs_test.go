// SPDX-License-Identifier: MIT

package asynqseal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// These tests hold what examples/asynq_producer.c does as it runs on.

// A running producer is fed by its test.
type running struct {
	*exec.Cmd
	io.WriteCloser
	out, complaint lockedText
}

type lockedText struct {
	mutex sync.Mutex
	text  strings.Builder
}

func (l *lockedText) Write(part []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(part)
}

func (l *lockedText) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()
}

func (s *stage) startProducer(t *testing.T, arguments ...string) *running {
	t.Helper()
	if testing.Short() {
		t.Skip("nothing of Go's is tested")
	}
	r := &running{Cmd: s.programOfC(t, "TASKSEAL_ASYNQ_PRODUCER", arguments...)}
	r.Stdout, r.Stderr = &r.out, &r.complaint
	var err error
	if r.WriteCloser, err = r.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Process.Kill() })
	return r
}

func (r *running) feed(t *testing.T, text string) {
	t.Helper()
	if _, err := io.WriteString(r, text); err != nil {
		t.Fatal(err, r.complaint.String())
	}
}

// exitCode is what the producer's run ended with; -1: by a signal.
func exitCode(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if err == nil {
		return 0
	}
	return exit.ExitCode()
}

func (s *stage) pendingIDs(t *testing.T) []string {
	t.Helper()
	ids, err := s.redis(t).LRange(context.Background(), "asynq:{mail}:pending", 0, -1).Result()
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func TestProducerOfCDoesNotWaitForFullBatches(t *testing.T) {
	s := newStage(t, Config{})
	r := s.startProducer(t, "mail", "welcome")
	r.feed(t, "one\n")
	waitFor(t, "the first is said to be queued", func() bool { return strings.HasSuffix(r.out.String(), " queued\n") })
	if ids := s.pendingIDs(t); len(ids) != 1 || !strings.HasPrefix(r.out.String(), ids[0]) {
		t.Error(ids, r.out.String())
	}
}

func TestProducerOfCEndsByTheSignalBetweenTwoBatches(t *testing.T) {
	s := newStage(t, Config{})
	r := s.startProducer(t, "mail", "welcome")
	r.feed(t, "one\nhalf of the second")
	waitFor(t, "the first is queued", func() bool { return strings.Contains(r.out.String(), "queued") })
	_ = r.Process.Signal(syscall.SIGTERM)
	_ = r.Wait()
	if status := r.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGTERM {
		t.Error("it ended with", r.ProcessState)
	}
	if said := strings.Count(r.out.String(), "\n"); said != 1 || len(s.pendingIDs(t)) != 1 {
		t.Errorf("%d were said to be queued, %d are", said, len(s.pendingIDs(t)))
	}
}

// A file has always more to read.
func TestProducerOfCEndsInTheMidstOfInput(t *testing.T) {
	s := newStage(t, Config{})
	endless, err := os.Create(filepath.Join(t.TempDir(), "endless"))
	if err != nil {
		t.Fatal(err)
	}
	defer endless.Close()
	if _, err := io.WriteString(endless, strings.Repeat("line\n", 128)); err != nil {
		t.Fatal(err)
	}
	if err := endless.Truncate(1 << 40); err != nil { // a hole
		t.Fatal(err)
	}
	_, _ = endless.Seek(0, io.SeekStart)
	var out lockedText
	producer := s.programOfC(t, "TASKSEAL_ASYNQ_PRODUCER", "mail", "welcome")
	producer.Stdin, producer.Stdout = endless, &out
	if err := producer.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = producer.Process.Kill() }()
	waitFor(t, "the first batch is queued", func() bool { return strings.Count(out.String(), " queued\n") == 128 })
	_ = producer.Process.Signal(syscall.SIGTERM)
	ended := make(chan error, 1)
	go func() { ended <- producer.Wait() }()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Fatal("it did not end")
	}
	if status := producer.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGTERM {
		t.Error("it ended with", producer.ProcessState)
	}
}

func TestProducerOfCSealsWithTheNewKeyAfterSIGHUP(t *testing.T) {
	s := newStage(t, Config{})
	r := s.startProducer(t, "--id", "before", "mail", "welcome")
	r.feed(t, "one\n")
	waitFor(t, "the first is queued", func() bool { return strings.Contains(r.out.String(), "before queued") })
	writeFile(t, filepath.Join(s.folder, "keyring"), keysOfC("mail-k02", "mail-k01"))
	_ = r.Process.Signal(syscall.SIGHUP)
	waitFor(t, "the keys are said to be new", func() bool { return strings.Contains(r.complaint.String(), "mail-k02 seals") })
	r.feed(t, "two\n")
	_ = r.Close()
	if code := exitCode(t, r.Wait()); code != 0 {
		t.Error(code, r.complaint.String())
	}
	for i, key := range []string{"mail-k02", "mail-k01"} { // the newest first
		task, err := s.inspector.GetTaskInfo("mail", s.pendingIDs(t)[i])
		if err != nil {
			t.Fatal(err)
		}
		if info, err := taskseal.Inspect(task.Payload); err != nil || info.Stanzas[0].KeyID != key {
			t.Errorf("%v: %+v instead of %s", err, info, key)
		}
	}
}

func TestProducerOfCLosesNothingWithItsConnections(t *testing.T) {
	const lines = 3000
	s := newStage(t, Config{})
	r := s.startProducer(t, "--ids", "mail", "welcome")
	for i := range lines {
		if i == 1 {
			waitFor(t, "the first is queued", func() bool { return strings.Contains(r.out.String(), "queued") })
		}
		r.feed(t, fmt.Sprintf("id-%d\tline %d\n", i, i))
		if i%500 == 250 {
			if err := s.redis(t).ClientKillByFilter(context.Background(), "TYPE", "normal", "SKIPME", "yes").Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = r.Close()
	if code := exitCode(t, r.Wait()); code != 0 {
		t.Error(code, r.complaint.String())
	}
	if !strings.Contains(r.complaint.String(), "trying again") {
		t.Error("no connection was lost: the test shows nothing")
	}
	ids := s.pendingIDs(t)
	slices.Sort(ids)
	if said := strings.Count(r.out.String(), "\n"); said != lines || len(ids) != lines || len(slices.Compact(ids)) != lines {
		t.Errorf("of %d lines %d have a word, and %d are queued", lines, said, len(ids))
	}
}

func TestProducerOfCQueuesAFileOnce(t *testing.T) {
	s := newStage(t, Config{})
	for _, word := range []string{"queued", "exists"} {
		out, err := s.inC(t, "TASKSEAL_ASYNQ_PRODUCER", "order 1\tone\norder 2\t\n", "--ids", "mail", "welcome")
		if want := fmt.Sprintf("order 1 %[1]s\norder 2 %[1]s\n", word); err != nil || out != want {
			t.Errorf("%q instead of %q, %v", out, want, err)
		}
	}
}

func TestProducerOfCNamesWhatIsWrong(t *testing.T) {
	s := newStage(t, Config{})
	for _, c := range []struct {
		name, input string
		arguments   []string
		code        int
		says        string
	}{
		{"a line", "a\tone\nno tab\nc\ttwo", []string{"--ids", "mail", "welcome"}, 1, "line 2 refused: it begins with no id and tab\n"},
		{"an id", "a\tone\n\xff\tbad\nc\ttwo", []string{"--ids", "news", "welcome"}, 1, "line 2 refused: bad-argument: the id is not UTF-8 at byte 0: no worker could decode the task\n"},
		{"a queue", "one", []string{"ma}il", "welcome"}, 2, "bad-argument: the queue's name holds '}', which would end the hash tag in its keys\n"},
		{"a number", "one", []string{"--in", "1h", "mail", "welcome"}, 2, "a whole number comes after --in; see --help\n"},
		{"both ids", "one", []string{"--ids", "--id", "a", "mail", "welcome"}, 2, "--id and --ids: give one of them; see --help\n"},
		{"no type", "one", []string{"mail"}, 2, "give a QUEUE and a TYPE; see --help\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			command := s.programOfC(t, "TASKSEAL_ASYNQ_PRODUCER", c.arguments...)
			command.Stdin = strings.NewReader(c.input)
			var complaint lockedText
			command.Stderr = &complaint
			out, err := command.Output()
			if code := exitCode(t, err); code != c.code || !strings.Contains(complaint.String(), "asynq_producer: "+c.says) {
				t.Errorf("%d, %q", code, complaint.String())
			}
			if queued := strings.Count(string(out), " queued\n"); queued != map[int]int{1: 2, 2: 0}[c.code] {
				t.Errorf("%q", out)
			}
		})
	}
}
