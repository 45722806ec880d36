#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""taskseal doctor on whole servers: one as it comes, the demo's, and one that is badly configured; and on peers that
are no servers at all. No secret of any of them is printed."""

import os
import pathlib
import re
import shlex
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import doctors
import server
from client import Client
from doctors import examine, lab, lines, no_secret, start, uri, verdict
from harness import OK, REFUSED, RETRY, check, equal, main, test

BAD = ("warn", "fail", "unknown")


def wrong(found, *verdicts):
    return {name for name, one in found.items() if one["verdict"] in (verdicts or BAD)}


@test
def a_server_as_it_comes():
    """Without a configuration: no TLS at all, and a default user who may do everything."""
    for program in doctors.programs():
        port = server.free_port()
        with subprocess.Popen([program, "--port", str(port), "--bind", "127.0.0.1", "--dir", os.getcwd(), "--save", ""],
                              stdout=subprocess.DEVNULL) as process:
            try:
                lab.wait_for(port)
                found, status = examine(uri(port).replace("timeout_ms=5000", "timeout_ms=500"))
            finally:
                process.terminate()
        equal(status, REFUSED)
        equal(wrong(found, "fail"), {"connection", "plaintext-listener"})
        verdict(found, "tls-protocols", "unknown", "no answer")
        verdict(found, "plaintext-listener", "fail", f"127.0.0.1:{port} answers PING without TLS: +PONG")


@test
def a_server_as_it_comes_with_tls_switched_on():
    for program in doctors.programs():
        port = start(program, users=(), strong=False, more=[f"dir {doctors.good_directory()}", "save 3600 1"])
        text = uri(port).replace(f"worker:{server.PASSWORD}@", "")
        found, status = examine(text)
        equal(wrong(found, "fail"), {"default-user", "user-rights"})
        equal(wrong(found, "warn"), {"tls-ciphers", "user-keys"})
        equal((wrong(found, "unknown"), status), (set(), REFUSED))


@test
def the_server_of_the_demo_is_found_good():
    for program in doctors.with_dryrun():  # as the demo needs it
        folder = pathlib.Path(doctors.good_directory())
        lab.make_pki(folder)
        lab.make_acl(folder)
        with open(folder / "users.acl", "a", encoding="ascii") as file:
            file.write(lines("operator", "examples", "--acl-user", "doctor")[1] + "\n")
        (folder / "password.doctor").write_text(server.PASSWORD)
        port = lab.make_config(folder, "demo", "tls")
        with subprocess.Popen([program, folder / "demo.conf"], stdout=subprocess.DEVNULL) as process:
            try:
                lab.wait_for(port)
                found, status = examine(lab.uri(folder, "doctor", port), "--role", "operator", "--test", "--payloads",
                                        "--strict")
                equal((wrong(found), status), (set(), OK))
                found, _ = examine(lab.uri(folder, "doctor", port), "--role", "operator", "--test", "--acl-user", "intruder")
                verdict(found, "role-excess", "warn")
                for role in ["producer", "worker"]:
                    found, _ = examine(lab.uri(folder, "doctor", port), "--role", role, "--test", "--acl-user", role)
                    verdict(found, "role-needs", "ok")
                    verdict(found, "role-excess", "ok")
                found, status = examine(lab.uri(folder, "worker", port), "--role", "worker", "--test")
                equal(wrong(found, "warn", "fail"), set())  # it may not ask about the rest
            finally:
                process.terminate()


@test
def a_badly_configured_server_is_found_bad():
    for program in doctors.programs():
        plain = server.free_port()
        port = start(program, certificate="rsa", client_certificates="no", strong=False,
                     users=("user default on nopass ~* &* +@all", doctors.ALL),
                     more=[f"port {plain}", 'tls-protocols "TLSv1 TLSv1.1 TLSv1.2"', "tls-ciphers ALL:NULL:@SECLEVEL=0",
                           "protected-mode no", "bind 0.0.0.0", "maxmemory 50mb", "maxmemory-policy allkeys-lru",
                           "save 60 1", "tls-replication no", "requirepass " + server.PASSWORD,
                           "masterauth " + server.PASSWORD])
        found, status = examine(uri(port), "--payloads")
        fails = {"plaintext-listener", "tls-protocols", "tls-ciphers", "user-rights", "eviction", "default-user"}
        # requirepass gives the default user a password.
        equal(wrong(found, "fail") | {"default-user"}, fails)
        equal(wrong(found, "warn") - {"default-user"},
              {"client-certificates", "user-keys", "protected-mode", "bind", "persistence"})
        equal(status, REFUSED)
        for one in found.values():
            check(one["fix"] or one["verdict"] in ("ok", "info"), str(one))


@test
def what_is_printed_as_a_fix_is_one():
    """Pasted as it stands: into a console, which mends the server that runs, and into the configuration file of another."""
    faults = ['tls-protocols "TLSv1 TLSv1.2"', "tls-ciphers DEFAULT:@SECLEVEL=0", "protected-mode no", "bind * -::*",
              "maxmemory-policy allkeys-lru", "tls-replication no"]
    fix = re.compile(r"CONFIG SET (\S+ .*), and in the configuration file: (.*?)(?:$|;| \()")
    for program in doctors.with_dryrun():  # Redis 6.0 takes port and bind at its start only
        bad = {"certificate": "rsa", "client_certificates": "no", "strong": False}
        port = start(program, **bad, more=[*faults, f"port {server.free_port()}"])
        admin = Client(port, "worker")
        found, _ = examine(uri(port))
        fixes = {name: at for name, one in found.items() if (at := fix.search(one["fix"]))}
        equal(set(fixes), {"plaintext-listener", "tls-protocols", "tls-ciphers", "client-certificates", "protected-mode",
                           "bind", "replication-tls", "persistence", "eviction", "tls-ciphersuites"} | {"certificate-reload"} & set(fixes))
        for name, at in fixes.items():
            equal((name, admin.call("CONFIG", "SET", *shlex.split(at[1]))), (name, b"OK"))
            equal(at[1], at[2])
        mended, _ = examine(uri(port))
        lines = [at[2] for at in fixes.values() if not at[2].startswith("tls-auth-clients")]
        again, _ = examine(uri(start(program, certificate="rsa", strong=False, more=lines)))
        for name in fixes:
            # The tests' directory is below /tmp.
            equal((name, wrong({name: mended[name]}), wrong({name: again[name]}, "fail")), (name, {name} & {"persistence"}, set()))


@test
def a_password_in_the_output_would_be_found():
    """The control of no_secret, through which all output of these tests goes."""
    try:
        no_secret(b"user worker on >" + server.PASSWORD.encode())
    except AssertionError:
        return
    raise AssertionError("it was not found")


# ---- Peers that are no servers ----

class Peer(threading.Thread):
    """Answers whatever comes with the same bytes, and then hangs or closes."""

    def __init__(self, answer, hang):
        super().__init__(daemon=True)
        self.answer, self.hang = answer, hang
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.heard = []
        self.start()

    def serve(self, connection):
        with connection:
            try:
                self.heard.append(connection.recv(65536))
                connection.sendall(self.answer)
                if self.hang:
                    time.sleep(30)
            except OSError:
                pass

    def run(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()


HELLO = bytes.fromhex("16030100310200002d0301") + bytes(32) + b"\0"


@test
def peers_that_answer_nonsense_are_survived():
    doctors.certificates()
    answers = [b"", b"\x16", b"\x16\x03", b"\x16\x03\x01\xff\xff\x02", HELLO, HELLO + b"\0", HELLO[:-1] + b"\xff" + bytes(40),
               HELLO + b"\xee\xee\0\0", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x15\x03\x01\0\2\2\x28", b"\0" * 70000,
               os.urandom(5000), b"-" * 100, b"-NOAUTH" + b"x" * 100000, b"\x16\x03\x03\x40\x00" + b"\x0b" * 16384]
    for answer in answers:
        peer = Peer(answer, hang=False)
        found, status = examine(uri(peer.port).replace("timeout_ms=5000", "timeout_ms=500"))
        verdict(found, "connection", "fail")
        check(status in (REFUSED, RETRY), f"{answer[:20]}: {status}")
        check(found["tls-protocols"]["verdict"] in ("unknown", "fail"), f"{answer[:20]}: {found['tls-protocols']}")
        verdict(found, "tls-ciphers", "unknown")
        verdict(found, "tls-ciphersuites", "unknown")
        check(not any(server.PASSWORD.encode() in heard for heard in peer.heard), "the password was sent")


@test
def a_cipher_that_was_not_offered_is_no_finding():
    """Else a peer could keep the doctor asking for ever."""
    peer = Peer(HELLO + b"\xc0\x2b\0\0\0\0\0\0", hang=False)
    found, _ = examine(uri(peer.port).replace("timeout_ms=5000", "timeout_ms=500"))
    verdict(found, "tls-ciphers", "unknown", "not all could be tried")
    check(len(peer.heard) < 20, str(len(peer.heard)))


@test
def a_peer_that_hangs_does_not_hang_the_doctor():
    """Who does not answer one handshake is not asked for another."""
    doctors.certificates()

    def hang(answer):
        peer = Peer(answer, hang=True)
        found, _ = examine(uri(peer.port).replace("timeout_ms=5000", "timeout_ms=500"))
        return found, len(peer.heard)

    with ThreadPoolExecutor() as pool:
        for found, heard in pool.map(hang, [b"", b"\x16\x03\x01"]):
            for name in ["tls-protocols", "tls-ciphers", "tls-ciphersuites", "certificate-chain"]:
                verdict(found, name, "unknown")
            equal(heard, 3)  # the connection, PING, a hello


if __name__ == "__main__":
    sys.exit(main())
