#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes script.c, which holds enqueue.lua and its SHA-1, by which servers know it.

Usage: embed.py [--check]

With --check nothing is written: it fails if script.c is not current.
"""

import hashlib
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
LUA, C = HERE / "enqueue.lua", HERE / "script.c"
TEXT = """/* SPDX-License-Identifier: MIT
 * Made by embed.py of enqueue.lua; do not edit. */
#include "script.h"

/* clang-format off */
const char taskseal__asynq_script[] =
{lines};
/* clang-format on */

const size_t taskseal__asynq_script_len = sizeof taskseal__asynq_script - 1;
const char taskseal__asynq_script_sha1[] = "{sha1}";
"""


def literal(line):
    return '    "' + line.replace("\\", "\\\\").replace('"', '\\"') + '\\n"'


def wanted():
    lua = LUA.read_text(encoding="ascii")
    lines = "\n".join(literal(line) for line in lua.removesuffix("\n").split("\n"))
    return TEXT.format(lines=lines, sha1=hashlib.sha1(lua.encode()).hexdigest())


def main():
    if sys.argv[1:] == ["--check"]:
        sys.exit(None if C.read_text() == wanted() else f"{C} is not current: run {__file__}")
    if sys.argv[1:]:
        sys.exit(__doc__)
    C.write_text(wanted())


if __name__ == "__main__":
    main()
