// SPDX-License-Identifier: MIT

// What the drivers in Go do alike; driver.h says what that is. There is no option for revocation lists in crypto/tls.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

const limit = 3 * time.Second

func setting(name string) string { return os.Getenv("CLIENT_" + name) }

func say(outcome string, err error) {
	line := map[string]string{"outcome": outcome, "error": ""}
	if err != nil {
		line["error"] = err.Error()
	}
	text, _ := json.Marshal(line)
	fmt.Println(string(text))
}

func config() *tls.Config {
	pem, err := os.ReadFile(setting("CA"))
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return &tls.Config{RootCAs: roots, ServerName: setting("HOST"), MinVersion: tls.VersionTLS12}
}

// drive calls ping, which sends PING on a connection that it makes or has.
func drive(ping func() error) {
	if err := ping(); err != nil {
		say("refused", err)
		return
	}
	if setting("AGAIN") == "" {
		say("accepted", nil)
		return
	}
	say("first", nil)
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	var last error
	for i := 0; i < 3; i++ {
		if last = ping(); last == nil {
			say("accepted", nil)
			return
		}
		time.Sleep(500 * time.Millisecond)
	}
	say("refused", last)
}
