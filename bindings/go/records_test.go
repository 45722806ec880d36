// SPDX-License-Identifier: MIT

package taskseal

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A record of tests/vectors/data, whose README explains the fields.
type record struct {
	file   map[string]*record // the records of the same file, by name
	name   string
	fields map[string][]string
}

func (r *record) has(field string) bool { return len(r.fields[field]) > 0 }

// get is the value of a field, "" if it is not there.
func (r *record) get(field string) string {
	if !r.has(field) {
		return ""
	}
	return r.fields[field][0]
}

func (r *record) number(t *testing.T, field string) uint64 {
	t.Helper()
	if !r.has(field) {
		return 0
	}
	n, err := strconv.ParseUint(r.get(field), 10, 64)
	if err != nil {
		t.Fatalf("%s: %s: %v", r.name, field, err)
	}
	return n
}

func (r *record) words(field string) []string { return strings.Fields(r.get(field)) }

// bytes evaluates a field's tokens: hex, COUNT*hex and NAME[from:to].
func (r *record) bytes(t *testing.T, field string) []byte {
	t.Helper()
	return r.evaluate(t, r.get(field))
}

func (r *record) evaluate(t *testing.T, expression string) []byte {
	t.Helper()
	all := []byte{}
	for token := range strings.FieldsSeq(expression) {
		piece, err := r.token(t, token)
		if err != nil {
			t.Fatalf("%s: %s: %v", r.name, token, err)
		}
		all = append(all, piece...)
	}
	return all
}

func (r *record) token(t *testing.T, token string) ([]byte, error) {
	if count, text, repeated := strings.Cut(token, "*"); repeated {
		n, err := strconv.Atoi(count)
		if err != nil {
			return nil, err
		}
		return hex.DecodeString(strings.Repeat(text, n))
	}
	if name, rest, sliced := strings.Cut(token, "["); sliced {
		from, to, _ := strings.Cut(strings.TrimSuffix(rest, "]"), ":")
		other, known := r.file[name]
		if !known {
			return nil, fmt.Errorf("no record %s", name)
		}
		return cut(other.bytes(t, "sealed"), from, to)
	}
	return hex.DecodeString(token)
}

func cut(b []byte, from, to string) ([]byte, error) {
	at := func(text string, otherwise int) (int, error) {
		if text == "" {
			return otherwise, nil
		}
		n, err := strconv.Atoi(text)
		if n < 0 {
			n += len(b)
		}
		return n, err
	}
	i, err := at(from, 0)
	if err != nil {
		return nil, err
	}
	j, err := at(to, len(b))
	if err != nil || i > j || j > len(b) {
		return nil, fmt.Errorf("[%s:%s] of %d bytes", from, to, len(b))
	}
	return b[i:j], nil
}

const vectorFolder = "../../tests/vectors/data"

func vectorFiles(t testing.TB) []string {
	t.Helper()
	names, err := filepath.Glob(vectorFolder + "/*.txt")
	if err != nil || len(names) == 0 {
		t.Fatalf("no vectors in %s: this test runs in the project's tree (%v)", vectorFolder, err)
	}
	return names
}

// readRecords reads a file's records in their order.
func readRecords(t testing.TB, name string) []*record {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	byName := map[string]*record{}
	var all []*record
	var r *record
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		line := lines.Text()
		if line == "" {
			r = nil
			continue
		}
		if strings.HasPrefix(line, "#") {
			continue
		}
		field, value, ok := strings.Cut(line, ":")
		if !ok {
			t.Fatalf("%s: not a field: %q", name, line)
		}
		if r == nil {
			r = &record{file: byName, fields: map[string][]string{}}
			all = append(all, r)
		}
		value = strings.TrimPrefix(value, " ")
		r.fields[field] = append(r.fields[field], value)
		if field == "name" {
			r.name = value
			byName[value] = r
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}
