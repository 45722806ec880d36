# SPDX-License-Identifier: MIT
"""Long envelopes, opened in pieces: what is given out before the fault, and which of two faults is told."""

from chapters.chapter import Chapter, header_length, pieces
from forge import SEALED_AT, foreign, forge, long_payload, make_key, with_stanzas

X = make_key("mail-k01")
A = make_key("mail-k02", 2)
TAGS = {1: 16, 2: 16, 3: 32}
PIECE = 16384
LAST = 50


def chapter():
    book = Chapter("In pieces: what is released before a fault. Every header here is authentic.")
    for suite in TAGS:
        add_three_pieces(book, suite)
    add_exact(book)
    add_overlong(book)
    add_two_faults(book)
    add_headers(book)
    add_padded(book)
    return book


def add_three_pieces(book, suite):
    tag, base = TAGS[suite], f"three pieces, suite {suite}"
    sealed = forge(f"streams {suite}", [X], long_payload(2 * PIECE + LAST)[1], suite=suite)
    head, size, step = header_length(sealed), len(sealed), PIECE + tag
    second, third = head + step, head + 2 * step
    book.open(base, "F 6.7, F 15.5: every piece after its tag", [X], sealed)
    for name, end, expect in (
            ("behind the header", head, "malformed"), ("a byte behind the header", head + 1, "malformed"),
            ("a tag short of a byte behind the header", head + tag - 1, "malformed"),
            ("a tag behind the header", head + tag, "damaged"),
            ("before the end of the first chunk", second - 1, "damaged"),
            ("behind the first chunk", second, "malformed"),
            ("a tag short of a byte behind the first chunk", second + tag - 1, "malformed"),
            ("a tag behind the first chunk", second + tag, "damaged"), ("within the second", third - 100, "damaged"),
            ("behind the second chunk", third, "malformed"), ("before the last byte", size - 1, "damaged")):
        book.open(f"{base}: cut {name}", "F 6.6, F 15.5, F 15.6: no success without the short last piece", [X],
                  pieces(base, (0, end)), expect)
    for name, position in (("first byte of the first", head), ("last tag byte of the first", second - 1),
                           ("first byte of the second", second), ("last tag byte of the second", third - 1),
                           ("first byte of the last", third), ("last byte of all", size - 1)):
        book.open(f"{base}: {name} changed", "F 9.9, F 15.5, F 15.8: nothing of a piece whose tag fails", [X],
                  pieces(base, (0, position), bytes([sealed[position] ^ 0x10]), (position + 1, size)), "damaged")
    for name, tail in (("a byte appended", b"\0"), ("a tag appended", bytes(tag))):
        book.open(f"{base}: {name}", "F 2.2, F 15.6: to the end of the input", [X], pieces(base, (0, size), tail),
                  "damaged")
    book.open(f"{base}: the second twice", "F 6.4", [X], pieces(base, (0, third), (second, size)), "damaged")


def add_exact(book):
    for count in (1, 2):
        for suite in (2, 3):
            name = f"{count} full pieces and an empty last one, suite {suite}"
            sealed = forge(name, [X], long_payload(count * PIECE)[1], suite=suite)
            book.open(name, "F 6.3, F 15.5", [X], sealed)
            book.open(f"{name}: empty last one gone", "F 6.6, F 15.6", [X],
                      pieces(name, (0, len(sealed) - TAGS[suite])), "malformed")
            changed = len(sealed) - 1
            book.open(f"{name}: its tag changed", "F 9.9, F 15.6", [X],
                      pieces(name, (0, changed), bytes([sealed[changed] ^ 1])), "damaged")


def add_overlong(book):
    """A byte more than the longest last piece: it is a full chunk then, and nothing follows it."""
    for suite in TAGS:
        name = f"last piece of 16383 bytes, suite {suite}"
        sealed = forge(name, [X], long_payload(PIECE - 1)[1], suite=suite)
        book.open(name, "F 6.3", [X], sealed)
        for count, expect in ((1, "malformed"), (TAGS[suite], "malformed"), (TAGS[suite] + 1, "damaged")):
            book.open(f"{name}: {count} bytes appended", "F 6.6, F 15.5, F 15.6: in pieces the chunk is judged first", [X],
                      pieces(name, (0, len(sealed)), bytes(count)), expect)


def add_two_faults(book):
    """An opener in pieces sees the end last, so F 6.6 comes last there."""
    base = "two faults"
    sealed = forge(base, [X], long_payload(PIECE + LAST)[1], expires_at=SEALED_AT + 100)
    head = header_length(sealed)
    cut = (0, head + PIECE + 16)
    book.open(base, "F 15.4", [X], sealed)
    for name, keys, expression, fields in (
            ("first piece changed, end missing", [X],
             pieces(base, (0, head), bytes([sealed[head] ^ 1]), (head + 1, cut[1])), {}),
            ("unknown key, end missing", [A], pieces(base, cut), {}),
            ("expired, end missing", [X], pieces(base, cut), {"now": SEALED_AT + 100}),
            ("another purpose, end missing", [X], pieces(base, cut), {"purpose": "result"}),
            ("MAC wrong, end missing", [X],
             pieces(base, (0, head - 1), bytes([sealed[head - 1] ^ 1]), (head, cut[1])), {})):
        book.open(name, "F 15.4: in pieces F 6.6 is told last", keys, expression, "malformed", **fields)


def add_headers(book):
    full = with_stanzas(foreign("a", 0x10, 2048), foreign("b", 0x10, 3939 - 2 * 5 - 2048))
    sealed = forge("streams, full header", [X], long_payload(PIECE + LAST)[1], edit_stanzas=full)
    book.open("header of 4096 bytes and two pieces", "F 2.3, F 15.4", [X], sealed)
    over = with_stanzas(foreign("a", 0x10, 2048), foreign("b", 0x10, 3939 - 2 * 5 - 2048 + 1))
    book.open("header of 4097 bytes and two pieces", "F 2.3, F 15.4: no more than 4096 bytes are waited for", [X],
              forge("streams, header too long", [X], b"", edit_stanzas=over), "malformed")
    endless = forge("streams, endless", [X])
    endless = endless[:56] + b"\2" + endless[57:57 + 84] + bytes([0x10, 1]) + b"z" + b"\x08\x01" + bytes(5000)
    book.open("stanza that reaches past 4096 bytes", "F 4.5, F 15.4", [X], endless, "malformed")


def add_padded(book):
    for size in (100, 20000):
        book.open(f"padded, {size} bytes", "F 7.5, F 15.7: not in pieces", [X],
                  forge(f"streams, padded {size}", [X], long_payload(size)[1], padded=True))
    book.open("padded, key unknown", "F 15.7: told before any key is looked for", [A],
              forge("streams, padded, key unknown", [X], padded=True), "unknown-key")
