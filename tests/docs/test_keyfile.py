#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Holds that the key file shown in doc/keyfile.md is one, and that its commands change keys as it says.

Usage: test_keyfile.py READ_KEYRING [TASKSEAL]      the program of read_keyring.c; the command, if it is built
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
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


def shown_commands():
    """The blocks of commands under "Changing keys", one for each step."""
    text = (ROOT / "doc/keyfile.md").read_text()
    section = text[text.index("## Changing keys"):]
    return ["".join(line[4:] + "\n" for line in block.splitlines())
            for block in re.findall(r"(?:^    .*\n)+", section, re.MULTILINE)]


class ChangingKeys(unittest.TestCase):
    def setUp(self):
        if not command:
            self.skipTest("this build has no command")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.keyring = self.folder / "keyring"
        self.run_commands("taskseal keygen mail-k01 /etc/app/keyring")
        self.owner = 65534 if os.geteuid() == 0 else os.geteuid()  # not root's, but root changes it
        os.chown(self.keyring, self.owner, -1)

    def run_commands(self, commands):
        environment = {**os.environ, "PATH": f"{command.parent}:{os.environ['PATH']}"}
        commands = commands.replace("/etc/app", str(self.folder))
        return subprocess.run(["sh", "-c", "umask 022\n" + commands], env=environment, capture_output=True, text=True)

    def keys(self):
        return [(line.split(" ")[1], line.split(" ")[3]) for line in self.keyring.read_text().splitlines()
                if line.startswith("key ")]

    def test_each_step_leaves_the_keys_as_the_list_says(self):
        wanted = [[("mail-k01", "active"), ("mail-k02", "open-only")],
                  [("mail-k02", "active"), ("mail-k01", "active")],
                  [("mail-k02", "active"), ("mail-k01", "open-only")]]
        steps = shown_commands()
        self.assertEqual(len(wanted), len(steps))
        for step, keys in zip(steps, wanted):
            done = self.run_commands(step)
            self.assertEqual((0, ""), (done.returncode, done.stderr))
            self.assertEqual(keys, self.keys())
            self.assertEqual(0o600, self.keyring.stat().st_mode & 0o777)
            self.assertEqual(self.owner, self.keyring.stat().st_uid)
            self.assertEqual("ok 0", verdict(self.keyring.read_text()))

    def test_a_last_line_without_line_feed_gets_one(self):
        self.keyring.write_text(self.keyring.read_text().rstrip("\n"))
        self.assertEqual(0, self.run_commands(shown_commands()[0]).returncode)
        self.assertEqual([("mail-k01", "active"), ("mail-k02", "open-only")], self.keys())

    def test_a_file_that_does_not_load_is_not_put_into_place(self):
        self.keyring.write_text(self.keyring.read_text() + "kee\n")
        before = self.keyring.read_text()
        done = self.run_commands(shown_commands()[0])
        self.assertIn("keyfile-malformed", done.stderr)
        self.assertEqual(before, self.keyring.read_text())


if __name__ == "__main__":
    command = pathlib.Path(sys.argv.pop()).resolve() if len(sys.argv) > 2 else None
    reader = sys.argv.pop()
    unittest.main()
