# SPDX-License-Identifier: MIT
"""Dedupe tags, and dedupe keys in places where they are of no use."""

import forge
from chapters.chapter import Chapter
from forge import PAYLOAD, SEALED_AT, make_key

KEY = make_key("dedupe-k01", "dedupe")
NEXT = make_key("dedupe-k02", "dedupe")
KEK = make_key("mail-k01")
PLACE = {"queue": b"mail", "type": b"password-reset"}


def chapter():
    book = Chapter("Dedupe tags.")
    add_tags(book)
    add_boundaries(book)
    add_choices(book)
    add_faults(book)
    add_elsewhere(book)
    add_all_different(book)
    return book


def add_tags(book):
    for name, payload in (("empty payload", b""), ("one byte", b"\0"), ("some payload", PAYLOAD),
                          ("long payload", forge.long_payload(40000)[0])):
        book.dedupe(name, "F 14.2, F 14.3: the payload to its end", [KEY], payload, **PLACE)
    for name, place in (("queue alone", {"queue": b"mail"}), ("type alone", {"type": b"mail"}), ("no place", {}),
                        ("longest queue", {"queue": "65535*71"}), ("longest type", {"type": "65535*71"}),
                        ("binary place", {"queue": b"\0\xff", "type": b"\0"})):
        book.dedupe(name, "F 14.4: an absent queue or type has length 0", [KEY], PAYLOAD, **place)
    for name, unique in (("one field", [b"ada@example.org"]), ("two fields", [b"ada@example.org", b"42"]),
                         ("two fields in another order", [b"42", b"ada@example.org"]), ("an empty field", [b""]),
                         ("two empty fields", [b"", b""]), ("long field", ["70000*61"]),
                         ("twenty fields", [bytes([number]) for number in range(20)])):
        book.dedupe(name, "F 14.3: with fields the payload is not looked at", [KEY], b"", unique=unique, **PLACE)


def add_boundaries(book):
    """Pairs that a careless encoding would give one tag; add_all_different compares them."""
    for name, place, payload, unique in (
            ("queue and type: ab, c", {"queue": b"ab", "type": b"c"}, b"", None),
            ("queue and type: a, bc", {"queue": b"a", "type": b"bc"}, b"", None),
            ("type and payload: c, d", {"type": b"c"}, b"d", None), ("payload: cd", {}, b"cd", None),
            ("fields: ab, c", {}, b"", [b"ab", b"c"]), ("fields: a, bc", {}, b"", [b"a", b"bc"]),
            ("fields: abc", {}, b"", [b"abc"]),
            ("payload that is an encoded field", {}, b"\0\0\0\3abc", None),
            ("payload that begins with 01", {}, b"\1\0\0\0\3abc", None)):
        book.dedupe(name, "F 14.2, F 14.3: no two inputs have one encoding", [KEY], payload, unique=unique, **place)


def add_choices(book):
    for name, keys in (("first of two", [NEXT, KEY]), ("behind a KEK", [KEK, NEXT]),
                       ("behind one of another queue", [make_key("d", "dedupe", queues=[b"sms"]), NEXT]),
                       ("behind an open-only one", [make_key("d", "dedupe", "open-only"), NEXT]),
                       ("behind one outside its window", [make_key("d", "dedupe", not_after=SEALED_AT - 1), NEXT])):
        book.dedupe(f"choice: {name}", "F 14.5: the first active one that is good for the queue", keys, b"choice",
                    now=SEALED_AT, **PLACE)
    book.dedupe("choice: named", "F 14.5", [NEXT, KEY], b"choice, named", dedupe_key="dedupe-k01", **PLACE)


def add_faults(book):
    for name, key, expect in (
            ("unknown", KEY, "unknown-key"), ("a KEK", make_key("named"), "key-wrong-use"),
            ("retired", make_key("named", "dedupe", "retired"), "key-retired"),
            ("compromised", make_key("named", "dedupe", "compromised"), "key-compromised"),
            ("open-only", make_key("named", "dedupe", "open-only"), "ok"),
            ("of another queue", make_key("named", "dedupe", queues=[b"sms"]), "key-wrong-queue"),
            ("not yet in its window", make_key("named", "dedupe", not_before=SEALED_AT + 1), "key-outside-window"),
            ("past its window", make_key("named", "dedupe", not_after=SEALED_AT - 1), "key-outside-window")):
        book.dedupe(f"named key is {name}", "F 14.5", [key], PAYLOAD, expect,
                    dedupe_key="named", now=SEALED_AT, **PLACE)
    for name, key, expect in (
            ("a KEK", KEK, "key-not-active"), ("open-only", make_key("d", "dedupe", "open-only"), "key-not-active"),
            ("of another queue", make_key("d", "dedupe", queues=[b"sms"]), "key-wrong-queue"),
            ("outside its window", make_key("d", "dedupe", not_after=SEALED_AT - 1), "key-outside-window")):
        book.dedupe(f"only key is {name}", "F 14.5", [key], PAYLOAD, expect, now=SEALED_AT, **PLACE)
    other = {"queues": [b"sms"], "not_after": SEALED_AT - 1}
    for name, keys, named, expect in (
            ("of another queue and past its window", [make_key("d", "dedupe", **other)], None, "key-wrong-queue"),
            ("named, of another queue and past its window", [make_key("d", "dedupe", **other)], "d", "key-wrong-queue"),
            ("past its window, the next of another queue", [make_key("d", "dedupe", not_after=SEALED_AT - 1),
                                                            make_key("e", "dedupe", queues=[b"sms"])], None,
             "key-outside-window"),
            ("a retired KEK, named", [make_key("d", state="retired")], "d", "key-retired"),
            ("an open-only KEK, named", [make_key("d", state="open-only")], "d", "key-wrong-use")):
        book.dedupe(f"two faults: {name}", "F 14.5: the first that is true", keys, PAYLOAD, expect, dedupe_key=named,
                    now=SEALED_AT, **PLACE)
    book.dedupe("two faults: empty queue, no key", "F 14.4 before F 14.5", [KEK], PAYLOAD, "bad-argument", queue=b"")
    book.dedupe("no queue given to a key with a list", "F 5.5, F 14.5",
                [make_key("d", "dedupe", queues=[b"mail"])], PAYLOAD, "key-wrong-queue", type=b"password-reset")
    for name, place in (("empty queue", {"queue": b""}), ("empty type", {"type": b""}),
                        ("queue too long", {"queue": "65536*71"}), ("type too long", {"type": "65536*71"})):
        book.dedupe(name, "F 14.4: 1 to 65535 bytes, or absent", [KEY], PAYLOAD, "bad-argument", **place)


def add_elsewhere(book):
    """Dedupe keys neither seal nor open, whatever an envelope names."""
    sealed = forge.forge("names a dedupe key", [make_key("dedupe-k01")])
    good = make_key("dedupe-k01")
    book.open("good twin of the dedupe keys", "F 14.1", [good], sealed)
    book.open("stanza with the id of a dedupe key", "F 14.1: no stanza has its type", [KEY], sealed, "unknown-key")
    book.open("stanza with the id of a retired dedupe key", "F 9.4, F 14.1",
              [make_key("dedupe-k01", "dedupe", "retired")], sealed, "unknown-key")
    book.open("stanza with the id of a compromised dedupe key", "F 9.2: whatever the types of both",
              [make_key("dedupe-k01", "dedupe", "compromised")], sealed, "key-compromised")
    book.rewrap("rewrap from a dedupe key", "F 10.2, F 14.1", [KEY, KEK], sealed, "unknown-key",
                from_key="dedupe-k01", to_key="mail-k01")
    book.rewrap("rewrap to a dedupe key", "F 10.3, F 14.1", [good, NEXT], sealed, "key-wrong-use",
                from_key="dedupe-k01", to_key="dedupe-k02")
    book.rewrap("rewrap past a dedupe key", "F 10.11, F 14.1: none that is not asked for", [NEXT, KEK, good], sealed)
    book.rewrap("rewrap with no key but a dedupe key", "F 10.11, F 14.1",
                [NEXT, make_key("dedupe-k01", state="open-only")], sealed, "key-not-active")


def add_all_different(book):
    tags = [record.get("tag") for record in book.records if record.get("tag")]
    same = [record.name for record in book.records if record.get("tag") and tags.count(record.get("tag")) > 1]
    expected = [name for name in same if name.startswith("choice-behind")]
    assert same == ["choice-first-of-two", *expected], f"one tag for different tasks: {same}"
