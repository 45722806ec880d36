// SPDX-License-Identifier: MIT

package taskseal

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/iotest"
	"time"
)

// A vector is a record with the keyring that it names.
type vector struct {
	r     *record
	ring  *Keyring
	input []byte
}

func at(t *testing.T, r *record, field string) time.Time {
	if n := r.number(t, field); n != 0 {
		return time.Unix(int64(n), 0)
	}
	return time.Time{}
}

func (v *vector) context(t *testing.T) Context {
	text := func(field string) string { return string(v.r.bytes(t, field)) }
	return Context{Queue: text("queue"), Type: text("type"), ID: text("id"), Extra: text("extra")}
}

func (v *vector) purpose(t *testing.T) Purpose {
	if !v.r.has("purpose") {
		return PurposePayload
	}
	i := slices.Index(purposes, v.r.get("purpose"))
	if i < 0 {
		t.Fatalf("unknown purpose %s", v.r.get("purpose"))
	}
	return Purpose(i)
}

func (v *vector) openOptions(t *testing.T) OpenOptions {
	o := OpenOptions{Context: v.context(t), Purpose: v.purpose(t), Now: at(t, v.r, "now"),
		MaxAge: time.Duration(v.r.number(t, "max_age")) * time.Second}
	bits := map[string]Bound{"queue": BoundQueue, "type": BoundType, "id": BoundID, "extra": BoundExtra, "none": InsistNone}
	for _, word := range v.r.words("insist") {
		o.Insist |= bits[word]
	}
	for _, word := range v.r.words("suites") {
		o.AllowedSuites = append(o.AllowedSuites, Suite(word[0]-'0'))
	}
	return o
}

func (v *vector) expectOpened(t *testing.T, opened Opened) {
	t.Helper()
	expectField(t, v.r, "message_id", hex.EncodeToString(opened.MessageID[:]))
	expectField(t, v.r, "opened_by", opened.KeyID)
	expectField(t, v.r, "replay_until", unix(opened.ReplayUntil))
}

// open opens in every way that takes the whole envelope.
func (v *vector) open(t *testing.T, sealed []byte, want string) {
	t.Helper()
	o, payload := v.openOptions(t), v.r.bytes(t, "payload")
	if v.r.has("capacity") {
		v.openShort(t, sealed, want)
		return
	}
	got, opened, err := v.ring.Open(sealed, o)
	if expectError(t, "Open", err, want) {
		expectBytes(t, "payload", got, payload)
		v.expectOpened(t, opened)
	} else if got != nil || opened != (Opened{}) {
		t.Error("Open failed and yet gave something")
	}
	dst := append(make([]byte, 0, len(sealed)+16), "before "...)
	got, opened, err = v.ring.AppendOpen(dst, sealed, o)
	if expectError(t, "AppendOpen", err, want) {
		expectBytes(t, "appended payload", got, append([]byte("before "), payload...))
		v.expectOpened(t, opened)
		if &got[0] != &dst[0] {
			t.Error("AppendOpen moved a buffer that was large enough")
		}
	}
	got, opened, err = v.ring.OpenInPlace(bytes.Clone(sealed), o)
	if expectError(t, "OpenInPlace", err, want) {
		expectBytes(t, "payload in place", got, payload)
		v.expectOpened(t, opened)
	}
}

// openShort is for records that name the size of the output, which the API otherwise sees to.
func (v *vector) openShort(t *testing.T, sealed []byte, want string) {
	t.Helper()
	o := v.openOptions(t)
	room := v.r.number(t, "capacity")
	out := make([]byte, room, room+1) // never without an address
	n, err := v.ring.openInto(out, sealed, &o)
	if expectError(t, "open into a buffer of that size", err, want) {
		expectBytes(t, "payload", out[:n], v.r.bytes(t, "payload"))
	}
}

func (v *vector) openInPieces(t *testing.T) {
	want, released := v.inPieces(t)
	for _, step := range []int{len(v.input) + 1, 7, 4096, 16400, 1} {
		if step == 1 && len(v.input) > 5000 {
			continue
		}
		r, err := v.ring.NewOpenReader(&slowReader{v.input, step}, v.openOptions(t))
		if err != nil {
			expectError(t, "NewOpenReader", err, want)
			continue
		}
		got, err := io.ReadAll(r)
		if expectError(t, "OpenReader", err, want) {
			v.expectOpened(t, r.Opened())
			expectBytes(t, "payload in pieces", got, released)
		} else if !bytes.HasPrefix(released, got) || step <= ChunkBytes && len(got) != len(released) {
			t.Errorf("in pieces of %d: released %d bytes, not %d", step, len(got), len(released))
		}
		if n, again := r.Read(make([]byte, 1)); n != 0 || again == nil || err != nil && !errors.Is(again, err) {
			t.Errorf("reading after the end gives %d, %v", n, again)
		}
	}
}

// inPieces is what a reader in pieces is to answer and may give out (the README of the vectors).
func (v *vector) inPieces(t *testing.T) (string, []byte) {
	for _, lack := range []struct {
		suite Suite
		name  string
	}{{AEGIS256, "aegis256"}, {AES256GCM, "aes256gcm"}} {
		for _, field := range []string{"expect_in_pieces_without_" + lack.name, "expect_without_" + lack.name} {
			if !lack.suite.Available() && v.r.has(field) {
				return v.r.get(field), nil
			}
		}
	}
	want := v.r.get("expect")
	if v.r.has("expect_in_pieces") {
		want = v.r.get("expect_in_pieces")
	}
	if v.r.has("released") {
		return want, v.r.bytes(t, "released")
	}
	return want, v.r.bytes(t, "payload")
}

type slowReader struct {
	data []byte
	step int
}

func (s *slowReader) Read(p []byte) (int, error) {
	if len(s.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), s.step)], s.data)
	s.data = s.data[n:]
	return n, nil
}

func (v *vector) sealOptions(t *testing.T) SealOptions {
	return SealOptions{Context: v.context(t), KeyIDs: v.r.fields["seal_to"], Suite: Suite(v.r.number(t, "suite")),
		Purpose: v.purpose(t), Padded: v.r.get("padded") == "yes", AllowSealed: v.r.get("allow_sealed") == "yes",
		ExpiresAt: at(t, v.r, "expires_at"), Lifetime: time.Duration(v.r.number(t, "lifetime")) * time.Second,
		Now: at(t, v.r, "now")}
}

// expectSealed: the envelope looks as the record says, and gives the payload back.
func (v *vector) expectSealed(t *testing.T, sealed []byte) {
	t.Helper()
	if v.r.has("sealed_length") && uint64(len(sealed)) != v.r.number(t, "sealed_length") {
		t.Errorf("%d bytes, not %s", len(sealed), v.r.get("sealed_length"))
	}
	if info, err := Inspect(sealed); expectError(t, "inspect what was sealed", err, "ok") {
		expectInfo(t, v.r, info)
	}
	payload, _, err := v.ring.Open(sealed, v.openOptions(t))
	if expectError(t, "open what was sealed", err, "ok") {
		expectBytes(t, "payload of what was sealed", payload, v.input)
	}
}

func (v *vector) seal(t *testing.T) {
	o, want := v.sealOptions(t), expected(v.r)
	sealed, err := v.ring.Seal(v.input, o)
	if expectError(t, "Seal", err, want) {
		v.expectSealed(t, sealed)
	}
	sealed, err = v.ring.AppendSeal([]byte("before "), v.input, o)
	if expectError(t, "AppendSeal", err, want) {
		expectBytes(t, "what stood before", sealed[:7], []byte("before "))
		v.expectSealed(t, sealed[7:])
	}
	v.sealInPlace(t, o, want)
	v.sealBatch(t, o, want)
	v.sealInPieces(t, o, want)
}

func (v *vector) sealInPlace(t *testing.T, o SealOptions, want string) {
	t.Helper()
	n, offset, err := v.ring.SealedLen(len(v.input), o)
	if err != nil {
		expectError(t, "SealedLen", err, want)
		return
	}
	buf := make([]byte, n)
	copy(buf[offset:], v.input)
	sealed, err := v.ring.SealInPlace(buf, len(v.input), o)
	if expectError(t, "SealInPlace", err, want) {
		v.expectSealed(t, sealed)
	}
}

func (v *vector) sealBatch(t *testing.T, o SealOptions, want string) {
	t.Helper()
	item := SealItem{o.Context, v.input}
	o.Context = Context{}
	all, err := v.ring.SealBatch(slices.Repeat([]SealItem{item}, 35), o) // more than C takes at a time
	if !expectError(t, "SealBatch", err, want) {
		var batch *BatchError
		if err != nil && (!errors.As(err, &batch) || batch.Index != 0 && batch.Index != 35) {
			t.Errorf("a batch of which all are refused blames %v", err)
		}
		return
	}
	seen := map[MessageID]bool{}
	for _, sealed := range all {
		id, err := MessageIDOf(sealed)
		if err != nil || seen[id] {
			t.Errorf("message id %x of a batch again, or %v", id, err)
		}
		seen[id] = true
	}
	v.expectSealed(t, all[0])
	v.expectSealed(t, all[34])
}

// Padding is not for streams, which is told after the faults of keys and before those of the payload (F 15.7).
func (v *vector) sealInPieces(t *testing.T, o SealOptions, want string) {
	t.Helper()
	if o.Padded && (want == "ok" || want == "looks-sealed") {
		want = "bad-argument"
	}
	for _, step := range []int{len(v.input) + 1, 5, 16385} {
		var out bytes.Buffer
		w, err := v.ring.NewSealWriter(&out, o)
		if err == nil {
			from := io.Reader(&slowReader{v.input, step})
			if step == 5 {
				from = iotest.OneByteReader(from)
			}
			_, err = io.Copy(struct{ io.Writer }{w}, from)
			if closed := w.Close(); err == nil {
				err = closed
			}
		}
		if expectError(t, "SealWriter", err, want) {
			v.expectSealed(t, out.Bytes())
			if id, _ := MessageIDOf(out.Bytes()); id != w.Sealed().MessageID {
				t.Error("Sealed tells another message id")
			}
		}
	}
}

func (v *vector) reseal(t *testing.T) {
	o := ResealOptions{Open: v.openOptions(t), KeyIDs: v.r.fields["seal_to"], Suite: Suite(v.r.number(t, "suite_wanted"))}
	resealed, old, err := v.ring.Reseal(v.input, o)
	if !expectError(t, "Reseal", err, expected(v.r)) {
		return
	}
	expectField(t, v.r, "old_message_id", hex.EncodeToString(old.MessageID[:]))
	info, err := Inspect(resealed)
	if expectError(t, "inspect the result", err, "ok") {
		expectInfo(t, v.r, info)
	}
	payload, opened, err := v.ring.Open(resealed, o.Open)
	if expectError(t, "open the result", err, "ok") {
		expectBytes(t, "payload of the result", payload, v.r.bytes(t, "payload"))
	}
	if opened.MessageID == old.MessageID {
		t.Error("the message id is the old one")
	}
}

func (v *vector) rewrap(t *testing.T) {
	o := RewrapOptions{FromKeyID: v.r.get("from_key"), ToKeyID: v.r.get("to_key"), Now: at(t, v.r, "now")}
	if v.r.has("capacity") {
		_, err := v.ring.rewrap(v.input, make([]byte, v.r.number(t, "capacity")), &o)
		expectError(t, "rewrap into a buffer of that size", err, expected(v.r))
		return
	}
	rewrapped, err := v.ring.Rewrap(v.input, o)
	if !expectError(t, "Rewrap", err, expected(v.r)) {
		return
	}
	info, err := Inspect(rewrapped)
	if !expectError(t, "inspect the result", err, "ok") {
		return
	}
	expectStanzas(t, v.r, info)
	want := "ok"
	if !info.Suite.Available() {
		want = "suite-unavailable"
	}
	v.open(t, rewrapped, want)
}

func (v *vector) dedupe(t *testing.T) {
	x := v.context(t)
	o := DedupeOptions{KeyID: v.r.get("dedupe_key"), Queue: x.Queue, Type: x.Type, Now: at(t, v.r, "now")}
	for _, field := range v.r.fields["unique"] {
		o.Fields = append(o.Fields, v.r.evaluate(t, field))
	}
	tag, err := v.ring.DedupeTag(v.input, o)
	if expectError(t, "DedupeTag", err, expected(v.r)) {
		expectField(t, v.r, "tag", tag.String())
	}
}
