#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Holds that the archive has our objects only, and defines no global symbol that does not begin with taskseal_.

Usage: test_symbols.py ARCHIVE COMPILER...
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

LIB = pathlib.Path(__file__).resolve().parents[2] / "lib"


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def globals_of(file):
    """The symbols that the archive or object defines for others. The sanitizers' own are none of ours."""
    names = [line.split()[0] for line in output_of("nm", "--extern-only", "--defined-only", "--format=posix",
                                                   file).splitlines() if len(line.split()) > 1]
    return [name for name in names if not name.startswith(("__asan", "___asan", "__odr_asan", "__ubsan"))]


def foreign(names):
    return [name for name in names if not name.startswith("taskseal_")]


class Symbols(unittest.TestCase):
    def test_every_global_begins_with_taskseal(self):
        names = globals_of(archive)
        self.assertIn("taskseal_seal", names)
        self.assertEqual([], foreign(names))

    def test_a_foreign_global_would_be_found(self):
        with tempfile.TemporaryDirectory() as folder:
            planted = pathlib.Path(folder) / "planted.o"
            subprocess.run([*compiler, "-x", "c", "-c", "-o", planted, "-"], check=True, text=True,
                           input="int taskseal_good; int seal; static int hidden; int *f(void); int *f(void) { return &hidden; }")
            self.assertEqual(["f", "seal"], sorted(foreign(globals_of(planted))))

    def test_every_object_is_of_our_sources(self):
        sources = {f"{path.parent.name}_{path.name}.o" for path in LIB.glob("*/*.c")}
        objects = output_of("ar", "t", archive).split()
        self.assertGreater(len(objects), 10)
        self.assertEqual([], [name for name in objects if pathlib.Path(name).name not in sources])


if __name__ == "__main__":
    archive, *compiler = sys.argv[1:]
    unittest.main(argv=sys.argv[:1])
