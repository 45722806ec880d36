#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Holds that the key file shown in doc/keyfile.md is one.

Usage: test_keyfile.py READ_KEYRING      the program of read_keyring.c
"""

import subprocess
import sys
import unittest

from markdown import ROOT

FIRST_LINE = "taskseal-keyring 1"


def shown_file():
    """The first indented block of the document that begins as a key file does."""
    lines = (ROOT / "doc/keyfile.md").read_text().splitlines()
    start = lines.index("    " + FIRST_LINE)
    end = lines.index("", start)
    return "".join(line[4:] + "\n" for line in lines[start:end])


def verdict(text):
    return subprocess.run([reader], input=text, capture_output=True, text=True, check=True).stdout.strip()


class KeyFile(unittest.TestCase):
    def test_the_file_shown_is_read(self):
        self.assertEqual("ok 0", verdict(shown_file()))

    def test_the_file_shown_with_a_fault_is_refused_at_its_line(self):
        lines = shown_file().splitlines(keepends=True)
        fourth = lines[3].replace("open-only", "opened-only")
        self.assertNotEqual(lines[3], fourth)
        self.assertEqual("keyfile-malformed 4", verdict("".join([*lines[:3], fourth, *lines[4:]])))


if __name__ == "__main__":
    reader = sys.argv.pop()
    unittest.main()
