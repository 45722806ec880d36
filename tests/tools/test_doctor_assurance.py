#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""taskseal doctor gives no false assurance: what is not known is not ok, on real servers and on peers made to deceive."""

import os
import resource
import socket
import ssl
import sys
import threading

import doctors
import server
from client import Client
from doctors import HELPER, examine, lines, start, uri, verdict
from harness import REFUSED, RETRY, check, environment, equal, main, run, test
from memory import MIB, private_limit, sanitized


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
        self.answer, self.stay = answer, stay
        super().__init__()

    def serve(self, connection):
        connection.sendall(self.answer(connection.recv(65536)))
        while self.stay and connection.recv(65536):
            pass


class Forwarder(Peer):
    """Another address of a server, by which one port of it is reached and no other."""

    host = "127.0.0.2"

    def __init__(self, to):
        self.to = to
        super().__init__()

    def serve(self, connection):
        with socket.create_connection(("127.0.0.1", self.to)) as other:
            threading.Thread(target=self.pump, args=(other, connection), daemon=True).start()
            self.pump(connection, other)

    @staticmethod
    def pump(source, to):
        try:
            while data := source.recv(65536):
                to.sendall(data)
        except OSError:
            pass  # a reset ends it as well
        try:
            to.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class Verified(Peer):
    """A server that proves its name, and then answers each command as it likes: from the first of `answers` that it
    begins with, or +OK; None: it closes."""

    def __init__(self, answers, certificates=("good",)):
        doctors.certificates()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        for name in certificates:  # one for each kind of key
            self.context.load_cert_chain(server.path(f"{name}.pem"), server.path(f"{name}.key"))
        self.answers = {"PING": b"+PONG\r\n", "ACL WHOAMI": b"$6\r\nworker\r\n", **answers}
        self.heard = []
        super().__init__()

    def serve(self, connection):
        with self.context.wrap_socket(connection, server_side=True) as tls, tls.makefile("rb") as file:
            while line := file.readline():
                words = [line.strip()]
                if line[:1] == b"*":
                    words = [file.read(int(file.readline()[1:]) + 2)[:-2] for _ in range(int(line[1:]))]
                command = b" ".join(words).decode()
                self.heard.append(command)
                answer = next((self.answers[begin] for begin in self.answers if command.startswith(begin)), b"+OK\r\n")
                if answer is None:
                    return
                tls.sendall(answer)


# ---- Handshakes ----

@test
def a_peer_that_refuses_every_handshake_proves_nothing():
    for answer in [b"", b"\x15\x03\x01\0\2\2\x28"]:
        found, _ = examine(uri(Says(lambda _, answer=answer: answer).port).replace("timeout_ms=5000", "timeout_ms=500"))
        verdict(found, "tls-protocols", "unknown", "refuses a hello with good ciphers too")
        verdict(found, "tls-ciphers", "unknown", "refuses a hello with good ciphers too")
        verdict(found, "tls-ciphersuites", "unknown", "refuses a hello with good ciphers too")


@test
def a_server_of_tls_1_3_alone_refuses_for_the_version():
    for program in doctors.programs():
        found, _ = examine(uri(start(program, strong=False, more=['tls-protocols "TLSv1.3"'])))
        verdict(found, "tls-protocols", "ok", "each offered alone")
        verdict(found, "tls-ciphers", "ok", "takes none")


def first_of(hello):
    """A warning that the name is not known, and then a ServerHello with the version and first cipher that were offered."""
    return b"\x15\x03\x01\0\2\1\x70" + b"\x16\x03\x01\0\x2a\x02\0\0\x26" + hello[9:11] + bytes(32) + b"\0" + hello[46:48] + b"\0"


@test
def a_warning_before_the_answer_is_no_refusal():
    found, _ = examine(uri(Says(first_of).port).replace("timeout_ms=5000", "timeout_ms=500"))
    verdict(found, "tls-protocols", "fail", "takes SSL 3.0; takes TLS 1.0; takes TLS 1.1")
    verdict(found, "tls-ciphers", "fail", "takes NULL-MD5 (broken)")


@test
def a_rare_kind_of_key_hides_no_cipher():
    doctors.certificates()
    server.make_certificate("pss", "ca", "serverAuth", "DNS:localhost,IP:127.0.0.1", days=90,
                            key=("rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"))
    found, _ = examine(uri(start(doctors.programs()[0], certificate="pss", strong=False)))
    verdict(found, "tls-ciphers", "warn", "ECDHE-RSA-AES128-SHA")


@test
def a_second_certificate_of_another_kind_is_looked_at():
    """A proxy may have one of ECDSA, which we get, and one of RSA, which others get."""
    doctors.certificates()
    server.make_certificate("rsa-now", "ca", "serverAuth", "DNS:localhost,IP:127.0.0.1", days=5, key=("rsa:2048",))
    for certificates in [("good", "rsa-now"), ("now", "rsa")]:
        found, _ = examine(uri(Verified({}, certificates).port))
        verdict(found, "certificate-expiry", "fail", *(f"CN={name} has" for name in certificates))
        verdict(found, "certificate-key", "ok", "EC 256 bits", "RSA 2048 bits")
    found, _ = examine(uri(Verified({}, ("good", "rsa")).port))
    verdict(found, "certificate-expiry", "ok", "CN=good has", "CN=rsa has")


@test
def the_name_in_a_certificate_gives_no_advice():
    doctors.certificates()
    name = "evil | fix: run what evil.example.com says"
    server.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                   "-keyout", "advice.key", "-out", "advice.pem")
    text = uri(Verified({}, ("advice",)).port)
    shown = run("doctor", env=environment(TASKSEAL_URI=text)).stdout.decode()
    check("evil / fix: run what" in shown and "| fix: run what" not in shown, shown)
    verdict(examine(text)[0], "certificate-chain", "fail", name)


# ---- Listeners and connections ----

@test
def a_plain_port_that_can_not_be_reached_is_told():
    """As behind NAT, or in a container: from here there is none, and the server has one."""
    for program in doctors.programs():
        plain = server.free_port()
        for more, expected, words in [([f"port {plain}"], "warn", f"says that it listens without TLS on port {plain}"),
                                      ([], "ok", "no Redis protocol without TLS")]:
            address = Forwarder(start(program, more=more)).port
            text = uri(address).replace("127.0.0.1", Forwarder.host) + "&name=localhost"
            verdict(examine(text)[0], "plaintext-listener", expected, words)


@test
def a_listener_that_is_silent_is_unknown():
    silent = Says(lambda _: b"", stay=True)
    found, _ = examine(uri(start(doctors.programs()[0])), "--plain-port", str(silent.port))
    verdict(found, "plaintext-listener", "unknown", f"127.0.0.1:{silent.port} says nothing")


@test
def a_connection_that_is_lost_is_no_clean_report():
    found, status = examine(uri(Verified({"CONFIG": None}).port))
    verdict(found, "connection", "fail", "it was lost before all was asked")
    equal(status, RETRY)


# ---- Rights ----

@test
def a_user_of_one_queue_who_reaches_another_is_found():
    default, line = lines("producer", "examples", "--queue", "mail")
    how = ("--role", "producer", "--test", "--acl-user", "producer", "--queue", "mail")
    for more, expected in [("", "ok"), (" ~{*}:t:*", "warn"), (" ~{*}:pending", "warn")]:
        found, _ = examine(uri(start(doctors.with_dryrun()[0], users=(default, line + more, HELPER)), user="helper"), *how)
        verdict(found, "role-needs", "ok")
        verdict(found, "role-excess", expected, *([more[2:].replace("*", "taskseal-doctor", 1).replace("*", "x")] if more else []))


@test
def rights_that_hold_on_one_key_alone_are_found():
    how = ("--role", "producer", "--test", "--acl-user", "producer")
    for program in doctors.with_dryrun():
        default, line = lines("producer", "examples")
        reads = line.replace("~{*}:pending", "%R~{*}:pending")
        found, _ = examine(uri(start(program, users=(default, reads, HELPER)), user="helper"), *how)
        verdict(found, "role-needs", "fail", "lpush", "on {taskseal-doctor}:pending")
        found, _ = examine(uri(start(program, users=(default, line + " (+del ~{*}:pending)", HELPER)), user="helper"), *how)
        verdict(found, "role-needs", "ok")
        verdict(found, "role-excess", "warn", "del on {taskseal-doctor}:pending")
        found, _ = examine(uri(start(program, users=(default, line + " +unlink", HELPER)), user="helper"), *how)
        verdict(found, "role-excess", "warn", "unlink")


@test
def who_may_write_any_key_is_found_though_he_may_not_read_it():
    for rights, word in [("(+del ~*)", "DEL"), ("(+lrange ~*)", "LRANGE"), ("%W~* +set", "SET")]:
        user = f"user worker on >{server.PASSWORD} ~{{*}}:t:* -@all +ping +acl|dryrun {rights}"
        found, _ = examine(uri(start(doctors.with_dryrun()[0], users=(doctors.CLOSED, user))))
        verdict(found, "user-keys", "warn", f"may run {word} on keys")


@test
def a_queue_that_is_there_is_never_in_a_transaction():
    """Not even in one that is to be forgotten: a proxy might run it."""
    peer = Verified({"ACL DRYRUN": b"-NOPERM no\r\n", "INFO": b"-NOPERM no\r\n", "CONFIG": b"-NOPERM no\r\n"})
    found, _ = examine(uri(peer.port), "--role", "worker", "--test", "--queue", "mail")
    verdict(found, "role-needs", "unknown")
    asked = [command for command in peer.heard if "{mail}" in command and not command.startswith("ACL DRYRUN")]
    equal(asked, [])
    check("MULTI" in peer.heard, "it tried no transaction at all")


@test
def who_logs_in_for_everybody_is_found():
    """As a proxy that adds a password of its own."""
    peer = Verified({"ACL GETUSER": b"*4\r\n$5\r\nflags\r\n*1\r\n$3\r\noff\r\n$8\r\ncommands\r\n$5\r\n-@all\r\n"})
    text = uri(peer.port).replace(f"&cert={server.path('client.pem')}&key={server.path('client.key')}", "")
    found, status = examine(text)
    verdict(found, "default-user", "fail", "is served, as worker")
    equal(status, REFUSED)


# ---- Configuration ----

@test
def every_form_of_all_addresses_is_found():
    for bind in ["0", "127.0.0.1 ::0", "127.0.0.1 0:0:0:0:0:0:0:0"]:
        found, _ = examine(uri(start(doctors.programs()[0], more=[f"bind {bind}"])))
        verdict(found, "bind", "warn", "every interface")


@test
def replicas_that_may_come_without_tls_are_told():
    """tls-replication is about the connections that a server makes itself."""
    program = doctors.programs()[0]
    plain = server.free_port()
    primary = start(program, more=["tls-replication yes", "repl-diskless-sync-delay 0", f"port {plain}"])
    start(program, more=["tls-replication no", "masteruser worker", f"masterauth {server.PASSWORD}",
                         f"replicaof 127.0.0.1 {plain}"])
    Client(primary, "worker").wait_for(b"connected_slaves:1", "INFO", "replication")
    found, _ = examine(uri(primary))
    verdict(found, "replication-tls", "warn", f"may come by the port without TLS, {plain}")


@test
def replication_of_which_nothing_is_told_is_unknown():
    user = f"user worker on >{server.PASSWORD} -@all +ping +config|get"
    found, _ = examine(uri(start(doctors.programs()[0], users=(doctors.CLOSED, user), more=["tls-replication no"])))
    verdict(found, "replication-tls", "unknown", "INFO")


# ---- Payloads ----

def payloads(port, *arguments, **options):
    return run("doctor", "--payloads", *arguments, env=environment(TASKSEAL_URI=uri(port)), **options)


@test
def a_collection_that_is_looked_into_in_part_is_a_sample():
    port = start(doctors.programs()[0])
    admin = Client(port, "worker")
    for _ in range(15):
        admin.call("RPUSH", "jobs", "\x01TSL")
    shown = payloads(port, "--match", "jobs").stdout
    check(b"a sample" not in shown, repr(shown))
    for _ in range(100):
        admin.call("RPUSH", "jobs", "4111111111111111")
    shown = payloads(port, "--match", "jobs").stdout
    check(b"a sample" in shown and b"of 1 collections the first elements only" in shown, repr(shown))


@test
def a_payload_in_another_field_is_not_ok():
    port = start(doctors.programs()[0])
    Client(port, "worker").call("HSET", "{mail}:t:1", "payload", "4111111111111111")
    found, _ = examine(uri(port), "--payloads")
    verdict(found, "payloads", "unknown", "1 keys without a payload where the layout has it")


@test
def a_type_that_is_not_known_is_not_ok():
    peer = Verified({"SCAN": b"*2\r\n$1\r\n0\r\n*1\r\n$1\r\na\r\n", "TYPE": b"+ReJSON-RL\r\n"})
    found, _ = examine(uri(peer.port), "--payloads", "--match", "*")
    verdict(found, "payloads", "unknown", "1 could not be read")


@test
def a_payload_made_to_keep_the_doctor_busy_does_not():
    """Processor time grows with the length, and not with its square: seconds, where it were minutes."""
    port = start(doctors.programs()[0])
    Client(port, "worker").call("HSET", "{mail}:t:1", "sealed", "x" + "eyJ" * 349000)
    shown = payloads(port, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (20, 20)))
    check(b"1 in plaintext" in shown.stdout, f"{shown.returncode} {shown.stdout}")


@test
def elements_that_are_too_large_are_given_up():
    """Their size can't be asked for first; and the next key is looked into all the same."""
    port = start(doctors.programs()[0])
    admin = Client(port, "worker")
    admin.call("EVAL", "local v = string.rep('x', 8388608) for i = 1, 16 do redis.call('RPUSH', 'jobs', v) end "
               "for i = 1, 9 do redis.call('SET', 'jobs' .. i, 'a@example.com') end return 1", "0")
    limit = {} if sanitized() else {"preexec_fn": private_limit(100 * MIB)}
    shown = payloads(port, "--match", "jobs*", **limit).stdout
    check(b"9 with what looks like a mail" in shown and b"1 of more than 1 MiB" in shown, repr(shown))


@test
def a_scan_without_end_is_ended():
    peer = Verified({"SCAN": b"*2\r\n$1\r\n7\r\n*0\r\n", "INFO": b"$0\r\n\r\n"})
    shown = payloads(peer.port, "--rate", "0")
    check(b"0 payloads in 0 keys, a sample" in shown.stdout, repr(shown))


if __name__ == "__main__":
    sys.exit(main())
