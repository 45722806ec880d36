// SPDX-License-Identifier: MIT

// Package taskseal seals the payloads of background jobs, so that the queue's server holds ciphertext. The producer
// seals, the worker opens:
//
//	ring, err := taskseal.LoadKeyring("/etc/app/keyring")
//	sealed, err := ring.Seal(payload, taskseal.SealOptions{
//		Context: taskseal.Context{Queue: "mail", Type: "password-reset", ID: id},
//	})
//	payload, opened, err := ring.Open(sealed, taskseal.OpenOptions{
//		Context: taskseal.Context{Queue: "mail", Type: "password-reset", ID: id},
//	})
//
// Every payload gets a key of its own, wrapped under a named key of the keyring. An envelope opens only for the queue,
// type and id that it was sealed for, in its time and for its purpose. Give as context what the worker knows of the
// task, never what the message says of itself.
//
// # What holds for everything here
//
//   - The zero value of every option is the safe default.
//   - Errors are *[Error] and match the constants: errors.Is(err, taskseal.ErrExpired). [Permanent] tells a dead letter
//     from one to retry. No error text holds payload or key bytes.
//   - Opening gives the whole payload or nothing.
//   - Everything may be used from several goroutines at once, but a [SealWriter] and an [OpenReader], which belong to one
//     at a time. Closing a [Keyring] that is in use waits for nobody: calls that have begun end with its keys, which are
//     wiped behind the last of them.
//   - Options and buffers are used during the call only. C keeps no pointer to Go memory.
//   - Keys stand in locked memory of C, outside Go's heap, and are wiped. Payloads in Go memory are yours: Go may have
//     copied them, and wiping there is a best effort.
//
// The package compiles the C core itself and needs libsodium 1.0.18 or newer with its headers (libsodium-dev), a C
// compiler and pkg-config. Suite 03 (AEGIS-256) needs libsodium 1.0.19.
package taskseal
