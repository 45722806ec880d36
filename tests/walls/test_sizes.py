#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Holds that code stays readable: a function fits on a screen (60 lines at most), a file has one idea (400 lines)."""

import pathlib
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ("lib", "tools", "examples", "bench", "fuzz", "tests")
FUNCTION_LINES, FILE_LINES = 60, 400


def functions(text):
    """The first line and the length of each function: its brace stands alone in column 1, as .clang-format has it."""
    begin = None
    for number, line in enumerate(text.splitlines(), 1):
        if line == "{":
            begin = number
        elif line == "}" and begin:
            yield begin - 1, number - begin + 1
            begin = None


def faults(text):
    lines = len(text.splitlines())
    found = [f"{lines} lines"] if lines > FILE_LINES else []
    return found + [f"line {at}: a function of {length} lines" for at, length in functions(text) if length > FUNCTION_LINES]


class Sizes(unittest.TestCase):
    def test_functions_and_files_are_small(self):
        paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.[ch]"))]
        self.assertGreater(sum(1 for path in paths for _ in functions(path.read_text())), 100)
        for path in paths:
            with self.subTest(path.relative_to(ROOT)):
                self.assertEqual([], faults(path.read_text()))

    def test_a_long_function_would_be_found(self):
        body = "int f(void)\n{\n" + "    step();\n" * 57 + "    return 0;\n}\n"
        self.assertEqual([], faults(body))
        self.assertEqual(["line 1: a function of 61 lines"], faults(body.replace("{\n", "{\n    step();\n")))

    def test_a_long_file_would_be_found(self):
        self.assertEqual([], faults("\n" * 400))
        self.assertEqual(["401 lines"], faults("\n" * 401))


if __name__ == "__main__":
    unittest.main()
