#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Holds that the drawings come from their data, and that the data of the architecture is that of the code: every
module of the library has its box, and includes only modules that stand lower in its group. A box named `a, b` is one
module in two files, which may include each other."""

import json
import re
import subprocess
import sys
import unittest

from markdown import ROOT

DIAGRAMS = ROOT / "doc/diagrams"
INCLUDE = re.compile(r'^#include "([a-z_0-9]+)\.h"', re.MULTILINE)
FOLDERS = ("lib/core", "lib/redis", "lib/asynq")


def modules(folder):
    """What the modules of a folder include of each other; a module is a .c file with its .h, or one of them."""
    found = {}
    for path in sorted((ROOT / folder).glob("*.[ch]")):
        found.setdefault(path.stem, set()).update(set(INCLUDE.findall(path.read_text())) - {path.stem})
    return found


def rows(data, folder):
    for band in data["bands"]:
        for group in band:
            if group["name"].startswith(folder + "/"):
                return [[name for name, _ in row] for row in group["rows"]]
    raise LookupError(folder)


def faults(placed, found):
    """What is wrong with a group's rows of modules, given what each module includes."""
    height = {name: number for number, row in enumerate(placed) for box in row for name in box.split(", ")}
    together = {name: set(box.split(", ")) for row in placed for box in row for name in box.split(", ")}
    wrong = [f"{name}: no box" for name in sorted(found.keys() - height.keys())]
    wrong += [f"{name}: no such module" for name in sorted(height.keys() - found.keys())]
    for name in sorted(found.keys() & height.keys()):
        wrong += [f"{name} includes {other}, which is not lower" for other in sorted(found[name] - together[name])
                  if other in height and height[other] <= height[name]]
    return wrong


class Diagrams(unittest.TestCase):
    def test_every_drawing_comes_from_its_data(self):
        done = subprocess.run([sys.executable, DIAGRAMS / "make.py", "--check"], capture_output=True, text=True)
        self.assertEqual((0, ""), (done.returncode, done.stderr))

    def test_every_drawing_is_shown_in_a_document(self):
        shown = "".join(path.read_text() for path in (ROOT / "doc").glob("*.md"))
        for path in DIAGRAMS.glob("*.svg"):
            self.assertIn(f"diagrams/{path.name}", shown)

    def test_architecture_is_that_of_the_code(self):
        data = json.loads((DIAGRAMS / "architecture.json").read_text())
        for folder in FOLDERS:
            with self.subTest(folder):
                self.assertGreater(len(modules(folder)), 5)
                self.assertEqual([], faults(rows(data, folder), modules(folder)))

    def test_planted_faults_are_found(self):
        found = {"top": {"low"}, "low": {"top"}, "new": set(), "a": {"b"}, "b": {"a"}}
        self.assertEqual(["new: no box", "old: no such module", "low includes top, which is not lower"],
                         faults([["top", "a, b"], ["low", "old"]], found))


if __name__ == "__main__":
    unittest.main()
