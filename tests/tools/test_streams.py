#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Seal and open in pieces: the same envelopes as whole, in memory that does not grow with them."""

import os
import pty
import re
import resource
import sys
import threading
import time

from harness import FILE, OK, REFUSED, RETRY, USAGE, Skip, bad, check, equal, flip, good, keyring, main, read, read_terminal, run, test, write
from memory import KIB, MIB, at_end_of, private_limit, sanitized, zeros

CHUNK = 16384
# Around what the command reads at once, and whole chunks.
SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, 2 * CHUNK + 1, 100000, 64 * CHUNK]


@test
def what_is_sealed_in_pieces_opens_whole_and_the_reverse():
    env = keyring()
    task = ["--queue", "mail", "--id", "42"]
    for size in SIZES:
        payload = (b"p" + os.urandom(size))[:size]
        write("payload", payload)
        good("seal", *task, "payload", "-o", "by-file", env=env)
        for sealed in [read("by-file"), good("seal", *task, "--stream", data=payload, env=env),
                       good("seal", *task, data=payload, env=env)]:
            write("sealed", sealed)
            equal(good("open", *task, data=sealed, env=env), payload)
            equal(good("open", *task, "--stream", data=sealed, env=env), payload)
            good("open", *task, "sealed", "-o", "opened", env=env)
            equal((size, read("opened") == payload), (size, True))


@test
def every_suite_goes_in_pieces():
    env = keyring()
    payload = os.urandom(100000)
    for suite in ["chacha20poly1305", "aes256gcm", "aegis256"]:
        done = run("seal", "--suite", suite, "--stream", data=payload, env=env)
        if b"suite-unavailable" in done.stderr:
            continue
        equal(done.returncode, OK)
        equal(good("open", "--suite", suite, "--stream", data=done.stdout, env=env), payload)


@test
def padded_and_text_envelopes_open_though_they_are_no_streams():
    env = keyring()
    payload = os.urandom(100000)
    for form in ["--pad", "--text"]:
        sealed = good("seal", form, data=payload, env=env)
        equal(good("open", "--stream", data=sealed, env=env), payload)
        good("open", "-o", "opened", data=sealed, env=env)
        equal(read("opened"), payload)
        good("seal", form, "-o", "sealed", data=payload, env=env)
        equal(good("open", "sealed", env=env), payload)


@test
def what_needs_the_whole_payload_is_not_streamed():
    env = keyring()
    bad(USAGE, "seal: usage: --pad needs the whole payload: leave out --stream", "seal", "--pad", "--stream", env=env)
    bad(USAGE, "seal: usage: --text needs the whole payload: leave out --stream", "seal", "--text", "--stream", env=env)


@test
def refusals_of_a_stream_say_what_those_of_a_whole_say():
    env = keyring()
    good("keygen", "other", "other")
    sealed = good("seal", "--queue", "mail", data=os.urandom(100000), env=env)
    for arguments, data in [(["--queue", "bills"], sealed), ([], sealed), (["--queue", "mail", "--id", "1"], sealed),
                            (["--queue", "mail", "--purpose", "result"], sealed), (["-k", "other"], sealed),
                            (["--queue", "mail"], flip(sealed, 60)), (["--queue", "mail"], flip(sealed, -1)),
                            (["--queue", "mail"], flip(sealed, 50000)), (["--queue", "mail"], sealed + b"x"),
                            (["--queue", "mail"], b"x" + sealed), (["--queue", "mail"], bytes(100000))]:
        whole = run("open", *arguments, data=data, env=env)
        equal((whole.returncode, whole.stdout), (RETRY if b"unknown-key" in whole.stderr else REFUSED, b""))
        for more in [["-o", "opened"], ["--stream"]]:
            done = run("open", *arguments, *more, data=data, env=env)
            equal((arguments, done.returncode, done.stderr), (arguments, whole.returncode, whole.stderr))
        check(not os.path.exists("opened"), "a file appeared")


@test
def what_looks_sealed_is_not_sealed_again_in_pieces():
    env = keyring()
    sealed = good("seal", data=os.urandom(100000), env=env)
    bad(REFUSED, "seal: looks-sealed: standard input: ", "seal", "--stream", data=sealed, env=env)
    again = good("seal", "--stream", "--allow-sealed", data=sealed, env=env)
    equal(good("open", "--stream", data=again, env=env), sealed)


@test
def a_key_that_may_not_seal_is_told_for_streams_too():
    env = keyring()
    good("key", "demote", "mail-k01", env=env)
    for to in ["-", "sealed"]:
        bad(REFUSED, "seal: key-not-active: standard input: ", "seal", "--stream", "-o", to, data=bytes(100000), env=env)


@test
def damage_lets_out_what_stands_before_it_and_no_more():
    env = keyring()
    payload = os.urandom(10 * CHUNK - 1)
    sealed = good("seal", data=payload, env=env)
    done = run("open", "--stream", data=flip(sealed, -1), env=env)
    equal(done.returncode, REFUSED)
    check(done.stderr.startswith(b"taskseal: open: damaged: "), repr(done.stderr))
    check(payload.startswith(done.stdout) and 0 < len(done.stdout) <= 9 * CHUNK, f"{len(done.stdout)} bytes")
    equal(run("open", data=flip(sealed, -1), env=env).stdout, b"")  # without --stream


@test
def a_stream_may_tell_what_it_verified():
    env = keyring()
    sealed = good("seal", data=bytes(100000), env=env)
    done = run("open", "--stream", "-v", data=sealed, env=env)
    check(re.fullmatch(rb"taskseal: open: verified: key mail-k01, sealed \S+, message id [0-9a-f]{64}\n", done.stderr),
          repr(done.stderr))
    equal(done.stderr, run("open", "-v", data=sealed, env=env).stderr)


@test
def a_stream_to_a_full_device_is_a_file_error():
    env = keyring()
    sealed = good("seal", data=bytes(100000), env=env)
    for subcommand, data in [("seal", bytes(100000)), ("open", sealed)]:
        with open("/dev/full", "wb") as full:
            done = run(subcommand, "--stream", data=data, env=env, stdout=full)
        equal((done.returncode, done.stderr), (FILE, b"taskseal: %s: file: can't write standard output: No space left on "
                                                     b"device\n" % subcommand.encode()))


@test
def a_stream_whose_reader_goes_away_is_a_file_error():
    env = keyring()
    reader, writer = os.pipe()
    os.close(reader)
    done = run("seal", "--stream", data=bytes(100000), env=env, stdout=writer)
    os.close(writer)
    equal((done.returncode, done.stderr), (FILE, b"taskseal: seal: file: can't write standard output: Broken pipe\n"))


@test
def what_a_failed_seal_left_on_standard_output_never_opens():
    env = keyring()
    with open("cut", "wb") as cut:
        done = run("seal", data=os.urandom(MIB), env=env, stdout=cut, preexec_fn=at_most_half)
    equal((done.returncode, done.stderr), (FILE, b"taskseal: seal: file: can't write standard output: File too large\n"))
    check(0 < os.path.getsize("cut") <= MIB // 2, str(os.path.getsize("cut")))
    bad(REFUSED, "open: damaged: cut: ", "open", "cut", env=env)


@test
def a_stream_that_can_not_be_read_is_a_file_error():
    env = keyring()
    os.mkdir("directory")
    bad(FILE, "seal: file: can't read directory: Is a directory", "seal", "--stream", "directory", env=env)


def at_most_half():
    resource.setrlimit(resource.RLIMIT_FSIZE, (MIB // 2, MIB // 2))


@test
def memory_does_not_grow_with_the_input():
    env = keyring()
    if sanitized():
        raise Skip("the sanitizers keep memory of their own")
    payload = bytes(64 * MIB)
    sealed = good("seal", "--stream", data=payload, env=env)
    last = len(sealed) % 65536
    for arguments, small, large in [
            (["seal"], zeros(MIB), zeros(64 * MIB)),
            (["seal", "-o", "sealed"], zeros(MIB), zeros(64 * MIB)),
            (["open", "--stream"], [good("seal", data=bytes(MIB), env=env)], [sealed[:-last], sealed[-last:]]),
            (["open", "-o", "opened"], [good("seal", data=bytes(MIB), env=env)], [sealed])]:
        (few, status), (many, other) = at_end_of(arguments, env, small), at_end_of(arguments, env, large)
        equal((arguments, status, other), (arguments, OK, OK))
        grown = many["VmHWM"] - few["VmHWM"]
        own = many["RssAnon"] - few["RssAnon"]
        check(own <= 128 * KIB, f"{arguments}: {own} bytes of its own more for 64 times the input")
        check(grown <= MIB, f"{arguments}: {grown} bytes more for 64 times the input")  # the system maps pages of libraries
        check(many["RssAnon"] < 2 * MIB, f"{arguments}: {many['RssAnon']} bytes of memory of its own")
        print(f"# evidence: 16: taskseal {' '.join(arguments)} of 64 MiB: {many['RssAnon'] // KIB} KiB of memory of its "
              f"own, peak with shared libraries {many['VmHWM'] // KIB} KiB, {abs(grown) // KIB} KiB from that of 1 MiB")
    # The same is seen to grow where the whole is kept.
    (few, _), (many, _) = at_end_of(["seal", "--pad"], env, zeros(MIB)), at_end_of(["seal", "--pad"], env, zeros(64 * MIB))
    check(many["VmHWM"] - few["VmHWM"] > 32 * MIB, "what is read whole does not show")


@test
def two_mebibytes_that_the_kernel_grants_are_enough():
    env = keyring()
    if sanitized():
        raise Skip("the sanitizers keep memory of their own")
    payload = os.urandom(8 * MIB)
    sealed = good("seal", data=payload, env=env, preexec_fn=private_limit(2 * MIB))
    bad(RETRY, "seal: no-memory: ", "seal", "--pad", data=payload, env=env, preexec_fn=private_limit(2 * MIB))
    equal(good("open", "--stream", data=sealed, env=env, preexec_fn=private_limit(2 * MIB)), payload)
    bad(RETRY, "open: no-memory: ", "open", data=sealed, env=env, preexec_fn=private_limit(2 * MIB))


def on_terminal(arguments, env, feed):
    """Runs the command with a terminal as standard error; gives what it showed there."""
    master, slave = pty.openpty()
    reader, writer = os.pipe()
    feeder = threading.Thread(target=feed, args=(writer,))
    feeder.start()
    with open("out", "wb") as out:
        done = run(*arguments, env=env, stdin=reader, stdout=out, stderr=slave)
    os.close(reader)
    os.close(slave)
    feeder.join()
    return done.returncode, read_terminal(master)


def slowly(writer):
    """Long enough for a line of progress to be due."""

    with open(writer, "wb", buffering=0) as pipe:
        for _ in range(8):
            pipe.write(bytes(100000))
            time.sleep(0.3)


def at_once(writer):
    with open(writer, "wb", buffering=0) as pipe:
        pipe.write(bytes(60000))


@test
def long_work_shows_its_progress_on_a_terminal_and_takes_it_off():
    status, shown = on_terminal(["seal", "--stream"], keyring(), slowly)
    equal(status, OK)
    check(re.search(rb"\d+\.\d KiB, \d+\.\d [KM]iB/s", shown), repr(shown))
    check(shown.endswith(b"\r\x1b[K"), repr(shown))


@test
def short_work_shows_nothing_on_a_terminal():
    equal(on_terminal(["seal", "--stream"], keyring(), at_once), (OK, b""))


if __name__ == "__main__":
    sys.exit(main())
