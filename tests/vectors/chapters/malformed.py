# SPDX-License-Identifier: MIT
"""Envelopes that the parser refuses. The commitment, the wraps and the MAC are right wherever they can be."""

import struct

from chapters.chapter import Chapter, pieces
from forge import PAYLOAD, SEALED_AT, TASK, foreign, forge, long_payload, make_key, with_stanzas
from layout import TIME_MAX, Stanza
from reference import text_encode

X = make_key("mail-k01")
A = make_key("mail-k02", 2)


def chapter():
    book = Chapter("Envelopes that no parser may take. Apart from the one fault they are authentic.")
    add_beginnings(book)
    add_preamble(book)
    add_times(book)
    add_stanza_list(book)
    add_stanza_fields(book)
    add_classes(book)
    add_limits(book)
    add_lengths(book)
    add_truncations(book)
    return book


def add_beginnings(book):
    good = forge("beginnings", [X])
    book.open("good twin of the beginnings", "F 2.1", [X], good)
    book.open("empty", "F 2.5", [X], b"", "not-sealed")
    for length in (1, 2, 3):
        book.open(f"first {length} of the magic", "F 2.6: never taken for plaintext", [X], good[:length],
                  "malformed")
    for position in range(4):
        changed = good[:position] + bytes([good[position] ^ 1]) + good[position + 1:]
        book.open(f"magic wrong at {position}", "F 2.8, F 3.2", [X], changed, "not-sealed")
    book.open("second byte alone wrong", "F 2.8: not a beginning of the magic", [X], b"\xc1\x55",
              "not-sealed")
    book.open("plaintext", "F 2.8", [X], PAYLOAD, "not-sealed")
    book.open("a byte before the magic", "F 2.2", [X], b"\0" + good, "not-sealed")
    book.open("text form", "F 2.7, F 8.6: only text functions decode text", [X], text_encode(good), "malformed")
    book.open("text prefix alone", "F 2.7", [X], b"tsl1.", "malformed")
    book.open("text prefix cut", "F 11.1: ordinary text", [X], b"tsl1", "not-sealed")
    book.open("text prefix in upper case", "F 8.3", [X], b"TSL1.", "not-sealed")
    book.open("magic alone", "F 2.9", [X], good[:4], "malformed")
    book.open("magic and version alone", "F 2.11", [X], good[:5], "malformed")
    book.open("magic, version and suite alone", "F 2.13", [X], good[:6], "malformed")


def add_preamble(book):
    for version in (0, 2, 255):
        name = f"version {version}"
        book.open(name, "F 2.10, F 3.3, F 16.1", [X], forge(name, [X], version=version), "unsupported-version")
    book.open("version 2, nothing more", "F 2.10 comes before F 2.11", [X], b"\xc1TSL\x02",
              "unsupported-version")
    for suite in (0, 4, 255):
        name = f"suite byte {suite}"
        book.open(name, "F 2.12, F 3.4, F 16.1", [X], forge(name, [X], suite_byte=suite), "unsupported-suite")
    book.open("suite 4, nothing more", "F 2.12 comes before F 2.13", [X], b"\xc1TSL\x01\x04",
              "unsupported-suite")
    for bit in (1, 2, 3):
        name = f"flag bit {bit}"
        book.open(name, "F 3.5: reserved", [X], forge(name, [X], flags=1 << bit), "malformed")
    for purpose in (4, 8, 15):
        name = f"purpose {purpose}"
        book.open(name, "F 3.6, F 16.1: no such purpose", [X], forge(name, [X], purpose=purpose), "malformed")
    for bit in (4, 5, 6, 7):
        name = f"bound bit {bit}"
        book.open(name, "F 3.7: reserved", [X], forge(name, [X], bound=7 | 1 << bit), "malformed")


def add_times(book):
    for name, sealed_at in (("sealed_at 0", 0), ("sealed_at too late", TIME_MAX + 1),
                            ("sealed_at of all ones", 2**64 - 1)):
        book.open(name, "F 1.7, F 3.8", [X], forge(name, [X], sealed_at=sealed_at), "malformed")
    for name, expires_at in (("expires when sealed", SEALED_AT), ("expires before sealed", SEALED_AT - 1),
                             ("expires at 1", 1), ("expires too late", TIME_MAX + 1),
                             ("expires at all ones", 2**64 - 1)):
        book.open(name, "F 3.9", [X], forge(name, [X], expires_at=expires_at), "malformed")


def add_stanza_list(book):
    book.open("no stanza", "F 4.1: 1 to 8", [X], forge("no stanza", []), "malformed")
    keys = [make_key(f"key{number}") for number in range(9)]
    book.open("nine stanzas", "F 4.1: 1 to 8", keys, forge("nine stanzas", keys), "malformed")
    good = forge("stanza count", [X])
    book.open("good twin of the stanza counts", "F 4.1", [X], good)
    for count in (0, 2, 9, 255):
        book.open(f"stanza count says {count}", "F 4.1: the number of stanzas", [X],
                  good[:56] + bytes([count]) + good[57:], "malformed")
    for name, ids in (("k-9 before k-10", ("k-9", "k-10")), ("aa before a", ("aa", "a")),
                      ("b before a", ("b", "a")), ("lower case before upper", ("a", "Z")),
                      ("last two swapped", ("a", "c", "b"))):
        keys = [make_key(key_id) for key_id in ids]
        book.open(name, "F 1.4, F 4.1: strictly ascending", keys,
                  forge(name, keys, edit_stanzas=lambda stanzas, ids=ids: sorted(
                      stanzas, key=lambda stanza: ids.index(stanza.key_id.decode()))), "malformed")
    book.open("one id twice", "F 4.1: no id occurs twice", [X],
              forge("one id twice", [X], edit_stanzas=lambda stanzas: stanzas * 2), "malformed")
    book.open("one id twice in two types", "F 4.1: whatever the types", [X],
              forge("one id twice in two types", [X, make_key("mail-k01", 2)]), "malformed")
    book.open("one id twice, one type unknown", "F 4.1: whatever the types", [X],
              forge("one id twice, one type unknown", [X], edit_stanzas=with_stanzas(foreign("mail-k01"))),
              "malformed")


def add_stanza_fields(book):
    for name, key_id in (("id of no bytes", b""), ("id with a space", b"k 1"), ("id with a NUL", b"k\0"),
                         ("id with a percent sign", b"k%1"), ("id with a backslash", b"k\\1"),
                         ("id with a line feed", b"k\n"), ("id with a tilde", b"k~"),
                         ("id with DEL", b"k\x7f"),
                         ("id beyond ASCII", b"k\xc3\xa4"), ("id with a bracket", b"k["),
                         ("id with a backtick", b"k`"), ("id with a comma", b"k,"),
                         ("id with an equals", b"k="),
                         *((f"id begins with {first:02x}", bytes([first]) + b"1") for first in b"._:/@+-")):
        book.open(name, "F 4.4", [X], forge(name, [X], edit_stanzas=with_id(key_id)), "malformed")
    for key, lengths in ((X, (0, 71, 73, 96)), (A, (0, 95, 97, 72))):
        for length in lengths:
            name = f"body of {length} in type {key.type:02x}"
            book.open(name, "F 4.3, F 4.5: exactly 72 in type 01, exactly 96 in type 02", [key],
                      forge(name, [key], edit_stanzas=with_body(length)), "malformed")
    for length in (0, 2049):
        name = f"unknown type with a body of {length}"
        book.open(name, "F 4.5: 1 to 2048", [X],
                  forge(name, [X], edit_stanzas=with_stanzas(foreign("a", 0x10, length))), "malformed")
    name = "skipped stanza with a bad id"
    book.open(name, "F 4.6: skipped only if its framing is right", [X],
              forge(name, [X], edit_stanzas=with_stanzas(foreign("-a"))), "malformed")


def with_id(key_id):
    return lambda stanzas: [Stanza(stanzas[0].type, key_id, stanzas[0].body)]


def with_body(length):
    return lambda stanzas: [Stanza(stanzas[0].type, stanzas[0].key_id,
                                   stanzas[0].body[:length].ljust(length, b"\0"))]


def add_classes(book):
    for name, others in (("anonymous beside shared", [foreign("z", 0x81, 80)]),
                         ("unknown anonymous beside shared", [foreign("z", 0xFF)]),
                         ("first anonymous type beside shared", [foreign("a", 0x80)])):
        book.open(name, "F 4.2: two classes", [X], forge(name, [X], edit_stanzas=with_stanzas(*others)),
                  "malformed")
    name = "two classes, both unknown"
    book.open(name, "F 4.2: also where the types are unknown", [X],
              forge(name, [], edit_stanzas=with_stanzas(foreign("a", 0x10), foreign("b", 0x90))), "malformed")
    for name, types in (("anonymous type 81", (0x81,)), ("anonymous type 80", (0x80,)),
                        ("anonymous type ff", (0xFF,)), ("two anonymous stanzas", (0x81, 0x90))):
        others = [foreign(f"k{position}", stanza_type) for position, stanza_type in enumerate(types)]
        book.open(name, "F 9.2: proves no sender", [X], forge(name, [], edit_stanzas=with_stanzas(*others)),
                  "class-denied")


def add_limits(book):
    # One more than "header of 4096 bytes" among the good ones.
    strangers = with_stanzas(foreign("a", 0x10, 2048), foreign("b", 0x10, 3939 - 2 * 5 - 2048 + 1))
    book.open("header of 4097 bytes", "F 2.3: at most 4096", [X],
              forge("header of 4097 bytes", [X], edit_stanzas=strangers), "malformed")


def add_lengths(book):
    for suite, tag in ((1, 16), (2, 16), (3, 32)):
        for length in (0, 1, tag - 1):
            name = f"suite {suite}, {length} bytes of chunks"
            book.open(name, "F 6.6: r is at least the tag", [X],
                      forge(name, [X], suite=suite, edit_chunks=lambda chunks,
                            length=length: chunks[:length]),
                      "malformed")
    twin = "good twin of the full piece"
    full = forge("full piece", [X], long_payload(16384)[1])
    book.open(twin, "F 6.3", [X], full)
    for name, missing in (("without its end", 16), ("with a cut end", 1)):
        book.open(f"full piece {name}", "F 6.6: the empty last piece is missing", [X],
                  pieces(twin, (0, len(full) - missing)), "malformed")
    for length in (0, 1, 255, 257, 271, 1025):
        name = f"padded stream of {length}"
        book.open(name, "F 7.3: at least 256 and its own Padme", [X],
                  forge(name, [X], flags=1, stream=(b"x\x80" + bytes(length))[:length]), "malformed")


def add_truncations(book):
    good = forge("cut", [X, A], context=TASK)
    book.open("good twin of the cuts", "F 2.1", [X, A], good)
    first, second = 57, 57 + 2 + 8 + 2 + 72
    end = second + 2 + 8 + 2 + 96
    for name, length in (("within flags", 7), ("within sealed_at", 15), ("after sealed_at", 16),
                         ("before the commitment", 24), ("within the commitment", 55),
                         ("before the count", 56), ("after the count", first), ("after the type", first + 1),
                         ("after the id length", first + 2), ("within the id", first + 5),
                         ("within the body length", first + 11), ("before the body", first + 12),
                         ("within the body", first + 50), ("after the first stanza", second),
                         ("after the stanzas", end), ("within the MAC", end + 15),
                         ("after the MAC", end + 16)):
        book.open(f"cut {name}", "F 2.13, F 4.8", [X, A], good[:length], "malformed")
    assert good[end + 16:] == good[-len(PAYLOAD) - 16:]
    longer = good[:first + 1] + b"\xff" + good[first + 2:]
    book.open("id length beyond the input", "F 2.4: no reading beyond the input", [X, A], longer, "malformed")
    longer = good[:first + 10] + struct.pack(">H", 0xFFFF) + good[first + 12:]
    book.open("body length beyond the input", "F 2.4", [X, A], longer, "malformed")
