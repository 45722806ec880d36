// SPDX-License-Identifier: MIT

package asynqseal

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// Both programs run on a real server; only the sealed one leaves nothing readable there.
func TestExamplesRun(t *testing.T) {
	for name, readable := range map[string]bool{"plain": true, "sealed": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startServer(t)
			program := filepath.Join(t.TempDir(), name)
			build(t, program, "examples/"+name+"/main.go")
			keyFile := filepath.Join(t.TempDir(), "keyring")
			if err := taskseal.CreateKeyFile(keyFile, "mail-k01", 0); err != nil {
				t.Fatal(err)
			}
			command := func(arguments ...string) *exec.Cmd {
				c := exec.Command(program, arguments...)
				c.Env = append(os.Environ(), "APP_REDIS="+s.options.Addr, "APP_PASSWORD="+s.password,
					"APP_CA="+filepath.Join(s.folder, "ca.pem"), "APP_KEYRING="+keyFile)
				return c
			}
			if out, err := command("produce", "ann@example.com").CombinedOutput(); err != nil || !strings.HasPrefix(string(out), "queued ") {
				t.Fatalf("%v\n%s", err, out)
			}
			if bytes.Contains(s.dump(t), []byte("ann@example.com")) != readable {
				t.Errorf("the address is readable in the server: %t expected", readable)
			}
			work(t, command("work"))
		})
	}
}

// build makes a module of a program, as its user has one, and what README.md says before there is a release to get.
func build(t *testing.T, program, source string) {
	t.Helper()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, lines, _ := strings.Cut(string(readme), "\n    git clone ")
	_, lines, _ = strings.Cut(lines, "\n")
	lines, _, ok := strings.Cut(lines, "\n\n")
	checkout, err := filepath.Abs("../../..")
	if !ok || err != nil {
		t.Fatalf("README.md does not say how: %q, %v", lines, err)
	}
	text, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	asynq, err := exec.Command("go", "list", "-m", "-f", "{{.Path}}@{{.Version}}", "github.com/hibiken/asynq").Output()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "main.go"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	script := "go mod init example.test/mailer && go mod edit -require=" + string(asynq) +
		strings.ReplaceAll(lines, "../taskseal", checkout) + "\ngo build -o " + program
	command := exec.Command("sh", "-ec", script)
	command.Dir = folder
	command.Env = append(os.Environ(), "GOSUMDB=off", "GOWORK=off")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v of\n%s\n%s", err, script, out)
	}
}

func work(t *testing.T, worker *exec.Cmd) {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	worker.Stdout, worker.Stderr = log, log
	if err := worker.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "it was mailed", func() bool {
		text, _ := os.ReadFile(log.Name())
		return strings.Contains(string(text), "mail to ann@example.com\n")
	})
	_ = worker.Process.Signal(os.Interrupt)
	ended := make(chan error, 1)
	go func() { ended <- worker.Wait() }()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		_ = worker.Process.Kill()
		t.Error("the worker did not end")
	}
}
