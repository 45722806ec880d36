#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Holds that the sanitizers of this build are at work: each reports a planted fault, in the library where it is one of
the library's writes or reads, and nothing where there is none. Prints TAP.

Usage: sanitizers.py PROGRAM, which is faulty.c built with AddressSanitizer and UndefinedBehaviorSanitizer
"""

import subprocess
import sys

# What faulty does, what is reported, and the function of ours that its stack names.
FAULTS = (
    ("overflow", "ERROR: AddressSanitizer: heap-buffer-overflow", "taskseal_keyring_new"),
    ("leak", "ERROR: LeakSanitizer: detected memory leaks", "taskseal_keyring_new"),
    ("misaligned", "runtime error: member access within misaligned address", "keyring.c"),
)


def main(program):
    results = []

    def check(name, holds, output):
        results.append(holds)
        print(f"{'ok' if holds else 'not ok'} {len(results)} - {name}")
        for line in [] if holds else output.splitlines()[:40]:
            print(f"# {line}")

    done = subprocess.run([program, "clean"], check=False, capture_output=True, text=True)
    check("what has no fault is not reported", done.returncode == 0 and not done.stderr, done.stderr)
    for what, report, where in FAULTS:
        done = subprocess.run([program, what], check=False, capture_output=True, text=True)
        check(f"a planted fault is reported: {what}",
              done.returncode not in (0, 2) and report in done.stderr and where in done.stderr, done.stderr)
    print(f"1..{len(results)}")
    if all(results):
        print("# evidence: 11: AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer are at work in this build: a "
              "planted overflow, leak and misaligned access are reported")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
