# SPDX-License-Identifier: MIT
"""Sealing anew: a complete opening, then a sealing with a fresh DEK that keeps what the preamble says."""

import layout
from chapters.chapter import Chapter
from forge import SEALED_AT, TASK, forge, long_payload, make_key, random_bytes

OLD = make_key("mail-k01")
NEW = make_key("mail-k02")
FAST = make_key("mail-k03", 2)
OPEN_ONLY = make_key("mail-k01", state="open-only")


def chapter():
    book = Chapter("Reseal: opened completely, and sealed with a fresh DEK.")
    add_kept(book)
    add_keys(book)
    add_open_faults(book)
    add_seal_faults(book)
    return book


def add_kept(book):
    for suite in (1, 2, 3):
        for key in (OLD, FAST):
            name = f"suite {suite} type {key.type}"
            book.reseal(name, "F 10.10: the suite stays if no other is asked for", [key],
                        forge("reseal " + name, [key], suite=suite))
        name = f"suite {suite} to suite {suite % 3 + 1}"
        book.reseal(name, "F 10.15: another suite", [OLD], forge("reseal " + name, [OLD], suite=suite),
                    suite_wanted=str(suite % 3 + 1))
    book.reseal("everything kept", "F 10.10: times, purpose, padding and bound fields", [NEW, OLD],
                forge("reseal everything", [OLD], context={**TASK, "extra": b"x"}, padded=True, purpose=1,
                      expires_at=SEALED_AT + 600), purpose="result", context={**TASK, "extra": b"x"})
    book.reseal("a part bound", "F 10.10: what was not bound is not bound then", [OLD],
                forge("reseal a part", [OLD], context={"queue": TASK["queue"]}), insist="queue")
    book.reseal("nothing bound", "F 10.10", [OLD], forge("reseal nothing", [OLD], context={}), insist="none")
    book.reseal("two pieces", "F 10.10", [OLD], forge("reseal two pieces", [OLD], long_payload(16500)[1]))
    book.reseal("empty", "F 10.10", [OLD], forge("reseal empty", [OLD], b""))
    book.reseal("bundle", "F 10.14: what could be sealed can be sealed anew", [OLD],
                forge("reseal bundle", [OLD], forge("reseal inner", [OLD])))


def add_keys(book):
    sealed = forge("reseal keys", [OLD])
    book.reseal("to the primary", "F 10.13: the first active key", [NEW, OPEN_ONLY], sealed)
    book.reseal("to the same key", "F 10.13", [OLD], sealed)
    book.reseal("to a named key", "F 10.13", [NEW, FAST, OLD], sealed, seal_to=["mail-k03"])
    book.reseal("to two named keys", "F 10.13", [NEW, FAST, OLD], sealed, seal_to=["mail-k03", "mail-k02"])
    book.reseal("from two stanzas to one", "F 10.13: the old stanzas go", [NEW, OLD],
                forge("reseal from two", [OLD, NEW]))
    old_window = make_key("mail-k01", not_before=SEALED_AT, not_after=SEALED_AT)
    book.reseal("window that holds the seal time only", "F 10.13: the seal time that is kept", [old_window], sealed)


def add_open_faults(book):
    """A complete opening comes first, so all its faults come."""
    sealed = forge("reseal faults", [OLD], expires_at=SEALED_AT + 100)
    size = len(sealed)
    other = layout.Key(OLD.id, 1, "active", random_bytes("another secret", 32))
    book.reseal("good twin of the faults", "F 10.10", [OLD], sealed)
    for name, keys, data, expect, fields in (
            ("plaintext", [OLD], b"{}", "not-sealed", {}),
            ("version 2", [OLD], sealed[:4] + b"\2" + sealed[5:], "unsupported-version", {}),
            ("cut", [OLD], sealed[:100], "malformed", {}),
            ("key not there", [NEW], sealed, "unknown-key", {}),
            ("key retired", [NEW, make_key("mail-k01", state="retired")], sealed, "key-retired", {}),
            ("key compromised", [NEW, make_key("mail-k01", state="compromised")], sealed, "key-compromised", {}),
            ("another secret", [other], sealed, "authentication-failed", {}),
            ("another purpose", [OLD], sealed, "wrong-purpose", {"purpose": "result"}),
            ("another queue", [OLD], sealed, "context-mismatch", {"context": {**TASK, "queue": b"sms"}}),
            ("no context", [OLD], sealed, "context-required", {"context": {}}),
            ("expired", [OLD], sealed, "expired", {"now": SEALED_AT + 100}),
            ("too old", [OLD], sealed, "expired", {"max_age": "1", "now": SEALED_AT + 2}),
            ("not yet valid", [OLD], sealed, "not-yet-valid", {"now": SEALED_AT - 301}),
            ("chunk changed", [OLD], sealed[:-1] + bytes([sealed[-1] ^ 1]), "damaged", {}),
            ("suite not allowed", [OLD], sealed, "suite-denied", {"suites": "2"}),
            ("last byte gone", [OLD], sealed[:size - 1], "damaged", {})):
        book.reseal(f"fault: {name}", "F 10.12: a complete opening", keys, data, expect, **fields)


def add_seal_faults(book):
    sealed = forge("reseal seal faults", [OLD])
    for name, keys, seal_to, expect in (
            ("no active key", [OPEN_ONLY], None, "key-not-active"),
            ("named key open-only", [OPEN_ONLY], ["mail-k01"], "key-not-active"),
            ("named key unknown", [OLD], ["mail-k02"], "unknown-key"),
            ("named key retired", [OLD, make_key("mail-k02", state="retired")], ["mail-k02"], "key-retired"),
            ("named key for dedupe tags", [OLD, make_key("mail-k02", "dedupe")], ["mail-k02"], "key-wrong-use"),
            ("new key of another queue", [make_key("mail-k02", queues=[b"sms"]), OPEN_ONLY], None,
             "key-wrong-queue"),
            ("new key younger than the seal time", [make_key("mail-k02", not_before=SEALED_AT + 1), OPEN_ONLY], None,
             "key-outside-window"),
            ("named twice", [OLD], ["mail-k01", "mail-k01"], "bad-argument")):
        book.reseal(f"no sealing: {name}", "F 10.13: as sealing with the seal time that is kept", keys, sealed, expect,
                    seal_to=seal_to)
