#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The demo, with fifty of its tasks and the programs of this build. Prints TAP.

    demo.py --server valkey-server --bin FOLDER --tool FOLDER
"""
import os
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from stage import ROOT, arguments, equal, run_cases  # noqa: E402


def the_demo_tells_its_story(options):
    with tempfile.TemporaryDirectory() as folder:
        small = pathlib.Path(folder, "small.jsonl")
        small.write_bytes(b"".join((ROOT / "examples/tasks.jsonl").read_bytes().splitlines(True)[:50]))
        demo = subprocess.run([ROOT / "script/demo", small], capture_output=True, check=False, stdin=subprocess.DEVNULL,
                              env=dict(os.environ, DEMO_SERVER=str(options.server),
                                       DEMO_PROGRAMS=f"{options.bin.resolve()}:{options.tool.resolve()}"))
    equal((demo.returncode, demo.stderr), (0, b""))
    equal(b"\n50 sealed, 50 opened, 0 lost\n" in demo.stdout, True)
    equal(b"FAILED" in demo.stdout, False)


if __name__ == "__main__":
    told = arguments().parse_args()
    sys.exit(run_cases([("the demo tells its story", lambda: the_demo_tells_its_story(told))]))
