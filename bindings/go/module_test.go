// SPDX-License-Identifier: MIT

package taskseal

import (
	"archive/zip"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	modulePath    = "github.com/taskseal/taskseal/bindings/go"
	moduleVersion = "v0.1.0"
)

// readmeProgram is what README.md shows first.
func readmeProgram(t *testing.T) string {
	t.Helper()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, program, begun := strings.Cut(string(readme), "```go\n")
	program, _, ended := strings.Cut(program, "```\n")
	if !begun || !ended {
		t.Fatal("README.md shows no program")
	}
	return program
}

const printed = `{"to":"ann@example.com"}, sealed to mail-k01` + "\n"

// What a user has after go get: the files of this module alone, and also after go mod vendor those of this folder
// alone. The C sources must be among them.
func TestModuleBuildsWhereItIsFetched(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the core twice")
	}
	folder := t.TempDir()
	proxy, user := filepath.Join(folder, "proxy"), filepath.Join(folder, "user")
	publish(t, proxy)
	write(t, filepath.Join(user, "main.go"), readmeProgram(t))
	keyFile := filepath.Join(folder, "keyring")
	if err := CreateKeyFile(keyFile, "mail-k01", 0); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(user, "go.mod"), "module example.test/user\n\ngo 1.24\n")
	run := func(arguments ...string) string {
		t.Helper()
		command := exec.Command("go", arguments...)
		command.Dir = user
		command.Env = append(os.Environ(), "GOPROXY=file://"+proxy, "GOSUMDB=off", "GONOPROXY=none", "GOFLAGS=-modcacherw -p=1",
			"GOMODCACHE="+filepath.Join(folder, "cache"), "GOWORK=off", "APP_KEYRING="+keyFile)
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(arguments, " "), err, out)
		}
		return string(out)
	}
	run("get", modulePath+"@"+moduleVersion)
	if out := run("run", "."); out != printed {
		t.Errorf("fetched, it prints %q", out)
	}
	run("mod", "vendor")
	if err := os.RemoveAll(filepath.Join(folder, "cache")); err != nil {
		t.Fatal(err)
	}
	if out := run("run", "-mod=vendor", "."); out != printed {
		t.Errorf("vendored, it prints %q", out)
	}
}

// publish puts this module into a folder that is laid out as a module proxy, as the go command would: without the
// modules below it.
func publish(t *testing.T, proxy string) {
	t.Helper()
	versions := filepath.Join(proxy, modulePath, "@v")
	goMod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(versions, "list"), moduleVersion+"\n")
	write(t, filepath.Join(versions, moduleVersion+".info"), `{"Version":"`+moduleVersion+`"}`)
	write(t, filepath.Join(versions, moduleVersion+".mod"), string(goMod))
	archive, err := os.Create(filepath.Join(versions, moduleVersion+".zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	files := zip.NewWriter(archive)
	for _, name := range moduleFiles(t) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		to, err := files.Create(modulePath + "@" + moduleVersion + "/" + filepath.ToSlash(name))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := to.Write(text); err != nil {
			t.Fatal(err)
		}
	}
	if err := files.Close(); err != nil {
		t.Fatal(err)
	}
}

// moduleFiles are the files below this folder that are in no other module.
func moduleFiles(t *testing.T) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !entry.IsDir() {
			names = append(names, name)
			return nil
		}
		if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil && name != "." {
			return fs.SkipDir
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
