# SPDX-License-Identifier: MIT
"""The core, libsodium and Check, all under clang's MemorySanitizer."""

import shutil
import subprocess

import build
import planted
import trial
from build import DEPS, ROOT, Machine, Missing

FOLDER = ROOT / "build/msan"
HERE = Machine("this machine")
FLAGS = ["-fsanitize=memory", "-fsanitize-memory-track-origins"]
# Ends with 0 if the runtime knows what the named function writes.
PROBE = """#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    struct stat status;
    char *memory = malloc(16);
    if (strcmp(argv[argc - 1], "NEEDS_STAT") == 0)
        return fstat(STDIN_FILENO, &status) == 0 && status.st_nlink > 100000;
    explicit_bzero(memory, 16);
    return memory[7] != 0;
}
"""
NEEDS = ("NEEDS_STAT", "NEEDS_BZERO")
LEFT_OUT = {
    "core wiped": "it searches memory for secrets, what nobody wrote to, too",
    "core wiped_files": "it searches memory for secrets, what nobody wrote to, too",
    "core wipes": "it searches memory for secrets, what nobody wrote to, too",
    "fuzz corpus": "it compares files",
    "fuzz replay stream": "it takes minutes; the unit tests of streams and the vectors in pieces are run",
}


def require():
    """Raises Missing if the sanitizer can't be used here."""
    if shutil.which("clang") is None:
        raise Missing("clang is not installed (script/bootstrap)")
    if not (DEPS / "msan/built").exists():
        raise Missing(f"there is no {DEPS / 'msan'} (script/bootstrap --deep)")


def shim():
    """Some releases of clang don't know how glibc 2.33 and newer name fstat, or don't know explicit_bzero, and take
    what these write for uninitialised. For these, an object that is linked with every program, else nothing."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    source, probe, needed = FOLDER / "probe.c", FOLDER / "probe", []
    source.write_text(PROBE)
    build.run(["clang", *FLAGS, "-D_GNU_SOURCE", "-D_FILE_OFFSET_BITS=64", source, "-o", probe],
              "building MemorySanitizer's probe")
    for need in NEEDS:
        done = subprocess.run([probe, need], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0 and trial.REPORT not in done.stderr:
            raise Missing(f"MemorySanitizer does not work here: {done.stderr.strip()[:200]}")
        if done.returncode != 0:
            needed.append(f"-D{need}")
    if not needed:
        return []
    path = FOLDER / "msan_libc.o"
    build.run(["clang", *FLAGS, "-O1", "-g", "-fPIE", *needed, "-c", ROOT / "tests/machines/msan_libc.c", "-o", path],
              "building msan_libc.c")
    return [path]


def set_up(folder, source=ROOT):
    def listed(parts):
        return "[" + ", ".join(f"'{part}'" for part in parts) + "]"
    return build.set_up(HERE, folder, ["-Dbuildtype=debugoptimized", "-Db_sanitize=memory", "-Db_lundef=false",
                                       f"-Dc_args={listed(FLAGS)}", f"-Dc_link_args={listed(FLAGS + shim())}",
                                       f"-Dsodium={DEPS / 'msan'}"], source,
                        {"CC": "clang", "PKG_CONFIG_PATH": str(DEPS / "msan/lib/pkgconfig")})


def check_planted(report):
    fault = planted.UNINITIALISED
    folder = build.WORK / "planted-msan"
    made = set_up(folder / "build", planted.copy_with(fault, folder / "src"))
    outcome = planted.vectors_of(made)
    right_place = "taskseal__derive_message_keys" in outcome.output
    report.result(outcome.reports > 0 and right_place, f"planted: {fault.name} is reported by MemorySanitizer",
                  "\n".join(line for line in outcome.output.splitlines() if "SUMMARY" in line or "created by" in line))


def check(report, workers):
    made = set_up(FOLDER / "core")
    here = list(made.tests(build.SUITES))
    tests = [test for test in here if test["name"] not in LEFT_OUT]
    for name in sorted(LEFT_OUT.keys() & {test["name"] for test in here}):
        print(f"not run: MemorySanitizer: {name}: {LEFT_OUT[name]}", flush=True)
    made.compile(tests)

    def ended(outcome):
        report.result(not outcome.failures, f"MemorySanitizer: {outcome.name}: {outcome.passed} passed",
                      "\n".join(outcome.failures[:5] + outcome.output.splitlines()[-25:]))

    outcomes = trial.run_tests(made, tests, workers, ended)
    check_planted(report)
    return outcomes
