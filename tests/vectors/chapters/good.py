# SPDX-License-Identifier: MIT
"""Envelopes that open."""

from chapters.chapter import Chapter
from forge import NOW, PAYLOAD, SEALED_AT, TASK, foreign, forge, long_payload, make_key, with_stanzas
from layout import ALPHANUMERIC, TIME_MAX

X = make_key("mail-k01")
A = make_key("mail-k02", 2)


def chapter():
    book = Chapter("Envelopes that open: every suite, stanza type, size, binding and limit.")
    add_sizes(book)
    add_long(book)
    add_context(book)
    add_preamble(book)
    add_stanzas(book)
    add_ids(book)
    add_header_limit(book)
    add_padding(book)
    add_keys(book)
    add_times(book)
    add_policy(book)
    return book


def add_sizes(book):
    for suite in (1, 2, 3):
        for key in (X, A):
            for size in (0, 1, 200):
                name = f"suite {suite} type {key.type} size {size}"
                book.open(name, "F 5, F 6: sealed as written", [key],
                          forge(name, [key], long_payload(size)[1],
                                                                           suite=suite))
    name = "payload that is an envelope"
    book.open(name, "F 11.5 concerns writers: a reader opens bundles", [X],
              forge(name, [X], forge("inner", [X])))


def add_long(book):
    for suite in (1, 2, 3):
        for size in (16383, 16384, 16385) if suite == 1 else (16384,):
            name = f"suite {suite} size {size}"
            book.open(name, "F 6.3: the last piece is always shorter than 16384 bytes", [X],
                      forge(name, [X], long_payload(size)[1], suite=suite))


def add_context(book):
    for bound in range(16):
        context = {field: value for bit, (field, value) in enumerate({**TASK, "extra": b"tenant 7"}.items())
                   if bound & 1 << bit}
        name = f"bound {bound:x}"
        book.open(name, "F 3.7, F 5.11: each set of bound fields", [X], forge(name, [X], context=context),
                  context=context)
    for name, context in (("binary context", {"queue": bytes(range(256)), "id": b"\0"}),
                          ("longest context", {"queue": b"q" * 65535, "extra": b"e" * 65535})):
        given = {field: f"{len(value)}*{value[:1].hex()}" if len(value) > 1000 else value
                 for field, value in context.items()}
        book.open(name, "F 5.11: 1 to 65535 bytes of any value", [X], forge(name, [X], context=context),
                  context=given)


def add_preamble(book):
    for number, purpose in enumerate(("payload", "result", "error-text", "reference")):
        name = f"purpose {purpose}"
        book.open(name, "F 3.6: each purpose, expected", [X], forge(name, [X], purpose=number),
                  purpose=purpose)
    for name, sealed_at, expires_at, now in (
            ("first second", 1, 0, 1), ("first second with expiry", 1, 2, 1),
            ("last second", TIME_MAX, 0, TIME_MAX), ("last expiry", SEALED_AT, TIME_MAX, NOW),
            ("latest seal and expiry", TIME_MAX - 1, TIME_MAX, TIME_MAX - 1)):
        book.open(name, "F 3.8, F 3.9: the limits of times", [X],
                  forge(name, [X], sealed_at=sealed_at, expires_at=expires_at), now=now)


def add_stanzas(book):
    for name, keys in (("two keys of one type", [X, make_key("mail-k03")]),
                       ("two keys of two types", [X, A])):
        sealed = forge(name, keys)
        book.open(name, "F 9.3: the keyring's first entry opens", keys, sealed)
        book.open(f"{name}, keyring reversed", "F 9.3: the keyring's order, not the envelope's", keys[::-1],
                  sealed)
        for key in keys:
            book.open(f"{name}, {key.id.decode()} alone", "F 4.6: any one key suffices", [key], sealed)
    keys = [make_key(f"key{number}", 1 + number % 2) for number in range(8)]
    book.open("eight stanzas", "F 4.1: at most eight", keys, forge("eight stanzas", keys))
    for name, other in (("unknown type before", foreign("a")), ("unknown type after", foreign("z")),
                        ("unknown type 00", foreign("a", 0x00)), ("unknown type 7f", foreign("a", 0x7F)),
                        ("unknown type 03", foreign("a", 0x03)),
                        ("shortest unknown body", foreign("a", 0x10, 1)),
                        ("longest unknown body", foreign("a", 0x10, 2048))):
        book.open(name, "F 4.5, F 4.6: an unknown type is skipped if another stanza serves", [X],
                  forge(name, [X], edit_stanzas=with_stanzas(other)))
    book.open("unknown type with an id of ours", "F 9.3: an entry serves a stanza of its own type only",
              [make_key("a"), X], forge("unknown type with an id of ours", [X],
                                        edit_stanzas=with_stanzas(foreign("a"))))


def add_ids(book):
    for name, ids in (("k-10 before k-9", ("k-10", "k-9")), ("a before aa before b", ("a", "aa", "b")),
                      ("upper case before lower", ("Z", "a")), ("digits before letters", ("9", "A")),
                      ("plus before minus", ("k+", "k-"))):
        keys = [make_key(key_id) for key_id in ids]
        book.open(name, "F 4.1: order by bytes, then the shorter first", keys[::-1], forge(name, keys))
    everything = "k" + "".join(map(chr, sorted(ALPHANUMERIC))) + "._:/@+-"
    for name, key_id in (("id of one byte", "0"), ("id of 255 bytes", "k" * 255),
                         ("id of every character", everything), ("id with a path", "team/mail:2027@eu")):
        key = make_key(key_id)
        book.open(name, "F 4.4: 1 to 255 of the permitted characters", [key], forge(name, [key]))


def add_header_limit(book):
    # preamble 24, commitment 32, count 1, our stanza 84, MAC 16: 3939 bytes are left for two strangers.
    strangers = with_stanzas(foreign("a", 0x10, 2048), foreign("b", 0x10, 3939 - 2 * 5 - 2048))
    book.open("header of 4096 bytes", "F 2.3: at most 4096", [X],
              forge("header of 4096 bytes", [X], edit_stanzas=strangers))


def add_padding(book):
    for size in (0, 1, 254, 255, 256, 271, 272, 1000, 1023, 16383):
        for suite in (1, 2, 3) if size in (0, 256) else (1,):
            name = f"padded {size} suite {suite}"
            book.open(name, "F 7.1: padded to max(256, Padme(L))", [X],
                      forge(name, [X], long_payload(size)[1], padded=True, suite=suite))
    for name, payload in (("padded payload that ends in padding", b"x\x80\0\0"),
                          ("padded payload of zeros", bytes(20)), ("padded payload of marks", b"\x80" * 20)):
        book.open(name, "F 7.4: the last 80 is the mark", [X], forge(name, [X], payload, padded=True))


def add_keys(book):
    sealed = forge("key states", [X, make_key("mail-k03")])
    other = make_key("mail-k03", state="retired")
    book.open("open-only key", "F 5.5: open-only opens", [make_key("mail-k01", state="open-only")],
              forge("open-only key", [X]))
    book.open("retired key beside a good one", "F 9.3: a retired entry is no candidate", [other, X], sealed)
    book.open("key of another queue beside a good one", "F 9.3: an entry of another queue is no candidate",
              [make_key("mail-k03", queues=[b"sms"]), X], sealed)
    book.open("compromised key that is not named", "F 9.2: only where the envelope names it",
              [make_key("mail-k09", state="compromised"), X], forge("compromised elsewhere", [X]))
    for name, queues in (("queue listed alone", [b"mail"]), ("queue listed among others", [b"sms", b"mail"])):
        key = make_key("mail-k01", queues=queues)
        book.open(name, "F 5.5: the list holds exactly these bytes", [key], forge(name, [key]))
    odd = make_key("mail-k01", queues=[b"a,b %\0"])
    context = {"queue": b"a,b %\0"}
    book.open("queue with odd bytes", "F 5.5: queues are bytes", [odd],
              forge("queue with odd bytes", [odd], context=context), context=context)
    for name, window in (("window begins at the seal time", {"not_before": SEALED_AT}),
                         ("window ends at the seal time", {"not_after": SEALED_AT}),
                         ("window of one second", {"not_before": SEALED_AT, "not_after": SEALED_AT})):
        key = make_key("mail-k01", **window)
        book.open(name, "F 5.2: both ends are inside", [key], forge(name, [key]))


def add_times(book):
    book.open("300 s in the future", "F 9.8: up to 300 s are forgiven", [X],
              forge("300 s in the future", [X]),
              now=SEALED_AT - 300)
    expiring = forge("expiring", [X], expires_at=SEALED_AT + 100)
    book.open("last second before expiry", "F 9.8, F 9.10: expired from expires_at on", [X], expiring,
              now=SEALED_AT + 99)
    book.open("maximum age reached", "F 9.8, F 9.10: expired only beyond the maximum age", [X], expiring,
              now=SEALED_AT + 50, max_age="50")
    book.open("maximum age in the future", "F 9.8: no age before the seal time", [X], expiring,
              now=SEALED_AT - 300, max_age="1")
    book.open("largest maximum age", "F 9.8: no overflow", [X], forge("largest maximum age", [X]),
              max_age=str(TIME_MAX))


def add_policy(book):
    for name, context, insist in (
            ("insists on a part", TASK, "queue type"), ("insists on nothing", TASK, "none"),
            ("gives more than is bound", {**TASK, "extra": b"tenant"}, "queue type id"),
            ("gives more and insists on nothing", {**TASK, "extra": b"tenant"}, "none")):
        book.open(name, "F 9.6: what is insisted on must be bound", [X], forge(name, [X]), context=context,
                  insist=insist)
    for suite in (1, 2, 3):
        name = f"only suite {suite} allowed"
        book.open(name, "F 9.6: allowed by the caller", [X], forge(name, [X], suite=suite), suites=str(suite))
    book.open("exact capacity", "F 9.1: the buffer holds p bytes", [X], forge("exact capacity", [X]),
              capacity=str(len(PAYLOAD)))
    book.open("exact capacity, padded", "F 9.1: padding included", [X],
              forge("exact capacity, padded", [X], padded=True), capacity="256")
