# SPDX-License-Identifier: MIT
"""Runs the taskseal command and speaks TAP: one function a behaviour, each in a directory of its own."""

import os
import shutil
import subprocess
import sys
import tempfile
import traceback

TOOL = os.path.abspath(sys.argv[1])
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MANUAL = os.path.join(SOURCE, "doc", "taskseal.1")

OK, REFUSED, USAGE, RETRY, FILE = range(5)

_tests = []


class Skip(Exception):
    """Raised by a test that can't run here, with the reason."""


def test(function):
    """Marks a test; it is called in an empty working directory."""
    _tests.append(function)
    return function


def environment(**more):
    """Ours without TASKSEAL_ variables, and with `more`."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("TASKSEAL_")}
    env.update(more)
    return env


def run(*arguments, data=b"", env=None, **options):
    """Runs the command with `data` as standard input; gives returncode, stdout and stderr as bytes."""
    if "stdin" not in options:
        options["input"] = data
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    return subprocess.run([TOOL, *arguments], env=env or environment(), timeout=120, check=False, **options)


def for_others():
    """An option of run: a copy of the command that other users may run too, wherever the build stands."""
    copy = os.path.abspath(shutil.copy(TOOL, "taskseal-for-others"))
    os.chmod(copy, 0o755)
    return {"executable": copy}


def good(*arguments, **options):
    """Runs the command, which must succeed without a word on standard error; gives its output."""
    done = run(*arguments, **options)
    check(done.returncode == OK, f"{arguments} gave {done.returncode}: {done.stderr!r}")
    check(not done.stderr, f"{arguments} said {done.stderr!r}")
    return done.stdout


def bad(status, message, *arguments, **options):
    """Runs the command, which must fail with `status`, a first line of standard error that begins with
    `message`, and nothing on standard output; gives standard error as text."""
    done = run(*arguments, **options)
    errors = done.stderr.decode()
    check(done.returncode == status, f"{arguments} gave {done.returncode}, not {status}: {errors}")
    check(errors.startswith(f"taskseal: {message}"), f"{arguments} said {errors!r}, not {message!r}")
    check(not done.stdout, f"{arguments} wrote {done.stdout[:80]!r}")
    return errors


def check(condition, message):
    if not condition:
        raise AssertionError(message)


def equal(found, expected):
    check(found == expected, f"found {found!r:.300}, not {expected!r:.300}")


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, data, mode=0o600):
    with open(path, "wb") as file:
        file.write(data)
    os.chmod(path, mode)
    return path


def flip(data, index):
    """`data` with one bit of the byte at `index` changed."""
    changed = bytearray(data)
    changed[index] ^= 1
    return bytes(changed)


def keyring(name="ring", key_id="mail-k01"):
    """A fresh key file, and an environment that names it."""
    good("keygen", key_id, name)
    return environment(TASKSEAL_KEYRING=os.path.abspath(name))


def read_terminal(master):
    """All that was shown on a terminal whose other end is closed now."""
    shown = b""
    try:
        while piece := os.read(master, 65536):
            shown += piece
    except OSError:  # the end of a terminal
        pass
    os.close(master)
    return shown


def suites():
    """The suites that this build and CPU have."""
    line = next(line for line in good("version").decode().splitlines() if line.startswith("suites: "))
    return [name for name in line[len("suites: "):].split(", ") if "not available" not in name]


def _result(function):
    """The end of a test's TAP line, and whether it passed."""
    home = os.getcwd()
    with tempfile.TemporaryDirectory(prefix="taskseal-test-") as directory:
        os.chdir(directory)
        try:
            function()
            return "", True
        except Skip as reason:
            return f" # SKIP {reason}", True
        except Exception:  # pylint: disable=broad-except
            for line in traceback.format_exc().splitlines():
                print("#", line)
            return "", False
        finally:
            os.chdir(home)


def main():
    os.umask(0o022)
    print(f"1..{len(_tests)}", flush=True)
    failed = 0
    for number, function in enumerate(_tests, 1):
        suffix, passed = _result(function)
        failed += not passed
        name = function.__name__.replace("_", " ")
        print(f"{'ok' if passed else 'not ok'} {number} - {name}{suffix}", flush=True)
    sys.exit(1 if failed else 0)
