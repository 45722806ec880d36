# SPDX-License-Identifier: MIT
"""Reading the project's documents: which there are, their code blocks, links and headings."""

import pathlib
import re
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "doc/*.md", "examples/**/*.md", "bench/*.md",
           "tests/**/*.md", "fuzz/*.md")


class Block(NamedTuple):
    where: str  # file:line of the block's first line
    mark: str   # the comment in front of it, "" if none
    code: str


class Link(NamedTuple):
    where: str
    target: str


def documents():
    """Every markdown file of the project. README.md and doc/format.md are required to be among them."""
    found = sorted({path for pattern in SOURCES for path in ROOT.glob(pattern)})
    for name in ("README.md", "doc/format.md"):
        if ROOT / name not in found:
            raise FileNotFoundError(name)
    return found


def relative(path):
    return path.relative_to(ROOT).as_posix()


def outside_of_code(text):
    """The lines of a document that are prose, with their numbers from 1."""
    in_code = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            in_code = not in_code
        elif not in_code and not line.startswith("    "):
            yield number, line


def c_blocks(text, name):
    """The ```c blocks of a document, each with the `<!-- snippet: ... -->` on the line before it."""
    lines = text.splitlines()
    for start, line in enumerate(lines):
        if line.strip() != "```c":
            continue
        end = lines.index("```", start + 1)
        mark = re.fullmatch(r"<!-- snippet: (.+) -->", lines[start - 1] if start else "")
        yield Block(f"{name}:{start + 2}", mark.group(1) if mark else "", "\n".join(lines[start + 1:end]) + "\n")


def links(text, name):
    for number, line in outside_of_code(text):
        for target in re.findall(r"\]\(([^)\s]+)\)", line):
            yield Link(f"{name}:{number}", target)


def anchors(text):
    """The anchors that a renderer makes of the headings: lower case, punctuation gone, spaces to hyphens."""
    return {re.sub(r"[^\w\- ]", "", line.lstrip("#").strip().lower()).replace(" ", "-")
            for _, line in outside_of_code(text) if line.startswith("#")}
