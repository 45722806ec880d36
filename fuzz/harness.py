# SPDX-License-Identifier: MIT
"""Builds and runs what fuzz/run needs: three builds of the targets, each with its own purpose."""

import os
import pathlib
import shlex
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
BUILD = ROOT / "build" / "fuzz"
FOUND = BUILD / "found"
LOGS = BUILD / "logs"
CORPUS = HERE / "corpus"

# Where seeds of other targets serve too; fuzz/meson.build says the same for the tests, and test_corpus.py compares.
SHARED_SEEDS = {"authentic": ("open",), "roundtrip": ("open", "parse")}

OPTIONS = ("-Dfuzz=enabled", "-Dtests=disabled", "-Dtools=disabled", "-Dexamples=disabled", "-Dbench=disabled",
           "-Dwerror=true", "-Db_lundef=false", "--buildtype=debugoptimized")
BUILDS = {
    "sanitized": ("-Db_sanitize=address,undefined",),
    # meson.build asks for some sanitizer; this one leaves the source's lines as they are.
    "coverage": ("-Db_sanitize=undefined", "-Dc_args=-fprofile-instr-generate -fcoverage-mapping",
                 "-Dc_link_args=-fprofile-instr-generate"),
}


class Failure(Exception):
    """What went wrong, in words for people."""


def say(text):
    print(text, flush=True)


def evidence(text):
    say(f"evidence: 4: {text}")


def quietly(command, log, **more):
    """Runs it, its output in a file; that file's end is told when it fails."""
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / f"{log}.log"
    with path.open("wb") as out:
        run = subprocess.run([str(word) for word in command], stdout=out, stderr=subprocess.STDOUT, check=False, **more)
    if run.returncode != 0:
        tail = "\n".join(path.read_text(errors="replace").splitlines()[-25:])
        raise Failure(f"{shlex.join(map(str, command))}\nfailed with {run.returncode}; the end of {path}:\n{tail}")


def stamp():
    """What a build depends on besides its options: on another system, all is built anew."""
    path = ROOT / ".deps" / "stamp"
    return path.read_text() if path.exists() else ""


def build(name, *targets):
    """Configures and builds BUILD/name; only these targets, if any are named. Returns its folder."""
    folder = BUILD / name
    wanted = " ".join(OPTIONS + BUILDS[name]) + stamp()
    mark = folder / ".configured"
    if not (folder / "build.ninja").exists() or not mark.exists() or mark.read_text() != wanted:
        wipe = ["--wipe"] if (folder / "build.ninja").exists() else []
        quietly(["meson", "setup", *wipe, folder, ROOT, *OPTIONS, *BUILDS[name]], f"{name}-setup",
                env=os.environ | {"CC": "clang"})
        mark.write_text(wanted)
    quietly(["ninja", "-C", folder, *targets], f"{name}-build")
    return folder


def target_names():
    """Those for which there are seeds; test_corpus.py holds that these are all."""
    return sorted(folder.name for folder in CORPUS.iterdir() if folder.is_dir())


def seed_folders(target):
    return [CORPUS / name for name in (target, *SHARED_SEEDS.get(target, ()))]


def fail(text):
    print(f"fuzz/run: {text}", file=sys.stderr, flush=True)
