#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""taskseal rewrap: to another key, with the payload untouched."""

import json
import os
import sys
import time

from harness import (REFUSED, RETRY, USAGE, bad, check, environment, equal, flip, good, keyring, main, read, test,
                     write)

CONTEXT = ["--queue", "mail", "--id", "42"]


def key_line(path):
    return read(path).split(b"\n")[-2] + b"\n"


def rings():
    """Key files `old`, `new` and `both`: the one that seals first is the new one."""
    keyring("old", "mail-k01")
    keyring("new", "mail-k02")
    write("both", read("new") + key_line("old").replace(b" active ", b" open-only "))
    return environment(TASKSEAL_KEYRING=os.path.abspath("both"))


def details(data):
    found = json.loads(good("inspect", "--json", data=data))
    del found["keys"]
    return found


@test
def the_new_key_opens_it_and_the_old_one_no_more():
    env = rings()
    before = good("seal", "-k", "old", *CONTEXT, data=b"secret")
    after = good("rewrap", data=before, env=env)
    equal(good("open", "-k", "new", *CONTEXT, data=after), b"secret")
    bad(RETRY, "open: unknown-key: ", "open", "-k", "old", *CONTEXT, data=after)


@test
def id_times_bindings_and_payload_bytes_stay():
    env = rings()
    before = good("seal", "-k", "old", *CONTEXT, "--expires-in", "1h", "--pad", data=b"secret")
    after = good("rewrap", data=before, env=env)
    equal(details(after), details(before))
    equal(after[:57], before[:57])
    equal(after[157:], before[157:])


@test
def the_keys_can_be_named():
    env = rings()
    before = good("seal", "-k", "old", data=b"secret")
    after = good("rewrap", "--from", "mail-k01", "--to", "mail-k02", data=before, env=env)
    equal(good("open", "-k", "new", data=after), b"secret")
    bad(USAGE, "rewrap: unknown-key: ", "rewrap", "--from", "mail-k03", data=before, env=env)
    bad(USAGE, "rewrap: unknown-key: ", "rewrap", "--to", "mail-k03", data=before, env=env)


@test
def a_key_that_may_not_seal_is_no_successor():
    env = rings()
    before = good("seal", "-k", "new", data=b"secret")
    bad(REFUSED, "rewrap: key-not-active: ", "rewrap", "--to", "mail-k01", data=before, env=env)


@test
def it_keeps_the_form_it_came_in_or_makes_text():
    env = rings()
    binary = good("seal", "-k", "old", data=b"secret")
    text = good("seal", "-k", "old", "--text", data=b"secret")
    check(good("rewrap", data=binary, env=env).startswith(b"\xc1TSL"), "binary")
    for arguments, data in [([], text), ([], text + b"\n"), (["--text"], text), (["--text"], binary)]:
        after = good("rewrap", *arguments, data=data, env=env)
        check(after.startswith(b"tsl1."), "text")
        equal(good("open", "-k", "new", data=after), b"secret")


@test
def a_file_can_be_rewrapped_in_its_place():
    env = rings()
    good("seal", "-k", "old", "-o", "sealed", data=b"x" * 100000)
    good("rewrap", "sealed", "-o", "sealed", env=env)
    equal(good("open", "-k", "new", "sealed"), b"x" * 100000)
    equal(sorted(os.listdir(".")), ["both", "new", "old", "sealed"])


@test
def a_header_that_was_changed_is_refused():
    env = rings()
    before = good("seal", "-k", "old", data=b"secret")
    for index in [8 + 7, 30, 100, 150]:
        bad(REFUSED, "rewrap: authentication-failed: ", "rewrap", data=flip(before, index), env=env)
    good("rewrap", data=before, env=env)


@test
def a_refused_file_is_left_as_it_was():
    env = rings()
    before = flip(good("seal", "-k", "old", data=b"secret"), 100)
    write("sealed", before)
    bad(REFUSED, "rewrap: authentication-failed: ", "rewrap", "sealed", "-o", "sealed", env=env)
    equal(read("sealed"), before)


@test
def an_expired_envelope_is_refused():
    env = rings()
    before = good("seal", "-k", "old", "--expires-in", "1s", data=b"secret")
    time.sleep(2)
    bad(REFUSED, "rewrap: expired: ", "rewrap", data=before, env=env)


@test
def what_is_not_sealed_is_refused():
    bad(REFUSED, "rewrap: not-sealed: ", "rewrap", data=b"{}", env=rings())


if __name__ == "__main__":
    sys.exit(main())
