#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The examples against a real server, TLS only. Prints TAP.

    e2e.py --server valkey-server --bin FOLDER --tool FOLDER [--worker worker_uv] [NAME...]

FOLDER holds producer, worker and rotate, or taskseal. Each test has queues of its own. With --worker, that program takes
the worker's place: it must do the same, and say the same.
"""
import functools
import sys

sys.dont_write_bytecode = True
import cases_tasks  # noqa: E402,F401 (each registers its tests)
import cases_fleet  # noqa: E402,F401
import cases_keys  # noqa: E402,F401
import cases_faults  # noqa: E402,F401
from stage import TESTS, arguments, run_cases, set_up  # noqa: E402


def main():
    options = arguments()
    options.add_argument("--worker", default="worker")
    options.add_argument("names", nargs="*")
    options = options.parse_args()
    with set_up(options, options.worker) as stage:
        return run_cases([(test.__name__, functools.partial(test, stage)) for test in TESTS
                          if not options.names or test.__name__ in options.names])


if __name__ == "__main__":
    sys.exit(main())
