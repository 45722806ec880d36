# SPDX-License-Identifier: MIT
"""The bytes of an envelope, version 1: derivation, stanzas, chunks, padding, parsing and writing, written
from doc/format.md alone. Section numbers (F 4.2) are its own. reference.py says what these files are for.
"""

import struct
from dataclasses import dataclass

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
DEDUPE = "dedupe"  # the key type that no stanza can have
KEY_TYPES = {"xchacha20poly1305": 1, "aegis256": 2, "dedupe": DEDUPE}


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
    type: int  # of stanzas, or DEDUPE
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


def encrypt_chunk(suite, key, number, piece):
    """A piece under its number as the nonce."""
    aead = SUITES[suite]
    return aead.encrypt(key, number.to_bytes(aead.nonce_length, "big"), b"", piece)


def decrypt_chunk(suite, key, number, chunk):
    aead = SUITES[suite]
    try:
        return aead.decrypt(key, number.to_bytes(aead.nonce_length, "big"), b"", chunk)
    except primitives.Forged:
        raise Refused("damaged") from None


def encrypt_chunks(suite, key, stream):
    """Full pieces, then one that is always shorter."""
    return b"".join(encrypt_chunk(suite, key, number, stream[number * CHUNK:(number + 1) * CHUNK])
                    for number in range(len(stream) // CHUNK + 1))


def decrypt_chunks(suite, key, chunks):
    step = CHUNK + SUITES[suite].tag_length
    return b"".join(decrypt_chunk(suite, key, number, chunks[number * step:(number + 1) * step])
                    for number in range(len(chunks) // step + 1))


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
    chunks: bytes = None
    stream_length: int = None

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


class More(Exception):
    """What came so far decides nothing yet."""


class GrowingReader(Reader):
    """Of an input whose end is not known yet: running out is no fault."""

    def take(self, count):
        if len(self.data) - self.position < count:
            raise More
        return super().take(count)


def looks_plain(data):
    """Neither form's beginning. A piece of the magic is no plaintext; a piece of the text prefix is."""
    cut = data[:len(MAGIC)]
    return not (cut and MAGIC.startswith(cut)) and not data.startswith(TEXT_PREFIX)


def check_beginning(data):
    """F 2.5 to F 2.12, for the whole input."""
    require(not looks_plain(data), "not-sealed")
    require(data.startswith(MAGIC) and len(data) > 4, "malformed")
    require(data[4] == 1, "unsupported-version")
    require(len(data) > 5, "malformed")
    require(data[5] in SUITES, "unsupported-suite")


def check_growing_beginning(data):
    """The same where more may come: only what no further byte can mend."""
    if len(data) < 5 and (MAGIC.startswith(data) or TEXT_PREFIX.startswith(data)):
        raise More
    if len(data) == 5 and data.startswith(MAGIC) and data[4] == 1:
        raise More
    check_beginning(data)


def parse_header(reader):
    """Everything before the chunks; `chunks` and `stream_length` are not set."""
    preamble = reader.take(24)
    _, _, suite, flags, bound, sealed_at, expires_at = struct.unpack(">4sBBBBQQ", preamble)
    require(flags & 0x0E == 0 and flags >> 4 < len(PURPOSES) and bound < 16, "malformed")
    require(1 <= sealed_at <= TIME_MAX, "malformed")
    require(expires_at == 0 or sealed_at < expires_at <= TIME_MAX, "malformed")
    commitment = reader.take(32)
    stanzas = parse_stanzas(reader)
    header = reader.data[:reader.position]
    mac = reader.take(16)
    require(reader.position <= HEADER_MAX, "malformed")
    return Envelope(preamble, suite, bool(flags & 1), flags >> 4, bound, sealed_at, expires_at, commitment,
                    stanzas, header, mac)


def parse(data):
    check_beginning(data)
    reader = Reader(data)
    envelope = parse_header(reader)
    envelope.chunks = data[reader.position:]
    length = envelope.stream_length = stream_length(envelope.suite, len(envelope.chunks))
    require(not envelope.padded or (length >= PADDED_MIN and padme(length) == length), "malformed")
    return envelope


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


# ---- Writing -------------------------------------------------------------------------------------------


def make_preamble(suite, flags, bound, sealed_at, expires_at, version=1):
    return struct.pack(">4sBBBBQQ", MAGIC, version, suite, flags, bound, sealed_at, expires_at)


def assemble_header(preamble, commitment, stanzas, dek):
    """All before the chunks. `stanzas` come in the order in which they will stand."""
    header = preamble + commitment + bytes([len(stanzas)]) + b"".join(s.encode() for s in stanzas)
    return header + header_mac(dek, header)


def assemble(preamble, commitment, stanzas, dek, chunks):
    """Everything in its place, under a header MAC."""
    return assemble_header(preamble, commitment, stanzas, dek) + chunks
