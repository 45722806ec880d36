#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Holds the walls of doc/architecture.md: what each folder may include, and that dependencies run one way."""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.MULTILINE)

# Headers in <> that a folder may use besides those of C and POSIX.
FOREIGN = ("sodium", "hiredis/", "openssl/", "jansson", "check.h", "taskseal/")
MAY_USE = {
    "lib/core": ("sodium.h", "taskseal/taskseal.h"),
    "lib/redis": ("sodium.h", "taskseal/taskseal.h", "taskseal/redis.h", "taskseal/redis_async.h", "hiredis/", "openssl/"),
    "lib/asynq": ("sodium.h", "taskseal/"),
    "tools": ("sodium.h", "taskseal/", "hiredis/"),
    "examples": ("sodium.h", "taskseal/", "hiredis/", "jansson.h"),
}
# Of tools/, the folder that looks at what the library refuses to speak. It may use OpenSSL, and nothing that holds
# credentials: what it sends goes out before anything is verified.
PROBES = "tools/doctor/probe"
# Folders whose headers a folder may name in "", besides its own.
MAY_REACH = {"lib/core": (), "lib/redis": ("lib/core",), "lib/asynq": ("lib/core",), "tools": (), "examples": ()}


def sources(folder):
    return sorted(path for path in (ROOT / folder).rglob("*.[ch]"))


def faults_of_probe(text):
    """The includes in `text` that a probe may not have: it knows OpenSSL, and its own folder."""
    return [name for quote, name in INCLUDE.findall(text)
            if (quote == "<" and name.startswith(FOREIGN) and not name.startswith("openssl/")) or
            (quote == '"' and "/" in name)]


def faults_of_text(folder, text):
    """The includes in `text` that a file of `folder` may not have."""
    faults = []
    for quote, name in INCLUDE.findall(text):
        if quote == "<" and name.startswith(FOREIGN) and not name.startswith(MAY_USE[folder]):
            faults.append(name)
        if quote == '"' and ".." in name:
            reached = name.replace("../", "", 1).rsplit("/", 1)[0]
            if f"lib/{reached}" not in MAY_REACH[folder] and not (ROOT / folder / reached).is_dir():
                faults.append(name)
    return faults


# One module in two files: fault tells apart why a call on a tls session failed.
PART_OF = {"fault": "tls"}


def module_of(file):
    """A module is a .c file with its .h; uri_query is a part of uri."""
    name = pathlib.PurePath(file).stem.split("_")[0]
    return PART_OF.get(name, name)


def graph(folder):
    """Which module of a folder includes which others of the same folder."""
    modules = {}
    for path in sources(folder):
        module = module_of(path)
        named = {module_of(name) for quote, name in INCLUDE.findall(path.read_text()) if quote == '"' and "/" not in name}
        modules.setdefault(module, set()).update(named - {module})
    return modules


def cycle(modules):
    """The modules that depend on each other in a circle; empty if dependencies run one way."""
    left = dict(modules)
    while left:
        free = [name for name, needs in left.items() if not needs & left.keys()]
        if not free:
            return sorted(left)
        for name in free:
            del left[name]
    return []


class Layers(unittest.TestCase):
    def test_no_folder_includes_what_it_may_not(self):
        for folder in MAY_USE:
            files = sources(folder)
            self.assertNotEqual([], files, folder)
            for path in files:
                probe = path.is_relative_to(ROOT / PROBES)
                with self.subTest(path.relative_to(ROOT)):
                    text = path.read_text()
                    self.assertEqual([], faults_of_probe(text) if probe else faults_of_text(folder, text))

    def test_a_probe_that_could_know_credentials_would_be_found(self):
        self.assertNotEqual([], sources(PROBES))
        self.assertEqual([], faults_of_probe('#include <openssl/ssl.h>\n#include <poll.h>\n#include "dial.h"\n'))
        for line in ("<taskseal/redis.h>", "<hiredis/hiredis.h>", '"../doctor.h"', '"../../common/uri.h"'):
            self.assertEqual([line[1:-1]], faults_of_probe(f"#include {line}\n"))

    def test_modules_of_the_library_depend_one_way(self):
        for folder in ("lib/core", "lib/redis", "lib/asynq"):
            with self.subTest(folder):
                self.assertEqual([], cycle(graph(folder)))

    def test_what_the_api_does_is_at_the_top_of_the_core(self):
        modules = graph("lib/core")
        for top in ("seal", "open", "rewrap"):
            with self.subTest(top):
                self.assertEqual([], [name for name, needs in modules.items() if top in needs])

    def test_the_bottom_of_the_core_includes_nothing_of_it(self):
        modules = graph("lib/core")
        for bottom in ("wire", "secret", "error"):
            with self.subTest(bottom):
                self.assertEqual(set(), modules[bottom])

    def test_hiredis_in_the_core_would_be_found(self):
        self.assertEqual(["hiredis/hiredis.h"], faults_of_text("lib/core", "#include <hiredis/hiredis.h>\n"))
        self.assertEqual([], faults_of_text("lib/redis", "#include <hiredis/hiredis.h>\n"))

    def test_asynq_reaching_into_connections_would_be_found(self):
        self.assertEqual(["../redis/text.h"], faults_of_text("lib/asynq", '#include "../redis/text.h"\n'))
        self.assertEqual([], faults_of_text("lib/asynq", '#include <taskseal/redis.h>\n#include "../core/error.h"\n'))

    def test_openssl_outside_of_lib_redis_would_be_found(self):
        for folder in ("lib/core", "lib/asynq", "tools", "examples"):
            self.assertEqual(["openssl/ssl.h"], faults_of_text(folder, "# include <openssl/ssl.h>\n"))

    def test_the_core_reaching_up_would_be_found(self):
        self.assertEqual(["../redis/uri.h"], faults_of_text("lib/core", '#include "../redis/uri.h"\n'))
        self.assertEqual([], faults_of_text("lib/redis", '#include "../core/secret.h"\n'))

    def test_an_example_reaching_into_the_library_would_be_found(self):
        self.assertEqual(["../lib/core/secret.h"], faults_of_text("examples", '#include "../lib/core/secret.h"\n'))

    def test_a_circle_would_be_found(self):
        self.assertEqual(["a", "b"], cycle({"a": {"b"}, "b": {"a"}, "c": {"a"}, "d": set()} | {"c": set()}))


if __name__ == "__main__":
    unittest.main()
