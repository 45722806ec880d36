# SPDX-License-Identifier: MIT
"""What the tests of `taskseal doctor` share: certificates, servers with faults and their good twins, and its report."""

import atexit
import functools
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

import server
from harness import SOURCE, Skip, check, environment, equal, good, run

sys.path.insert(0, os.path.join(SOURCE, "examples", "demo"))
import lab  # noqa: E402  pylint: disable=wrong-import-position,unused-import

STRONG = "ECDHE+AESGCM:ECDHE+CHACHA20"
CLOSED = "user default off ~* &* +@all"
ALL = f"user worker on >{server.PASSWORD} ~* &* +@all"
HELPER = f"user helper on >{server.PASSWORD} -@all +ping +acl|dryrun +acl|getuser"  # whom --test needs
WARNED = 5


def good_directory():
    """A directory for persistence that the doctor finds fit: not below /tmp."""
    found = tempfile.mkdtemp(prefix=".taskseal-test-", dir=os.path.expanduser("~"))
    atexit.register(shutil.rmtree, found, True)
    return found


def programs():
    """The servers that TASKSEAL_TEST_SERVERS names, else every one that is installed."""
    names = os.environ.get("TASKSEAL_TEST_SERVERS", "").split() or server.SERVERS
    found = [program for name in names if (program := shutil.which(name))]
    if not found:
        raise Skip("neither valkey-server nor redis-server is installed")
    return found


NAMES = "DNS:localhost,IP:127.0.0.1"


@functools.cache
def good_certificates():
    server.make_certificates()
    server.make_certificate("good", "ca", "serverAuth", NAMES, days=90)


@functools.cache
def certificates():
    """These, and those that the doctor finds something about."""
    good_certificates()
    rsa = ("rsa:2048",)
    server.make_certificate("rsa", "ca", "serverAuth", NAMES, days=90, key=rsa)
    server.make_certificate("soon", "ca", "serverAuth", NAMES, days=20)
    server.make_certificate("now", "ca", "serverAuth", NAMES, days=5)
    server.make_certificate("wild", "ca", "serverAuth", "DNS:localhost,DNS:*.example.com", days=90)
    server.make_certificate("nameless", "ca", "serverAuth", None, days=90)
    server.make_certificate("short", "ca", "serverAuth", NAMES, days=90, key=("rsa:1024",))
    server.make_certificate("sha1", "ca", "serverAuth", NAMES, days=90, digest="sha1")
    server.make_certificate("middle", "ca", None, None, days=90)
    server.make_certificate("middle-soon", "ca", None, None, days=20)
    for below, middle in [("below", "middle"), ("below-soon", "middle-soon")]:
        server.make_certificate(below, middle, "serverAuth", NAMES, days=90)
        chain(f"{below}-chain", below, middle)
    chain("ca-and-middle", "ca", "middle")


def chain(name, *parts):
    """One file of several certificates; the key is that of the first."""
    with open(server.path(f"{name}.pem"), "wb") as whole:
        for part in parts:
            with open(server.path(f"{part}.pem"), "rb") as file:
                whole.write(file.read())
    shutil.copy(server.path(f"{parts[0]}.key"), server.path(f"{name}.key"))


@functools.cache
def version(program):
    """(7, 0), as the server says."""
    said = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout
    return tuple(map(int, re.search(r" v=(\d+)\.(\d+)", said).groups()))


def has_dryrun(program):
    """Whether it knows ACL DRYRUN, key permissions and the subcommands of an ACL; Redis 6.0 does not."""
    return version(program) >= (7, 0)


def with_dryrun():
    found = [program for program in programs() if has_dryrun(program)]
    if not found:
        raise Skip("Redis 6.0 has no ACL DRYRUN")
    return found


def way(program):
    """How the doctor asks about rights."""
    return "by ACL DRYRUN" if has_dryrun(program) else "by MULTI and DISCARD"


def acl(program, users):
    """ACL lines as the server knows them: for Redis 6.0 they are changed as doc/operations.md says."""
    if has_dryrun(program):
        return users
    lines_of_old = [re.sub(r" (&\S+|resetchannels)(?= |$)", "", line).replace("%R~", "~") for line in users]
    return [line.replace("+acl|dryrun", "+acl|dryrun +multi +discard") for line in lines_of_old]


def start(program, *, certificate="good", client_certificates="yes", users=(CLOSED, ALL), more=(), strong=True, weak=False,
          port=None):
    (good_certificates if certificate == "good" else certificates)()
    lines = [*(["tls-protocols \"TLSv1.2 TLSv1.3\"", f"tls-ciphers {STRONG}"] if strong else []), *more]
    return server.start(program, certificate=certificate, client_certificates=client_certificates,
                        users=acl(program, users), more=lines, weak=weak, port=port)


def uri(port, *, user="worker", password=server.PASSWORD, ca="ca", scheme="rediss"):
    (good_certificates if ca == "ca" else certificates)()
    return (f"{scheme}://{user}:{password}@127.0.0.1:{port}/?cacert={server.path(ca)}.pem&timeout_ms=5000"
            f"&cert={server.path('client.pem')}&key={server.path('client.key')}")


def no_secret(shown):
    """That no password is in what was printed."""
    check(server.PASSWORD.encode() not in shown, "the password was printed")


def examine(text, *arguments):
    """The findings, by the name of their check, and the exit status."""
    done = run("doctor", "--json", *arguments, env=environment(TASKSEAL_URI=text))
    no_secret(done.stdout + done.stderr)
    check(done.stdout.startswith(b"{"), f"{done.returncode}: {done.stderr!r}")
    found = json.loads(done.stdout)
    return {one["check"]: one for one in found["findings"]}, done.returncode


def verdict(found, name, expected, *words):
    """One finding has this verdict, holds these words as evidence, and, if it is bad, a fix."""
    one = found[name]
    check(one["verdict"] == expected, f"{name}: {one}, not {expected}")
    for word in words:
        check(word in one["evidence"], f"{name}: no {word!r} in {one['evidence']!r}")
    check(one["fix"] or expected not in ("warn", "fail"), f"{name}: no fix")


def twins(name, expected, words, bad, good_words=(), good_verdict="ok", **fine):
    """On every server: the fault is found on the one that has it, and not on its twin. `bad`: settings of start."""
    for program in programs():
        found, _ = examine(uri(start(program, **{**fine, **bad})))
        verdict(found, name, expected, *words)
        found, _ = examine(uri(start(program, **fine)))
        verdict(found, name, good_verdict, *good_words)


# ---- Peers that are no servers ----

class Peer(threading.Thread):
    """Serves each connection in a thread of its own."""

    host = "127.0.0.1"

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server((self.host, 0))
        self.port = self.listener.getsockname()[1]
        self.start()

    def serve(self, connection):
        raise NotImplementedError

    def guard(self, connection):
        try:
            self.serve(connection)
        except OSError:
            pass
        finally:
            connection.close()

    def run(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.guard, args=(connection,), daemon=True).start()


class Says(Peer):
    """Answers what a function makes of the first bytes, and closes, or stays for as long as the other end does."""

    def __init__(self, answer, stay=False):
        self.answer, self.stay, self.heard = answer, stay, []
        super().__init__()

    def serve(self, connection):
        self.heard.append(connection.recv(65536))
        connection.sendall(self.answer(self.heard[-1]))
        while self.stay and connection.recv(65536):
            pass


HASH = hashlib.sha256(server.PASSWORD.encode()).hexdigest()


def lines(role, layout, *more):
    shown = good("doctor", "--role", role, "--layout", layout, *more).decode()
    equal(shown.count("SHA256-OF-ITS-PASSWORD"), 1)
    return shown.replace("SHA256-OF-ITS-PASSWORD", HASH).splitlines()
