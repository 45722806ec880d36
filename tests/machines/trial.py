# SPDX-License-Identifier: MIT
"""Runs the tests of a build, and judges them by what they print."""

import concurrent.futures
import dataclasses
import os
import re
import subprocess

RESULT = re.compile(r"^(ok|not ok) (\d+)(?: - (.*))?$", re.MULTILINE)
PLAN = re.compile(r"^1\.\.(\d+)$", re.MULTILINE)
SKIPPED = re.compile(r"# *skip", re.IGNORECASE)
REPORT = "MemorySanitizer"
PATIENCE = 5  # times as long as on this machine


@dataclasses.dataclass
class Outcome:
    """Of one test program."""
    name: str
    suite: str
    passed: int = 0
    skipped: int = 0
    failures: list = dataclasses.field(default_factory=list)  # names of what failed, or what went wrong
    reports: int = 0
    excused: list = dataclasses.field(default_factory=list)
    output: str = ""


def judge_tap(outcome, stdout, status):
    """Every check that was planned has to be there; a status that no check explains is a failure."""
    plan = PLAN.search(stdout)
    results = RESULT.findall(stdout)
    if plan is None or int(plan.group(1)) != len(results) or not results:
        outcome.failures.append(f"{len(results)} of {plan.group(1) if plan else '?'} checks ended, exit status {status}")
    for verdict, _, name in results:
        if verdict == "not ok":
            outcome.failures.append(name)
        elif SKIPPED.search(name):
            outcome.skipped += 1
        else:
            outcome.passed += 1
    if status != 0 and not outcome.failures:
        outcome.failures.append(f"exit status {status}")


def run_test(build, test, command):
    suite = test["suite"][0].rpartition(":")[2]
    outcome = Outcome(test["name"], suite)
    environment = {**os.environ, **test["env"], "CK_TIMEOUT_MULTIPLIER": str(PATIENCE)}
    try:
        done = subprocess.run(command, cwd=build.folder, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", check=False,
                              timeout=PATIENCE * test["timeout"])
    except subprocess.TimeoutExpired:
        outcome.failures.append(f"took more than {PATIENCE * test['timeout']} s")
        return outcome
    outcome.output = done.stdout + done.stderr
    outcome.reports = outcome.output.count(f"WARNING: {REPORT}")
    if test["protocol"] == "tap":
        judge_tap(outcome, done.stdout, done.returncode)
    elif done.returncode == 0:
        outcome.passed = 1
    else:
        outcome.failures.append(f"exit status {done.returncode}")
    if outcome.reports and not outcome.failures:
        outcome.failures.append(f"{outcome.reports} reports of {REPORT}")
    return outcome


def excuse(outcome, excuses):
    """Moves failures that are the emulator's to `excused`. `excuses`: reasons by the end of a check's name."""
    for failure in list(outcome.failures):
        check = failure.split(":", 3)[:3]  # file:case:name, as Check prints it
        reason = excuses.get(check[2]) if len(check) == 3 else None
        if reason:
            outcome.failures.remove(failure)
            outcome.excused.append(f"{check[2]}: {reason}")


def run_tests(build, tests, workers, ended, excuses=()):
    """The outcomes, each of which `ended` gets as soon as it is there. The longest tests should stand first."""
    outcomes = []
    commands = [build.command(test) for test in tests]  # now: a script that is written while others start is busy
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for run in concurrent.futures.as_completed([pool.submit(run_test, build, test, command) for test, command in zip(tests, commands)]):
            outcomes.append(run.result())
            excuse(outcomes[-1], dict(excuses))
            ended(outcomes[-1])
    return outcomes
