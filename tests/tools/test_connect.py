#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""taskseal connect: real servers, good and bad; and where the URI may come from."""

import base64
import functools
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading

import server
from harness import (FILE, MANUAL, REFUSED, RETRY, USAGE, Skip, bad, check, environment, equal, good, main, run,
                     test, write)


@functools.cache
def certificates():
    server.make_certificates()


@functools.cache
def port_of(kind):
    """The port of a server of this kind, started when it is first asked for."""
    certificates()
    settings = {"right": {"certificate": "right"}, "wrong": {"certificate": "wrong"}, "plain": {},
                "mutual": {"certificate": "right", "client_certificates": "yes"}}
    return server.start(server.program(), **settings[kind])


def uri(kind, *, host="localhost", password=server.PASSWORD, ca="ca", more=""):
    return (f"rediss://worker:{password}@{host}:{port_of(kind)}/?cacert={server.path(ca)}.pem"
            f"&timeout_ms=5000{more}")


def from_environment(text):
    return environment(TASKSEAL_URI=text)


def details(text):
    """What connect prints of a good connection, as a dictionary."""
    return json.loads(good("connect", "--json", env=from_environment(text)))


def refused(status, name, text, *arguments):
    """A connection that must fail, with whether retrying helps; gives standard error."""
    errors = bad(status, f"connect: {name}: ", "connect", *arguments, env=from_environment(text))
    hint = "retrying can help" if status == RETRY else "retrying can't help"
    equal(len(errors.splitlines()), 2)
    check(errors.splitlines()[1].startswith(f"taskseal: connect: {hint}"), errors)
    check(server.PASSWORD not in errors, "the password")
    return errors


@test
def a_good_server_is_verified_and_described():
    found = details(uri("right"))
    check(re.fullmatch(r"TLSv1\.[23]", found["protocol"]), str(found))
    check(found["cipher"] and found["group"], str(found))
    equal((found["verified"], found["expected_name"], found["matched_name"]), (True, "localhost", "localhost"))
    equal((found["user"], found["server"]), ("worker", f"localhost:{port_of('right')}"))
    equal((found["client_certificate"], found["days_to_expiry"] in (29, 30)), (False, True))
    check(found["chain_days_to_expiry"] in (29, 30), str(found))
    check("DNS:localhost" in found["names"].split(", "), found["names"])
    check("CN" in found["issuer"] and "ca" in found["issuer"], found["issuer"])
    check(found["handshake_us"] > 0, str(found))


@test
def the_public_key_hash_is_that_of_openssl():
    found = details(uri("right"))
    public = subprocess.run(["openssl", "x509", "-in", server.path("right.pem"), "-noout", "-pubkey"], check=True,
                            capture_output=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=public, check=True,
                         capture_output=True).stdout
    equal(found["spki_sha256"], base64.b64encode(hashlib.sha256(der).digest()).decode())


@test
def people_are_told_the_same():
    text = good("connect", env=from_environment(uri("right"))).decode()
    check(text.startswith("verified: "), text)
    lines = dict(re.split("  +", line, 1) for line in text.splitlines() if "  " in line)
    equal((lines["ACL user"], lines["matched name"], lines["client certificate"]), ("worker", "localhost", "none"))
    equal(lines["SPKI SHA-256"], details(uri("right"))["spki_sha256"])
    check(server.PASSWORD not in text, "the password")


@test
def every_server_program_is_verified_alike():
    programs = [found for name in server.SERVERS if (found := shutil.which(name))]
    if not programs:
        raise Skip("no server is installed")
    certificates()
    for program in programs:
        port = server.start(program, certificate="right")
        text = f"rediss://worker:{server.PASSWORD}@localhost:{port}/?cacert={server.path('ca.pem')}"
        equal(details(text)["verified"], True)


@test
def a_server_may_be_verified_by_its_address():
    equal(details(uri("right", host="127.0.0.1"))["matched_name"], "127.0.0.1")


@test
def a_wrong_host_is_refused_with_the_names_it_has():
    errors = refused(REFUSED, "name-mismatch", uri("wrong"))
    check("evil.example.com" in errors and "localhost" in errors, errors)


@test
def an_expected_name_can_be_given():
    found = details(uri("wrong", more="&name=evil.example.com"))
    equal((found["expected_name"], found["matched_name"]), ("evil.example.com", "evil.example.com"))
    refused(REFUSED, "name-mismatch", uri("right", more="&name=evil.example.com"))


@test
def an_unknown_ca_is_refused():
    refused(REFUSED, "cert-untrusted", uri("right", ca="other-ca"))


@test
def a_plaintext_server_is_refused():
    # It waits for the end of a line, and so for ever, unless a random byte of the handshake is one.
    text = uri("plain").replace("timeout_ms=5000", "timeout_ms=500")
    done = run("connect", env=from_environment(text))
    check((done.returncode, done.stderr.split(b": ")[2]) in [(RETRY, b"timeout"), (REFUSED, b"not-tls")],
          repr(done.stderr))
    hints = [b"the server is silent, as one without TLS on this port can be", b"does not speak TLS on this port"]
    check(any(hint in done.stderr for hint in hints), repr(done.stderr))
    equal(done.stdout, b"")


@test
def a_server_that_answers_in_plaintext_is_refused():
    certificates()
    with socket.create_server(("127.0.0.1", 0)) as plain:

        def answer():
            connection, _ = plain.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"-ERR unknown command\r\n")
                connection.recv(65536)

        answerer = threading.Thread(target=answer)
        answerer.start()
        port = plain.getsockname()[1]
        refused(REFUSED, "not-tls", f"rediss://127.0.0.1:{port}/?cacert={server.path('ca.pem')}")
        answerer.join()


@test
def a_wrong_password_is_refused_and_not_repeated():
    errors = refused(REFUSED, "auth-refused", uri("right", password="guess-7351"))
    check("guess-7351" not in errors, errors)


@test
def a_client_certificate_is_presented_where_one_is_given():
    pair = f"&cert={server.path('client.pem')}&key={server.path('client.key')}"
    equal(details(uri("mutual", more=pair))["client_certificate"], True)
    refused(REFUSED, "client-cert-required", uri("mutual"))


@test
def a_port_without_a_server_may_be_retried():
    certificates()
    port = server.free_port()
    refused(RETRY, "connect", f"rediss://localhost:{port}/?cacert={server.path('ca.pem')}")


@test
def a_silent_server_is_given_up_at_the_deadline():
    certificates()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        refused(RETRY, "timeout", f"rediss://127.0.0.1:{port}/?cacert={server.path('ca.pem')}&timeout_ms=300")


@test
def a_plaintext_scheme_is_refused():
    refused(REFUSED, "uri-invalid", f"redis://worker:{server.PASSWORD}@localhost/?cacert=system")


@test
def a_missing_ca_file_is_refused():
    refused(REFUSED, "trust-config", "rediss://localhost/?cacert=none.pem")


@test
def a_failure_is_told_in_json_too():
    done = run("connect", "--json", env=from_environment(uri("wrong")))
    equal(done.returncode, REFUSED)
    found = json.loads(done.stdout)
    check("evil.example.com" in found.pop("message"), done.stdout)
    equal(found, {"verified": False, "error": "name-mismatch", "retryable": False})


@test
def a_uri_that_can_not_be_read_is_told_in_json_too():
    write("open", b"rediss://x@h", 0o644)
    for arguments, status, name, message in [
            (["--uri-file", "none"], FILE, "file", "can't open none: No such file or directory"),
            (["--uri-file", "open"], REFUSED, "file-permissions", "others can read or change open: chmod 600 it"),
            ([], USAGE, "usage", "no URI: give one, or --uri-file FILE, or --uri-fd N, or set TASKSEAL_URI"),
            (["rediss://x:hunter2@h"], USAGE, "usage", None)]:
        done = run("connect", "--json", *arguments)
        found = json.loads(done.stdout)
        equal((done.returncode, found["verified"], found["error"], found["retryable"]), (status, False, name, False))
        check(done.stderr.decode().startswith(f"taskseal: connect: {name}: {found['message']}"), repr(done.stderr))
        check(b"hunter2" not in done.stdout + done.stderr, repr(done))
        equal(found["message"], message or found["message"])
        equal(run("connect", *arguments).stdout, b"")


@test
def every_key_of_the_json_is_documented_and_the_reverse():
    with open(MANUAL, encoding="utf-8") as file:
        section = file.read().split("\n.Sh JSON\n")[1].split("\n.Ss connect\n")[1].split("\n.S")[0]
    documented = set(re.findall(r"\w+", " ".join(re.findall(r"^\.(?:It )?Va ([\w ,]+)", section, re.M))))
    failure = json.loads(run("connect", "--json", env=from_environment("redis://h")).stdout)
    equal(documented, set(details(uri("right"))) | set(failure))


# ---- Where the URI comes from -----------------------------------------------------------------------


@test
def a_password_on_the_command_line_is_refused_with_the_remedy():
    for text in [uri("right"), "rediss://:hunter2@host", "rediss://u:hunter2@host:6379/?cacert=x", "u:hunter2@host",
                 "rediss://u:hun/ter2@host", "rediss://u:@host"]:
        errors = bad(USAGE, "connect: usage: a password on the command line", "connect", text)
        check("--uri-file" in errors and "TASKSEAL_URI" in errors, errors)
        check("hunter2" not in errors and "ter2" not in errors, errors)


@test
def a_uri_with_credentials_given_as_a_file_or_descriptor_is_refused_and_not_repeated():
    for text in ["rediss://app:hunter2@h", "rediss://hunter2@h", "tskek1_hunter2"]:
        for option, wanted in [("--uri-file", "the path of a file that holds the URI"),
                               ("--uri-fd", "the number of an open file descriptor")]:
            errors = bad(USAGE, f"connect: usage: {option} takes {wanted}, not what was given (not shown: it looks "
                         "like a secret): keep secrets in files", "connect", option, text)
            check("ter2" not in errors and "tskek1_" not in errors, errors)


@test
def a_uri_without_a_password_may_stand_on_the_command_line():
    pair = f"&cert={server.path('client.pem')}&key={server.path('client.key')}"
    text = f"rediss://localhost:{port_of('mutual')}/?cacert={server.path('ca.pem')}{pair}"
    done = run("connect", text)
    equal((done.returncode, done.stdout), (REFUSED, b""))
    # The server lets nobody in without a password: that it says so took a verified connection.
    check(re.match(rb"taskseal: connect: (auth-refused|no-permission|server-error): ", done.stderr),
          repr(done.stderr))


@test
def a_file_that_others_can_not_read_is_taken():
    for text in [uri("right"), uri("right") + "\n"]:
        write("uri", text.encode())
        check(good("connect", "--uri-file", "uri").startswith(b"verified: "), "not verified")


@test
def a_file_that_others_can_read_is_refused():
    write("uri", uri("right").encode())
    for mode in [0o640, 0o604, 0o620, 0o602, 0o610]:
        os.chmod("uri", mode)
        bad(REFUSED, "connect: file-permissions: others can read or change uri: chmod 600 it", "connect",
            "--uri-file", "uri")
    os.chmod("uri", 0o400)
    good("connect", "--uri-file", "uri")


@test
def a_file_that_is_no_regular_file_is_refused():
    os.mkfifo("fifo", 0o600)
    bad(REFUSED, "connect: file-permissions: fifo is not a regular file", "connect", "--uri-file", "fifo")


@test
def a_missing_file_is_a_file_error():
    bad(FILE, "connect: file: can't open none: No such file", "connect", "--uri-file", "none")


@test
def a_file_that_holds_no_uri_is_refused():
    for content in [b"", b"\n", b"rediss://h\0", b"x" * 8193]:
        write("uri", content)
        bad(REFUSED, "connect: uri-invalid: ", "connect", "--uri-file", "uri")


@test
def a_descriptor_is_taken():
    reader, writer = os.pipe()
    os.write(writer, uri("right").encode())
    os.close(writer)
    shown = good("connect", "--uri-fd", str(reader), pass_fds=[reader])
    os.close(reader)
    check(shown.startswith(b"verified: "), repr(shown))


@test
def a_descriptor_that_is_none_is_a_usage_error():
    bad(USAGE, "connect: usage: --uri-fd: descriptor 99 is not open", "connect", "--uri-fd", "99")
    for text in ["", "x", "-1", "3x", "99999999999"]:
        bad(USAGE, "connect: usage: --uri-fd takes the number of an open file descriptor", "connect",
            f"--uri-fd={text}")


@test
def what_is_given_goes_before_the_environment():
    write("uri", b"redis://h")
    bad(REFUSED, "connect: uri-invalid: ", "connect", "--uri-file", "uri", env=from_environment(uri("right")))


@test
def one_uri_must_be_given():
    bad(USAGE, "connect: usage: no URI", "connect")
    bad(USAGE, "connect: usage: no URI", "connect", env=from_environment(""))
    bad(USAGE, "connect: usage: give one of URI, --uri-file and --uri-fd", "connect", "rediss://h", "--uri-fd", "0")
    bad(USAGE, "connect: usage: give at most one URI", "connect", "rediss://h", "rediss://u:hunter2@h")


if __name__ == "__main__":
    sys.exit(main())
