# SPDX-License-Identifier: MIT
"""How much memory the command takes while it streams, as the kernel tells it."""

import fcntl
import os
import resource
import subprocess
import sys
import termios
import time

from harness import TOOL, check

KIB = 1024
MIB = 1024 * KIB


def _unread(pipe):
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4), sys.byteorder)


def status_of(pid):
    """The sizes in /proc/PID/status, in bytes, by name."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return {line.split(":")[0]: int(line.split()[1]) * KIB for line in file if line.endswith(" kB\n")}


def at_end_of(arguments, env, pieces):
    """Feeds the command; gives its status of memory once it has read all and waits for the end of the input, and then
    its exit status. What it writes is thrown away."""
    with subprocess.Popen([TOOL, *arguments], env=env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as process:
        for piece in pieces:
            process.stdin.write(piece)
        process.stdin.flush()
        while _unread(process.stdin):
            check(process.poll() is None, f"it ended with {process.returncode}")
            time.sleep(0.01)
        time.sleep(0.05)
        sizes = status_of(process.pid)
        process.stdin.close()
        return sizes, process.wait()


def private_limit(size):
    """For preexec_fn: the kernel grants no more than `size` bytes of writable private memory (heap, mappings, data)."""
    def limit():
        resource.setrlimit(resource.RLIMIT_DATA, (size, size))
    return limit


def zeros(size):
    piece = bytes(64 * KIB)
    return (piece for _ in range(size // len(piece)))


def sanitized():
    return bool(os.environ.get("TASKSEAL_TEST_SANITIZED"))
