#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""taskseal doctor from outside: listeners, protocols, ciphers and certificates, each on a server that has the fault and on
its twin that has not."""

import json
import os
import re
import socket
import ssl
import subprocess
import sys
import threading

import doctors
import server
from doctors import examine, start, uri, verdict
from harness import OK, REFUSED, RETRY, SOURCE, TOOL, USAGE, Skip, bad, check, environment, equal, main, run, test, write


@test
def a_good_server_is_found_good():
    for program in doctors.programs():
        restricted = (f"user worker on >{server.PASSWORD} ~{{*}}:t:* +ping +config|get +info +acl|getuser +acl|dryrun"
                      " +acl|whoami")
        port = start(program, users=(doctors.CLOSED, restricted), more=["appendonly yes", f"dir {doctors.good_directory()}"])
        found, status = examine(uri(port))
        bad_ones = [name for name, one in found.items() if one["verdict"] in ("warn", "fail", "unknown")]
        equal(bad_ones, [] if doctors.has_dryrun(program) else ["user-rights"])  # some is never put into a transaction
        verdict(found, "user-rights", "info" if doctors.has_dryrun(program) else "unknown",
                ": CONFIG GET, ACL GETUSER")  # the doctor's own user needs them
        verdict(found, "connection", "ok", "127.0.0.1", "logged in as worker")
        verdict(found, "version", "info", "Redis " if "redis" in program else "Valkey")
        equal(status, OK)


@test
def a_listener_without_tls_is_found():
    for program in doctors.programs():
        for users, words in [((doctors.CLOSED, doctors.ALL), "-NOAUTH"), (("user default on nopass ~* +@all",
                                                                          doctors.ALL), "+PONG")]:
            plain = server.free_port()
            found, status = examine(uri(start(program, users=users, more=[f"port {plain}"])))
            verdict(found, "plaintext-listener", "fail", f"127.0.0.1:{plain}", words)
            check("port 0" in found["plaintext-listener"]["fix"], str(found["plaintext-listener"]))
            equal(status, REFUSED)
        found, _ = examine(uri(start(program)))
        verdict(found, "plaintext-listener", "ok", "no Redis protocol without TLS")


@test
def a_listener_that_the_server_does_not_tell_of_is_found_by_its_port():
    # As behind a user who may ask nothing, or a proxy without TLS.
    program = doctors.programs()[0]
    plain = server.start(program)
    text = uri(start(program))
    found, _ = examine(text)
    verdict(found, "plaintext-listener", "ok")
    found, _ = examine(text, "--plain-port", str(plain))
    verdict(found, "plaintext-listener", "fail", f"127.0.0.1:{plain}", "-NOAUTH")


@test
def the_default_port_is_probed_where_the_server_tells_no_port():
    """What answers there may be another server: that is unknown, and no fail."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", 6379))
        except OSError as error:
            raise Skip("something listens on port 6379") from error
    blind = f"user blind on >{server.PASSWORD} -@all +ping"
    port = start(doctors.programs()[0], users=(doctors.CLOSED, doctors.ALL, blind), more=["port 6379"])
    found, status = examine(uri(port, user="blind"))
    verdict(found, "plaintext-listener", "unknown", "127.0.0.1:6379 answers PING without TLS (-NOAUTH", "or another")
    equal(status, OK)
    found, _ = examine(uri(port, ca="other-ca"))
    verdict(found, "plaintext-listener", "unknown", "127.0.0.1:6379 answers PING without TLS (-NOAUTH", "or another")
    for text, more in [(uri(port, user="blind"), ("--plain-port", "6379")), (uri(port), ())]:  # told to be its
        found, _ = examine(text, *more)
        verdict(found, "plaintext-listener", "fail", "127.0.0.1:6379", "-NOAUTH")
    # To a server that tells its ports another one is no finding.
    found, _ = examine(uri(start(doctors.programs()[0])))
    verdict(found, "plaintext-listener", "ok")


@test
def addresses_that_are_not_looked_at_are_told():
    text = uri(start(doctors.programs()[0])).replace("@127.0.0.1:", "@localhost:")
    for more, expected, words in [("", "ok", "is all that localhost has"),
                                  ("127.0.0.2 localhost\n127.0.0.3 localhost\n", "info",
                                   "of the other addresses of localhost nothing is known: 127.0.0.2, 127.0.0.3")]:
        write("hosts", f"127.0.0.1 localhost\n{more}".encode(), 0o644)
        # A mount that only this process sees.
        shown = subprocess.run(["unshare", "--map-root-user", "--mount", "sh", "-c", 'mount --bind hosts /etc/hosts && "$@"', "sh",
                                TOOL, "doctor", "--json"], env=environment(TASKSEAL_URI=text), capture_output=True, check=False)
        if not shown.stdout and b"unshare" in shown.stderr:
            raise Skip("no namespaces here")
        found = {one["check"]: one for one in json.loads(shown.stdout)["findings"]}
        verdict(found, "addresses", expected, "127.0.0.1:", words)


@test
def a_server_without_tls_is_found():
    for program in doctors.programs():
        port = server.start(program)
        found, status = examine(uri(port).replace("timeout_ms=5000", "timeout_ms=500"))
        verdict(found, "connection", "fail")
        verdict(found, "plaintext-listener", "fail", f"127.0.0.1:{port}", "-NOAUTH")
        check("port 0" in found["plaintext-listener"]["fix"], str(found))
        equal(status, REFUSED)  # and not RETRY: that its port is silent in TLS does not pass
        check("user-rights" not in found, "a verdict on what could not be asked")


@test
def old_protocols_are_found():
    weak = {"certificate": "rsa", "strong": False}
    for program in doctors.programs():
        for protocol, words in [("TLSv1", "TLS 1.0"), ("TLSv1.1", "TLS 1.1")]:
            found, status = examine(uri(start(program, **weak, more=[
                f'tls-protocols "{protocol} TLSv1.2"', "tls-ciphers DEFAULT:@SECLEVEL=0"])))
            verdict(found, "tls-protocols", "fail", f"takes {words}")
            check("tls-protocols" in found["tls-protocols"]["fix"], str(found))
            equal(status, REFUSED)
        found, _ = examine(uri(start(program)))
        verdict(found, "tls-protocols", "ok", "SSL 3.0, TLS 1.0 and TLS 1.1")


@test
def weak_ciphers_are_found_one_by_one():
    some = ["AES128-SHA", "ECDHE-RSA-AES256-SHA384", "DHE-RSA-AES128-GCM-SHA256", "NULL-SHA256", "AECDH-AES128-SHA"]
    for program in doctors.programs():
        for names, expected in [(some, "fail"), (some[:3], "warn"), (some[:1], "warn")]:
            found, _ = examine(uri(start(program, certificate="rsa", strong=False, more=[
                'tls-protocols "TLSv1.2 TLSv1.3"',
                f"tls-ciphers ECDHE+AESGCM:{':'.join(names)}:@SECLEVEL=0"])))
            verdict(found, "tls-ciphers", expected)
            shown = re.sub(r" \(broken\)|takes ", "", found["tls-ciphers"]["evidence"]).split(", ")
            # A server without parameters for finite-field Diffie-Hellman takes none of it.
            equal(set(shown) | {some[2]}, set(names) | {some[2]})
        found, _ = examine(uri(start(program, certificate="rsa")))
        verdict(found, "tls-ciphers", "ok", "takes none")


@test
def ciphers_of_tls13_are_found_one_by_one():
    good = {"TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"}
    some = {"TLS_AES_128_GCM_SHA256", "TLS_AES_128_CCM_SHA256"}
    short = {"TLS_AES_128_GCM_SHA256", "TLS_AES_128_CCM_8_SHA256"}
    for program in doctors.programs():
        for names, expected in [(None, "ok"), (some, "ok"), (short, "warn")]:
            more = [f"tls-ciphersuites {':'.join(names)}"] if names else []
            found, _ = examine(uri(start(program, more=more, weak=True)))  # OpenSSL 3.2 takes that of the short tag for weak
            verdict(found, "tls-ciphersuites", expected)
            equal(set(found["tls-ciphersuites"]["evidence"].removeprefix("takes ").split(", ")), names or good)
        found, _ = examine(uri(start(program, strong=False, more=["tls-protocols TLSv1.2", f"tls-ciphers {doctors.STRONG}"])))
        verdict(found, "tls-ciphersuites", "info", "none of the 5 ciphers of TLS 1.3")


@test
def the_stock_configuration_of_tls_takes_old_ciphers():
    for program in doctors.programs():
        found, _ = examine(uri(start(program, certificate="rsa", strong=False)))
        verdict(found, "tls-ciphers", "warn", "ECDHE-RSA-AES128-SHA", "AES256-GCM-SHA384")
        check(" tls-ciphers " in found["tls-ciphers"]["fix"], str(found))


@test
def the_table_of_ciphers_is_that_of_openssl():
    """Every cipher up to TLS 1.2 that OpenSSL knows is ECDHE with AEAD, needs a shared secret, or stands in the table."""
    with open(os.path.join(SOURCE, "tools/doctor/probe/ciphers.c"), encoding="ascii") as file:
        table = {int(number, 16): name for number, name in re.findall(r'\{0x(\w{4}), \w+, "([^"]+)"\}', file.read())}
    check(len(table) > 100, str(len(table)))
    listed = subprocess.run(["openssl", "ciphers", "-V", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"], check=True,
                            capture_output=True, text=True).stdout
    known = re.findall(r"0x(..),0x(..) - (\S+) +(\S+) +Kx=(\S+) +Au=(\S+) +Enc=\S+ +Mac=(\S+)", listed)
    check(len(known) > 60, str(len(known)))
    for high, low, name, version, exchange, who, mac in known:
        if version == "TLSv1.3" or "PSK" in exchange + who or exchange == "SRP":
            continue
        strong = exchange in ("ECDH", "ECDHE") and who != "None" and mac == "AEAD"
        equal((name, table.get(int(high + low, 16))), (name, None if strong else name))


@test
def a_server_that_does_not_send_its_intermediate_is_found():
    # The connection itself is good: our cacert holds the intermediate, those of others may not.
    for program in doctors.programs():
        found, _ = examine(uri(start(program, certificate="below"), ca="ca-and-middle"))
        verdict(found, "connection", "ok")
        verdict(found, "certificate-chain", "fail", "CN=middle")
        found, _ = examine(uri(start(program, certificate="below-chain"), ca="ca-and-middle"))
        verdict(found, "certificate-chain", "ok", "2 sent", "CN=middle")


@test
def an_issuer_that_is_not_trusted_is_found():
    program = doctors.programs()[0]
    port = start(program)
    found, status = examine(uri(port, ca="other-ca"))
    verdict(found, "connection", "fail", "cert-untrusted")
    verdict(found, "certificate-chain", "fail", "no chain from CN=good")
    equal(status, REFUSED)
    found, _ = examine(uri(port))
    verdict(found, "certificate-chain", "ok")


@test
def days_to_expiry_are_counted_for_leaf_and_intermediate():
    for program in doctors.programs():
        for certificate, expected, name, days in [("soon", "warn", "soon", 20), ("now", "fail", "now", 5),
                                                  ("below-soon-chain", "warn", "middle-soon", 20),
                                                  ("good", "ok", "good", 90)]:
            found, _ = examine(uri(start(program, certificate=certificate)))
            verdict(found, "certificate-expiry", expected)
            # A certificate that was made this second has all of its days.
            left = re.search(rf"CN={name} has (\d+) days", found["certificate-expiry"]["evidence"])[1]
            check(int(left) in (days - 1, days), left)
    server.make_certificate("expired", "ca", "serverAuth", "IP:127.0.0.1", days=-1)
    found, status = examine(uri(start(program, certificate="expired")))
    verdict(found, "connection", "fail", "cert-expired")
    verdict(found, "certificate-expiry", "fail", "; CN=ca has")
    check(re.match("CN=expired expired [01] days ago; ", found["certificate-expiry"]["evidence"]), str(found))
    equal(status, REFUSED)


@test
def the_end_of_the_ca_is_told_too():
    """At which every client refuses, whatever the days of what the server sends; `connect` counts the same days."""
    doctors.certificates()
    server.make_ca("ending-ca", days=5)
    server.make_certificate("ending", "ending-ca", "serverAuth", "DNS:localhost,IP:127.0.0.1", days=90)
    port = start(doctors.programs()[0], certificate="ending")
    found, status = examine(uri(port, ca="ending-ca"))
    verdict(found, "connection", "ok")
    verdict(found, "certificate-expiry", "fail", "CN=ending has", "CN=ending-ca has")
    check("at every client" in found["certificate-expiry"]["fix"], str(found["certificate-expiry"]))
    equal(status, REFUSED)
    # The first second of a day can end between them.
    before, told, after = [json.loads(run(command, "--json", env=environment(TASKSEAL_URI=uri(port, ca="ending-ca"))).stdout)
                           for command in ["connect", "doctor", "connect"]]
    for key in ["days_to_expiry", "chain_days_to_expiry"]:
        check(before[key] >= told[key] >= after[key], f"{key}: {before}, {told[key]}, {after}")


@test
def every_cipher_stands_in_the_evidence():
    program = doctors.programs()[0]
    found, _ = examine(uri(start(program, certificate="rsa", strong=False, more=[
        'tls-protocols "TLSv1.2 TLSv1.3"', "tls-ciphers ALL:COMPLEMENTOFALL:@SECLEVEL=0"])))
    names = found["tls-ciphers"]["evidence"].replace(" (broken)", "").removeprefix("takes ").split(", ")
    check(len(names) > 25 and all(re.fullmatch(r"[A-Z0-9-]+", name) for name in names), str(names[-3:]))


@test
def weak_keys_and_signatures_are_found_where_the_connection_is_refused():
    weak = {"strong": False, "weak": True}
    for program in doctors.programs():
        found, _ = examine(uri(start(program, certificate="short", **weak)))
        verdict(found, "certificate-key", "fail", "RSA 1024 bits (weak)")
        verdict(found, "certificate-signature", "ok", "SHA256")
        found, _ = examine(uri(start(program, certificate="sha1", **weak)))
        verdict(found, "certificate-key", "ok", "EC 256 bits")
        verdict(found, "certificate-signature", "fail", "(weak)")
        found, _ = examine(uri(start(program)))
        verdict(found, "certificate-key", "ok", "EC 256 bits")
        verdict(found, "certificate-signature", "ok", "ecdsa-with-SHA256")


@test
def the_form_of_names_is_judged():
    program = doctors.programs()[0]
    for certificate, expected, words in [("nameless", "fail", "CN=nameless holds no name"), ("wild", "warn", "a wildcard"),
                                         ("good", "ok", "DNS:localhost, IP:127.0.0.1")]:
        text = uri(start(program, certificate=certificate))
        for host, name in [("localhost", "DNS:localhost"), ("127.0.0.1", "IP:127.0.0.1")]:
            found, _ = examine(text.replace("127.0.0.1", host))
            verdict(found, "certificate-names", expected, words)
            equal(found["certificate-names"]["fix"].endswith(f"subjectAltName={name}"), expected != "ok")


@test
def whether_client_certificates_are_demanded_is_tried():
    for program in doctors.programs():
        for protocols in ["TLSv1.2", "TLSv1.3"]:
            for kind, expected, words in [("no", "warn", "asks for none"), ("optional", "warn", "serves clients without"),
                                          ("yes", "ok", "a client without one is not served")]:
                port = start(program, client_certificates=kind, strong=False, more=[f"tls-protocols {protocols}"])
                found, _ = examine(uri(port))
                verdict(found, "client-certificates", expected, words)


@test
def reloading_of_certificates_is_told():
    """Valkey 9.1 is the first that reads them by itself, if it is told to; for older servers the way is told."""
    for program in doctors.programs():
        found, _ = examine(uri(start(program)))
        verdict(found, "certificate-reload", "info", "only when it is told to")
        if "tls-auto-reload-interval is 0" not in found["certificate-reload"]["evidence"]:
            check("CONFIG SET tls-cert-file" in found["certificate-reload"]["fix"], str(found["certificate-reload"]))
            continue
        found, _ = examine(uri(start(program, more=["tls-auto-reload-interval 60"])))
        verdict(found, "certificate-reload", "ok", "every 60 s")


# ---- No credentials before verification ----

class Recorder(threading.Thread):
    """A server that keeps all that clients send it, decrypted if it has a certificate, and answers nothing but NOAUTH."""

    words = b"-NOAUTH Authentication required.\r\n"

    def __init__(self, certificate=None):
        super().__init__(daemon=True)
        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.set_ciphers("DEFAULT:@SECLEVEL=0")
            self.context.verify_mode = ssl.CERT_OPTIONAL  # it asks for one, and takes clients without
            self.context.load_verify_locations(server.path("ca.pem"))
            self.context.load_cert_chain(server.path(f"{certificate}.pem"), server.path(f"{certificate}.key"))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.heard, self.shown = [], []
        self.start()

    def serve(self, connection):
        connection.settimeout(3)
        try:
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
                self.shown.append(connection.getpeercert())
            while data := connection.recv(65536):
                self.heard.append(data)
                connection.sendall(self.words)
        except OSError:
            pass
        finally:
            connection.close()

    def run(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def has(self, word):
        return word.encode() in b"".join(self.heard)


@test
def a_false_server_never_hears_credentials():
    doctors.certificates()
    for certificate in ["wrong", "nameless", "short", None]:
        false = Recorder(certificate)
        found, status = examine(uri(false.port, ca="ca"), "--plain-port", str(false.port))
        verdict(found, "connection", "fail")
        check(status in (REFUSED, RETRY), str(status))
        check(not false.has(server.PASSWORD) and not false.has("worker") and not false.has("AUTH"), str(false.heard))
        check(false.has("PING"), f"{certificate}: nothing was heard: {false.heard}")
        check(not any(false.shown), f"a client certificate was shown: {false.shown}")


@test
def a_true_server_does_hear_them():
    """The control of the test above: what it looks for is found where credentials do go."""
    doctors.certificates()
    true = Recorder("good")
    examine(uri(true.port))
    check(true.has(server.PASSWORD) and true.has("worker") and true.has("AUTH"), str(true.heard))
    check(any(true.shown) and not all(true.shown), f"probes show no certificate, and the connection does: {true.shown}")


@test
def a_listener_without_tls_never_hears_credentials():
    beside = Recorder()
    found, _ = examine(uri(start(doctors.programs()[0])), "--plain-port", str(beside.port))
    verdict(found, "plaintext-listener", "fail", str(beside.port))
    equal(beside.heard, [b"PING\r\n"])


@test
def what_a_peer_says_does_not_drive_the_terminal():
    beside = Recorder()
    beside.words = b"-NOAUTH \x1b[31m\xff\r\n"
    text = uri(start(doctors.programs()[0]))
    for arguments in [[], ["--json"]]:
        done = run("doctor", "--plain-port", str(beside.port), *arguments, env=environment(TASKSEAL_URI=text))
        check(b"-NOAUTH " in done.stdout and b"\x1b" not in done.stdout and b"\xff" not in done.stdout,
              repr(done.stdout))


# ---- How it is called ----

@test
def people_get_a_line_for_each_verdict():
    text = uri(start(doctors.programs()[0], client_certificates="no"))
    done = run("doctor", env=environment(TASKSEAL_URI=text))
    equal((done.returncode, done.stderr), (REFUSED, b""))
    lines = done.stdout.decode().split("\n\n")[0].splitlines()
    found, _ = examine(text)
    equal([line.split()[:2] for line in lines], [[one["verdict"], name] for name, one in found.items()])
    asks = next(line for line in lines if "client-certificates" in line)
    check(" | fix: " in asks and asks.endswith("in the configuration file: tls-auth-clients yes"), asks)
    counts = re.search(r"(\d+) fail, (\d+) warn, (\d+) unknown, (\d+) info, (\d+) ok\n$", done.stdout.decode())
    equal(sum(map(int, counts.groups())), len(lines))


@test
def nothing_listens_there():
    found, status = examine(uri(server.free_port()))
    verdict(found, "connection", "fail", "connect")
    equal(status, RETRY)


@test
def bad_arguments_are_told():
    bad(USAGE, "doctor: usage: no URI", "doctor")
    bad(USAGE, "doctor: usage: --plain-port takes the number of a port", "doctor", "--plain-port", "0", "rediss://h")
    bad(USAGE, "doctor: usage: --plain-port takes the number of a port", "doctor", "--plain-port", "65536", "rediss://h")
    bad(REFUSED, "doctor: uri-invalid: ", "doctor", "redis://h")
    errors = bad(USAGE, "doctor: usage: a password on the command line", "doctor", "rediss://u:hunter2@h")
    check("hunter2" not in errors, errors)
    write("uri", b"rediss://h\n", 0o644)
    bad(REFUSED, "doctor: file-permissions: ", "doctor", "--uri-file", "uri")


if __name__ == "__main__":
    sys.exit(main())
