#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Recomputes the worked example of doc/format.md from its inputs, by the rules, without the library.

With --print it writes the section anew."""

import base64
import pathlib
import re
import struct
import sys
import unittest

from markdown import ROOT

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "vectors"))
from primitives import ChaCha20Poly1305Aead, XChaCha20Poly1305Aead, blake2b  # noqa: E402

KEK, DEK, NONCE = bytes(range(0x00, 0x20)), bytes(range(0x20, 0x40)), bytes(range(0x40, 0x58))
KEY_ID = b"mail-k01"
QUEUE, TYPE, ID = b"mail", b"password-reset", b"task-41"
SEALED_AT, EXPIRES_AT = 1800000000, 1800003600
PAYLOAD = b'{"to":"ann@example.com"}'


def compute():
    """Every value of the example, in the order in which a writer gets at them."""
    v = {"KEK": KEK, "DEK": DEK, "wrap nonce": NONCE}
    v["preamble"] = bytes.fromhex("C154534C 01 01 00 07") + struct.pack(">QQ", SEALED_AT, EXPIRES_AT)
    v["context"] = b"".join(struct.pack(">I", len(field)) + field for field in (QUEUE, TYPE, ID))
    okm = blake2b(DEK, b"taskseal1-chunks" + v["preamble"] + v["context"], 64)
    v["payload_key"], v["commitment"] = okm[:32], okm[32:]
    v["KEK'"] = blake2b(KEK, b"taskseal1-wrap01" + KEY_ID, 32)
    stanza_head = bytes([1, len(KEY_ID)]) + KEY_ID
    wrapped = XChaCha20Poly1305Aead.encrypt(v["KEK'"], NONCE, v["preamble"] + v["commitment"] + stanza_head, DEK)
    v["stanza"] = stanza_head + struct.pack(">H", 72) + NONCE + wrapped
    header = v["preamble"] + v["commitment"] + b"\x01" + v["stanza"]
    v["header_mac"] = blake2b(DEK, b"taskseal1-header" + header, 16)
    v["chunk 0"] = ChaCha20Poly1305Aead.encrypt(v["payload_key"], bytes(12), b"", PAYLOAD)
    v["envelope"] = header + v["header_mac"] + v["chunk 0"]
    return v


def text_form(envelope):
    return "tsl1." + base64.urlsafe_b64encode(envelope).decode().rstrip("=")


def in_lines(label, text, width=64):
    pieces = [text[i:i + width] for i in range(0, len(text), width)]
    return "\n".join(f"    {label if i == 0 else '':12} {piece}" for i, piece in enumerate(pieces))


def section():
    values = compute()
    shown = "\n".join(in_lines(label, value.hex()) for label, value in values.items())
    return f"""## Worked example

Suite 01, one stanza of type 01, not padded, purpose payload. The key id is `{KEY_ID.decode()}`, the queue `{QUEUE.decode()}`, \
the type
`{TYPE.decode()}`, the id `{ID.decode()}`; `extra` is not bound. `sealed_at` is {SEALED_AT} and `expires_at` {EXPIRES_AT}. The
payload is the {len(PAYLOAD)} bytes `{PAYLOAD.decode()}`. KEK, DEK and nonce are counted up so that they can be recognised; real
ones are random.

{shown}

{in_lines("text form", text_form(values["envelope"]))}

The envelope is {len(values["envelope"])} bytes long: {len(values["envelope"]) - len(PAYLOAD)} more than its payload.
"""


class Example(unittest.TestCase):
    def test_the_document_shows_what_the_rules_give(self):
        text = (ROOT / "doc/format.md").read_text()
        self.assertEqual(section(), text[text.index("## Worked example"):])

    def test_overhead_is_the_one_that_the_readme_states(self):
        overhead = len(compute()["envelope"]) - len(PAYLOAD)
        stated = re.search(r"overhead is (\d+) bytes", (ROOT / "README.md").read_text())
        self.assertEqual(str(overhead), stated.group(1))


if __name__ == "__main__":
    if sys.argv[1:] == ["--print"]:
        sys.stdout.write(section())
    else:
        unittest.main()
