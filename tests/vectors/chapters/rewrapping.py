# SPDX-License-Identifier: MIT
"""Rewrap. A good record says which stanzas the result has; it is then opened like any envelope."""

import layout
from chapters.chapter import Chapter, pieces
from forge import SEALED_AT, foreign, forge, long_payload, make_key, random_bytes, with_stanzas

OLD = make_key("mail-k01")
NEW = make_key("mail-k02")
FAST = make_key("mail-k03", 2)


def chapter():
    book = Chapter("Rewrap: from one key to another without the context and without the payload.")
    add_good(book)
    add_selection(book)
    add_pairs(book)
    add_stanzas(book)
    add_room(book)
    add_parse(book)
    add_old_key(book)
    add_named_old_key(book)
    add_new_key(book)
    add_queues(book)
    add_windows(book)
    add_times(book)
    add_authentication(book)
    return book


def add_good(book):
    for suite in (1, 2, 3):
        for old, new in ((OLD, NEW), (OLD, FAST), (FAST, OLD)):
            name = f"suite {suite} from type {old.type:02x} to {new.type:02x}"
            book.rewrap(name, "F 3.11, F 4.7, F 10.7: nothing changes but the stanza and the MAC", [new, old],
                        forge(name, [old], suite=suite), from_key=old.id.decode(), to_key=new.id.decode())
    book.rewrap("padded and expiring", "F 10.7", [NEW, OLD],
                forge("padded and expiring", [OLD], padded=True, expires_at=SEALED_AT + 600),
                from_key="mail-k01", to_key="mail-k02")
    book.rewrap("two pieces", "F 10.7: chunks are copied", [NEW, OLD],
                forge("two pieces", [OLD], long_payload(16500)[1]), from_key="mail-k01", to_key="mail-k02")
    book.rewrap("result", "F 10.7: any purpose", [NEW, OLD], forge("rewrapped result", [OLD], purpose=1),
                from_key="mail-k01", to_key="mail-k02", purpose="result")
    book.rewrap("to itself", "F 10.9", [OLD], forge("to itself", [OLD]), from_key="mail-k01",
                to_key="mail-k01")
    book.rewrap("from an open-only key", "F 5.5", [NEW, make_key("mail-k01", state="open-only")],
                forge("from an open-only key", [OLD]), from_key="mail-k01", to_key="mail-k02")


def add_selection(book):
    sealed = forge("selection", [OLD])
    open_only = make_key("mail-k01", state="open-only")
    book.rewrap("no key named", "F 10.11: the first that the envelope names, to the first active one",
                [NEW, OLD], sealed)
    book.rewrap("no key named, old one first and not active", "F 10.11: the first active one", [open_only, NEW],
                sealed)
    book.rewrap("no old key named", "F 10.11: the first other than the new one", [NEW, OLD],
                forge("no old key named", [OLD, NEW]), to_key="mail-k02")
    book.rewrap("no old key named, only the new one there", "F 10.11: the new one refreshes its wrap", [OLD],
                sealed,
                to_key="mail-k01")
    book.rewrap("no new key named, first may not succeed", "F 10.11: the first active one that may succeed",
                [make_key("mail-k02"), make_key("mail-k03", queues=[b"mail"]),
                 make_key("mail-k01", state="open-only", queues=[b"mail"])], sealed)
    book.rewrap("no new key named, none active", "F 10.11", [open_only], sealed, "key-not-active")


def add_pairs(book):
    """No key is named: which two are taken."""
    other, open_only = make_key("mail-k02"), make_key("mail-k02", state="open-only")
    both = forge("pairs", [OLD, NEW])
    for name, keys in (("the first active, the other open-only", [OLD, open_only]),
                       ("the first active, behind the other", [open_only, OLD]), ("both active", [OLD, other])):
        book.rewrap(f"pair: {name}", "F 10.11: the new key is the first active one, and the other one goes", keys, both)
    book.rewrap("pair: the one that is there, before another active one", "F 10.9, F 10.11: the new key may be the old one",
                [OLD, other], forge("pair of one", [OLD]))
    listed = {key_id: make_key(key_id, queues=[b"mail", b"sms"]) for key_id in ("mail-k01", "mail-k03")}
    book.rewrap("pair: each of the envelope's keys for other queues", "F 10.11: the third is for the queues of the first",
                [listed["mail-k01"], other, listed["mail-k03"]], both)
    book.rewrap("pair: only with itself", "F 10.11: not with itself where another old key is there",
                [listed["mail-k01"], open_only], both, "key-wrong-queue")
    book.rewrap("pair: the same queues in another order", "F 10.11: equal as sets",
                [make_key("mail-k02", queues=[b"sms", b"mail"]), make_key("mail-k01", state="open-only",
                                                                          queues=[b"mail", b"sms"])],
                forge("pair of sets", [OLD]))
    sealed = forge("pair faults", [OLD])
    old, late = make_key("mail-k01", state="open-only"), {"not_before": SEALED_AT + 1}
    for name, new, expect in (
            ("fewer queues", make_key("mail-k02", queues=[b"mail"]), "key-wrong-queue"),
            ("fewer queues, outside its window", make_key("mail-k02", queues=[b"mail"], **late), "key-outside-window"),
            ("outside its window", make_key("mail-k02", **late), "key-outside-window")):
        book.rewrap(f"pair: new key for {name}", "F 10.11: F 10.4 is told first", [old, new], sealed, expect)
    book.rewrap("pair: new key for other queues, outside its window", "F 10.4, F 10.11: the queues first",
                [make_key("mail-k01", state="open-only", queues=[b"sms"]), make_key("mail-k02", queues=[b"mail"], **late)],
                sealed, "key-wrong-queue")
    book.rewrap("pair: the first active one's fault", "F 10.11", [make_key("mail-k03", **late), old, make_key(
        "mail-k02", queues=[b"mail"])], sealed, "key-outside-window")
    book.rewrap("pair: neither an old key nor a new one", "F 10.2 before F 10.11", [make_key("mail-k02", state="open-only")],
                sealed, "unknown-key")


def add_room(book):
    """Old and new key have ids and types of one length, so that the result is as long as the input."""
    named = {"from_key": "mail-k01", "to_key": "mail-k02"}
    sealed = forge("rewrap room", [OLD], expires_at=SEALED_AT + 100)
    short = {"capacity": str(len(sealed) - 1), **named}
    book.rewrap("room for the result", "F 10.7", [NEW, OLD], sealed, capacity=str(len(sealed)), from_key="mail-k01",
                to_key="mail-k02")
    book.rewrap("room for the result but one byte", "F 10.7", [NEW, OLD], sealed, "buffer-too-small", **short)
    book.rewrap("too little room, expired", "F 10.6 before F 10.7", [NEW, OLD], sealed, "expired", now=SEALED_AT + 100,
                **short)
    book.rewrap("too little room, old key outside its window", "F 10.6 before F 10.7",
                [NEW, make_key("mail-k01", not_after=SEALED_AT - 1)], sealed, "key-outside-window", **short)


def add_stanzas(book):
    third = make_key("mail-k05")
    book.rewrap("others are kept", "F 10.7", [NEW, OLD], forge("others are kept", [OLD, third]),
                from_key="mail-k01", to_key="mail-k02")
    book.rewrap("new key is there already", "F 10.7: one stanza for it", [NEW, OLD],
                forge("new key is there already", [OLD, NEW, third]), from_key="mail-k01", to_key="mail-k02")
    book.rewrap("unknown types are kept", "F 10.7: byte for byte", [NEW, OLD],
                forge("unknown types are kept", [OLD], edit_stanzas=with_stanzas(foreign("a"), foreign("z"))),
                from_key="mail-k01", to_key="mail-k02")
    book.rewrap("new id belongs to an unknown type", "F 10.7: any stanza with the new id is dropped",
                [NEW, OLD], forge("new id of another type", [OLD], edit_stanzas=with_stanzas(
                    foreign("mail-k02"))), from_key="mail-k01", to_key="mail-k02")
    keys = [make_key(f"key{number}") for number in range(8)]
    book.rewrap("eight stanzas", "F 4.1: eight stay eight", [NEW] + keys, forge("rewrap eight", keys),
                from_key="key7", to_key="mail-k02")
    for name, position in (("sorted to the front", "a"), ("sorted to the end", "z")):
        book.rewrap(name, "F 10.7: sorted anew", [make_key(position), OLD], forge(name, [OLD, third]),
                    from_key="mail-k01", to_key=position)
    full = with_stanzas(foreign("a", 0x10, 2048), foreign("b", 0x10, 3939 - 2 * 5 - 2048))
    sealed = forge("rewrap a full header", [OLD], edit_stanzas=full)
    book.rewrap("header of 4096 bytes stays", "F 2.3", [NEW, OLD], sealed, from_key="mail-k01",
                to_key="mail-k02")
    book.rewrap("header would grow to 4097 bytes", "F 10.7", [make_key("mail-k002"), OLD],
                pieces("header of 4096 bytes stays", (0, len(sealed))), "buffer-too-small",
                from_key="mail-k01", to_key="mail-k002")


def add_parse(book):
    named = {"from_key": "mail-k01", "to_key": "mail-k02"}
    book.rewrap("plaintext", "F 10.1", [OLD, NEW], b"plain", "not-sealed", **named)
    book.rewrap("version 2", "F 10.1", [OLD, NEW], forge("rewrap version 2", [OLD], version=2),
                "unsupported-version", **named)
    book.rewrap("suite 4", "F 10.1", [OLD, NEW], forge("rewrap suite 4", [OLD], suite_byte=4),
                "unsupported-suite", **named)
    book.rewrap("reserved flag", "F 10.1", [OLD, NEW], forge("rewrap reserved flag", [OLD], flags=2),
                "malformed", **named)
    book.rewrap("no chunks", "F 10.1", [OLD, NEW],
                forge("rewrap no chunks", [OLD], edit_chunks=lambda chunks: b""), "malformed", **named)
    book.rewrap("anonymous class", "F 10.1", [OLD, NEW],
                forge("rewrap anonymous", [], edit_stanzas=with_stanzas(foreign("mail-k01", 0x81))),
                "class-denied", **named)
    book.rewrap("compromised key named", "F 10.1", [OLD, NEW, make_key("mail-k05", state="compromised")],
                forge("rewrap compromised", [OLD, make_key("mail-k05")]), "key-compromised", **named)
    book.rewrap("from a compromised key", "F 10.1", [make_key("mail-k01", state="compromised"), NEW],
                forge("rewrap from compromised", [OLD]), "key-compromised", **named)


def add_old_key(book):
    sealed = forge("old key", [OLD])
    book.rewrap("good twin of the old keys", "F 10.2", [NEW, OLD], sealed, from_key="mail-k01",
                to_key="mail-k02")
    book.rewrap("old key not in the keyring", "F 10.2", [NEW], sealed, "unknown-key", from_key="mail-k01",
                to_key="mail-k02")
    book.rewrap("old key not in the envelope", "F 10.2", [NEW, OLD, make_key("mail-k05")], sealed,
                "unknown-key",
                from_key="mail-k05", to_key="mail-k02")
    book.rewrap("old key of another type", "F 10.2", [NEW, layout.Key(OLD.id, 2, "active", OLD.secret)],
                sealed, "unknown-key", from_key="mail-k01", to_key="mail-k02")
    book.rewrap("old key retired", "F 10.2", [NEW, make_key("mail-k01", state="retired")], sealed,
                "key-retired",
                from_key="mail-k01", to_key="mail-k02")
    book.rewrap("no old key named, it is retired", "F 10.2", [NEW, make_key("mail-k01", state="retired")],
                sealed, "key-retired", to_key="mail-k02")
    book.rewrap("no old key named, none there", "F 10.2", [NEW], sealed, "unknown-key", to_key="mail-k02")


def add_named_old_key(book):
    """The rule is applied to the named key alone."""
    sealed = forge("named old key", [OLD])
    spare = "mail-k05"
    for name, key, expect in (
            ("not in the keyring", make_key("mail-k06"), "unknown-key"), ("not in the envelope", make_key(spare), "unknown-key"),
            ("retired and not in the envelope", make_key(spare, state="retired"), "unknown-key"),
            ("compromised and not in the envelope", make_key(spare, state="compromised"), "unknown-key"),
            ("a dedupe key", make_key(spare, "dedupe"), "unknown-key")):
        book.rewrap(f"named old key {name}", "F 10.2: whatever other key would do", [NEW, OLD, key], sealed, expect,
                    from_key=spare, to_key="mail-k02")
    both = forge("named old key of two", [OLD, make_key("mail-k03")])
    book.rewrap("named old key retired, another one good", "F 10.2", [NEW, OLD, make_key("mail-k03", state="retired")], both,
                "key-retired", from_key="mail-k03", to_key="mail-k02")
    book.rewrap("named old key of another type", "F 5.4, F 10.2", [NEW, OLD, layout.Key(
        b"mail-k03", 2, "active", random_bytes("key|mail-k03", 32))], both, "unknown-key", from_key="mail-k03",
                to_key="mail-k02")
    book.rewrap("named old key not there, new one not there", "F 10.2 before F 10.3", [OLD, make_key(spare, state="retired")],
                forge("named old key, order", [OLD, make_key(spare)]), "key-retired", from_key=spare, to_key="mail-k09")


def add_new_key(book):
    sealed = forge("new key", [OLD])
    for state, expect in (("active", "key-wrong-use"), ("open-only", "key-wrong-use"), ("retired", "key-retired"),
                          ("compromised", "key-compromised")):
        book.rewrap(f"new key for dedupe tags, {state}", "F 10.3: in the order of F 5.14",
                    [OLD, make_key("mail-k02", "dedupe", state)], sealed, expect, from_key="mail-k01", to_key="mail-k02")
    for state, expect in (("open-only", "key-not-active"), ("retired", "key-retired"),
                          ("compromised", "key-compromised")):
        book.rewrap(f"new key {state}", "F 10.3", [OLD, make_key("mail-k02", state=state)], sealed, expect,
                    from_key="mail-k01", to_key="mail-k02")
    book.rewrap("new key not in the keyring", "F 10.3", [OLD], sealed, "unknown-key", from_key="mail-k01",
                to_key="mail-k02")
    book.rewrap("to itself, open-only", "F 10.3", [make_key("mail-k01", state="open-only")], sealed,
                "key-not-active", from_key="mail-k01", to_key="mail-k01")


def add_queues(book):
    mail, both = [b"mail"], [b"sms", b"mail"]
    for name, old, new, expect in (
            ("no list to a list", None, mail, "ok"), ("list to the same list", mail, mail, "ok"),
            ("list to a part of it", both, mail, "ok"), ("list to itself in another order", both, both[::-1],
                                                         "ok"),
            ("list to no list", mail, None, "key-wrong-queue"),
            ("list to a larger one", mail, both, "key-wrong-queue"),
            ("list to another", mail, [b"sms"], "key-wrong-queue"),
            ("list to one that overlaps", both, [b"mail", b"push"], "key-wrong-queue")):
        keys = [make_key("mail-k02", queues=new), make_key("mail-k01", queues=old)]
        book.rewrap(f"queues: {name}", "F 10.4: the new key's queues are a subset", keys,
                    forge(f"queues: {name}", [OLD]), expect, from_key="mail-k01", to_key="mail-k02")


def add_windows(book):
    sealed = forge("rewrap windows", [OLD])
    exact = {"not_before": SEALED_AT, "not_after": SEALED_AT}
    for name, old, new, expect in (
            ("both exact", exact, exact, "ok"),
            ("old begins later", {"not_before": SEALED_AT + 1}, {}, "key-outside-window"),
            ("old ended earlier", {"not_after": SEALED_AT - 1}, {}, "key-outside-window"),
            ("new begins later", {}, {"not_before": SEALED_AT + 1}, "key-outside-window"),
            ("new ended earlier", {}, {"not_after": SEALED_AT - 1}, "key-outside-window")):
        book.rewrap(f"windows: {name}", "F 10.6: no result that cannot be opened",
                    [make_key("mail-k02", **new), make_key("mail-k01", **old)], sealed, expect,
                    from_key="mail-k01", to_key="mail-k02")


def add_times(book):
    named = {"from_key": "mail-k01", "to_key": "mail-k02"}
    sealed = forge("rewrap times", [OLD], expires_at=SEALED_AT + 100)
    for name, now, expect in (("300 s in the future", SEALED_AT - 300, "ok"),
                              ("301 s in the future", SEALED_AT - 301, "not-yet-valid"),
                              ("last second", SEALED_AT + 99, "ok"), ("expired", SEALED_AT + 100, "expired")):
        book.rewrap(f"times: {name}", "F 10.6", [NEW, OLD], sealed, expect, now=now, **named)


def add_authentication(book):
    named = {"from_key": "mail-k01", "to_key": "mail-k02"}
    other = layout.Key(OLD.id, 1, "active", random_bytes("another secret", 32))
    book.rewrap("another secret", "F 10.5", [NEW, other], forge("rewrap another secret", [OLD]),
                "authentication-failed", **named)
    book.rewrap("MAC wrong", "F 10.5: verified before anything is built", [NEW, OLD],
                forge("rewrap MAC wrong", [OLD], mac=lambda mac: bytes(16)), "authentication-failed", **named)
    sealed = forge("rewrap changed", [OLD], expires_at=SEALED_AT + 100)
    book.rewrap("expiry moved", "F 10.5", [NEW, OLD], sealed[:23] + bytes([sealed[23] ^ 1]) + sealed[24:],
                "authentication-failed", **named)
    stranger = foreign("z").encode()
    end = 57 + 84
    book.rewrap("stanza added", "F 10.5: rewrap launders nothing", [NEW, OLD],
                sealed[:56] + b"\2" + sealed[57:end] + stranger + sealed[end:], "authentication-failed",
                **named)
