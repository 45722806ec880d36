#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Holds what the vectors cover: every rule and every error of doc/format.md, each cited by a vector or named below with
the reason why no vector can; and how many refused ones have an authentic header. Speaks TAP.

    test_coverage.py FORMAT.md FILE...
"""

import collections
import pathlib
import re
import sys

import example
import forge
import layout
import records
from tap import Tap

RULE = re.compile(r"^\*\*F (\d+\.\d+)\*\*", re.MULTILINE)
ERROR = re.compile(r"^\| `([a-z0-9-]+)` \| \d+ \| (?:permanent|retryable) \|", re.MULTILINE)
CITED = re.compile(r"\bF (\d+\.\d+)\b")

# What a file of inputs and answers can't show, and what shows it.
WITHOUT_VECTOR = {
    "1.1": "says what words mean", "1.3": "says what signs mean", "1.9": "says what signs mean",
    "1.6": "a matter of time: the constant-time tests poison secrets",
    "1.8": "a matter of releases: tests/vectors/test_releases.py opens what they froze",
    "5.1": "no reader sees it: tests/core/test_keyring.c, tests/core/keyfile/cases.c",
    "5.3": "no reader sees it: tests/core/test_keyring.c",
    "5.7": "random numbers are not an input: tests/core/test_faults.c",
    "6.5": "4 PiB are no file: tests/core/test_chunks.c",
    "7.2": "no such payload exists: tests/core/test_padding.c",
    "10.8": "no input gets there: a fresh wrap that does not open takes a fault of the machine",
    "10.16": "concerns the caller's store", "14.6": "concerns the caller's keys", "14.7": "concerns the caller",
    "12.1": "is the table that the errors below are from", "12.2": "no input has it: tests/core/test_errors.c",
    "15.9": "a matter of memory: the stream tests measure it",
    "16.2": "concerns this document", "16.3": "concerns this document", "16.4": "concerns this document",
}
ERRORS_WITHOUT_VECTOR = {
    "no-memory": "tests/core/test_faults.c", "no-random": "tests/core/test_faults.c",
    "bad-clock": "tests/core/test_faults.c", "key-unavailable": "reserved: nothing reports it yet",
}
REFUSED_MIN, AUTHENTIC_MIN = 200, 120


# ---- Rules and errors ----------------------------------------------------------------------------------


def faults_of(known, cited, excused):
    """What is neither cited nor excused, both, or unknown."""
    yield from (f"no vector cites {name}" for name in known if name not in cited and name not in excused)
    yield from (f"a vector cites {name}, so it needs no excuse" for name in known if name in cited and name in excused)
    yield from (f"{name} does not exist" for name in {*cited, *excused} if name not in known)


def missing_files(reasons):
    """Files that the reasons name and that are not there."""
    root = pathlib.Path(__file__).resolve().parents[2]
    named = re.findall(r"\btests/[\w/]+\.(?:c|py)\b", " ".join(reasons))
    return [name for name in named if not (root / name).exists()]


def expectations(book):
    """Every error that some record expects, in some way to run it."""
    return {value for record in book for name, value in record.fields.items()
            if name.startswith("expect") and value not in ("ok", "plain", "sealed", "newer", "broken")}


def cited_rules(book):
    return {rule for record in book for rule in CITED.findall(record.get("comment", ""))}


# ---- Authentic headers ---------------------------------------------------------------------------------


def loose_stanzas(data):
    """The stanzas as their lengths cut them, whatever they hold, and where the MAC begins; None if they don't fit."""
    try:
        reader = layout.Reader(data)
        reader.take(56)
        stanzas = []
        for _ in range(reader.number(1)):
            stanza_type, key_id = reader.number(1), reader.take(reader.number(1))
            stanzas.append(layout.Stanza(stanza_type, key_id, reader.take(reader.number(2))))
        reader.take(16)
        return stanzas, reader.position - 16
    except layout.Refused:
        return None


def secrets_for(stanza, keys):
    """The secrets under which it may be wrapped: those of the record, and those that the names of keys stand for."""
    yield from (key.secret for key in keys if key.id == stanza.key_id and key.secret)
    yield forge.random_bytes("key|" + stanza.key_id.decode("latin-1"), 32)


def has_authentic_header(record, data):
    """The DEK of some stanza verifies the MAC over everything before it. Nothing else is asked."""
    found = loose_stanzas(data)
    for stanza in found[0] if found else ():
        aead = layout.WRAPS.get(stanza.type)
        if not aead or len(stanza.body) != layout.wrap_body_length(stanza.type):
            continue
        for secret in secrets_for(stanza, records.keys_of(record)):
            key = layout.Key(stanza.key_id, stanza.type, "active", secret)
            try:
                dek = layout.unwrap(key, stanza, data[:24], data[24:56])
            except layout.Refused:
                continue
            if layout.header_mac(dek, data[:found[1]]) == data[found[1]:found[1] + 16]:
                return True
    return False


def check_detector(tap):
    """A count that counts everything proves nothing."""
    good = example.envelope(example.ONE)
    record = records.Record({"name": "x", "key": [records.format_key(key) for key in example.ONE.keys]})
    changed = good[:9] + b"\1" + good[10:]
    tap.result(has_authentic_header(record, good) and not has_authentic_header(record, changed)
               and not has_authentic_header(record, good[:100]), "a changed or cut header does not count as authentic")
    planted = list(faults_of(["1.1", "1.2", "1.3"], {"1.1", "1.2", "9.9"}, {"1.2": "planted"}))
    tap.result(len(planted) == 3, "a rule without a vector, an excuse too many and a wrong number are found", planted)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    text = pathlib.Path(sys.argv[1]).read_text()
    books = {path: records.read(pathlib.Path(path).read_text()) for path in sys.argv[2:]}
    book = [record for file in books.values() for record in file]
    tap = Tap()
    check_detector(tap)
    rules, errors = RULE.findall(text), ERROR.findall(text)
    faults = list(faults_of(rules, cited_rules(book), WITHOUT_VECTOR))
    tap.result(rules and not faults, f"each of {len(rules)} rules has a vector or a reason", faults)
    faults = list(faults_of(errors, expectations(book), ERRORS_WITHOUT_VECTOR))
    tap.result(errors and not faults, f"each of {len(errors)} errors has a vector or a reason", faults)
    missing = missing_files([*WITHOUT_VECTOR.values(), *ERRORS_WITHOUT_VECTOR.values()])
    tap.result(not missing and missing_files(["tests/core/no_such.c"]), "the tests that the reasons name exist", missing)
    silent = [record.name for record in book if not CITED.search(record.get("comment", "")) and record.refused()]
    tap.result(not silent, "every refused vector cites a rule", silent)
    authentic = collections.Counter()
    for file in books.values():
        earlier = {}
        for record in file:
            data = earlier[record.name] = records.evaluate(record.get("sealed"), earlier)
            if record.refused():
                authentic[has_authentic_header(record, data)] += 1
    refused = sum(authentic.values())
    tap.result(refused >= REFUSED_MIN, f"{refused} refused vectors, at least {REFUSED_MIN} are due")
    tap.result(authentic[True] >= AUTHENTIC_MIN,
               f"{authentic[True]} of them have a correct header MAC, at least {AUTHENTIC_MIN} are due")
    excused = len(WITHOUT_VECTOR) + len(ERRORS_WITHOUT_VECTOR)
    print(f"# evidence: 2: {len(book)} vectors, {refused} invalid, {authentic[True]} of these with a correct header MAC; "
          f"{len(rules)} rules and {len(errors)} errors, each cited but for {excused} with a reason")
    return tap.end()


if __name__ == "__main__":
    raise SystemExit(main())
