# SPDX-License-Identifier: MIT
"""Payloads that were changed after sealing, or sealed by a wrong rule, under a header that is right."""

import layout
import primitives
from chapters.chapter import Chapter, header_length, pieces, slug
from forge import PAYLOAD, TASK, forge, long_payload, make_key, random_bytes

X = make_key("mail-k01")
TAGS = {1: 16, 2: 16, 3: 32}
THREE_PIECES = "good twin: three pieces"


def chapter():
    book = Chapter("Damage: chunks and padding. Every header here is authentic.")
    add_short(book)
    for suite in (2, 3):
        add_two_pieces(book, suite)
    add_three_pieces(book)
    add_wrong_rules(book)
    add_wrong_numbers(book)
    add_padding(book)
    return book


def add_short(book):
    for suite, tag in TAGS.items():
        name = f"short, suite {suite}"
        sealed = forge(name, [X], suite=suite)
        size = len(sealed)
        book.open(f"good twin: {name}", "F 9.9", [X], sealed)
        for fault, position in (("first byte", size - tag - len(PAYLOAD)), ("last byte", size - tag - 1),
                                ("tag, first byte", size - tag), ("tag, last byte", size - 1)):
            changed = sealed[:position] + bytes([sealed[position] ^ 1]) + sealed[position + 1:]
            book.open(f"{name}: {fault} changed", "F 6.8, F 9.9: everything or nothing", [X], changed, "damaged")
        start = size - tag - len(PAYLOAD)
        for fault, changed in (("cut by a byte", sealed[:-1]), ("a byte appended", sealed + b"\0"),
                               ("a tag's worth appended", sealed + bytes(tag)),
                               ("first byte gone", sealed[:start] + sealed[start + 1:]),
                               ("cut to a bare tag", sealed[:start] + sealed[-tag:]),
                               ("chunk of another envelope", sealed[:start]
                                + forge(f"another {name}", [X], suite=suite)[start:])):
            book.open(f"{name}: {fault}", "F 9.9", [X], changed, "damaged")
        empty = forge(f"empty, suite {suite}", [X], b"", suite=suite)
        book.open(f"empty, suite {suite}: tag changed", "F 9.9: an empty payload is authentic too", [X],
                  empty[:-1] + bytes([empty[-1] ^ 0x80]), "damaged")


def add_two_pieces(book, suite):
    tag, base = TAGS[suite], f"good twin: two pieces, suite {suite}"
    sealed = forge(base, [X], long_payload(16384 + 100)[1], suite=suite)
    head, size = header_length(sealed), len(sealed)
    second = head + 16384 + tag
    book.open(base, "F 6.3", [X], sealed)
    for fault, expression in (
            ("first piece changed", pieces(base, (0, head), bytes([sealed[head] ^ 1]), (head + 1, size))),
            ("second piece changed", pieces(base, (0, second), bytes([sealed[second] ^ 1]),
                                            (second + 1, size))),
            ("first tag changed", pieces(base, (0, second - 1), bytes([sealed[second - 1] ^ 1]),
                                         (second, size))),
            ("first piece gone", pieces(base, (0, head), (second, size))),
            ("second piece cut to a bare tag", pieces(base, (0, second), (size - tag, size))),
            ("second piece twice", pieces(base, (0, size), (second, size)))):
        book.open(f"two pieces, suite {suite}: {fault}", "F 9.9", [X], expression, "damaged")


def add_three_pieces(book):
    base = THREE_PIECES
    sealed = forge(base, [X], long_payload(2 * 16384 + 50)[1])
    head, size = header_length(sealed), len(sealed)
    second, third = head + 16400, head + 2 * 16400
    book.open(base, "F 6.3", [X], sealed)
    book.open("three pieces: last gone", "F 6.6: the end is missing", [X], pieces(base, (0, third)),
              "malformed")
    for fault, expression in (
            ("first changed", pieces(base, (0, head), bytes([sealed[head] ^ 1]), (head + 1, size))),
            ("second changed", pieces(base, (0, second), bytes([sealed[second] ^ 1]), (second + 1, size))),
            ("second tag changed", pieces(base, (0, third - 1), bytes([sealed[third - 1] ^ 1]),
                                          (third, size))),
            ("last changed", pieces(base, (0, third), bytes([sealed[third] ^ 1]), (third + 1, size))),
            ("last cut to a bare tag", pieces(base, (0, third), (size - 16, size))),
            ("last twice", pieces(base, (0, size), (third, size))),
            ("first two exchanged", pieces(base, (0, head), (second, third), (head, second), (third, size))),
            ("first twice", pieces(base, (0, second), (head, second), (second, size))),
            ("first in place of the second", pieces(base, (0, second), (head, second), (third, size))),
            ("second gone", pieces(base, (0, second), (third, size))),
            ("first gone", pieces(base, (0, head), (second, size))),
            ("cut to the first and the last", pieces(base, (0, second), (third, size))),
            ("cut within the second", pieces(base, (0, second + 500)))):
        book.open(f"three pieces: {fault}", "F 6.4, F 9.9", [X], expression, "damaged")


def chunked(name, encrypt, payload=PAYLOAD, **arguments):
    """An envelope whose one chunk is made by encrypt(aead, payload key, dek, piece)."""
    suite = arguments.get("suite", 1)
    dek = random_bytes(name + "|dek", 32)

    def edit(_):
        parsed = layout.parse(forge(name, [X], payload, **arguments))
        key, _ = layout.derive(dek, parsed.preamble, layout.encode_context(TASK, 7))
        return encrypt(layout.SUITES[suite], key, dek, payload)
    return forge(name, [X], payload, edit_chunks=edit, **arguments)


def add_wrong_rules(book):
    """Chunks as a mistaken implementation could make them."""
    name = "chunk rules"
    book.open("good twin of the chunk rules", "F 6.4", [X], chunked(
        name, lambda aead, key, dek, piece: aead.encrypt(key, bytes(aead.nonce_length), b"", piece)))
    for fault, rule, encrypt in (
            ("chunk with associated data", "F 6.4: it is empty",
             lambda aead, key, dek, piece: aead.encrypt(key, bytes(12), b"taskseal", piece)),
            ("chunk counted from 1", "F 6.4",
             lambda aead, key, dek, piece: aead.encrypt(key, bytes(11) + b"\1", b"", piece)),
            ("chunk with a mark of the last", "F 6.4: no flag",
             lambda aead, key, dek, piece: aead.encrypt(key, b"\1" + bytes(11), b"", piece)),
            ("chunk under the DEK", "F 5.10",
             lambda aead, key, dek, piece: aead.encrypt(dek, bytes(12), b"", piece)),
            ("chunk under a digest cut short", "F 1.5",
             lambda aead, key, dek, piece: aead.encrypt(
                 primitives.blake2b(dek, b"taskseal1-chunks", 64)[:32], bytes(12), b"", piece)),
            ("chunk of another suite", "F 6.1",
             lambda aead, key, dek, piece: primitives.Aes256GcmAead.encrypt(key, bytes(12), b"", piece))):
        book.open(fault, rule, [X], chunked(name, encrypt), "damaged")
    book.open("suite 3 chunk with a narrow number", "F 6.4: as wide as the nonce", [X], chunked(
        "narrow", lambda aead, key, dek, piece: aead.encrypt(key, bytes(11) + b"\1" + bytes(20), b"", piece),
        suite=3), "damaged")


def add_wrong_numbers(book):
    """The first two pieces of the base, with the second numbered from the wrong end."""
    sealed = book.sealed[slug(THREE_PIECES)]
    parsed = layout.parse(sealed)
    key, _ = layout.derive(random_bytes(THREE_PIECES + "|dek", 32), parsed.preamble,
                              layout.encode_context(TASK, 7))
    end = parsed.header_length() + 16400
    for name, nonce, expect in (("big-endian", bytes(11) + b"\1", "ok"),
                                ("little-endian", b"\1" + bytes(11), "damaged")):
        chunk = primitives.ChaCha20Poly1305Aead.encrypt(key, nonce, b"", long_payload(16384 + 20)[1][16384:])
        book.open(f"second chunk with a {name} number", "F 1.2, F 6.4", [X],
                  pieces(THREE_PIECES, (0, end), chunk), expect)


def add_padding(book):
    for name, stream in (("mark wrong", b"x" * 100 + b"\x81" + bytes(155)),
                         ("mark missing", b"x" * 256), ("stream of zeros", bytes(256)),
                         ("stray byte behind the mark", b"x" * 100 + b"\x80" + bytes(154) + b"\1"),
                         ("mark at 256 of 272", b"x" * 255 + b"\x80" + bytes(16)),
                         ("mark at 1 of 272", b"\x80" + bytes(271)),
                         ("mark at 272 of 288", b"x" * 271 + b"\x80" + bytes(16)),
                         ("mark at 512 of 544", b"x" * 511 + b"\x80" + bytes(32)),
                         # 512 and 1024 round in larger steps than the lengths just below them.
                         ("mark at 496 of 512", b"x" * 495 + b"\x80" + bytes(16)),
                         ("mark at 481 of 512", b"x" * 480 + b"\x80" + bytes(31)),
                         ("mark at 992 of 1024", b"x" * 991 + b"\x80" + bytes(32)),
                         ("mark half set", b"x" * 100 + b"\x40" + bytes(155))):
        book.open(f"padding: {name}", "F 7.4", [X], forge(name, [X], flags=1, stream=stream), "damaged")
    for name, stream in (("mark at 257 of 272", b"x" * 256 + b"\x80" + bytes(15)),
                         ("mark at 497 of 512", b"x" * 496 + b"\x80" + bytes(15)),
                         ("mark at 993 of 1024", b"x" * 992 + b"\x80" + bytes(31)),
                         ("mark at 272 of 272", b"x" * 271 + b"\x80"),
                         ("mark at 256 of 256", b"x" * 255 + b"\x80")):
        book.open(f"padding, good twin: {name}", "F 7.4", [X], forge(name, [X], flags=1, stream=stream))
    padded = forge("padded chunk", [X], padded=True)
    book.open("padding: chunk changed", "F 9.9 comes before F 7.4", [X],
              padded[:-20] + bytes([padded[-20] ^ 1]) + padded[-19:], "damaged")
