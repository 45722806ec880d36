# SPDX-License-Identifier: MIT
"""Reads and writes vector records (README.md has the format)."""

import base64
import calendar
import re
import time
from dataclasses import dataclass

import layout

LIST_FIELDS = ("key", "stanza", "seal_to", "unique")
LACKS = ("aegis256", "aes256gcm")


@dataclass
class Record:
    fields: dict  # a list for those of LIST_FIELDS, else a string

    def get(self, name, default=None):
        return self.fields.get(name, default)

    def number(self, name, default=None):
        return int(self.fields[name]) if name in self.fields else default

    def refused(self):
        return self.get("expect") not in ("ok", "sealed", "plain", "newer")

    @property
    def name(self):
        return self.fields["name"]

    def text(self):
        lines = []
        for name, value in self.fields.items():
            values = value if name in LIST_FIELDS else [value]
            lines += [f"{name}: {value}".rstrip() for value in values]
        return "\n".join(lines) + "\n"


def read(text):
    """The records of a file: `name: value` lines, a blank line between records, # comments."""
    records = []
    for block in re.split(r"\n\s*\n", text):
        fields = {}
        for line in block.splitlines():
            if not line or line.startswith("#"):
                continue
            name, separator, value = line.partition(":")
            assert separator, f"no colon in: {line}"
            if name in LIST_FIELDS:
                fields.setdefault(name, []).append(value.strip())
            else:
                assert name not in fields, f"{name} twice in {fields}"
                fields[name] = value.strip()
        if fields:
            records.append(Record(fields))
    return records


# ---- Byte expressions ----------------------------------------------------------------------------------


def evaluate(expression, earlier):
    """Tokens: hex, COUNT*hex, or NAME[from:to], a piece of an earlier record's sealed bytes."""
    data = b""
    for token in expression.split():
        piece = re.fullmatch(r"([^\[]+)\[(\d+):(\d+)\]", token)
        if piece:
            data += earlier[piece[1]][int(piece[2]):int(piece[3])]
        elif "*" in token:
            count, unit = token.split("*")
            data += int(count) * bytes.fromhex(unit)
        else:
            data += bytes.fromhex(token)
    return data


# ---- Keys, as in key files -----------------------------------------------------------------------------


def parse_time(text):
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


def parse_queue(text):
    return re.sub(rb"%([0-9A-F]{2})", lambda match: bytes([int(match[1], 16)]), text.encode())


def secret_prefix(key):
    return "tsdup1_" if key.type == layout.DEDUPE else "tskek1_"


def parse_key(line):
    key_id, key_type, state, secret, *attributes = line.split(" ")
    key = layout.Key(key_id.encode(), layout.KEY_TYPES[key_type], state)
    if secret != "-":
        key.secret = base64.urlsafe_b64decode(secret.removeprefix(secret_prefix(key)) + "=")
    for attribute in attributes:
        name, value = attribute.split("=", 1)
        if name == "queues":
            key.queues = [parse_queue(queue) for queue in value.split(",")]
        else:
            setattr(key, name.replace("-", "_"), parse_time(value))
    return key


def format_key(key):
    name = {number: name for name, number in layout.KEY_TYPES.items()}[key.type]
    secret = "-"
    if key.secret is not None:
        secret = secret_prefix(key) + base64.urlsafe_b64encode(key.secret).decode()[:43]
    line = f"{key.id.decode()} {name} {key.state} {secret}"
    if key.queues is not None:
        line += " queues=" + ",".join(format_queue(queue) for queue in key.queues)
    for name, unset in (("not_before", 0), ("not_after", layout.TIME_MAX)):
        if getattr(key, name) != unset:
            moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(getattr(key, name)))
            line += f" {name.replace('_', '-')}={moment}"
    return line


def format_queue(queue):
    return "".join(chr(byte) if byte in layout.KEY_ID_BYTES else f"%{byte:02X}" for byte in queue)


def keys_of(record):
    return [parse_key(line) for line in record.get("key", [])]
