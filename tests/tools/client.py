# SPDX-License-Identifier: MIT
"""A small client of Redis over TLS, to set servers up and to look at them."""

import socket
import ssl
import time

import server


class Client:
    def __init__(self, port, user, password=server.PASSWORD):
        context = ssl.create_default_context(cafile=server.path("ca.pem"))
        context.load_cert_chain(server.path("client.pem"), server.path("client.key"))
        raw = socket.create_connection(("127.0.0.1", port))
        self.file = context.wrap_socket(raw, server_hostname="127.0.0.1").makefile("rwb")
        self.call("AUTH", user, password)

    def send(self, *words):
        words = [word if isinstance(word, bytes) else word.encode() for word in words]
        self.file.write(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))

    def call(self, *words):
        self.send(*words)
        return self.read()

    def read(self):
        self.file.flush()
        return self._reply()

    def _reply(self):
        line = self.file.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise RuntimeError(rest.decode())
        if kind == b"*":
            return [self._reply() for _ in range(int(rest))]
        if kind == b"$":
            if rest == b"-1":
                return None
            return self.file.read(int(rest) + 2)[:-2]
        return int(rest) if kind == b":" else rest

    def wait_for(self, text, *words):
        deadline = time.monotonic() + 20
        while text not in self.call(*words):
            if time.monotonic() > deadline:
                raise RuntimeError(f"{words} does not say {text}")
            time.sleep(0.05)
