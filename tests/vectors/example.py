# SPDX-License-Identifier: MIT
"""The worked examples of doc/format.md: every value on the way, by the rules one by one, and the text that shows them.
chapters/examples.py makes vectors of them, and tests/docs/test_example.py holds the document to them."""

import base64
import hashlib
import struct
from dataclasses import dataclass

import layout
import primitives
import sealing
from forge import long_payload

SHOWN_WHOLE = 400  # bytes; of longer values the beginning and the end are shown


def counted(start, count):
    return bytes(range(start, start + count))


@dataclass
class Example:
    suite: int
    flags: int
    times: tuple
    context: dict
    keys: list  # in the order of their stanzas
    dek: bytes
    nonces: list
    payload: bytes

    def bound(self):
        return sum(1 << bit for bit, name in enumerate(layout.FIELDS) if name in self.context)


ONE = Example(1, 0, (1800000000, 1800003600), {"queue": b"mail", "type": b"password-reset", "id": b"task-41"},
              [layout.Key(b"mail-k01", 1, "active", counted(0x00, 32))], counted(0x20, 32), [counted(0x40, 24)],
              b'{"to":"ann@example.com"}')
TWO = Example(3, 0x11, (1800000000, 0), {"queue": b"mail", "extra": b"tenant 7"},
              [layout.Key(b"k-10", 2, "active", counted(0x00, 32)), layout.Key(b"k-9", 1, "active", counted(0x20, 32))],
              counted(0x40, 32), [counted(0x60, 32), counted(0x80, 24)], long_payload(16384)[1])
THREE = Example(2, 0, (1800000000, 0), {"queue": b"mail"}, [layout.Key(b"mail-k01", 1, "active", counted(0x00, 32))],
                counted(0x60, 32), [counted(0x80, 24)], long_payload(16384)[1])
NEW_KEY, NEW_NONCE = layout.Key(b"mail-k02", 2, "active", counted(0x80, 32)), counted(0xA0, 32)
DEDUPE_KEY = layout.Key(b"unique-k01", layout.DEDUPE, "active", counted(0xC0, 32))


# ---- Every value ---------------------------------------------------------------------------------------


def stanza_values(example, number, preamble, commitment):
    key, nonce = example.keys[number], example.nonces[number]
    label = b"taskseal1-wrap%02x" % key.type
    head = bytes([key.type, len(key.id)]) + key.id
    values = {"KEK": key.secret, "wrap nonce": nonce, "KEK' message": label + key.id}
    values["KEK'"] = primitives.blake2b(key.secret, values["KEK' message"], 32)
    values["wrap AD"] = preamble + commitment + head
    values["wrapped DEK"] = layout.WRAPS[key.type].encrypt(values["KEK'"], nonce, values["wrap AD"], example.dek)
    values["stanza"] = head + struct.pack(">H", len(nonce + values["wrapped DEK"])) + nonce + values["wrapped DEK"]
    return values


def chunk_values(example, number, payload_key, stream):
    aead = layout.SUITES[example.suite]
    nonce = number.to_bytes(aead.nonce_length, "big")
    piece = stream[number * layout.CHUNK:(number + 1) * layout.CHUNK]
    return {"piece": piece, "nonce": nonce, "chunk": aead.encrypt(payload_key, nonce, b"", piece)}


def compute(example):
    """(name, value) in the order in which a writer gets at them."""
    values = [("DEK", example.dek)]
    preamble = (bytes.fromhex("C154534C 01") + bytes([example.suite, example.flags, example.bound()])
                + struct.pack(">QQ", *example.times))
    context = b"".join(struct.pack(">I", len(value)) + value for value in example.context.values())
    message = b"taskseal1-chunks" + preamble + context
    okm = primitives.blake2b(example.dek, message, 64)
    values += [("preamble", preamble), ("context", context), ("okm message", message), ("okm", okm),
               ("payload_key", okm[:32]), ("commitment", okm[32:])]
    stanzas = [stanza_values(example, number, preamble, okm[32:]) for number in range(len(example.keys))]
    for stanza in stanzas:
        values += stanza.items()
    header = preamble + okm[32:] + bytes([len(stanzas)]) + b"".join(stanza["stanza"] for stanza in stanzas)
    values.append(("MAC message", b"taskseal1-header" + header))
    mac = primitives.blake2b(example.dek, values[-1][1], 16)
    values.append(("header_mac", mac))
    stream = layout.pad(example.payload) if example.flags & 1 else example.payload
    chunks = [chunk_values(example, number, okm[:32], stream) for number in range(len(stream) // layout.CHUNK + 1)]
    for number, chunk in enumerate(chunks):
        values += [(f"{name} {number}", value) for name, value in chunk.items()]
    values.append(("envelope", header + mac + b"".join(chunk["chunk"] for chunk in chunks)))
    return values


def envelope(example):
    return dict(compute(example))["envelope"]


def text_form(data):
    return "tsl1." + base64.urlsafe_b64encode(data).decode().rstrip("=")


def compute_rewrapped():
    """The first example, moved from its key to NEW_KEY."""
    old = dict(compute(ONE))
    kept = old["preamble"] + old["commitment"]
    values = stanza_values(Example(1, 0, (), {}, [NEW_KEY], ONE.dek, [NEW_NONCE], b""), 0, old["preamble"],
                           old["commitment"])
    values["header_mac"] = primitives.blake2b(ONE.dek, b"taskseal1-header" + kept + b"\1" + values["stanza"], 16)
    values["envelope"] = kept + b"\1" + values["stanza"] + values["header_mac"] + old["chunk 0"]
    return list(values.items())


# ---- The text ------------------------------------------------------------------------------------------


def in_lines(label, text, width=64):
    pieces = [text[i:i + width] for i in range(0, len(text), width)] or [""]
    return "\n".join(f"    {label if i == 0 else '':13} {piece}".rstrip() for i, piece in enumerate(pieces))


def shown(label, value):
    if len(value) <= SHOWN_WHOLE:
        return in_lines(label, value.hex())
    return "\n".join((in_lines(label, value[:32].hex()), in_lines("", f"... {len(value) - 64} bytes ..."),
                      in_lines("", value[-32:].hex()), in_lines("", "SHA-256 of the whole:"),
                      in_lines("", hashlib.sha256(value).hexdigest())))


def listed(values, *names):
    """All of them, or those of the names."""
    return "\n".join(shown(label, value) for label, value in values if not names or label in names)


def more_sections():
    third, rewrapped = envelope(THREE), dict(compute_rewrapped())["envelope"]
    return f"""### Suite 02 and an empty last piece

A payload of {len(THREE.payload)} bytes, as in the second example but not padded, fills one piece, so an empty one follows (F 6.3).
Suite 02, purpose payload; the queue is `mail`, nothing else is bound. The key is that of the first example.

{listed(compute(THREE), "DEK", "preamble", "context", "okm", "wrap nonce", "wrapped DEK", "header_mac", "nonce 0", "chunk 0",
        "piece 1", "nonce 1", "chunk 1", "envelope")}

The envelope is {len(third)} bytes long. Chunk 1 is nothing but a tag.

### A rewrap

The envelope of the first example, moved from `mail-k01` to the key `mail-k02` of type 02 (F 10.7). All that comes before
the number of stanzas and the chunk are as they were, so the message id is too.

{listed(compute_rewrapped(), "KEK", "wrap nonce", "KEK'", "wrap AD", "wrapped DEK", "header_mac", "envelope")}

The envelope is {len(rewrapped)} bytes long.

"""


def tag_section():
    message = sealing.tag_message(ONE.payload, b"mail", b"password-reset")
    fields = sealing.tag_message(b"", b"mail", b"password-reset", [b"ann@example.com", b""])
    lines = [shown("key", DEDUPE_KEY.secret), shown("message", message),
             shown("tag", primitives.blake2b(DEDUPE_KEY.secret, message, 32)), shown("message", fields),
             shown("tag", primitives.blake2b(DEDUPE_KEY.secret, fields, 32))]
    return f"""### A dedupe tag

Of the payload of the first example, in the queue `mail` and with the type `password-reset`; and of the two fields
`ann@example.com` and an empty one in the same place.

{chr(10).join(lines)}
"""


def section():
    first, second = envelope(ONE), envelope(TWO)
    stream = len(layout.pad(TWO.payload))
    return f"""## Worked example

Suite 01, one stanza of type 01, not padded, purpose payload. The key id is `mail-k01`, the queue `mail`, the type
`password-reset`, the id `task-41`; `extra` is not bound. `sealed_at` is {ONE.times[0]} and `expires_at` {ONE.times[1]}. The
payload is the {len(ONE.payload)} bytes `{ONE.payload.decode()}`. KEK, DEK and nonce are counted up so that they can be
recognised; real ones are random. A *message* is what BLAKE2b hashes, *AD* the associated data of an AEAD. Line breaks
are not part of a value, nor of the text form.

{listed(compute(ONE))}

{in_lines("text form", text_form(first))}

The envelope is {len(first)} bytes long: {len(first) - len(ONE.payload)} more than its payload.

## Second worked example

Suite 03, two stanzas, padded, purpose result, two chunks. The key `k-10` is of type 02 and `k-9` of type 01; `k-10` is
the first of the two (F 4.1). The queue is `mail`, `extra` is `tenant 7`; nothing else is bound. `sealed_at` is
{TWO.times[0]}, and it never expires. The payload is the bytes 00 to 10 (hexadecimal), over and over, up to a length
of {len(TWO.payload)}. Padding makes {stream} bytes of it: `L` = {len(TWO.payload) + 1}, `E` = 14, `S` = 4, `M` = 1023. Of long
values the first and last 32 bytes are shown, and the SHA-256 of the whole.

{listed(compute(TWO))}

The envelope is {len(second)} bytes long. Its text form has {len(text_form(second))} characters and begins with `{text_form(second)[:16]}`.

{more_sections()}{tag_section()}"""
