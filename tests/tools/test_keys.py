#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""taskseal key add, promote, demote, retire, compromise, limit, list and check."""

import json
import os
import pty
import pwd
import re
import resource
import stat
import sys
import time

from harness import (FILE, OK, REFUSED, USAGE, Skip, bad, check, environment, equal, for_others, good, keyring, main, read, read_terminal, run, suites,
                     test, write)

PAST = "2026-01-01T00:00:00Z"
OLD_IS_KEPT = "The file as it was before is kept as {}.old, with its secrets: delete it once the new one serves.\n"


def lines(env, *options):
    """What `key list` says of each key: id, type, state, queues, not-before, not-after."""
    return [line.split("\t") for line in good("key", "list", *options, env=env).decode().splitlines()]


def change(env, *arguments):
    """Changes the keyring, and checks what holds for every change; gives the output but for its last line."""
    before = read("ring")
    text = good("key", *arguments, env=env).decode()
    check(text.endswith(OLD_IS_KEPT.format(os.path.abspath("ring"))), text)
    equal(read("ring.old"), before)
    for name in ["ring", "ring.old"]:
        equal(stat.S_IMODE(os.stat(name).st_mode), 0o600)
    check("tskek1_" not in text and "tsdup1_" not in text, text)
    return text[:text.rindex("The file as it was")]


def change_in_time(env, *arguments):
    """As change(), once a grace of a second is over: until then it is refused."""
    while run("key", *arguments, env=env).returncode == REFUSED:
        time.sleep(0.1)


def unchanged(env, status, message, *arguments):
    """A change that is refused, and leaves the file as it was; gives the error."""
    before = read("ring"), sorted(os.listdir("."))
    errors = bad(status, message, "key", *arguments, env=env)
    equal((read("ring"), sorted(os.listdir("."))), before)
    return errors


def seconds(text):
    return int(time.mktime(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ")) - time.timezone)


def rotated():
    """A ring of mail-k02, the primary, and mail-k01, which was demoted."""
    env = keyring()
    change(env, "add", "mail-k02")
    good("key", "promote", "mail-k02", "--demote", "mail-k01", env=env)
    return env


# ---- add ----


@test
def demote_tells_the_end_that_counts():
    env = keyring()
    good("key", "limit", "mail-k01", "--not-after", "2999-01-01T00:00:00Z", env=env)
    said = good("key", "demote", "mail-k01", "--not-after", "2999-06-01T00:00:00Z", env=env).decode()
    check("sealed after 2999-01-01T00:00:00Z" in said and "2999-06" not in said, said)


@test
def an_added_key_only_opens():
    env = keyring()
    text = change(env, "add", "mail-k02")
    check(text.startswith(f"mail-k02 stands in {os.path.abspath('ring')} now, as a fresh key that only opens.\n"), text)
    equal(lines(env), [["mail-k01", "xchacha20poly1305", "active", "*", "-", "-"],
                       ["mail-k02", "xchacha20poly1305", "open-only", "*", "-", "-"]])
    bad(REFUSED, "seal: key-not-active: ", "seal", "--to", "mail-k02", env=env)


@test
def an_added_key_has_the_limits_given():
    env = keyring()
    change(env, "add", "mail-k02", "--queue", "mail", "--queue", "a b,ö", "--not-before", "2026-01-01T00:00:00Z",
           "--not-after", "2026-12-31T23:59:59Z", "--type", "xchacha20poly1305")
    equal(lines(env)[1][3:], ["mail,a%20b%2C%C3%B6", "2026-01-01T00:00:00Z", "2026-12-31T23:59:59Z"])


@test
def an_added_key_may_be_of_another_type():
    env = keyring()
    change(env, "add", "tags", "--type", "dedupe")
    equal(lines(env)[1][:3], ["tags", "dedupe", "open-only"])
    if "aegis256" in suites():
        change(env, "add", "fast", "--type", "aegis256")
        equal(lines(env)[2][:3], ["fast", "aegis256", "open-only"])
    else:
        unchanged(env, REFUSED, "key add: suite-unavailable: ", "add", "fast", "--type", "aegis256")


@test
def a_key_that_is_there_is_not_added():
    unchanged(keyring(), REFUSED, "key add: keyfile-change: ", "add", "mail-k01")


@test
def bad_ids_queues_and_windows_are_usage_errors():
    env = keyring()
    unchanged(env, USAGE, "key add: bad-argument: ", "add", "--", "-a")
    unchanged(env, USAGE, "key add: usage: --queue is empty", "add", "x", "--queue", "")
    unchanged(env, USAGE, "key add: usage: --queue mail is given twice", "add", "x", "--queue", "mail", "--queue", "mail")
    many = [word for number in range(65) for word in ("--queue", f"q{number}")]
    unchanged(env, USAGE, "key add: usage: --queue can be given at most 64 times", "add", "x", *many)
    change(env, "add", "y", *many[:128])
    unchanged(env, USAGE, "key add: usage: --not-before is later than --not-after", "add", "x", "--not-before",
              "2026-12-31T23:59:59Z", "--not-after", "2026-01-01T00:00:00Z")


@test
def one_key_id_must_be_given():
    env = keyring()
    for name in ["add", "promote", "demote", "retire", "compromise", "limit"]:
        bad(USAGE, f"key {name}: usage: give one KEY-ID, not 0", "key", name, env=env)
        bad(USAGE, f"key {name}: usage: give one KEY-ID, not 2", "key", name, "a", "b", env=env)


@test
def a_secret_given_as_a_key_id_is_not_repeated():
    env = keyring()
    for name in ["add", "promote", "demote", "retire", "compromise", "limit"]:
        errors = bad(USAGE, f"key {name}: usage: KEY-ID takes a name, not what was given (not shown", "key", name,
                     "tskek1_hunter2", env=env)
        check("hunter2" not in errors, errors)
    errors = bad(USAGE, "key promote: usage: --demote takes a key id, not what was given (not shown", "key", "promote",
                 "x", "--demote", "tskek1_hunter2", env=env)
    check("hunter2" not in errors, errors)


# ---- promote and demote ----


@test
def a_promoted_key_is_the_primary():
    env = keyring()
    change(env, "add", "mail-k02")
    equal(change(env, "promote", "mail-k02"),
          "mail-k02 is active now and the first of its type, which makes it the primary.\n")
    equal([line[0] for line in lines(env)], ["mail-k02", "mail-k01"])
    check(b"key mail-k02 " in good("inspect", data=good("seal", env=env)), "another key seals")


@test
def promote_may_demote_the_key_before_with_a_day_of_grace():
    env = keyring()
    before = good("seal", data=b"waiting", env=env)
    change(env, "add", "mail-k02")
    now = int(time.time())
    text = good("key", "promote", "mail-k02", "--demote", "mail-k01", env=env).decode()
    found = re.search(r"mail-k01 only opens now, and nothing that was sealed after (\S+)\.\n", text)
    check(found, text)
    check(now + 86400 <= seconds(found.group(1)) <= now + 86460, found.group(1))
    equal([line[:3] for line in lines(env)], [["mail-k02", "xchacha20poly1305", "active"],
                                              ["mail-k01", "xchacha20poly1305", "open-only"]])
    equal(lines(env)[1][5], found.group(1))
    equal(good("open", data=before, env=env), b"waiting")


@test
def the_old_file_of_promote_with_demote_is_the_one_between():
    env = keyring()
    change(env, "add", "mail-k02")
    good("key", "promote", "mail-k02", "--demote", "mail-k01", env=env)
    equal([line[:3:2] for line in lines(env, "-k", "./ring.old")], [["mail-k02", "active"], ["mail-k01", "active"]])


@test
def the_grace_can_be_chosen():
    env = keyring()
    change(env, "add", "mail-k02")
    now = int(time.time())
    good("key", "promote", "mail-k02", "--demote", "mail-k01", "--grace", "2h", env=env)
    check(now + 7200 <= seconds(lines(env)[1][5]) <= now + 7260, str(lines(env)))
    change(env, "demote", "mail-k02", "--grace", "90")
    check(now + 90 <= seconds(lines(env)[0][5]) <= now + 180, str(lines(env)))


@test
def demote_takes_the_end_of_the_grace_as_a_time():
    env = keyring()
    text = change(env, "demote", "mail-k01", "--not-after", "2099-01-01T00:00:00Z")
    equal(text, "mail-k01 only opens now, and nothing that was sealed after 2099-01-01T00:00:00Z.\n")
    equal(lines(env)[0][2:], ["open-only", "*", "-", "2099-01-01T00:00:00Z"])
    bad(REFUSED, "seal: key-not-active: ", "seal", env=env)


@test
def grace_must_make_sense():
    env = keyring()
    change(env, "add", "mail-k02")
    unchanged(env, USAGE, "key promote: usage: --grace is about the key of --demote", "promote", "mail-k02", "--grace", "1h")
    unchanged(env, USAGE, "key promote: usage: --demote names the key that is to be promoted", "promote", "mail-k02",
              "--demote", "mail-k02")
    unchanged(env, USAGE, "key demote: usage: give --grace or --not-after, not both", "demote", "mail-k01", "--grace",
              "1h", "--not-after", "2099-01-01T00:00:00Z")
    unchanged(env, USAGE, "key demote: usage: --grace ends after the year 9999", "demote", "mail-k01", "--grace",
              "252000000000")
    change(env, "demote", "mail-k01", "--grace", "250000000000")


@test
def nothing_is_promoted_if_the_key_to_demote_can_not_be():
    env = keyring()
    change(env, "add", "mail-k02")
    unchanged(env, USAGE, "key promote: unknown-key: no key 'mail-k09' in the keyring (--demote)",
              "promote", "mail-k02", "--demote", "mail-k09")
    change(env, "add", "mail-k03")
    unchanged(env, REFUSED, "key promote: keyfile-change: mail-k03 is not active (--demote); nothing was changed",
              "promote", "mail-k02", "--demote", "mail-k03")


@test
def it_is_told_that_only_the_first_of_two_changes_was_made():
    env = keyring()
    change(env, "add", "mail-k02", "--not-before", "2090-01-01T00:00:00Z")
    change(env, "limit", "mail-k01", "--not-before", "2080-01-01T00:00:00Z")
    done = run("key", "promote", "mail-k02", "--demote", "mail-k01", "--grace", "1h", env=env)
    equal(done.returncode, REFUSED)  # the end of the grace is before the beginning of the window
    check(done.stdout.startswith(b"mail-k02 is active now"), repr(done.stdout))
    check(done.stderr.startswith(b"taskseal: key promote: keyfile-change: "), repr(done.stderr))
    check(b"\ntaskseal: key promote: mail-k02 was promoted and is the primary; mail-k01 was not demoted and is as it "
          b"was: when this is mended, give 'taskseal key demote mail-k01'\n" in done.stderr, repr(done.stderr))
    equal([line[:3:2] for line in lines(env)], [["mail-k02", "active"], ["mail-k01", "active"]])


@test
def an_unknown_key_is_a_usage_error_and_not_changed():
    env = keyring()
    for name, more in [("promote", []), ("demote", []), ("retire", []), ("compromise", []), ("limit", ["--any-time"])]:
        unchanged(env, USAGE, f"key {name}: unknown-key: ", name, "mail-k09", *more)


# ---- retire and compromise ----


@test
def a_demoted_key_can_be_retired():
    env = rotated()
    change(env, "limit", "mail-k01", "--not-after", PAST)
    text = change(env, "retire", "mail-k01")
    check(text.startswith(f"mail-k01 is retired in {os.path.abspath('ring')}: its secret is gone"), text)
    equal(lines(env)[1][:3], ["mail-k01", "xchacha20poly1305", "retired"])
    equal(read("ring").count(b"tskek1_"), 1)


@test
def what_a_retired_key_sealed_is_refused_by_name():
    env = keyring()
    sealed = good("seal", data=b"x", env=env)
    change(env, "add", "mail-k02")
    change(env, "promote", "mail-k02")
    change(env, "demote", "mail-k01", "--grace", "1")
    equal(good("open", data=sealed, env=env), b"x")
    change_in_time(env, "retire", "mail-k01")
    bad(REFUSED, "open: key-retired: ", "open", data=sealed, env=env)


@test
def a_key_whose_grace_runs_is_not_retired():
    env = rotated()
    errors = unchanged(env, REFUSED, "key retire: keyfile-change: key mail-k01: until its not-after, copies of the file "
                       "that lag may still seal with it", "retire", "mail-k01")
    check("limit" in errors, errors)


@test
def an_active_key_is_not_retired():
    errors = unchanged(keyring(), REFUSED, "key retire: keyfile-change: ", "retire", "mail-k01")
    check("demote" in errors, errors)


@test
def a_compromised_key_is_refused_at_once_and_what_to_do_is_told():
    env = keyring()
    sealed = good("seal", data=b"x", env=env)
    text = change(env, "compromise", "mail-k01")
    check(text.startswith("mail-k01 is marked compromised: its secret is gone"), text)
    for word in ["--not-before", "300 seconds", "workers", "from a trusted source", ".old"]:
        check(word in text, f"{word!r} is not in {text}")
    bad(REFUSED, "open: key-compromised: ", "open", data=sealed, env=env)
    equal(lines(env)[0][2], "compromised")
    check(b"tskek1_" not in read("ring"), "the secret is still there")


# ---- limit ----


@test
def limits_replace_those_of_the_key_and_leave_the_others():
    env = keyring()
    equal(change(env, "limit", "mail-k01", "--queue", "mail", "--not-before", "2026-01-01T00:00:00Z"),
          f"The limits of mail-k01 in {os.path.abspath('ring')} are changed.\n")
    equal(lines(env)[0][3:], ["mail", "2026-01-01T00:00:00Z", "-"])
    change(env, "limit", "mail-k01", "--queue", "invoices", "--not-after", "2099-01-01T00:00:00Z")
    equal(lines(env)[0][3:], ["invoices", "2026-01-01T00:00:00Z", "2099-01-01T00:00:00Z"])
    change(env, "limit", "mail-k01", "--any-time")
    equal(lines(env)[0][3:], ["invoices", "-", "-"])
    change(env, "limit", "mail-k01", "--any-queue", "--any-time", "--not-before", "2026-01-01T00:00:00Z")
    equal(lines(env)[0][3:], ["*", "2026-01-01T00:00:00Z", "-"])


@test
def limits_must_say_something_that_makes_sense():
    env = keyring()
    unchanged(env, USAGE, "key limit: usage: nothing to change: give --queue", "limit", "mail-k01")
    unchanged(env, USAGE, "key limit: usage: give --queue or --any-queue, not both", "limit", "mail-k01", "--queue", "x",
              "--any-queue")
    unchanged(env, USAGE, "key limit: usage: --not-before is later than --not-after", "limit", "mail-k01", "--not-before",
              "2026-12-31T23:59:59Z", "--not-after", "2026-01-01T00:00:00Z")


@test
def a_queue_that_is_empty_is_told_with_what_to_do_instead():
    env = keyring()
    unchanged(env, USAGE, "key limit: usage: --queue is empty: give --any-queue to make the key good for every queue",
              "limit", "mail-k01", "--queue", "")
    unchanged(env, USAGE, "key add: usage: --queue is empty: leave it out to make the key good for every queue", "add", "x",
              "--queue", "mail", "--queue", "")


@test
def limits_that_leave_nothing_to_seal_with_are_warned_of():
    env = keyring()
    later = "2099-01-01T00:00:00Z"
    warning = f"warning: until {later} nothing can be sealed for its queues: no other active key serves now.\n"
    check(warning in change(env, "limit", "mail-k01", "--not-before", later), "no warning")
    text = change(env, "limit", "mail-k01", "--any-time", "--not-after", PAST)
    check("warning: nothing can be sealed for its queues now: no active key serves.\n" in text, text)
    check("warning" not in change(env, "limit", "mail-k01", "--any-time"), "a warning")
    change(env, "add", "mail-k02", "--queue", "mail")
    change(env, "promote", "mail-k02")
    check("warning" not in change(env, "limit", "mail-k02", "--not-before", later), "the other key serves")
    check(warning in change(env, "limit", "mail-k01", "--not-before", later), "no warning")


# ---- Dedupe keys ----


@test
def of_dedupe_keys_it_is_said_that_they_make_tags():
    env = keyring()
    text = change(env, "add", "tags-1", "--type", "dedupe")
    check("makes tags only where it is named" in text and "has it make all tags" in text, text)
    check("seal" not in text.replace("taskseal", ""), text)
    equal(change(env, "promote", "tags-1"),
          "tags-1 is active now and the first dedupe key: it makes the tags where no key is named.\n")
    change(env, "add", "tags-2", "--type", "dedupe")
    text = good("key", "promote", "tags-2", "--demote", "tags-1", env=env).decode()
    check(re.search(r"\ntags-1 makes tags only where it is named now, and none after \S+Z\.\n", text), text)


@test
def without_a_dedupe_key_nothing_is_said_of_sealing():
    env = keyring()
    equal(bad(REFUSED, "dedupe: ", "dedupe", data=b"x", env=env),
          "taskseal: dedupe: key-not-active: standard input: no active key of type dedupe is in the keyring: 'taskseal key "
          "add --type dedupe' makes one, 'taskseal key promote' makes it active\n")
    change(env, "add", "tags", "--type", "dedupe")
    bad(REFUSED, "dedupe: key-not-active: standard input: no active key of type dedupe is in the keyring: ", "dedupe",
        data=b"x", env=env)
    equal(len(good("dedupe", "--key", "tags", data=b"x", env=env)), 65)
    bad(USAGE, "dedupe: unknown-key: no key 'nope' in the keyring (--key)", "dedupe", "--key", "nope", data=b"x", env=env)
    change(env, "promote", "tags")
    equal(len(good("dedupe", data=b"x", env=env)), 65)


# ---- Other users' files ----


@test
def root_is_told_to_change_a_file_as_the_user_that_it_belongs_to():
    if os.geteuid() != 0:
        raise Skip("only root can give a file away")
    env = keyring()
    nobody = pwd.getpwnam("nobody")
    os.chown("ring", nobody.pw_uid, -1)
    changes = [("add", "x"), ("promote", "mail-k01"), ("demote", "mail-k01"), ("retire", "mail-k01"),
               ("compromise", "mail-k01"), ("limit", "mail-k01", "--any-time"), ("protect", "--remove")]
    for words in changes:
        errors = unchanged(env, REFUSED, f"key {words[0]}: keyfile-permissions: ", *words)
        check(errors.endswith(f"\ntaskseal: key {words[0]}: run this as the user that the file belongs to: sudo -u nobody "
                              "taskseal ...\n"), errors)
    os.chown("ring", 0, -1)
    os.chmod("ring", 0o644)
    errors = unchanged(env, REFUSED, "key add: keyfile-permissions: ", "add", "x")
    check("sudo" not in errors, errors)


@test
def a_directory_that_can_not_be_written_is_told():
    if os.geteuid() != 0:
        raise Skip("root is needed to become another user")
    env = keyring()
    nobody = pwd.getpwnam("nobody")
    os.chown("ring", nobody.pw_uid, -1)
    os.chmod(".", 0o755)

    def become():
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)

    copy = for_others()
    errors = bad(FILE, "key add: keyfile-write: ", "key", "add", "x", env=env, preexec_fn=become, **copy)
    check("directory: Permission denied" in errors and "sudo" not in errors, errors)
    os.chmod(".", 0o777)
    good("key", "add", "x", env=env, preexec_fn=become, **copy)


# ---- The file ----


@test
def a_file_whose_end_was_cut_off_is_malformed():
    env = keyring()
    whole = read("ring")
    write("ring", whole[:-1])
    errors = bad(REFUSED, "key list: keyfile-malformed: ", "key", "list", env=env)
    check("line feed" in errors and "cut" in errors, errors)
    equal(len(lines({**env, "TASKSEAL_KEYRING": "env:RING", "RING": whole[:-1].decode()})), 1)
    write("ring", whole)
    equal(len(lines(env)), 1)


@test
def only_a_file_is_changed():
    env = keyring()
    for source in ["env:RING", "fd:0", "credential:ring"]:
        bad(USAGE, f"key add: usage: only a key file can be changed, and '{source}' is none: give its path", "key", "add",
            "x", "-k", source, env=env)


@test
def comments_and_other_lines_stay():
    env = keyring()
    write("ring", read("ring") + b"\n# between us\n")
    change(env, "add", "mail-k02")
    change(env, "promote", "mail-k02")
    check(b"\n# between us\n" in read("ring") and b"\n\n" in read("ring"), repr(read("ring")[:60]))


@test
def a_link_stays_and_the_file_that_it_points_to_is_changed():
    keyring("real")
    os.symlink("real", "ring")
    env = environment(TASKSEAL_KEYRING=os.path.abspath("ring"))
    text = good("key", "add", "mail-k02", env=env).decode()
    check(text.endswith(OLD_IS_KEPT.format(os.path.abspath("real"))), text)
    check(os.path.islink("ring") and os.path.exists("real.old"), str(os.listdir(".")))
    equal(len(lines(env)), 2)
    equal(warnings(env), ["old-file"])


@test
def a_file_that_can_not_be_written_is_a_file_error_and_stays():
    env = keyring()
    before = read("ring")

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))

    bad(FILE, "key add: keyfile-write: ", "key", "add", "x", env=env, preexec_fn=limit)
    equal((read("ring"), os.listdir(".").count("ring")), (before, 1))
    good("key", "add", "x", env=env)


@test
def a_missing_file_is_a_file_error():
    bad(FILE, "key add: keyfile-read: ", "key", "add", "x", "-k", "none")
    equal(os.listdir("."), [])


@test
def output_that_can_not_be_written_is_told_though_the_change_was_made():
    env = keyring()
    with open("/dev/full", "wb") as full:
        done = run("key", "add", "mail-k02", env=env, stdout=full)
    equal((done.returncode, done.stderr),
          (FILE, b"taskseal: key add: file: can't write standard output: No space left on device\n"))
    equal(len(lines(env)), 2)


# ---- list ----


@test
def the_list_as_json_tells_which_key_is_the_primary():
    env = rotated()
    change(env, "add", "tags", "--type", "dedupe", "--queue", "a b")
    keys = [json.loads(line) for line in good("key", "list", "--json", env=env).splitlines()]
    equal([(key["id"], key["state"], key["primary"]) for key in keys],
          [("mail-k02", "active", True), ("mail-k01", "open-only", False), ("tags", "open-only", False)])
    equal([key["queues"] for key in keys], [None, None, ["a%20b"]])
    equal([key["not_after"] is None for key in keys], [True, False, True])


@test
def the_list_can_be_of_ids_alone():
    equal(good("key", "list", "--ids", env=rotated()), b"mail-k02\nmail-k01\n")
    bad(USAGE, "key list: usage: give --json or --ids, not both", "key", "list", "--ids", "--json", env=keyring("two"))


@test
def the_list_never_holds_a_secret():
    env = rotated()
    secrets = re.findall(rb"tskek1_[0-9A-Za-z_-]{43}", read("ring"))
    equal(len(secrets), 2)
    for options in [[], ["--json"], ["--ids"]]:
        shown = good("key", "list", *options, env=env)
        check(not any(secret[7:] in shown for secret in secrets) and b"tskek1" not in shown, repr(shown))


@test
def the_list_is_a_table_on_a_terminal():
    env = rotated()
    master, slave = pty.openpty()
    done = run("key", "list", env=env, stdout=slave)
    os.close(slave)
    shown = read_terminal(master).decode().splitlines()
    equal((done.returncode, done.stderr), (OK, b""))
    check(re.fullmatch(r"KEY ID +TYPE +STATE +QUEUES +NOT BEFORE +NOT AFTER", shown[0]), shown[0])
    equal([line.split()[:3] for line in shown[1:]], [["mail-k02", "xchacha20poly1305", "active"],
                                                     ["mail-k01", "xchacha20poly1305", "open-only"]])
    equal({line.index("xchacha") for line in shown[1:]}, {shown[0].index("TYPE")})
    equal([line.split() for line in shown[1:]], lines(env))  # the columns are those without a terminal
    equal({line.index(" - ") + 1 for line in shown[1:]}, {shown[0].index("NOT BEFORE")})


@test
def a_table_holds_long_queues_too():
    env = keyring()
    change(env, "add", "k2", "--queue", "mail", "--queue", "a b,ö")
    master, slave = pty.openpty()
    run("key", "list", env=env, stdout=slave)
    os.close(slave)
    shown = read_terminal(master).decode().splitlines()
    equal([line.split() for line in shown[1:]], lines(env))
    equal({line.rindex("  -                     -") + 2 for line in shown[1:]}, {shown[0].index("NOT BEFORE")})


@test
def list_and_check_take_no_operand():
    for name in ["list", "check", "protect"]:
        bad(USAGE, f"key {name}: usage: no operand can be given: name the ", "key", name, "ring", env=environment())


# ---- check ----


def warnings(env, *options, status=OK, **more):
    """The names of the warnings of `key check`, which are the same for people and as JSON; less what this machine's
    limit on locked memory may add."""
    done = run("key", "check", *options, env=env, **more)
    equal((done.returncode, done.stderr), (status, b""))
    text = done.stdout.decode().splitlines()
    seen = json.loads(run("key", "check", "--json", *options, env=env, **more).stdout)
    names = [warning["name"] for warning in seen["warnings"]]
    equal([line.split(": ")[1] for line in text[:-1]], names)
    equal([line.split(": ", 2)[2] for line in text[:-1]], [warning["message"] for warning in seen["warnings"]])
    count = len(names)
    equal(text[-1].split(": ")[1], f"{seen['keys']} key{'s' * (seen['keys'] != 1)}, {count} warning{'s' * (count != 1)}")
    return names


def stamp(offset):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + offset))


@test
def a_fresh_keyring_has_no_warning():
    equal(warnings(keyring(), "--strict"), [])


@test
def an_old_file_is_a_warning():
    env = keyring()
    write("ring.old", b"")
    equal(warnings(env), ["old-file"])
    equal(warnings(env, "--strict", status=REFUSED), ["old-file"])


@test
def what_an_interrupted_write_left_is_a_warning():
    env = keyring()
    for name in ["ring.aB3xY9", "ring.oldold", ".aB3xY9", "ring.aB3xY", "ring.aB3xY90", "ring.aB-xY9", "other.aB3xY9"]:
        write(name, b"")
    equal(warnings(env), ["leftover-file", "leftover-file"])
    os.remove("ring.oldold")
    check(f"warning: leftover-file: {os.path.abspath('ring.aB3xY9')} may be what".encode() in good("key", "check", env=env),
          "another file")
    equal(warnings(env, "--strict", status=REFUSED, preexec_fn=None), ["leftover-file"])


@test
def a_ring_that_seals_nothing_is_a_warning():
    env = keyring()
    change(env, "demote", "mail-k01")
    os.remove("ring.old")
    equal(warnings(env), ["no-active-key"])


@test
def a_queue_without_an_active_key_is_a_warning_for_itself():
    env = keyring()
    change(env, "limit", "mail-k01", "--queue", "mail")
    change(env, "add", "bills-k01", "--queue", "bills", "--queue", "mail")
    os.remove("ring.old")
    equal(warnings(env), ["no-active-key"])
    check(b"nothing can be sealed for queue bills now (key-wrong-queue): promote a key" in good("key", "check", env=env), "another queue")
    change(env, "promote", "bills-k01")
    os.remove("ring.old")
    equal(warnings(env), ["two-active-keys"])


@test
def windows_that_end_have_ended_or_not_begun_are_warnings():
    env = keyring()
    change(env, "limit", "mail-k01", "--not-after", stamp(20 * 86400))
    os.remove("ring.old")
    equal(warnings(env), ["window-ends"])
    equal(warnings(env, "--within", "19d"), [])
    change(env, "limit", "mail-k01", "--not-after", stamp(-60))
    os.remove("ring.old")
    equal(warnings(env), ["no-active-key", "window-ended"])
    change(env, "limit", "mail-k01", "--any-time", "--not-before", stamp(3600))
    os.remove("ring.old")
    equal(warnings(env), ["no-active-key", "window-not-begun"])


@test
def two_active_keys_for_the_same_queue_are_a_warning_unless_one_follows_the_other():
    env = keyring()
    change(env, "add", "mail-k02")
    change(env, "promote", "mail-k02")
    os.remove("ring.old")
    equal(warnings(env), ["two-active-keys"])
    change(env, "limit", "mail-k02", "--not-after", stamp(100 * 86400))
    change(env, "limit", "mail-k01", "--not-before", stamp(101 * 86400))
    os.remove("ring.old")
    equal(warnings(env), ["window-not-begun"])


@test
def a_listed_key_above_one_for_every_queue_is_fine_and_the_reverse_a_warning():
    env = keyring()
    change(env, "add", "mail-k02", "--queue", "mail")
    change(env, "promote", "mail-k02")
    os.remove("ring.old")
    equal(warnings(env), [])
    change(env, "promote", "mail-k01")
    os.remove("ring.old")
    equal(warnings(env), ["two-active-keys"])


@test
def a_finished_rotation_has_no_warning_wherever_the_tombstone_stands():
    env = rotated()
    change(env, "limit", "mail-k01", "--not-after", PAST)
    change(env, "retire", "mail-k01")
    os.remove("ring.old")
    equal(warnings(env, "--strict"), [])
    write("ring", b"".join(read("ring").splitlines(True)[:1] + sorted(read("ring").splitlines(True)[1:])))
    equal([line[2] for line in lines(env)], ["retired", "active"])
    equal(warnings(env, "--strict"), [])


@test
def a_directory_that_others_can_write_is_a_warning_unless_sticky():
    os.mkdir("shared")
    env = keyring("shared/ring")
    os.chmod("shared", 0o775)
    equal(warnings(env), ["directory-writable"])
    os.chmod("shared", 0o1777)
    equal(warnings(env), [])


@test
def memory_that_can_not_be_locked_is_a_warning():
    if os.environ.get("TASKSEAL_TEST_SANITIZED"):
        raise Skip("the sanitizers let every attempt to lock memory succeed")

    def no_lock():
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
        if os.geteuid() == 0:
            os.chown("ring", 65534, 65534)
            os.chmod(".", 0o711)
            os.setgid(65534)
            os.setuid(65534)  # root may always lock

    equal(warnings(keyring(), preexec_fn=no_lock, **for_others()), ["memory-not-locked"])


@test
def a_keyring_that_is_refused_fails_the_check():
    env = keyring()
    os.chmod("ring", 0o644)
    bad(REFUSED, "key check: keyfile-permissions: ", "key", "check", env=env)
    write("ring", b"taskseal-keyring 1\nkey x\n")
    bad(REFUSED, "key check: keyfile-malformed: ", "key", "check", env=env)


if __name__ == "__main__":
    sys.exit(main())
