// SPDX-License-Identifier: MIT

package taskseal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var headerRow = regexp.MustCompile(`X\((\w+),\s*(\d+),\s*(PERMANENT|RETRYABLE),\s*"([^"]+)",`)

// The constants of codes.go are those of the C header, all of them, with its values, names and permanence.
func TestCodesAreTheHeaders(t *testing.T) {
	header, err := os.ReadFile("taskseal.h")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(header), "\\\n", " ")
	source, err := os.ReadFile("codes.go")
	if err != nil {
		t.Fatal(err)
	}
	rows := headerRow.FindAllStringSubmatch(text, -1)
	if len(rows) < 60 {
		t.Fatalf("found %d errors in the header", len(rows))
	}
	for _, row := range rows {
		value, _ := strconv.Atoi(row[2])
		code := Code(value)
		if code.Name() != row[4] || code.Permanent() != (row[3] == "PERMANENT") || code.Error() == "" {
			t.Errorf("%s is %s, permanent %t", row[1], code.Name(), code.Permanent())
		}
		if !regexp.MustCompile(`Code = C\.TASKSEAL_ERR_` + row[1] + `\s+// ` + row[4] + `\n`).Match(source) {
			t.Errorf("codes.go has no constant for %s with the comment %s", row[1], row[4])
		}
	}
	if constants := bytes.Count(source, []byte("Code = C.")); constants != len(rows) {
		t.Errorf("codes.go has %d constants, the header %d errors", constants, len(rows))
	}
	if Code(9999).Name() != "unknown-error" || !Code(9999).Permanent() {
		t.Error("a value that is no error has a name or is retryable")
	}
}

func TestErrorsMatchThroughWrapping(t *testing.T) {
	ring := testRing(t)
	_, _, err := ring.Open([]byte("plaintext"), OpenOptions{})
	err = fmt.Errorf("task 41: %w", err)
	var e *Error
	var code Code
	if !errors.Is(err, ErrNotSealed) || errors.Is(err, ErrExpired) {
		t.Errorf("errors.Is: %v", err)
	}
	if !errors.As(err, &e) || e.Op != "open" || e.Name() != "not-sealed" || !e.Permanent() {
		t.Errorf("errors.As *Error: %+v", e)
	}
	if !errors.As(err, &code) || code != ErrNotSealed || CodeOf(err) != ErrNotSealed || !Permanent(err) {
		t.Errorf("errors.As Code: %v", code)
	}
	want := "task 41: taskseal: open: the input is not a sealed envelope (not-sealed)"
	if err.Error() != want {
		t.Errorf("%q, not %q", err, want)
	}
}

func TestPermanenceIsOfOurErrorsOnly(t *testing.T) {
	for _, c := range []struct {
		err  error
		want bool
	}{
		{nil, false}, {io.ErrUnexpectedEOF, false}, {ErrClosed, false}, {ErrUnknownKey, false}, {ErrDamaged, true},
		{&Error{Op: "open", Code: ErrNotYetValid}, false}, {&BatchError{3, &Error{Code: ErrLooksSealed}}, true},
	} {
		if Permanent(c.err) != c.want {
			t.Errorf("Permanent(%v) is not %t", c.err, c.want)
		}
	}
}

func TestKeyFileErrorsSayWhere(t *testing.T) {
	_, err := ParseKeyring([]byte("taskseal-keyring 1\nkey mail-k01 rot13 active x\n"))
	var e *Error
	if !errors.As(err, &e) || e.Code != ErrKeyFileMalformed || e.Line != 2 || !strings.Contains(e.Error(), "line 2") {
		t.Errorf("%v, %+v", err, e)
	}
	_, err = LoadKeyring(t.TempDir() + "/absent")
	if !errors.Is(err, ErrKeyFileRead) || !strings.Contains(err.Error(), "absent") || Permanent(err) {
		t.Errorf("%v", err)
	}
}

func TestLogHasThePartsOfAnError(t *testing.T) {
	var out bytes.Buffer
	slog.New(slog.NewTextHandler(&out, nil)).Error("refused", "err", &Error{Op: "open", Code: ErrExpired})
	for _, part := range []string{"err.name=expired", "err.permanent=true", "err.op=open"} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("no %s in %s", part, &out)
		}
	}
}
