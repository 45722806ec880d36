# SPDX-License-Identifier: MIT
"""Makes envelopes for the vectors, also such as no honest writer makes: any field may be wrong while the
commitment, the wraps and the header MAC are right, so that a vector reaches the one check it is about.
Everything is derived from the vector's name: the same names give the same bytes for ever."""

import hashlib

import layout

SEALED_AT = 1_800_000_000
NOW = SEALED_AT + 60
TASK = {"queue": b"mail", "type": b"password-reset", "id": b"task-0001"}
PAYLOAD = b'{"to":"ada@example.org","token":"5f0c-9a71"}'


def random_bytes(name, count):
    """Looks random, is fixed by `name`."""
    return hashlib.shake_256(b"taskseal vectors|" + name.encode()).digest(count)


def make_key(key_id, key_type=1, state="active", **attributes):
    secret = None if state in ("retired", "compromised") else random_bytes("key|" + key_id, 32)
    return layout.Key(key_id.encode(), key_type, state, secret, **attributes)


def forge(name, keys, payload=PAYLOAD, *, context=None, suite=1, suite_byte=None, version=1, purpose=0,
          padded=False, flags=None, bound=None, sealed_at=SEALED_AT, expires_at=0, stream=None,
          wrapped_dek=None, committed_context=None, edit_stanzas=None, edit_chunks=None, mac=None):
    """An envelope sealed as the arguments say. By default everything in it is right.

    suite_byte, flags, bound and version stand in the preamble as they are; stream replaces the padded
    payload; wrapped_dek is wrapped in place of the DEK; edit_stanzas and edit_chunks change what they are
    given before the MAC is made; mac replaces it.
    """
    context = TASK if context is None else context
    if bound is None:
        bound = sum(1 << bit for bit, field in enumerate(layout.FIELDS) if field in context)
    if flags is None:
        flags = purpose << 4 | padded
    preamble = layout.make_preamble(suite_byte if suite_byte is not None else suite, flags, bound,
                                       sealed_at, expires_at, version)
    dek = random_bytes(name + "|dek", 32)
    committed = committed_context or layout.encode_context(context, bound & 15)
    payload_key, commitment = layout.derive(dek, preamble, committed)
    stanzas = [layout.wrap(key, random_bytes(f"{name}|nonce|{key.id.decode()}", 32)[:nonce_length(key)],
                              wrapped_dek or dek, preamble, commitment)
               for key in sorted(keys, key=lambda key: key.id)]
    if edit_stanzas:
        stanzas = edit_stanzas(stanzas)
    if stream is None:
        stream = layout.pad(payload) if padded else payload
    chunks = layout.encrypt_chunks(suite, payload_key, stream)
    if edit_chunks:
        chunks = edit_chunks(chunks)
    sealed = layout.assemble(preamble, commitment, stanzas, dek, chunks)
    if mac is not None:
        header_length = len(sealed) - len(chunks)
        sealed = sealed[:header_length - 16] + mac(sealed[header_length - 16:header_length]) + chunks
    return sealed


def nonce_length(key):
    return layout.WRAPS[key.type].nonce_length


def foreign(key_id, stanza_type=0x10, length=40):
    """A stanza of a type that this version does not know."""
    return layout.Stanza(stanza_type, key_id.encode(), random_bytes("foreign|" + key_id, length))


def with_stanzas(*extra):
    """For edit_stanzas: `extra` beside the others, in the right order."""
    return lambda stanzas: sorted(stanzas + list(extra), key=lambda stanza: stanza.key_id)


def long_payload(length):
    """Bytes whose 16 KiB pieces differ from each other: a pattern of 17 bytes, as tokens and as bytes."""
    unit = bytes(range(17))
    whole, rest = divmod(length, len(unit))
    return f"{whole}*{unit.hex()} {unit[:rest].hex()}".strip(), unit * whole + unit[:rest]
