# SPDX-License-Identifier: MIT
"""One client on one server: what the driver said, what the server saw, and what that makes."""

import json
import os
import re
import select
import signal
import subprocess
import time

from clients import BUILD, SERVERS

LIMIT = 10.0  # seconds; a client that has said nothing by then hangs


# A client that never reached the server did not refuse it.
UNREACHED = re.compile(r"ENOTFOUND|EAI_|ECONNREFUSED|onnection refused|not known")


class Broken(Exception):
    """The measurement itself went wrong: no result can be had from it."""


class Lines:
    """Lines of a pipe, with a deadline."""

    def __init__(self, pipe):
        self.pipe, self.data = pipe, b""

    def next(self, seconds):
        """A line of JSON, "" at the end, None if there was none in time."""
        deadline = time.monotonic() + seconds
        while b"\n" not in self.data:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.pipe], [], [], left)[0]:
                return None
            got = os.read(self.pipe.fileno(), 65536)
            if not got:
                return ""
            self.data += got
        line, self.data = self.data.split(b"\n", 1)
        return json.loads(line)


class Server:
    def __init__(self, row):
        self.process = subprocess.Popen([SERVERS], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.lines = Lines(self.process.stdout)
        self.place = self.tell(row.serves)

    def tell(self, command):
        self.process.stdin.write(f"{command}\n".encode())
        self.process.stdin.flush()
        said = self.lines.next(30)
        if not said:
            raise Broken(f"the servers do not answer `{command}`")
        return said

    def exchange(self):
        self.tell("turn")

    def stop(self):
        seen = self.tell("stop")
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        return seen


def environment(client, place, again):
    """What driver.h lists. Nothing of the caller's environment that moves trust is passed on."""
    moving = re.compile(r"SSL_|OPENSSL_|NODE_|REDISCLI|GODEBUG")
    outer = {name: value for name, value in os.environ.items() if not moving.match(name)}
    own = {"CLIENT_" + name.upper(): str(value) for name, value in place.items()}
    return {**outer, **own, **client.environment, **({"CLIENT_AGAIN": "1"} if again else {})}


def end(process):
    """Ends the driver with all that it started: it has a session of its own."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
    process.stdin.close()
    process.stdout.close()


def watch(process, server):
    """The last line that the driver said; None: it hangs; "": it ended without one."""
    lines = Lines(process.stdout)
    said = lines.next(LIMIT)
    if said and said["outcome"] == "first":
        server.exchange()
        process.stdin.write(b"\n")
        process.stdin.flush()
        said = lines.next(LIMIT)
    return said


def tidy(text, place):
    """An error without what differs from run to run."""
    for value, name in ((place["ca"].rsplit("/", 1)[0], "DIR"), (f"{place['port']}", "PORT"), (str(BUILD), "BUILD")):
        text = text.replace(value, name)
    return text[:300]


def verdict(client, said, status, seen, place):
    if said is None:
        return {"outcome": "H", "error": ""}
    if said == "":
        if status is None or status >= 0:
            raise Broken(f"the driver of {client.name} ended with status {status} and said nothing")
        return {"outcome": "C", "error": signal.Signals(-status).name}
    if said["outcome"] == "accepted":
        if seen["commands"] == 0:
            raise Broken(f"the driver of {client.name} says accepted, but the server got no command")
        return {"outcome": "A", "error": ""}
    if said["outcome"] != "refused":
        raise Broken(f"the driver of {client.name} said {said}")
    if UNREACHED.search(said["error"]):
        raise Broken(f"{client.name} did not reach the server: {said['error']}")
    return {"outcome": "R", "error": tidy(said["error"], place)}


def measure(client, row):
    if row.crl and not client.lists:
        return {"outcome": "–", "error": "takes no revocation list"}
    server = Server(row)
    with open(BUILD / "drivers.log", "ab") as log:
        process = subprocess.Popen([str(word) for word in client.command], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=log, cwd=BUILD, start_new_session=True,
                                   env=environment(client, server.place, row.again))
    status = None
    try:
        said = watch(process, server)
        if said == "":
            status = process.wait(LIMIT)
    finally:
        end(process)
        seen = server.stop()
    result = verdict(client, said, status, seen, server.place)
    if seen["in_clear"]:
        result["in_clear"] = True
    return result
