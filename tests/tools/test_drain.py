#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""taskseal key drain-report on files: what it counts, and that it never calls a key free that may not be."""

import base64
import json
import os
import re
import sys

from harness import FILE, OK, REFUSED, USAGE, bad, check, environment, equal, good, keyring, main, run, test, write

PAST = "2026-01-01T00:00:00Z"


def rings():
    """mail-k02 is active; mail-k01 only opens, and its grace is over."""
    env = keyring()
    good("key", "add", "mail-k02", env=env)
    good("key", "promote", "mail-k02", "--demote", "mail-k01", env=env)
    good("key", "limit", "mail-k01", "--not-after", PAST, env=env)
    return env


def sealed_to(key_id, *options, text=False):
    """An envelope to that key, of another ring than that of the test."""
    if not os.path.exists(f"of-{key_id}"):
        good("keygen", key_id, f"of-{key_id}")
    return good("seal", "-k", f"of-{key_id}", *options, *(["--text"] if text else []), data=b"x")


def report(env, *arguments, status=OK, data=b""):
    """The report as JSON; its keys by id."""
    done = run("key", "drain-report", "--json", *arguments, env=env, data=data)
    equal((done.returncode, done.stderr), (status, b""))
    found = json.loads(done.stdout)
    found["keys"] = {key["id"]: key for key in found["keys"]}
    equal(found["complete"], sum(found["skipped"].values()) == 0 and found["envelopes"] + found["other_values"] > 0)
    return found


def one(key_id="mail-k02"):
    """A file with an envelope to that key."""
    return write(f"one-{key_id}", sealed_to(key_id))


def verdicts(found):
    return {key_id: key["verdict"] for key_id, key in found["keys"].items()}


@test
def a_key_that_nothing_names_may_be_retired():
    found = report(rings(), write("task", sealed_to("mail-k02")))
    equal(verdicts(found), {"mail-k02": "active", "mail-k01": "may-retire"})
    equal([key["may_retire"] for key in found["keys"].values()], [False, True])
    equal((found["envelopes"], found["keys"]["mail-k02"]["envelopes"]), (1, 1))


@test
def a_key_that_an_envelope_names_may_not():
    env = rings()
    found = report(env, write("one", sealed_to("mail-k01")), write("two", sealed_to("mail-k02")), status=REFUSED)
    equal(verdicts(found), {"mail-k02": "active", "mail-k01": "in-use"})
    both = good("seal", "--to", "mail-k02", data=b"x", env=env)
    equal(report(env, write("three", both))["keys"]["mail-k02"]["envelopes"], 1)


@test
def the_oldest_seal_time_and_the_last_expiry_are_told():
    env = rings()
    tasks = [write(f"task-{number}", sealed_to("mail-k01", "--expires-at", f"2099-01-0{number}T00:00:00Z"))
             for number in (2, 3, 1)]
    key = report(env, *tasks, status=REFUSED)["keys"]["mail-k01"]
    equal((key["envelopes"], key["latest_expires_at"], key["never_expire"]), (3, "2099-01-03T00:00:00Z", 0))
    seals = [json.loads(good("inspect", "--json", task))["sealed_at"] for task in tasks]
    equal(key["oldest_sealed_at"], min(seals))
    key = report(env, *tasks, write("eternal", sealed_to("mail-k01")), status=REFUSED)["keys"]["mail-k01"]
    equal((key["envelopes"], key["latest_expires_at"], key["never_expire"]), (4, "2099-01-03T00:00:00Z", 1))


@test
def text_form_counts_also_line_by_line():
    env = rings()
    one, two = sealed_to("mail-k01", text=True), sealed_to("mail-k02", text=True)
    equal(report(env, write("two", two))["envelopes"], 1)
    equal(report(env, write("two", two + b"\n"))["envelopes"], 1)
    equal(report(env, "-", data=two)["envelopes"], 1)
    found = report(env, "--lines", data=one + b"\n" + two + b"\nplain\n" + one, status=REFUSED)
    equal(found["keys"]["mail-k01"]["envelopes"], 2)
    found = report(env, "--lines", data=two + b"\n" + two + b"\n\nplain\n")
    equal((found["envelopes"], found["other_values"]), (2, 1))  # an empty line is none


@test
def what_can_not_be_looked_into_leaves_no_key_free():
    env = rings()
    whole = sealed_to("mail-k02")
    newer = whole[:4] + b"\x07" + whole[5:]
    for data, why in [(whole[:50], "unreadable"), (newer, "unreadable"), (b"tsl1.???", "unreadable"),
                      (b'{"sealed":"' + sealed_to("mail-k01", text=True) + b'"}', "embedded"),
                      (b"\x0a\x10" + sealed_to("mail-k01"), "embedded")]:
        found = report(env, write("task", data), status=REFUSED)
        equal((found["skipped"][why], sum(found["skipped"].values())), (1, 1))
        equal(verdicts(found), {"mail-k02": "active", "mail-k01": "incomplete"})
    equal(verdicts(report(env, write("task", b'{"sealed":"no"}')))["mail-k01"], "may-retire")


def message_of(payload):
    """A task as Asynq stores it, with that payload."""
    return b"\x0a\x05reset\x12" + bytes([len(payload) & 0x7f | 0x80, len(payload) >> 7]) + payload + b"\x1a\x01i\x22\x01q"


@test
def payloads_in_tasks_of_asynq_count():
    env = rings()
    found = report(env, write("task", message_of(sealed_to("mail-k01"))), status=REFUSED)
    equal((found["envelopes"], found["keys"]["mail-k01"]["envelopes"], sum(found["skipped"].values())), (1, 1, 0))
    equal(verdicts(report(env, write("task", message_of(sealed_to("mail-k02")))))["mail-k01"], "may-retire")
    text = sealed_to("mail-k01", text=True)
    error = b"\x3a" + bytes([len(text) & 0x7f | 0x80, len(text) >> 7]) + text
    for data in (message_of(sealed_to("mail-k02")) + error, error + message_of(sealed_to("mail-k02"))):
        found = report(env, write("task", data), status=REFUSED)
        equal((found["keys"]["mail-k02"]["envelopes"], found["keys"]["mail-k01"]["envelopes"], found["complete"]), (1, 1, True))
    for elsewhere in (b"\x7a" + error[1:], error + b"\x7a" + error[1:]):
        found = report(env, write("task", message_of(sealed_to("mail-k02")) + elsewhere), status=REFUSED)
        equal((found["keys"]["mail-k02"]["envelopes"], found["skipped"]["embedded"]), (1, 1))
    found = report(env, write("task", message_of(b"tskbundle1\n" + sealed_to("mail-k01"))), status=REFUSED)
    equal((found["envelopes"], found["skipped"]["unreadable"]), (0, 1))


@test
def a_file_that_can_not_be_read_is_counted_and_fails():
    env = rings()
    done = run("key", "drain-report", "--json", "none", write("task", sealed_to("mail-k02")), env=env)
    equal(done.returncode, FILE)
    check(done.stderr.startswith(b"taskseal: key drain-report: file: can't open none: "), repr(done.stderr))
    found = json.loads(done.stdout)
    equal((found["complete"], found["envelopes"], found["skipped"]["refused"]), (False, 1, 1))


@test
def a_grace_that_runs_and_one_without_an_end_leave_a_key_in_use():
    env = rings()
    good("key", "limit", "mail-k01", "--not-after", "2099-01-01T00:00:00Z", env=env)
    equal(verdicts(report(env, one(), status=REFUSED))["mail-k01"], "in-grace")
    good("key", "limit", "mail-k01", "--any-time", env=env)
    equal(verdicts(report(env, one(), status=REFUSED))["mail-k01"], "no-end")


@test
def retired_compromised_and_dedupe_keys_are_told_apart():
    env = rings()
    good("key", "retire", "mail-k01", env=env)
    good("key", "add", "tags", "--type", "dedupe", env=env)
    good("key", "add", "mail-k03", env=env)
    good("key", "compromise", "mail-k03", env=env)
    equal(verdicts(report(env, one())),
          {"mail-k02": "active", "mail-k01": "gone", "tags": "dedupe", "mail-k03": "gone"})
    found = report(env, one("mail-k01"), one("mail-k03"), status=REFUSED)
    equal([found["keys"][key]["verdict"] for key in ("mail-k01", "mail-k03")], ["lost", "lost"])


@test
def keys_that_the_ring_lacks_are_listed_too():
    found = report(rings(), write("task", sealed_to("stranger")), status=REFUSED)
    equal((found["keys"]["stranger"]["state"], found["keys"]["stranger"]["verdict"]), (None, "unknown-key"))
    equal(found["keys"]["stranger"]["may_retire"], False)


@test
def more_strange_keys_than_are_counted_leave_no_key_free():
    env = rings()
    # The header's MAC is wrong then, and nothing here is verified.
    task = sealed_to("stranger-0000", text=False)
    place = task.index(b"stranger-0000")
    many = b""
    for number in range(1025):
        forged = task[:place] + b"stranger-%04d" % number + task[place + 13:]
        many += b"tsl1." + base64.urlsafe_b64encode(forged).rstrip(b"=") + b"\n"
    found = report(env, "--lines", data=many[:many.rindex(b"tsl1.")], status=REFUSED)
    equal(verdicts(found)["mail-k01"], "may-retire")
    report(env, "--lines", "--key", "mail-k01", data=many[:many.rindex(b"tsl1.")])
    report(env, "--lines", "--key", "mail-k01", data=many, status=REFUSED)
    found = report(env, "--lines", data=many, status=REFUSED)
    equal((found["envelopes"], found["skipped"]["too_many_keys"]), (1025, 1))
    equal(verdicts(found)["mail-k01"], "incomplete")


@test
def the_report_for_people_says_the_same():
    env = rings()
    text = good("key", "drain-report", write("task", sealed_to("mail-k02", "--expires-at", "2099-01-01T00:00:00Z")),
                env=env).decode()
    check(re.search(r"^mail-k02 \(active\): 1 envelope, oldest sealed \S+Z, the last expires 2099-01-01T00:00:00Z\n"
                    r"  no: it is active", text, re.M), text)
    check("\nmail-k01 (open-only): 0 envelopes\n  may be retired, as far as was looked\n" in text, text)
    check("\nlooked into: task\nseen: 1 envelope, 0 other values\n" in text and "backups are not seen.\n" in text, text)
    check("incomplete" not in text, text)
    text = good("key", "drain-report", "task", write("other", b"{}"), env=env).decode()
    check("\nlooked into: 2 files\nseen: 1 envelope, 1 other value\n" in text, text)
    done = run("key", "drain-report", write("task", b"tsl1.?"), env=env)
    equal(done.returncode, REFUSED)
    check(b"may be retired" not in done.stdout, repr(done.stdout))
    check(b"\nnot looked into: 1 begins as an envelope does, but is cut or of a newer version\n"
          b"incomplete: not everything could be looked into, so no key is said to be free\n" in done.stdout,
          repr(done.stdout))


@test
def files_and_a_server_are_not_both_given():
    env = rings()
    bad(USAGE, "key drain-report: usage: give FILEs (with or without --lines) or a server, not both", "key", "drain-report",
        "--server", "file", env=env)
    bad(USAGE, "key drain-report: usage: --match and --rate are about a server", "key", "drain-report", "--rate", "5",
        env=env)
    bad(USAGE, "key drain-report: usage: --rate takes a whole number, not 'x'", "key", "drain-report", "--rate", "x",
        env=env)
    bad(USAGE, "key drain-report: usage: no keyring: ", "key", "drain-report", "file", env=environment())


# ---- The exit status ----


@test
def the_status_says_whether_a_key_that_does_not_seal_still_has_to_stay():
    env = rings()
    report(env, one())
    good("key", "add", "mail-k03", env=env)  # an active key alone is no reason, one that waits to be promoted is
    equal(verdicts(report(env, one(), status=REFUSED))["mail-k03"], "no-end")
    good("key", "promote", "mail-k03", env=env)
    report(env, one())


@test
def keys_that_are_named_are_judged_alone():
    env = rings()
    good("key", "add", "mail-k03", env=env)
    good("key", "add", "tags", "--type", "dedupe", env=env)
    stranger = one("stranger")
    equal(verdicts(report(env, "--key", "mail-k01", one(), stranger)), {"mail-k01": "may-retire"})
    equal(verdicts(report(env, "--key", "mail-k01", one("mail-k01"), status=REFUSED)), {"mail-k01": "in-use"})
    report(env, "--key", "mail-k01", "--key", "mail-k03", one(), status=REFUSED)
    report(env, "--key", "mail-k01", write("cut", sealed_to("mail-k02")[:60]), status=REFUSED)
    for key_id, verdict in [("mail-k02", "active"), ("mail-k03", "no-end"), ("tags", "dedupe")]:
        equal(verdicts(report(env, "--key", key_id, one(), status=REFUSED)), {key_id: verdict})


@test
def a_named_key_that_passes_can_be_retired():
    env = rings()
    report(env, "--key", "mail-k01", one())
    good("key", "retire", "mail-k01", env=env)
    equal(verdicts(report(env, "--key", "mail-k01", one())), {"mail-k01": "gone"})
    equal(verdicts(report(env, "--key", "mail-k01", one("mail-k01"), status=REFUSED)), {"mail-k01": "lost"})


@test
def a_named_key_must_be_in_the_keyring():
    env = rings()
    bad(USAGE, "key drain-report: unknown-key: no key 'mail-k09' in the keyring (--key)", "key", "drain-report", "--key",
        "mail-k09", one(), env=env)
    bad(USAGE, "key drain-report: usage: --key takes a key id, not what was given (not shown", "key", "drain-report",
        "--key", "tskek1_hunter2", one(), env=env)
    many = ["--key", "mail-k01"] * 65
    bad(USAGE, "key drain-report: usage: --key can be given at most 64 times", "key", "drain-report", *many, one(), env=env)
    report(env, *many[2:], one())


@test
def nothing_that_was_looked_into_leaves_no_key_free():
    env = rings()
    for arguments in [["-"], ["--lines"], [write("empty", b"")], ["--lines", write("blank", b"\n\n")],
                      ["--key", "mail-k01", "empty"]]:
        found = report(env, *arguments, status=REFUSED)
        equal((found["complete"], verdicts(found)["mail-k01"]), (False, "incomplete"))
    done = run("key", "drain-report", "empty", env=env)
    equal(done.returncode, REFUSED)
    check(b"incomplete: there was nothing to look into, so no key is said to be free\n" in done.stdout, repr(done.stdout))
    check(b"may be retired" not in done.stdout, repr(done.stdout))


@test
def neither_standard_input_nor_the_environment_is_looked_into_unasked():
    env = {**rings(), "TASKSEAL_URI": "rediss://nowhere.invalid?cacert=system"}
    for arguments in [[], ["--key", "mail-k01"], ["--json"]]:
        bad(USAGE, "key drain-report: usage: nothing to look into: give FILEs ('-' is standard input), --lines, or a "
            "server ", "key", "drain-report", *arguments, env=env)


if __name__ == "__main__":
    sys.exit(main())
