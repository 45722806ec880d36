#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Holds that the tables of README.md and doc/clients.md are what tests/clients measured, with its date: those of
tests/clients/results.json. And that those results are whole, and have a good twin for each bad server."""

import sys
import unittest

from markdown import ROOT

sys.path.insert(0, str(ROOT / "tests/clients"))
import table  # noqa: E402


class Clients(unittest.TestCase):
    def setUp(self):
        self.results = table.kept()

    def test_the_documents_have_the_tables(self):
        for path, text in table.documents(self.results).items():
            with self.subTest(path.name):
                document = path.read_text()
                self.assertEqual(document, table.replaced(document, text), "run tests/clients/table.py")

    def test_every_client_was_measured_on_every_server(self):
        names = {client["name"] for client in self.results["clients"]}
        self.assertGreater(len(names), 10)
        for row in self.results["rows"]:
            with self.subTest(row["name"]):
                self.assertEqual(names, set(self.results["cells"][row["name"]]))

    def test_every_bad_server_has_a_good_twin(self):
        good = {row["name"] for row in self.results["rows"] if not row["twin"]}
        bad = [row for row in self.results["rows"] if row["twin"]]
        self.assertGreater(len(bad), 20)
        self.assertLessEqual({row["twin"] for row in bad}, good)

    def test_every_client_accepts_a_good_server(self):
        for client in self.results["clients"]:
            with self.subTest(client["name"]):
                self.assertEqual("A", self.results["cells"]["good"][client["name"]]["outcome"])

    def test_the_short_form_has_rows_that_exist(self):
        self.assertLessEqual(set(table.SHORT), {row["name"] for row in self.results["rows"]})

    def test_a_changed_letter_would_be_found(self):
        path, text = next(iter(table.documents(self.results).items()))
        document = path.read_text()
        self.assertNotEqual(document, table.replaced(document, text.replace("**A**", "R", 1)))


if __name__ == "__main__":
    unittest.main()
