#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Compiles every piece of C in the documents and in the usage comments of the public headers.

A ```c block that holds `int main` is a complete program and is compiled as it stands. Any other has one of
these comments on the line before it:

    <!-- snippet: wrap -->   statements: put into a function, after the declarations of preamble.c
    <!-- snippet: file -->   declarations and functions: put after preamble.c

The code in a comment of a public header (paragraphs that are indented by four more columns, the first line ending in a semicolon) is treated as `wrap`.

Usage: test_snippets.py COMPILE_COMMANDS_JSON
The compiler and the include directories are those with which the build compiles preamble.c.
"""

import json
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import unittest

from markdown import ROOT, Block, c_blocks, documents, relative

PREAMBLE = ROOT / "tests/docs/preamble.c"
WARNINGS = ["-std=c11", "-O1", "-Wall", "-Wextra", "-Werror"]
# A fragment may stop before it uses what it declares.
OF_FRAGMENTS = ["-Wno-unused-variable", "-Wno-unused-but-set-variable"]


class Compiler:
    def __init__(self, compile_commands):
        for entry in json.loads(pathlib.Path(compile_commands).read_text()):
            if (pathlib.Path(entry["directory"]) / entry["file"]).resolve() == PREAMBLE:
                self.directory = entry["directory"]
                self._read(shlex.split(entry["command"]))
                return
        raise LookupError("preamble.c is not in " + compile_commands)

    def _read(self, words):
        first_option = next(i for i, word in enumerate(words) if word.startswith("-"))
        self.command = words[:first_option]
        self.includes = []
        for word, following in zip(words, words[1:] + [""]):
            if word in ("-I", "-isystem"):
                self.includes += [word, following]
            elif word.startswith(("-I", "-isystem", "-DSNIPPETS_")):
                self.includes.append(word)
        self.with_redis = "-DSNIPPETS_WITH_REDIS" in self.includes

    def faults(self, code, extra=()):
        """What the compiler says of `code`; empty if it is content."""
        with tempfile.NamedTemporaryFile("w", suffix=".c") as source:
            source.write(code)
            source.flush()
            done = subprocess.run([*self.command, *self.includes, *WARNINGS, *extra, "-c", source.name, "-o", "/dev/null"],
                                  cwd=self.directory, capture_output=True, text=True)
        return done.stderr or (f"exit status {done.returncode}" if done.returncode else "")


def translation_unit(block):
    """The complete source of a block, and the options for it; ValueError if it says not what it is."""
    line = f'#line {block.where.rsplit(":", 1)[1]} "{block.where.rsplit(":", 1)[0]}"\n'
    if re.search(r"\bint main\b", block.code):
        return line + block.code, []
    preamble = PREAMBLE.read_text()
    if block.mark == "file":
        return preamble + line + block.code, OF_FRAGMENTS
    if block.mark == "wrap":
        return preamble + "void snippet(void);\nvoid snippet(void)\n{{\n" + line + block.code + "}}\n", OF_FRAGMENTS
    raise ValueError(f"{block.where}: neither a program nor marked <!-- snippet: wrap --> or file")


def usages_of_header(text, name):
    """The code in a header's comments: a block for each comment that has some."""
    lines = text.splitlines()
    code, first, inside = [], 0, False
    for number, line in enumerate(lines, 1):
        begins = lines[number - 2] == " *" and bool(re.match(r" \*     \S.*;$", line))
        inside = begins or inside and (line == " *" or bool(re.match(r" \*     +\S", line)))
        if inside:
            first = first or number
            code += [""] * (number - first - len(code)) + [line[7:]]
        if "*/" in line:
            if any(code):
                yield Block(f"{name}:{first}", "wrap", "\n".join(code) + "\n")
            code, first, inside = [], 0, False


def all_blocks():
    for path in documents():
        yield from c_blocks(path.read_text(), relative(path))
    for path in sorted((ROOT / "include/taskseal").glob("*.h")):
        yield from usages_of_header(path.read_text(), relative(path))


class Snippets(unittest.TestCase):
    def test_every_snippet_compiles(self):
        compiled = 0
        for block in all_blocks():
            if not compiler.with_redis and "redis" in block.code:
                print(f"{block.where}: left out, this build has no connections")
                continue
            with self.subTest(block.where):
                self.assertEqual("", compiler.faults(*translation_unit(block)))
                compiled += 1
        self.assertGreaterEqual(compiled, 3)

    def test_readme_begins_with_a_complete_program(self):
        first = next(c_blocks((ROOT / "README.md").read_text(), "README.md"))
        self.assertIn("int main", first.code)

    def test_the_code_of_every_comment_of_a_header_is_found(self):
        text = "/* One.\n *\n *     a();\n *\n *     b();\n * Two.\n *  LIST  of\n *        no code\n */\n/* x\n *\n *     c();\n */\n"
        self.assertEqual([Block("h:3", "wrap", "a();\n\nb();\n"), Block("h:12", "wrap", "c();\n")],
                         list(usages_of_header(text, "h")))
        found = [block for name in ("taskseal", "keys", "stream")
                 for block in usages_of_header((ROOT / f"include/taskseal/{name}.h").read_text(), "h")]
        self.assertEqual(["taskseal_keyring_load", "taskseal_slot_take", "taskseal_stream_open"],
                         [re.search("taskseal_(keyring_load|slot_take|stream_open)(?=\\()", block.code)[0] for block in found])

    def test_an_ignored_result_is_found(self):
        code = "taskseal_seal(NULL, NULL, 0, sealed, sizeof sealed, &sealed_len);\n"
        self.assertIn("warn_unused_result", compiler.faults(*translation_unit(Block("planted:1", "wrap", code))))

    def test_an_unknown_name_is_found_at_its_line(self):
        faults = compiler.faults(*translation_unit(Block("planted:7", "wrap", "\ntaskseal_nothing();\n")))
        self.assertIn("planted:8", faults)

    def test_an_unmarked_fragment_is_refused(self):
        with self.assertRaises(ValueError):
            translation_unit(Block("planted:1", "", "err = TASKSEAL_OK;\n"))


if __name__ == "__main__":
    compiler = Compiler(sys.argv.pop())
    unittest.main()
