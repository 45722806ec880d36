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
PROBE = """#include <sys/stat.h>
#include <unistd.h>
int main(void)
{
    struct stat status;
    return fstat(STDIN_FILENO, &status) == 0 && status.st_nlink > 100000;
}
"""


def require():
    """Raises Missing if the sanitizer can't be used here."""
    if shutil.which("clang") is None:
        raise Missing("clang is not installed (script/bootstrap)")
    if not (DEPS / "msan/compiler").exists():
        raise Missing(f"there is no {DEPS / 'msan'} (script/bootstrap --deep)")


def shim():
    """Some releases of clang don't know how glibc 2.33 and newer name fstat, and take what it writes for
    uninitialised. For these, an object that is linked with every program, else nothing."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    source, probe = FOLDER / "probe.c", FOLDER / "probe"
    source.write_text(PROBE)
    build.run(["clang", *FLAGS, "-D_FILE_OFFSET_BITS=64", source, "-o", probe], "building MemorySanitizer's probe")
    done = subprocess.run([probe], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode == 0:
        return []
    if trial.REPORT not in done.stderr:
        raise Missing(f"MemorySanitizer does not work here: {done.stderr.strip()[:200]}")
    path = FOLDER / "msan_stat.o"
    build.run(["clang", *FLAGS, "-O1", "-g", "-fPIE", "-c", ROOT / "tests/machines/msan_stat.c", "-o", path],
              "building msan_stat.c")
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
    tests = list(made.tests(build.SUITES))
    made.compile(tests)
    outcomes = trial.run_tests(made, tests, workers)
    for outcome in outcomes:
        report.result(not outcome.failures, f"MemorySanitizer: {outcome.name}: {outcome.passed} passed",
                      "\n".join(outcome.failures[:5] + outcome.output.splitlines()[-25:]))
    check_planted(report)
    return outcomes
