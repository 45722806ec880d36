# SPDX-License-Identifier: MIT
"""Runs libFuzzer's programs, several at a time, and counts what they say that they did."""

import dataclasses
import os
import pathlib
import re
import subprocess
import time

import harness

JOBS = 2
PROGRESS = 30  # seconds between two lines about what is running
LENGTHS = {"text": 4200, "parse": 4200, "keyring": 2000, "keychange": 1200, "uri": 1000}  # the others: LENGTH
LENGTH = 1024  # streams get their long messages without long inputs
ENVIRONMENT = {"ASAN_OPTIONS": "quarantine_size_mb=16", "UBSAN_OPTIONS": "print_stacktrace=1"}


@dataclasses.dataclass
class Job:
    """One run of one program; by number of executions or by time."""
    target: str
    program: pathlib.Path
    limits: tuple
    name: str = ""
    seeds: tuple = ()
    keep: bool = True  # new inputs, in build/fuzz/found/TARGET
    length: int = 0  # of the longest input; 0: the target's own
    process: subprocess.Popen = None
    begun: float = 0.0
    seconds: float = 0.0
    executions: int = 0
    deep: int = 0
    new: int = 0
    status: int = None

    def __post_init__(self):
        self.name = self.name or self.target
        self.log = harness.LOGS / f"fuzz-{self.name.replace('/', '-')}.log"
        self.artifacts = harness.FOUND / self.name / "faults"
        self.inputs = harness.FOUND / self.target / "inputs"

    def start(self):
        for folder in (harness.LOGS, self.artifacts, self.inputs):
            folder.mkdir(parents=True, exist_ok=True)
        corpus = [self.inputs] if self.keep else []
        corpus += self.seeds or harness.seed_folders(self.target)
        if not self.keep:  # the first folder is written to
            corpus.insert(0, self.artifacts)
        command = [self.program, *self.limits, f"-max_len={self.length or LENGTHS.get(self.target, LENGTH)}", "-print_final_stats=1",
                   "-verbosity=0", "-reduce_inputs=0", f"-artifact_prefix={self.artifacts}/", *corpus]
        with self.log.open("wb") as out:
            self.process = subprocess.Popen([str(word) for word in command], stdout=out, stderr=subprocess.STDOUT,
                                            env=os.environ | ENVIRONMENT)
        self.begun = time.monotonic()

    def finished(self):
        self.status = self.process.poll()
        if self.status is None:
            return False
        self.seconds = time.monotonic() - self.begun
        text = self.log.read_text(errors="replace")
        self.executions = self.stat(text, "number_of_executed_units")
        self.new = self.stat(text, "new_units_added")
        self.deep = self.stat(text, "deep_units")
        return True

    @staticmethod
    def stat(text, name):
        found = re.findall(rf"^stat::{name}:\s*(\d+)$", text, re.MULTILINE)
        return int(found[-1]) if found else 0

    def fault(self):
        """What it found, in a few lines; None if nothing."""
        if self.status == 0 and self.executions > 0:
            return None
        lines = self.log.read_text(errors="replace").splitlines()
        telling = [line for line in lines if re.search(r"does not hold|ERROR:|runtime error|SUMMARY|Test unit written", line)]
        return "\n".join(telling or lines[-10:])


def run(jobs, stop_at_fault=True):
    """All of them, JOBS at a time, in this order. Whatever happens, none is left running."""
    waiting, running, done = list(jobs), [], []
    told = time.monotonic()
    try:
        while waiting or running:
            while waiting and len(running) < JOBS:
                running.append(waiting.pop(0))
                running[-1].start()
            time.sleep(0.1)
            for job in [job for job in running if job.finished()]:
                running.remove(job)
                done.append(job)
                if stop_at_fault and job.fault():
                    raise harness.Failure(f"{job.name} found a fault; its input is in {job.artifacts}\n{job.fault()}")
            if time.monotonic() - told > PROGRESS:
                told = time.monotonic()
                names = ", ".join(f"{job.name} for {told - job.begun:.0f} s" for job in running)
                harness.say(f"fuzzing: {names}; {len(waiting)} to come, {len(done)} done")
    finally:
        for job in running:
            job.process.kill()
            job.process.wait()
    return done


def totals(jobs):
    """{target: (executions, deep ones, new inputs, processor seconds)}"""
    sums = {}
    for job in jobs:
        before = sums.get(job.target, (0, 0, 0, 0.0))
        sums[job.target] = tuple(a + b for a, b in zip(before, (job.executions, job.deep, job.new, job.seconds)))
    return sums

