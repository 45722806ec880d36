# SPDX-License-Identifier: MIT
"""Certificates, and real servers that use them, for the tests of the commands that connect."""

import atexit
import contextlib
import os
import random
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


def make_ca(name, *, days=90):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", str(days),
            "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem",
            "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")


EC = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")


def make_certificate(name, ca, usage, alternative_names, *, days=30, key=EC, digest="sha256"):
    """name.pem and name.key, signed by the CA; usage None: an intermediate CA."""
    openssl("req", "-newkey", *key, "-nodes", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
    lines = ["subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid"]
    if usage is None:
        lines += ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"]
    else:
        lines += ["basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature,keyEncipherment",
                  f"extendedKeyUsage={usage}"]
    if alternative_names:
        lines += [f"subjectAltName={alternative_names}"]
    with open(path(f"{name}.ext"), "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
    openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{ca}.pem", "-CAkey", f"{ca}.key", "-days", str(days),
            f"-{digest}", "-CAcreateserial", "-extfile", f"{name}.ext", "-out", f"{name}.pem")


def make_certificates():
    make_ca("ca")
    make_ca("other-ca")
    make_certificate("right", "ca", "serverAuth", "DNS:localhost,IP:127.0.0.1")
    make_certificate("wrong", "ca", "serverAuth", "DNS:evil.example.com")
    make_certificate("client", "ca", "clientAuth", "DNS:worker")


def free_port():
    """Of those that the system does not give to connections: one of these could take it before the server does."""
    for port in random.sample(range(20000, 32000), 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no port is free")


def _stop(process):
    process.terminate()
    process.wait()


def _weak_openssl():
    with open(path("weak.cnf"), "w", encoding="ascii") as file:
        file.write("openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\n"
                   "CipherString = DEFAULT:@SECLEVEL=0\n")
    return path("weak.cnf")


USERS = ("user default off", f"user worker on >{PASSWORD} ~* +@all")


def start(program, *, certificate=None, client_certificates="no", users=USERS, more=(), weak=False, port=None):
    """Starts a server on a free loopback port, over TLS alone if it gets a certificate; gives the port. `more` lines go
    before its others, of which those are left out that they set; `weak`: OpenSSL lets it use weak keys too."""
    port = port or free_port()
    directory = tempfile.mkdtemp(dir=_directory)
    given = {line.split()[0] for line in more}
    lines = [line for line in ["bind 127.0.0.1", 'save ""', "appendonly no", f"dir {directory}"]
             if line.split()[0] not in given]
    lines += [*more, *users]
    if certificate is None:
        lines += [f"port {port}"]
    else:
        lines += [] if "port" in given else ["port 0"]
        lines += [f"tls-port {port}", f"tls-cert-file {path(certificate)}.pem",
                  f"tls-key-file {path(certificate)}.key", f"tls-ca-cert-file {path('ca.pem')}",
                  f"tls-auth-clients {client_certificates}"]
    configuration = os.path.join(directory, "server.conf")
    with open(configuration, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
    env = dict(os.environ, OPENSSL_CONF=_weak_openssl()) if weak else None
    with open(os.path.join(directory, "log"), "wb") as output:
        process = subprocess.Popen([program, configuration], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                   env=env)
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
