#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs constant_time under Valgrind's memcheck and judges its reports: no branch and no address may depend on a
secret, but for the verdicts that are named here and in secrecy.c. Prints TAP.

Usage: constant_time.py PROGRAM NAME-OF-THE-BUILD
"""

import collections
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

VALGRIND = ["valgrind", "--quiet", "--error-limit=no", "--expensive-definedness-checks=yes", "--read-inline-info=yes",
            "--num-callers=40"]

# What acts upon a verdict inside the function that reaches it, where the linker can replace nothing: the function, at
# how many instructions at most, with which libsodium, and the verdict. A branch only, never an address.
Known = collections.namedtuple("Known", "function places sodium verdict")
KNOWN = (
    Known("taskseal__unpad", 1, "", "padding: there is a mark with zeros behind it, or none"),
    Known("taskseal__base64_decode", 1, "", "key text: all of it is ASCII, or not"),
    Known("allocate", 1, "", "key text: so many lines (digits are none), or more than a keyring holds"),
    Known("sodium_base642bin", 4, "", "key text: a byte is a digit of base64url, or not"),
    Known("crypto_aead_aes256gcm_decrypt_detached_afternm", 1, "1.0.18", "chunk tag: libsodium 1.0.18 compares it here"),
)

# Verdicts that only some compilers' code asks memcheck for: gcc -O2 counts lines byte by byte.
NOT_EVERYWHERE = {"lines"}


class Report:
    """One of memcheck's reports: what it is about, and its stack from the inside out."""

    def __init__(self, error):
        self.kind = error.findtext("kind")
        self.what = error.findtext("what") or error.findtext("xwhat/text") or self.kind
        self.frames = [{field.tag: field.text for field in frame} for frame in error.find("stack")]

    def function(self):
        return self.frames[0].get("fn", "?")

    def is_output(self):
        """Bytes that go to a file with write(): a key file, which is made to hold its secret."""
        return self.kind == "SyscallParam" and self.what.startswith("Syscall param write(buf) ")

    def known(self, sodium):
        return next((known for known in KNOWN if self.kind == "UninitCondition" and known.function == self.function() and
                     sodium.startswith(known.sodium)), None)

    def text(self):
        places = (f"{f.get('fn', '?')} ({f.get('file', 'no source')}:{f.get('line', '?')})" for f in self.frames[:8])
        return f"{self.what}: " + " < ".join(places)


def judge(reports, sodium):
    """The faults among the reports, and how many instructions act on known verdicts."""
    faults, places = [], collections.defaultdict(set)
    for report in reports:
        known = report.known(sodium)
        if known:
            places[known].add(report.frames[0]["ip"])
        elif not report.is_output():
            faults.append(report.text())
    faults += [f"{known.function}: {len(at)} instructions act on a secret, {known.places} on its verdict '{known.verdict}'"
               for known, at in places.items() if len(at) > known.places]
    return faults, sum(map(len, places.values()))


def run(program, *arguments):
    """The program's status, what it says of itself, and memcheck's reports."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "reports.xml"
        done = subprocess.run([*VALGRIND, "--xml=yes", f"--xml-file={path}", program, *arguments], check=False, text=True,
                              stdout=subprocess.PIPE)
        reports = [Report(error) for error in xml.etree.ElementTree.parse(path).getroot().iter("error")]
    return done.returncode, [line.split(maxsplit=1) for line in done.stdout.splitlines()], reports


def table(said, word, columns):
    """Lines 'WORD number... name' as {name: [number...]}."""
    rows = (rest.split(maxsplit=columns) for first, rest in said if first == word)
    return {row[-1]: list(map(int, row[:-1])) for row in rows}


def main(program, build):
    results = []

    def check(name, faults):
        results.append(not faults)
        print(f"{'ok' if not faults else 'not ok'} {len(results)} - {build}: {name}", flush=True)
        for fault in faults:
            print(f"# {fault}")

    status, said, reports = run(program)
    sodium = next((rest for first, rest in said if first == "sodium"), "none")
    faults, known = judge(reports, sodium)
    check("every operation ends as it should", [" ".join(line) for line in said if line[0] == "failed"] or
          ([f"status {status}"] if status else []))
    check("no branch and no address depends on a secret", faults)
    check("every secret is marked where libsodium gets or gives it",
          [f"{name}: {seen} marked, {unmarked} not" for name, (seen, unmarked, _) in table(said, "place", 3).items()
           if not seen or unmarked])
    check("every verdict is reached",
          [name for name, (count, _) in table(said, "verdict", 2).items() if not count and name not in NOT_EVERYWHERE])
    verdicts, places = len(table(said, "verdict", 2)), len(table(said, "place", 3))
    kinds = sum(first == "ran" for first, _ in said)

    status, said, _ = run(program, "--planted")
    compared = ("wrap tag", "chunk tag", "header MAC", "commitment", "same DEK", "passphrase", "file tag")
    check("a planted branch and a planted index are reported at every place",
          [f"{name}: {fired} of {seen}" for name, (seen, _, fired) in table(said, "place", 3).items() if fired != seen]
          or ([] if status == 0 else [f"status {status}"]))
    check("a planted comparison that ends early is reported for every tag, MAC and commitment",
          [f"{name}: {leaks} of {count}" for name, (count, leaks) in table(said, "verdict", 2).items()
           if name in compared and not 0 < leaks == count])
    print(f"1..{len(results)}")
    print(f"# evidence: 10: {build}, libsodium {sodium}: {kinds} kinds of envelopes and the key files, {len(faults)} reports; "
          f"{verdicts} named verdicts, {known} instructions act on one; planted leaks reported at {places} of {places} places")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
