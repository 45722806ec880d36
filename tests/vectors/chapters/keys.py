# SPDX-License-Identifier: MIT
"""Which key opens, and what cannot be unwrapped or authenticated."""

import hashlib

import layout
import primitives
from chapters.chapter import Chapter
from forge import SEALED_AT, foreign, forge, make_key, nonce_length, random_bytes, with_stanzas
from layout import Stanza

X = make_key("mail-k01")
A = make_key("mail-k02", 2)
OTHER = make_key("mail-k03")


def chapter():
    book = Chapter("Keys: lookup, states, queues, windows; wraps and header MACs that do not verify.")
    add_lookup(book)
    add_states(book)
    add_queues(book)
    add_windows(book)
    add_wrong_secrets(book)
    add_wrong_wraps(book)
    add_changed_headers(book)
    return book


def add_lookup(book):
    sealed = forge("lookup", [X])
    book.open("good twin of the lookups", "F 9.3", [X], sealed)
    book.open("no such id", "F 9.4", [OTHER], sealed, "unknown-key")
    for name, key in (("id longer", make_key("mail-k011")), ("id shorter", make_key("mail-k0")),
                      ("id in other case", make_key("Mail-k01"))):
        book.open(name, "F 9.3: ids are equal or not", [key], sealed, "unknown-key")
    other_type = layout.Key(X.id, 2, "active", X.secret)
    book.open("same id, other type", "F 5.4, F 9.3: id and type", [other_type], sealed, "unknown-key")
    other_type = layout.Key(A.id, 1, "active", A.secret)
    book.open("same id, other type, reversed", "F 5.4, F 9.3: id and type", [other_type],
              forge("lookup of type 02", [A]), "unknown-key")
    retired = layout.Key(X.id, 2, "retired")
    book.open("same id, other type, retired", "F 9.4: retired only where id and type match", [retired],
              sealed,
              "unknown-key")
    book.open("beside a type that a build may lack", "F 4.6, F 9.3", [X], forge("lookup beside type 02", [X, A]))
    book.open("a type that a build may lack, alone", "F 4.6, F 9.4", [X], forge("lookup of type 02 alone", [A]), "unknown-key")
    book.open("no queue bound, key with a list", "F 9.3: the queue that the opener gives",
              [make_key("mail-k01", queues=[b"mail"])], forge("lookup without a queue", [X], context={}), insist="none")
    book.open("no queue bound, key for another queue", "F 9.3, F 9.4: the queue that the opener gives",
              [make_key("mail-k01", queues=[b"sms"])], forge("lookup for another queue", [X], context={}),
              "key-wrong-queue", insist="none")
    book.open("unknown types only", "F 9.4", [X],
              forge("unknown types only", [], edit_stanzas=with_stanzas(foreign("mail-k01"))), "unknown-key")


def add_states(book):
    sealed = forge("states", [X, OTHER])
    retired = make_key("mail-k01", state="retired")
    compromised = make_key("mail-k01", state="compromised")
    book.open("good twin of the states", "F 5.5", [X], sealed)
    book.open("retired", "F 9.4", [retired], sealed, "key-retired")
    book.open("retired, of another queue", "F 9.4: retired is told first",
              [make_key("mail-k01", state="retired", queues=[b"sms"])], sealed, "key-retired")
    book.open("one retired, one of another queue", "F 9.4: retired is told first",
              [make_key("mail-k03", queues=[b"sms"]), retired], sealed, "key-retired")
    book.open("compromised", "F 9.2", [compromised], sealed, "key-compromised")
    book.open("compromised beside a good key", "F 9.2: whatever else would serve", [OTHER, compromised],
              sealed,
              "key-compromised")
    book.open("compromised, of another type", "F 9.2: whatever the types",
              [OTHER, layout.Key(X.id, 2, "compromised")], sealed, "key-compromised")
    book.open("compromised, named by an unknown type", "F 9.2: whatever the types",
              [X, make_key("a", state="compromised")],
              forge("compromised, named by an unknown type", [X], edit_stanzas=with_stanzas(foreign("a"))),
              "key-compromised")


def add_queues(book):
    sealed = forge("queues", [X])
    for name, queues in (("another queue", [b"sms"]), ("queue that begins alike", [b"mai", b"mailer"]),
                         ("queue in other case", [b"Mail"])):
        book.open(name, "F 5.5, F 9.4", [make_key("mail-k01", queues=queues)], sealed, "key-wrong-queue")
    unbound = {"id": b"task-0001"}
    book.open("no queue given to a key with a list", "F 5.5: only keys without a list are good",
              [make_key("mail-k01", queues=[b"mail"])], forge("no queue", [X], context=unbound),
              "key-wrong-queue", context=unbound)
    book.open("two keys of other queues", "F 9.4", [make_key("mail-k01", queues=[b"a"]),
                                                   make_key("mail-k03", queues=[b"b"])],
              forge("two keys of other queues", [X, OTHER]), "key-wrong-queue")


def add_windows(book):
    sealed = forge("windows", [X])
    for name, window in (("sealed before the window", {"not_before": SEALED_AT + 1}),
                         ("sealed after the window", {"not_after": SEALED_AT - 1}),
                         ("window of another year", {"not_before": SEALED_AT - 40_000_000,
                                                     "not_after": SEALED_AT - 30_000_000})):
        book.open(name, "F 5.2, F 9.6: the seal time", [make_key("mail-k01", **window)], sealed,
                  "key-outside-window")
    both = forge("windows of two", [X, OTHER])
    book.open("first candidate outside its window", "F 9.3: the choice is final",
              [make_key("mail-k01", not_after=SEALED_AT - 1), OTHER], both, "key-outside-window")


def add_wrong_secrets(book):
    wrong = layout.Key(X.id, 1, "active", random_bytes("another secret", 32))
    book.open("another secret", "F 9.5", [wrong], forge("another secret", [X]), "authentication-failed")
    wrong_2 = layout.Key(A.id, 2, "active", random_bytes("another secret", 32))
    book.open("another secret of type 02", "F 9.5", [wrong_2], forge("another secret of type 02", [A]),
              "authentication-failed")
    book.open("first candidate with another secret", "F 9.3: no trial decryption", [wrong, OTHER],
              forge("first candidate with another secret", [X, OTHER]), "authentication-failed")
    book.open("wrong key with a good commitment", "F 9.5: the wrap is not of this DEK", [X],
              forge("wrong key", [X], wrapped_dek=random_bytes("another DEK", 32)), "authentication-failed")


def rewrapped(name, key, wrapping_key=None, ad=None, nonce=None):
    """The good envelope of that name with its wrap made in another way; the MAC covers it."""
    def edit(stanzas):
        plain = forge(name, [key])
        parsed = layout.parse(plain)
        dek = random_bytes(name + "|dek", 32)
        aead = layout.WRAPS[key.type]
        used = nonce or parsed.stanzas[0].body[:nonce_length(key)]
        given = layout.wrap_ad(parsed.preamble, parsed.commitment, key.type, key.id)
        body = used + aead.encrypt(wrapping_key or key.wrapping_key(), used, ad(given) if ad else given, dek)
        return [Stanza(key.type, key.id, body)]
    return forge(name, [key], edit_stanzas=edit)


def add_wrong_wraps(book):
    """Honest MACs over wraps that a mistaken implementation could make."""
    label = b"taskseal1-wrap01"
    name = "wraps"
    book.open("good twin of the wraps", "F 5.9", [X], rewrapped(name, X))
    book.open("wrap under an all-zero nonce", "F 5.9: a reader takes the nonce as it is", [X],
              rewrapped(name, X, nonce=bytes(24)))
    for vector, rule, wrapping_key in (
            ("wrap under the bare KEK", "F 5.9", X.secret),
            ("wrap under the other type's label", "F 5.9",
             primitives.blake2b(X.secret, b"taskseal1-wrap02" + X.id, 32)),
            ("wrap under a label without the id", "F 5.9", primitives.blake2b(X.secret, label, 32)),
            ("wrap under a digest cut short", "F 1.5",
             primitives.blake2b(X.secret, label + X.id, 64)[:32]),
            ("wrap under an unkeyed digest", "F 1.5",
             hashlib.blake2b(X.secret + label + X.id, digest_size=32).digest()),
            ("wrap under a label in upper case", "F 5.9",
             primitives.blake2b(X.secret, b"taskseal1-WRAP01" + X.id, 32))):
        book.open(vector, rule, [X], rewrapped(name, X, wrapping_key=wrapping_key), "authentication-failed")
    for vector, ad in (("wrap with empty associated data", lambda ad: b""),
                       ("wrap without the preamble", lambda ad: ad[24:]),
                       ("wrap without the commitment", lambda ad: ad[:24] + ad[56:]),
                       ("wrap without type and length", lambda ad: ad[:56] + ad[58:]),
                       ("wrap without the id", lambda ad: ad[:58])):
        book.open(vector, "F 5.9: the associated data", [X], rewrapped(name, X, ad=ad),
                  "authentication-failed")


def flipped(data, position, bit=0):
    return data[:position] + bytes([data[position] ^ 1 << bit]) + data[position + 1:]


def add_changed_headers(book):
    """Bytes changed after sealing, without the DEK."""
    sealed = forge("changed", [X, A], expires_at=SEALED_AT + 3600)
    keys = [X, A]
    book.open("good twin of the changed headers", "F 9.5", keys, sealed)
    after_x, after_a = 57 + 84, 57 + 84 + 108
    for name, position, bit in (
            ("suite 01 made 02", 5, 1), ("purpose payload made result", 6, 4), ("queue unbound", 7, 0),
            ("extra bound", 7, 3), ("sealed_at moved", 15, 0), ("expires_at moved", 23, 0),
            ("commitment, first byte", 24, 7), ("commitment, last byte", 55, 0),
            ("nonce of the first stanza", 57 + 12, 0), ("DEK of the first stanza", 57 + 12 + 24, 0),
            ("tag of the first stanza", after_x - 1, 0), ("type 01 made unknown", 57 + 2 + 7, 1),
            ("other stanza's nonce", after_x + 12, 0), ("other stanza's tag", after_a - 1, 0),
            ("other stanza's id", after_x + 2 + 7, 0), ("header MAC, first byte", after_a, 0),
            ("header MAC, last byte", after_a + 15, 7)):
        changed = flipped(sealed, position, bit)
        if name == "suite 01 made 02":
            changed = sealed[:5] + b"\2" + sealed[6:]
        elif name == "type 01 made unknown":
            # The wrap for the first key is made useless, and the second opens: the MAC still tells.
            changed = sealed[:57] + b"\x10" + sealed[58:]
        book.open(f"changed: {name}", "F 9.5", keys, changed, "authentication-failed")
    book.open("changed: expiry removed", "F 9.5", keys, sealed[:16] + bytes(8) + sealed[24:],
              "authentication-failed")
    book.open("changed: first stanza removed", "F 5.12: the MAC covers every stanza", [A],
              sealed[:56] + b"\1" + sealed[after_x:], "authentication-failed")
    book.open("changed: stanza added", "F 5.12", keys,
              sealed[:56] + b"\3" + sealed[57:after_a] + foreign("z").encode() + sealed[after_a:],
              "authentication-failed")
    book.open("changed: header of another envelope", "F 5.12", keys,
              forge("another", keys, expires_at=SEALED_AT + 3600)[:57] + sealed[57:], "authentication-failed")
    for vector, mac in (("MAC of zeros", lambda mac: bytes(16)),
                        ("MAC under another DEK", lambda mac: random_bytes("another MAC", 16))):
        book.open(vector, "F 9.5", [X], forge(vector, [X], mac=mac), "authentication-failed")
    add_wrong_macs(book)
    padded = forge("padding unsaid", [X], bytes(200), padded=True)
    book.open("changed: padding unsaid", "F 9.5", [X], flipped(padded, 6), "authentication-failed")
    plain = forge("padding said", [X], bytes(256))
    book.open("changed: padding said", "F 9.5", [X], flipped(plain, 6), "authentication-failed")


def add_wrong_macs(book):
    name = "wrong MACs"
    good = layout.parse(forge(name, [X]))
    dek = random_bytes(name + "|dek", 32)
    for vector, rule, mac in (
            ("MAC cut from a longer digest", "F 1.5",
             primitives.blake2b(dek, b"taskseal1-header" + good.header, 32)[:16]),
            ("MAC under the chunk label", "F 5.12",
             primitives.blake2b(dek, b"taskseal1-chunks" + good.header, 16)),
            ("MAC without a label", "F 5.12", primitives.blake2b(dek, good.header, 16)),
            ("MAC without the preamble", "F 5.12",
             primitives.blake2b(dek, b"taskseal1-header" + good.header[24:], 16)),
            ("MAC with the chunks", "F 5.12",
             primitives.blake2b(dek, b"taskseal1-header" + good.header + good.chunks, 16))):
        book.open(vector, rule, [X], forge(name, [X], mac=lambda _, mac=mac: mac), "authentication-failed")
