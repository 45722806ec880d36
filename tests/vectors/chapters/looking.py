# SPDX-License-Identifier: MIT
"""What is said of an input without a key: inspect, is-sealed and the text form."""

from chapters.chapter import Chapter
from forge import SEALED_AT, foreign, forge, make_key, with_stanzas
from reference import text_encode

X = make_key("mail-k01")
A = make_key("mail-k02", 2)
GOOD = forge("looking", [X])
TEXT = text_encode(GOOD)
ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def chapter():
    book = Chapter("Looking without a key: inspect, is-sealed, text form.")
    add_inspect(book)
    add_is_sealed(book)
    add_is_sealed_text(book)
    add_text(book)
    return book


def add_inspect(book):
    for name, data in (
            ("inspect: plain fields", GOOD),
            ("inspect: all fields", forge("inspect all", [X, A], suite=3, purpose=3, padded=True,
                                          expires_at=SEALED_AT + 9)),
            ("inspect: nothing bound", forge("inspect nothing bound", [A], context={}, suite=2)),
            ("inspect: unknown types", forge("inspect unknown", [X], edit_stanzas=with_stanzas(
                foreign("a"), foreign("z", 0x7F)))),
            ("inspect: anonymous class", forge("inspect anonymous", [], edit_stanzas=with_stanzas(
                foreign("a", 0x81), foreign("b", 0xFF)))),
            ("inspect: empty payload", forge("inspect empty", [X], b"")),
            ("inspect: longest id", forge("inspect longest id", [make_key("k" * 255)]))):
        book.look(name, "F 2.1, F 3.1: needs no key, trusts nothing", "inspect", data, "ok")
    cut = forge("inspect cut chunk", [X], b"")[:-1]
    for name, data, expect in (
            ("inspect: all of the envelope is parsed", cut, "malformed"),
            ("inspect: padding is part of the length", forge("inspect padded", [X], padded=True), "ok"),
            ("inspect: any class", forge("inspect any class", [], edit_stanzas=with_stanzas(foreign("a", 0x80))), "ok")):
        book.look(name, "F 11.6", "inspect", data, expect)
    for name, data, expect in (
            ("inspect: empty input", b"", "not-sealed"), ("inspect: plaintext", b"{}", "not-sealed"),
            ("inspect: cut", GOOD[:100], "malformed"), ("inspect: magic alone", GOOD[:4], "malformed"),
            ("inspect: text form", TEXT, "malformed"),
            ("inspect: version 9", GOOD[:4] + b"\x09" + GOOD[5:], "unsupported-version"),
            ("inspect: suite 9", GOOD[:5] + b"\x09" + GOOD[6:], "unsupported-suite"),
            ("inspect: reserved flag", GOOD[:6] + b"\x02" + GOOD[7:], "malformed")):
        book.look(name, "F 2.4: as the parser says", "inspect", data, expect)


def add_is_sealed(book):
    for name, data, expect in (
            ("empty", b"", "plain"), ("JSON", b'{"a":1}', "plain"), ("a NUL", b"\0", "plain"),
            ("c1 and another byte", b"\xc1\x00", "plain"), ("almost the magic", b"\xc1TSM", "plain"),
            ("first byte of the magic", b"\xc1", "broken"), ("two bytes", b"\xc1T", "broken"),
            ("three bytes", b"\xc1TS", "broken"), ("magic", b"\xc1TSL", "broken"),
            ("magic and version", b"\xc1TSL\x01", "broken"), ("magic and version 2", b"\xc1TSL\x02", "newer"),
            ("magic and version 0", b"\xc1TSL\x00", "newer"), ("suite 4", b"\xc1TSL\x01\x04", "newer"),
            ("suite 0", GOOD[:5] + b"\0" + GOOD[6:], "newer"), ("complete", GOOD, "sealed"),
            ("cut in the header", GOOD[:60], "broken"), ("cut to its header", GOOD[:157], "broken"),
            ("cut in the chunk", GOOD[:-1], "sealed"), ("damaged in the chunk", GOOD[:-1] + b"!", "sealed"),
            ("reserved bound bit", GOOD[:7] + b"\x87" + GOOD[8:], "broken"),
            ("anonymous class", forge("is anonymous", [], edit_stanzas=with_stanzas(foreign("a", 0x81))),
             "sealed"),
            ("a byte before", b" " + GOOD, "plain")):
        book.look(f"is-sealed: {name}", "F 11.1, F 11.2, F 11.4", "is-sealed", data, expect)


def add_is_sealed_text(book):
    newer = b"tsl1." + b"wVRTTAI"  # C1 54 53 4C 02
    for name, data, expect in (
            ("complete", TEXT, "sealed"), ("prefix alone", b"tsl1.", "broken"),
            ("prefix cut", b"tsl1", "plain"),
            ("one letter", b"t", "plain"), ("other prefix", b"tsl2." + TEXT[5:], "plain"),
            ("upper case", b"TSL1." + TEXT[5:], "plain"), ("space before", b" " + TEXT, "plain"),
            ("line feed behind", TEXT + b"\n", "broken"), ("padding behind", TEXT + b"=", "broken"),
            ("cut in the header", TEXT[:85], "broken"),
            ("a byte beyond ASCII", TEXT[:40] + b"\xff" + TEXT[41:], "broken"), ("version 2", newer, "newer"),
            ("version 2 with a line feed", newer + b"\n", "broken"),
            ("of plaintext", b"tsl1.aGVsbG8", "broken"),
            ("of nothing but the magic", b"tsl1.wVRTTA", "broken"),
            ("of a text form", b"tsl1.dHNsMS53VlJUVEE", "broken")):
        book.look(f"is-sealed, text: {name}", "F 11.1, F 11.3", "is-sealed", data, expect)


def add_text(book):
    for name, size in (("0", 40), ("1", 41), ("2", 42)):
        sealed = forge(f"text {name}", [X], bytes(size))
        book.look(f"text of length {len(sealed) % 3} modulo 3", "F 8.1", "text-decode", text_encode(sealed),
                  "ok")
    book.look("text of bytes that use the whole alphabet", "F 8.1", "text-decode", text_encode(
        forge("alphabet", [X], bytes(range(256)) * 4)), "ok")
    for name, data, expect in (("magic alone", b"wVRTTA", "malformed"),
                               ("version 2", b"wVRTTAI", "unsupported-version"),
                               ("suite 4", b"wVRTTAEE", "unsupported-suite"),
                               ("a cut envelope", TEXT[5:85], "malformed")):
        book.look(f"text of {name}", "F 8.4: what it holds is parsed", "text-decode", b"tsl1." + data, expect)
    for name, data in (
            ("space within", TEXT[:50] + b" " + TEXT[50:]), ("line feed behind", TEXT + b"\n"),
            ("line break within", TEXT[:81] + b"\r\n" + TEXT[81:]),
            ("space behind the prefix", TEXT[:5] + b" " + TEXT[5:]),
            ("NUL behind", TEXT + b"\0"), ("plus of other base64", TEXT[:-1] + b"+"),
            ("slash of other base64", TEXT[:-1] + b"/"),
            *((f"byte {byte:02x}", TEXT[:40] + bytes([byte]) + TEXT[41:])
              for byte in (0x7F, 0x80, 0xC1, 0xFF)),
            ("a full stop", TEXT[:40] + b"." + TEXT[41:])):
        book.look(f"text: {name}", "F 8.2: outside the alphabet", "text-decode", data, "malformed")
    for name, text in (("a bad character", b"wVRTTAI!"), ("unused bits", b"wVRTTAJ"), ("a character left", b"wVRTTAIAA"),
                       ("padding", b"wVRTTAI=")):
        book.look(f"text of version 2 with {name}", "F 8.2 before F 8.4", "text-decode", b"tsl1." + text, "malformed")
    add_text_room(book)
    add_text_ends(book)
    for name, text in (("nothing", b""), ("plaintext", b"aGVsbG8"), ("three bytes of the magic", b"wVRT"),
                       ("a text form", b"dHNsMS53VlJUVEE")):
        book.look(f"text of {name}", "F 8.4: not an envelope", "text-decode", b"tsl1." + text, "malformed")
    for name, data, expect in (
            ("binary form", GOOD, "malformed"), ("a piece of the magic", b"\xc1T", "malformed"),
            ("empty", b"", "not-sealed"), ("plaintext", b"hello", "not-sealed"),
            ("prefix cut", b"tsl1", "not-sealed"),
            ("prefix in upper case", b"TSL1." + TEXT[5:], "not-sealed"),
            ("space before", b" " + TEXT, "not-sealed")):
        book.look(f"text: {name}", "F 8.3, F 8.5", "text-decode", data, expect)


def add_text_room(book):
    for name, text, room, expect in (
            ("for it", TEXT, len(GOOD), "ok"), ("one short", TEXT, len(GOOD) - 1, "buffer-too-small"),
            ("one short, a bad character", TEXT[:-1] + b"!", len(GOOD) - 1, "buffer-too-small"),
            ("none, of version 2", b"tsl1.wVRTTAI", 0, "buffer-too-small"),
            ("none, a character left", TEXT + b"A" * (4 - (len(TEXT) - 6) % 4), 0, "malformed"),
            ("none, nothing follows the prefix", b"tsl1.", 0, "malformed"), ("none, plaintext", b"hello", 0, "not-sealed")):
        book.add(f"text: room {name}", "F 8.4: the number of characters, then the room, then all else", "text-decode", text,
                 expect, capacity=str(room))


def add_text_ends(book):
    """Texts of 0, 3 and 2 characters modulo 4, and what their ends must not be."""
    whole, two_left, three_left = (text_encode(forge("text ends", [X], bytes(size))) for size in (40, 41, 42))
    assert [len(text[5:]) % 4 for text in (whole, three_left, two_left)] == [0, 3, 2]
    for name, text in (("one character more", whole + b"A"), ("one character less", three_left[:-2])):
        book.look(f"text: {name}", "F 8.2: 1 modulo 4", "text-decode", text, "malformed")
    for name, text, added in (("lowest unused bit of 2", three_left, 1),
                              ("highest unused bit of 2", three_left, 2),
                              ("lowest unused bit of 4", two_left, 1),
                              ("highest unused bit of 4", two_left, 8)):
        last = ALPHABET[ALPHABET.index(text[-1:]) + added:][:1]
        book.look(f"text: {name}", "F 8.2: unused bits are zero", "text-decode", text[:-1] + last,
                  "malformed")
        book.look(f"is-sealed, text: {name}", "F 11.3", "is-sealed", text[:-1] + last, "broken")
    for name, text in (("one padding character", three_left + b"="),
                       ("two padding characters", two_left + b"=="),
                       ("padding after a whole", whole + b"=")):
        book.look(f"text: {name}", "F 8.2: no padding", "text-decode", text, "malformed")
