# SPDX-License-Identifier: MIT
"""Which lines of the library each fuzz target answers for, and what is left out and why.

A target answers for whole files, or for some functions of a file. Every file of lib/core has to be here: in some target's
scope, or in ELSEWHERE with a reason. So a new file can't be forgotten, and a name that is gone is an error."""

import os
import pathlib
import re

import harness

LIB = harness.ROOT / "lib"
DOCTOR = "../tools/doctor/"  # from there


def only(*names):
    return ("only", names)


def but(**reasons):
    """All functions of the file but these; each with the reason."""
    return ("but", reasons)


ALL = but()

_WRITER = "the writer's half: roundtrip answers for it"
_NOT_BYTES = "reached by what callers give, not by bytes from outside"
_ASYNCHRONOUS = "of asynchronous connections: tests/redis hold it"
_TIME = "no time passes here: tests/redis hold it"
_TELLS = "prints what was counted: tests/tools hold it"
_LENGTHS = only("taskseal__suite_known", "too_many", "taskseal__payload_len")

SCOPE = {
    "parse": {
        "core/header.c": but(taskseal__put_preamble=_WRITER, taskseal__put_stanza_head=_WRITER,
                             taskseal__header_find="for openers: open answers for it",
                             taskseal__header_asks="for streams: stream and roundtrip answer for it",
                             may_become_text="for streams: stream answers for it"),
        "core/inspect.c": ALL,
        "core/open.c": only("taskseal_open_size"),
        "core/suite.c": _LENGTHS,
        "core/padding.c": only("bit_length", "low_bits", "taskseal__padded_len_valid"),
        "core/text.c": only("has_prefix", "taskseal_is_sealed"),
        "core/wire.h": only("taskseal__take", "taskseal__take_u8", "taskseal__take_u16", "taskseal__get_u64"),
    },
    "roundtrip": {
        "core/header.c": but(may_become_text="for streams: stream answers for it"),
        "core/padding.c": ALL,
        "core/suite.c": only("taskseal__suite_known", "too_many", "taskseal__payload_len", "taskseal__chunks_len"),
        "core/wire.h": only("taskseal__take", "taskseal__take_u8", "taskseal__take_u16", "taskseal__get_u64",
                            "taskseal__put", "taskseal__put_u8", "taskseal__put_u16", "taskseal__put_u64"),
    },
    "open": {
        "core/open.c": ALL,
        "core/opening.c": ALL,
        "core/rewrap.c": ALL,
        "core/reseal.c": ALL,
        "core/chunk.c": ALL,
        "core/derive.c": ALL,
        "core/padding.c": ALL,
        "core/suite.c": but(taskseal_key_type_available=_NOT_BYTES, taskseal_suite_available=_NOT_BYTES),
        "core/keyring.c": only("taskseal__key_serves_queue", "taskseal__key_window_holds", "taskseal__key_may_open",
                               "taskseal__keyring_admits", "taskseal__unlock"),
        "core/clock.c": only("taskseal__check_times", "taskseal__replay_until"),
    },
    "authentic": {
        "core/opening.c": only("check_policy", "check_commitment", "check_clock", "taskseal__opening_verify",
                               "taskseal__opening_decrypt"),
        "core/padding.c": but(taskseal__padded_len="the sealer's: roundtrip answers for it"),
        "core/clock.c": only("taskseal__check_times"),
    },
    "message": {
        "asynq/rewrap.c": ALL,
        "asynq/pieces.c": ALL,
        "asynq/message.c": only("take_varint", "take_value", "taskseal__asynq_take_string", "taskseal__asynq_take_field",
                                "taskseal__asynq_message_find", "taskseal__asynq_put_length"),
    },
    "text": {"core/text.c": ALL, "core/base64.c": ALL},
    "keyring": {
        "core/keyfile.c": but(taskseal__key_state_name="for the writer: keychange answers for it"),
        "core/base64.c": ALL,
        "core/timestamp.c": but(taskseal__put_timestamp="for the writer: keychange answers for it",
                                put_number="for the writer: keychange answers for it"),
        "core/keyring.c": only("copy_queues", "fill", "add_key", "free_key"),
    },
    "keychange": {
        "core/keyfile_change.c": but(taskseal__change_check=_NOT_BYTES, limits_valid=_NOT_BYTES, bad=_NOT_BYTES),
        "core/keyfile_line.c": ALL,
        "core/timestamp.c": ALL,
        "core/keyfile.c": only("taskseal__key_state_name", "taskseal__key_type_name"),
    },
    "protected": {"core/protect.c": but(taskseal__passphrase_check=_NOT_BYTES, no_memory="no memory"), "core/load.c": only("parse")},
    "stream": {
        "core/stream.c": ALL,
        "core/stream_open.c": ALL,
        "core/stream_seal.c": ALL,
        "core/header.c": only("taskseal__header_asks", "taskseal__header_parse_head", "may_become_text"),
    },
    "handshake": {
        "redis/bio.c": only("begins_record", "may_retry", "wire_read", "wire_write", "wire_control"),
        "redis/tls.c": but(taskseal__tls_disown="for callers who took the socket: tests/redis hold it",
                           start_clock=_TIME, wait_for=_TIME, may_pass="fork: tests/redis hold it"),
        "redis/fault.c": but(taskseal__fault_timeout=_TIME),
    },
    "replies": {
        "redis/limits.c": but(**dict.fromkeys(("is_unasked", "is_subscribed", "is_of_subscription", "is_stray"), _ASYNCHRONOUS)),
        "redis/login.c": ALL,
        "redis/reply.c": ALL,
        "redis/transport.c": only("set_deadline", "next_reply", "taskseal__transport_failed", "set_error"),
    },
    "uri": {
        "redis/uri.c": ALL, "redis/uri_query.c": ALL, "redis/host.c": ALL, "redis/percent.c": ALL,
        "redis/pins.c": only("taskseal__pins_parse"),
        "redis/text.c": only("taskseal__printable"),
    },
    "hello": {f"{DOCTOR}probe/hello.c": ALL, f"{DOCTOR}probe/plaintext.c": ALL},
    "payload": {
        f"{DOCTOR}payloads.c": but(tell_plain=_TELLS, check_payloads=_TELLS, payloads_print=_TELLS, payloads_print_json=_TELLS),
        f"{DOCTOR}shapes.c": ALL,
    },
}

# Files of lib/core that read no bytes from outside, or nothing of them. tests/core covers them.
ELSEWHERE = {
    "core/batch.c": "seals what the caller gives",
    "core/dedupe.c": "hashes what the caller gives",
    "core/error.c": "error texts",
    "core/apply.c": "input and output of files; the text is keychange's",
    "core/keyfile_create.c": "makes a file from a key id",
    "core/keyfile_write.c": "input and output of files",
    "core/plan.c": "seals what the caller gives; open, stream and roundtrip run it to seal again what opened",
    "core/seal.c": "seals what the caller gives; open runs it to seal again what opened",
    "core/secret.c": "random numbers and the start of libsodium",
    "core/size.c": "a table",
    "core/slot.c": "threads",
    "core/source.c": "files, descriptors and variables",
    "core/chunk.h": "one expression",
    "core/context.h": "checks what the caller gives",
}

# Single lines that no bytes lead to, wherever they stand; tests/core and the tests of failing calls hold them.
LINES = {
    r"TASKSEAL_ERR_BAD_ARGUMENT": "the caller's mistake",
    r"TASKSEAL_ERR_NO_MEMORY|no_memory\(|^\s*if \(\w+ == NULL\)$|no memory": "no memory",
    r"(exceed|at most) 1 MiB": "more than the fuzzers give",
    r"memory runs out|out of memory|ended without proof": "no memory",
    r"allowance|as if nothing had come|X509_V_ERR_UNSPECIFIED": "asynchronous connections, deadlines, and what can't be",
    r"TASKSEAL_ERR_SUITE_UNAVAILABLE|libsodium 1\.0\.19": "a build or a CPU without an algorithm",
}


def library_file(path):
    """core/header.c for a file of the library, ../tools/doctor/shapes.c for one of the doctor, else None."""
    name = os.path.relpath(pathlib.Path(path).resolve(), LIB)
    return name if name.startswith(DOCTOR) or not name.startswith("..") else None


def chosen(rule, names):
    """Those of a file's functions that a rule means. A name that the file lacks is an error."""
    kind, listed = rule
    unknown = set(listed) - names
    if unknown:
        raise harness.Failure(f"fuzz/scope.py names functions that are gone: {', '.join(sorted(unknown))}")
    return set(listed) if kind == "only" else names - set(listed)


def left_out(line):
    return any(re.search(pattern, line) for pattern in LINES)


def check_complete():
    """Every file of lib/core is in here, and no other is."""
    files = {f"core/{path.name}" for path in (LIB / "core").iterdir() if path.suffix in (".c", ".h")}
    code = {file for file in files if re.search(r"^\{$", (LIB / file).read_text(), re.MULTILINE)}
    named = {file for rules in SCOPE.values() for file in rules if file.startswith("core/")} | set(ELSEWHERE)
    if code - named:
        raise harness.Failure("no fuzz target answers for " + ", ".join(sorted(code - named)) +
                              ": add it to a target's scope in fuzz/scope.py, or to ELSEWHERE there with the reason")
    if named - files:
        raise harness.Failure("fuzz/scope.py names files that are gone: " + ", ".join(sorted(named - files)))
