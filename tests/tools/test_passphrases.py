#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Where keyrings come from: files, descriptors, variables and credentials; and key files with a passphrase."""

import fcntl
import os
import pty
import select
import signal
import subprocess
import sys
import termios

from harness import (FILE, OK, REFUSED, SOURCE, TOOL, USAGE, bad, check, environment, equal, good, keyring, main, read, run, test,
                     write)

SECRET = b"correct horse"


# ---- Sources ----


@test
def a_keyring_may_come_from_a_descriptor():
    env = keyring()
    sealed = good("seal", data=b"x", env=env)
    reader, writer = os.pipe()
    os.write(writer, read("ring"))
    os.close(writer)
    equal(good("open", "-k", f"fd:{reader}", data=sealed, pass_fds=[reader]), b"x")
    os.close(reader)


@test
def a_keyring_may_come_from_a_variable():
    env = keyring()
    sealed = good("seal", data=b"x", env=env)
    env = environment(RING=read("ring").decode(), TASKSEAL_KEYRING="env:RING")
    equal(good("open", data=sealed, env=env), b"x")
    equal(good("key", "check", env=env), b"env:RING: 1 key, 0 warnings\n")
    bad(FILE, "open: keyfile-read: ", "open", "-k", "env:NONE", data=sealed, env=env)


@test
def a_keyring_may_come_from_a_credential():
    env = keyring()
    sealed = good("seal", data=b"x", env=env)
    env = environment(CREDENTIALS_DIRECTORY=os.getcwd())
    equal(good("open", "-k", "credential:ring", data=sealed, env=env), b"x")
    bad(FILE, "open: keyfile-read: ", "open", "-k", "credential:none", data=sealed, env=env)


# ---- Passphrases without a terminal ----


def alone():
    """For preexec_fn: without a terminal to ask on."""
    os.setsid()


# Keys mail-k01, mail-k02, old-k01 and tags under SECRET, stretched as little as a file may ask: in one pass over 8 KiB.
# Whatever the command itself writes takes three over 256 MiB, and some tests read that again.
CHEAP = read(os.path.join(SOURCE, "tests", "tools", "data", "protected-ring"))
USUAL = b"\nargon2id 3 262144 "


def protected():
    """A protected ring, its passphrase in the file `pass`, and an envelope under it."""
    write("ring", CHEAP)
    write("pass", SECRET + b"\n")
    env = environment(TASKSEAL_KEYRING=os.path.abspath("ring"))
    return env, good("seal", "--passphrase-file", "pass", data=b"x", env=env)


@test
def a_protected_file_holds_no_secret_and_opens_with_its_passphrase():
    env = keyring()
    sealed = good("seal", data=b"x", env=env)
    write("pass", SECRET + b"\n")
    good("key", "protect", "--new-passphrase-file", "pass", env=env)
    check(not os.path.exists("ring.old"), "the unprotected file is kept")
    check(b"tskek1_" not in read("ring") and b"mail-k01" not in read("ring"), "it is not encrypted")
    check(USUAL in read("ring"), "it costs less to try passphrases than is said")
    equal(good("open", "--passphrase-file", "pass", data=sealed, env=env), b"x")


@test
def protection_is_told_with_what_still_lies_around():
    env = keyring()
    write("pass", SECRET)
    path = os.path.abspath("ring")
    equal(good("key", "protect", "--new-passphrase-file", "pass", env=env).decode(),
          f"{path} is protected by the new passphrase now.\n")
    equal(good("key", "protect", "--passphrase-file", "pass", "--remove", env=env).decode(),
          f"{path} is not protected by a passphrase now.\n"
          f"{path}.old lies beside it, with secrets under another passphrase or none: delete it.\n")
    equal(good("key", "list", "--ids", env=env), b"mail-k01\n")


@test
def a_passphrase_may_come_from_a_descriptor():
    env, sealed = protected()
    reader, writer = os.pipe()
    os.write(writer, SECRET)
    os.close(writer)
    equal(good("open", "--passphrase-fd", str(reader), data=sealed, env=env, pass_fds=[reader]), b"x")
    os.close(reader)
    bad(USAGE, "open: usage: --passphrase-fd: descriptor 99 is not open", "open", "--passphrase-fd", "99", env=env)


@test
def a_missing_or_wrong_passphrase_is_refused_with_the_remedy():
    env, sealed = protected()
    errors = bad(REFUSED, "open: keyfile-passphrase: ", "open", data=sealed, env=env, preexec_fn=alone)
    check("\ntaskseal: open: give it with --passphrase-file FILE or --passphrase-fd N\n" in errors, errors)
    write("other", b"wrong")
    errors = bad(REFUSED, "open: keyfile-passphrase: ", "open", "--passphrase-file", "other", data=sealed, env=env,
                 preexec_fn=alone)
    equal(len(errors.splitlines()), 1)
    check("wrong\n" not in errors.replace("is wrong", ""), errors)


@test
def each_subcommand_that_reads_takes_the_passphrase():
    env, sealed = protected()
    given = ["--passphrase-file", "pass"]
    good("rewrap", *given, data=sealed, env=env)
    good("reseal", *given, data=sealed, env=env)
    good("dedupe", *given, env=env)
    equal(good("key", "list", *given, "--ids", env=env).split(), [b"mail-k01", b"mail-k02", b"old-k01", b"tags"])
    good("key", "check", *given, env=env)
    good("key", "drain-report", *given, "--key", "old-k01", "--lines", data=b"plain\n", env=env)
    equal(read("ring"), CHEAP)


@test
def each_subcommand_that_writes_takes_the_passphrase_and_protects_anew():
    env, _ = protected()
    for change in (["limit", "mail-k02", "--queue", "mail"], ["retire", "old-k01"], ["demote", "mail-k01"],
                   ["compromise", "mail-k02"], ["add", "mail-k03"]):
        write("ring", CHEAP)
        good("key", *change, "--passphrase-file", "pass", env=env)
        check(USUAL in read("ring"), f"{change}: it costs less to try passphrases than is said")
        check(b"tskek1_" not in read("ring") + read("ring.old"), "a secret in the clear")
    good("key", "promote", "mail-k03", "--demote", "mail-k01", "--passphrase-file", "pass", env=env)
    equal(good("key", "list", "--passphrase-file", "pass", "--ids", env=env).split(),
          [b"mail-k03", b"mail-k01", b"mail-k02", b"old-k01", b"tags"])


@test
def a_passphrase_file_must_be_private():
    env, sealed = protected()
    os.chmod("pass", 0o640)
    bad(REFUSED, "open: file-permissions: others can read or change pass: chmod 600 it", "open", "--passphrase-file", "pass",
        data=sealed, env=env)
    os.mkfifo("fifo")
    bad(REFUSED, "open: file-permissions: fifo is not a regular file; for a pipe, give --passphrase-fd", "open",
        "--passphrase-file", "fifo", data=sealed, env=env)
    bad(FILE, "open: file: can't open none: ", "open", "--passphrase-file", "none", data=sealed, env=env)
    os.chmod("pass", 0o600)
    good("open", "--passphrase-file", "pass", data=sealed, env=env)


@test
def a_passphrase_is_not_empty_and_not_too_long():
    env = keyring()
    before = read("ring")
    for data, words in [(b"", "the passphrase is empty"), (b"\n", "the passphrase is empty"),
                        (b"x" * 1025, "the passphrase is longer than 1024 bytes"),
                        (b"x" * 5000, "the passphrase is longer than 1024 bytes")]:
        bad(REFUSED, f"key protect: keyfile-passphrase: new: {words}", "key", "protect", "--new-passphrase-file",
            write("new", data), env=env)
    equal((read("ring"), os.path.exists("ring.old")), (before, False))
    good("key", "protect", "--new-passphrase-file", write("new", b"x" * 1024 + b"\n"), env=env)
    good("key", "list", "--passphrase-file", "new", env=env)


@test
def two_sources_of_a_passphrase_are_a_usage_error():
    env = keyring()
    write("pass", SECRET)
    bad(USAGE, "seal: usage: give --passphrase-file or --passphrase-fd, not both", "seal", "--passphrase-file", "pass",
        "--passphrase-fd", "0", env=env)
    bad(USAGE, "key protect: usage: give --new-passphrase-file or --new-passphrase-fd, not both", "key", "protect",
        "--new-passphrase-file", "pass", "--new-passphrase-fd", "0", env=env)
    bad(USAGE, "key protect: usage: give a new passphrase or --remove, not both", "key", "protect",
        "--new-passphrase-file", "pass", "--remove", env=env)


@test
def a_passphrase_for_a_file_without_one_is_refused():
    env = keyring()
    write("pass", SECRET)
    errors = bad(REFUSED, "seal: keyfile-passphrase: ", "seal", "--passphrase-file", "pass", env=env)
    check("this key file has none" in errors, errors)
    good("seal", env=env)


@test
def without_a_terminal_a_new_passphrase_must_be_given():
    bad(USAGE, "key protect: usage: no new passphrase: give --new-passphrase-file FILE or --new-passphrase-fd N (there is "
               "no terminal to ask on), or --remove", "key", "protect", env=keyring(), preexec_fn=alone)


@test
def ids_alone_never_ask():
    env, _ = protected()
    bad(REFUSED, "key list: keyfile-passphrase: ", "key", "list", "--ids", env=env)


# ---- On the terminal ----


class Terminal:
    """The command on a terminal of its own, as a user would see it."""

    def __init__(self, *arguments, env):
        self.master, slave = pty.openpty()

        def own():
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen([TOOL, *arguments], env=env, stdin=slave, stdout=slave, stderr=slave,
                                        preexec_fn=own)
        self.slave = slave
        self.shown = b""

    def read_until(self, text):
        while text not in self.shown:
            check(select.select([self.master], [], [], 60)[0], f"no {text!r} in {self.shown!r}")
            self.shown += os.read(self.master, 4096)

    def silent(self):
        return not termios.tcgetattr(self.slave)[3] & termios.ECHO

    def type(self, prompt, data):
        """Waits for the prompt and for the terminal to be silent, then types."""
        self.read_until(prompt)
        while not self.silent():
            check(self.process.poll() is None, "it did not wait")
        os.write(self.master, data)

    def end(self):
        """The exit status, and all that was shown."""
        status = self.process.wait(timeout=60)
        check(not self.silent(), "the terminal is left silent")
        os.close(self.slave)
        try:
            while piece := os.read(self.master, 4096):
                self.shown += piece
        except OSError:  # the end of a terminal
            pass
        os.close(self.master)
        return status, self.shown


@test
def the_passphrase_is_asked_for_and_not_shown():
    env, _ = protected()
    terminal = Terminal("key", "list", env=env)
    terminal.type(b"Passphrase of the key file: ", SECRET + b"\n")
    status, shown = terminal.end()
    equal(status, OK)
    check(b"mail-k01" in shown and SECRET not in shown, repr(shown))


@test
def a_wrong_passphrase_from_the_terminal_is_refused():
    env, _ = protected()
    terminal = Terminal("key", "list", env=env)
    terminal.type(b"Passphrase of the key file: ", b"other\n")
    status, shown = terminal.end()
    equal(status, REFUSED)
    check(b"taskseal: key list: keyfile-passphrase: " in shown and b"other" not in shown.replace(b"another", b""),
          repr(shown))


@test
def a_new_passphrase_is_asked_for_twice():
    env = keyring()
    terminal = Terminal("key", "protect", env=env)
    terminal.type(b"New passphrase of the key file: ", SECRET + b"\n")
    terminal.type(b"The same again: ", SECRET + b"\n")
    status, shown = terminal.end()
    equal(status, OK)
    check(SECRET not in shown, repr(shown))
    write("pass", SECRET)
    good("key", "list", "--passphrase-file", "pass", env=env)


@test
def two_that_differ_change_nothing():
    env = keyring()
    before = read("ring")
    terminal = Terminal("key", "protect", env=env)
    terminal.type(b"New passphrase of the key file: ", SECRET + b"\n")
    terminal.type(b"The same again: ", SECRET + b"!\n")
    status, shown = terminal.end()
    equal(status, REFUSED)
    check(b"keyfile-passphrase: the two passphrases differ: nothing is changed" in shown, repr(shown))
    equal(read("ring"), before)


@test
def a_signal_at_the_prompt_leaves_the_terminal_as_it_was():
    env, _ = protected()
    for number in [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]:
        terminal = Terminal("key", "list", env=env)
        terminal.type(b"Passphrase of the key file: ", b"hal")
        if number == signal.SIGINT:
            os.write(terminal.master, b"\x03")  # as Ctrl-C
        else:
            terminal.process.send_signal(number)
        equal((number, terminal.end()[0]), (number, -number))


if __name__ == "__main__":
    sys.exit(main())
