#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Holds that the failure tests can fail, and that nothing of the core escapes them.

Usage: controls.py PROGRAM ARCHIVE    as meson.build calls it
"""

import pathlib
import re
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]

# Faults that the program plants, and what it then has to say.
PLANTED = {
    "leak": "memory is leaked",
    "descriptor": "a descriptor is leaked",
    "verdict": "another error than is right",
    "length": "an output length is not 0",
    "bytes": "bytes are given out",
    "pointer": "an output pointer is not NULL",
    "silence": "the error is not told in words",
    "temporary": "a temporary file is left",
    "changed": "a call that failed has changed the key file",
}

# What the core calls of others and what can't fail, or can't within the core's bounds: compare with POINTS in points.h.
CANNOT_FAIL = {
    # memory and text
    "bcmp", "memchr", "memcmp", "memcpy", "memmove", "memset", "strchr", "strcmp", "strerror", "strlen", "strncmp", "strnlen",
    "strrchr", "strspn", "snprintf", "vsnprintf",
    # wrapped beside the points, because they undo or follow what the points do
    "free", "sodium_free", "nanosleep", "geteuid",
    # can fail only for arguments that are not ours
    "pthread_sigmask", "sigfillset",
    # a default mutex that is initialised and not held
    "pthread_mutex_lock", "pthread_mutex_unlock", "pthread_mutex_destroy",
    # absence is no failure, and is tested as such
    "getenv",
    # failed by tests/core (fresh_process, faults): once a process, or not by the system
    "sodium_init",
    # what libsodium computes
    "sodium_base642bin", "sodium_base64_encoded_len", "sodium_bin2base64", "sodium_bin2hex", "sodium_is_zero", "sodium_memzero",
    "sodium_stackzero",
}
# Of tasks for Asynq, what speaks to servers: tests/asynq/test_memory.c fails its memory, test_batch.c and test_broken.c its connections.
SENDS = {"taskseal_asynq_enqueue", "taskseal_asynq_enqueue_async", "taskseal_asynq_enqueue_batch", "taskseal_asynq_resume"}
SENDING = ("asynq_answer", "asynq_async", "asynq_enqueue")
COMPUTES = re.compile(r"crypto_(aead_|generichash|verify_)")
OF_THE_COMPILER = re.compile(r"_*(errno_location|stack_chk_fail|stack_chk_guard|GLOBAL_OFFSET_TABLE_|tls_get_addr|"
                             r"aeabi_\w+|(u?div|u?mod|mul|ashl|ashr|lshr|clz|popcount|atomic_)\w*)$|__(asan|ubsan|tsan|msan|sanitizer|sancov|gcov|llvm)_?|_?_?llvm_|"
                             r"__start_|__stop_|__odr_asan")


def plain(symbol):
    """The function behind a symbol's variant: checked by the compiler, for large files, for 64-bit times."""
    symbol = re.sub(r"^__(\w+)_chk$", r"\1", symbol)
    symbol = re.sub(r"^__(open)64_2$|^__(open)_2$", "open", symbol)
    return re.sub(r"^(?:__)?(open|fstat|stat|mkostemp|time|nanosleep)(?:64)?(?:_time64)?$", r"\1", symbol)


def core_objects():
    """What the core's objects call, by object."""
    output = subprocess.run(["nm", "--undefined-only", "--print-file-name", ARCHIVE], capture_output=True, text=True,
                            check=True).stdout
    for line in output.splitlines():
        place, symbol = line.rsplit(None, 1)
        if "core_" in place or ("asynq_" in place and not any(name in place for name in SENDING)):
            yield plain(symbol.split("@")[0])


class Controls(unittest.TestCase):
    def test_planted_faults_are_found(self):
        for fault, words in PLANTED.items():
            with self.subTest(fault):
                done = subprocess.run([PROGRAM, "--plant", fault], capture_output=True, text=True, timeout=250,
                                      check=False)
                self.assertEqual(1, done.returncode, done.stdout + done.stderr)
                self.assertIn(words, done.stdout)
                self.assertIn("\nnot ok ", done.stdout)
                self.assertNotIn("evidence", done.stdout)

    def test_every_call_of_the_core_is_a_point_or_cannot_fail(self):
        points = {plain(text.split()[0]) for text in
                  re.findall(r'X\([A-Z_]+, +"([^"]+)"\)', (HERE / "points.h").read_text())}
        calls = {symbol for symbol in core_objects()
                 if not symbol.startswith("taskseal_") and not COMPUTES.match(symbol) and not OF_THE_COMPILER.match(symbol)}
        self.assertGreater(len(points), 20)
        self.assertGreater(len(calls), 30)
        self.assertEqual([], sorted(calls - points - CANNOT_FAIL),
                         "the core calls these: make each a point in points.h, or say in CANNOT_FAIL why it is none")
        self.assertEqual([], sorted(points - calls), "the core no longer calls these: remove their points")

    def test_every_public_call_has_a_scenario(self):
        header = "".join(path.read_text() for path in (ROOT / "include" / "taskseal").glob("*.h") if not path.name.startswith("redis"))
        header = re.sub(r"/\*.*?\*/", "", header, flags=re.DOTALL)
        header = re.sub(r"\btypedef [^;{]*;", "", header)
        declared = set(re.findall(r"\b(taskseal_[a-z0-9_]+)\(", header)) - {"taskseal_str"}
        run = set()
        for path in HERE.glob("scenarios_*.c"):
            for calls in re.findall(r'^ +\{((?:\s*"[^"]*")+),\s*"', path.read_text(), re.MULTILINE):
                run |= set(re.findall(r"taskseal_[a-z0-9_]+", calls))
        self.assertGreater(len(declared), 40)
        self.assertEqual([], sorted(SENDS - declared))
        declared -= SENDS
        self.assertEqual([], sorted(declared - run), "give each a scenario in scenarios_*.c")
        self.assertEqual([], sorted(run - declared))


if __name__ == "__main__":
    PROGRAM, ARCHIVE = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1])
