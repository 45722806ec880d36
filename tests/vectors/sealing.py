# SPDX-License-Identifier: MIT
"""Sealing, whole and in pieces, sealing anew and dedupe tags. Written from doc/format.md alone; reference.py says what
these files are for. Random bytes are given, so that one input always makes one envelope."""

import struct
from dataclasses import dataclass, field

import primitives
from layout import (
    CHUNK, DEDUPE, FIELDS, TIME_MAX, WRAPS, Reader, Refused, assemble_header, decrypt_chunks, derive, encode_context,
    encrypt_chunk, encrypt_chunks, looks_plain, make_preamble, pad, parse, require, unpad, wrap)
from reference import admit, by_id, check_keyring, check_opener, check_suite_there


@dataclass
class Sealer:
    """What the caller of seal gives."""

    keys: list
    now: int
    context: dict = field(default_factory=dict)
    seal_to: list = None  # None: the primary
    suite: int = 1
    purpose: int = 0
    padded: bool = False
    allow_sealed: bool = False
    expires_at: int = 0
    lifetime: int = 0
    lacking: frozenset = frozenset()


# ---- Keys (F 5.6) --------------------------------------------------------------------------------------


def state_fault(key, dedupe, states):
    """What its state or its type keeps a key from; None if nothing."""
    if key.state in ("retired", "compromised"):
        return "key-" + key.state
    if (key.type == DEDUPE) != dedupe:
        return "key-wrong-use"
    return None if key.state in states else "key-not-active"


def place_fault(key, queue, seconds):
    if not key.serves(queue):
        return "key-wrong-queue"
    return None if key.in_window(seconds) else "key-outside-window"


def sealing_fault(key, queue, sealed_at):
    """What keeps a key from sealing this message; None if nothing does."""
    return state_fault(key, False, ("active",)) or place_fault(key, queue, sealed_at)


def primary(sealer):
    faults = []
    for key in sealer.keys:
        if state_fault(key, False, ("active",)) is None:
            fault = place_fault(key, sealer.context.get("queue"), sealer.now)
            if fault is None:
                return key
            faults.append(fault)
    raise Refused(faults[0] if faults else "key-not-active")


def choose_keys(sealer):
    """In the order of their stanzas."""
    if sealer.seal_to is None:
        return [primary(sealer)]
    require(1 <= len(sealer.seal_to) <= 8, "bad-argument")
    chosen = []
    for key_id in sealer.seal_to:
        key = by_id(sealer.keys, key_id)
        fault = sealing_fault(key, sealer.context.get("queue"), sealer.now)
        require(fault is None, fault)
        require(key not in chosen, "bad-argument")
        chosen.append(key)
    return sorted(chosen, key=lambda key: key.id)


# ---- Sealing (F 5) -------------------------------------------------------------------------------------


def expiry(sealer):
    require(not (sealer.expires_at and sealer.lifetime), "bad-argument")
    expires_at = sealer.now + sealer.lifetime if sealer.lifetime else sealer.expires_at
    require(expires_at == 0 or sealer.now < expires_at <= TIME_MAX, "bad-argument")
    return expires_at


def begin(sealer, random):
    """The complete header, and the payload key. `random` is one draw: the DEK, then a wrap nonce for each stanza in
    its order (F 5.7)."""
    check_keyring(sealer.keys, sealer.lacking)
    require(all(1 <= len(value) <= 65535 for value in sealer.context.values()), "bad-argument")
    check_suite_there(sealer.suite, sealer.lacking)
    bound = sum(1 << bit for bit, name in enumerate(FIELDS) if name in sealer.context)
    flags = sealer.purpose << 4 | sealer.padded
    preamble = make_preamble(sealer.suite, flags, bound, sealer.now, expiry(sealer))
    keys = choose_keys(sealer)
    reader = Reader(random)
    dek = reader.take(32)
    payload_key, commitment = derive(dek, preamble, encode_context(sealer.context, bound))
    stanzas = [wrap(key, reader.take(WRAPS[key.type].nonce_length), dek, preamble, commitment) for key in keys]
    return assemble_header(preamble, commitment, stanzas, dek), payload_key


def seal(payload, sealer, random):
    header, payload_key = begin(sealer, random)
    require(sealer.allow_sealed or looks_plain(payload), "looks-sealed")
    return header + encrypt_chunks(sealer.suite, payload_key, pad(payload) if sealer.padded else payload)


class StreamSealer:
    """Sealing in pieces (F 15): the header first, then each chunk when its piece is full."""

    def __init__(self, sealer, random):
        require(not sealer.padded, "bad-argument")
        self.sealer = sealer
        self.output, self.payload_key = begin(sealer, random)
        self.buffer = b""
        self.number = 0

    def chunk(self, length):
        if self.number == 0:
            require(self.sealer.allow_sealed or looks_plain(self.buffer), "looks-sealed")
        piece, self.buffer = self.buffer[:length], self.buffer[length:]
        self.output += encrypt_chunk(self.sealer.suite, self.payload_key, self.number, piece)
        self.number += 1

    def given(self):
        output, self.output = self.output, b""
        return output

    def update(self, piece):
        self.buffer += piece
        while len(self.buffer) >= CHUNK:
            self.chunk(CHUNK)
        return self.given()

    def finish(self):
        self.chunk(len(self.buffer))
        return self.given()


# ---- Sealing anew (F 10) -------------------------------------------------------------------------------


def reseal(data, opener, random, *, seal_to=None, suite=None):
    """The payload under a fresh DEK; everything that the preamble says stays, but for the suite if one is given. Also
    gives the message id that goes."""
    check_opener(opener)
    old = parse(data)
    payload_key, message_id, _ = admit(old, opener)
    bound = {name: opener.context[name] for bit, name in enumerate(FIELDS) if old.bound & 1 << bit}
    sealer = Sealer(opener.keys, old.sealed_at, bound, seal_to, suite or old.suite, old.purpose, old.padded, True,
                    old.expires_at, lacking=opener.lacking)
    check_suite_there(sealer.suite, sealer.lacking)  # F 10.12: the faults of sealing come before those of the chunks
    choose_keys(sealer)
    stream = decrypt_chunks(old.suite, payload_key, old.chunks)
    return seal(unpad(stream) if old.padded else stream, sealer, random), message_id


# ---- Dedupe tags (F 14) --------------------------------------------------------------------------------


@dataclass
class Tagger:
    keys: list
    now: int
    queue: bytes = None
    type: bytes = None
    fields: list = None  # None: the whole payload
    key_id: bytes = None  # None: the first that serves
    lacking: frozenset = frozenset()


def choose_tag_key(tagger):
    """A key that is named may also be open-only: for tags that were made before it was replaced."""
    if tagger.key_id is not None:
        key = by_id(tagger.keys, tagger.key_id)
        fault = (state_fault(key, True, ("active", "open-only"))
                 or place_fault(key, tagger.queue, tagger.now))
        require(fault is None, fault)
        return key
    faults = []
    for key in tagger.keys:
        if state_fault(key, True, ("active",)) is None:
            fault = place_fault(key, tagger.queue, tagger.now)
            if fault is None:
                return key
            faults.append(fault)
    raise Refused(faults[0] if faults else "key-not-active")


def with_length(value):
    return struct.pack(">I", len(value)) + value


def tag_message(payload, queue=None, type=None, fields=None):  # noqa: A002 - the format's own word
    what = b"\0" + payload if fields is None else b"\1" + b"".join(map(with_length, fields))
    return b"taskseal1-dedupe" + with_length(queue or b"") + with_length(type or b"") + what


def dedupe_tag(payload, tagger):
    check_keyring(tagger.keys, tagger.lacking)
    require(all(value is None or 1 <= len(value) <= 65535 for value in (tagger.queue, tagger.type)), "bad-argument")
    require(tagger.fields is None or tagger.fields, "bad-argument")
    key = choose_tag_key(tagger)
    return primitives.blake2b(key.secret, tag_message(payload, tagger.queue, tagger.type, tagger.fields), 32)
