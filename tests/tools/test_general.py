#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What holds for the whole command: help, usage errors, output that can't be written, core dumps."""

import fcntl
import os
import subprocess
import sys
import termios
import time

from harness import FILE, OK, TOOL, USAGE, Skip, bad, check, environment, equal, good, keyring, main, run, test

SUBCOMMANDS = ["keygen", "key", "seal", "open", "inspect", "rewrap", "reseal", "dedupe", "connect", "doctor", "completion",
               "version", "help"]
KEY_SUBCOMMANDS = ["add", "promote", "demote", "retire", "compromise", "limit", "protect", "list", "check",
                   "drain-report"]
ALL = [[name] for name in SUBCOMMANDS] + [["key", name] for name in KEY_SUBCOMMANDS]


@test
def no_subcommand_is_a_usage_error():
    bad(USAGE, "usage: no subcommand; see 'taskseal --help'")


@test
def an_unknown_subcommand_is_a_usage_error_and_not_repeated():
    errors = bad(USAGE, "usage: there is no such subcommand", "rediss://user:hunter2@host")
    check("hunter2" not in errors, errors)


@test
def the_overview_lists_every_subcommand():
    overview = good("--help").decode()
    for name in SUBCOMMANDS:
        check(f"\n  {name} " in overview, name)


@test
def the_overview_is_the_same_however_it_is_asked_for():
    equal(good("-h"), good("--help"))
    equal(good("help"), good("--help"))


@test
def help_of_a_subcommand_is_what_its_help_option_prints():
    for words in ALL:
        equal(good("help", *words), good(*words, "--help"))
    equal(good("key", "-h"), good("key", "--help"))


@test
def the_help_of_a_group_lists_its_subcommands():
    text = good("key", "--help").decode()
    for name in KEY_SUBCOMMANDS:
        check(f"\n  {name} " in text, name)


@test
def a_group_without_or_with_an_unknown_subcommand_is_a_usage_error():
    bad(USAGE, "key: usage: no subcommand; see 'taskseal key --help'", "key")
    errors = bad(USAGE, "key: usage: there is no such subcommand; see 'taskseal key --help'", "key", "tskek1_hunter2")
    check("hunter2" not in errors, errors)


@test
def the_nearest_subcommand_is_told_and_what_was_typed_is_not():
    for words, wanted, help_words in [(["seel"], "seal", "--help"), (["conect"], "connect", "--help"),
                                      (["promote"], "key promote", "--help"), (["Key"], "key", "--help"),
                                      (["key", "lst"], "key list", "key --help"), (["key", "seal"], "seal", "key --help"),
                                      (["key", "drain-reprt"], "key drain-report", "key --help"),
                                      (["help", "inspct"], "inspect", "help"), (["help", "key", "ad"], "key add", "help")]:
        name = "" if len(words) == 1 else f"{words[0]}: "
        equal(bad(USAGE, name, *words), f"taskseal: {name}usage: there is no such subcommand; did you mean 'taskseal "
              f"{wanted}'? See 'taskseal {help_words}'\n")
    for word in ["hunter2-seal", "frobnicate", "", "x" * 5000, "rediss://seal:hunter2@seal"]:
        equal(bad(USAGE, "", word), "taskseal: usage: there is no such subcommand; see 'taskseal --help'\n")


@test
def help_about_an_unknown_subcommand_is_a_usage_error():
    bad(USAGE, "help: usage: there is no such subcommand", "help", "frobnicate")


@test
def no_help_line_is_wider_than_a_hundred_columns():
    for text in [good("--help")] + [good(*words, "--help") for words in ALL]:
        for line in text.decode().splitlines():
            check(len(line) <= 100, line)


def pasted_example():
    """The commands that the overview tells to try."""
    lines = good("--help").decode().splitlines()
    first = lines.index("Try it (in an empty directory):") + 1
    return [line.strip() for line in lines[first:lines.index("", first)]]


@test
def the_example_of_the_overview_works_when_pasted():
    commands = pasted_example()
    check(len(commands) >= 5, str(commands))
    os.mkdir("bin")
    os.symlink(TOOL, "bin/taskseal")
    env = environment(PATH=os.path.abspath("bin") + ":" + os.environ["PATH"])
    script = "set -e\n" + "\n".join(commands[:-1])
    done = subprocess.run(["sh", "-c", script], env=env, capture_output=True, check=False)
    equal((done.returncode, done.stderr), (OK, b""))
    check(done.stdout.endswith(b"reset token 91f3\n"), repr(done.stdout))
    check(done.stdout.startswith(b"sealed v1 "), repr(done.stdout))
    script = "export TASKSEAL_KEYRING=demo.keyring\n" + commands[-1]
    done = subprocess.run(["sh", "-c", script], env=env, capture_output=True, check=False)
    equal((done.returncode, done.stdout), (1, b""))
    check(done.stderr.startswith(b"taskseal: open: context-mismatch: "), repr(done.stderr))


@test
def an_unknown_option_is_a_usage_error_that_names_it():
    bad(USAGE, "seal: usage: --colour is not an option", "seal", "--colour")
    bad(USAGE, "seal: usage: --text is not an option that can stand here", "seal", "--text=x")
    bad(USAGE, "open: usage: --verbose is not an option that can stand here", "open", "--verbose=x")
    bad(USAGE, "seal: usage: --help is not an option that can stand here", "seal", "--help=x")
    bad(USAGE, "seal: usage: -x is not an option", "seal", "-x")
    bad(USAGE, "seal: usage: -x is not an option", "seal", "--text", "-xk")
    bad(USAGE, "open: usage: -x is not an option", "open", "--queue=mail", "-vx")


@test
def the_value_of_an_unknown_option_is_not_repeated():
    errors = bad(USAGE, "open: usage: --password is not an option", "open", "--password=hunter2")
    check("hunter2" not in errors, errors)


# What is given in the wrong place by a slip: a key, the line of a key file, a URI with its password.
SLIPS = ["tskek1_" + "hunter2" * 6 + "A", "key mail-k01 xchacha20poly1305 active tskek1_hunter2",
         "tsdup1_" + "hunter2" * 6 + "A",
         "rediss://app:hunter2@h", "rediss://hunter2@h", "x=rediss://app:hun/ter2@h?hunter2"]


def refused_unseen(subcommand, what, *arguments, **options):
    """Runs a subcommand that must refuse a slip, telling the remedy but not the slip."""
    errors = bad(USAGE, f"{subcommand}: usage: {what} takes ", subcommand, *arguments, **options)
    check(", not what was given (not shown: it looks like a secret): keep secrets in files with mode 600, and "
          "replace this one" in errors, errors)
    check("ter2" not in errors and "tskek1_" not in errors and "tsdup1_" not in errors, errors)
    equal(len(errors.splitlines()), 1)


@test
def a_secret_given_as_the_keyring_is_refused_and_not_repeated():
    for slip in SLIPS:
        for subcommand in ["seal", "open", "rewrap", "reseal", "dedupe"]:
            refused_unseen(subcommand, "--keyring", "--keyring", slip)
            refused_unseen(subcommand, "TASKSEAL_KEYRING", env=environment(TASKSEAL_KEYRING=slip))


@test
def a_secret_given_as_a_file_is_refused_and_not_repeated():
    env = keyring()
    for slip in SLIPS:
        for subcommand in ["seal", "open", "rewrap", "inspect"]:
            refused_unseen(subcommand, "FILE", slip, env=env)
        for subcommand in ["seal", "open"]:
            refused_unseen(subcommand, "-o", "-o", slip, env=env)
        refused_unseen("rewrap", "-o", "-o", slip, data=good("seal", env=env), env=env)
        refused_unseen("keygen", "FILE", "mail-k01", slip)
    equal(os.listdir("."), ["ring"])


@test
def a_secret_given_as_a_key_id_is_refused_and_not_repeated():
    for slip in SLIPS:
        refused_unseen("keygen", "KEY-ID", slip, "new")
        refused_unseen("seal", "--to", "--to", slip, "--to", slip)
    equal(os.listdir("."), [])


@test
def a_secret_given_as_the_value_of_another_option_is_refused_and_not_repeated():
    options = {"keygen": ["type"], "seal": ["suite", "purpose", "expires-in", "expires-at"],
               "open": ["suite", "purpose", "max-age", "insist"]}
    for slip in SLIPS:
        for subcommand, names in options.items():
            for name in names:
                refused_unseen(subcommand, f"--{name}", f"--{name}", slip)


@test
def a_secret_given_as_an_option_is_refused_and_not_repeated():
    for slip in SLIPS:
        refused_unseen("seal", "seal", "--" + slip)


@test
def what_only_resembles_a_secret_is_taken_and_shown():
    env = keyring()
    for name in ["user:x@host", "tskek1", "none://host"]:
        bad(FILE, f"inspect: file: can't open {name}: ", "inspect", name)
        bad(FILE, f"seal: keyfile-read: ./{name}: ", "seal", "-k", f"./{name}")
        good("seal", "-o", name.replace("/", ""), env=env)


@test
def a_task_may_bind_what_looks_like_a_secret():
    env = keyring()
    for slip in SLIPS:
        equal(good("open", "--extra", slip, data=good("seal", "--extra", slip, data=b"x", env=env), env=env), b"x")


@test
def an_option_without_its_value_is_a_usage_error():
    bad(USAGE, "open: usage: --queue needs a value", "open", "--queue")
    bad(USAGE, "open: usage: -o needs a value", "open", "-o")


@test
def control_characters_of_the_command_line_do_not_reach_the_terminal():
    errors = bad(FILE, "inspect: file: can't open no\\x1B[2Jsuch\\x9B: ", "inspect", "no\x1b[2Jsuch\u009b")
    check("\x1b" not in errors, errors)


@test
def output_that_can_not_be_written_is_a_file_error():
    with open("/dev/full", "wb") as full:
        done = run("version", stdout=full)
    equal(done.returncode, FILE)
    equal(done.stderr, b"taskseal: version: file: can't write standard output: No space left on device\n")


@test
def version_names_the_library_and_its_abilities():
    lines = good("version").decode().splitlines()
    equal(lines[0].split()[0], "taskseal")
    equal([line.split()[0] for line in lines], ["taskseal", "libsodium", "suites:", "connections:"])
    check("chacha20poly1305" in lines[2], lines[2])
    equal(good("--version").decode().splitlines(), lines)


@test
def version_and_help_take_no_more_operands():
    bad(USAGE, "version: usage: no operand", "version", "now")
    bad(USAGE, "help: usage: seal has no subcommands", "help", "seal", "open")


@test
def a_core_only_build_says_that_it_can_not_connect():
    if b"connections: none" not in good("version"):
        raise Skip("this build can connect")
    bad(USAGE, "connect: usage: this build is core-only and can't connect", "connect", "rediss://host")


def unread(pipe):
    """How many bytes the other end of the pipe has yet to read."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4), sys.byteorder)


@test
def core_dumps_are_off():
    with subprocess.Popen([TOOL, "inspect"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as waiting:
        waiting.stdin.write(b"x")
        waiting.stdin.flush()
        # Once it has read the byte it has long set its limits.
        while unread(waiting.stdin):
            time.sleep(0.01)
        with open(f"/proc/{waiting.pid}/limits", encoding="ascii") as limits:
            line = next(line for line in limits if line.startswith("Max core file size"))
        waiting.stdin.close()
        waiting.wait()
    check(line.split()[4] in ("0", "1") and line.split()[5] in ("0", "1"), line)


if __name__ == "__main__":
    sys.exit(main())
