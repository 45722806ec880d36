#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Installs the built library below a temporary folder and uses it as a stranger would: with pkg-config alone, from outside of
the tree, with every compiler at hand."""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
STRICT = ["-O1", "-Wall", "-Wextra", "-Wconversion", "-Werror"]

CORE_PROGRAM = r"""
#include <stdio.h>
#include <string.h>
#include <taskseal/taskseal.h>

int main(void)
{
    const uint8_t secret[32] = {1, 2, 3};
    const taskseal_key key = {.id = "mail-k01",
                              .type = TASKSEAL_KEY_XCHACHA20POLY1305,
                              .state = TASKSEAL_KEY_ACTIVE,
                              .secret = secret};
    const char payload[] = "reset token";
    uint8_t sealed[512];
    char opened[64];
    size_t sealed_len = 0, opened_len = 0;
    taskseal_keyring *keyring = NULL;
    taskseal_error error;

    if (taskseal_keyring_new(&keyring, &key, 1, &error) != TASKSEAL_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    taskseal_seal_options seal = {.keyring = keyring, .context = {.queue = taskseal_str("mail")}};
    taskseal_open_options open = {.keyring = keyring, .context = seal.context};
    if (taskseal_seal(&seal, payload, sizeof payload, sealed, sizeof sealed, &sealed_len) != TASKSEAL_OK ||
        taskseal_open(&open, sealed, sealed_len, opened, sizeof opened, &opened_len, NULL) != TASKSEAL_OK)
        return 1;
    taskseal_keyring_free(keyring);
    printf("%s, version %s\n", memcmp(opened, payload, sizeof payload) ? "differs" : "round trip", taskseal_version());
    return 0;
}
"""


def first_program(markdown):
    """The first complete C program of a document."""
    for block in markdown.split("```c\n")[1:]:
        code = block.split("\n```")[0] + "\n"
        if "int main(" in code:
            return code
    raise LookupError("the document has no complete C program")


class Stage:
    """The installed library: `meson install` below a temporary folder, its .pc files told where that is."""

    def __init__(self, options):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="taskseal-install-"))
        subprocess.run([options.meson, "install", "-C", options.build, "--no-rebuild", "--quiet", "--destdir", self.folder],
                       check=True, stdout=subprocess.DEVNULL)
        self.prefix = self.folder / options.prefix.lstrip("/")
        for file in self.prefix.rglob("*.pc"):
            text = file.read_text()
            assert f"prefix={options.prefix}\n" in text, file
            file.write_text(text.replace(f"prefix={options.prefix}\n", f"prefix={self.prefix}\n"))
            self.pc_folder = file.parent
        self.library_folder = next(self.prefix.rglob("libtaskseal.a")).parent
        self.private = self.library_folder / "taskseal"

    def pkg_config(self, *arguments):
        done = subprocess.run(["pkg-config", *arguments], check=True, capture_output=True, text=True,
                              env={**os.environ, "PKG_CONFIG_PATH": str(self.pc_folder)})
        return done.stdout.split()

    def compile(self, compiler, sources, flags, output):
        """What the compiler says, run in a folder that is not the project's; empty if it is content."""
        done = subprocess.run([compiler, *STRICT, *map(str, sources), "-o", output, *flags],
                              cwd=self.folder, capture_output=True, text=True)
        return done.stderr or (f"exit status {done.returncode}" if done.returncode else "")

    def write(self, name, code):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code)
        return path

    def run(self, name, **environment):
        return subprocess.run([self.folder / name], capture_output=True, text=True, timeout=20,
                              env={"PATH": os.environ["PATH"], **environment})


class Case(unittest.TestCase):
    def builds(self, sources, flags, output="program", compilers=None):
        for compiler in compilers or options.cc:
            with self.subTest(compiler=compiler, source=sources[0].name):
                self.assertEqual("", stage.compile(compiler, sources, flags, output))


class Installed(Case):
    def assert_round_trip(self):
        done = stage.run("program")
        self.assertEqual((f"round trip, version {VERSION}\n", "", 0), (done.stdout, done.stderr, done.returncode))

    def test_a_core_program_builds_with_pkg_config_and_runs(self):
        flags = stage.pkg_config("--cflags", "--libs", "taskseal-core")
        self.builds([stage.write("core.c", CORE_PROGRAM)], flags)
        self.assert_round_trip()

    def test_a_core_program_links_with_taskseal_and_sodium_alone(self):
        sodium = ["-isystem", stage.private / "include", "-L", stage.private] if (stage.private / "libsodium.a").exists() else []
        flags = ["-I", stage.prefix / "include", "-L", stage.library_folder, *sodium, "-ltaskseal", "-lsodium"]
        self.builds([stage.write("core.c", CORE_PROGRAM)], flags)
        self.assert_round_trip()

    def test_a_core_program_does_not_link_without_sodium(self):
        flags = ["-I", stage.prefix / "include", "-L", stage.library_folder, "-ltaskseal"]
        self.assertIn("undefined reference", stage.compile(options.cc[0], [stage.write("core.c", CORE_PROGRAM)], flags, "none"))

    def test_the_core_s_pc_names_neither_hiredis_nor_openssl(self):
        flags = " ".join(stage.pkg_config("--cflags", "--libs", "--static", "taskseal-core"))
        for name in ("hiredis", "ssl", "crypto"):
            self.assertNotIn(name, flags)

    def test_the_installed_headers_compile_alone(self):
        package = "taskseal" if options.with_redis else "taskseal-core"
        flags = [*stage.pkg_config("--cflags", package), "-c"]
        headers = sorted((stage.prefix / "include/taskseal").glob("*.h"))
        names = {"asynq.h", "envelope.h", "error.h", "keys.h", "stream.h", "taskseal.h", "types.h"} | ({"redis.h", "redis_async.h"} if options.with_redis else set())
        self.assertEqual(names, {header.name for header in headers})
        for header in headers:
            code = f"#include <taskseal/{header.name}>\ntypedef int not_empty;\n"
            self.builds([stage.write(f"{header.stem}_alone.c", code)], ["-std=c11", "-Wpedantic", *flags], "alone.o")
            self.assertTrue(options.cxx, "no C++ compiler was found")
            self.builds([stage.write(f"{header.stem}_alone.cpp", code)], ["-std=c++11", *flags], "alone.o", options.cxx)

    def test_the_version_is_the_same_everywhere(self):
        self.assertEqual([VERSION], stage.pkg_config("--modversion", "taskseal-core"))
        self.assertIn(f'#define TASKSEAL_VERSION "{VERSION}"',
                      (stage.prefix / "include/taskseal/taskseal.h").read_text())
        self.assertIn(f"## {VERSION}", (ROOT / "CHANGELOG.md").read_text())


class InstalledWithRedis(Case):
    def setUp(self):
        if not options.with_redis:
            self.skipTest("this build is the core alone")
        self.flags = stage.pkg_config("--cflags", "--libs", "taskseal")

    def test_the_readme_s_program_builds_and_names_its_missing_configuration(self):
        self.builds([stage.write("readme.c", first_program((ROOT / "README.md").read_text()))], self.flags)
        done = stage.run("program", TASKSEAL_KEYRING="/nonexistent/keyring")
        self.assertEqual(1, done.returncode)
        self.assertIn("keyfile-read", done.stderr)

    def test_every_example_builds_with_what_its_readme_says_and_no_more(self):
        readme = (ROOT / "examples/README.md").read_text()
        told = re.findall(r"^    cc (\w+\.c) \$\(pkg-config --cflags --libs ([^)]+)\) -o \w+(?: +# and (.+) beside it)?$", readme, re.M)
        self.assertEqual(sorted(path.name for path in (ROOT / "examples").glob("*.c")), sorted(name for name, _, _ in told))
        for name, packages, headers in told:
            flags = stage.pkg_config("--cflags", "--libs", *packages.split())
            for file in (name, *filter(None, headers.split(", "))):
                source = stage.write(f"{name}.alone/{file}", (ROOT / "examples" / file).read_text())
            self.builds([source.with_name(name)], flags)
            if not headers:
                continue
            source.unlink() # the last header
            self.assertIn(f"{source.name}: No such file", stage.compile(options.cc[0], [source.with_name(name)], flags, "none"))

    def test_an_old_hiredis_is_refused_by_the_header(self):
        source = stage.write("old.c", "#include <taskseal/redis.h>\ntypedef int not_empty;\n")
        flags = [*stage.pkg_config("--cflags", "taskseal"), "-c"]
        for minor, said in ((1, "needs hiredis 1.2.0 or newer"), (2, "")):
            header = (f"#include_next <hiredis/hiredis.h>\n#undef HIREDIS_MAJOR\n#define HIREDIS_MAJOR 1\n"
                      f"#undef HIREDIS_MINOR\n#define HIREDIS_MINOR {minor}\n")
            stage.write(f"hiredis-1.{minor}/hiredis/hiredis.h", header)
            for compiler in options.cc:
                faults = stage.compile(compiler, [source], ["-isystem", f"hiredis-1.{minor}", *flags], "old.o")
                with self.subTest(compiler=compiler, minor=minor):
                    self.assertIn(said, faults)
                    self.assertEqual(minor == 2, faults == "", faults)


VERSION = "0.1.0"

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--meson", required=True)
    parser.add_argument("--prefix", required=True)
    parser.add_argument("--cc", action="append", required=True)
    parser.add_argument("--cxx", action="append", default=[])
    parser.add_argument("--with-redis", action="store_true")
    parser.add_argument("--core-alone", dest="with_redis", action="store_false")
    options = parser.parse_args()
    stage = Stage(options)
    try:
        unittest.main(argv=sys.argv[:1])
    finally:
        shutil.rmtree(stage.folder)
