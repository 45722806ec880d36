#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""doc/operations.md explains each check of `taskseal doctor`, and the threat model names none that is not there."""

import re
import unittest

from markdown import ROOT

ADDED = re.compile(r'findings_add\(&self->found, "([a-z-]+)"')
ROW = re.compile(r"^\| (`[a-z`, -]+) \|", re.MULTILINE)


def checks():
    return {name for path in (ROOT / "tools/doctor").glob("*.c")
            for name in ADDED.findall(re.sub(r"\(\s+", "(", path.read_text()))}


def section(text, heading):
    return text.split(f"\n{heading}\n")[1].split("\n## ")[0]


def explained(text):
    return {name for row in ROW.findall(section(text, "## Examining a server")) for name in re.findall("`([^`]+)`", row)}


def operations():
    return (ROOT / "doc/operations.md").read_text()


class Doctor(unittest.TestCase):
    def test_every_check_is_explained_and_no_other(self):
        self.assertGreater(len(checks()), 20)
        self.assertEqual(checks(), explained(operations()))

    def test_a_check_that_is_not_explained_would_be_found(self):
        self.assertNotEqual(checks(), explained(operations().replace("| `bind` |", "| `bound` |")))

    def test_numbers_are_those_of_the_tables(self):
        ciphers = len(re.findall(r'^    \{0x', (ROOT / "tools/doctor/probe/ciphers.c").read_text(), re.MULTILINE))
        rights = (ROOT / "tools/doctor/check_rights.c").read_text()
        commands = len(re.findall(r"CARE_(?:QUEUE|DRYRUN)\}", rights))
        self.assertIn(f"{ciphers} ciphers up to TLS 1.2", operations())
        self.assertIn(f"{commands} commands that no application needs", operations())

    def test_the_threat_model_names_checks_that_are_there(self):
        text = (ROOT / "doc/threat-model.md").read_text().split("## Map of analysis 2")[1]
        rows = [line for line in text.splitlines() if "`taskseal doctor" in line]
        self.assertGreater(len(rows), 15)
        named = {name for row in rows for group in re.findall(r"\(((?:`[a-z-]+`(?:, )?)+)\)", row)
                 for name in re.findall("`([^`]+)`", group)}
        self.assertGreater(len(named), 12)
        self.assertEqual(set(), named - checks())

    def test_every_row_of_the_map_has_a_kind(self):
        text = (ROOT / "doc/threat-model.md").read_text().split("## Map of analysis 2")[1]
        rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| the analysis")]
        self.assertGreater(len(rows), 35)
        for row in rows:
            self.assertRegex(row, r"^\| .+ \| (feature|check|limit)(, (feature|check|limit))* \| .+ \|$")


if __name__ == "__main__":
    unittest.main()
