# SPDX-License-Identifier: MIT
"""Runs a vector record through the reference: what the record should say, and where it says something else."""

import layout
import pieces
import reference
import sealing
from records import LACKS, evaluate, keys_of

# Sizes of the pieces in which each opening is tried. 0: at once, with nothing in front and behind.
STEPS = (0, 7, 4096, 16400, 100000)
ONE_PIECE = (0,)
ONE_BY_ONE_MAX = 5000  # inputs up to so long are also given byte by byte
RANDOM = bytes(range(256)) * 2

# ---- What the records give -----------------------------------------------------------------------------


def given(record, names, earlier):
    """The byte fields that are there; an empty one is there too."""
    return {name: evaluate(record.get(name), earlier) for name in names if record.get(name) is not None}


def encoded(value):
    return value.encode() if value is not None else None


def opener_of(record, earlier, lacking=frozenset()):
    insist = record.get("insist")
    if insist is not None:
        insist = frozenset() if insist == "none" else frozenset(insist.split())
    suites = record.get("suites")
    return reference.Opener(
        keys=keys_of(record), now=record.number("now"), context=given(record, layout.FIELDS, earlier), insist=insist,
        purpose=layout.PURPOSES.index(record.get("purpose", "payload")),
        suites=frozenset(map(int, suites.split())) if suites else None,
        max_age=record.number("max_age", 0), capacity=record.number("capacity"), lacking=lacking)


def rewrapper_of(record, lacking=frozenset()):
    names = {name: encoded(record.get(name)) for name in ("from_key", "to_key")}
    return reference.Rewrapper(keys=keys_of(record), now=record.number("now"), capacity=record.number("capacity"),
                               lacking=lacking, **names)


def seal_to_of(record):
    return [key_id.encode() for key_id in record.get("seal_to")] if record.get("seal_to") else None


def sealer_of(record, earlier, lacking):
    return sealing.Sealer(
        keys=keys_of(record), now=record.number("now"), context=given(record, layout.FIELDS, earlier),
        seal_to=seal_to_of(record), suite=record.number("suite", 1),
        purpose=layout.PURPOSES.index(record.get("purpose", "payload")), padded=record.get("padded") == "yes",
        allow_sealed=record.get("allow_sealed") == "yes", expires_at=record.number("expires_at", 0),
        lifetime=record.number("lifetime", 0), lacking=lacking)


def tagger_of(record, earlier, lacking):
    unique = record.get("unique")
    fields = None if unique is None else [evaluate(value, earlier) for value in unique]
    return sealing.Tagger(keys=keys_of(record), now=record.number("now"), fields=fields,
                          key_id=encoded(record.get("dedupe_key")), lacking=lacking,
                          **given(record, ("queue", "type"), earlier))


# ---- What comes of it ----------------------------------------------------------------------------------


def stanza_lines(envelope):
    return [f"{stanza.type:02x} {stanza.key_id.decode()}" for stanza in envelope.stanzas]


def inspection(envelope):
    """What inspect shows, as record fields."""
    bound = [name for bit, name in enumerate(layout.FIELDS) if envelope.bound & 1 << bit]
    return {"version": "1", "suite": str(envelope.suite), "purpose": layout.PURPOSES[envelope.purpose],
            "padded": "yes" if envelope.padded else "no", "bound": " ".join(bound) or "none",
            "sealed_at": str(envelope.sealed_at), "expires_at": str(envelope.expires_at),
            "header_length": str(envelope.header_length()), "payload_length": str(envelope.stream_length),
            "message_id": envelope.commitment.hex(), "stanza": stanza_lines(envelope)}


def replay_until(envelope, max_age):
    """The earlier of expiry and maximum age, and the leeway; 0: for ever."""
    ends = [envelope.expires_at] if envelope.expires_at else []
    ends += [envelope.sealed_at + max_age] if max_age else []
    return min(ends) + layout.LEEWAY if ends else 0


def answer_open(record, data, earlier, lacking):
    opener = opener_of(record, earlier, lacking)
    opened = reference.open_envelope(data, opener)
    return {"payload": opened.payload, "message_id": opened.message_id.hex(),
            "opened_by": opened.key_id.decode(),
            "replay_until": str(replay_until(opened.envelope, opener.max_age))}


def reopened(record, data, earlier, lacking, **fields):
    """What opening a result gives, besides `fields`. Where the suite is lacking it just cannot be opened here. (The
    unavailable suite of a reseal is told before.)"""
    try:
        return {**fields, **answer_open(record, data, earlier, lacking)}
    except layout.Refused as refused:
        if refused.name != "suite-unavailable":
            raise AssertionError(f"the result of {record.name} does not open: {refused.name}") from refused
    return fields


def answer_rewrap_only(record, data, _, lacking):
    rewrapped = reference.rewrap(data, rewrapper_of(record, lacking), RANDOM)
    return {"stanza": stanza_lines(layout.parse(rewrapped))}


def answer_rewrap(record, data, earlier, lacking):
    """Rewraps, then opens the result: its payload and message id must be those of the input. Rewrapping needs no
    suite."""
    rewrapped = reference.rewrap(data, rewrapper_of(record, lacking), RANDOM)
    return reopened(record, rewrapped, earlier, lacking, stanza=stanza_lines(layout.parse(rewrapped)))


def looked_at(sealed, *names):
    shown = inspection(layout.parse(sealed))
    return {name: shown[name] for name in names}


def answer_reseal(record, data, earlier, lacking):
    suite = record.number("suite_wanted")
    resealed, old_id = sealing.reseal(data, opener_of(record, earlier, lacking), RANDOM,
                                      seal_to=seal_to_of(record), suite=suite)
    new = reopened(record, resealed, earlier, lacking)
    assert new["message_id"] != old_id.hex(), "a new DEK makes a new message id"
    return {"payload": new["payload"], "old_message_id": old_id.hex(),
            **looked_at(resealed, "suite", "purpose", "padded", "bound", "sealed_at", "expires_at", "stanza")}


def answer_seal(record, data, earlier, lacking):
    """Seals at once and in pieces, and opens the result as its own opener would."""
    sealer = sealer_of(record, earlier, lacking)
    sealed = sealing.seal(data, sealer, RANDOM)
    if not sealer.padded:
        for step in (1, 5, 16383, 16384, 16385):
            stream = sealing.StreamSealer(sealer, RANDOM)
            together = b"".join(stream.update(data[at:at + step]) for at in range(0, len(data), step))
            assert together + stream.finish() == sealed, "F 15.1: in pieces of any size the bytes are the same"
    opener = reference.Opener(sealer.keys, sealer.now, sealer.context, purpose=sealer.purpose)
    assert reference.open_envelope(sealed, opener).payload == data
    return {"sealed_length": str(len(sealed)), **looked_at(sealed, "bound", "header_length", "stanza")}


def answer_dedupe(record, data, earlier, lacking):
    return {"tag": sealing.dedupe_tag(data, tagger_of(record, earlier, lacking)).hex()}


OPERATIONS = {
    "open": answer_open, "rewrap": answer_rewrap, "rewrap-only": answer_rewrap_only, "reseal": answer_reseal,
    "seal": answer_seal, "dedupe-tag": answer_dedupe,
    "inspect": lambda record, data, earlier, lacking: inspection(layout.parse(data)),
    "text-decode": lambda record, data, earlier, lacking: {"payload": reference.text_decode(data, record.number("capacity"))}}


def answer(record, earlier, lacking=frozenset()):
    """The record's fields as they should be: expect, and what comes with it when it is ok."""
    data = evaluate(record.get("sealed", ""), earlier)
    operation = record.get("operation")
    if operation == "is-sealed":
        return {"expect": reference.is_sealed(data)}
    try:
        return {"expect": "ok", **OPERATIONS[operation](record, data, earlier, lacking)}
    except layout.Refused as refused:
        return {"expect": refused.name}


def answer_in_pieces(record, earlier, lacking=frozenset(), steps=None):
    """Of an opening in pieces: what is expected, and what is given out before. The same for every size of piece."""
    data = evaluate(record.get("sealed"), earlier)
    opener = opener_of(record, earlier, lacking)
    steps = steps or STEPS + ((1,) if len(data) <= ONE_BY_ONE_MAX else ())
    answers = {pieces.open_in_pieces(data, opener, step) for step in steps}
    assert len(answers) == 1, f"{record.name}: the cut decides: {[fault for _, fault in answers]}"
    released, fault = answers.pop()
    return fault or "ok", released


# ---- Comparing -----------------------------------------------------------------------------------------


def expected(record, lack=None):
    return record.get(f"expect_without_{lack}", record.get("expect"))


def expected_in_pieces(record, lack=None):
    """What is said of pieces first, then what is said of the whole."""
    if lack:
        for name in (f"expect_in_pieces_without_{lack}", f"expect_without_{lack}"):
            if record.get(name):
                return record.get(name)
    return record.get("expect_in_pieces", record.get("expect"))


def expected_release(record, earlier):
    for name in ("released", "payload"):
        if record.get(name) is not None:
            return evaluate(record.get(name), earlier)
    return b""


def check_pieces(record, earlier, lacks):
    name, released = answer_in_pieces(record, earlier)
    if name != expected_in_pieces(record):
        yield f"in pieces: {name}, the record says {expected_in_pieces(record)}"
    if released != expected_release(record, earlier):
        yield f"in pieces: {len(released)} other bytes are released than the record says"
    for lack in lacks:
        name, _ = answer_in_pieces(record, earlier, frozenset([lack]), ONE_PIECE)
        if name != expected_in_pieces(record, lack):
            yield f"in pieces, without {lack}: {name}, the record says {expected_in_pieces(record, lack)}"


def check(record, earlier, lacks=LACKS):
    """Where the reference and the record differ: a list of sentences, empty if they agree."""
    faults = []
    result = answer(record, earlier)
    for name, value in result.items():
        wanted = record.get(name)
        if name == "payload":
            wanted = evaluate(wanted, earlier) if wanted is not None else None
        if wanted != value and (name in record.fields or name in ("expect", "payload")):
            faults.append(f"{name} is {value}, the record says {wanted}")
    for lack in lacks:
        value = answer(record, earlier, frozenset([lack]))["expect"]
        if value != expected(record, lack):
            faults.append(f"without {lack}: {value}, the record says {expected(record, lack)}")
    if record.get("operation") == "open":
        faults += check_pieces(record, earlier, lacks)
    return faults
