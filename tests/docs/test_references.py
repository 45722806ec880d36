#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Holds that what is referred to exists: files and headings that documents link to, and the rules of
doc/format.md (F 4.2, or F 4 for a section) and doc/keyfile.md (K 3) that sources and documents cite."""

import re
import unittest

from markdown import ROOT, anchors, documents, links, relative

CITING = ("lib", "include", "tools", "examples", "tests", "fuzz", "bench", "doc")
SUFFIXES = (".c", ".h", ".py", ".md", ".txt", ".sh", ".build")
RULE = re.compile(r"^\*\*F (\d+)\.(\d+)\*\*", re.MULTILINE)
SECTION = re.compile(r"^## (\d+)\. ", re.MULTILINE)
CITATION = re.compile(r"(?<![\w.-])F (\d+(?:\.\d+)?)\b")
KEYFILE_RULE = re.compile(r"^\| K (\d+) \|", re.MULTILINE)
KEYFILE_CITATION = re.compile(r'[("]K (\d+)\b')


def broken_links(text, path):
    for link in links(text, relative(path)):
        if re.match(r"[a-z]+:", link.target):
            continue
        file, _, anchor = link.target.partition("#")
        target = (path.parent / file).resolve() if file else path
        if target != path and not target.exists():
            yield f"{link.where}: {link.target}: no such file"
        elif anchor and anchor not in anchors(text if target == path else target.read_text()):
            yield f"{link.where}: {link.target}: no such heading"


def rules(format_text):
    """Every number that may be cited, in the order of the document; sections without a point."""
    sections = SECTION.findall(format_text)
    return sections, [f"{section}.{number}" for section, number in RULE.findall(format_text)]


def unknown_citations(text, name, known):
    for number, line in enumerate(text.splitlines(), 1):
        for cited in CITATION.findall(line):
            if cited not in known:
                yield f"{name}:{number}: F {cited}"


def citing_files():
    for folder in CITING:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in SUFFIXES and path.is_file():
                yield path


class Links(unittest.TestCase):
    def test_every_relative_link_leads_somewhere(self):
        faults = [fault for path in documents() for fault in broken_links(path.read_text(), path)]
        self.assertEqual([], faults)

    def test_planted_bad_links_are_found(self):
        text = "# A b\n[x](nowhere.md) [y](format.md#no-such-heading) [good](#a-b) [good](format.md#7-padding)\n"
        self.assertEqual(["doc/new.md:2: nowhere.md: no such file",
                          "doc/new.md:2: format.md#no-such-heading: no such heading"],
                         list(broken_links(text, ROOT / "doc/new.md")))


class Citations(unittest.TestCase):
    def setUp(self):
        self.sections, self.rules = rules((ROOT / "doc/format.md").read_text())

    def test_rules_are_numbered_without_gaps_or_repetition(self):
        self.assertEqual([str(number) for number in range(1, 19)], self.sections)
        for section in self.sections:
            numbers = [int(rule.split(".")[1]) for rule in self.rules if rule.split(".")[0] == section]
            self.assertEqual(list(range(1, len(numbers) + 1)), numbers, "section " + section)
            self.assertEqual(section in ("13", "17", "18"), not numbers, "sections without rules explain")

    def test_every_cited_rule_exists(self):
        known = {*self.sections, *self.rules}
        faults, citing = [], set()
        for path in citing_files():
            if path.parent == ROOT / "tests/docs":
                continue  # holds planted faults
            text = path.read_text(errors="replace")
            faults += unknown_citations(text, relative(path), known)
            if CITATION.search(text):
                citing.add(path.relative_to(ROOT).parts[0])
        self.assertEqual([], faults)
        self.assertLessEqual({"lib", "include", "doc"}, citing)

    def test_every_cited_rule_of_the_key_file_exists(self):
        known = set(KEYFILE_RULE.findall((ROOT / "doc/keyfile.md").read_text()))
        self.assertGreater(len(known), 0)
        cited = {number for path in citing_files() for number in KEYFILE_CITATION.findall(path.read_text(errors="replace"))}
        self.assertLessEqual(cited, known)
        self.assertGreater(len(cited), len(known) / 2)

    def test_planted_unknown_citations_are_found(self):
        text = "see F 2.1\n(F 99.1), F 99\n0x1F 200, F 12\n"
        self.assertEqual(["x.c:2: F 99.1", "x.c:2: F 99"],
                         list(unknown_citations(text, "x.c", {*self.sections, *self.rules})))


if __name__ == "__main__":
    unittest.main()
