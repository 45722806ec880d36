#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Holds that the damage tests can fail: each plants a fault of its own and must name it.

Usage: controls.py PROGRAM ARGUMENTS FAULT=REPORT...    runs PROGRAM --plant FAULT ARGUMENTS; FAULT `none`, without a
REPORT, is to pass
"""

import subprocess
import sys

program, arguments, *plants = sys.argv[1:]
print(f"1..{len(plants)}")
failed = not plants
for number, plant in enumerate(plants, 1):
    fault, words = plant.split("=")
    done = subprocess.run([program, "--plant", fault, *arguments.split()], capture_output=True, text=True, timeout=100,
                          check=False)
    fine = done.returncode == (1 if words else 0) and words in done.stdout and ("not ok 1" in done.stdout) == bool(words)
    print(f"{'ok' if fine else 'not ok'} {number} - planted: {fault}")
    if not fine:
        print("# " + (done.stdout + done.stderr).replace("\n", "\n# "))
        failed = True
sys.exit(1 if failed else 0)
