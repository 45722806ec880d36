# SPDX-License-Identifier: MIT
"""Sealing: what a writer does and what it refuses. The bytes are the writer's own; what it made must open again."""

from chapters.chapter import Chapter
from forge import PAYLOAD, SEALED_AT, TASK, forge, long_payload, make_key
from layout import TIME_MAX
from reference import text_encode

X = make_key("mail-k01")
A = make_key("mail-k02", 2)
OTHER = make_key("mail-k03")
DEDUPE = make_key("dedupe-k01", "dedupe")


def chapter():
    book = Chapter("Sealing: the library seals, and what it made opens again; or it refuses.")
    add_algorithms(book)
    add_sizes(book)
    add_choices(book)
    add_context(book)
    add_times(book)
    add_looks_sealed(book)
    add_named_faults(book)
    add_named_orders(book)
    add_primary_faults(book)
    return book


def add_algorithms(book):
    for suite in (1, 2, 3):
        for key in (X, A):
            book.seal(f"suite {suite} type {key.type}", "F 5.13, F 6.1, F 6.2: each suite with each type", [key],
                      PAYLOAD, suite=str(suite))
    for purpose in ("result", "error-text", "reference"):
        book.seal(f"purpose {purpose}", "F 3.6", [X], PAYLOAD, purpose=purpose)


def add_sizes(book):
    for size in (0, 1, 16383, 16384, 16385, 32768):
        tokens, payload = long_payload(size)
        book.seal(f"size {size}", "F 5.8, F 5.15, F 6.3, F 15.1: at once, in a batch and in pieces", [X], tokens if size > 2000 else payload)
    for size in (0, 254, 255, 256, 16383, 16384):
        tokens, payload = long_payload(size)
        book.seal(f"padded size {size}", "F 7.1, F 15.7", [X], tokens if size > 2000 else payload, padded="yes")


def add_choices(book):
    book.seal("primary is the first of two", "F 5.6: keyring order", [OTHER, X], PAYLOAD)
    for name, first in (("open-only", make_key("mail-k02", state="open-only")),
                        ("retired", make_key("mail-k02", state="retired")),
                        ("compromised", make_key("mail-k02", state="compromised")),
                        ("of another queue", make_key("mail-k02", queues=[b"sms"])),
                        ("not yet in its window", make_key("mail-k02", not_before=SEALED_AT + 1)),
                        ("past its window", make_key("mail-k02", not_after=SEALED_AT - 1)),
                        ("for dedupe tags", DEDUPE)):
        book.seal(f"primary, first is {name}", "F 5.5, F 5.6, F 14.1: the first of which all is true", [first, X],
                  PAYLOAD, now=SEALED_AT)
    for name, ids in (("one named", ["mail-k03"]), ("two named", ["mail-k01", "mail-k03"]),
                      ("two named, not in order", ["mail-k03", "mail-k01"]),
                      ("two types named", ["mail-k02", "mail-k01"])):
        book.seal(name, "F 4.1: stanzas are sorted, however they were named", [X, A, OTHER], PAYLOAD, seal_to=ids)
    keys = [make_key(f"key{number}") for number in range(8)]
    book.seal("eight named", "F 4.1: at most eight", keys, PAYLOAD, seal_to=[key.id.decode() for key in keys])
    listed = make_key("mail-k01", queues=[b"sms", b"mail"])
    book.seal("key good for the queue", "F 5.6", [listed], PAYLOAD)
    exact = make_key("mail-k01", not_before=SEALED_AT, not_after=SEALED_AT)
    book.seal("window of one second", "F 5.2, F 5.6: both ends are inside", [exact], PAYLOAD, now=SEALED_AT)
    longest = [make_key(f"{number}{'k' * 254}", 2) for number in range(8)]
    book.seal("eight longest ids", "F 2.3: what can be named fits into a header", longest, PAYLOAD,
              seal_to=[key.id.decode() for key in longest])


def add_context(book):
    book.seal("nothing bound", "F 3.7", [X], PAYLOAD, context={})
    book.seal("everything bound", "F 3.7, F 5.11", [X], PAYLOAD, context={**TASK, "extra": b"\0"})
    book.seal("longest field", "F 5.11: 65535 bytes", [X], PAYLOAD, context={"id": "65535*61"})
    for field in ("queue", "type", "id", "extra"):
        book.seal(f"empty {field}", "F 5.11: an empty field is not an absent one", [X], PAYLOAD, "bad-argument",
                  context={**TASK, field: b""})
    book.seal("field of 65536 bytes", "F 5.11", [X], PAYLOAD, "bad-argument", context={"id": "65536*61"})


def add_times(book):
    for name, fields, expect in (
            ("expiry one second later", {"expires_at": SEALED_AT + 1}, "ok"),
            ("lifetime of a second", {"lifetime": 1}, "ok"), ("latest expiry", {"expires_at": TIME_MAX}, "ok"),
            ("lifetime to the latest expiry", {"lifetime": TIME_MAX - SEALED_AT}, "ok"),
            ("expiry at the seal time", {"expires_at": SEALED_AT}, "bad-argument"),
            ("expiry before the seal time", {"expires_at": SEALED_AT - 1}, "bad-argument"),
            ("expiry too late", {"expires_at": TIME_MAX + 1}, "bad-argument"),
            ("lifetime too long", {"lifetime": TIME_MAX - SEALED_AT + 1}, "bad-argument"),
            ("lifetime that overflows", {"lifetime": 2**64 - 1}, "bad-argument"),
            ("expiry and lifetime", {"expires_at": SEALED_AT + 60, "lifetime": 60}, "bad-argument")):
        book.seal(name, "F 3.9", [X], PAYLOAD, expect, now=SEALED_AT,
                  **{field: str(value) for field, value in fields.items()})


def add_looks_sealed(book):
    envelope = forge("to be sealed again", [X])
    for name, payload in (("envelope", envelope), ("text form", text_encode(envelope)), ("magic", b"\xc1TSL"),
                          ("first byte of the magic", b"\xc1"), ("first two of the magic", b"\xc1T"),
                          ("first three of the magic", b"\xc1TS"), ("cut envelope", envelope[:60]),
                          ("envelope of version 2", b"\xc1TSL\x02" + envelope[5:]), ("text prefix", b"tsl1."),
                          ("text prefix and other text", b"tsl1. is not a payload")):
        book.seal(f"payload is: {name}", "F 11.5, F 15.2, F 15.3: only plain payloads", [X], payload, "looks-sealed")
        book.seal(f"payload is, allowed: {name}", "F 11.5: bundles, where the caller asks", [X], payload,
                  allow_sealed="yes")
    for name, payload in (("almost the magic", b"\xc1TSM"), ("first byte and another", b"\xc1\0"),
                          ("almost the text prefix", b"tsl1"), ("the prefix in upper case", b"TSL1."),
                          ("an envelope behind a space", b" " + envelope)):
        book.seal(f"payload is: {name}", "F 11.1: plain", [X], payload)


def add_named_faults(book):
    for name, key, expect in (
            ("open-only", make_key("mail-k02", state="open-only"), "key-not-active"),
            ("retired", make_key("mail-k02", state="retired"), "key-retired"),
            ("compromised", make_key("mail-k02", state="compromised"), "key-compromised"),
            ("of another queue", make_key("mail-k02", queues=[b"sms"]), "key-wrong-queue"),
            ("not yet in its window", make_key("mail-k02", not_before=SEALED_AT + 1), "key-outside-window"),
            ("past its window", make_key("mail-k02", not_after=SEALED_AT - 1), "key-outside-window"),
            ("for dedupe tags", make_key("mail-k02", "dedupe"), "key-wrong-use")):
        for order, ids in (("alone", ["mail-k02"]), ("beside a good one", ["mail-k01", "mail-k02"])):
            book.seal(f"named key is {name}, {order}", "F 5.5, F 5.14: each key that is named", [X, key], PAYLOAD,
                      expect, seal_to=ids, now=SEALED_AT)
    book.seal("named key is unknown", "F 5.6", [X], PAYLOAD, "unknown-key", seal_to=["mail-k02"])
    book.seal("named twice", "F 4.1: no id twice", [X], PAYLOAD, "bad-argument", seal_to=["mail-k01", "mail-k01"])
    keys = [make_key(f"key{number}") for number in range(9)]
    book.seal("nine named", "F 4.1: at most eight", keys, PAYLOAD, "bad-argument",
              seal_to=[key.id.decode() for key in keys])


def add_named_orders(book):
    """Two faults among the keys that are named: ids whose order in the envelope is not that of the naming."""
    keys = [X, make_key("z", state="retired"), make_key("y", queues=[b"sms"], not_after=SEALED_AT - 1)]
    for name, ids, expect in (
            ("retired, then unknown", ["z", "a"], "key-retired"), ("unknown, then retired", ["a", "z"], "unknown-key"),
            ("unknown twice", ["a", "a"], "unknown-key"), ("retired twice", ["z", "z"], "key-retired"),
            ("one twice, then unknown", ["mail-k01", "mail-k01", "a"], "bad-argument"),
            ("unknown, then one twice", ["a", "mail-k01", "mail-k01"], "unknown-key"),
            ("nine, all unknown", [f"a{number}" for number in range(9)], "bad-argument"),
            ("of another queue and past its window", ["y"], "key-wrong-queue")):
        book.seal(f"named: {name}", "F 5.14: the number, then each in the caller's order", keys, PAYLOAD, expect,
                  seal_to=ids, now=SEALED_AT)


def add_primary_faults(book):
    for name, keys, expect in (
            ("of another queue and past its window", [make_key("y", queues=[b"sms"], not_after=SEALED_AT - 1)],
             "key-wrong-queue"),
            ("past its window, the next of another queue", [make_key("y", not_after=SEALED_AT - 1), make_key(
                "z", queues=[b"sms"])], "key-outside-window"),
            ("open-only, the next of another queue", [make_key("y", state="open-only"), make_key("z", queues=[b"sms"])],
             "key-wrong-queue")):
        book.seal(f"no primary: {name}", "F 5.14: the fault of the first active one, the queue first", keys, PAYLOAD, expect,
                  now=SEALED_AT)
    for name, keys, expect in (
            ("open-only", [make_key("mail-k02", state="open-only")], "key-not-active"),
            ("retired", [make_key("mail-k02", state="retired")], "key-not-active"),
            ("for dedupe tags", [DEDUPE], "key-not-active"),
            ("of another queue", [make_key("mail-k02", queues=[b"sms"])], "key-wrong-queue"),
            ("outside its window", [make_key("mail-k02", not_after=SEALED_AT - 1)], "key-outside-window")):
        book.seal(f"only key is {name}", "F 5.6, F 5.14: none of which all is true", keys, PAYLOAD, expect, now=SEALED_AT)
    book.seal("no queue given to a key with a list", "F 5.5, F 5.6", [make_key("mail-k01", queues=[b"mail"])], PAYLOAD,
              "key-wrong-queue", context={"id": b"task-0001"})
