# SPDX-License-Identifier: MIT
"""Records for which nobody wrote down an answer: damaged envelopes and odd policies, from a fixed seed. The
reference answers them, and the library must agree, down to which of several faults is told."""

import random

import forge
import layout
import records
import reference
from chapters.chapter import Chapter

SEED = 20270117
KEYS = [forge.make_key("k1"), forge.make_key("k2", 2), forge.make_key("k3"), forge.make_key("k4", 2)]
FULL = {**forge.TASK, "extra": b"tenant 7"}
STATES = ["active"] * 14 + ["open-only"] * 4 + ["retired", "compromised"]
QUEUES = [None, None, None, [b"mail"], [b"sms"], [b"mail", b"sms"]]

# If one of these no longer occurs, the records have gone dull.
MUST_OCCUR = {"ok", "not-sealed", "malformed", "unsupported-version", "unsupported-suite", "class-denied",
              "suite-denied", "unknown-key", "key-retired", "key-compromised", "key-wrong-queue",
              "key-outside-window", "key-not-active", "authentication-failed", "context-mismatch",
              "context-required", "wrong-purpose", "not-yet-valid", "expired", "damaged", "buffer-too-small",
              "bad-argument", "looks-sealed", "key-wrong-use"}


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.book = Chapter("Differential records.", steps=(0, 61))
        self.bases = [self.make_base(number) for number in range(24)] + [self.make_anonymous_base()]

    def pick(self, *choices):
        return self.random.choice(choices)

    def make_base(self, number):
        """An honest envelope of some kind, and the keys that it is sealed to."""
        keys = self.random.sample(KEYS, self.pick(1, 1, 2, 3))
        size = self.pick(0, 1, 40, 300)
        stranger = self.pick(None, None, None, forge.foreign("b"), forge.foreign("k9", 0x7F))
        sealed = forge.forge(
            f"differential {number}", keys, forge.long_payload(size)[1], suite=1 + number % 3,
            context=self.some_context(), purpose=self.pick(0, 0, 0, 1, 3), padded=self.pick(False, True),
            expires_at=self.pick(0, forge.SEALED_AT + 100),
            edit_stanzas=forge.with_stanzas(stranger) if stranger else None)
        return sealed, keys

    @staticmethod
    def make_anonymous_base():
        strangers = forge.with_stanzas(forge.foreign("k1", 0x81), forge.foreign("k9", 0x90))
        return forge.forge("differential, anonymous", [], edit_stanzas=strangers), KEYS

    def some_context(self):
        return {field: value for field, value in FULL.items() if self.random.random() < 0.7}

    def context_of(self, sealed):
        bound = sealed[7]
        return {field: value for bit, (field, value) in enumerate(FULL.items()) if bound & 1 << bit}

    def add(self, name, operation, keys, sealed, context, **fields):
        """The record with the reference's own answer as what is expected."""
        self.book.observe(name, operation, sealed, key=[records.format_key(key) for key in keys],
                          **{field: value.hex() for field, value in context.items()}, **fields)

    # ---- Damage ----

    def mutated(self, sealed):
        """One byte set to any other value, mostly in the header, often where a byte decides much."""
        position = self.random.randrange(self.pick(len(sealed), min(len(sealed), 260), 8, 60))
        value = self.pick(sealed[position] ^ 1 << self.random.randrange(8), self.random.randrange(256))
        return sealed[:position] + bytes([value]) + sealed[position + 1:]

    def reshaped(self, sealed):
        """Bytes inserted, deleted, doubled, cut off or exchanged with those of another envelope."""
        start, end = sorted(self.random.randrange(len(sealed) + 1) for _ in range(2))
        other = self.pick(*self.bases)[0]
        return self.pick(sealed[:start] + bytes([self.random.randrange(256)]) + sealed[start:],
                         sealed[:start] + sealed[start + 1:], sealed[:end], sealed[:start] + sealed[end:],
                         sealed[:end] + sealed[start:], sealed + bytes(self.pick(1, 16, 32)),
                         sealed[:start] + other[start:], other[:start] + sealed[start:])

    def add_damage(self, count, how, edit):
        for number in range(count):
            sealed, keys = self.pick(*self.bases)
            changed = edit(sealed)
            self.add(f"{how}-{number}", "open", keys, changed, self.context_of(sealed),
                     purpose=layout.PURPOSES[sealed[6] >> 4], now=str(forge.NOW))
            if number % 4 == 0:
                self.book.observe(f"{how}-{number}-looked-at", self.pick("inspect", "is-sealed"), changed)

    def add_text_damage(self, count):
        for number in range(count):
            text = reference.text_encode(self.pick(*self.bases)[0])
            changed = self.pick(self.mutated, self.reshaped, lambda same: same)(text)
            self.book.observe(f"text-{number}", self.pick("text-decode", "is-sealed"), changed)

    def add_long_damage(self, count):
        """Some chunk changed, and the end at another place: which of the two is told depends on who sees the end last."""
        for number in range(count):
            suite, size = self.pick(1, 2, 3), layout.CHUNK * self.pick(1, 2) - self.pick(0, 1, 1, 16, 17)
            sealed = forge.forge(f"differential, long {number}", KEYS[:1], forge.long_payload(size)[1], suite=suite)
            end = len(sealed) - self.pick(0, 1, 15, 16, 31, 32)
            changed = self.pick(self.reshaped, self.mutated, lambda same: same)(sealed[:end] + bytes(self.pick(0, 0, 1, 2, 16)))
            self.add(f"long-{number}", "open", KEYS[:1], changed, self.context_of(sealed), now=str(forge.NOW))

    # ---- Policy ----

    def some_keyring(self):
        """Any of the keys in any order, each in some state, with some queues and some window."""
        ring = []
        for key in self.random.sample(KEYS, self.pick(2, 3, 4, 4, 4)):
            state = self.pick(*STATES)
            secret = None if state in ("retired", "compromised") else key.secret
            if secret and self.random.random() < 0.05:
                secret = forge.random_bytes("not this one", 32)
            key_type = 3 - key.type if self.random.random() < 0.05 else key.type
            ring.append(layout.Key(key.id, key_type, state, secret, self.pick(*QUEUES), *self.some_window()))
        return ring

    def some_window(self):
        return (self.pick(0, 0, 0, 0, forge.SEALED_AT, forge.SEALED_AT + 1),
                self.pick(*[layout.TIME_MAX] * 5, forge.SEALED_AT + 50))

    def some_now(self):
        return str(forge.SEALED_AT + self.pick(-301, -300, 0, 10, 50, 51, 60, 99, 100))

    def some_caller(self, sealed):
        context = self.context_of(sealed)
        for field in FULL:
            chance = self.random.random()
            if chance < 0.05:
                context.pop(field, None)
            elif chance < 0.1:
                context[field] = b"sms"
        fields = {"now": self.some_now(), "max_age": self.pick(None, None, None, "50")}
        fields["insist"] = self.pick(None, "none", self.pick(*context, "none"))
        fields["purpose"] = self.pick(*[layout.PURPOSES[sealed[6] >> 4]] * 9, "payload")
        fields["suites"] = self.pick(None, None, None, None, "1 2 3", "1", "2 3")
        fields["capacity"] = self.pick(*[None] * 12, "0", "260")
        return context, fields

    def add_policies(self, count):
        for number in range(count):
            sealed, _ = self.pick(*self.bases)
            context, fields = self.some_caller(sealed)
            if self.random.random() < 0.15:
                sealed = self.mutated(sealed)
            self.add(f"policy-{number}", "open", self.some_keyring(), sealed, context, **fields)

    def add_rewraps(self, count):
        """Only the rewrapping is compared: with keys drawn like this the result often does not open."""
        for number in range(count):
            sealed, _ = self.pick(*self.bases)
            if self.random.random() < 0.1:
                sealed = self.mutated(sealed)
            ring = self.some_keyring_with_tags()
            names = {field: self.pick(None, *(key.id.decode() for key in ring), "k9")
                     for field in ("from_key", "to_key")}
            self.add(f"rewrap-{number}", "rewrap-only", ring, sealed, {}, now=self.some_now(),
                     capacity=self.pick(*[None] * 12, "0", "260"), **names)

    # ---- Making ----

    def some_keyring_with_tags(self):
        ring = self.some_keyring()
        for number in range(self.pick(0, 1, 2)):
            key = forge.make_key(f"d{number}", layout.DEDUPE, self.pick(*STATES))
            ring.insert(self.random.randrange(len(ring) + 1), layout.Key(
                key.id, key.type, key.state, key.secret, self.pick(*QUEUES), *self.some_window()))
        return ring

    def some_names(self, ring, most):
        """Mostly keys that are there; None for the default choice."""
        if self.random.random() < 0.4:
            return None
        names = [key.id.decode() for key in ring] + ["k9"]
        return [self.pick(*names) for _ in range(self.random.randrange(1, most + 1))]

    def some_payload(self):
        sealed = self.pick(*self.bases)[0]
        return self.pick(b"", b"payload", b"x" * 300, b"x" * 300, sealed, sealed[:self.random.randrange(9)],
                         reference.text_encode(sealed)[:self.random.randrange(1, 60)])

    def add_seals(self, count):
        for number in range(count):
            ring = self.some_keyring_with_tags()
            fields = {"suite": self.pick("1", "2", "3"), "padded": self.pick(None, None, "yes"),
                      "purpose": self.pick(None, *layout.PURPOSES), "allow_sealed": self.pick(None, None, "yes"),
                      "expires_at": self.pick(None, None, None, str(forge.SEALED_AT + self.pick(-1, 0, 1, 500))),
                      "lifetime": self.pick(None, None, None, None, "60")}
            self.add(f"seal-{number}", "seal", ring, self.some_payload(), self.some_context(), now=self.some_now(),
                     seal_to=self.some_names(ring, 3), **fields)

    def add_reseals(self, count):
        for number in range(count):
            sealed, _ = self.pick(*self.bases)
            ring = self.some_keyring_with_tags()
            context, fields = self.some_caller(sealed)
            del fields["capacity"]
            wanted = self.pick(None, None, "1", "2", "3") if fields["suites"] is None else None
            self.add(f"reseal-{number}", "reseal", ring, sealed, context, seal_to=self.some_names(ring, 2),
                     suite_wanted=wanted, **fields)

    def add_tags(self, count):
        for number in range(count):
            ring = self.some_keyring_with_tags()
            place = {field: value for field, value in FULL.items()
                     if field in ("queue", "type") and self.random.random() < 0.7}
            unique = [self.random.randbytes(self.random.randrange(6)).hex() for _ in range(self.random.randrange(4))]
            names = self.some_names(ring, 1)
            self.add(f"tag-{number}", "dedupe-tag", ring, self.some_payload(), place, now=self.some_now(),
                     dedupe_key=names and names[0], unique=unique or None)


def chapter(seed=SEED):
    maker = Maker(seed)
    maker.add_damage(1000, "mutation", maker.mutated)
    maker.add_damage(600, "reshaping", maker.reshaped)
    maker.add_text_damage(400)
    maker.add_long_damage(60)
    maker.add_policies(2000)
    maker.add_rewraps(1500)
    maker.add_seals(1000)
    maker.add_reseals(1000)
    maker.add_tags(800)
    return maker.book
