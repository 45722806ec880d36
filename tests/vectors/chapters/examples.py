# SPDX-License-Identifier: MIT
"""The worked examples of the document, and the same without one of what makes them right."""

import example
from chapters.chapter import Chapter
from layout import Key
from reference import text_encode

ONE, TWO, THREE = map(example.envelope, (example.ONE, example.TWO, example.THREE))
REWRAPPED = dict(example.compute_rewrapped())["envelope"]
NOW = 1800000060


def chapter():
    book = Chapter("The worked examples of doc/format.md.")
    one, two = example.ONE, example.TWO
    book.open("first example", "F 5.13: every value is in the document", one.keys, ONE, context=one.context, now=NOW)
    book.open("first example, expired", "F 9.8", one.keys, ONE, "expired", context=one.context, now=one.times[1])
    book.look("first example, text form", "F 8.1", "text-decode", text_encode(ONE), "ok")
    book.look("first example, inspected", "F 3.1, F 2.1", "inspect", ONE, "ok")
    for key in two.keys:
        book.open(f"second example, opened by {key.id.decode()}", "F 5.13, F 4.1, F 7.1: two stanzas, padded, two chunks",
                  [key], TWO, context=two.context, now=NOW, purpose="result")
    book.open("second example, both keys", "F 9.3", two.keys, TWO, context=two.context, now=NOW, purpose="result")
    book.open("second example, as a payload", "F 3.6, F 9.6", two.keys, TWO, "wrong-purpose", context=two.context, now=NOW)
    book.open("third example", "F 6.3, F 6.4: suite 02, and a last chunk that is a tag alone", example.THREE.keys, THREE,
              context=example.THREE.context, now=NOW)
    book.open("first example, rewrapped", "F 10.7: to a key of the other type", [example.NEW_KEY], REWRAPPED,
              context=one.context, now=NOW)
    book.rewrap("first example, to be rewrapped", "F 10.7", [example.NEW_KEY, *one.keys], ONE, context=one.context, now=NOW)
    book.open("first example, another KEK", "F 9.5", [Key(b"mail-k01", 1, "active", bytes([1] * 32))], ONE,
              "authentication-failed", context=one.context, now=NOW)
    book.dedupe("tag of the first payload", "F 14.2", [example.DEDUPE_KEY], one.payload, queue=b"mail",
                type=b"password-reset", now=NOW)
    book.dedupe("tag of two fields", "F 14.3", [example.DEDUPE_KEY], b"", queue=b"mail", type=b"password-reset",
                unique=[b"ann@example.com", b""], now=NOW)
    return book
