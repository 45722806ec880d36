// SPDX-License-Identifier: MIT

package asynqseal

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// An application is examples/asynq, copied and built as somebody would who begins with it, on a server with the users of
// doc/asynq.md.
type application struct {
	*server
	bin, keyFile, outbox string
	metrics, web         string // host:port
}

func buildApplication(t *testing.T) *application {
	t.Helper()
	folder := t.TempDir()
	a := &application{server: startWithRoles(t, keepsAll), bin: filepath.Join(folder, "bin"), keyFile: filepath.Join(folder, "keyring"),
		outbox: filepath.Join(folder, "outbox"), metrics: fmt.Sprint("127.0.0.1:", freePort(t)), web: fmt.Sprint("127.0.0.1:", freePort(t))}
	source := filepath.Join(folder, "copy")
	if err := os.CopyFS(source, os.DirFS("../../../examples/asynq")); err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, arguments := range [][]string{
		{"mod", "edit", "-replace", modulePath + "=" + filepath.Dir(here), "-replace", modulePath + "/asynqseal=" + here},
		{"build", "-ldflags=-s -w", "-o", a.bin + "/", "./..."},
	} {
		command := exec.Command("go", arguments...)
		command.Dir = source
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("go %q: %v\n%s", arguments, err, out)
		}
	}
	if err := taskseal.CreateKeyFile(a.keyFile, "mail-k01", 0); err != nil {
		t.Fatal(err)
	}
	a.changeKeys(t, taskseal.KeyFileAdd, "names-k01", taskseal.KeyDedupe)
	a.changeKeys(t, taskseal.KeyFilePromote, "names-k01", 0)
	return a
}

const modulePath = "github.com/taskseal/taskseal/bindings/go"

func (a *application) changeKeys(t *testing.T, action taskseal.KeyFileAction, id string, kind taskseal.KeyType) {
	t.Helper()
	if err := taskseal.ChangeKeyFile(a.keyFile, taskseal.KeyFileChange{Action: action, KeyID: id, Type: kind}); err != nil {
		t.Fatal(err)
	}
}

// command is a program of the application, as a user of doc/asynq.md.
func (a *application) command(role, program string, arguments ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(a.bin, program), arguments...)
	c.Env = append(os.Environ(), "TASKSEAL_KEYRING="+a.keyFile, "APP_OUTBOX="+a.outbox, "APP_METRICS="+a.metrics, "APP_WEB="+a.web,
		"APP_CLEANUP=@every 1s", "APP_DIGEST_AFTER=1s", fmt.Sprintf("TASKSEAL_URI=rediss://%s:%s@localhost:%d/0?cacert=%s", role, rolePassword, a.port(),
			filepath.Join(a.folder, "ca.pem")))
	return c
}

func (a *application) run(t *testing.T, role, program string, arguments ...string) string {
	t.Helper()
	c := a.command(role, program, arguments...)
	var complaints strings.Builder
	c.Stderr = &complaints
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", program, err, out, complaints.String())
	}
	return strings.TrimSpace(string(out))
}

// A service runs until it is told to end.
type service struct {
	*exec.Cmd
	log string
}

func (a *application) start(t *testing.T, role, program string) *service {
	t.Helper()
	log, err := os.Create(filepath.Join(a.folder, program+".log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	c := a.command(role, program)
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill() })
	return &service{c, log.Name()}
}

func (s *service) said(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(s.log)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// end is how a service manager ends a service: with SIGTERM, and it must not take long.
func (s *service) end(t *testing.T) {
	t.Helper()
	_ = s.Process.Signal(syscall.SIGTERM)
	overdue := time.AfterFunc(30*time.Second, func() { _ = s.Process.Kill() })
	defer overdue.Stop()
	if err := s.Wait(); err != nil {
		t.Errorf("%s ended with %v: %s", s.Path, err, s.said(t))
	}
}

func get(t *testing.T, address, path string) (status int, body string) {
	t.Helper()
	answer, err := http.Get("http://" + address + path)
	if err != nil {
		return 0, err.Error()
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

func (a *application) mails(t *testing.T) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(a.outbox, "*.mail"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	var all strings.Builder
	for _, name := range names {
		text, _ := os.ReadFile(name)
		all.Write(text)
	}
	return all.String()
}

// The application from the first task to SIGTERM, over a change of the key: mails arrive, operators see what is not secret, and
// nothing readable is left in the server.
func TestApplication(t *testing.T) {
	if testing.Short() {
		t.Skip("builds asynqmon")
	}
	t.Parallel()
	a := buildApplication(t)
	worker, scheduler, web := a.start(t, "worker", "worker"), a.start(t, "scheduler", "scheduler"), a.start(t, "web", "web")
	id := a.run(t, "producer", "producer", "reset", "ann@canary.example")
	a.run(t, "producer", "producer", "news", "bob@canary.example", "canary: first")
	a.run(t, "producer", "producer", "news", "bob@canary.example", "canary: second")
	failing := a.run(t, "producer", "producer", "reset", "canary-without-a-host")
	waitFor(t, "both were mailed", func() bool {
		mails := a.mails(t)
		return strings.Contains(mails, "To: ann@canary.example\n") && strings.Contains(mails, "To: bob@canary.example\n") &&
			strings.Contains(mails, "canary: first\n") && strings.Contains(mails, "canary: second\n")
	})
	if receipt := a.run(t, "web", "result", id); !strings.HasPrefix(receipt, `{"to":"ann@canary.example","at":"2`) {
		t.Errorf("the result is %s", receipt)
	}
	a.rotates(t, worker, scheduler)
	a.webShowsNoSecrets(t, id, failing)
	a.idsNameNoFileElsewhere(t)
	for _, s := range []*service{web, scheduler, worker} {
		s.end(t)
		if strings.Contains(s.said(t), "canary") {
			t.Errorf("%s has logged a payload:\n%s", s.Path, s.said(t))
		}
	}
	a.everyKey(t, func(name string, held []byte) {
		if strings.Contains(string(held), "canary") {
			t.Errorf("readable in %s", name)
		}
	})
}

// Whoever can write to the server bundles what was sealed before, under an id of his own, of which the worker makes a file's name.
func (a *application) idsNameNoFileElsewhere(t *testing.T) {
	t.Helper()
	ring, err := taskseal.LoadKeyring(a.keyFile)
	if err != nil {
		t.Fatal(err)
	}
	defer ring.Close()
	sealed, err := ring.Seal([]byte(`{"to":"ann@canary.example"}`), taskseal.SealOptions{Context: boundToGroup("default", "news", "ann")})
	if err != nil {
		t.Fatal(err)
	}
	plain := asynq.NewClient(a.options)
	defer plain.Close()
	bundle := Aggregator("digest").Aggregate("ann", []*asynq.Task{asynq.NewTask("news", sealed)})
	for _, id := range []string{"../elsewhere", "within"} { // the second one is the good twin
		if _, err := plain.Enqueue(bundle, asynq.TaskID(id), asynq.MaxRetry(0), asynq.Retention(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	inspector := asynq.NewInspector(a.options)
	defer inspector.Close()
	waitFor(t, "one is refused, one done", func() bool {
		_, err := os.Stat(filepath.Join(a.outbox, "within.mail"))
		info, e := inspector.GetTaskInfo("default", "../elsewhere")
		return err == nil && e == nil && (info.State == asynq.TaskStateArchived || info.State == asynq.TaskStateCompleted)
	})
	if _, err := os.Stat(filepath.Join(a.outbox, "..", "elsewhere.mail")); err == nil {
		t.Error("an id has named a file elsewhere")
	}
}

// What asynqmon answers is what its pages show. The control is a task that is not sealed: of it the size alone is told.
func (a *application) webShowsNoSecrets(t *testing.T, completed, failing string) {
	t.Helper()
	plain := asynq.NewClient(a.options)
	defer plain.Close()
	control, err := plain.Enqueue(asynq.NewTask("control", []byte("canary: not sealed")), asynq.ProcessIn(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, "asynqmon shows the schedule", func() bool {
		_, body := get(t, a.web, "/api/scheduler_entries")
		return strings.Contains(body, `"task_type":"cleanup"`)
	})
	const sealed = "sealed v1, suite 01, key mail-k01, at 20"
	for path, wanted := range map[string]string{
		"/api/queues/default/completed_tasks":     `"result":"` + sealed,
		"/api/queues/default/retry_tasks":         `"error_message":"redacted: *errors.errorString"`,
		"/api/queues/default/tasks/" + completed:  `"payload":"` + sealed,
		"/api/queues/default/tasks/" + failing:    `"payload":"` + sealed,
		"/api/queues/default/tasks/" + control.ID: `"payload":"plain, 18 bytes"`,
		"/api/queues/default/scheduled_tasks":     `"payload":"plain, 18 bytes"`,
		"/api/queues/default/pending_tasks":       `"tasks":`,
		"/api/queues/default/active_tasks":        `"tasks":`,
		"/api/queues/default/archived_tasks":      `"tasks":`,
		"/api/queues/default/groups":              `"groups":`,
		"/api/queues":                             `"queue":"default"`,
		"/api/queue_stats":                        `"default":`,
		"/api/servers":                            `"active_workers":`,
		"/api/scheduler_entries":                  `"task_payload":"` + sealed,
		"/api/redis_info":                         `"raw_info":`,
		"/":                                       `<title>Asynq`,
	} {
		if status, body := get(t, a.web, path); status != http.StatusOK || !strings.Contains(body, wanted) || strings.Contains(body, "canary") {
			t.Errorf("%s answers %d, is to hold %s and no payload:\n%s", path, status, wanted, body)
		}
	}
	inspector := asynq.NewInspector(a.options)
	defer inspector.Close()
	if err := inspector.DeleteTask("default", control.ID); err != nil {
		t.Fatal(err)
	}
}

// A new key comes into use in running programs, by SIGHUP; a file that is broken changes nothing.
func (a *application) rotates(t *testing.T, worker, scheduler *service) {
	t.Helper()
	hangUp := func(says string) {
		t.Helper()
		for _, s := range []*service{worker, scheduler} {
			before := strings.Count(s.said(t), says)
			if err := s.Process.Signal(syscall.SIGHUP); err != nil {
				t.Fatal(err)
			}
			waitFor(t, "the log says: "+says, func() bool { return strings.Count(s.said(t), says) > before })
		}
	}
	whole, err := os.ReadFile(a.keyFile)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, a.keyFile, whole[:len(whole)/2])
	hangUp("the old keys stay")
	writeFile(t, a.keyFile, whole)
	a.changeKeys(t, taskseal.KeyFileAdd, "mail-k02", 0)
	a.changeKeys(t, taskseal.KeyFilePromote, "mail-k02", 0)
	a.changeKeys(t, taskseal.KeyFileDemote, "mail-k01", 0)
	hangUp("the keys of the file are in use")
	a.run(t, "producer", "producer", "reset", "cid@canary.example")
	waitFor(t, "it was mailed", func() bool { return strings.Contains(a.mails(t), "To: cid@canary.example\n") })
	status, metrics := get(t, a.metrics, "/metrics")
	if status != http.StatusOK || !strings.Contains(metrics, `taskseal_opened_total{key="mail-k01"} `) ||
		!strings.Contains(metrics, `taskseal_opened_total{key="mail-k02"} `) {
		t.Errorf("the metrics are %d:\n%s", status, metrics)
	}
	if status, body := get(t, a.metrics, "/healthz"); status != http.StatusOK {
		t.Errorf("its health is %d: %s", status, body)
	}
}
