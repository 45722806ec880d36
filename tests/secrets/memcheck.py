#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs the unit tests of the core under Valgrind's memcheck: no error, no block that is not freed, no descriptor that is
not closed. Shows first that each of these is reported when it is planted. Prints TAP.

Usage: memcheck.py BUILD-FOLDER [THEME...], without themes all
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

VALGRIND = ["valgrind", "--leak-check=full", "--show-leak-kinds=all", "--track-fds=yes", "--child-silent-after-fork=yes"]

# wipes reads what calls have left on a stack of their own, which is to memcheck what nobody may read; balance counts the
# process's mappings, and Valgrind has its own among them.
NOT_FOR_MEMCHECK = {"balance", "wipes"}

# What faulty plants, and the beginning of the finding.
FAULTS = (("leak", "blocks not freed"), ("descriptor", "descriptor not closed"), ("overflow", "errors"))


def findings_of(log):
    """What memcheck's log of one process says is wrong."""
    text = re.sub(r"^==\d+== ?", "", log, flags=re.MULTILINE)
    errors = re.search(r"ERROR SUMMARY: ([\d,]+) errors", text)
    in_use = re.search(r"in use at exit: [\d,]+ bytes in ([\d,]+) blocks", text)
    if not errors or not in_use:
        return ["no summary"]
    found = []
    if in_use[1] != "0":
        found.append(f"blocks not freed: {in_use[1]}")
    for descriptor, rest in re.findall(r"^Open (.*descriptor \d+.*)\n((?:[ \t]+.*\n)*)", text, re.MULTILINE):
        if "inherited from parent" not in rest:
            found.append(f"descriptor not closed: {descriptor} {' < '.join(rest.split(chr(10))[:6])}")
    if errors[1] != "0":
        found.append(f"errors: {errors[1]}: " + " | ".join(text.splitlines()[5:40]))
    return found


def run(command):
    """The status, the output, and memcheck's findings."""
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder) / "log"
        done = subprocess.run([*VALGRIND, f"--log-file={log}", *command], check=False, text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=os.environ | {"CK_FORK": "no"})
        return done.returncode, done.stdout, findings_of(log.read_text())


def test(program):
    status, output, findings = run([program])
    failed = re.findall(r"^not ok .*", output, re.MULTILINE)
    passed = len(re.findall(r"^ok ", output, re.MULTILINE))
    if status != 0 or failed or not passed:
        findings = [f"status {status}, {passed} tests passed", *failed, *findings]
    return program, passed, findings


def main(folder, *themes):
    build = pathlib.Path(folder)
    results = []

    def check(name, findings):
        results.append(not findings)
        print(f"{'ok' if not findings else 'not ok'} {len(results)} - {name}", flush=True)
        for finding in findings:
            print(f"# {finding}")

    faulty = build / "tests/secrets/faulty"
    check("what has no fault is not reported", run([faulty, "clean"])[2])
    for what, finding in FAULTS:
        found = run([faulty, what])[2]
        check(f"a planted fault is reported: {what}",
              [] if any(line.startswith(finding) for line in found) else [f"found {found}"])

    programs = [path for path in sorted((build / "tests/core").glob("test_core_*"))
                if path.is_file() and os.access(path, os.X_OK)]
    wanted = [path for path in programs if path.name.removeprefix("test_core_") not in NOT_FOR_MEMCHECK and
              (not themes or path.name.removeprefix("test_core_") in themes)]
    tests = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for program, passed, findings in pool.map(test, wanted):
            check(program.name, findings)
            tests += passed
    if not wanted or len(wanted) < len(themes):
        check("the programs are there", [f"{len(wanted)} of {len(themes)}"])
    print(f"1..{len(results)}")
    left_out = len(programs) - len(wanted)
    print(f"# evidence: 11: memcheck: {tests} unit tests in {len(wanted)} programs ({left_out} left out): "
          f"{'no error, no lost block, no open descriptor' if all(results) else 'FINDINGS, see above'}; a planted leak, "
          "descriptor and overflow are reported")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
