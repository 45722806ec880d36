# SPDX-License-Identifier: MIT
"""Compiles a mutant, links it into all test programs at once, and runs those that reach its line.

All programs are one here: their objects are joined, each behind an entry of its own (runner.c), so that a mutant costs
one compilation and one link. An assertion that fails ends the program."""

import collections
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import queue
import re
import shlex
import shutil
import signal
import subprocess
import threading
import time

import measure
from measure import ROOT, Failure, call

PARTS = "core", "asynq"  # of lib
WORK = ROOT / "build" / "mutation"
BASE = WORK / "base"
OPTIMISATION = "-O0"
OTHER_UNITS_AFTER_TIMEOUT = 2
SLOW_SECONDS = 1.0  # programs that take longer run last
SANITIZE = ["-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
SANITIZED_SECONDS = 0.5  # programs that take longer are not run again


@dataclasses.dataclass
class Unit:
    """A test program, and where its objects are."""
    name: str
    symbol: str
    arguments: list
    objects: list
    is_suite: bool
    link: list  # what a program that stays apart is linked with
    seconds: float = 0.0


@dataclasses.dataclass
class Result:
    verdict: str  # killed, survived, time-out, compile failure
    by: str = ""
    detail: str = ""


def compile_commands():
    """{object: [argument]} without what only Ninja needs."""
    found = {}
    for entry in json.loads((BASE / "compile_commands.json").read_text()):
        arguments, kept, skip = shlex.split(entry["command"]), [], False
        for argument in arguments:
            if skip:
                skip = False
            elif argument in ("-o", "-MQ", "-MF", "-c"):
                skip = True
            elif argument != "-MD" and not argument.startswith(("-W", "-fdiagnostics")):
                kept.append(argument)
        found[entry["output"]] = (kept + ["-w"], (pathlib.Path(entry["directory"]) / entry["file"]).resolve())
    return found


def link_arguments(programs):
    """What these programs are linked with, but for their objects and our library; each once."""
    rules, current = {}, None
    for line in (BASE / "build.ninja").read_text().splitlines():
        if line.startswith("build "):
            current = line.split(":")[0].removeprefix("build ")
        elif line.startswith(" LINK_ARGS = ") and current:
            rules[current] = shlex.split(line.removeprefix(" LINK_ARGS = "))
    found = {}
    for program in programs:
        for argument in rules[os.path.relpath(program.command[0], BASE)]:
            if argument != "lib/libtaskseal.a" and "-group" not in argument:
                found[argument] = str(BASE / argument) if (BASE / argument).is_file() else argument
    return list(found.values())


class Harness:
    def __init__(self, jobs, slow):
        self.jobs = jobs
        measure.configure(BASE, "gcc", measure.OPTIONS + [f"-Dc_args={OPTIMISATION}"])
        programs = [program for program in measure.programs(BASE, sparse=False) if program.name not in slow]
        call(["ninja", "-C", BASE, f"-j{jobs}", "lib/libtaskseal.a",
              *(os.path.relpath(program.command[0], BASE) for program in programs)])
        self.commands = compile_commands()
        self.library = {command[1]: BASE / output for output, command in self.commands.items()
                        if output.startswith("lib/libtaskseal.a.p/")}
        self.units = self.join_units(programs)
        self.libraries = link_arguments([program for program in programs if not program.apart])
        self.includes = {}
        self.folders = queue.SimpleQueue()
        for number in range(jobs):
            self.folders.put(self.make_folder(number))
        self.lock = threading.Lock()
        self.kills = collections.defaultdict(collections.Counter)
        self.optimised = {}
        self.sanitized, self.sanitized_units = {}, set()
        self.replaced = {}
        self.check_unchanged()

    # ---- Joining the programs ----

    def join_units(self, programs):
        shutil.rmtree(WORK / "units", ignore_errors=True)
        (WORK / "units").mkdir(parents=True)
        units, shared = [], {}
        for program in programs:
            if program.apart:
                objects = sorted(pathlib.Path(program.command[0] + ".p").glob("*.o"))
                units.append(Unit(program.name, "", program.command[1:], objects, False, link_arguments([program])))
                continue
            folder = pathlib.Path(program.command[0] + ".p").relative_to(BASE)
            objects = [BASE / output for output in self.commands if pathlib.Path(output).parent == folder]
            # What several programs are built with, such as support/faults.c, is one for all of them here.
            shared.update({path.name: path for path in objects if path.name.startswith("support_")})
            objects = [path for path in objects if not path.name.startswith("support_")]
            symbol = re.sub(r"\W", "_", program.name)
            is_suite = any(" make_suite" in line for line in call(["nm", "--defined-only", *objects]).splitlines())
            units.append(Unit(program.name, symbol, program.command[1:], objects, is_suite, []))
        if "support_faults.c.o" not in shared:
            raise Failure("tests/core/support/faults.c is in no test program")
        self.shared = list(shared.values())
        entries = "".join(f'{"SUITE" if unit.is_suite else "PROGRAM"}({unit.symbol}, "{unit.name}")\n'
                          for unit in units if not unit.link)
        (WORK / "units.h").write_text(entries)
        call(["gcc", "-O1", "-D_GNU_SOURCE", f"-I{WORK}", "-c", ROOT / "tests/mutation/runner.c", "-o", WORK / "runner.o"])
        for unit in units:
            if not unit.link:
                self.join(unit, unit.objects, WORK / "units")
        return units

    @staticmethod
    def join(unit, objects, folder):
        """One object whose only global definition is the unit's entry."""
        out, entry = folder / f"{unit.symbol}.o", "make_suite" if unit.is_suite else "main"
        call(["ld", "-r", "-o", out, *objects])
        call(["objcopy", f"--redefine-sym={entry}={entry}_{unit.symbol}",
              f"--keep-global-symbol={entry}_{unit.symbol}", out])

    # ---- Compiling ----

    @staticmethod
    def make_folder(number):
        """A copy of lib/core and lib/asynq, in which one mutant at a time is made."""
        folder = WORK / f"worker-{number}"
        shutil.rmtree(folder, ignore_errors=True)
        for part in PARTS:
            shutil.copytree(ROOT / "lib" / part, folder / "lib" / part)
        (folder / "objects").mkdir()
        (folder / "tmp").mkdir()
        return folder

    def direct_includes(self, path):
        if path not in self.includes:
            self.includes[path] = set(re.findall(r'^#include "(?:.*/)?(\w+\.h)"', path.read_text(), re.MULTILINE))
        return self.includes[path]

    def dependents(self, header):
        """Names of our headers that include this one, directly or not, with it; then the objects that do."""
        names, headers = {header.name}, [path for part in PARTS for path in (ROOT / "lib" / part).glob("*.h")]
        while True:
            more = {path.name for path in headers if self.direct_includes(path) & names} - names
            if not more:
                break
            names |= more
        support = {path.name for path in (ROOT / "tests").rglob("*.h") if self.direct_includes(path) & names}
        return [output for output, (_, path) in self.commands.items() if self.direct_includes(path) & (names | support)]

    def compile(self, output, flags, folder, out):
        arguments, path = self.commands[output]
        inside = any(str(path).startswith(str(ROOT / "lib" / part)) for part in PARTS)
        source = folder / path.relative_to(ROOT) if inside else path
        arguments = [f"-I{ROOT / 'lib'}" if a in ("-I../../../lib",) else a for a in arguments]
        done = subprocess.run([arguments[0], f"-I{folder / 'lib'}", *arguments[1:], *flags, "-c", source, "-o", out],
                              cwd=BASE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        return done.returncode == 0

    def changed_outputs(self, mutant):
        path = ROOT / mutant.path
        if path.suffix == ".h":
            return self.dependents(path)
        return [os.path.relpath(self.library[path.resolve()], BASE)]

    def build(self, mutant, folder, sanitized=False):
        """None if it doesn't compile or link, else the program."""
        replaced = dict(self.sanitized) if sanitized else {}
        for output in self.changed_outputs(mutant):
            out = folder / "objects" / output.replace("/", "_")
            if not self.compile(output, SANITIZE if sanitized else [OPTIMISATION], folder, out):
                return None
            replaced[BASE / output] = out
        return self.link(folder, replaced, SANITIZE if sanitized else [])

    def link(self, folder, replaced, flags=()):
        objects = [replaced.get(path, path) for path in [*self.library.values(), *self.shared]]
        self.replaced[folder] = replaced
        for unit in self.units:
            if unit.link:
                continue
            mine = [replaced.get(path, path) for path in unit.objects]  # those that include a changed header
            if mine != unit.objects:
                self.join(unit, mine, folder / "objects")
            objects.append((folder / "objects" if mine != unit.objects else WORK / "units") / f"{unit.symbol}.o")
        support = [out for path, out in replaced.items() if "libcore_tests_support.a.p" in str(path)]
        done = subprocess.run(["gcc", *flags, "-o", folder / "program", WORK / "runner.o", *objects, *support,
                               "-Wl,--wrap=_ck_assert_failed", "-Wl,--start-group", *self.libraries, "-Wl,--end-group"],
                              cwd=BASE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.link_error = done.stderr
        return folder / "program" if done.returncode == 0 else None

    def link_apart(self, unit, folder):
        """The program that stays apart, with the objects of the last link(); prlimit does for it what runner.c does."""
        objects = [self.replaced[folder].get(path, path) for path in [*self.library.values(), *unit.objects]]
        call(["gcc", "-o", folder / "apart", *objects, "-Wl,--start-group", *unit.link, "-Wl,--end-group"], cwd=BASE)
        return folder / "apart"

    # ---- Running ----

    def run(self, program, unit, folder):
        """(verdict, last words). A program that needs far more time than unmutated has not failed: it is a time-out."""
        limit = int(unit.seconds * 8) + 2
        environment = {**os.environ, "TMPDIR": str(folder / "tmp"), "CK_FORK": "no"}
        command = [program, str(limit), unit.name]
        if unit.link:
            command = ["prlimit", f"--cpu={limit}", "--core=0", f"--fsize={256 << 20}", self.link_apart(unit, folder)]
        child = subprocess.Popen([*command, *unit.arguments], env=environment,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                 start_new_session=True, text=True, errors="replace")
        timer = threading.Timer(10 + 8 * limit, os.killpg, (child.pid, signal.SIGXCPU))
        timer.start()
        words = child.stderr.read()[-400:]
        _, status, usage = os.wait4(child.pid, 0)
        timer.cancel()
        child.returncode = status
        seconds = usage.ru_utime + usage.ru_stime
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU or (status and seconds >= limit):
            return "time-out", seconds
        if status:
            return "killed", words
        return "survived", seconds

    def check_unchanged(self):
        """The unmutated library passes; this tells also how long each program takes."""
        folder = self.folders.get()
        program = self.link(folder, {})
        if program is None:
            raise Failure(f"the test programs can't be joined:\n{self.link_error[-2000:]}")

        def check(unit):
            unit.seconds = 30.0
            verdict, detail = self.run(program, unit, folder)
            if verdict != "survived":
                raise Failure(f"{unit.name} fails without any mutation ({verdict}): {detail}")
            unit.seconds = detail

        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            list(pool.map(check, self.units))
        self.folders.put(folder)

    def order(self, mutant, units):
        """Quick programs first, and those that killed neighbours; slow ones when all others have let it live."""
        here, file = self.kills[mutant.path, mutant.function], self.kills[mutant.path]

        def rank(unit):
            promise = 1 + 20 * here[unit.name] + file[unit.name]
            return unit.seconds > SLOW_SECONDS, (unit.seconds + 0.02) / promise

        return sorted(units, key=rank)

    def judge(self, mutant, units, sanitize=True):
        folder = self.folders.get()
        target = folder / mutant.path
        original = target.read_text()
        target.write_text(original[:mutant.begin] + mutant.text + original[mutant.end:])
        try:
            program = self.build(mutant, folder)
            if program is None:
                return Result("compile failure")
            result, after_timeout, differs = Result("survived"), 0, False
            for unit in self.order(mutant, units):
                if unit.seconds > SLOW_SECONDS and result.verdict == "survived" and not differs:
                    if self.is_same_code(mutant, folder):
                        return Result("same code")
                    differs = True
                verdict, detail = self.run(program, unit, folder)
                if verdict == "killed":
                    with self.lock:
                        self.kills[mutant.path, mutant.function][unit.name] += 1
                        self.kills[mutant.path][unit.name] += 1
                    return Result("killed", unit.name, detail)
                if verdict == "time-out" or after_timeout:
                    result = Result("time-out", result.by or unit.name)
                    after_timeout += 1
                    if after_timeout > OTHER_UNITS_AFTER_TIMEOUT:
                        break
            if result.verdict == "survived" and not differs and self.is_same_code(mutant, folder):
                return Result("same code")
            if result.verdict == "survived" and sanitize:
                return self.judge_sanitized(mutant, folder, units)
            return result
        finally:
            target.write_text(original)
            self.folders.put(folder)

    # ---- The sanitizers, which the project's tests are run with too ----

    def prepare_sanitized(self, folder):
        """The whole library with the sanitizers, and which programs pass so without any mutation."""
        (WORK / "sanitized").mkdir(exist_ok=True)
        for path in self.library.values():
            out = WORK / "sanitized" / path.name
            if not self.compile(os.path.relpath(path, BASE), SANITIZE, ROOT, out):
                raise Failure(f"{path.name} does not compile with the sanitizers")
            self.sanitized[path] = out
        program = self.link(folder, self.sanitized, SANITIZE)
        if program is None:
            raise Failure(f"the test programs can't be linked with the sanitizers:\n{self.link_error[-2000:]}")
        for unit in self.units:
            if unit.seconds < SANITIZED_SECONDS and not unit.link and self.run(program, unit, folder)[0] == "survived":
                self.sanitized_units.add(unit.name)
        if len(self.sanitized_units) < len(self.units) // 3:
            raise Failure("too few test programs pass with the sanitizers")

    def judge_sanitized(self, mutant, folder, units):
        with self.lock:
            if not self.sanitized_units:
                self.prepare_sanitized(folder)
        program = self.build(mutant, folder, sanitized=True)
        if program is not None:
            for unit in self.order(mutant, [unit for unit in units if unit.name in self.sanitized_units]):
                verdict, detail = self.run(program, unit, folder)
                if verdict == "killed":
                    return Result("killed", f"sanitizers, {unit.name}", detail)
        return Result("survived")

    def is_same_code(self, mutant, folder):
        """True if the compiler makes the very same code of the mutant: then it proves the two equivalent."""
        for output in self.changed_outputs(mutant):
            out = folder / "objects" / "optimised.o"
            if not self.compile(output, ["-O2"], folder, out):
                return False
            mutated = self.code_of(out)
            with self.lock:
                if output not in self.optimised:
                    plain = folder / "objects" / "plain.o"
                    self.compile(output, ["-O2"], ROOT, plain)
                    self.optimised[output] = self.code_of(plain)
            if mutated != self.optimised[output]:
                return False
        return True

    @staticmethod
    def code_of(path):
        return call(["objdump", "-d", "-r", "-s", "-j.text", "-j.rodata", "-j.data", path.name], cwd=path.parent).split(
            "\n", 3)[3]
