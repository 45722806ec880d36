#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""taskseal reseal and taskseal dedupe."""

import base64
import hashlib
import json
import re
import sys

from harness import (FILE, OK, REFUSED, RETRY, USAGE, bad, check, equal, flip, good, keyring, main, read, run, test, write)


def inspected(sealed, env):
    return json.loads(good("inspect", "--json", data=sealed, env=env))


# ---- reseal ----


@test
def a_resealed_envelope_holds_the_same_under_another_id():
    env = keyring()
    task = ["--queue", "mail", "--type", "reset", "--id", "42", "--extra", "t"]
    before = good("seal", *task, "--expires-in", "1h", "--pad", data=b"payload", env=env)
    after = good("reseal", *task, data=before, env=env)
    equal(good("open", *task, data=after, env=env), b"payload")
    old, new = inspected(before, env), inspected(after, env)
    check(old.pop("message_id") != new.pop("message_id"), "the same message id")
    equal(old, new)


@test
def both_message_ids_can_be_told():
    env = keyring()
    before = good("seal", env=env)
    done = run("reseal", "-v", data=before, env=env)
    equal(done.returncode, OK)
    equal(done.stderr.decode(), f"taskseal: reseal: old message id {inspected(before, env)['message_id']} (record it as "
                                f"done), new message id {inspected(done.stdout, env)['message_id']}\n")


@test
def the_message_ids_are_told_only_when_the_replacement_is_written():
    env = keyring()
    before = good("seal", env=env)
    done = run("reseal", "-v", "-o", "/nonexistent/task", data=before, env=env)
    equal(done.returncode, FILE)
    check(b"message id" not in done.stderr, done.stderr)


@test
def a_resealed_envelope_keeps_its_form_unless_told():
    env = keyring()
    text = good("seal", "--text", data=b"x", env=env)
    check(good("reseal", data=text, env=env).startswith(b"tsl1."), "binary")
    binary = good("seal", data=b"x", env=env)
    check(not good("reseal", data=binary, env=env).startswith(b"tsl1."), "text")
    check(good("reseal", "--text", data=binary, env=env).startswith(b"tsl1."), "binary")


@test
def reseal_may_choose_keys_and_suite():
    env = keyring()
    good("key", "add", "mail-k02", env=env)
    good("key", "promote", "mail-k02", env=env)
    before = good("seal", "--to", "mail-k01", env=env)
    equal([key["id"] for key in inspected(good("reseal", data=before, env=env), env)["keys"]], ["mail-k02"])
    both = inspected(good("reseal", "--to", "mail-k02", "--to", "mail-k01", data=before, env=env), env)
    equal([key["id"] for key in both["keys"]], ["mail-k01", "mail-k02"])
    if run("seal", "--suite", "aes256gcm", env=env).returncode == OK:
        equal(inspected(good("reseal", "--suite", "aes256gcm", data=before, env=env), env)["suite_name"], "aes256gcm")


@test
def reseal_replaces_its_input_file():
    env = keyring()
    before = good("seal", data=b"x", env=env)
    write("task", before)
    good("reseal", "task", "-o", "task", env=env)
    check(read("task") != before, "unchanged")
    equal(good("open", "task", env=env), b"x")


@test
def reseal_refuses_what_open_refuses_and_keeps_the_target():
    env = keyring()
    sealed = good("seal", "--queue", "mail", data=b"x", env=env)
    write("target", b"precious")
    for arguments, data, message in [
            (["--queue", "bills"], sealed, "context-mismatch: standard input: "),
            ([], sealed, "context-required: standard input: "),
            (["--queue", "mail", "--purpose", "result"], sealed, "wrong-purpose: standard input: "),
            (["--queue", "mail"], flip(sealed, -1), "damaged: standard input: "),
            (["--queue", "mail"], b"plain", "not-sealed: standard input: "),
            (["--queue", "mail"], sealed[:100], "malformed: standard input: ")]:
        bad(REFUSED, "reseal: " + message, "reseal", *arguments, "-o", "target", data=data, env=env)
    equal(read("target"), b"precious")
    bad(USAGE, "reseal: usage: --insist names a field that is not given", "reseal", "--insist", "id", data=sealed, env=env)
    good("reseal", "--queue", "mail", "--insist", "queue", "--max-age", "1h", data=sealed, env=env)


@test
def reseal_needs_a_key_that_seals():
    env = keyring()
    sealed = good("seal", env=env)
    good("key", "add", "mail-k02", env=env)
    errors = bad(REFUSED, "reseal: key-not-active: standard input: ", "reseal", "--to", "mail-k02", data=sealed, env=env)
    check("--to is mail-k02" in errors, errors)
    bad(USAGE, "reseal: unknown-key: no key 'x' in the keyring (--to)", "reseal", "--to", "x", data=sealed, env=env)
    bad(USAGE, "reseal: usage: --to a is given twice", "reseal", "--to", "a", "--to", "a", env=env)


# ---- dedupe ----


def tags_ring():
    env = keyring()
    good("key", "add", "tags-k01", "--type", "dedupe", env=env)
    good("key", "promote", "tags-k01", env=env)
    return env


@test
def equal_tasks_have_equal_tags_and_others_others():
    env = tags_ring()
    tag = good("dedupe", data=b"payload", env=env)
    check(re.fullmatch(rb"[0-9a-f]{64}\n", tag), repr(tag))
    write("payload", b"payload")
    equal(good("dedupe", "payload", env=env), tag)
    equal(good("dedupe", "--key", "tags-k01", data=b"payload", env=env), tag)
    others = [good("dedupe", data=b"payloae", env=env), good("dedupe", "--queue", "mail", data=b"payload", env=env),
              good("dedupe", "--type", "mail", data=b"payload", env=env), good("dedupe", "--field", "payload", env=env),
              good("dedupe", "--field", "pay", "--field", "load", env=env),
              good("dedupe", "--field", "load", "--field", "pay", env=env), good("dedupe", "--field", "", env=env)]
    equal(len({tag, *others}), 8)
    equal(good("dedupe", "--field", "pay", "--field", "load", env=env), others[4])


@test
def the_tag_is_that_of_the_format():
    env = tags_ring()
    secret = re.search(rb"key tags-k01 dedupe active tsdup1_(\S+)", read("ring")).group(1)
    key = base64.urlsafe_b64decode(secret + b"=")

    def lengthed(data):
        return len(data).to_bytes(4, "big") + data

    def tag(data):
        return hashlib.blake2b(b"taskseal1-dedupe" + data, key=key, digest_size=32).hexdigest().encode() + b"\n"

    equal(good("dedupe", "--queue", "mail", "--type", "reset", data=b"x", env=env),
          tag(lengthed(b"mail") + lengthed(b"reset") + b"\0x"))
    equal(good("dedupe", "--field", "a", "--field", "bc", env=env),
          tag(lengthed(b"") + lengthed(b"") + b"\1" + lengthed(b"a") + lengthed(b"bc")))


@test
def tags_need_a_key_of_their_own():
    env = keyring()
    errors = bad(REFUSED, "dedupe: key-not-active: standard input: ", "dedupe", env=env)
    check("'taskseal key add --type dedupe' makes one" in errors, errors)
    errors = bad(REFUSED, "dedupe: key-wrong-use: standard input: ", "dedupe", "--key", "mail-k01", env=env)
    check("--key is mail-k01" in errors, errors)
    good("key", "add", "tags-k01", "--type", "dedupe", env=env)
    errors = bad(REFUSED, "seal: key-wrong-use: standard input: ", "seal", "--to", "tags-k01", env=env)
    check("--to is tags-k01" in errors, errors)
    bad(USAGE, "dedupe: unknown-key: no key 'x' in the keyring (--key)", "dedupe", "--key", "x", env=env)


@test
def a_tags_key_may_be_limited_to_a_queue():
    env = tags_ring()
    good("key", "limit", "tags-k01", "--queue", "mail", env=env)
    good("dedupe", "--queue", "mail", env=env)
    errors = bad(REFUSED, "dedupe: key-wrong-queue: standard input: ", "dedupe", env=env)
    check("--queue is not given" in errors, errors)


@test
def a_file_and_fields_are_not_both_given():
    env = tags_ring()
    bad(USAGE, "dedupe: usage: give a FILE or --field, not both", "dedupe", "--field", "x", "file", env=env)
    many = ["--field", "x"] * 65
    bad(USAGE, "dedupe: usage: --field can be given at most 64 times", "dedupe", *many, env=env)
    good("dedupe", *many[:128], env=env)
    bad(FILE, "dedupe: file: can't open none: ", "dedupe", "none", env=env)


@test
def a_missing_key_is_retryable_for_the_library_but_no_keyring_is_usage():
    bad(USAGE, "dedupe: usage: no keyring: ", "dedupe")
    bad(USAGE, "reseal: usage: no keyring: ", "reseal")
    env = keyring("one", "a-k01")
    sealed = good("seal", env=env)
    bad(RETRY, "reseal: unknown-key: standard input: ", "reseal", data=sealed, env=keyring("two", "b-k01"))


if __name__ == "__main__":
    sys.exit(main())
