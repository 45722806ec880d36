#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Freezes what a release ships, for every later version to open: releases/VERSION/ gets a copy of the vectors and what
the library itself seals, and a MANIFEST with their SHA-256. VERSION is that of meson.build.

    freeze.py EMIT             prepares the folder; refuses if it exists
    freeze.py --again EMIT     prepares it anew, as long as it is not released
    freeze.py --release EMIT   says for good that what is prepared was released

EMIT is the built program of that name. Another folder than releases/ can be given behind it (for tests).
"""

import hashlib
import pathlib
import re
import subprocess
import sys

import answers
import records

HERE = pathlib.Path(__file__).resolve().parent
RELEASES = HERE / "releases"
LIBRARY = "library.txt"
PREPARED, RELEASED = "prepared, not released yet", "released"


def version():
    return re.search(r"^\s*version: '([^']+)'", (HERE.parents[1] / "meson.build").read_text(), re.MULTILINE)[1]


def digest(data):
    return hashlib.sha256(data).hexdigest()


def manifest_text(status, files):
    lines = [f"{digest(data)}  {name}" for name, data in sorted(files.items())]
    return "\n".join([f"# taskseal {version()}: {status}", *lines, ""])


def status_of(folder):
    return (folder / "MANIFEST").read_text().splitlines()[0].partition(": ")[2]


def faults(folder):
    """What the folder and its manifest disagree about."""
    listed = dict(reversed(line.split("  ", 1)) for line in (folder / "MANIFEST").read_text().splitlines()
                  if not line.startswith("#"))
    there = {path.name: path for path in folder.iterdir() if path.name != "MANIFEST"}
    yield from (f"{name} is missing" for name in sorted(listed.keys() - there.keys()))
    yield from (f"{name} is not in the manifest" for name in sorted(there.keys() - listed.keys()))
    yield from (f"{name} was changed" for name in sorted(listed.keys() & there.keys())
                if digest(there[name].read_bytes()) != listed[name])
    if not listed:
        yield "the manifest is empty"


def completed(record):
    """What emit leaves out: the comment, and what builds answer that lack an algorithm."""
    record.fields["comment"] = f"F 1.8: sealed by taskseal {version()}"
    for lack in records.LACKS:
        if answers.answer(record, {}, frozenset([lack]))["expect"] != answers.expected(record, lack):
            record.fields[f"expect_without_{lack}"] = answers.answer(record, {}, frozenset([lack]))["expect"]
        if record.get("operation") == "open":
            in_pieces, _ = answers.answer_in_pieces(record, {}, frozenset([lack]), answers.ONE_PIECE)
            if in_pieces != answers.expected_in_pieces(record, lack):
                record.fields[f"expect_in_pieces_without_{lack}"] = in_pieces
    return record.text()


def sealed_by_library(emit):
    output = subprocess.run([emit, "--brief"], stdout=subprocess.PIPE, check=True, text=True).stdout
    if "is missing" in output:
        sys.exit("freeze.py: this build or CPU lacks an algorithm, so the corpus would lack it too: use another machine")
    heading = f"# SPDX-License-Identifier: MIT\n# Sealed by the library, taskseal {version()}.\n\n"
    return (heading + "\n".join(map(completed, records.read(output)))).encode()


def vectors():
    return {path.name: path.read_bytes() for path in sorted((HERE / "data").glob("*.txt"))}


def prepare(folder, emit, again):
    if folder.exists() and (not again or status_of(folder) == RELEASED):
        sys.exit(f"freeze.py: {folder} exists and is {status_of(folder)}: it is kept as it is")
    files = {**vectors(), LIBRARY: sealed_by_library(emit)}
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    (folder / "MANIFEST").write_text(manifest_text(PREPARED, files))


def release(folder):
    if not folder.exists() or status_of(folder) == RELEASED or list(faults(folder)):
        sys.exit(f"freeze.py: {folder} is not there, released already, or not as its MANIFEST says")
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "MANIFEST"}
    (folder / "MANIFEST").write_text(manifest_text(RELEASED, files))


def main(arguments):
    modes = [argument for argument in arguments if argument.startswith("--")]
    places = [argument for argument in arguments if not argument.startswith("--")]
    if modes not in ([], ["--again"], ["--release"]) or not 1 <= len(places) <= 2:
        sys.exit(__doc__)
    folder = (pathlib.Path(places[1]) if len(places) == 2 else RELEASES) / version()
    if modes == ["--release"]:
        release(folder)
    else:
        prepare(folder, places[0], modes == ["--again"])
    print(f"{folder}: {status_of(folder)}")


if __name__ == "__main__":
    main(sys.argv[1:])
