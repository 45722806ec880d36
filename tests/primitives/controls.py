#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Holds that the runner can fail, and that nothing of the core is left out.

Usage: controls.py RUNNER FILE...    as meson.build calls it
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
CORE = HERE.parents[1] / "lib" / "core"

# What the core calls, and the set that holds it against published vectors, or the reason why none can.
COVERED = {
    "crypto_aead_chacha20poly1305_ietf_": "chacha20-poly1305",
    "crypto_aead_xchacha20poly1305_ietf_": "xchacha20-poly1305",
    "crypto_aead_aes256gcm_": "aes256-gcm",
    "crypto_aead_aegis256_": "aegis256",
    "crypto_generichash": "blake2b",
    "crypto_pwhash": "argon2id",
    "crypto_verify_16": "comparisons",
    "crypto_verify_32": "comparisons",
}


def run(*arguments):
    return subprocess.run([RUNNER, *map(str, arguments)], capture_output=True, text=True, timeout=100, check=False)


def flipped(word):
    """The word with its last digit changed, in its own alphabet, and in no bit beyond its bytes."""
    if "$" in word:  # an encoded hash: the last but one digit is wholly used
        return word[:-2] + ("A" if word[-2] != "A" else "B") + word[-1]
    return word[:-1] + ("0" if word[-1] != "0" else "1")


class Controls(unittest.TestCase):
    available = {}  # by file: whether this build can run its set

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_lines(self, path, lines):
        copy = self.folder / path.name
        copy.write_text("\n".join(lines) + "\n")
        return run(copy)

    def runnable(self):
        """The files whose set this build can run, with their lines and the places of up to 12 vectors."""
        for path in FILES:
            lines = path.read_text().splitlines()
            if path not in self.available:
                done = self.run_lines(path, lines)
                self.assertEqual(0, done.returncode, done.stdout + done.stderr)
                self.available[path] = f"{path.name} # SKIP" not in done.stdout
            if not self.available[path]:
                continue
            places = [at for at, line in enumerate(lines) if line.startswith("vector ")]
            if "argon2id" in path.name:  # those that are quick
                lines = [line for at, line in enumerate(lines) if at not in places or "$m=256," in line]
                places = [at for at, line in enumerate(lines) if line.startswith("vector ")]
            yield path, lines, places[::max(1, len(places) // 12)]

    def assert_found(self, done, vector):
        self.assertEqual(1, done.returncode, done.stdout + done.stderr)
        self.assertIn(f"# vector {vector} of ", done.stdout)

    def test_a_flipped_digit_of_what_is_expected_is_found(self):
        count = 0
        for path, lines, places in self.runnable():
            for at in places:
                words = lines[at].split()
                if words[2] == "invalid":
                    continue
                with self.subTest(path.name, vector=words[1]):
                    self.assert_found(self.run_lines(path, lines[:at] + [" ".join(words[:-1] + [flipped(words[-1])])] +
                                                     lines[at + 1:]), words[1])
                    count += 1
        self.assertGreater(count, 40)

    def test_a_wrong_verdict_is_found(self):
        other, count = {"valid": "invalid", "invalid": "valid"}, 0
        for path, lines, places in self.runnable():
            for at in places:
                words = lines[at].split()
                if words[2] not in other:
                    continue
                with self.subTest(path.name, vector=words[1]):
                    words[2] = other[words[2]]
                    self.assert_found(self.run_lines(path, lines[:at] + [" ".join(words)] + lines[at + 1:]), words[1])
                    count += 1
        self.assertGreater(count, 20)

    def test_a_lost_vector_or_skip_is_found(self):
        for path, lines, places in self.runnable():
            lost = [places[0]] + [at for at, line in enumerate(lines) if line.startswith("skip ")][:1]
            for at in lost:
                with self.subTest(path.name, line=at):
                    done = self.run_lines(path, lines[:at] + lines[at + 1:])
                    self.assertEqual(1, done.returncode, done.stdout + done.stderr)
                    self.assertIn("not as many vectors or skips", done.stdout)

    def test_a_line_that_cannot_be_read_is_no_pass(self):
        path, lines, places = next(self.runnable())
        at = places[0]
        for wrong in ("vextor" + lines[at][6:], lines[at].rsplit(" ", 1)[0], lines[at][:-1], lines[at] + "zz"):
            with self.subTest(wrong[:20]):
                self.assertEqual(2, self.run_lines(path, lines[:at] + [wrong] + lines[at + 1:]).returncode)

    def test_every_primitive_of_the_core_has_vectors(self):
        used = {name for path in CORE.glob("*.[ch]") for name in re.findall(r"\bcrypto_[a-z0-9_]+", path.read_text())}
        sets = {re.search(r"^set (\S+)$", path.read_text(), re.MULTILINE)[1] for path in FILES} | {"comparisons"}
        self.assertGreater(len(used), 10)
        self.assertEqual([], sorted(name for name in used if not name.startswith(tuple(COVERED))))
        self.assertEqual([], sorted(set(COVERED.values()) - sets))

    def test_every_file_is_run_and_the_computed_one_is_right(self):
        self.assertEqual(sorted(path.name for path in (HERE / "data").glob("*.txt")),
                         sorted(path.name for path in FILES))
        subprocess.run([sys.executable, HERE / "convert.py", "--check"], check=True)


if __name__ == "__main__":
    RUNNER, FILES = sys.argv[1], [pathlib.Path(name) for name in sys.argv[2:]]
    unittest.main(argv=sys.argv[:1])
