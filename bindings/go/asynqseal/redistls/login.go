// SPDX-License-Identifier: MIT

package redistls

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// Bytes of all the answers to a login.
const repliesMax = 65536

// A command with what its reply must be.
type command struct {
	words []string
	judge func(*session, *reply) error
}

// login sends AUTH, PING and SELECT, and what follows, in one write, and judges what comes back.
func (s *session) login(connection *tls.Conn, u *uri, more []command) error {
	s.phase = "the login (AUTH, PING, SELECT)"
	var commands []command
	if u.login {
		commands = append(commands, command{[]string{"AUTH", u.user, u.password}, (*session).judgeAuth})
	}
	commands = append(commands, command{[]string{"PING"}, expect("PING", "PONG")})
	if u.database != 0 {
		commands = append(commands, command{[]string{"SELECT", strconv.Itoa(u.database)}, expect("SELECT", "OK")})
	}
	commands = append(commands, more...)
	var wire []byte
	for _, c := range commands {
		wire = appendCommand(wire, c.words)
	}
	_, writeErr := connection.Write(wire) // an alert that is still to be read says more than a failed write
	limited := &io.LimitedReader{R: connection, N: repliesMax}
	in := bufio.NewReader(limited)
	for _, c := range commands {
		r, err := readReply(in, 0)
		switch {
		case errors.Is(err, errNotRESP), err != nil && limited.N <= 0:
			return s.fail(taskseal.ErrServerError, "the server answers, but not as Valkey or Redis do: give the right port")
		case err != nil && writeErr != nil && errors.Is(err, io.EOF):
			return s.fault(writeErr)
		case err != nil:
			return s.fault(err)
		}
		if err := c.judge(s, r); err != nil {
			return err
		}
	}
	if in.Buffered() > 0 {
		return s.fail(taskseal.ErrServerError, "the server sent more than it was asked for")
	}
	return nil
}

func appendCommand(wire []byte, words []string) []byte {
	wire = append(wire, "*"+strconv.Itoa(len(words))+"\r\n"...)
	for _, word := range words {
		wire = append(wire, "$"+strconv.Itoa(len(word))+"\r\n"...)
		wire = append(append(wire, word...), "\r\n"...)
	}
	return wire
}

// judgeAuth shows only the first word of the answer, if it is a known one: all else may quote the password.
func (s *session) judgeAuth(r *reply) error {
	switch {
	case r.kind == '+' && r.text == "OK":
		return nil
	case r.kind != '-':
		return s.fail(taskseal.ErrServerError, "the server answered AUTH with something else than OK or an error")
	}
	code, word := r.code(), r.word()
	if code == taskseal.ErrServerError {
		code = taskseal.ErrAuthRefused
		if word != "ERR" {
			word = "?"
		}
	}
	advice := "check the URI's user and password"
	if code == taskseal.ErrServerBusy {
		advice = "it can't answer now, try again"
	}
	return s.fail(code, "the server did not accept AUTH (%s): %s", word, advice)
}

// expect judges the answer to a command that quotes no secrets.
func expect(name, status string) func(*session, *reply) error {
	return func(s *session, r *reply) error {
		if r.kind == '+' && r.text == status {
			return nil
		}
		return s.unexpected(name, r)
	}
}

func (s *session) unexpected(name string, r *reply) error {
	code, shown, advice := taskseal.ErrServerError, "something unexpected", ""
	if r.kind == '-' {
		code, shown = r.code(), printable(r.text, 127)
	}
	switch code {
	case taskseal.ErrAuthRefused:
		advice = "; give user and password in the URI"
	case taskseal.ErrNoPermission:
		advice = "; connecting needs +ping, and +select for a database other than 0"
	}
	return s.fail(code, "the server answered %s with `%s`%s", name, shown, advice)
}

// ---- Replies ------------------------------------------------------------------------------------------------

var errNotRESP = errors.New("not RESP")

type reply struct {
	kind  byte // + - : $ *
	text  string
	array []*reply
}

var busyWords = []string{"LOADING", "BUSY", "MASTERDOWN", "READONLY", "CLUSTERDOWN", "TRYAGAIN", "NOREPLICAS", "MISCONF", "OOM"}

// word is the first one of an error, if it is in capitals.
func (r *reply) word() string {
	word, _, _ := strings.Cut(r.text, " ")
	if word == "" || len(word) > 15 || strings.Trim(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return "?"
	}
	return word
}

func (r *reply) code() taskseal.Code {
	word := r.word()
	switch {
	case word == "NOPERM":
		return taskseal.ErrNoPermission
	case word == "NOAUTH" || word == "WRONGPASS":
		return taskseal.ErrAuthRefused
	case slices.Contains(busyWords, word), strings.HasPrefix(r.text, "ERR max number of clients"):
		return taskseal.ErrServerBusy
	}
	return taskseal.ErrServerError
}

func readReply(in *bufio.Reader, depth int) (*reply, error) {
	line, err := in.ReadString('\n')
	if err != nil {
		if line != "" && !strings.ContainsRune("+-:$*", rune(line[0])) {
			return nil, errNotRESP
		}
		return nil, err
	}
	line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
	if line == "" {
		return nil, errNotRESP
	}
	r := &reply{kind: line[0], text: line[1:]}
	switch r.kind {
	case '+', '-', ':':
		return r, nil
	case '$', '*':
		return r, r.readBody(in, depth)
	}
	return nil, errNotRESP
}

func (r *reply) readBody(in *bufio.Reader, depth int) error {
	count, err := strconv.Atoi(r.text)
	if r.text = ""; err != nil || count > repliesMax || depth > 4 {
		return errNotRESP
	}
	if r.kind == '*' {
		for range count {
			element, err := readReply(in, depth+1)
			if err != nil {
				return err
			}
			r.array = append(r.array, element)
		}
		return nil
	}
	if count < 0 {
		return nil
	}
	data := make([]byte, count+2)
	if _, err := io.ReadFull(in, data); err != nil {
		return err
	}
	r.text = string(data[:count])
	return nil
}
