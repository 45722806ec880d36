# SPDX-License-Identifier: MIT
"""What may be done with envelopes: open, rewrap, text form, is-sealed (sealing.py and pieces.py have the rest).
Written from doc/format.md alone.

This and layout.py share no code and no primitive with the C library. They favour likeness to the text over
speed, run nothing in constant time and wipe nothing: they check vectors, they protect no secrets. Every
refusal is a Refused with the short name of the library's error.
"""

import base64
from dataclasses import dataclass, field

from layout import (
    ALPHANUMERIC, DEDUPE, FIELDS, HEADER_MAX, LEEWAY, TEXT_PREFIX, WRAPS, Envelope, Refused, assemble, decrypt_chunks,
    derive, encode_context, header_mac, looks_plain, parse, require, unpad, unwrap, wrap)

# ---- Opening (F 9) -------------------------------------------------------------------------------------


@dataclass
class Opener:
    """What the caller of open gives. `lacking` names the algorithms that the build is without."""

    keys: list
    now: int
    context: dict = field(default_factory=dict)
    insist: frozenset = None  # None: every field given
    purpose: int = 0
    suites: frozenset = None  # None: every suite
    max_age: int = 0
    capacity: int = None  # None: whatever is needed
    lacking: frozenset = frozenset()


@dataclass
class Opened:
    payload: bytes
    message_id: bytes
    key_id: bytes
    envelope: Envelope


def check_keyring(keys, lacking):
    require(not ("aegis256" in lacking and any(key.type == 2 for key in keys)), "suite-unavailable")


def refuse_by_stanza(envelope, keys):
    """Step 2: what no key can mend."""
    require(not any(stanza.anonymous() for stanza in envelope.stanzas), "class-denied")
    named = {stanza.key_id for stanza in envelope.stanzas}
    require(not any(key.state == "compromised" and key.id in named for key in keys), "key-compromised")


def stanza_of(envelope, key):
    for stanza in envelope.stanzas:
        if stanza.key_id == key.id and stanza.type == key.type:
            return stanza
    return None


def choose_key(envelope, keys, queue):
    """Step 3: the first candidate in the keyring's order is final."""
    matches = [key for key in keys if stanza_of(envelope, key)]
    for key in matches:
        if key.may_open() and key.serves(queue):
            return key
    require(not any(key.state == "retired" for key in matches), "key-retired")
    require(not matches, "key-wrong-queue")
    raise Refused("unknown-key")


def unwrap_and_verify(envelope, key):
    """Steps 4 and 5: one error for both."""
    dek = unwrap(key, stanza_of(envelope, key), envelope.preamble, envelope.commitment)
    require(header_mac(dek, envelope.header) == envelope.mac, "authentication-failed")
    return dek


def check_suite_there(suite, lacking):
    require({2: "aes256gcm", 3: "aegis256"}.get(suite) not in lacking, "suite-unavailable")


def check_policy(envelope, key, opener):
    """Step 6."""
    require(key.in_window(envelope.sealed_at), "key-outside-window")
    require(opener.suites is None or envelope.suite in opener.suites, "suite-denied")
    check_suite_there(envelope.suite, opener.lacking)
    require(envelope.purpose == opener.purpose, "wrong-purpose")
    bound = {name for bit, name in enumerate(FIELDS) if envelope.bound & 1 << bit}
    insist = set(opener.context) if opener.insist is None else opener.insist
    require(insist <= bound, "context-mismatch")
    require(bound <= set(opener.context), "context-required")


def check_times(envelope, now, max_age=0):
    """Step 8. An expiry is reached at its own second; a maximum age is passed one second later."""
    require(envelope.sealed_at <= now + LEEWAY, "not-yet-valid")
    require(envelope.expires_at == 0 or now < envelope.expires_at, "expired")
    require(max_age == 0 or now - envelope.sealed_at <= max_age, "expired")


def check_opener(opener):
    check_keyring(opener.keys, opener.lacking)
    require(all(1 <= len(value) <= 65535 for value in opener.context.values()), "bad-argument")
    require((opener.insist or frozenset()) <= set(opener.context), "bad-argument")


def admit(envelope, opener):
    """Steps 2 to 8: all that comes before the chunks. The payload key, the message id and the key that opened."""
    refuse_by_stanza(envelope, opener.keys)
    key = choose_key(envelope, opener.keys, opener.context.get("queue"))
    dek = unwrap_and_verify(envelope, key)
    check_policy(envelope, key, opener)
    payload_key, commitment = derive(dek, envelope.preamble, encode_context(opener.context, envelope.bound))
    require(commitment == envelope.commitment, "context-mismatch")
    check_times(envelope, opener.now, opener.max_age)
    return payload_key, commitment, key


def open_envelope(data, opener):
    check_opener(opener)
    envelope = parse(data)
    require(opener.capacity is None or opener.capacity >= envelope.stream_length, "buffer-too-small")
    payload_key, commitment, key = admit(envelope, opener)
    stream = decrypt_chunks(envelope.suite, payload_key, envelope.chunks)
    return Opened(unpad(stream) if envelope.padded else stream, commitment, key.id, envelope)


# ---- Rewrapping (F 10) ---------------------------------------------------------------------------------


@dataclass
class Rewrapper:
    keys: list
    now: int
    from_key: bytes = None
    to_key: bytes = None
    capacity: int = None  # None: whatever is needed
    lacking: frozenset = frozenset()


def by_id(keys, key_id):
    for key in keys:
        if key.id == key_id:
            return key
    raise Refused("unknown-key")


def choose_old_key(envelope, rewrapper, new_key):
    """The one named, or the first that the envelope names and that may open; the new key comes last."""
    if rewrapper.from_key is not None:
        matches = [by_id(rewrapper.keys, rewrapper.from_key)]
    else:
        matches = sorted(rewrapper.keys, key=lambda key: key.id == new_key)
    matches = [key for key in matches if stanza_of(envelope, key)]
    for key in matches:
        if key.may_open():
            return key
    require(not any(key.state == "retired" for key in matches), "key-retired")
    raise Refused("unknown-key")


def may_succeed(old, new):
    """A key with a queue list never passes to one that is good for more."""
    return old.queues is None or (new.queues is not None and set(new.queues) <= set(old.queues))


def check_successor(envelope, old, new):
    """F 10.3, F 10.4. Outside the new key's window the result could not be opened by anyone."""
    require(new.state not in ("retired", "compromised"), "key-" + new.state)
    require(new.type != DEDUPE, "key-wrong-use")
    require(new.state == "active", "key-not-active")
    require(may_succeed(old, new), "key-wrong-queue")
    require(new.in_window(envelope.sealed_at), "key-outside-window")


def choose_keys(envelope, rewrapper):
    """The new key is the one named, or the first active one that may succeed the old one; if none may, what keeps
    the first from it."""
    if rewrapper.to_key is not None:
        old = choose_old_key(envelope, rewrapper, rewrapper.to_key)
        new = by_id(rewrapper.keys, rewrapper.to_key)
        check_successor(envelope, old, new)
        return old, new
    choose_old_key(envelope, rewrapper, None)
    faults = []
    for new in rewrapper.keys:
        if new.state == "active" and new.type != DEDUPE:
            old = choose_old_key(envelope, rewrapper, new.id)
            try:
                check_successor(envelope, old, new)
                require(may_succeed(new, old), "key-wrong-queue")  # good for the same queues
                return old, new
            except Refused as fault:
                faults.append(fault)
    raise faults[0] if faults else Refused("key-not-active")


def rewrap(data, rewrapper, random):
    check_keyring(rewrapper.keys, rewrapper.lacking)
    envelope = parse(data)
    refuse_by_stanza(envelope, rewrapper.keys)
    old, new = choose_keys(envelope, rewrapper)
    dek = unwrap_and_verify(envelope, old)
    check_times(envelope, rewrapper.now)
    require(old.in_window(envelope.sealed_at), "key-outside-window")
    stanzas = [stanza for stanza in envelope.stanzas if stanza.key_id not in (old.id, new.id)]
    stanzas.append(wrap(new, random[:WRAPS[new.type].nonce_length], dek, envelope.preamble,
                        envelope.commitment))
    stanzas.sort(key=lambda stanza: stanza.key_id)
    rewrapped = assemble(envelope.preamble, envelope.commitment, stanzas, dek, envelope.chunks)
    require(len(rewrapped) - len(envelope.chunks) <= HEADER_MAX, "buffer-too-small")
    require(rewrapper.capacity is None or len(rewrapped) <= rewrapper.capacity, "buffer-too-small")
    return rewrapped


# ---- Text form (F 8) -----------------------------------------------------------------------------------


def text_encode(data):
    parse(data)
    return TEXT_PREFIX + base64.urlsafe_b64encode(data).rstrip(b"=")


def decode_base64url(text, capacity):
    """Strict: the alphabet, no padding, no length of 1 modulo 4, unused bits zero. The number of characters is judged
    first: it says how many bytes there will be."""
    require(text and len(text) % 4 != 1, "malformed")
    require(capacity is None or len(text) * 3 // 4 <= capacity, "buffer-too-small")
    require((ALPHANUMERIC | frozenset(b"-_")).issuperset(text), "malformed")
    data = base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    require(base64.urlsafe_b64encode(data).rstrip(b"=") == text, "malformed")
    return data


def text_decode(text, capacity=None):
    require(not looks_plain(text), "not-sealed")
    require(text.startswith(TEXT_PREFIX), "malformed")
    data = decode_base64url(text[len(TEXT_PREFIX):], capacity)
    require(not looks_plain(data), "malformed")
    parse(data)
    return data


# ---- Telling sealed from plain (F 11) ------------------------------------------------------------------


def is_sealed(data):
    if looks_plain(data):
        return "plain"
    try:
        if data.startswith(TEXT_PREFIX):
            text_decode(data)
        else:
            parse(data)
    except Refused as refused:
        return "newer" if refused.name.startswith("unsupported-") else "broken"
    return "sealed"
