#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Holds that the users of doc/asynq.md whom `taskseal doctor` knows are those that it prints. bindings/go/asynqseal runs as
them.

Usage: test_asynq.py TASKSEAL
"""

import pathlib
import subprocess
import sys
import unittest

from markdown import ROOT


def printed(role):
    """The lines of a role, as the document sets them."""
    done = subprocess.run([command, "doctor", "--role", role, "--layout", "asynq"], capture_output=True, text=True, check=True)
    return ["    " + line for line in done.stdout.splitlines()]


class Asynq(unittest.TestCase):
    def test_the_users_are_those_that_the_doctor_prints(self):
        document = (ROOT / "doc/asynq.md").read_text().splitlines()
        for role in ("producer", "worker", "scheduler", "rotate"):
            with self.subTest(role):
                lines = printed(role)
                self.assertEqual(2, len(lines))
                self.assertLessEqual(set(lines), set(document))


if __name__ == "__main__":
    command = pathlib.Path(sys.argv.pop())
    unittest.main()
