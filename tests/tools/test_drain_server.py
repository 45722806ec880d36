#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""taskseal key drain-report on real servers: every type of value, what a server refuses, pace and progress."""

import json
import os
import pty
import re
import socket
import ssl
import sys
import time

import server
from harness import MANUAL, OK, REFUSED, RETRY, USAGE, Skip, bad, check, equal, good, keyring, main, read_terminal, run, test, write
from server import PASSWORD

_port = None


def port():
    """A server over TLS, started once."""
    global _port  # pylint: disable=global-statement
    if _port is None:
        program = server.program()
        server.make_certificates()
        _port = server.start(program, certificate="right")
    return _port


class Client:
    """Just enough of RESP to put values into the server."""

    def __init__(self, user="worker", password=PASSWORD):
        raw = socket.create_connection(("127.0.0.1", port()))
        context = ssl.create_default_context(cafile=server.path("ca.pem"))
        self.stream = context.wrap_socket(raw, server_hostname="localhost").makefile("rwb")
        self.call("AUTH", user, password)

    def call(self, *words):
        words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        self.stream.write(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
        self.stream.flush()
        line = self.stream.readline()
        check(line[:1] in (b"+", b":", b"$"), f"{words[0]!r}: {line!r}")
        if line[:1] == b"$" and line != b"$-1\r\n":
            self.stream.read(int(line[1:]) + 2)


def rings():
    """mail-k02 is active, mail-k01 only opens and its grace is over; and the file `uri`. The server is empty."""
    if b"connections: none" in good("version"):
        raise Skip("this build can't connect")
    client = Client()
    client.call("FLUSHALL")
    env = keyring()
    good("key", "add", "mail-k02", env=env)
    good("key", "promote", "mail-k02", "--demote", "mail-k01", env=env)
    good("key", "limit", "mail-k01", "--not-after", "2026-01-01T00:00:00Z", env=env)
    write("uri", f"rediss://worker:{PASSWORD}@localhost:{port()}?cacert={server.path('ca.pem')}".encode())
    return env, client


def sealed_to(key_id, text=False):
    if not os.path.exists(f"of-{key_id}"):
        good("keygen", key_id, f"of-{key_id}")
    return good("seal", "-k", f"of-{key_id}", *(["--text"] if text else []), data=b"x")


def report(env, *arguments, status=OK):
    done = run("key", "drain-report", "--json", "--uri-file", "uri", "--rate", "0", *arguments, env=env)
    equal((done.returncode, done.stderr), (status, b""))
    found = json.loads(done.stdout)
    found["keys"] = {key["id"]: key for key in found["keys"]}
    return found


def counts(found):
    return {key_id: key["envelopes"] for key_id, key in found["keys"].items()}


@test
def an_empty_server_leaves_no_key_free():
    env, _ = rings()
    found = report(env, status=REFUSED)
    equal((found["complete"], found["envelopes"], found["other_values"]), (False, 0, 0))
    equal((found["matched_keys"], found["database_keys"]), (0, 0))
    equal(found["keys"]["mail-k01"]["verdict"], "incomplete")
    text = run("key", "drain-report", "--uri-file", "uri", env=env).stdout.decode()
    check("\nwarning: no key of the database matched, it is empty\n" in text, text)


@test
def what_was_searched_and_what_the_pattern_left_out_is_told():
    env, client = rings()
    client.call("SET", "{mail}:t:1", sealed_to("mail-k02"))
    for number in range(3):
        client.call("SET", f"other:{number}", sealed_to("mail-k01"))
    found = report(env)
    equal((found["source"], found["match"]), (f"localhost:{port()}, database 0", "{*}:t:*"))
    equal((found["matched_keys"], found["database_keys"], found["server_error"]), (1, 4, None))
    text = good("key", "drain-report", "--uri-file", "uri", env=env).decode()
    check(f"\nlooked into: localhost:{port()}, database 0; 1 key matched {{*}}:t:*\n"
          "left out: 3 other keys of the database; --match '*' looks into all\n" in text, text)
    text = run("key", "drain-report", "--uri-file", "uri", "--match", "*", env=env).stdout.decode()
    check("; 4 keys matched *\nseen: 4 envelopes" in text, text)


@test
def a_pattern_that_matches_no_key_is_warned_of():
    env, client = rings()
    client.call("SET", "asynq:1", sealed_to("mail-k01"))
    equal(report(env, "--key", "mail-k01", status=REFUSED)["keys"]["mail-k01"]["verdict"], "incomplete")
    done = run("key", "drain-report", "--uri-file", "uri", env=env)
    equal(done.returncode, REFUSED)
    check(b"\nwarning: no key of the database matched: is this pattern the right one?\n" in done.stdout, repr(done.stdout))
    check(b"may be retired" not in done.stdout, repr(done.stdout))


@test
def the_database_that_the_uri_names_is_told():
    env, client = rings()
    client.call("SELECT", "3")
    client.call("SET", "{mail}:t:1", sealed_to("mail-k02"))
    write("uri", f"rediss://worker:{PASSWORD}@localhost:{port()}/3?cacert={server.path('ca.pem')}".encode())
    equal(report(env)["source"], f"localhost:{port()}, database 3")


@test
def tasks_in_the_layout_of_the_examples_are_found():
    env, client = rings()
    for number in range(30):
        client.call("HSET", f"{{mail}}:t:{number}", "type", "reset", "sealed",
                    sealed_to("mail-k01" if number % 3 else "mail-k02"))
        client.call("LPUSH", "{mail}:pending", number)
    found = report(env, status=REFUSED)
    equal((found["complete"], counts(found)), (True, {"mail-k02": 10, "mail-k01": 20}))
    equal(found["other_values"], 30)  # the types; the lists do not match the pattern
    equal(found["keys"]["mail-k01"]["verdict"], "in-use")


@test
def every_type_of_value_is_looked_into_in_both_forms():
    env, client = rings()
    for form, text in [("b", False), ("t", True)]:
        envelope = sealed_to("mail-k01", text=text)
        client.call("SET", f"s:{form}", envelope)
        client.call("HSET", f"h:{form}", "field", envelope, "other", "plain")
        client.call("RPUSH", f"l:{form}", "plain", envelope)
        client.call("SADD", f"set:{form}", "plain", envelope)
        client.call("ZADD", f"z:{form}", 1, envelope, 2, "plain")
        client.call("XADD", f"x:{form}", "*", "sealed", envelope, "other", "plain")
    found = report(env, "--match", "*", status=REFUSED)
    equal((found["complete"], counts(found)), (True, {"mail-k02": 0, "mail-k01": 12}))
    for pattern in ["s:*", "h:*", "l:*", "set:*", "z:*", "x:*"]:
        equal((pattern, counts(report(env, "--match", pattern, status=REFUSED))["mail-k01"]), (pattern, 2))


@test
def large_collections_are_walked_to_their_end():
    env, client = rings()
    envelope = sealed_to("mail-k01")
    for number in range(700):
        other = sealed_to("mail-k02") if number % 100 == 0 else b"plain-%d" % number
        client.call("RPUSH", "l", other)
        client.call("HSET", "h", number, other)
        client.call("SADD", "set", other)
        client.call("ZADD", "z", number, other)
        client.call("XADD", "x", "*", "f", other)
    for command in [("RPUSH", "l"), ("HSET", "h", "last"), ("SADD", "set"), ("ZADD", "z", 9999), ("XADD", "x", "*", "f")]:
        client.call(*command, envelope)
    found = report(env, "--match", "*", status=REFUSED)
    equal((found["complete"], counts(found)), (True, {"mail-k02": 35, "mail-k01": 5}))
    equal(found["other_values"], 5 * 693)


@test
def many_keys_are_walked_to_their_end():
    env, client = rings()
    envelope = sealed_to("mail-k01")
    for number in range(500):
        client.call("SET", f"{{mail}}:t:{number}", envelope)
    equal(counts(report(env, status=REFUSED))["mail-k01"], 500)


@test
def envelopes_inside_other_values_leave_no_key_free():
    env, client = rings()
    client.call("HSET", "asynq:{mail}:t:1", "msg", b"\x0a\x05reset\x12\x80\x01" + sealed_to("mail-k01"), "state", "pending")
    client.call("SET", "json", b'{"sealed":"' + sealed_to("mail-k01", text=True) + b'"}')
    found = report(env, "--match", "*", status=REFUSED)
    equal((found["complete"], found["skipped"]["embedded"], found["keys"]["mail-k01"]["verdict"]), (False, 2, "incomplete"))


@test
def a_value_too_large_to_be_read_leaves_no_key_free():
    env, client = rings()
    client.call("SETRANGE", "large", 16 << 20, "x")
    found = report(env, "--match", "*", status=REFUSED)
    equal((found["skipped"]["too_large"], found["keys"]["mail-k01"]["verdict"]), (1, "incomplete"))
    client.call("SETRANGE", "just", (16 << 20) - 1, "x")
    client.call("DEL", "large")
    equal(report(env, "--match", "*")["keys"]["mail-k01"]["verdict"], "may-retire")


@test
def what_the_server_refuses_leaves_no_key_free():
    env, client = rings()
    client.call("HSET", "{mail}:t:1", "sealed", sealed_to("mail-k01"))
    client.call("SET", "{mail}:t:2", sealed_to("mail-k02"))
    client.call("ACL", "SETUSER", "blind", "on", f">{PASSWORD}", "~*", "+ping", "+scan", "+type", "+get",
                "+strlen")
    write("uri", f"rediss://blind:{PASSWORD}@localhost:{port()}?cacert={server.path('ca.pem')}".encode())
    found = report(env, status=REFUSED)
    equal((found["skipped"]["refused"], counts(found)), (1, {"mail-k02": 1, "mail-k01": 0}))
    equal(found["keys"]["mail-k01"]["verdict"], "incomplete")
    check(found["server_error"].startswith("NOPERM ") and "hscan" in found["server_error"].lower(), found["server_error"])
    equal(found["database_keys"], None)  # blind may not ask, and that leaves nothing out
    client.call("HSET", "{mail}:t:3", "sealed", sealed_to("mail-k01"))
    text = run("key", "drain-report", "--uri-file", "uri", env=env).stdout.decode()
    check("\nnot looked into: 2 could not be read\nthe server said: NOPERM " in text, text)
    equal(text.count("NOPERM"), 1)


def documented_rule():
    """The ACL rule of the manual, less its user and password."""
    with open(MANUAL.replace("taskseal.1", "taskseal-key.1"), encoding="utf-8") as file:
        rule = re.search(r"^user drain on >PASSWORD (.*?)\n\.Ed$", file.read(), re.M | re.S)
    check(rule, "the manual has no rule")
    return rule.group(1).split()


@test
def the_user_of_the_manual_sees_everything_and_can_do_no_more():
    env, client = rings()
    rule = documented_rule()
    check("+scan" in rule and "+xrange" in rule, str(rule))
    client.call("ACL", "SETUSER", "drain", "reset", "on", f">{PASSWORD}", *rule)
    envelope = sealed_to("mail-k02")
    client.call("SET", "s", envelope)
    client.call("HSET", "h", "f", envelope)
    client.call("RPUSH", "l", envelope)
    client.call("SADD", "set", envelope)
    client.call("ZADD", "z", 1, envelope)
    client.call("XADD", "x", "*", "f", envelope)
    write("uri", f"rediss://drain:{PASSWORD}@localhost:{port()}/0?cacert={server.path('ca.pem')}".encode())
    found = report(env, "--match", "*")
    equal((found["complete"], found["envelopes"], found["database_keys"]), (True, 6, 6))
    for word in [word for word in rule if word.startswith("+") and word not in ("+ping", "+select", "+dbsize")]:
        client.call("ACL", "SETUSER", "drain", "-" + word[1:])  # each is needed
        done = run("key", "drain-report", "--uri-file", "uri", "--match", "*", env=env)
        equal((word, done.returncode), (word, REFUSED))
        check(b"NOPERM" in done.stdout + done.stderr, repr(done))
        client.call("ACL", "SETUSER", "drain", word)
    for command in [("SET", "s", "x"), ("DEL", "s"), ("CONFIG", "GET", "*")]:
        try:
            Client("drain").call(*command)
        except AssertionError as refused:
            check("NOPERM" in str(refused), str(refused))
        else:
            raise AssertionError(f"drain may {command[0]}")


@test
def a_user_who_may_not_scan_gets_no_report():
    env, client = rings()
    client.call("ACL", "SETUSER", "nobody", "on", f">{PASSWORD}", "~*", "+ping")
    write("uri", f"rediss://nobody:{PASSWORD}@localhost:{port()}?cacert={server.path('ca.pem')}".encode())
    bad(REFUSED, "key drain-report: no-permission: ", "key", "drain-report", "--uri-file", "uri", env=env)


@test
def nothing_is_changed_in_the_server():
    env, client = rings()
    client.call("ACL", "SETUSER", "reader", "on", f">{PASSWORD}", "~*", "+@read", "-@write", "+scan", "+ping")
    client.call("SET", "{mail}:t:2", sealed_to("mail-k02"))
    write("uri", f"rediss://reader:{PASSWORD}@localhost:{port()}?cacert={server.path('ca.pem')}".encode())
    equal(counts(report(env))["mail-k02"], 1)


@test
def the_server_may_be_named_in_every_way_but_a_password_on_the_command_line():
    env, client = rings()
    client.call("SET", "{mail}:t:2", sealed_to("mail-k02"))
    with open("uri", encoding="ascii") as file:
        uri = file.read()
    shown = good("key", "drain-report", "--uri-file", "uri", env=env)
    equal(good("key", "drain-report", "--server", env={**env, "TASKSEAL_URI": uri}), shown)
    with open("uri", "rb") as file:
        equal(good("key", "drain-report", "--uri-fd", str(file.fileno()), env=env, pass_fds=[file.fileno()]), shown)
    errors = bad(USAGE, "key drain-report: usage: a password on the command line", "key", "drain-report", "--uri", uri,
                 env=env)
    check(PASSWORD not in errors, errors)
    bad(USAGE, "key drain-report: usage: no URI: ", "key", "drain-report", "--server", env=env)
    bad(USAGE, "key drain-report: usage: give one of URI, --uri-file and --uri-fd", "key", "drain-report", "--uri", "x",
        "--uri-file", "uri", env=env)


@test
def a_server_that_is_not_there_or_not_the_right_one_is_refused():
    env, _ = rings()
    write("uri", f"rediss://x:{PASSWORD}@localhost:{server.free_port()}?cacert={server.path('ca.pem')}".encode())
    errors = bad(RETRY, "key drain-report: connect: ", "key", "drain-report", "--uri-file", "uri", env=env)
    check(PASSWORD not in errors, errors)
    write("uri", f"rediss://worker:{PASSWORD}@localhost:{port()}?cacert={server.path('other-ca.pem')}".encode())
    bad(REFUSED, "key drain-report: cert-untrusted: ", "key", "drain-report", "--uri-file", "uri", env=env)


@test
def the_rate_is_kept():
    env, client = rings()
    for number in range(20):
        client.call("SET", f"{{mail}}:t:{number}", b"plain")
    begin = time.monotonic()
    good("key", "drain-report", "--uri-file", "uri", "--rate", "40", env=env)
    # SCAN, and TYPE, STRLEN, GET for each: more than 60 commands can't be sooner. (A floor, however busy the machine.)
    check(time.monotonic() - begin >= 1.4, "it was faster than it was told to be")


@test
def progress_is_shown_on_a_terminal_and_taken_off():
    env, client = rings()
    for number in range(20):
        client.call("SET", f"{{mail}}:t:{number}", b"plain")
    master, slave = pty.openpty()
    done = run("key", "drain-report", "--uri-file", "uri", "--rate", "25", env=env, stderr=slave)
    os.close(slave)
    shown = read_terminal(master)
    equal(done.returncode, OK)
    check(re.search(rb"\d+ keys, \d+ envelopes, \d+ commands/s", shown) and shown.endswith(b"\r\x1b[K"), repr(shown))


if __name__ == "__main__":
    sys.exit(main())
