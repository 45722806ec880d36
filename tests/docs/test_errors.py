#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Holds that doc/errors.md lists exactly the errors of TASKSEAL_ERRORS, with their values and permanence, and that
the table of doc/format.md agrees."""

import re
import unittest

from markdown import ROOT

ENTRY = re.compile(r'\bX\(\w+,\s*(\d+),\s*(PERMANENT|RETRYABLE),\s*"([a-z0-9-]+)"')
ROW = re.compile(r"^\| `([a-z0-9-]+)` \| (\d+) \| (permanent|retryable) \|(.*)\|$", re.MULTILINE)


def defined(header):
    """The errors of the X-macro: name -> (value, permanence)."""
    return {name: (int(value), permanence.lower()) for value, permanence, name in ENTRY.findall(header)}


def documented(text):
    rows = ROW.findall(text)
    if len({row[0] for row in rows}) != len(rows):
        raise ValueError("an error is listed twice")
    return {name: (int(value), permanence) for name, value, permanence, _ in rows}


class Errors(unittest.TestCase):
    def setUp(self):
        self.header = (ROOT / "include/taskseal/error.h").read_text()
        self.defined = defined(self.header)
        self.errors_md = (ROOT / "doc/errors.md").read_text()

    def test_the_macro_was_read_completely(self):
        macro = self.header[self.header.index("#define TASKSEAL_ERRORS"):self.header.index("typedef enum taskseal_err")]
        self.assertEqual(macro.count("    X("), len(self.defined))
        self.assertGreater(len(self.defined), 50)

    def test_errors_md_lists_exactly_the_errors(self):
        self.assertEqual(self.defined, documented(self.errors_md))

    def test_every_error_has_a_cause_and_a_remedy(self):
        for name, _, _, rest in ROW.findall(self.errors_md):
            with self.subTest(name):
                cause, remedy = rest.split(" | ")
                self.assertTrue(cause.strip().endswith(".") and remedy.strip().endswith("."))

    def test_format_md_agrees(self):
        table = documented((ROOT / "doc/format.md").read_text())
        self.assertEqual({name: self.defined[name] for name in table}, table)
        self.assertEqual({name for name, (value, _) in self.defined.items() if value < 40}, set(table))

    def test_a_wrong_permanence_would_be_found(self):
        planted = self.errors_md.replace("| `expired` | 35 | permanent |", "| `expired` | 35 | retryable |")
        self.assertNotEqual(self.defined, documented(planted))

    def test_a_missing_error_would_be_found(self):
        planted = "\n".join(line for line in self.errors_md.splitlines() if not line.startswith("| `expired`"))
        self.assertNotEqual(self.defined, documented(planted))


if __name__ == "__main__":
    unittest.main()
