#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Holds that script/count-results, on which the last line of script/test rests, counts right and misses no failure."""

import json
import pathlib
import subprocess
import tempfile
import unittest

COUNT = pathlib.Path(__file__).resolve().parents[2] / "script/count-results"


def count(*tests):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as log:
        log.writelines(json.dumps(test) + "\n" for test in tests)
        log.flush()
        return subprocess.run([COUNT, log.name], check=True, capture_output=True, text=True).stdout.strip()


def tap(text, result="OK"):
    return {"result": result, "stdout": text}


def ran(text, result="OK"):
    return {"result": result, "stdout": "", "stderr": text}


class Counting(unittest.TestCase):
    def test_a_tap_program_counts_as_its_checks(self):
        self.assertEqual("2 1 1", count(tap("1..4\nok 1 - a\nok 2 - b\nnot ok 3 - c\nok 4 - d # SKIP no server\n", "FAIL")))

    def test_a_unittest_program_counts_as_its_tests(self):
        self.assertEqual("6 0 3", count(ran("...\nRan 9 tests in 0.3s\n\nOK (skipped=3)\n")))
        self.assertEqual("7 2 0", count(ran("...\nRan 9 tests in 0.3s\n\nFAILED (failures=1, errors=1)\n", "FAIL")))

    def test_any_other_program_counts_as_one(self):
        self.assertEqual("1 1 1", count(tap(""), tap("", "FAIL"), tap("", "SKIP")))

    def test_a_leak_after_good_checks_is_a_failure(self):
        self.assertEqual("2 1 0", count(tap("1..2\nok 1\nok 2\n", "ERROR")))

    def test_a_timeout_is_a_failure(self):
        self.assertEqual("1 1 0", count(tap("1..2\nok 1\n", "TIMEOUT")))

    def test_results_add_up(self):
        self.assertEqual("3 0 0", count(tap("ok 1\nok 2\n"), tap("")))


if __name__ == "__main__":
    unittest.main()
