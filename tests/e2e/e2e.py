#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The examples against a real server, TLS only. Prints TAP.

    e2e.py --server valkey-server --bin FOLDER --tool FOLDER [--worker worker_uv] [NAME...]

FOLDER holds producer, worker and rotate, or taskseal. Each test has queues of its own. With --worker, that program takes
the worker's place: it must do the same, and say the same.
"""
import argparse
import pathlib
import shutil
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True
import cases_tasks  # noqa: E402,F401 (each registers its tests)
import cases_fleet  # noqa: E402,F401
import cases_keys  # noqa: E402,F401
import cases_faults  # noqa: E402,F401
from stage import TESTS, Stage  # noqa: E402


def main():
    options = argparse.ArgumentParser()
    for name in ("--server", "--bin", "--tool"):
        options.add_argument(name, type=pathlib.Path, required=True)
    options.add_argument("--worker", default="worker")
    options.add_argument("names", nargs="*")
    options = options.parse_args()
    chosen = [function for function in TESTS if not options.names or function.__name__ in options.names]
    folder = pathlib.Path(tempfile.mkdtemp())
    stage, failed = None, not chosen
    try:
        stage = Stage(folder, options.server, options.bin.resolve(), options.tool.resolve(), options.worker)
        for number, function in enumerate(chosen, 1):
            begun, outcome = time.monotonic(), "ok"
            try:
                function(stage)
            except Exception: # whatever it is, it is this test's failure, and the others go on
                failed, outcome = True, "not ok"
                print("# " + traceback.format_exc().replace("\n", "\n# "))
            print(f"{outcome} {number} - {function.__name__} # {time.monotonic() - begun:.1f} s", flush=True)
        print(f"1..{len(chosen)}")
    finally:
        if stage is not None:
            stage.end()
        shutil.rmtree(folder)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
