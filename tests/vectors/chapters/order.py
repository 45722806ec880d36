# SPDX-License-Identifier: MIT
"""Two faults at once: the one that stands first in F 9 is told. Each vector is built so that it has all the
faults from its own step on, so every neighbouring pair is covered."""

import layout
from chapters.chapter import Chapter
from forge import SEALED_AT, TASK, forge, foreign, make_key, random_bytes, with_stanzas


def chapter():
    book = Chapter("Order: envelopes with several faults; the first by F 9 is the one that is told.")
    add_keys(book)
    add_policy(book)
    add_times(book)
    return book


def spoil(sealed):
    return sealed[:-1] + bytes([sealed[-1] ^ 1])


def add_keys(book):
    stranger = with_stanzas(foreign("a", 0x81))
    compromised = make_key("a", state="compromised")
    book.open("small buffer, anonymous class", "F 9.1 before F 9.2", [compromised],
              forge("order 1", [], edit_stanzas=stranger), "buffer-too-small", capacity="0")
    book.open("anonymous class, compromised", "F 9.2", [compromised],
              forge("order 2", [], edit_stanzas=stranger), "class-denied")
    book.open("compromised, retired", "F 9.2 before F 9.4",
              [make_key("mail-k01", state="retired"), make_key("mail-k02", state="compromised")],
              forge("order 3", [make_key("mail-k01"), make_key("mail-k02")]), "key-compromised")
    wrong = layout.Key(b"mail-k01", 1, "active", random_bytes("wrong", 32), queues=[b"sms"])
    book.open("another queue, another secret", "F 9.4 before F 9.5", [wrong], forge("order 4", [make_key(
        "mail-k01")]), "key-wrong-queue")
    wrong = layout.Key(b"mail-k01", 1, "active", random_bytes("wrong", 32), not_after=SEALED_AT - 1)
    book.open("another secret, outside the window", "F 9.5 before F 9.6", [wrong], forge("order 5", [make_key(
        "mail-k01")]), "authentication-failed")


def add_policy(book):
    """From the window down to the chunks, each vector mends one more fault."""
    late = make_key("mail-k01", not_after=SEALED_AT - 1)
    good = make_key("mail-k01")
    given = {"queue": b"sms", "type": TASK["type"], "extra": b"x"}
    sealed = spoil(forge("order 6", [good], suite=3, purpose=1, expires_at=SEALED_AT + 10))
    book.open("every fault from the window on", "F 9.6: window first", [late], sealed, "key-outside-window",
              context=given, suites="1")
    book.open("every fault from the allowed suites on", "F 9.6: then allowed suites", [good], sealed,
              "suite-denied",
              context=given, suites="1")
    book.open("every fault from the purpose on", "F 9.6: then available suites, then the purpose", [good],
              sealed, "wrong-purpose", context=given)
    book.open("every fault from insisting on", "F 9.6: then what is insisted on", [good], sealed,
              "context-mismatch", context=given, purpose="result")
    book.open("every fault from required fields on", "F 9.6: then what is required", [good], sealed,
              "context-required", context=given, purpose="result", insist="queue")
    book.open("every fault from the commitment on", "F 9.7 before F 9.8", [good], sealed, "context-mismatch",
              context={**given, "id": TASK["id"]}, purpose="result", insist="queue")
    book.open("expired, damaged", "F 9.8 before F 9.9", [good], sealed, "expired", purpose="result")
    book.open("damaged alone", "F 9.9 at last", [good], sealed, "damaged", purpose="result", now=SEALED_AT)


def add_times(book):
    good = make_key("mail-k01")
    sealed = spoil(forge("order 7", [good]))
    book.open("too early, damaged", "F 9.8 before F 9.9", [good], sealed, "not-yet-valid",
              now=SEALED_AT - 301)
    padded = spoil(forge("order 8", [good], flags=1, stream=bytes(256)))
    book.open("damaged, bad padding", "F 9.9", [good], padded, "damaged")
