#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Holds the worked examples of doc/format.md to what the independent implementation in tests/vectors computes, step by
step (example.py there). The vectors examples.txt hold the library to the same bytes.

With --write it writes the sections anew."""

import pathlib
import re
import sys
import unittest

from markdown import ROOT

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "vectors"))
import example  # noqa: E402
import layout  # noqa: E402

FORMAT = ROOT / "doc/format.md"
START = "## Worked example"


class Examples(unittest.TestCase):
    def test_the_document_shows_what_the_rules_give(self):
        text = FORMAT.read_text()
        self.assertEqual(example.section(), text[text.index(START):])

    def test_step_by_step_gives_what_the_reference_parses(self):
        for one in (example.ONE, example.TWO, example.THREE):
            parsed = layout.parse(example.envelope(one))
            values = dict(example.compute(one))
            self.assertEqual((parsed.preamble, parsed.commitment, parsed.mac),
                             (values["preamble"], values["commitment"], values["header_mac"]))

    def test_shortened_values_are_checked_whole(self):
        whole = dict(example.compute(example.TWO))["envelope"]
        changed = whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:]
        self.assertNotEqual(example.shown("envelope", whole), example.shown("envelope", changed))

    def test_overhead_is_the_one_that_the_readme_states(self):
        overhead = len(example.envelope(example.ONE)) - len(example.ONE.payload)
        stated = re.search(r"overhead is (\d+) bytes", (ROOT / "README.md").read_text())
        self.assertEqual(str(overhead), stated.group(1))


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        TEXT = FORMAT.read_text()
        FORMAT.write_text(TEXT[:TEXT.index(START)] + example.section())
    else:
        unittest.main()
