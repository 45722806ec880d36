#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A TLS-only Valkey or Redis to try things on: certificates, ACL users, configuration, and a small client.

    lab.py pki DIR                        a CA, server certificates (one for another host) and a client certificate
    lab.py acl DIR                        users.acl, and each role's password in DIR/password.ROLE
    lab.py config DIR NAME KIND           DIR/NAME.conf on a free port, which is printed; KIND: tls, wrong-host, plain
    lab.py uris DIR PORT                  DIR/uri.ROLE for each role, for that port
    lab.py wait PORT                      until something listens there
    lab.py call DIR PORT ROLE WORD...     one command; prints the reply's bytes

script/demo and tests/e2e use it. Everything secret is in files of mode 0600.
"""
import contextlib
import hashlib
import os
import pathlib
import random
import secrets
import socket
import ssl
import subprocess
import sys
import time
import urllib.parse

# What each program may do, and not a command or key more. EVAL lets a user run a script, and every command
# inside is checked against the same rules.
ACL = {
    "producer": "~{*}:t:* ~{*}:pending +eval +exists +hget +hset +lpush",
    "worker": "~{*}:t:* ~{*}:pending ~{*}:active ~{*}:delayed ~{*}:dead ~{*}:m:* +eval +time +zrangebyscore"
              " +zadd +zrem +zcard +zscore +lpush +rpush +rpop +lindex +type +hget +hmget +hset +hdel +hincrby"
              " +get +set +del",
    "rotate": "~{*}:t:* +info +scan +eval +hstrlen +hget +hset",
    "report": "%R~{*}:t:* +scan +dbsize +type +hscan",
    "observer": "+monitor",
    "operator": "+save +info +dbsize +shutdown ~{*}:dead ~{*}:t:* +lrange +hget +client|kill",
    "intruder": "~* +@read +@write +eval",
}
# Nobody can log in as it, but the server itself runs its append-only file as it when it starts, and checks what a
# script or a transaction did against its rights: without them such commands are skipped, and the tasks are gone.
DEFAULT = "user default off ~* &* +@all"
EVERYBODY = "+ping"  # and AUTH, HELLO, QUIT, RESET, which Valkey allows to all


def write_secret(path, text):
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


# ---- Certificates -----------------------------------------------------------------------------------

def openssl(*args):
    subprocess.run(["openssl", *map(str, args)], check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def make_pki(folder):
    """ca, and by it: server (127.0.0.1, localhost), wrong-host (another name), client."""
    os.umask(0o077)
    ca = ["-CA", folder / "ca.pem", "-CAkey", folder / "ca.key"]
    new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "90"]
    usage = "keyUsage=critical,digitalSignature"
    openssl(*new, "-subj", "/CN=demo CA", "-keyout", folder / "ca.key", "-out", folder / "ca.pem",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    leaves = [("server", "serverAuth", "subjectAltName=IP:127.0.0.1,DNS:localhost"),
              ("wrong-host", "serverAuth", "subjectAltName=DNS:cache.elsewhere.example"),
              ("client", "clientAuth", "subjectAltName=DNS:client.example")]
    for name, purpose, names in leaves:
        request, extensions = folder / f"{name}.csr", folder / f"{name}.ext"
        extensions.write_text(f"basicConstraints=critical,CA:FALSE\n{usage}\nextendedKeyUsage={purpose}\n{names}\n"
                              "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-subj", f"/CN={name}", "-keyout", folder / f"{name}.key", "-out", request)
        openssl("x509", "-req", "-in", request, *ca, "-CAcreateserial", "-days", "90", "-extfile", extensions,
                "-out", folder / f"{name}.pem")


# ---- Users and configuration --------------------------------------------------------------------------

def make_acl(folder):
    lines = [DEFAULT]
    for role, rules in ACL.items():
        password = secrets.token_urlsafe(24)
        write_secret(folder / f"password.{role}", password)
        digest = hashlib.sha256(password.encode()).hexdigest()
        lines.append(f"user {role} on #{digest} resetchannels -@all {EVERYBODY} {rules}")
    write_secret(folder / "users.acl", "\n".join(lines) + "\n")


def free_port():
    """Of those that the system does not give to connections: one of these could take it before the server does."""
    for port in random.sample(range(20000, 32000), 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no port is free")


def make_config(folder, name, kind, extra=""):
    """Writes NAME.conf and returns the port. RDB compression is off so that a search sees what is stored. Nothing is
    to be evicted, least of all the records of what is done, by which replays are known."""
    port = free_port()
    common = (f"bind 127.0.0.1\ndir {folder}\ndbfilename {name}.rdb\nsave \"\"\nappendonly yes\n"
              f"appenddirname {name}.aof\nauto-aof-rewrite-percentage 0\nmaxmemory-policy noeviction\nrdbcompression no\ndaemonize no\n"
              f"logfile {folder}/{name}.log\n{extra}")
    if kind == "plain":
        write_secret(folder / "password.plain", secrets.token_urlsafe(24))
        text = f"port {port}\nprotected-mode yes\nrequirepass {(folder / 'password.plain').read_text()}\n"
    else:
        certificate = "server" if kind == "tls" else kind
        text = (f"port 0\ntls-port {port}\ntls-auth-clients yes\ntls-protocols \"TLSv1.2 TLSv1.3\"\n"
                "tls-ciphers ECDHE+AESGCM:ECDHE+CHACHA20\n"
                f"tls-ca-cert-file {folder}/ca.pem\ntls-cert-file {folder}/{certificate}.pem\n"
                f"tls-key-file {folder}/{certificate}.key\naclfile {folder}/users.acl\n")
    write_secret(folder / f"{name}.conf", text + common)
    return port


def uri(folder, role, port):
    password = (folder / f"password.{role}").read_text()
    trust = urllib.parse.urlencode({"cacert": folder / "ca.pem", "cert": folder / "client.pem",
                                    "key": folder / "client.key"}, quote_via=urllib.parse.quote)
    return f"rediss://{role}:{urllib.parse.quote(password, safe='')}@127.0.0.1:{port}/0?{trust}"


def make_uris(folder, port):
    for role in ACL:
        write_secret(folder / f"uri.{role}", uri(folder, role, port))


def wait_for(port, seconds=10.0):
    end = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


# ---- A client -----------------------------------------------------------------------------------------

class Refused(Exception):
    """An error reply."""


class Client:
    """RESP over verified TLS as one of the roles, or over TCP to the plain server as "plain"."""

    def __init__(self, port, folder, role):
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        if role != "plain":
            context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
            context.load_cert_chain(folder / "client.pem", folder / "client.key")
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        self.file = self.socket.makefile("rwb")
        self.call("AUTH", "default" if role == "plain" else role, (folder / f"password.{role}").read_text())

    def send(self, *words):
        words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        self.file.write(b"*%d\r\n" % len(words))
        for word in words:
            self.file.write(b"$%d\r\n%s\r\n" % (len(word), word))

    def receive(self):
        line = self.file.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest
        if kind == b":":
            return int(rest)
        if kind == b"-":
            raise Refused(rest.decode("utf-8", "replace"))
        if kind == b"$":
            return None if rest == b"-1" else self.file.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return None if rest == b"-1" else [self.receive() for _ in range(int(rest))]
        raise ConnectionError("the server closed the connection" if not line else "not RESP")

    def call(self, *words):
        self.send(*words)
        self.file.flush()
        return self.receive()

    def close(self):
        self.file.close()
        self.socket.close()


# ---- For the shell ------------------------------------------------------------------------------------

def main(command, *args):
    if command == "wait":
        return wait_for(int(args[0]))
    folder = pathlib.Path(args[0]).resolve()
    if command == "pki":
        make_pki(folder)
    elif command == "acl":
        make_acl(folder)
    elif command == "config":
        print(make_config(folder, args[1], args[2]))
    elif command == "uris":
        make_uris(folder, int(args[1]))
    elif command == "call":
        reply = Client(int(args[1]), folder, args[2]).call(*args[3:])
        sys.stdout.buffer.write(reply if isinstance(reply, bytes) else repr(reply).encode())
    else:
        sys.exit(__doc__)
    return None


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
