// SPDX-License-Identifier: MIT

package asynqseal

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Where a server shows or keeps what it is given, and what passes on the way to it.
var media = []string{"keys", "MONITOR", "RDB", "AOF", "wire"}

// The lines that make a server keep an AOF, and nothing of what it keeps compressed.
const keepsAll = "appendonly yes\nappendfsync no\nauto-aof-rewrite-percentage 0\nrdbcompression no"

// A wire passes on what comes and goes between clients and a server, and keeps every direction of every connection.
type wire struct {
	port    int
	mutex   sync.Mutex
	streams []*bytes.Buffer
}

func startWire(t testing.TB, port int) *wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{port: listener.Addr().(*net.TCPAddr).Port}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
			if err != nil {
				_ = client.Close()
				continue
			}
			go w.pass(client, server)
			go w.pass(server, client)
		}
	}()
	return w
}

func (w *wire) pass(from, to net.Conn) {
	kept := &bytes.Buffer{}
	w.mutex.Lock()
	w.streams = append(w.streams, kept)
	w.mutex.Unlock()
	_, _ = io.Copy(to, io.TeeReader(from, locked{&w.mutex, kept}))
	_ = from.Close()
	_ = to.Close()
}

// locked writes while nobody reads.
type locked struct {
	mutex *sync.Mutex
	to    io.Writer
}

func (l locked) Write(p []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.to.Write(p)
}

// kept is all that has passed, stream by stream.
func (w *wire) kept() []byte {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	var all []byte
	for _, stream := range w.streams {
		all = append(append(all, stream.Bytes()...), '\n')
	}
	return all
}

// everyKey calls see with each key of the server, its name in front of all that it holds.
func (s *server) everyKey(t testing.TB, see func(name string, all []byte)) {
	t.Helper()
	client, ctx := s.redis(t), context.Background()
	names := client.Scan(ctx, 0, "*", 1000).Iterator()
	for names.Next(ctx) {
		held, err := client.Dump(ctx, names.Val()).Result()
		if err != nil {
			continue // it is no more
		}
		see(names.Val(), append([]byte(names.Val()+"\n"), held...))
	}
	if err := names.Err(); err != nil {
		t.Fatal(err)
	}
}

// appended is what the server's append-only file holds.
func (s *server) appended(t testing.TB) []byte {
	t.Helper()
	var all []byte
	err := filepath.WalkDir(filepath.Join(s.folder, "appendonlydir"), func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		held, err := os.ReadFile(name)
		all = append(append(all, held...), '\n')
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Findings are the words that were looked for, each with the media that it is in, and where in these: the keys' names.
type findings struct {
	mutex sync.Mutex
	words []string
	in    map[string]map[string]string     // word, medium, a line for each place
	found func(word, medium, where string) // is told of the first of each; nil: nobody
}

func newFindings(words []string) *findings {
	f := &findings{words: words, in: map[string]map[string]string{}}
	for _, word := range words {
		f.in[word] = map[string]string{}
	}
	return f
}

func (f *findings) search(medium, where string, held []byte) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for _, word := range f.words {
		if strings.Contains(f.in[word][medium], where+"\n") || !bytes.Contains(held, []byte(word)) {
			continue
		}
		first := len(f.in[word]) == 0
		f.in[word][medium] += where + "\n"
		if first && f.found != nil {
			f.found(word, medium, where)
		}
	}
}
