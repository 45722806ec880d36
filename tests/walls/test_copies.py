#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Holds that the copies of the core in bindings/go are those that its bundle.py makes, and that it notices others."""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def check(root):
    done = subprocess.run([sys.executable, root / "bindings/go/bundle.py", "--check"], capture_output=True, text=True)
    return done.returncode, done.stdout


class Script(unittest.TestCase):
    def test_the_script_of_asynq_in_c_is_current(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            for file in ("embed.py", "enqueue.lua", "script.c"):
                shutil.copy(ROOT / "lib/asynq" / file, folder)
            run = [sys.executable, folder / "embed.py", "--check"]
            self.assertEqual(0, subprocess.run(run).returncode)
            (folder / "enqueue.lua").write_text((folder / "enqueue.lua").read_text() + "-- changed\n")
            stale = subprocess.run(run, capture_output=True, text=True)
            self.assertEqual(1, stale.returncode)
            self.assertIn("is not current", stale.stderr)


class Copies(unittest.TestCase):
    def test_the_copies_are_current(self):
        self.assertEqual(0, check(ROOT)[0], check(ROOT)[1])

    def test_stale_missing_and_superfluous_copies_are_found(self):
        with tempfile.TemporaryDirectory() as name:
            root = pathlib.Path(name)
            for folder in ("lib/core", "lib/asynq", "include/taskseal"):
                shutil.copytree(ROOT / folder, root / folder)
            (root / "bindings").mkdir()
            shutil.copytree(ROOT / "bindings/go", root / "bindings/go", ignore=shutil.ignore_patterns("bench"))
            self.assertEqual(0, check(root)[0])
            (root / "lib/core/seal.c").write_text((root / "lib/core/seal.c").read_text() + "/* changed */\n")
            (root / "bindings/go/core_open.c").unlink()
            (root / "bindings/go/core_gone.c").write_text("")
            status, text = check(root)
            self.assertEqual(1, status)
            for file in ("core_seal.c", "core_open.c", "core_gone.c"):
                self.assertIn(f"bindings/go/{file} is not current", text)
            self.assertNotIn("core_reseal.c", text)


if __name__ == "__main__":
    unittest.main()
