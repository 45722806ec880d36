#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""taskseal doctor --payloads: what is sealed, what is not, and which secrets are in that, on real servers."""

import functools
import json
import os
import sys
import time

import doctors
import server
from client import Client
from doctors import no_secret, start, uri, verdict
from harness import USAGE, bad, check, environment, equal, flip, good, keyring, main, read_terminal, run, test
from memory import KIB, MIB, private_limit, sanitized

# One of each kind, and what looks nearly like it and is not.
SECRETS = {
    "card": ["paid with 4111 1111 1111 1111 today", '{"pan":"5500000000000004"}', "378282246310005"],
    "token": ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJl", "Authorization: Bearer abcdefghijklmnop",
              "ghp_0123456789abcdefghijklmnopqrstuvwxyz", "key=AKIAIOSFODNN7EXAMPLE99"],
    "key": ["-----BEGIN RSA PRIVATE KEY-----\nMIIE", "tskek1_AAAAAAAAAAAAAAAAAAAAAA"],
    "password": ['{"password": "hunter2"}', "user=a&PASSWD=b", "{'client_secret': 'x'}"],
    "mail": ["write to ann.o+news@mail.example.com.", "<a@b.org>"],
}
HARMLESS = ["4111 1111 1111 1112", "order 41111111111111111111111", "0000000000000000", "1.4111111111111111", "eyJshort",
            "ghp_short", "-----BEGIN CERTIFICATE-----", "the password is not here", "a @ b", "x@y", "@mention", "a@b.1",
            "2026-11-22 07:31:25", "build 1234567890123"]


def sealed(env, text, *, queue="mail", form=()):
    return good("seal", "--queue", queue, *form, data=text.encode(), env=env)


def fields(number, value):
    """A field of a protobuf."""
    def varint(number):
        out = bytearray()
        while number > 127:
            out.append(number & 127 | 128)
            number >>= 7
        return bytes(out + bytes([number]))
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def message(payload, kind=b"mail"):
    return fields(1, kind) + fields(2, payload) + fields(3, b"0af1") + fields(4, b"mail") + fields(5, 25) + fields(8, 1800)


def examine_payloads(text, *arguments):
    done = run("doctor", "--json", "--payloads", *arguments, env=environment(TASKSEAL_URI=text))
    no_secret(done.stdout + done.stderr)
    for examples in SECRETS.values():
        for secret in examples:
            check(secret.encode() not in done.stdout + done.stderr, f"{secret} was printed")
    check(b"hunter2" not in done.stdout + done.stderr and b"4111" not in done.stdout, "a secret was printed")
    found = json.loads(done.stdout)
    return {one["check"]: one for one in found["findings"]}, found["payloads"]


def filled(program):
    port = start(program)
    return port, Client(port, "worker")


@test
def sealed_payloads_are_counted_by_key_and_age():
    env, other = keyring(), keyring("other", "old-k07")
    before = int(time.time())
    for program in doctors.programs():
        port, admin = filled(program)
        for number in range(30):
            key = f"{{mail}}:t:{number}"
            admin.call("HSET", key, "type", "mail", "attempts", "1", "error", "ann@example.com", "sealed",
                       sealed(env if number % 3 else other, "4111111111111111", form=["--text"] if number % 2 else []))
        found, seen = examine_payloads(uri(port))
        verdict(found, "payloads", "ok", "30 payloads in 30 keys: 30 sealed")
        equal((seen["seen"], seen["sealed"], seen["plaintext"], seen["complete"]), (30, 30, 0, True))
        equal({key["id"]: key["count"] for key in seen["keys"]}, {"mail-k01": 20, "old-k07": 10})
        for key in seen["keys"]:
            check(before <= key["oldest_unix"] <= key["newest_unix"] <= time.time(), str(key))
        shown = run("doctor", "--payloads", env=environment(TASKSEAL_URI=uri(port))).stdout.decode()
        check("sealed  to mail-k01: 20, from 20" in shown, shown)


@test
def plaintext_is_found_with_the_kinds_of_its_secrets():
    env = keyring()
    for program in doctors.programs():
        port, admin = filled(program)
        for kind, examples in SECRETS.items():
            for number, text in enumerate(examples):
                admin.call("HSET", f"{{mail}}:t:{kind}{number}", "sealed", text)
        admin.call("HSET", "{mail}:t:sealed", "sealed", sealed(env, "x"))
        found, seen = examine_payloads(uri(port))
        total = sum(map(len, SECRETS.values()))
        verdict(found, "payloads", "fail", f"1 sealed; {total} in plaintext", "with what looks like a card")
        equal((seen["plaintext"], seen["sealed"]), (total, 1))
        for kind, examples in SECRETS.items():
            check(seen["kinds"][kind] >= len(examples), f"{kind}: {seen['kinds']}")


@test
def each_kind_is_told_apart_and_harmless_text_is_none():
    port, admin = filled(doctors.programs()[0])
    text = uri(port)
    for kind, examples in [*SECRETS.items(), (None, HARMLESS)]:
        for example in examples:
            admin.call("FLUSHALL")
            admin.call("HSET", "{mail}:t:1", "sealed", example)
            _, seen = examine_payloads(text)
            equal((example, seen["plaintext"]), (example, 1))
            equal((example, [name for name, count in seen["kinds"].items() if count]), (example, [kind] if kind else []))


@test
def what_can_not_be_read_is_not_called_plaintext():
    env = keyring()
    whole = sealed(env, "x")
    port, admin = filled(doctors.programs()[0])
    wrapped = b'{"payload":"' + sealed(env, "x", form=["--text"]) + b'"}'
    for number, value in enumerate([whole[:40], flip(whole, 4), b"\xc1TSL", wrapped]):
        admin.call("HSET", f"{{mail}}:t:{number}", "sealed", value)
    admin.call("HSET", "{mail}:t:large", "sealed", b"x" * ((1 << 20) + 1))
    admin.call("SET", "{mail}:t:string", "no hash")
    admin.call("HSET", "{mail}:t:other", "type", "without a payload")
    found, seen = examine_payloads(uri(port))
    verdict(found, "payloads", "warn", "4 unreadable", "1 of more than 1 MiB")
    equal((seen["plaintext"], seen["unreadable"], seen["large"], seen["refused"]), (0, 4, 1, 0))


@test
def messages_of_asynq_are_looked_into():
    env = keyring()
    for program in doctors.programs():
        port, admin = filled(program)
        found, seen = examine_payloads(uri(port), "--layout", "asynq")
        verdict(found, "payloads", "info", "nothing is known")
        for number in range(5):
            admin.call("HSET", f"asynq:{{mail}}:t:{number}", "msg", message(sealed(env, "x")), "state", "pending")
        admin.call("HSET", "asynq:{mail}:t:empty", "msg", message(b""))
        found, seen = examine_payloads(uri(port), "--layout", "asynq")
        verdict(found, "payloads", "ok", "5 payloads in 6 keys: 5 sealed")
        admin.call("HSET", "asynq:{mail}:t:plain", "msg", message(b'{"card":"4111111111111111"}'))
        admin.call("HSET", "asynq:{mail}:t:result", "msg", message(sealed(env, "x")), "result", "sent to ann@example.com")
        for number, broken in enumerate([message(b"x" * 9)[:12], b"\xff" * 11, fields(1, b"a") + b"\x12\x7f"]):
            admin.call("HSET", f"asynq:{{mail}}:t:broken{number}", "msg", broken)
        found, seen = examine_payloads(uri(port), "--layout", "asynq")
        verdict(found, "payloads", "fail", "2 in plaintext", "1 with what looks like a card", "looks like a mail",
                "3 unreadable")
        equal((seen["sealed"], seen["plaintext"], seen["kinds"]["card"], seen["kinds"]["mail"]), (6, 2, 1, 1))


@test
def any_keys_can_be_looked_into():
    env = keyring()
    for program in doctors.programs():
        port, admin = filled(program)
        for words in [("SET", "jobs:1", "a@example.com"), ("RPUSH", "jobs:2", "b@example.com", sealed(env, "x")),
                      ("SADD", "jobs:3", "c@example.com"), ("ZADD", "jobs:4", "1", "d@example.com"),
                      ("HSET", "jobs:5", "f", "e@example.com"), ("XADD", "jobs:6", "*", "f", "g@example.com"),
                      ("SET", "other", "h@example.com"), ("HSET", "{mail}:t:1", "sealed", "i@example.com")]:
            admin.call(*words)
        found, seen = examine_payloads(uri(port), "--match", "jobs:*")
        verdict(found, "payloads", "fail", "7 payloads in 6 keys: 1 sealed; 6 in plaintext: 6 with what looks like a mail")
        found, seen = examine_payloads(uri(port), "--queue", "mail")
        equal(seen["seen"], 1)
        found, seen = examine_payloads(uri(port), "--queue", "invoices")
        equal(seen["seen"], 0)


@test
def rights_that_are_missing_make_it_unknown():
    program = doctors.programs()[0]
    reader = f"user worker on >{server.PASSWORD} -@all +ping"
    found, _ = examine_payloads(uri(start(program, users=(doctors.CLOSED, reader))))
    verdict(found, "payloads", "unknown", "SCAN")
    port = start(program, users=(doctors.CLOSED, reader + " ~{mail}:t:* +scan +hstrlen +hget",
                                 f"user admin on >{server.PASSWORD} ~* &* +@all"))
    admin = Client(port, "admin")
    admin.call("HSET", "{mail}:t:1", "sealed", "x")
    admin.call("HSET", "{invoices}:t:1", "sealed", "x")
    found, seen = examine_payloads(uri(port))
    verdict(found, "payloads", "fail", "1 in plaintext", "1 could not be read")
    equal((seen["seen"], seen["refused"]), (1, 1))


@functools.cache
def million():
    """A server with a million keys, of which 20,000 are tasks, in plaintext."""
    port, admin = filled(doctors.programs()[0])
    script = ("for i = ARGV[1], ARGV[2] do if i % 50 == 0 then redis.call('HSET', '{mail}:t:' .. i, 'sealed', 'x' .. i) "
              "else redis.call('SET', 'other:' .. i, 'a') end end")
    for begin in range(0, 1000000, 50000):
        admin.call("EVAL", script, "0", str(begin), str(begin + 49999))
    equal(admin.call("DBSIZE"), 1000000)
    return port


@test
def a_million_keys_are_gone_through_in_bounded_memory():
    text = uri(million())
    # The server holds some 60 MiB. The control: a limit that is too small for anything.
    for limit, fits in [(2 * MIB, True), (64 * KIB, False)][:1 if sanitized() else 2]:
        bounded = {} if sanitized() else {"preexec_fn": private_limit(limit)}
        done = run("doctor", "--json", "--payloads", "--sample", "0", "--rate", "0", env=environment(TASKSEAL_URI=text), **bounded)
        equal((limit, b'"complete":true' in done.stdout), (limit, fits))
        if fits:
            seen = json.loads(done.stdout)["payloads"]
            equal((seen["scanned"] >= 20000, seen["plaintext"] >= 20000), (True, True))


@test
def a_sample_ends_early_and_says_so():
    found, seen = examine_payloads(uri(million()), "--sample", "100", "--rate", "0")
    equal((seen["seen"], seen["complete"]), (100, False))
    verdict(found, "payloads", "fail", "100 payloads in 100 keys, a sample")


@test
def the_rate_is_kept():
    text = uri(million())
    began = time.monotonic()
    examine_payloads(text, "--sample", "100", "--rate", "100")  # 200 commands and more
    check(time.monotonic() - began > 2, "too fast")


@test
def progress_is_shown_at_a_terminal():
    master, terminal = os.openpty()
    run("doctor", "--payloads", "--sample", "300", "--rate", "200", env=environment(TASKSEAL_URI=uri(million())),
        stderr=terminal)
    os.close(terminal)
    shown = read_terminal(master).decode()
    check("keys of 1,000,000" in shown and "payloads" in shown and "commands/s" in shown, shown)


@test
def options_of_payloads_need_it():
    for option in [("--match", "a*"), ("--sample", "1"), ("--rate", "1")]:
        bad(USAGE, "doctor: usage: --match, --sample and --rate are about payloads", "doctor", *option, "rediss://h")


if __name__ == "__main__":
    sys.exit(main())
