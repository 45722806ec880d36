#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every version opens what every release before it has frozen, and nobody changes what is frozen. Speaks TAP.

    test_releases.py RUNNER EMIT
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

import answers
import freeze
import records
from tap import Tap

# (release, file, vector): why a later version answers otherwise. Only refusals may: a suite that was unassigned, say.
SUPERSEDED = {}


def refusals_only(folder):
    """What is superseded and was no refusal."""
    for (release, file, name), reason in SUPERSEDED.items():
        if release == folder.name:
            book = {record.name: record for record in records.read((folder / file).read_text())}
            if not book[name].refused() or not reason:
                yield f"{file}: {name}"


def superseded(folder, file, name):
    return (folder.name, file.name, name) in SUPERSEDED


def check_with_library(folder, runner):
    """The names of vectors that the library answers otherwise, and how many it answered."""
    wrong, count = [], 0
    for file in sorted(folder.glob("*.txt")):
        due = len(records.read(file.read_text()))
        run = subprocess.run([runner, str(due), file], stdout=subprocess.PIPE, text=True, check=False)
        verdicts = [line.partition(" - ") for line in run.stdout.splitlines() if line.startswith(("ok ", "not ok "))]
        wrong += [f"{file.name}: {name}" for verdict, _, name in verdicts
                  if verdict.startswith("not ok") and not superseded(folder, file, name)]
        if len(verdicts) != due + 1:
            wrong.append(f"{file.name}: {len(verdicts) - 1} of {due} were answered")
        count += due
    return wrong, count


def check_with_reference(folder):
    wrong = []
    for file in sorted(folder.glob("*.txt")):
        earlier = {}
        for record in records.read(file.read_text()):
            earlier[record.name] = records.evaluate(record.get("sealed"), earlier)
            if answers.check(record, earlier, ()) and not superseded(folder, file, record.name):
                wrong.append(f"{file.name}: {record.name}")
    return wrong


def check_release(tap, folder, runner):
    name, status = folder.name, freeze.status_of(folder)
    tap.result(not list(freeze.faults(folder)), f"{name} ({status}) is as its manifest says", freeze.faults(folder))
    tap.result(not list(refusals_only(folder)), f"{name}: only refusals are superseded", refusals_only(folder))
    wrong, count = check_with_library(folder, runner)
    tap.result(count > 100 and not wrong, f"{name}: the library answers {count} vectors as it did", wrong)
    wrong = check_with_reference(folder)
    tap.result(not wrong, f"{name}: so does the reference", wrong)
    if status != freeze.RELEASED:
        lagging = [file for file, data in freeze.vectors().items() if (folder / file).read_bytes() != data]
        tap.result(not lagging, f"{name} has the vectors of today: else run freeze.py --again", lagging)
    print(f"# evidence: 2: release {name}, {status}: {count} frozen vectors, all answered as they were")


def check_damage(tap, folder):
    """A corpus that was tampered with is noticed."""
    some = sorted(folder.glob("*.txt"))[0].name
    for what, damage in (("a changed byte", lambda copy: (copy / some).write_bytes((copy / some).read_bytes() + b"\n")),
                         ("a missing file", lambda copy: (copy / some).unlink()),
                         ("a file too many", lambda copy: (copy / "extra.txt").write_text("")),
                         ("an emptied manifest", lambda copy: (copy / "MANIFEST").write_text("# taskseal 0: released\n"))):
        with tempfile.TemporaryDirectory() as temporary:
            copy = pathlib.Path(temporary) / folder.name
            shutil.copytree(folder, copy)
            damage(copy)
            tap.result(list(freeze.faults(copy)), f"{what} is found")


def check_wrong_answer(tap, folder, runner):
    """A version that no longer opened a vector would be noticed."""
    with tempfile.TemporaryDirectory() as temporary:
        copy = pathlib.Path(temporary)
        text = (folder / "order.txt").read_text()
        (copy / "order.txt").write_text(text.replace("expect: damaged", "expect: ok\npayload: 00"))
        tap.result(check_with_library(copy, runner)[0] and check_with_reference(copy), "a changed answer is found")


def check_freezing(tap, emit):
    def run(*modes):
        return subprocess.run([sys.executable, freeze.__file__, *modes, emit, temporary], capture_output=True, text=True,
                              check=False).returncode

    with tempfile.TemporaryDirectory() as temporary:
        manifest = pathlib.Path(temporary) / freeze.version() / "MANIFEST"
        if b"is missing" in subprocess.run([emit], stdout=subprocess.PIPE, check=True).stdout:
            tap.result(run() != 0 and not manifest.exists(), "freezing with an algorithm missing is refused")
            return
        tap.result(run("--release") != 0 and not manifest.exists(), "what is not prepared is not released")
        tap.result(run() == 0 and not list(freeze.faults(manifest.parent)), "a release is prepared")
        before = manifest.read_text()
        tap.result(run() != 0 and manifest.read_text() == before, "a folder that exists is not overwritten")
        tap.result(run("--again") == 0 and manifest.read_text() != before, "what is only prepared can be made anew")
        tap.result(run("--release") == 0 and freeze.status_of(manifest.parent) == freeze.RELEASED, "it is released")
        before = manifest.read_text()
        tap.result(run("--again") != 0 and run() != 0 and run("--release") != 0 and manifest.read_text() == before,
                   "what is released never changes")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    runner, emit = sys.argv[1:]
    tap = Tap()
    folders = sorted(path for path in freeze.RELEASES.iterdir() if path.is_dir())
    tap.result(freeze.version() in [folder.name for folder in folders], f"{freeze.version()} has its corpus")
    for folder in folders:
        check_release(tap, folder, runner)
    check_damage(tap, folders[0])
    check_wrong_answer(tap, folders[0], runner)
    check_freezing(tap, emit)
    return tap.end()


if __name__ == "__main__":
    raise SystemExit(main())
