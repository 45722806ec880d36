# SPDX-License-Identifier: MIT
"""What the tests of `taskseal doctor` share: certificates, servers with faults and their good twins, and its report."""

import atexit
import functools
import hashlib
import json
import os
import shutil
import sys
import tempfile

import server
from harness import SOURCE, Skip, check, environment, equal, good, run

sys.path.insert(0, os.path.join(SOURCE, "examples", "demo"))
import lab  # noqa: E402  pylint: disable=wrong-import-position,unused-import

STRONG = "ECDHE+AESGCM:ECDHE+CHACHA20"
CLOSED = "user default off ~* &* +@all"
ALL = f"user worker on >{server.PASSWORD} ~* &* +@all"
WARNED = 5


def good_directory():
    """A directory for persistence that the doctor finds fit: not below /tmp."""
    found = tempfile.mkdtemp(prefix=".taskseal-test-", dir=os.path.expanduser("~"))
    atexit.register(shutil.rmtree, found, True)
    return found


def programs():
    """Every server that is installed, and those that TASKSEAL_TEST_SERVERS names."""
    names = server.SERVERS + os.environ.get("TASKSEAL_TEST_SERVERS", "").split()
    found = [program for name in names if (program := shutil.which(name))]
    if not found:
        raise Skip("neither valkey-server nor redis-server is installed")
    return found


@functools.cache
def certificates():
    server.make_certificates()
    names = "DNS:localhost,IP:127.0.0.1"
    rsa = ("rsa:2048",)
    server.make_certificate("good", "ca", "serverAuth", names, days=90)
    server.make_certificate("rsa", "ca", "serverAuth", names, days=90, key=rsa)
    server.make_certificate("soon", "ca", "serverAuth", names, days=20)
    server.make_certificate("now", "ca", "serverAuth", names, days=5)
    server.make_certificate("wild", "ca", "serverAuth", "DNS:localhost,DNS:*.example.com", days=90)
    server.make_certificate("nameless", "ca", "serverAuth", None, days=90)
    server.make_certificate("short", "ca", "serverAuth", names, days=90, key=("rsa:1024",))
    server.make_certificate("sha1", "ca", "serverAuth", names, days=90, digest="sha1")
    server.make_certificate("middle", "ca", None, None, days=90)
    server.make_certificate("middle-soon", "ca", None, None, days=20)
    for below, middle in [("below", "middle"), ("below-soon", "middle-soon")]:
        server.make_certificate(below, middle, "serverAuth", names, days=90)
        chain(f"{below}-chain", below, middle)
    chain("ca-and-middle", "ca", "middle")


def chain(name, *parts):
    """One file of several certificates; the key is that of the first."""
    with open(server.path(f"{name}.pem"), "wb") as whole:
        for part in parts:
            with open(server.path(f"{part}.pem"), "rb") as file:
                whole.write(file.read())
    shutil.copy(server.path(f"{parts[0]}.key"), server.path(f"{name}.key"))


def start(program, *, certificate="good", client_certificates="yes", users=(CLOSED, ALL), more=(), strong=True, weak=False):
    certificates()
    lines = [*(["tls-protocols \"TLSv1.2 TLSv1.3\"", f"tls-ciphers {STRONG}"] if strong else []), *more]
    return server.start(program, certificate=certificate, client_certificates=client_certificates, users=users,
                        more=lines, weak=weak)


def uri(port, *, user="worker", password=server.PASSWORD, ca="ca", scheme="rediss"):
    certificates()
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


HASH = hashlib.sha256(server.PASSWORD.encode()).hexdigest()


def lines(role, layout, *more):
    shown = good("doctor", "--role", role, "--layout", layout, *more).decode()
    equal(shown.count("SHA256-OF-ITS-PASSWORD"), 1)
    return shown.replace("SHA256-OF-ITS-PASSWORD", HASH).splitlines()
