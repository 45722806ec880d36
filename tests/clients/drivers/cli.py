# SPDX-License-Identifier: MIT
"""redis-cli and valkey-cli: the argument. A pipe of commands keeps the connection, and has it made again."""

import os
import signal
import subprocess
import sys

from common import CA, HOST, PASSWORD, PORT, USER, drive

command = [sys.argv[1], "-h", HOST, "-p", PORT, "--tls", "--cacert", CA, "--sni", HOST,
           "--user", USER, "-a", PASSWORD, "--no-auth-warning"]
if " -t <timeout>" in subprocess.run([sys.argv[1], "--help"], capture_output=True, text=True).stdout:
    command += ["-t", "3"]
shell = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         text=True, bufsize=1)


def ping():
    line = ""
    try:
        shell.stdin.write("PING\n")
        shell.stdin.flush()
        # An empty line may stand in front of a message.
        while not line.strip():
            line = shell.stdout.readline()
            if not line:
                raise ConnectionError("it ended without a word")
    except (BrokenPipeError, ConnectionError):
        end()
    if line.strip() != "PONG":
        raise ConnectionError(line.strip())


def end():
    """Ends as the client ended, where that was by a signal."""
    status = shell.wait()
    if status < 0:
        signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    raise ConnectionError(f"it ended with status {status}")


drive(ping)
shell.kill()
