# SPDX-License-Identifier: MIT
"""Reads and writes vector records (README.md has the format) and runs them through the reference."""

import base64
import calendar
import re
import time
from dataclasses import dataclass

import layout
import reference

LIST_FIELDS = ("key", "stanza")
LACKS = ("aegis256", "aes256gcm")


@dataclass
class Record:
    fields: dict  # a list for those of LIST_FIELDS, else a string

    def get(self, name, default=None):
        return self.fields.get(name, default)

    def number(self, name, default=None):
        return int(self.fields[name]) if name in self.fields else default

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


def parse_key(line):
    key_id, key_type, state, secret, *attributes = line.split(" ")
    key = layout.Key(key_id.encode(), layout.KEY_TYPES[key_type], state)
    if secret != "-":
        key.secret = base64.urlsafe_b64decode(secret.removeprefix("tskek1_") + "=")
    for attribute in attributes:
        name, value = attribute.split("=", 1)
        if name == "queues":
            key.queues = [parse_queue(queue) for queue in value.split(",")]
        else:
            setattr(key, name.replace("-", "_"), parse_time(value))
    return key


def format_key(key):
    name = {number: name for name, number in layout.KEY_TYPES.items()}[key.type]
    secret = "-" if key.secret is None else "tskek1_" + base64.urlsafe_b64encode(key.secret).decode()[:43]
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


# ---- Running a record through the reference ------------------------------------------------------------


def keys_of(record):
    return [parse_key(line) for line in record.get("key", [])]


def opener_of(record, earlier, lacking=frozenset()):
    context = {name: evaluate(record.get(name), earlier) for name in layout.FIELDS if record.get(name)}
    insist = record.get("insist")
    if insist is not None:
        insist = frozenset() if insist == "none" else frozenset(insist.split())
    suites = record.get("suites")
    return reference.Opener(
        keys=keys_of(record), now=record.number("now"), context=context, insist=insist,
        purpose=layout.PURPOSES.index(record.get("purpose", "payload")),
        suites=frozenset(map(int, suites.split())) if suites else None,
        max_age=record.number("max_age", 0), capacity=record.number("capacity"), lacking=lacking)


def rewrapper_of(record, lacking=frozenset()):
    name = {field: record.get(field).encode() for field in ("from_key", "to_key") if record.get(field)}
    return reference.Rewrapper(keys=keys_of(record), now=record.number("now"), lacking=lacking, **name)


def stanza_lines(envelope):
    return [f"{stanza.type:02x} {stanza.key_id.decode()}" for stanza in envelope.stanzas]


def inspection(envelope):
    """What inspect shows, as record fields."""
    bound = [name for bit, name in enumerate(layout.FIELDS) if envelope.bound & 1 << bit]
    return {"version": "1", "suite": str(envelope.suite), "purpose": layout.PURPOSES[envelope.purpose],
            "padded": "yes" if envelope.padded else "no", "bound": " ".join(bound) or "none",
            "sealed_at": str(envelope.sealed_at), "expires_at": str(envelope.expires_at),
            "header_length": str(envelope.header_length()), "payload_length": str(envelope.stream_length),
            "message_id": envelope.commitment.hex(), "stanza": stanza_lines(envelope)}


def replay_until(envelope, max_age):
    """The earlier of expiry and maximum age, and the leeway; 0: for ever."""
    ends = [envelope.expires_at] if envelope.expires_at else []
    ends += [envelope.sealed_at + max_age] if max_age else []
    return min(ends) + layout.LEEWAY if ends else 0


def answer_open(record, data, earlier, lacking):
    opener = opener_of(record, earlier, lacking)
    opened = reference.open_envelope(data, opener)
    return {"payload": opened.payload, "message_id": opened.message_id.hex(),
            "opened_by": opened.key_id.decode(),
            "replay_until": str(replay_until(layout.parse(data), opener.max_age))}


def answer_rewrap_only(record, data, _, lacking):
    rewrapped = reference.rewrap(data, rewrapper_of(record, lacking), bytes(range(32)))
    return {"stanza": stanza_lines(layout.parse(rewrapped))}


def answer_rewrap(record, data, earlier, lacking):
    """Rewraps, then opens the result: its payload and message id must be those of the input. Rewrapping needs
    no suite; where the suite is lacking, the result just cannot be opened here."""
    rewrapped = reference.rewrap(data, rewrapper_of(record, lacking), bytes(range(32)))
    answer = {"stanza": stanza_lines(layout.parse(rewrapped))}
    try:
        answer.update(answer_open(record, rewrapped, earlier, lacking))
    except layout.Refused as refused:
        if refused.name != "suite-unavailable":
            raise AssertionError(f"the result of {record.name} does not open: {refused.name}") from refused
    return answer


def answer(record, earlier, lacking=frozenset()):
    """The record's fields as they should be: expect, and what comes with it when it is ok."""
    data = evaluate(record.get("sealed", ""), earlier)
    operation = record.get("operation")
    if operation == "is-sealed":
        return {"expect": reference.is_sealed(data)}
    try:
        if operation == "open":
            result = answer_open(record, data, earlier, lacking)
        elif operation == "rewrap":
            result = answer_rewrap(record, data, earlier, lacking)
        elif operation == "rewrap-only":
            result = answer_rewrap_only(record, data, earlier, lacking)
        elif operation == "inspect":
            result = inspection(layout.parse(data))
        elif operation == "text-decode":
            result = {"payload": reference.text_decode(data)}
        else:
            raise ValueError(f"{record.name}: unknown operation {operation}")
    except layout.Refused as refused:
        return {"expect": refused.name}
    return {"expect": "ok", **result}


def check(record, earlier, lacks):
    """Where the reference and the record differ: a list of sentences, empty if they agree."""
    faults = []
    result = answer(record, earlier)
    for name, value in result.items():
        wanted = record.get(name)
        if name == "payload":
            wanted = evaluate(wanted, earlier) if wanted is not None else None
        if wanted != value and (name in record.fields or name in ("expect", "payload")):
            faults.append(f"{name} is {value}, the record says {wanted}")
    for lack in lacks:
        wanted = record.get(f"expect_without_{lack}", record.get("expect"))
        value = answer(record, earlier, frozenset([lack]))["expect"]
        if value != wanted:
            faults.append(f"without {lack}: {value}, the record says {wanted}")
    return faults
