# SPDX-License-Identifier: MIT
"""Builds the core's tests with clang's source-based coverage, runs each program apart, and says what it reached.

Clang counts in the source's own terms (lines; both outcomes of every condition), before any optimisation, so that the
figures are the same at every level and change only with the source."""

import concurrent.futures
import dataclasses
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORK = ROOT / "build" / "coverage"
CORE = "lib/core/"
MUTATED = CORE, "lib/asynq/"  # whose lines tests/mutation wants to know
JOBS = 2
SECONDS_PER_PROGRAM = 900
LONG = ("fuzz replay open", "fuzz replay stream")  # half of all the time; what they reach, others reach too
COMPILE = "-O1 -fprofile-instr-generate -fprofile-update=atomic -fcoverage-mapping"
APART = ("asynq command",)  # has a clock of its own
OPTIONS = ["-Dredis=disabled", "-Dtools=disabled", "-Dexamples=disabled", "-Dbench=disabled",
           "-Dtests=enabled", "--buildtype=plain"]


class Failure(Exception):
    """Something that the user must know; the message says what to do."""


@dataclasses.dataclass
class Program:
    name: str  # as Meson lists it, such as "core open"
    command: list
    environment: dict
    injects: bool  # makes calls fail: linked with a faults.c
    apart: bool  # replaces the same calls as the other programs, in its own way
    seconds: float = 0.0  # of the processor's time

    @property
    def profiles(self):
        return WORK / "profiles" / self.name.replace(" ", "-")


def call(command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-30:])
        raise Failure(f"{tail}\n{' '.join(map(str, command[:4]))} ...: exit status {done.returncode}")
    return done.stdout


def require(*tools):
    for tool in tools:
        if shutil.which(tool) is None:
            raise Failure(f"{tool} is missing: script/bootstrap installs it")


def stamp():
    """Changes with anything that may change what the tests reach."""
    digest = hashlib.sha256()
    for folder in ("lib/core", "lib/asynq", "include", "tests/core", "tests/asynq", "tests/failures", "tests/vectors", "fuzz"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix in (".c", ".h", ".txt", ".build"):
                digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


# ---- Building --------------------------------------------------------------------------------------------


def configure(folder, compiler, options):
    """Sets up a build folder, unless it is there with the same options and the same libsodium."""
    deps = ROOT / ".deps" / "stamp"
    wanted = "\n".join([compiler, *options, deps.read_text() if deps.exists() else "none", ""])
    mark = folder / ".configured"
    if not (folder / "build.ninja").exists() or not mark.exists() or mark.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        call(["meson", "setup", folder, *options], cwd=ROOT, env={**os.environ, "CC": compiler})
        mark.write_text(wanted)
    call(["ninja", "-C", folder, "build.ninja"])  # tests that came or went since: introspection looks no further


def introspect(folder, what):
    return json.loads(subprocess.run(["meson", "introspect", folder, what], check=True, stdout=subprocess.PIPE).stdout)


def programs(folder, sparse=True):
    """The core's unit tests, those of Asynq's tasks that want no server, the failure tests, the runner of the vectors and the
    replays: all tests of these suites that are programs of ours. New ones come by themselves. Not sparse: with every variant of
    every seed."""
    faulty = {pathlib.Path(path).name
              for target in introspect(folder, "--targets") for path in target["filename"]
              for group in target["target_sources"]
              if any(source.endswith("/faults.c") for source in group.get("sources", []))}
    found = []
    for test in introspect(folder, "--tests"):
        suites = {suite.split(":")[-1] for suite in test["suite"]}
        path = pathlib.Path(test["cmd"][0])
        if suites & {"core", "asynq", "failures", "fuzz", "vectors"} and folder in path.parents:
            command = [word for word in test["cmd"] if sparse or word != "--sparse"]
            found.append(Program(test["name"], command, test["env"], path.name in faulty,
                                 "failures" in suites or test["name"] in APART))
    if not found or not any(program.injects for program in found):
        raise Failure("the build lists no test programs of the core: were suites or tests/core/support/faults.c renamed?")
    return found


def build(long=False):
    """The folder and its programs, those that take long only if asked for."""
    folder = WORK / "clang"
    configure(folder, "clang", OPTIONS + [f"-Dc_args={COMPILE}", "-Dc_link_args=-fprofile-instr-generate"])
    found = [program for program in programs(folder) if long or program.name not in LONG]
    targets = [str(pathlib.Path(program.command[0]).relative_to(folder)) for program in found]
    call(["ninja", "-C", folder, f"-j{JOBS}", "lib/libtaskseal.a", *targets])
    return folder, found


def map_of(folder, name="core.so", extra=()):
    """One object with the coverage map of the whole library, also of functions that no program pulled in."""
    out = WORK / name
    call(["clang", "-shared", "-nostdlib", "-Wl,--unresolved-symbols=ignore-all", "-Wl,--whole-archive",
          folder / "lib" / "libtaskseal.a", "-Wl,--no-whole-archive", *extra, "-o", out])
    os.utime(out, (0, 0))  # llvm-cov warns of objects that are newer than the profile
    return out


# ---- Running ---------------------------------------------------------------------------------------------


def run_one(program):
    shutil.rmtree(program.profiles, ignore_errors=True)
    program.profiles.mkdir(parents=True)
    environment = {**os.environ, **program.environment, "CK_FORK": "no",  # a fork that is killed reports nothing
                   "LLVM_PROFILE_FILE": f"{program.profiles}/%m.profraw"}
    child = subprocess.Popen(program.command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, errors="replace")
    timer = threading.Timer(SECONDS_PER_PROGRAM, child.kill)
    timer.start()
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    timer.cancel()
    child.returncode = os.waitstatus_to_exitcode(status)
    program.seconds = usage.ru_utime + usage.ru_stime
    if child.returncode != 0:
        bad = [line for line in output.splitlines() if not line.startswith("ok")]
        return (f"{program.name}: exit status {child.returncode} (no program may take {SECONDS_PER_PROGRAM} s)\n"
                + "\n".join(bad[-20:]))
    if not any(program.profiles.glob("*.profraw")):
        return f"{program.name}: it left no profile"
    call(["llvm-profdata", "merge", "-o", program.profiles / "all.profdata", *program.profiles.glob("*.profraw")])
    return None


def run(found):
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        longest_first = sorted(found, key=lambda program: not program.name.startswith("fuzz"))
        faults = [fault for fault in pool.map(run_one, longest_first) if fault]
    if faults:
        raise Failure("\n".join(faults) + "\ncoverage counts only if every test passes")


# ---- Reading ---------------------------------------------------------------------------------------------


def merged(found, name):
    out = WORK / f"{name}.profdata"
    call(["llvm-profdata", "merge", "-o", out, *(program.profiles / "all.profdata" for program in found)])
    return out


def reached_lines(coverage_map, profile, folders=(CORE,)):
    """{file: {line: count}} of what is in these folders."""
    text = call(["llvm-cov", "export", "--format=lcov", coverage_map, f"--instr-profile={profile}"])
    files, lines = {}, {}
    for row in text.splitlines():
        if row.startswith("SF:"):
            path = os.path.relpath(row[3:], ROOT)
            lines = files.setdefault(path, {}) if path.startswith(folders) else {}
        elif row.startswith("DA:"):
            line, count = map(int, row[3:].split(",")[:2])
            lines[line] = max(count, lines.get(line, 0))
    return files


def reached_branches(coverage_map, profile):
    """{file: {(line, column, outcome): count}}: each condition has two outcomes. A function in a header is compiled
    more than once; what any copy reached counts. A condition whose value the compiler knows has none."""
    data = json.loads(call(["llvm-cov", "export", coverage_map, f"--instr-profile={profile}"]))
    files = {}
    for entry in data["data"][0]["files"]:
        path = os.path.relpath(entry["filename"], ROOT)
        if not path.startswith(CORE):
            continue
        outcomes = files.setdefault(path, {})
        for line, column, end_line, end_column, true, false, *_ in entry["branches"]:
            for outcome, count in (("true", true), ("false", false)):
                key = line, column, end_line, end_column, outcome
                outcomes[key] = max(count, outcomes.get(key, 0))
    return files


def save(found, coverage_map):
    """Which program reaches which lines, for tests/mutation."""

    def lines_of(program):
        files = reached_lines(coverage_map, program.profiles / "all.profdata", MUTATED)
        return program.name, {"seconds": round(program.seconds, 3),
                              "lines": {path: sorted(line for line, count in lines.items() if count)
                                        for path, lines in files.items()}}

    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        reached = dict(pool.map(lines_of, found))
    (WORK / "lines.json").write_text(json.dumps({"stamp": stamp(), "programs": reached}))


def saved():
    """What save() wrote, made anew if the sources have changed since."""
    path = WORK / "lines.json"
    if not path.exists() or json.loads(path.read_text())["stamp"] != stamp():
        require("clang", "llvm-cov", "llvm-profdata", "meson", "ninja")
        folder, found = build()
        run(found)
        save(found, map_of(folder))
    return json.loads(path.read_text())["programs"]
