# SPDX-License-Identifier: MIT
"""Which lines of the library the replay of a target's seeds reaches, measured with clang's source-based coverage, and
whether that is enough of those that the target answers for (scope.py)."""

import concurrent.futures
import json
import os
import pathlib
import subprocess
import tempfile

import harness
import scope

ENOUGH = 95.0  # per cent
LONG = ("keychange", "stream")  # half of the time: these are replayed sparsely


def llvm_cov(form, data, program):
    run = subprocess.run(["llvm-cov", "export", f"-format={form}", f"--instr-profile={data}", str(program)],
                         capture_output=True, check=False)
    if run.returncode != 0:
        raise harness.Failure(f"llvm-cov: {run.stderr.decode(errors='replace')}")
    return run.stdout.decode()


def export(folder, target, seeds):
    """Replays the seeds alone and returns llvm-cov's account of it: where functions stand, and how often lines ran."""
    program = folder / "fuzz" / f"replay-{target}"
    raw, data = folder / f"{target}.profraw", folder / f"{target}.profdata"
    raw.unlink(missing_ok=True)
    harness.quietly([program, *(["--sparse"] if target in LONG else []), *seeds], f"replay-{target}", env={"LLVM_PROFILE_FILE": str(raw)})
    harness.quietly(["llvm-profdata", "merge", "-sparse", raw, "-o", data], f"profdata-{target}")
    return json.loads(llvm_cov("text", data, program))["data"][0], llvm_cov("lcov", data, program)


def line_counts(lcov):
    """{file of the library: {line: how often it ran}}"""
    counts = {}
    for record in lcov.splitlines():
        if record.startswith("SF:"):
            lines = counts.setdefault(scope.library_file(record[3:]), {})
        elif record.startswith("DA:"):
            line, count = record[3:].split(",")[:2]
            lines[int(line)] = int(count)
    return counts


def functions(account):
    """{(file, function): {line: reached?}} of the library's own."""
    described, lcov = account
    counts = line_counts(lcov)
    found = {}
    for function in described["functions"]:
        file = scope.library_file(function["filenames"][0])
        if file is None:
            continue
        begin, _, end = function["regions"][0][:3]
        found[file, function["name"].rsplit(":", 1)[-1]] = {
            line: count > 0 for line, count in counts[file].items() if begin <= line <= end}
    return found


class Share:
    """The lines that a target answers for, and which of them its seeds reach."""

    def __init__(self, target, account):
        self.target = target
        self.missed = []
        self.all = 0
        known = functions(account)
        for file, rule in scope.SCOPE[target].items():
            source = (scope.LIB / file).read_text().splitlines()
            names = {name for (of, name) in known if of == file}
            for name in sorted(scope.chosen(rule, names)):
                for line, reached in sorted(known[file, name].items()):
                    if scope.left_out(source[line - 1]):
                        continue
                    self.all += 1
                    if not reached:
                        self.missed.append(f"{file}:{line}: {source[line - 1].strip()}")

    @property
    def percent(self):
        return 100 * (self.all - len(self.missed)) / self.all

    @property
    def enough(self):
        return self.percent >= ENOUGH

    def __str__(self):
        return f"{self.target} {self.percent:.1f} % of {self.all}"


def measure(folder, target, seeds=None):
    return Share(target, export(folder, target, seeds or harness.seed_folders(target)))


def check(folder, verbose=False):
    """Measures every target, and fails below ENOUGH."""
    scope.check_complete()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        shares = list(pool.map(lambda target: measure(folder, target), harness.target_names()))
    for share in shares:
        if verbose or not share.enough:
            harness.say("\n".join([f"{share}, not reached:", *("  " + line for line in share.missed)]))
    poor = [str(share) for share in shares if not share.enough]
    if poor:
        raise harness.Failure(f"the seeds reach less than {ENOUGH:.0f} % of the lines of: {'; '.join(poor)}")
    harness.evidence(f"seeds alone, replayed, reach of their targets' lines (at least {ENOUGH:.0f} % each): "
                     + ", ".join(map(str, shares)))


def check_gate_of(folder, target):
    with tempfile.TemporaryDirectory() as empty:
        seed = pathlib.Path(empty) / "seed"
        seed.write_bytes(b"?")
        share = measure(folder, target, [seed])
        if share.enough:
            raise harness.Failure(f"one poor seed passes the gate: {share}")
        seed.unlink()
        try:
            export(folder, target, [empty])
        except harness.Failure as failure:
            if "no seed was found" not in str(failure):
                raise
        else:
            raise harness.Failure(f"replay-{target} passes without a seed")


def check_gate(folder):
    """The gate fires: for a corpus of one seed that ends at once, and for one of none."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda target: check_gate_of(folder, target), harness.target_names()))
    harness.evidence(f"the gate of {ENOUGH:.0f} % fails for each target when its corpus is one seed of one byte, and the "
                     "replay fails when it is empty")
