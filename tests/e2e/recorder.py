# SPDX-License-Identifier: MIT
"""A relay in front of a server that writes what it passes on as a pcap file, with the headers that TCP would have had: so a
capture needs no privilege, and loses nothing."""
import contextlib
import socket
import struct
import threading
import time

RAW_IP = 101 # link type: each packet begins with its IP header
SYN, ACK, PUSH, FIN = 2, 16, 8, 1
PIECE = 16384


class Recorder:
    def __init__(self, server_port, path):
        self.server_port, self.lock = server_port, threading.Lock()
        self.pcap = open(path, "wb") # pylint: disable=consider-using-with # closed by finish()
        self.pcap.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 0x40000, RAW_IP))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.connections = []
        threading.Thread(target=self.accept, daemon=True).start()

    def packet(self, source, target, numbers, flags, data=b""):
        """One segment; numbers are (sequence, acknowledged)."""
        tcp = struct.pack(">HHIIBBHHH", source, target, *(number & 0xFFFFFFFF for number in numbers), 5 << 4, flags, 65535, 0, 0)
        address = socket.inet_aton("127.0.0.1")
        header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + len(data), 0, 0, 64, 6, 0, address, address)
        now = time.time()
        size = 40 + len(data)
        self.pcap.write(struct.pack("<IIII", int(now), int(now % 1 * 1000000), size, size) + header + tcp + data)

    def accept(self):
        while True:
            with contextlib.suppress(OSError):
                client, (_, port) = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.server_port))
                state = {"client": 1001, "server": 5001}
                with self.lock:
                    self.packet(port, self.port, (1000, 0), SYN)
                    self.packet(self.port, port, (5000, 1001), SYN | ACK)
                    self.packet(port, self.port, (1001, 5001), ACK)
                for name, source, sink in (("client", client, server), ("server", server, client)):
                    thread = threading.Thread(target=self.pump, args=(name, source, sink, port, state), daemon=True)
                    self.connections.append(thread)
                    thread.start()

    def record(self, name, port, state, flags, data=b""):
        other = "server" if name == "client" else "client"
        ends = (port, self.port) if name == "client" else (self.port, port)
        with self.lock:
            self.packet(*ends, (state[name], state[other]), flags | ACK, data)
            state[name] += len(data) + (1 if flags & FIN else 0)

    def pump(self, name, source, sink, port, state):
        with contextlib.suppress(OSError):
            while data := source.recv(PIECE):
                self.record(name, port, state, PUSH, data)
                sink.sendall(data)
        self.record(name, port, state, FIN)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def finish(self, patience=30):
        """Once every client has gone; the number of connections."""
        self.listener.close()
        for thread in self.connections:
            thread.join(patience)
            if thread.is_alive():
                raise TimeoutError("a connection is still open")
        self.pcap.close()
        return len(self.connections) // 2
