// SPDX-License-Identifier: MIT

//go:build taskseal_bench

package main

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"io"
	"log"

	"filippo.io/age"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// A contender seals one payload and opens its envelope, as often as asked for.
type contender struct {
	name      string
	loop      bool // the calls are C's own
	judged    bool // held against the contender before it
	seal      func(times int)
	open      func(times int)
	sealedLen func() int
}

const queue = "mail"

func random(n int) []byte {
	b := make([]byte, n)
	must(rand.Read(b))
	return b
}

func contenders(payload []byte) []contender {
	key := taskseal.Key{ID: "mail-k01", Type: taskseal.KeyXChaCha20Poly1305, State: taskseal.KeyActive, Secret: random(32)}
	ring := must(taskseal.NewKeyring(key))
	var all []contender
	for _, suite := range []struct {
		taskseal.Suite
		name string
	}{{taskseal.ChaCha20Poly1305, "01"}, {taskseal.AES256GCM, "02"}} {
		if suite.Available() {
			all = append(all, ours(ring, suite.Suite, suite.name, payload)...)
		}
	}
	return append(all, tink(payload), byHand(payload), ageX25519(payload))
}

// ours are the calls of C, those of Go without and with an allocation, and batches.
func ours(ring *taskseal.Keyring, suite taskseal.Suite, name string, payload []byte) []contender {
	sealOptions := taskseal.SealOptions{Context: taskseal.Context{Queue: queue}, Suite: suite}
	openOptions := taskseal.OpenOptions{Context: taskseal.Context{Queue: queue}}
	sealed := must(ring.Seal(payload, sealOptions))
	length := func() int { return len(sealed) }
	out := make([]byte, len(sealed)+64)
	c := contender{name: "C, suite " + name, loop: true, sealedLen: length,
		seal: func(times int) { expect(ring.SealLoop(queue, payload, out, suite, times)) },
		open: func(times int) { expect(ring.OpenLoop(queue, sealed, out, times)) }}
	appending := contender{name: "Append..., suite " + name, judged: true, sealedLen: length,
		seal: func(times int) {
			for range times {
				must(ring.AppendSeal(out[:0], payload, sealOptions))
			}
		},
		open: func(times int) {
			for range times {
				_, _, err := ring.AppendOpen(out[:0], sealed, openOptions)
				expect(err == nil)
			}
		}}
	whole := contender{name: "Seal, Open, suite " + name, sealedLen: length,
		seal: func(times int) {
			for range times {
				must(ring.Seal(payload, sealOptions))
			}
		},
		open: func(times int) {
			for range times {
				_, _, err := ring.Open(sealed, openOptions)
				expect(err == nil)
			}
		}}
	return []contender{c, appending, whole, batches(ring, suite, name, payload, whole)}
}

func batches(ring *taskseal.Keyring, suite taskseal.Suite, name string, payload []byte, whole contender) contender {
	const of = 32
	items := make([]taskseal.SealItem, of)
	for i := range items {
		items[i] = taskseal.SealItem{Context: taskseal.Context{Queue: queue}, Payload: payload}
	}
	whole.name = "SealBatch of 32, Open, suite " + name
	whole.seal = func(times int) {
		for done := 0; done < times; done += of {
			n := min(of, times-done)
			must(ring.SealBatch(items[:n], taskseal.SealOptions{Suite: suite}))
		}
	}
	return whole
}

func expect(ok bool) {
	if !ok {
		log.Fatal("a call failed")
	}
}

// tink's envelope: a fresh AES-256-GCM key for each payload, wrapped by an AES-256-GCM key in this process.
func tink(payload []byte) contender {
	handle := must(keyset.NewHandle(aead.AES256GCMKeyTemplate()))
	kek := must(aead.New(handle))
	envelope := aead.NewKMSEnvelopeAEAD2(aead.AES256GCMKeyTemplate(), kek)
	sealed := must(envelope.Encrypt(payload, []byte(queue)))
	return contender{name: "tink-go, KMS envelope AEAD", sealedLen: func() int { return len(sealed) },
		seal: func(times int) {
			for range times {
				must(envelope.Encrypt(payload, []byte(queue)))
			}
		},
		open: func(times int) {
			for range times {
				must(envelope.Decrypt(sealed, []byte(queue)))
			}
		}}
}

// What teams write themselves: one key for all payloads, a random nonce, no key id, no times.
func byHand(payload []byte) contender {
	gcm := must(cipher.NewGCM(must(aes.NewCipher(random(32)))))
	out := make([]byte, 0, len(payload)+64)
	seal := func() []byte {
		nonce := out[:gcm.NonceSize()]
		must(rand.Read(nonce))
		return gcm.Seal(nonce, nonce, payload, []byte(queue))
	}
	sealed := bytes.Clone(seal())
	opened := make([]byte, 0, len(payload))
	return contender{name: "AES-256-GCM by hand, one key", sealedLen: func() int { return len(sealed) },
		seal: func(times int) {
			for range times {
				seal()
			}
		},
		open: func(times int) {
			n := gcm.NonceSize()
			for range times {
				must(gcm.Open(opened, sealed[:n], sealed[n:], []byte(queue)))
			}
		}}
}

func ageX25519(payload []byte) contender {
	identity := must(age.GenerateX25519Identity())
	seal := func() []byte {
		var out bytes.Buffer
		w := must(age.Encrypt(&out, identity.Recipient()))
		must(w.Write(payload))
		expect(w.Close() == nil)
		return out.Bytes()
	}
	sealed := seal()
	return contender{name: "age, X25519", sealedLen: func() int { return len(sealed) },
		seal: func(times int) {
			for range times {
				seal()
			}
		},
		open: func(times int) {
			for range times {
				must(io.ReadAll(must(age.Decrypt(bytes.NewReader(sealed), identity))))
			}
		}}
}
