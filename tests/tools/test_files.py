#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What the command does to files: atomic output, modes, terminals, and input and output that fails."""

import contextlib
import fcntl
import os
import pty
import re
import resource
import signal
import stat
import subprocess
import sys
import termios
import threading
import time

from harness import (FILE, OK, REFUSED, RETRY, TOOL, USAGE, Skip, bad, check, equal, flip, good, keyring, main, read,
                     read_terminal, run, test, write)


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def sealed_file(env, payload=b"secret"):
    return write("sealed", good("seal", data=payload, env=env))


@test
def a_damaged_envelope_leaves_the_target_untouched():
    env = keyring()
    damaged = write("damaged", flip(read(sealed_file(env, b"x" * 100000)), -1))
    write("target", b"precious", 0o644)
    bad(REFUSED, "open: damaged: ", "open", damaged, "-o", "target", env=env)
    equal((read("target"), mode("target")), (b"precious", 0o644))
    equal(sorted(os.listdir(".")), ["damaged", "ring", "sealed", "target"])


@test
def a_damaged_envelope_makes_no_target():
    env = keyring()
    damaged = write("damaged", flip(read(sealed_file(env)), -1))
    bad(REFUSED, "open: damaged: ", "open", damaged, "-o", "target", env=env)
    equal(sorted(os.listdir(".")), ["damaged", "ring", "sealed"])


@test
def damage_in_the_last_chunk_lets_nothing_out():
    env = keyring()
    sealed = good("seal", data=b"x" * 1048576, env=env)
    bad(REFUSED, "open: damaged: ", "open", data=flip(sealed, -1), env=env)


@test
def an_opened_file_is_private_whatever_the_umask():
    env = keyring()
    sealed_file(env)
    good("open", "sealed", "-o", "opened", env=env, umask=0)
    equal((read("opened"), mode("opened")), (b"secret", 0o600))


@test
def an_opened_file_is_private_also_where_one_was_public():
    env = keyring()
    sealed_file(env)
    write("opened", b"old", 0o666)
    good("open", "sealed", "-o", "opened", env=env)
    equal((read("opened"), mode("opened")), (b"secret", 0o600))


@test
def a_sealed_file_has_the_mode_of_the_umask():
    env = keyring()
    good("seal", "-o", "sealed", data=b"x", env=env, umask=0o027)
    equal(mode("sealed"), 0o640)


@test
def nothing_but_a_regular_file_is_replaced():
    env = keyring()
    os.mkdir("directory")
    os.mkfifo("fifo")
    write("real", b"precious")
    os.symlink("real", "link")
    for target in ["directory", "fifo", "link"]:
        bad(REFUSED, f"seal: file: {target} is not a regular file", "seal", "-o", target, env=env)
    equal(read("real"), b"precious")
    check(os.path.islink("link"), "the link was replaced")


@test
def a_target_in_a_missing_directory_is_a_file_error():
    env = keyring()
    bad(FILE, "seal: file: can't write none/sealed: No such file", "seal", "-o", "none/sealed", env=env)


@test
def an_empty_target_is_a_usage_error():
    bad(USAGE, "seal: usage: -o needs a file name", "seal", "-o", "", env=keyring())


@test
def a_file_that_can_not_be_written_wholly_leaves_nothing():
    env = keyring()
    write("target", b"precious")
    write("payload", b"x" * 100000)

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (50000, 50000))

    bad(FILE, "seal: file: can't write target: File too large", "seal", "payload", "-o", "target", env=env,
        preexec_fn=limit)
    equal(read("target"), b"precious")
    equal(sorted(os.listdir(".")), ["payload", "ring", "target"])


SIGNALS = [signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGALRM, signal.SIGUSR1,
           signal.SIGUSR2, signal.SIGVTALRM, signal.SIGPROF, signal.SIGXCPU, signal.SIGRTMIN]


def end_by_signals():
    """What a job in the background inherits may be that they are ignored."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)


def unread(pipe):
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4), sys.byteorder)


@contextlib.contextmanager
def writing(arguments, env, data):
    """Runs the command on `data` from a pipe that does not end, up to where it has read all of it and waits for
    more; gives the process. Nothing of it is left afterwards."""
    with subprocess.Popen([TOOL, *arguments], env=env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, preexec_fn=end_by_signals) as process:
        try:
            process.stdin.write(data)
            process.stdin.flush()
            while unread(process.stdin):
                check(process.poll() is None, f"it ended with {process.returncode}")
                time.sleep(0.01)
            yield process
        finally:
            process.kill()
            process.stdin.close()


def written_by(pid):
    """The names of the files that a process has open for writing, as /proc tells them, below this directory."""
    names = []
    for number in os.listdir(f"/proc/{pid}/fd"):
        with open(f"/proc/{pid}/fdinfo/{number}", encoding="ascii") as info:
            flags = int(re.search(r"^flags:\s*(\d+)", info.read(), re.M).group(1), 8)
        target = os.readlink(f"/proc/{pid}/fd/{number}")
        if flags & os.O_ACCMODE == os.O_WRONLY and target.startswith(os.getcwd() + "/"):
            names.append(os.path.basename(target))
    return names


def left_by_signals(env, numbers):
    """Ends an opening in the middle of a large envelope by each of the signals; what it had open then."""
    sealed = good("seal", data=os.urandom(1 << 20), env=env)
    write("target", b"precious")
    found = []
    for number in numbers:
        with writing(["open", "-o", "target"], env, sealed[:700000]) as process:
            found += written_by(process.pid)
            process.send_signal(number)
            equal((number, process.wait()), (number, -number))
        equal((number, sorted(os.listdir(".")), read("target")), (number, ["ring", "target"], b"precious"))
    return found


@test
def a_signal_in_the_middle_leaves_nothing_of_the_payload_not_even_sigkill():
    env = keyring()
    found = left_by_signals(env, SIGNALS + [signal.SIGKILL])
    equal(len(found), len(SIGNALS) + 1)
    check(all(name.endswith(" (deleted)") for name in found), f"it has a name: {found}")


@test
def a_signal_in_the_middle_leaves_nothing_where_files_need_a_name():
    if os.environ.get("TASKSEAL_TEST_SANITIZED"):
        raise Skip("the sanitizers want to be loaded first")
    shim = os.path.join(os.path.dirname(TOOL), "..", "tests", "tools", "libnamed_files.so")
    if not os.path.exists(shim):
        raise Skip("the library that takes O_TMPFILE away was not built")
    env = keyring()
    found = left_by_signals({**env, "LD_PRELOAD": os.path.abspath(shim)}, SIGNALS)
    equal(len(found), len(SIGNALS))
    check(all(name.startswith(".taskseal.") and "deleted" not in name for name in found), f"it has no name: {found}")
    good("seal", "-o", "target", data=b"x" * 100000, env={**env, "LD_PRELOAD": os.path.abspath(shim)})
    equal(good("open", "target", env=env), b"x" * 100000)


@test
def a_cut_envelope_in_pieces_makes_no_target():
    env = keyring()
    sealed = good("seal", data=os.urandom(1 << 20), env=env)
    for length in [65536, 65537, 700000, len(sealed) - 20]:
        bad(REFUSED, "open: damaged: standard input: ", "open", "-o", "target", data=sealed[:length], env=env)
    equal(os.listdir("."), ["ring"])
    good("open", "-o", "target", data=sealed, env=env)


@test
def a_full_device_is_a_file_error():
    env = keyring()
    with open("/dev/full", "wb") as full:
        done = run("seal", data=b"x", env=env, stdout=full)
    equal(done.returncode, FILE)
    equal(done.stderr, b"taskseal: seal: file: can't write standard output: No space left on device\n")


@test
def a_reader_that_goes_away_is_a_file_error():
    env = keyring()
    sealed = good("seal", data=b"x" * 1000000, env=env)
    reader, writer = os.pipe()
    os.close(reader)
    done = run("open", data=sealed, env=env, stdout=writer, restore_signals=True)
    os.close(writer)
    equal(done.returncode, FILE)
    equal(done.stderr, b"taskseal: open: file: can't write standard output: Broken pipe\n")


@test
def a_missing_input_is_a_file_error():
    env = keyring()
    for subcommand in ["seal", "open", "rewrap", "inspect"]:
        bad(FILE, f"{subcommand}: file: can't open none: No such file", subcommand, "none", env=env)


@test
def a_directory_as_input_is_a_file_error():
    env = keyring()
    os.mkdir("directory")
    for subcommand in ["seal", "open", "rewrap", "inspect"]:
        bad(FILE, f"{subcommand}: file: can't read directory: Is a directory", subcommand, "directory", env=env)


@test
def a_closed_standard_input_is_a_file_error():
    env = keyring()

    def close_input():
        os.close(0)

    done = run("open", env=env, stdin=None, preexec_fn=close_input)
    equal((done.returncode, done.stdout), (FILE, b""))
    check(done.stderr.startswith(b"taskseal: open: file: can't read standard input: "), repr(done.stderr))


@test
def a_closed_standard_output_is_a_file_error():
    env = keyring()
    done = run("seal", data=b"x", env=env, stdout=None, preexec_fn=lambda: os.close(1))
    equal(done.returncode, FILE)
    equal(done.stderr, b"taskseal: seal: file: can't write standard output: Bad file descriptor\n")


@test
def a_file_does_not_take_the_number_of_a_closed_standard_descriptor():
    os.mkfifo("fifo")
    with subprocess.Popen([TOOL, "inspect", "fifo"], preexec_fn=lambda: [os.close(fd) for fd in range(3)]) as waiting:
        with open("fifo", "wb"):  # waits until the command has opened it too
            taken = [os.readlink(f"/proc/{waiting.pid}/fd/{fd}") for fd in range(3)]
        waiting.wait()
    equal(taken, ["/dev/null"] * 3)


@test
def input_beyond_what_memory_holds_is_retryable():
    if os.environ.get("TASKSEAL_TEST_SANITIZED"):
        raise Skip("the sanitizers need all of the address space")
    env = keyring()

    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (1 << 28, 1 << 28))

    with open("/dev/zero", "rb") as endless:
        bad(RETRY, "seal: no-memory: standard input: ", "seal", "--text", env=env, stdin=endless, preexec_fn=limit)
        bad(RETRY, "open: no-memory: standard input: ", "open", env=env, stdin=endless, preexec_fn=limit)


@test
def input_may_come_through_dev_stdin():
    env = keyring()
    equal(good("open", "/dev/stdin", data=good("seal", data=b"x", env=env), env=env), b"x")


@test
def input_may_arrive_in_pieces():
    env = keyring()
    sealed = good("seal", data=b"x" * 300000, env=env)
    reader, writer = os.pipe()

    def feed():
        with open(writer, "wb", buffering=0) as pipe:
            for at in range(0, len(sealed), 1000):
                pipe.write(sealed[at:at + 1000])

    feeder = threading.Thread(target=feed)
    feeder.start()
    opened = good("open", env=env, stdin=reader)
    feeder.join()
    os.close(reader)
    equal(opened, b"x" * 300000)


@test
def a_keyring_that_others_can_read_is_refused():
    env = keyring()
    os.chmod("ring", 0o640)
    for subcommand in ["seal", "open", "rewrap"]:
        bad(REFUSED, f"{subcommand}: keyfile-permissions: ", subcommand, env=env)
    os.chmod("ring", 0o400)
    good("seal", env=env)


@test
def a_keyring_that_is_missing_is_a_file_error():
    bad(FILE, "seal: keyfile-read: ", "seal", "-k", "none")


@test
def a_malformed_keyring_is_refused_with_its_line():
    write("ring", b"taskseal-keyring 1\nkey mail-k01\n")
    errors = bad(REFUSED, "seal: keyfile-malformed: ", "seal", "-k", "ring")
    check("line 2" in errors, errors)


def on_terminal(arguments, env, data):
    """Runs the command with a terminal as standard output; gives its status, its errors and what it showed."""
    master, slave = pty.openpty()
    done = run(*arguments, env=env, data=data, stdout=slave)
    os.close(slave)
    return done.returncode, done.stderr, read_terminal(master)


@test
def a_binary_envelope_is_not_written_to_a_terminal():
    env = keyring()
    sealed = good("seal", data=b"x", env=env)
    for subcommand, data in [("seal", b"x"), ("rewrap", sealed)]:
        status, errors, shown = on_terminal([subcommand], env, data)
        equal((status, shown), (USAGE, b""))
        check(b"usage: an envelope is binary" in errors and b"--text" in errors, repr(errors))


@test
def the_text_form_on_a_terminal_gets_a_newline():
    env = keyring()
    status, errors, shown = on_terminal(["seal", "--text"], env, b"x")
    equal((status, errors), (OK, b""))
    check(shown.startswith(b"tsl1.") and shown.endswith(b"\r\n"), repr(shown))
    equal(good("open", data=shown.replace(b"\r\n", b"\n"), env=env), b"x")


@test
def a_payload_may_be_written_to_a_terminal():
    env = keyring()
    sealed = good("seal", data=b"hello", env=env)
    equal(on_terminal(["open"], env, sealed), (OK, b"", b"hello"))


@test
def input_from_a_terminal_is_announced():
    env = keyring()
    master, slave = pty.openpty()
    os.write(master, b"typed\n\x04")
    done = run("seal", env=env, stdin=slave)
    os.close(slave)
    os.close(master)
    equal(done.returncode, OK)
    equal(done.stderr, b"taskseal: seal: reading standard input; end it with Ctrl-D\n")
    equal(good("open", data=done.stdout, env=env), b"typed\n")


if __name__ == "__main__":
    sys.exit(main())
