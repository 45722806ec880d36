#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs the commands of doc/operations.md that are marked <!-- run -->, in their order, as one story.

Usage: test_operations.py TASKSEAL
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from markdown import ROOT

MARKED = re.compile(r"^<!-- run -->\n\n((?:    .*\n)+)", re.MULTILINE)


def shown_blocks():
    text = (ROOT / "doc/operations.md").read_text()
    return ["".join(line[4:] + "\n" for line in block.splitlines()) for block in MARKED.findall(text)]


class Operations(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_block(self, block):
        environment = {**os.environ, "PATH": f"{command.parent}:{os.environ['PATH']}"}
        return subprocess.run(["sh", "-ec", block.replace("/etc/app", str(self.folder))], env=environment,
                              capture_output=True, text=True)

    def states(self):
        lines = (self.folder / "keyring").read_text().splitlines()
        return {line.split(" ")[1]: line.split(" ")[3] for line in lines if line.startswith("key ")}

    def test_every_command_succeeds_and_the_keys_end_as_told(self):
        blocks = shown_blocks()
        self.assertEqual(6, len(blocks))
        after = [{"mail-k01": "active"},
                 {"mail-k01": "active", "mail-k02": "open-only"},
                 {"mail-k02": "active", "mail-k01": "open-only"},
                 {"mail-k02": "active", "mail-k01": "retired"},
                 {"mail-k03": "active", "mail-k02": "compromised", "mail-k01": "retired"},
                 {"mail-k03": "active", "mail-k02": "compromised", "mail-k01": "retired", "tags-1": "active"}]
        for block, wanted in zip(blocks, after):
            if "key retire" in block:  # the grace of a day is over
                refused = self.run_block(block)
                self.assertIn("not-after", refused.stderr)
                self.run_block("taskseal key limit mail-k01 --not-after 2026-01-01T00:00:00Z -k /etc/app/keyring")
            done = self.run_block(block)
            self.assertEqual(0, done.returncode, block + done.stderr)
            self.assertEqual(wanted, self.states(), block)
        self.assertRegex(done.stdout, r"(?m)^[0-9a-f]{64}$")

    def test_a_command_that_fails_is_noticed(self):
        self.assertNotEqual(0, self.run_block("taskseal key retire mail-k01 -k /etc/app/keyring\ntrue\n").returncode)


if __name__ == "__main__":
    command = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
