// SPDX-License-Identifier: MIT

package asynqseal

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"google.golang.org/protobuf/encoding/protowire"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// These tests hold examples/asynq_producer.c, a producer in C, against Asynq's own client. tests/go/run builds it.

// uri is what taskseal's programs, in C and in Go, take to log in to this server.
func (s *server) uri() string {
	return fmt.Sprintf("rediss://%s:%s@%s/0?cacert=%s&name=localhost", user, s.password, s.options.Addr, filepath.Join(s.folder, "ca.pem"))
}

// programOfC is a program of the C build, with the stages' keys and this server.
func (s *server) programOfC(t *testing.T, variable string, arguments ...string) *exec.Cmd {
	t.Helper()
	program := os.Getenv(variable)
	if program == "" {
		t.Skipf("%s names no program: tests/go/run sets it", variable)
	}
	keys := filepath.Join(s.folder, "keyring")
	replaceFile(t, keys, keysOfC("mail-k01", "mail-k02"))
	command := exec.Command(program, arguments...)
	command.Env = append(os.Environ(), "TASKSEAL_KEYRING="+keys, "TASKSEAL_URI="+s.uri())
	return command
}

// replaceFile is for a file that another program may be reading.
func replaceFile(t *testing.T, name string, data []byte) {
	t.Helper()
	file, err := os.CreateTemp(filepath.Dir(name), "new-")
	if err != nil {
		t.Fatal(err)
	}
	_ = file.Close()
	writeFile(t, file.Name(), data)
	if err := os.Rename(file.Name(), name); err != nil {
		t.Fatal(err)
	}
}

// keysOfC is a key file with a dedupe key, and keys the first of which seals.
func keysOfC(ids ...string) []byte {
	secret := func(id string) string { return base64.RawURLEncoding.EncodeToString(secretOf(id)) }
	text := "taskseal-keyring 1\n"
	for _, id := range ids {
		text += fmt.Sprintf("key %s xchacha20poly1305 active tskek1_%s\n", id, secret(id))
	}
	return []byte(text + fmt.Sprintf("key dedupe-k01 dedupe active tsdup1_%s\n", secret("dedupe-k01")))
}

// inC runs such a program, and gives what it prints.
func (s *server) inC(t *testing.T, variable, input string, arguments ...string) (string, error) {
	t.Helper()
	command := s.programOfC(t, variable, arguments...)
	command.Stdin = strings.NewReader(input)
	var out, complaint bytes.Buffer
	command.Stdout, command.Stderr = &out, &complaint
	err := command.Run()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, complaint.String())
	}
	return out.String(), err
}

// produce enqueues one task from C and gives its id and what became of it.
func (s *server) produce(t *testing.T, payload string, arguments ...string) (id, outcome string) {
	t.Helper()
	said, err := s.inC(t, "TASKSEAL_ASYNQ_PRODUCER", payload+"\n", arguments...)
	if err != nil {
		t.Fatal(err)
	}
	said = strings.TrimSuffix(said, "\n")
	space := strings.LastIndex(said, " ") // an id may hold some
	return said[:space], said[space+1:]
}

// A cell is what a key holds at one place: text, and a number that depends on the clock.
type cell struct {
	text   string
	number float64
}

// A state is all that a server holds of Asynq, so that two can be compared: with the payload in clear, and the digest
// at the end of unique keys, which is of another kind in C, cut off.
type state map[string]cell

func (s *stage) state(t *testing.T, open func(payload []byte) []byte) state {
	t.Helper()
	all := state{}
	client, ctx := s.redis(t), context.Background()
	for _, key := range client.Keys(ctx, "*").Val() {
		name := withoutDigest(key)
		switch kind := client.Type(ctx, key).Val(); kind {
		case "hash":
			for field, value := range client.HGetAll(ctx, key).Val() {
				all[name+" "+field] = cellOf(t, field, value, open)
			}
		case "list":
			all[name] = cell{text: fmt.Sprint(client.LRange(ctx, key, 0, -1).Val())}
		case "set":
			all[name] = cell{text: fmt.Sprint(client.SMembers(ctx, key).Val())}
		case "zset":
			for _, z := range client.ZRangeWithScores(ctx, key, 0, -1).Val() {
				all[name+" "+z.Member.(string)] = cell{number: z.Score}
			}
		case "string":
			all[name] = cell{client.Get(ctx, key).Val(), client.TTL(ctx, key).Val().Seconds()}
		default:
			t.Fatalf("%s is a %s", key, kind)
		}
	}
	return all
}

func withoutDigest(key string) string {
	if !strings.Contains(key, "}:unique:") {
		return key
	}
	return key[:strings.LastIndex(key, ":")]
}

func cellOf(t *testing.T, field, value string, open func([]byte) []byte) cell {
	t.Helper()
	switch field {
	case "msg":
		return cell{text: messageText(t, []byte(value), open)}
	case "pending_since":
		number, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return cell{number: float64(number) / 1e9}
	case "unique_key":
		return cell{text: withoutDigest(value)}
	}
	return cell{text: value}
}

// messageText is a message as text, field by field as they stand there, whatever they are.
func messageText(t *testing.T, message []byte, open func([]byte) []byte) string {
	t.Helper()
	var text strings.Builder
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		size := protowire.ConsumeFieldValue(number, kind, message[n:])
		if size < 0 {
			t.Fatal(protowire.ParseError(size))
		}
		value := message[n : n+size]
		if kind == protowire.BytesType {
			value, _ = protowire.ConsumeBytes(value)
		}
		if number == 2 && open != nil {
			value = open(value)
		}
		if number == 10 {
			value = []byte(withoutDigest(string(value)))
		}
		fmt.Fprintf(&text, "%d/%d %q\n", number, kind, value)
		message = message[n+size:]
	}
	return text.String()
}

func (one state) assertEqual(t *testing.T, other state) {
	t.Helper()
	names := slices.Sorted(maps.Keys(one))
	if others := slices.Sorted(maps.Keys(other)); !slices.Equal(names, others) {
		t.Errorf("Go wrote\n%q\nC wrote\n%q", names, others)
	}
	for _, name := range names {
		go1, c := one[name], other[name]
		if go1.text != c.text || math.Abs(go1.number-c.number) > 10 {
			t.Errorf("%s: Go wrote\n%v\nC wrote\n%v", name, go1, c)
		}
	}
}

func TestTasksOfCAreThoseOfGo(t *testing.T) {
	s := newStage(t, Config{})
	later := time.Now().Add(time.Hour).Truncate(time.Second)
	at := strconv.FormatInt(later.Unix(), 10)
	group := taskseal.Context{Queue: "news-ß", Type: "mail", Extra: "asynq group ann"}
	for _, c := range []struct {
		name    string
		flags   []string
		options []asynq.Option
		bound   taskseal.Context // nil: queue, type and id
	}{
		{name: "nothing"},
		{name: "at", flags: []string{"--at", at}, options: []asynq.Option{asynq.ProcessAt(later)}},
		{name: "at a past time", flags: []string{"--at", "1"}, options: []asynq.Option{asynq.ProcessAt(time.Unix(1, 0))}},
		{name: "in", flags: []string{"--in", "300"}, options: []asynq.Option{asynq.ProcessIn(300 * time.Second)}},
		{name: "group", flags: []string{"--group", "ann"}, options: []asynq.Option{asynq.Group("ann")}, bound: group},
		{name: "group at a past time", flags: []string{"--group", "ann", "--at", "1"},
			options: []asynq.Option{asynq.Group("ann"), asynq.ProcessAt(time.Unix(1, 0))}, bound: group},
		{name: "group, later", flags: []string{"--group", "ann", "--in", "300"},
			options: []asynq.Option{asynq.Group("ann"), asynq.ProcessIn(300 * time.Second)}},
		{name: "unique", flags: []string{"--unique", "90"}, options: []asynq.Option{asynq.Unique(90 * time.Second)}},
		{name: "unique at", flags: []string{"--unique", "90", "--at", at},
			options: []asynq.Option{asynq.Unique(90 * time.Second), asynq.ProcessAt(later)}},
		{name: "unique in a group", flags: []string{"--unique", "90", "--group", "ann"},
			options: []asynq.Option{asynq.Unique(90 * time.Second), asynq.Group("ann")}, bound: group},
		{name: "retries", flags: []string{"--retries", "3"}, options: []asynq.Option{asynq.MaxRetry(3)}},
		{name: "no retries", flags: []string{"--retries", "0"}, options: []asynq.Option{asynq.MaxRetry(0)}},
		{name: "most retries", flags: []string{"--retries", "2147483647"}, options: []asynq.Option{asynq.MaxRetry(math.MaxInt32)}},
		{name: "timeout", flags: []string{"--timeout", "7"}, options: []asynq.Option{asynq.Timeout(7 * time.Second)}},
		{name: "deadline", flags: []string{"--deadline", at}, options: []asynq.Option{asynq.Deadline(later)}},
		{name: "timeout and deadline", flags: []string{"--timeout", "7", "--deadline", at},
			options: []asynq.Option{asynq.Timeout(7 * time.Second), asynq.Deadline(later)}},
		{name: "retention", flags: []string{"--retention", "86400"}, options: []asynq.Option{asynq.Retention(24 * time.Hour)}},
		{name: "all", flags: []string{"--unique", "90", "--at", at, "--retries", "1", "--timeout", "1", "--deadline", at, "--retention", "1"},
			options: []asynq.Option{asynq.Unique(90 * time.Second), asynq.ProcessAt(later), asynq.MaxRetry(1), asynq.Timeout(time.Second),
				asynq.Deadline(later), asynq.Retention(time.Second)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			payload := "canary of " + c.name
			if c.bound == (taskseal.Context{}) {
				c.bound = taskseal.Context{Queue: "news-ß", Type: "mail", ID: "id-" + c.name}
			}
			flushed := s.redis(t).FlushAll(context.Background())
			options := append(c.options, asynq.Queue("news-ß"), asynq.TaskID("id-"+c.name))
			stock := asynq.NewClient(s.options) // a new one: it remembers which queues it has listed
			defer func() { _ = stock.Close() }()
			if _, err := stock.Enqueue(asynq.NewTask("mail", []byte(payload)), options...); err != nil || flushed.Err() != nil {
				t.Fatal(err, flushed.Err())
			}
			wanted, want := s.state(t, nil), s.info(t, "id-"+c.name)

			if err := s.redis(t).FlushAll(context.Background()).Err(); err != nil {
				t.Fatal(err)
			}
			arguments := append(c.flags, "--id", "id-"+c.name, "news-ß", "mail")
			if id, outcome := s.produce(t, payload, arguments...); id != "id-"+c.name || outcome != "queued" {
				t.Fatal(id, outcome)
			}
			wanted.assertEqual(t, s.state(t, func(sealed []byte) []byte {
				opened, _, err := s.ring.Open(sealed, taskseal.OpenOptions{Context: c.bound})
				if err != nil {
					t.Fatal(err)
				}
				return opened
			}))
			if got := s.info(t, "id-"+c.name); got != want {
				t.Errorf("the inspector says\n%s of Go's and\n%s of C's", want, got)
			}
		})
	}
}

// info is what the inspector tells of a task but its payload, its time of processing to the minute.
func (s *stage) info(t *testing.T, id string) string {
	t.Helper()
	info, err := s.inspector.GetTaskInfo("news-ß", id)
	if err != nil {
		t.Fatal(err)
	}
	if queues, err := s.inspector.Queues(); err != nil || !slices.Equal(queues, []string{"news-ß"}) {
		t.Error(queues, err)
	}
	info.Payload = nil
	if !info.NextProcessAt.IsZero() {
		info.NextProcessAt = time.Unix(0, 0) // compared in the state
	}
	return fmt.Sprintf("%+v", *info)
}

func TestWorkersOpenWhatCSealed(t *testing.T) {
	s := newStage(t, Config{})
	s.produce(t, "now", "default", "mail")
	s.produce(t, "soon", "--in", "1", "default", "mail")
	s.produce(t, "scheduled for a group", "--in", "1", "--group", "ann", "default", "news")
	s.produce(t, "unique", "--unique", "60", "--retention", "60", "default", "news")
	if _, outcome := s.produce(t, "unique", "--unique", "60", "default", "news"); outcome != "duplicate" {
		t.Error("the second unique one is ", outcome)
	}
	s.produce(t, "", "default", "mail")
	s.work(t, asynq.Config{})
	s.await(t, "mail now", "mail soon", "news scheduled for a group", "news unique", "mail ")
	waitFor(t, "the unique key is free", func() bool {
		_, outcome := s.produce(t, "unique", "--unique", "60", "default", "news")
		return outcome == "queued"
	})
}

func TestCOpensWhatGoSealed(t *testing.T) {
	s := newStage(t, Config{})
	info := s.enqueue(t, asynq.NewTask("mail", []byte("from Go")), asynq.TaskID("go-1"))
	sealed, err := s.inspector.GetTaskInfo(info.Queue, info.ID)
	if err != nil {
		t.Fatal(err)
	}
	keys := filepath.Join(s.folder, "keyring")
	opened, err := s.inC(t, "TASKSEAL_TOOL", string(sealed.Payload), "open", "-k", keys, "--queue", "default", "--type", "mail", "--id", "go-1")
	if err != nil || opened != "from Go" {
		t.Errorf("%q, %v", opened, err)
	}
	if _, err := s.inC(t, "TASKSEAL_TOOL", string(sealed.Payload), "open", "-k", keys, "--queue", "default", "--type", "mail", "--id", "go-2"); err == nil {
		t.Error("it opened as another task")
	}
}

func TestIDsOfCAndGoMeet(t *testing.T) {
	s := newStage(t, Config{})
	s.enqueue(t, asynq.NewTask("mail", nil), asynq.TaskID("one"))
	if _, outcome := s.produce(t, "x", "--id", "one", "default", "mail"); outcome != "exists" {
		t.Error("C says ", outcome)
	}
	s.produce(t, "x", "--id", "two", "default", "mail")
	if _, err := s.client.Enqueue(asynq.NewTask("mail", nil), asynq.TaskID("two")); !errors.Is(err, asynq.ErrTaskIDConflict) {
		t.Error("Go says ", err)
	}
}

// The two programs of examples/ that belong together.
func TestExampleWorkerOpensWhatCSealed(t *testing.T) {
	s := newStage(t, Config{})
	s.produce(t, "mail to ann@example.com", "news", "mail")
	program := filepath.Join(t.TempDir(), "asynq-worker")
	if out, err := exec.Command("go", "build", "-C", "../../../examples/asynq-worker", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	worker := exec.Command(program, "news", "mail")
	worker.Env = append(os.Environ(), "TASKSEAL_URI="+s.uri(), "TASKSEAL_KEYRING="+filepath.Join(s.folder, "keyring"))
	work(t, worker)
}
