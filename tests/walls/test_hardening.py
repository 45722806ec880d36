#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Holds that what we build is hardened: position independent, read-only relocations, no executable stack, stack
protector and fortified libc calls.

Usage: test_hardening.py PROGRAM HIREDIS_ARCHIVE|none COMPILER...
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest


def readelf(program, *options):
    return subprocess.run(["readelf", "--wide", *options, program], check=True, capture_output=True, text=True).stdout


def missing(program):
    """The protections that a program lacks."""
    segments = readelf(program, "--program-headers")
    symbols = readelf(program, "--dyn-syms")
    stack = next(line for line in segments.splitlines() if "GNU_STACK" in line)
    has = {
        "position independent": "DYN (" in readelf(program, "--file-header"),
        "read-only relocations": "GNU_RELRO" in segments,
        "bound at start": "BIND_NOW" in readelf(program, "--dynamic"),
        "stack not executable": " RWE " not in stack,
        "stack protector": "__stack_chk_fail" in symbols,
        "fortified": "_chk@" in symbols.replace("__stack_chk_fail", ""),
    }
    return [name for name, holds in has.items() if not holds]


def archive_lacks(archive):
    """Those protections of which no object of a static library shows a trace."""
    symbols = readelf(archive, "--symbols")
    has = {"stack protector": "__stack_chk_fail" in symbols,
           "fortified": "_chk" in symbols.replace("__stack_chk_fail", "")}
    return [name for name, holds in has.items() if not holds]


class Hardening(unittest.TestCase):
    def test_the_command_is_hardened(self):
        self.assertEqual([], missing(program))

    def test_a_hiredis_of_our_own_is_hardened(self):
        if archive != "none":
            self.assertEqual([], archive_lacks(archive))

    def test_a_bare_archive_would_be_found(self):
        with tempfile.TemporaryDirectory() as folder:
            bare = pathlib.Path(folder) / "bare.o"
            subprocess.run([*compiler, "-x", "c", "-c", "-", "-o", bare, "-fno-stack-protector", "-U_FORTIFY_SOURCE"],
                           check=True, text=True, input="int main(void) { return 0; }\n")
            self.assertEqual(["stack protector", "fortified"], archive_lacks(bare))

    def test_a_bare_program_would_be_found(self):
        with tempfile.TemporaryDirectory() as folder:
            bare = pathlib.Path(folder) / "bare"
            subprocess.run([*compiler, "-x", "c", "-", "-o", bare, "-no-pie", "-fno-pie", "-fno-stack-protector",
                            "-U_FORTIFY_SOURCE", "-Wl,-z,norelro", "-Wl,-z,lazy", "-Wl,-z,execstack"],
                           check=True, text=True, input="int main(void) { return 0; }\n", stderr=subprocess.DEVNULL)
            self.assertEqual(["position independent", "read-only relocations", "bound at start", "stack not executable",
                              "stack protector", "fortified"], missing(bare))


if __name__ == "__main__":
    program, archive, *compiler = sys.argv[1:]
    unittest.main(argv=sys.argv[:1])
