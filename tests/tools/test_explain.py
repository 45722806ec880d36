#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What errors tell beyond their name: the input, the fields, keys and times that they are about."""

import base64
import os
import re
import sys

from harness import (REFUSED, RETRY, SOURCE, USAGE, Skip, bad, check, environment, equal, flip, good, keyring, main,
                     read, run, test, write)

CONTEXT = ["--queue", "mail", "--type", "reset", "--id", "42"]
TIME = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ"
SAYS = "the envelope says, unverified: "
MISMATCH = "the envelope belongs to another queue, type or id, or lacks a binding that was insisted on"
REQUIRED = "the envelope is bound to a field that the caller did not give"
UNKNOWN = "the keyring has no such key, or none that the envelope names; keys may still be spreading"
NOT_ACTIVE = "the key may not seal: no active key serves"
OPEN_ONLY = ", which is open-only: 'taskseal key promote' makes it active; or choose another"
EXPIRED = "the envelope is past its expiry or the caller's maximum age"


def said(status, line, *arguments, **options):
    """The command must fail with exactly this one line, behind 'taskseal: '."""
    equal(bad(status, line, *arguments, **options), f"taskseal: {line}\n")


def said_like(status, line, *arguments, **options):
    """As said(), with a pattern."""
    errors = bad(status, "", *arguments, **options)
    check(re.fullmatch(f"taskseal: {line}\n", errors), f"{errors!r} is not like {line!r}")


def rings():
    """Key files `one` (mail-k01), `two` (mail-k02), and `both`, which the environment names."""
    keyring("one", "mail-k01")
    keyring("two", "mail-k02")
    write("both", read("one") + read("two").split(b"\n")[-2] + b"\n")
    return environment(TASKSEAL_KEYRING=os.path.abspath("both"))


def change(path, old, new):
    """Rewrites a key file."""
    text = read(path)
    check(old in text, f"{old!r} is not in {path}")
    write(path, text.replace(old, new))


def end_key(path, key_id, state):
    """Makes a key of the key file retired or compromised: its secret goes."""
    write(path, re.sub(rb"(key %s \S+) \S+ \S+" % key_id.encode(), rb"\1 %s -" % state.encode(), read(path)))


def sealed_then(ring, sealed_at, expires_at=0):
    """An envelope of another time, by the reference implementation, with the last key of `ring`."""
    sys.path.insert(0, os.path.join(SOURCE, "tests", "vectors"))
    try:
        import layout  # pylint: disable=import-outside-toplevel,import-error
        import sealing  # pylint: disable=import-outside-toplevel,import-error
    except ModuleNotFoundError as missing:
        raise Skip(f"{missing.name} is not installed") from missing
    _, key_id, kind, state, secret = read(ring).split()[-5:]
    raw = base64.urlsafe_b64decode(secret[len(b"tskek1_"):] + b"=")
    key = layout.Key(key_id, layout.KEY_TYPES[kind.decode()], state.decode(), raw)
    return sealing.seal(b"x", sealing.Sealer([key], now=sealed_at, expires_at=expires_at), os.urandom(64))


@test
def the_input_is_named_in_every_refusal():
    env = rings()
    text = good("seal", "--text", data=b"x", env=env)
    kinds = [("not-sealed", b"{}", "the input is not a sealed envelope"),
             ("malformed", text + b"=", "the envelope breaks the format's rules (is it in text form, or was it cut?)"),
             ("malformed", good("seal", data=b"x", env=env)[:60],
              "the envelope breaks the format's rules (is it in text form, or was it cut?)")]
    for name, data, why in kinds:
        write("task", data)
        for subcommand in ["open", "rewrap", "inspect"]:
            said(REFUSED, f"{subcommand}: {name}: task: {why}", subcommand, "task", env=env)
            said(REFUSED, f"{subcommand}: {name}: standard input: {why}", subcommand, data=data, env=env)
            said(REFUSED, f"{subcommand}: {name}: standard input: {why}", subcommand, "-", data=data, env=env)
    write("task", flip(good("seal", data=b"x", env=env), -1))
    said(REFUSED, "open: damaged: task: the payload was changed, cut or extended after sealing", "open", "task", env=env)
    looks = "the payload begins as an envelope does: sealing it twice is refused unless asked for"
    said(REFUSED, f"seal: looks-sealed: task: {looks}", "seal", "task", env=env)
    said(REFUSED, f"seal: looks-sealed: standard input: {looks}", "seal", data=text, env=env)


@test
def a_file_name_can_not_break_the_line():
    write("a\nb\x1b[2J", b"{}")
    said(REFUSED, "open: not-sealed: a\\x0Ab\\x1B[2J: the input is not a sealed envelope", "open", "a\nb\x1b[2J",
         env=keyring())


@test
def a_missing_field_is_told_from_those_that_were_given():
    env = keyring()
    write("task", good("seal", *CONTEXT, data=b"x", env=env))
    bound = f"{SAYS}bound to queue,type,id"
    said(REFUSED, f"open: context-required: task: {REQUIRED} ({bound}; given: nothing)", "open", "task", env=env)
    said(REFUSED, f"open: context-required: task: {REQUIRED} ({bound}; given: queue)", "open", "--queue", "mail",
         "task", env=env)
    said(REFUSED, f"open: context-required: task: {REQUIRED} ({bound}; given: type,extra; insisted on: type)", "open",
         "--type", "reset", "--extra", "x", "--insist", "type", "task", env=env)
    said(REFUSED, f"open: context-required: task: {REQUIRED} ({bound}; given: extra; insisted on: nothing)", "open",
         "--extra", "x", "--insist", "none", "task", env=env)


@test
def a_field_that_differs_or_is_not_bound_is_told_without_its_value():
    env = keyring()
    bound = good("seal", *CONTEXT, data=b"x", env=env)
    loose = good("seal", data=b"x", env=env)
    said(REFUSED, f"open: context-mismatch: standard input: {MISMATCH} ({SAYS}bound to queue,type,id; given: "
         "queue,type,id; so at least one of the values given differs from what it was sealed with)", "open",
         *CONTEXT[:-1], "43-hidden", data=bound, env=env)
    said(REFUSED, f"open: context-mismatch: standard input: {MISMATCH} ({SAYS}bound to nothing; given: queue,id; "
         "insisted on: id)", "open", "--queue", "mail", "--id", "42", "--insist", "id", data=loose, env=env)


@test
def the_text_form_is_explained_too():
    env = keyring()
    text = good("seal", "--text", "--queue", "mail", data=b"x", env=env)
    said(REFUSED, f"open: context-required: standard input: {REQUIRED} ({SAYS}bound to queue; given: nothing)", "open",
         data=text, env=env)


@test
def the_keys_of_an_envelope_are_named_when_none_is_known():
    env = rings()
    keyring("other", "other-k01")
    write("task", good("seal", "--to", "mail-k01", "--to", "mail-k02", data=b"x", env=env))
    write("single", good("seal", "--to", "mail-k02", data=b"x", env=env))
    keys = f"{SAYS}keys mail-k01, mail-k02"
    for subcommand in ["open", "rewrap"]:
        said(RETRY, f"{subcommand}: unknown-key: task: {UNKNOWN} ({keys})", subcommand, "-k", "other", "task")
        said(RETRY, f"{subcommand}: unknown-key: single: {UNKNOWN} ({SAYS}key mail-k02)", subcommand, "-k", "other",
             "single")


@test
def the_keys_of_an_envelope_are_named_when_they_may_not_serve():
    env = rings()
    write("task", good("seal", "--to", "mail-k01", "--to", "mail-k02", data=b"x", env=env))
    keys = f"({SAYS}keys mail-k01, mail-k02)"
    for state, why in [("retired", "the key that would serve is retired"),
                       ("compromised", "a key that is named is marked compromised")]:
        end_key("one", "mail-k01", state)
        for subcommand in ["open", "rewrap"]:
            said(REFUSED, f"{subcommand}: key-{state}: task: {why} {keys}", subcommand, "-k", "one", "task")
    equal(good("open", "-k", "two", "task"), b"x")


@test
def the_keys_of_an_envelope_are_named_when_the_key_is_another():
    env = keyring("one", "mail-k01")
    keyring("again", "mail-k01")
    write("task", good("seal", data=b"x", env=env))
    why = "the envelope was not made with this key, or its header was changed"
    for subcommand in ["open", "rewrap"]:
        said(REFUSED, f"{subcommand}: authentication-failed: task: {why} ({SAYS}key mail-k01)", subcommand, "-k",
             "again", "task")


@test
def a_key_for_another_queue_is_named_and_so_is_a_queue_that_is_not_given():
    env = keyring("one", "mail-k01")
    write("task", good("seal", data=b"x", env=env))
    write("payload", b"x")
    write("one", read("one").rstrip(b"\n") + b" queues=sms\n")
    why = "the key is not good for this queue"
    said(REFUSED, f"open: key-wrong-queue: task: {why} ({SAYS}key mail-k01; --queue is not given)", "open", "task",
         env=env)
    said(REFUSED, f"open: key-wrong-queue: task: {why} ({SAYS}key mail-k01)", "open", "--queue", "mail", "task", env=env)
    said(REFUSED, f"seal: key-wrong-queue: payload: {why} (--queue is not given)", "seal", "payload", env=env)
    said(REFUSED, f"seal: key-wrong-queue: payload: {why}", "seal", "--queue", "mail", "payload", env=env)
    said(REFUSED, f"seal: key-wrong-queue: payload: {why} (--to is mail-k01; --queue is not given)", "seal", "--to",
         "mail-k01", "payload", env=env)


@test
def a_seal_time_outside_the_window_is_shown_with_its_key():
    env = keyring("one", "mail-k01")
    write("task", sealed_then("one", 1000000000))
    equal(good("open", "task", env=env), b"x")
    write("one", read("one").rstrip(b"\n") + b" not-before=2020-01-01T00:00:00Z\n")
    why = "the seal time is outside the key's not-before .. not-after window"
    for subcommand in ["open", "rewrap"]:
        said(REFUSED, f"{subcommand}: key-outside-window: task: {why} ({SAYS}key mail-k01, sealed "
             "2001-09-09T01:46:40Z)", subcommand, "task", env=env)


@test
def an_expired_envelope_is_shown_with_its_times_and_the_maximum_age():
    env = keyring("one", "mail-k01")
    write("task", sealed_then("one", 1000000000, 1000003600))
    write("lasting", sealed_then("one", 1000000000))
    over = rf"\({SAYS}sealed 2001-09-09T01:46:40Z, expires 2001-09-09T02:46:40Z; this clock says {TIME}"
    never = rf"\({SAYS}sealed 2001-09-09T01:46:40Z, expires never; this clock says {TIME}"
    said_like(REFUSED, rf"open: expired: task: {EXPIRED} {over}; --max-age is not given\)", "open", "task", env=env)
    said_like(REFUSED, rf"open: expired: task: {EXPIRED} {over}; --max-age is 60 s\)", "open", "--max-age", "1m",
              "task", env=env)
    said_like(REFUSED, rf"open: expired: lasting: {EXPIRED} {never}; --max-age is 3600 s\)", "open", "--max-age", "1h",
              "lasting", env=env)
    said_like(REFUSED, rf"rewrap: expired: task: {EXPIRED} {over}\)", "rewrap", "task", env=env)
    equal(good("open", "lasting", env=env), b"x")


@test
def an_envelope_of_the_future_is_shown_with_its_times():
    env = keyring("one", "mail-k01")
    write("task", sealed_then("one", 253402300000))
    why = r"the envelope was sealed more than 300 s in this clock's future: compare the clocks"
    times = rf"{SAYS}sealed 9999-12-31T23:46:40Z, expires never; this clock says {TIME}"
    said_like(RETRY, rf"open: not-yet-valid: task: {why} \({times}; --max-age is not given\)", "open", "task", env=env)
    said_like(RETRY, rf"rewrap: not-yet-valid: task: {why} \({times}\)", "rewrap", "task", env=env)


@test
def another_purpose_or_suite_is_named():
    env = keyring()
    write("task", good("seal", "--purpose", "result", data=b"x", env=env))
    said(REFUSED, "open: wrong-purpose: task: the envelope was sealed for another purpose "
         f"({SAYS}purpose result; accepted: payload)", "open", "task", env=env)
    said(REFUSED, f"open: suite-denied: task: the caller's policy does not allow this suite ({SAYS}suite "
         "chacha20poly1305)", "open", "--suite", "aes256gcm", "task", env=env)


@test
def a_key_that_the_keyring_lacks_is_the_callers_mistake():
    env = rings()
    write("task", good("seal", data=b"x", env=env))
    for subcommand, option in [("seal", "--to"), ("rewrap", "--to"), ("rewrap", "--from")]:
        for key_id in ["nope", "", "mail k01"]:
            said(USAGE, f"{subcommand}: unknown-key: no key '{key_id}' in the keyring ({option})", subcommand, option,
                 key_id, "task", env=env)
    said(USAGE, "seal: unknown-key: no key 'nope' in the keyring (--to)", "seal", "--to", "mail-k01", "--to", "nope",
         data=b"x", env=env)
    good("seal", "--to", "mail-k02", "--to", "mail-k01", data=b"x", env=env)


@test
def a_key_of_any_state_is_in_the_keyring():
    env = rings()
    write("task", good("seal", "--to", "mail-k01", data=b"x", env=env))
    change("both", b" active ", b" open-only ")
    said(REFUSED, f"seal: key-not-active: standard input: {NOT_ACTIVE} (--to is mail-k02{OPEN_ONLY})", "seal", "--to", "mail-k02",
         data=b"x", env=env)
    said(REFUSED, f"seal: key-not-active: standard input: {NOT_ACTIVE}", "seal", data=b"x", env=env)
    said(REFUSED, f"rewrap: key-not-active: task: {NOT_ACTIVE} ({SAYS}key mail-k01; --from is mail-k01; --to is "
         "mail-k02)", "rewrap", "--from", "mail-k01", "--to", "mail-k02", "task", env=env)
    end_key("both", "mail-k02", "retired")
    said(REFUSED, f"rewrap: key-retired: task: the key that would serve is retired ({SAYS}key mail-k01; --to is "
         "mail-k02)", "rewrap", "--to", "mail-k02", "task", env=env)


@test
def the_one_recipient_that_may_not_seal_is_named():
    env = rings()
    change("both", b"mail-k02 xchacha20poly1305 active", b"mail-k02 xchacha20poly1305 open-only")
    said(REFUSED, f"seal: key-not-active: standard input: {NOT_ACTIVE} (--to is mail-k02{OPEN_ONLY})", "seal", "--to", "mail-k01",
         "--to", "mail-k02", data=b"x", env=env)


@test
def a_known_key_that_the_envelope_does_not_name_can_not_be_replaced():
    env = rings()
    write("task", good("seal", "--to", "mail-k01", data=b"x", env=env))
    said(REFUSED, f"rewrap: unknown-key: task: the envelope does not name 'mail-k02' (--from) ({SAYS}key mail-k01)",
         "rewrap", "--from", "mail-k02", "task", env=env)
    good("rewrap", "--from", "mail-k01", "task", env=env)


@test
def a_secret_given_as_a_key_id_is_not_shown():
    env = rings()
    secret = read("one").split()[-1].decode()
    task = good("seal", data=b"x", env=env)
    for subcommand, option in [("seal", "--to"), ("rewrap", "--to"), ("rewrap", "--from")]:
        errors = bad(USAGE, f"{subcommand}: usage: {option} takes a key id, not what was given (not shown", subcommand,
                     option, secret, data=task, env=env)
        check(secret not in errors, "shown")


@test
def eight_of_the_longest_key_ids_are_all_named():
    ids = [f"{number}" * 255 for number in range(8)]
    for key_id in ids:
        keyring(f"ring-{key_id[0]}", key_id)
    write("all", read("ring-0") + b"".join(read(f"ring-{n}").split(b"\n")[-2] + b"\n" for n in range(1, 8)))
    task = good("seal", "-k", "all", *[f"--to={key_id}" for key_id in ids], data=b"x")
    said(RETRY, f"open: unknown-key: standard input: {UNKNOWN} ({SAYS}keys {', '.join(ids)})", "open", "-k", "other",
         data=task, env=keyring("other", "other-k01"))


@test
def a_forged_envelope_is_still_one_line():
    env = keyring("one", "mail-k01")
    task = bytearray(good("seal", data=b"x", env=env))
    start = bytes(task).index(b"mail-k01")
    task[start + 4:start + 5] = b"\n"
    done = run("open", data=bytes(task), env=env)
    equal(done.returncode, REFUSED)
    equal(done.stderr.count(b"\n"), 1)


if __name__ == "__main__":
    sys.exit(main())
