# SPDX-License-Identifier: MIT
"""Certificates, and real servers that use them, for the tests of `taskseal connect`."""

import atexit
import os
import shutil
import socket
import subprocess
import tempfile
import time

from harness import Skip

PASSWORD = "hunter2-not-to-be-seen"
SERVERS = ["valkey-server", "redis-server"]

_directory = tempfile.mkdtemp(prefix="taskseal-connect-")
atexit.register(shutil.rmtree, _directory, True)


def path(name):
    return os.path.join(_directory, name)


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=_directory)


def make_ca(name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
            "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem",
            "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")


def make_certificate(name, ca, usage, alternative_names):
    """name.pem and name.key, signed by the CA."""
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
            "-keyout", f"{name}.key", "-out", f"{name}.csr")
    with open(path(f"{name}.ext"), "w", encoding="ascii") as file:
        file.write("basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
                   f"extendedKeyUsage={usage}\nsubjectAltName={alternative_names}\n"
                   "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")
    openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{ca}.pem", "-CAkey", f"{ca}.key", "-days", "30",
            "-CAcreateserial", "-extfile", f"{name}.ext", "-out", f"{name}.pem")


def make_certificates():
    make_ca("ca")
    make_ca("other-ca")
    make_certificate("right", "ca", "serverAuth", "DNS:localhost,IP:127.0.0.1")
    make_certificate("wrong", "ca", "serverAuth", "DNS:evil.example.com")
    make_certificate("client", "ca", "clientAuth", "DNS:worker")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _stop(process):
    process.terminate()
    process.wait()


def start(program, *, certificate=None, client_certificates="no"):
    """Starts a server on a free loopback port, over TLS alone if it gets a certificate; gives the port."""
    port = free_port()
    directory = tempfile.mkdtemp(dir=_directory)
    lines = ["bind 127.0.0.1", 'save ""', "appendonly no", f"dir {directory}", "user default off",
             f"user worker on >{PASSWORD} ~* +@all"]
    if certificate is None:
        lines += [f"port {port}"]
    else:
        lines += ["port 0", f"tls-port {port}", f"tls-cert-file {path(certificate)}.pem",
                  f"tls-key-file {path(certificate)}.key", f"tls-ca-cert-file {path('ca.pem')}",
                  f"tls-auth-clients {client_certificates}"]
    configuration = os.path.join(directory, "server.conf")
    with open(configuration, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
    with open(os.path.join(directory, "log"), "wb") as log:
        process = subprocess.Popen([program, configuration], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    atexit.register(_stop, process)
    deadline = time.monotonic() + 30
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return port
        if process.poll() is not None or time.monotonic() > deadline:
            with open(os.path.join(directory, "log"), encoding="utf-8", errors="replace") as log:
                raise RuntimeError(f"{program} does not answer: {log.read()}")
        time.sleep(0.02)


def program():
    """The server to use where one is enough."""
    for name in SERVERS:
        if found := shutil.which(name):
            return found
    raise Skip("neither valkey-server nor redis-server is installed")
