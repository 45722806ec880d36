// SPDX-License-Identifier: MIT

package asynqseal

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// What doc/asynq.md shows is what is tested here.
func document(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("../../../doc/asynq.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// How the plain program becomes the sealed one: exactly their difference, in fewer than 15 lines that are new or changed.
func TestDocumentShowsTheDifferenceOfTheExamples(t *testing.T) {
	out, _ := exec.Command("diff", "-U1", "examples/plain/main.go", "examples/sealed/main.go").Output() // differs: status 1
	_, body, ok := strings.Cut(string(out), "\n+++")
	_, body, _ = strings.Cut(body, "\n")
	if !ok {
		t.Fatalf("diff printed %q", out)
	}
	if !strings.Contains(document(t), "```diff\n"+body+"```\n") {
		t.Errorf("doc/asynq.md does not show it:\n%s", body)
	}
	if lines := regexp.MustCompile(`(?m)^\+`).FindAllString(body, -1); len(lines) >= 15 {
		t.Errorf("%d lines are new or changed", len(lines))
	}
}

// Where the modules are got as released ones their replace lines count no more: what they require must be what is released.
func TestModulesRequireThisVersion(t *testing.T) {
	seen := 0
	for _, name := range []string{"go.mod", "older.mod", "asynqsealprom/go.mod", "../bench/go.mod", "../../../examples/asynq/go.mod"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile(`(?m)^\t(github.com/taskseal/\S+) (v\S+)`).FindAllStringSubmatch(string(text), -1) {
			seen++
			if found[2] != "v"+taskseal.Version {
				t.Errorf("%s requires %s %s, not v%s", name, found[1], found[2], taskseal.Version)
			}
		}
	}
	if seen < 5 {
		t.Errorf("%d requirements were found", seen)
	}
}

func TestDocumentShowsTheMigration(t *testing.T) {
	source, err := os.ReadFile("migration_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, _ := strings.Cut(string(source), "with the package's name in front\n")
	shown, _, ok := strings.Cut(shown, "\n// end\n")
	shown = strings.NewReplacer("Envelope(ctx)", "asynqseal.Envelope(ctx)", "Members(ctx)", "asynqseal.Members(ctx)").Replace(shown)
	if !ok || !strings.Contains(document(t), "```go\n"+shown+"```\n") {
		t.Errorf("doc/asynq.md does not show\n%s", shown)
	}
}

// The table of metrics is whole, and alerts look at metrics, outcomes and reasons that there are.
func TestDocumentNamesTheMetrics(t *testing.T) {
	_, section, _ := strings.Cut(document(t), "\n## Metrics and alerts\n")
	table, alerts, ok := strings.Cut(section, "```yaml\n")
	alerts, _, ended := strings.Cut(alerts, "```\n")
	if !ok || !ended {
		t.Fatal("doc/asynq.md has no alerts")
	}
	var served strings.Builder
	if _, err := NewMetrics().WriteTo(&served); err != nil {
		t.Fatal(err)
	}
	var metrics []string
	for _, found := range regexp.MustCompile(`(?m)^# TYPE (\w+)`).FindAllStringSubmatch(served.String(), -1) {
		metrics = append(metrics, found[1])
		if !strings.Contains(table, "`"+found[1]+"{") {
			t.Errorf("the table lacks %s", found[1])
		}
	}
	known := []string{string(Opened), string(PlainAccepted), string(PlainUnexpected), string(PlainRefused), string(KeyMissing),
		string(Expired), string(Refused)}
	for _, outcome := range known {
		if !strings.Contains(table, "`"+outcome+"`") {
			t.Errorf("the table lacks %s", outcome)
		}
	}
	for code := taskseal.Code(1); code < 64; code++ {
		known = append(known, code.Name())
	}
	if len(metrics) == 0 || !strings.Contains(alerts, "expr:") {
		t.Fatalf("metrics %q, alerts:\n%s", metrics, alerts)
	}
	for _, name := range regexp.MustCompile(`taskseal_\w+`).FindAllString(alerts, -1) {
		if !slices.Contains(metrics, name) {
			t.Errorf("an alert looks at %s", name)
		}
	}
	for _, found := range regexp.MustCompile(`=~?"([^"]+)"`).FindAllStringSubmatch(alerts, -1) {
		for _, word := range strings.Split(found[1], "|") {
			if !slices.Contains(known, word) {
				t.Errorf("an alert looks for %s", word)
			}
		}
	}
}
