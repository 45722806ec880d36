# SPDX-License-Identifier: MIT
"""Authentic envelopes that this caller, at this time and place, must not take."""

from chapters.chapter import Chapter
from forge import PAYLOAD, SEALED_AT, TASK, forge, make_key, random_bytes
from layout import TIME_MAX, encode_context

X = make_key("mail-k01")


def chapter():
    book = Chapter("Policy: suites, purposes, context and times. Every envelope here is authentic.")
    add_suites(book)
    add_purposes(book)
    add_other_context(book)
    add_insist(book)
    add_required(book)
    add_commitments(book)
    add_future(book)
    add_expiry(book)
    add_capacity(book)
    return book


def add_suites(book):
    for suite, allowed in ((1, "2 3"), (2, "1 3"), (3, "1 2"), (1, "3"), (2, "1"), (3, "1")):
        name = f"suite {suite} where {allowed} is allowed"
        book.open(name, "F 9.6", [X], forge(name, [X], suite=suite), "suite-denied", suites=allowed)


def add_purposes(book):
    names = ("payload", "result", "error-text", "reference")
    for number, name in enumerate(names):
        wanted = names[number - 1]
        vector = f"{name} where {wanted} is expected"
        book.open(vector, "F 9.6", [X], forge(vector, [X], purpose=number), "wrong-purpose", purpose=wanted)
    book.open("result where nothing is said", "F 9.6: payload by default", [X],
              forge("result by default", [X], purpose=1), "wrong-purpose")


def add_other_context(book):
    full = {**TASK, "extra": b"tenant 7"}
    sealed = forge("context", [X], context=full)
    book.open("good twin of the contexts", "F 9.7", [X], sealed, context=full)
    for field in full:
        book.open(f"another {field}", "F 9.7", [X], sealed, "context-mismatch",
                  context={**full, field: full[field] + b"2"})
        book.open(f"{field} in other case", "F 9.7: bytes are equal or not", [X], sealed, "context-mismatch",
                  context={**full, field: full[field].upper()})
        book.open(f"{field} with a NUL behind", "F 9.7", [X], sealed, "context-mismatch",
                  context={**full, field: full[field] + b"\0"})
    book.open("queue and type exchanged", "F 5.11: fields have places", [X], sealed, "context-mismatch",
              context={**full, "queue": full["type"], "type": full["queue"]})
    shifted = forge("shifted", [X], context={"queue": b"ab", "type": b"c"})
    book.open("boundary between fields moved", "F 5.11: lengths are part of it", [X], shifted,
              "context-mismatch", context={"queue": b"a", "type": b"bc"})


def add_insist(book):
    nothing = forge("nothing bound", [X], context={})
    book.open("nothing bound, fields given", "F 9.6: by default every field given", [X], nothing,
              "context-mismatch")
    book.open("nothing bound, good twin", "F 9.6", [X], nothing, insist="none")
    for field in TASK:
        part = {name: value for name, value in TASK.items() if name != field}
        sealed = forge(f"without {field}", [X], context=part)
        book.open(f"{field} not bound", "F 9.6: by default every field given", [X], sealed,
                  "context-mismatch")
        book.open(f"{field} insisted on and not bound", "F 9.6", [X], sealed, "context-mismatch",
                  insist=field)
        book.open(f"{field} not insisted on", "F 9.6", [X], sealed,
                  insist=" ".join(part))
    for field in TASK:
        book.open(f"an empty {field} is given", "F 5.11, F 9.11: not an absent one", [X], forge("empty given", [X]),
                  "bad-argument", context={**TASK, field: b""})
    book.open("a field of 65536 bytes is given", "F 9.11", [X], forge("too long given", [X]), "bad-argument",
              context={**TASK, "extra": "65536*61"}, insist="none")
    book.open("insists on a field that is not given", "F 9.11: it could not be checked", [X],
              forge("insists on a field that is not given", [X]), "bad-argument", insist="extra")


def add_required(book):
    full = {**TASK, "extra": b"tenant 7"}
    sealed = forge("required", [X], context=full)
    for field in full:
        given = {name: value for name, value in full.items() if name != field}
        book.open(f"{field} bound and not given", "F 9.6", [X], sealed, "context-required", context=given)
    book.open("nothing given", "F 9.6", [X], sealed, "context-required", context={})
    book.open("nothing given, insisting on nothing", "F 9.6: what is bound must be given", [X], sealed,
              "context-required", context={}, insist="none")


def add_commitments(book):
    """The header's MAC and wraps are right; the commitment is that of another derivation."""
    encoded = encode_context(TASK, 7)
    for name, rule, committed in (
            ("commitment without context", "F 3.10, F 5.10", b"\0"),
            ("commitment to another task", "F 5.10", encode_context({**TASK, "id": b"task-0002"}, 7)),
            ("commitment to fields without lengths", "F 5.11", b"".join(TASK.values())),
            ("commitment to short lengths", "F 5.11",
             b"".join(len(value).to_bytes(2, "big") + value for value in TASK.values())),
            ("commitment to little-endian lengths", "F 1.2",
             b"".join(len(value).to_bytes(4, "little") + value for value in TASK.values())),
            ("commitment to reversed fields", "F 5.11",
             encode_context(TASK, 4) + encode_context(TASK, 2) + encode_context(TASK, 1)),
            ("commitment to absent fields as empty", "F 5.11", encoded + bytes(4))):
        book.open(name, f"{rule}, F 9.7", [X], forge(name, [X], committed_context=committed),
                  "context-mismatch")


def add_future(book):
    sealed = forge("future", [X])
    book.open("301 s in the future", "F 9.8", [X], sealed, "not-yet-valid", now=SEALED_AT - 301)
    book.open("far in the future", "F 9.8", [X], sealed, "not-yet-valid", now=1)
    book.open("last second seen from the first", "F 9.8: no overflow", [X],
              forge("last second", [X], sealed_at=TIME_MAX), "not-yet-valid", now=1)


def add_expiry(book):
    sealed = forge("expiry", [X], expires_at=SEALED_AT + 100)
    book.open("expiry reached", "F 9.8: expired from expires_at on", [X], sealed, "expired",
              now=SEALED_AT + 100)
    book.open("expiry passed", "F 9.8", [X], sealed, "expired", now=SEALED_AT + 101)
    book.open("expiry long passed", "F 9.8", [X], sealed, "expired", now=TIME_MAX)
    book.open("maximum age passed", "F 9.8", [X], sealed, "expired", now=SEALED_AT + 51, max_age="50")
    book.open("maximum age of 0", "F 9.8: is none", [X], forge("maximum age of 0", [X]), now=TIME_MAX, max_age="0")
    book.open("maximum age of one second passed", "F 9.8", [X], sealed, "expired", now=SEALED_AT + 2,
              max_age="1")
    book.open("expiry reached within the maximum age", "F 9.8: either suffices", [X], sealed, "expired",
              now=SEALED_AT + 100, max_age="1000")
    book.open("sealed in the first second, read in the last", "F 9.8: no overflow", [X],
              forge("first second", [X], sealed_at=1), "expired", now=TIME_MAX, max_age=str(TIME_MAX - 2))


def add_capacity(book):
    book.open("capacity one short", "F 9.1", [X], forge("capacity", [X]), "buffer-too-small",
              capacity=str(len(PAYLOAD) - 1))
    book.open("capacity of the payload without its padding", "F 9.1: padding included", [X],
              forge("capacity, padded", [X], padded=True), "buffer-too-small", capacity="255")
    book.open("no capacity", "F 9.1", [X], forge("no capacity", [X], random_bytes("one", 1)),
              "buffer-too-small", capacity="0")
    book.open("no capacity for nothing", "F 9.1: an empty payload needs none", [X],
              forge("no capacity for nothing", [X], b""), capacity="0")
