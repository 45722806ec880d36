#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Holds that the committed seeds are what seeds.py makes, few and small, and that a replay without seeds fails."""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import harness
import seeds

REPLAY = sys.argv.pop(1)
MESON = (seeds.HERE / "meson.build").read_text()
SIZE_MAX = 400_000  # bytes of all seeds together


def committed():
    return {folder.name: {file.name: file.read_bytes() for file in folder.iterdir()}
            for folder in (seeds.HERE / "corpus").iterdir()}


class Corpus(unittest.TestCase):
    def test_the_seeds_are_what_seeds_py_makes(self):
        made = {target: {name: data for name, data in files.items() if not name.startswith("found-")}
                for target, files in committed().items()}
        self.assertTrue(made == seeds.corpus(), "run fuzz/seeds.py")

    def test_the_seeds_are_small(self):
        self.assertLess(sum(len(data) for files in committed().values() for data in files.values()), SIZE_MAX)

    def test_every_target_has_seeds(self):
        targets = re.findall(r"^ *(?:fuzz_targets \+= \{)?'(\w+)': \[?taskseal", MESON, re.MULTILINE)
        self.assertEqual(sorted(targets), sorted(name for name, files in committed().items() if files))
        self.assertGreater(len(targets), 9)

    def test_the_coverage_is_measured_with_the_seeds_of_the_replay(self):
        line = re.search(r"^fuzz_seeds = \{(.*?)\}", MESON, re.MULTILINE)[1]
        shared = {target: tuple(re.findall(r"'(\w+)'", others)) for target, others in re.findall(r"'(\w+)': \[(.*?)\]", line)}
        self.assertEqual(harness.SHARED_SEEDS, shared)


class Replay(unittest.TestCase):
    def replay(self, *paths):
        return subprocess.run([REPLAY, *map(str, paths)], capture_output=True, text=True, check=False)

    def test_without_a_seed_it_fails(self):
        with tempfile.TemporaryDirectory() as folder:
            run = self.replay(folder)
            self.assertEqual((1, "0 seeds, 0 inputs, 0 of them deep\n", "no seed was found: nothing was tested\n"),
                             (run.returncode, run.stdout, run.stderr))
            (pathlib.Path(folder) / "seed").write_bytes(b"ab")
            run = self.replay(folder)
            self.assertEqual((0, "1 seeds, 11 inputs, 0 of them deep\n", ""), (run.returncode, run.stdout, run.stderr))

    def test_without_a_directory_it_fails(self):
        run = self.replay("nowhere")
        self.assertEqual((1, "nowhere: No such file or directory\nno seed was found: nothing was tested\n"),
                         (run.returncode, run.stderr))


if __name__ == "__main__":
    unittest.main()
