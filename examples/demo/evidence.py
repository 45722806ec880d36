#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Evidence for script/demo: looks for payloads where they must not be, and for tasks that got lost.

    evidence.py secrets OUT FILE=LEDGER...        the payload strings of the queued lines of each FILE
    evidence.py search SECRETS NAME=FILE...       how many of them are in each file
    evidence.py streams PCAP OUT                  what went over each TCP connection, put together
    evidence.py relay TARGET OUT                  the same without a packet capture: prints the port it listens on
    evidence.py monitor DIR ROLE PORT OUT         what MONITOR shows (to "plain": the plain server); prints its own port
    evidence.py unsealed DIR PORT FILE=LEDGER...  queues the same lines without sealing: the positive control
    evidence.py envelopes NAME=FILE...            how many envelopes begin in each file
    evidence.py lost DIR PORT LEDGER LEDGER-OUT   compares what was sealed, opened and given up
"""
import collections
import json
import pathlib
import re
import socket
import struct
import subprocess
import sys
import tempfile
import threading

import lab

SHORTEST = 12     # bytes: a shorter string may be anywhere by chance
LONGEST = 64      # bytes that are searched for
MOST = 5000       # strings that are searched for, evenly spread over the file
HERE = pathlib.Path(__file__).resolve().parent

STRING = re.compile(rb'"((?:[^"\\]|\\.)*)"(\s*:)?')


# ---- What to search for -------------------------------------------------------------------------------

def read_ledger(path):
    """{line number: (queue, type, id, hash)}"""
    rows = (line.split(b"\t") for line in pathlib.Path(path).read_bytes().split(b"\n") if line)
    return {int(number): tuple(row) for number, *row in rows}


def queued_lines(pairs):
    """Each queued line of the files, with its row in the ledger."""
    for path, ledger_path in pairs:
        ledger = read_ledger(ledger_path)
        with open(path, "rb") as file:
            for number, line in enumerate(file, 1):
                if number in ledger:
                    yield line, ledger[number]


def find_secrets(pairs):
    """Strings in queued lines that are not keys, and that don't stand in clear by design: queue, type and id, or
    words of the programs' own scripts."""
    found, names = {}, set()
    for line, row in queued_lines(pairs):
        names.update(row[:3])
        for string, is_key in STRING.findall(line):
            if not is_key and len(string) >= SHORTEST and len(set(string)) >= 6:
                found[string[:LONGEST]] = None
    clear = b"\n".join(names) + b"".join(source.read_bytes() for source in HERE.parent.glob("*.[ch]"))
    secrets = [string for string in found if string not in clear]
    step = max(1, -(-len(secrets) // MOST))
    return secrets[::step]


def repr_of(data):
    """As MONITOR writes bytes."""
    named = {0x22: b'\\"', 0x5c: b"\\\\", 0x0a: b"\\n", 0x0d: b"\\r", 0x09: b"\\t", 0x07: b"\\a", 0x08: b"\\b"}
    return b"".join(named.get(c) or (bytes([c]) if 0x20 <= c < 0x7f else b"\\x%02x" % c) for c in data)


def forms(secret):
    """The bytes as they stand in the file; as MONITOR writes them; and what they mean."""
    yield secret
    yield repr_of(secret)
    try:
        meaning = json.loads(b'"' + secret + b'"').encode()
    except ValueError:  # cut in the middle of an escape or a character
        return
    if len(meaning) >= SHORTEST and b"\n" not in meaning:
        yield meaning


# ---- Searching ----------------------------------------------------------------------------------------

def count_found(secrets, path):
    """How many secrets are in the file in any form. grep searches for thousands of strings at once."""
    owners = collections.defaultdict(set)
    for secret in secrets:
        for form in forms(secret):
            owners[form].add(secret)
    with tempfile.NamedTemporaryFile() as patterns:
        patterns.write(b"\n".join(owners) + b"\n")
        patterns.flush()
        grep = subprocess.run(["grep", "-a", "-o", "-F", "-f", patterns.name, path], env={"LC_ALL": "C"},
                              stdout=subprocess.PIPE, check=False)
    if grep.returncode > 1:
        raise RuntimeError("grep failed")
    return len(set().union(*(owners[form] for form in set(grep.stdout.split(b"\n")) & set(owners))))


def streams_of(capture):
    """Puts the TCP payloads of a pcap file of the loopback device together, by connection and direction."""
    order = "<" if capture[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    link_header = {1: 14, 0: 4, 113: 16, 276: 20}[struct.unpack(order + "I", capture[20:24])[0] & 0xffff]
    segments, at = collections.defaultdict(dict), 24
    while at + 16 <= len(capture):
        length = struct.unpack(order + "I", capture[at + 8:at + 12])[0]
        packet = capture[at + 16 + link_header:at + 16 + length]
        at += 16 + length
        if len(packet) < 20 or packet[0] >> 4 != 4 or packet[9] != 6:
            continue
        tcp = packet[(packet[0] & 15) * 4:struct.unpack(">H", packet[2:4])[0] or None]
        ports, sequence, payload = tcp[:4], struct.unpack(">I", tcp[4:8])[0], tcp[(tcp[12] >> 4) * 4:]
        if payload:
            flow = segments[ports]
            first = flow.setdefault("first", sequence)
            flow[(sequence - first + (1 << 31)) % (1 << 32)] = payload
    for flow in segments.values():
        del flow["first"]
        yield b"".join(flow[sequence] for sequence in sorted(flow))


# ---- Where packets may not be captured ------------------------------------------------------------------

def relay(target, out_path):
    """Passes bytes on, keeping both directions of each connection together."""
    streams, lock = open(out_path, "wb"), threading.Lock()
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)

    def pump(source, sink):
        kept = bytearray()
        try:
            while data := source.recv(65536):
                kept += data
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        with lock:
            streams.write(kept)
            streams.flush()

    while True:
        client, _ = listener.accept()
        server = socket.create_connection(("127.0.0.1", target))
        for pair in ((client, server), (server, client)):
            threading.Thread(target=pump, args=pair, daemon=True).start()


# ---- The positive control, and MONITOR ------------------------------------------------------------------

def queue_unsealed(folder, port, pairs):
    """What a queue without sealing does, with the same keys; the whole line stands for its payload."""
    client, count = lab.Client(port, pathlib.Path(folder), "plain"), 0
    for line, (queue, kind, task, _) in queued_lines(pairs):
        client.send("HSET", b"{%s}:t:%s" % (queue, task), "type", kind, "payload", line)
        client.send("LPUSH", b"{%s}:pending" % queue, task)
        client.file.flush()
        client.receive()
        client.receive()
        count += 1
    client.call("SAVE")
    client.close()
    return count


def monitor(folder, role, port, out_path):
    client = lab.Client(port, pathlib.Path(folder), role)
    client.socket.settimeout(None)
    client.call("MONITOR")
    print(client.socket.getsockname()[1], flush=True)
    with open(out_path, "wb") as out:
        while data := client.file.read1(65536):
            out.write(data)
            out.flush()


# ---- Nothing lost ---------------------------------------------------------------------------------------

def given_up(client, queue):
    """{id: error} of the dead-letter list."""
    return {task: client.call("HGET", b"{%s}:t:%s" % (queue, task), "error")
            for task in client.call("LRANGE", b"{%s}:dead" % queue, 0, -1)}


def compare(folder, port, ledger_path, out_path):
    """Prints the balance; false if a payload was lost, or came out other than it went in."""
    sealed = {(queue, task, digest) for queue, _, task, digest in read_ledger(ledger_path).values()}
    lines = pathlib.Path(out_path).read_bytes().split(b"\n")
    handled = collections.Counter(tuple(line.split(b"\t")) for line in lines if line)
    client = lab.Client(port, pathlib.Path(folder), "operator")
    dead = {queue: given_up(client, queue) for queue in {queue for queue, _, _ in sealed}}
    client.close()
    opened = sealed & set(handled)
    expired = {row for row in sealed - opened if dead[row[0]].get(row[1]) == b"expired"}
    lost = len(sealed - opened - expired)
    strange = len(set(handled) - sealed)
    print(f"{len(sealed)} sealed, {len(opened)} opened, {lost} lost"
          + (f"; {len(expired)} expired before, as their expires_in said" if expired else "")
          + (f"; {strange} that nobody sealed" if strange else "")
          + (f"; {handled.total() - len(handled)} handled twice" if handled.total() > len(handled) else ""))
    return lost == 0 and strange == 0


# ---- For the shell ---------------------------------------------------------------------------------------

def pairs_of(args):
    return [arg.rsplit("=", 1) for arg in args]


def main(command, *args):
    if command == "secrets":
        secrets = find_secrets(pairs_of(args[1:]))
        pathlib.Path(args[0]).write_bytes(b"\n".join(secrets))
        print(len(secrets))
    elif command == "search":
        secrets = [line for line in pathlib.Path(args[0]).read_bytes().split(b"\n") if line]
        print(" ".join(f"{name}:{count_found(secrets, path)}" for name, path in pairs_of(args[1:])))
    elif command == "envelopes":
        for name, path in pairs_of(args):
            data = pathlib.Path(path).read_bytes()
            print(name, max(data.count(b"\xc1TSL\x01"), data.count(b"\\xc1TSL\\x01")))
    elif command == "streams":
        pathlib.Path(args[1]).write_bytes(b"\n".join(streams_of(pathlib.Path(args[0]).read_bytes())))
    elif command == "relay":
        relay(int(args[0]), args[1])
    elif command == "monitor":
        monitor(args[0], args[1], int(args[2]), args[3])
    elif command == "unsealed":
        print(queue_unsealed(args[0], int(args[1]), pairs_of(args[2:])))
    elif command == "lost":
        return 0 if compare(args[0], int(args[1]), args[2], args[3]) else 1
    else:
        sys.exit(__doc__)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) if len(sys.argv) > 2 else __doc__)
