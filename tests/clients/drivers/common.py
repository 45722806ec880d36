# SPDX-License-Identifier: MIT
"""What the drivers in Python do alike; driver.h says what that is."""

import json
import os
import sys
import time

HOST, PORT, CA, CRL, USER, PASSWORD = (
    os.environ["CLIENT_" + name] for name in ("HOST", "PORT", "CA", "CRL", "USER", "PASSWORD"))
AGAIN = os.environ.get("CLIENT_AGAIN") == "1"


def say(outcome, error=""):
    print(json.dumps({"outcome": outcome, "error": error}), flush=True)


def drive(ping):
    """`ping` sends PING on a connection that it makes or has, and raises if it can't."""
    try:
        ping()
    except Exception as error:
        say("refused", f"{type(error).__name__}: {error}")
        return
    if AGAIN:
        say("first")
        sys.stdin.readline()
        attempt_again(ping)
    else:
        say("accepted")


def attempt_again(ping):
    for _ in range(3):
        try:
            ping()
            say("accepted")
            return
        except Exception as error:
            last = error
            time.sleep(0.5)
    say("refused", f"{type(last).__name__}: {last}")
