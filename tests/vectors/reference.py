# SPDX-License-Identifier: MIT
"""The envelope format, version 1, written from its specification alone (doc/format.md).

It shares no code and no primitive with the C library. It favours likeness to the text over speed, runs
nothing in constant time and wipes nothing: it checks vectors, it protects no secrets. Section numbers
(F 4.2) are those of doc/format.md. Every refusal is a Refused with the short name of the library's error.
"""

import base64
import struct
from dataclasses import dataclass, field

import primitives

MAGIC = bytes.fromhex("c154534c")
TEXT_PREFIX = b"tsl1."
HEADER_MAX = 4096
STANZAS_MAX = 8
TIME_MAX = 253402300799
LEEWAY = 300
CHUNK = 16384
PADDED_MIN = 256
PURPOSES = ("payload", "result", "error-text", "reference")
FIELDS = ("queue", "type", "id", "extra")  # in bit order
ALPHANUMERIC = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
KEY_ID_BYTES = ALPHANUMERIC | frozenset(b"._:/@+-")

SUITES = {1: primitives.ChaCha20Poly1305Aead, 2: primitives.Aes256GcmAead, 3: primitives.Aegis256Aead}
WRAPS = {1: primitives.XChaCha20Poly1305Aead, 2: primitives.Aegis256Aead}
KEY_TYPES = {"xchacha20poly1305": 1, "aegis256": 2}


class Refused(Exception):
    """The operation was refused; `name` is the error's short name."""

    def __init__(self, name):
        super().__init__(name)
        self.name = name


def require(condition, name):
    if not condition:
        raise Refused(name)


# ---- Keys (F 5) ----------------------------------------------------------------------------------------


@dataclass
class Key:
    id: bytes
    type: int
    state: str
    secret: bytes = None
    queues: list = None  # None: every queue
    not_before: int = 0
    not_after: int = TIME_MAX

    def may_open(self):
        return self.state in ("active", "open-only")

    def serves(self, queue):
        return self.queues is None or (queue is not None and queue in self.queues)

    def in_window(self, seconds):
        return self.not_before <= seconds <= self.not_after

    def wrapping_key(self):
        """KEK' = BLAKE2b-256(key = KEK, "taskseal1-wrapXX" | key_id)."""
        return primitives.blake2b(self.secret, b"taskseal1-wrap%02x" % self.type + self.id, 32)


# ---- Derivation (F 3, F 5) -----------------------------------------------------------------------------


def encode_context(context, bound):
    """u32 length and bytes of each bound field, in bit order."""
    fields = [context[name] for bit, name in enumerate(FIELDS) if bound & 1 << bit]
    return b"".join(struct.pack(">I", len(value)) + value for value in fields)


def derive(dek, preamble, encoded_context):
    """The payload key and the commitment."""
    okm = primitives.blake2b(dek, b"taskseal1-chunks" + preamble + encoded_context, 64)
    return okm[:32], okm[32:]


def header_mac(dek, header):
    return primitives.blake2b(dek, b"taskseal1-header" + header, 16)


# ---- Stanzas (F 4) -------------------------------------------------------------------------------------


@dataclass
class Stanza:
    type: int
    key_id: bytes
    body: bytes

    def encode(self):
        return (bytes([self.type, len(self.key_id)]) + self.key_id
                + struct.pack(">H", len(self.body)) + self.body)

    def anonymous(self):
        return self.type >= 0x80


def wrap_ad(preamble, commitment, stanza_type, key_id):
    return preamble + commitment + bytes([stanza_type, len(key_id)]) + key_id


def wrap(key, nonce, dek, preamble, commitment):
    ad = wrap_ad(preamble, commitment, key.type, key.id)
    return Stanza(key.type, key.id, nonce + WRAPS[key.type].encrypt(key.wrapping_key(), nonce, ad, dek))


def unwrap(key, stanza, preamble, commitment):
    aead = WRAPS[key.type]
    nonce, wrapped = stanza.body[:aead.nonce_length], stanza.body[aead.nonce_length:]
    ad = wrap_ad(preamble, commitment, stanza.type, stanza.key_id)
    try:
        return aead.decrypt(key.wrapping_key(), nonce, ad, wrapped)
    except primitives.Forged:
        raise Refused("authentication-failed") from None


def wrap_body_length(stanza_type):
    """Nonce, DEK and tag of a local KEK; None for a type that is not one."""
    aead = WRAPS.get(stanza_type)
    return aead and aead.nonce_length + 32 + aead.tag_length


# ---- Chunks and padding (F 6, F 7) ---------------------------------------------------------------------


def encrypt_chunks(suite, key, stream):
    """Full pieces, then one that is always shorter, each under its number as the nonce."""
    aead = SUITES[suite]
    return b"".join(aead.encrypt(key, number.to_bytes(aead.nonce_length, "big"), b"",
                                 stream[number * CHUNK:(number + 1) * CHUNK])
                    for number in range(len(stream) // CHUNK + 1))


def decrypt_chunks(suite, key, chunks):
    aead = SUITES[suite]
    step = CHUNK + aead.tag_length
    try:
        return b"".join(aead.decrypt(key, number.to_bytes(aead.nonce_length, "big"), b"",
                                     chunks[number * step:(number + 1) * step])
                        for number in range(len(chunks) // step + 1))
    except primitives.Forged:
        raise Refused("damaged") from None


def stream_length(suite, chunks_length):
    """The one length that these chunks can hold."""
    tag = SUITES[suite].tag_length
    full, rest = divmod(chunks_length, CHUNK + tag)
    require(rest >= tag, "malformed")
    return full * CHUNK + rest - tag


def padme(length):
    exponent = length.bit_length() - 1
    mask = (1 << (exponent - exponent.bit_length())) - 1
    return (length + mask) & ~mask


def padded_length(payload_length):
    return max(PADDED_MIN, padme(payload_length + 1))


def pad(payload):
    return (payload + b"\x80").ljust(padded_length(len(payload)), b"\0")


def unpad(stream):
    marked = stream.rstrip(b"\0")
    payload = marked[:-1]
    require(marked.endswith(b"\x80") and padded_length(len(payload)) == len(stream), "damaged")
    return payload


# ---- Parsing (F 2) -------------------------------------------------------------------------------------


@dataclass
class Envelope:
    preamble: bytes
    suite: int
    padded: bool
    purpose: int
    bound: int
    sealed_at: int
    expires_at: int
    commitment: bytes
    stanzas: list
    header: bytes  # all before the MAC
    mac: bytes
    chunks: bytes
    stream_length: int

    def header_length(self):
        return len(self.header) + len(self.mac)


class Reader:
    """Hands out bytes from the front; running out is malformed."""

    def __init__(self, data):
        self.data, self.position = data, 0

    def take(self, count):
        require(len(self.data) - self.position >= count, "malformed")
        self.position += count
        return self.data[self.position - count:self.position]

    def number(self, count):
        return int.from_bytes(self.take(count), "big")


def looks_plain(data):
    """Neither form's beginning. A piece of the magic is no plaintext; a piece of the text prefix is."""
    cut = data[:len(MAGIC)]
    return not (cut and MAGIC.startswith(cut)) and not data.startswith(TEXT_PREFIX)


def parse(data):
    require(not looks_plain(data), "not-sealed")
    require(data.startswith(MAGIC) and len(data) > 4, "malformed")
    require(data[4] == 1, "unsupported-version")
    require(len(data) > 5, "malformed")
    require(data[5] in SUITES, "unsupported-suite")
    reader = Reader(data)
    preamble = reader.take(24)
    _, _, suite, flags, bound, sealed_at, expires_at = struct.unpack(">4sBBBBQQ", preamble)
    require(flags & 0x0E == 0 and flags >> 4 < len(PURPOSES) and bound < 16, "malformed")
    require(1 <= sealed_at <= TIME_MAX, "malformed")
    require(expires_at == 0 or sealed_at < expires_at <= TIME_MAX, "malformed")
    commitment = reader.take(32)
    stanzas = parse_stanzas(reader)
    header = data[:reader.position]
    mac = reader.take(16)
    require(reader.position <= HEADER_MAX, "malformed")
    chunks = data[reader.position:]
    length = stream_length(suite, len(chunks))
    padded = bool(flags & 1)
    require(not padded or (length >= PADDED_MIN and padme(length) == length), "malformed")
    return Envelope(preamble, suite, padded, flags >> 4, bound, sealed_at, expires_at, commitment, stanzas,
                    header, mac, chunks, length)


def parse_stanzas(reader):
    count = reader.number(1)
    require(1 <= count <= STANZAS_MAX, "malformed")
    stanzas = [parse_stanza(reader) for _ in range(count)]
    ids = [stanza.key_id for stanza in stanzas]
    # Python orders byte strings as the format does: memcmp, then the shorter first.
    require(all(first < second for first, second in zip(ids, ids[1:])), "malformed")
    require(len({stanza.anonymous() for stanza in stanzas}) == 1, "malformed")
    return stanzas


def parse_stanza(reader):
    stanza_type = reader.number(1)
    key_id = reader.take(reader.number(1))
    require(key_id and key_id[0] in ALPHANUMERIC and KEY_ID_BYTES.issuperset(key_id), "malformed")
    body = reader.take(reader.number(2))
    wanted = wrap_body_length(stanza_type)
    require(len(body) == wanted if wanted else 1 <= len(body) <= 2048, "malformed")
    return Stanza(stanza_type, key_id, body)


# ---- Sealing -------------------------------------------------------------------------------------------


def make_preamble(suite, flags, bound, sealed_at, expires_at, version=1):
    return struct.pack(">4sBBBBQQ", MAGIC, version, suite, flags, bound, sealed_at, expires_at)


def assemble(preamble, commitment, stanzas, dek, chunks):
    """Everything in its place, under a header MAC. `stanzas` come in the order in which they will stand."""
    header = preamble + commitment + bytes([len(stanzas)]) + b"".join(s.encode() for s in stanzas)
    return header + header_mac(dek, header) + chunks


def seal(keys, payload, *, random, sealed_at, context=None, suite=1, purpose=0, padded=False, expires_at=0):
    """`random` is one draw: the DEK, then a wrap nonce for each stanza in its order."""
    context = context or {}
    bound = sum(1 << bit for bit, name in enumerate(FIELDS) if context.get(name))
    preamble = make_preamble(suite, purpose << 4 | padded, bound, sealed_at, expires_at)
    reader = Reader(random)
    dek = reader.take(32)
    payload_key, commitment = derive(dek, preamble, encode_context(context, bound))
    stanzas = [wrap(key, reader.take(WRAPS[key.type].nonce_length), dek, preamble, commitment)
               for key in sorted(keys, key=lambda key: key.id)]
    chunks = encrypt_chunks(suite, payload_key, pad(payload) if padded else payload)
    return assemble(preamble, commitment, stanzas, dek, chunks)


# ---- Opening (F 9) -------------------------------------------------------------------------------------


@dataclass
class Opener:
    """What the caller of open gives. `lacking` names the algorithms that the build is without."""

    keys: list
    now: int
    context: dict = field(default_factory=dict)
    insist: frozenset = None  # None: every field given
    purpose: int = 0
    suites: frozenset = None  # None: every suite
    max_age: int = 0
    capacity: int = None  # None: whatever is needed
    lacking: frozenset = frozenset()


@dataclass
class Opened:
    payload: bytes
    message_id: bytes
    key_id: bytes


def check_keyring(keys, lacking):
    require(not ("aegis256" in lacking and any(key.type == 2 for key in keys)), "suite-unavailable")


def refuse_by_stanza(envelope, keys):
    """Step 2: what no key can mend."""
    require(not any(stanza.anonymous() for stanza in envelope.stanzas), "class-denied")
    named = {stanza.key_id for stanza in envelope.stanzas}
    require(not any(key.state == "compromised" and key.id in named for key in keys), "key-compromised")


def stanza_of(envelope, key):
    for stanza in envelope.stanzas:
        if stanza.key_id == key.id and stanza.type == key.type:
            return stanza
    return None


def choose_key(envelope, keys, queue):
    """Step 3: the first candidate in the keyring's order is final."""
    matches = [key for key in keys if stanza_of(envelope, key)]
    for key in matches:
        if key.may_open() and key.serves(queue):
            return key
    require(not any(key.state == "retired" for key in matches), "key-retired")
    require(not matches, "key-wrong-queue")
    raise Refused("unknown-key")


def unwrap_and_verify(envelope, key):
    """Steps 4 and 5: one error for both."""
    dek = unwrap(key, stanza_of(envelope, key), envelope.preamble, envelope.commitment)
    require(header_mac(dek, envelope.header) == envelope.mac, "authentication-failed")
    return dek


def check_policy(envelope, key, opener):
    """Step 6."""
    require(key.in_window(envelope.sealed_at), "key-outside-window")
    require(opener.suites is None or envelope.suite in opener.suites, "suite-denied")
    require({2: "aes256gcm", 3: "aegis256"}.get(envelope.suite) not in opener.lacking, "suite-unavailable")
    require(envelope.purpose == opener.purpose, "wrong-purpose")
    bound = {name for bit, name in enumerate(FIELDS) if envelope.bound & 1 << bit}
    insist = set(opener.context) if opener.insist is None else opener.insist
    require(insist <= bound, "context-mismatch")
    require(bound <= set(opener.context), "context-required")


def check_times(envelope, now, max_age=0):
    """Step 8. An expiry is reached at its own second; a maximum age is passed one second later."""
    require(envelope.sealed_at <= now + LEEWAY, "not-yet-valid")
    require(envelope.expires_at == 0 or now < envelope.expires_at, "expired")
    require(max_age == 0 or now - envelope.sealed_at <= max_age, "expired")


def open_envelope(data, opener):
    check_keyring(opener.keys, opener.lacking)
    require((opener.insist or frozenset()) <= set(opener.context), "bad-argument")
    envelope = parse(data)
    require(opener.capacity is None or opener.capacity >= envelope.stream_length, "buffer-too-small")
    refuse_by_stanza(envelope, opener.keys)
    key = choose_key(envelope, opener.keys, opener.context.get("queue"))
    dek = unwrap_and_verify(envelope, key)
    check_policy(envelope, key, opener)
    payload_key, commitment = derive(dek, envelope.preamble, encode_context(opener.context, envelope.bound))
    require(commitment == envelope.commitment, "context-mismatch")
    check_times(envelope, opener.now, opener.max_age)
    stream = decrypt_chunks(envelope.suite, payload_key, envelope.chunks)
    return Opened(unpad(stream) if envelope.padded else stream, commitment, key.id)


# ---- Rewrapping (F 10) ---------------------------------------------------------------------------------


@dataclass
class Rewrapper:
    keys: list
    now: int
    from_key: bytes = None
    to_key: bytes = None
    lacking: frozenset = frozenset()


def by_id(keys, key_id):
    for key in keys:
        if key.id == key_id:
            return key
    raise Refused("unknown-key")


def choose_old_key(envelope, rewrapper):
    """The one named, or the first that the envelope names and that may open; the new key comes last."""
    if rewrapper.from_key is not None:
        matches = [by_id(rewrapper.keys, rewrapper.from_key)]
    else:
        matches = sorted(rewrapper.keys, key=lambda key: key.id == rewrapper.to_key)
    matches = [key for key in matches if stanza_of(envelope, key)]
    for key in matches:
        if key.may_open():
            return key
    require(not any(key.state == "retired" for key in matches), "key-retired")
    raise Refused("unknown-key")


def may_succeed(old, new):
    """A key with a queue list never passes to one that is good for more."""
    return old.queues is None or (new.queues is not None and set(new.queues) <= set(old.queues))


def check_successor(envelope, old, new):
    """F 10.3, F 10.4. Outside the new key's window the result could not be opened by anyone."""
    require(new.state == "active", {"open-only": "key-not-active"}.get(new.state, "key-" + new.state))
    require(may_succeed(old, new), "key-wrong-queue")
    require(new.in_window(envelope.sealed_at), "key-outside-window")


def choose_new_key(envelope, old, rewrapper):
    """The one named, or the first active one that may succeed; if none may, what keeps the first from it."""
    if rewrapper.to_key is not None:
        new = by_id(rewrapper.keys, rewrapper.to_key)
        check_successor(envelope, old, new)
        return new
    faults = []
    for key in rewrapper.keys:
        if key.state == "active":
            try:
                check_successor(envelope, old, key)
                return key
            except Refused as fault:
                faults.append(fault)
    raise faults[0] if faults else Refused("key-not-active")


def rewrap(data, rewrapper, random):
    check_keyring(rewrapper.keys, rewrapper.lacking)
    envelope = parse(data)
    refuse_by_stanza(envelope, rewrapper.keys)
    old = choose_old_key(envelope, rewrapper)
    new = choose_new_key(envelope, old, rewrapper)
    dek = unwrap_and_verify(envelope, old)
    check_times(envelope, rewrapper.now)
    require(old.in_window(envelope.sealed_at), "key-outside-window")
    stanzas = [stanza for stanza in envelope.stanzas if stanza.key_id not in (old.id, new.id)]
    stanzas.append(wrap(new, random[:WRAPS[new.type].nonce_length], dek, envelope.preamble,
                        envelope.commitment))
    stanzas.sort(key=lambda stanza: stanza.key_id)
    rewrapped = assemble(envelope.preamble, envelope.commitment, stanzas, dek, envelope.chunks)
    require(len(rewrapped) - len(envelope.chunks) <= HEADER_MAX, "buffer-too-small")
    return rewrapped


# ---- Text form (F 8) -----------------------------------------------------------------------------------


def text_encode(data):
    parse(data)
    return TEXT_PREFIX + base64.urlsafe_b64encode(data).rstrip(b"=")


def decode_base64url(text):
    """Strict: the alphabet, no padding, no length of 1 modulo 4, unused bits zero."""
    require((ALPHANUMERIC | frozenset(b"-_")).issuperset(text) and len(text) % 4 != 1, "malformed")
    data = base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    require(base64.urlsafe_b64encode(data).rstrip(b"=") == text, "malformed")
    return data


def text_decode(text):
    require(not looks_plain(text), "not-sealed")
    require(text.startswith(TEXT_PREFIX), "malformed")
    data = decode_base64url(text[len(TEXT_PREFIX):])
    require(not looks_plain(data), "malformed")
    parse(data)
    return data


# ---- Telling sealed from plain (F 11) ------------------------------------------------------------------


def is_sealed(data):
    if looks_plain(data):
        return "plain"
    try:
        if data.startswith(TEXT_PREFIX):
            text_decode(data)
        else:
            parse(data)
    except Refused as refused:
        return "newer" if refused.name.startswith("unsupported-") else "broken"
    return "sealed"
