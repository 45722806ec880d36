# SPDX-License-Identifier: MIT
"""What the end-to-end tests stand on: a TLS-only server, keyrings, the programs, and a ledger that blocks."""
import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "examples" / "demo"))
import lab  # noqa: E402

lab.ACL["saboteur"] = "+replicaof +acl|setuser"

TESTS = []
PATIENCE = 30 # seconds for anything; a test that needs them has failed


def test(function):
    TESTS.append(function)
    return function


def equal(got, wanted):
    if got != wanted:
        raise AssertionError(f"got {got!r}, wanted {wanted!r}")


def until(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("waited in vain")
        time.sleep(0.005)


class Stage:
    """One server, two keys, and the programs."""

    def __init__(self, folder, server, bin_folder, tool_folder, worker="worker"):
        self.folder, self.bin, self.tool, self.started = folder, bin_folder, tool_folder, []
        self.programs = {"worker": worker} # others go by their own names
        lab.make_pki(folder)
        lab.make_acl(folder)
        self.server, self.port = self.serve("e2e", program=server)
        lab.make_uris(folder, self.port)
        self.intruder = lab.Client(self.port, folder, "intruder")
        self.operator = lab.Client(self.port, folder, "operator")
        for key in ("k1", "k2"):
            subprocess.run([tool_folder / "taskseal", "keygen", f"test-{key}", folder / key], check=True)
        first, second = ((folder / key).read_text().splitlines()[1] for key in ("k1", "k2"))
        self.keyring("old", first)
        self.keyring("both", second, first.replace(" active ", " open-only "))
        self.keyring("new", second)
        self.keyring("limited", f"{second} queues=other", first)

    def serve(self, name, program=None):
        """Starts a server: its process and port."""
        port = lab.make_config(self.folder, name, "tls")
        server = subprocess.Popen([program or self.server.args[0], self.folder / f"{name}.conf"])
        lab.wait_for(port)
        return server, port

    @contextlib.contextmanager
    def another_server(self, name):
        """Its port, and a function that starts it again."""
        server, port = self.serve(name)

        def restart():
            nonlocal server
            server.terminate()
            server.wait()
            server = subprocess.Popen(server.args)
            lab.wait_for(port)

        try:
            yield port, restart
        finally:
            server.terminate()
            server.wait()

    def client(self, role, port=None):
        return lab.Client(port or self.port, self.folder, role)

    def keyring(self, name, *lines):
        lab.write_secret(self.folder / f"keyring.{name}", "\n".join(("taskseal-keyring 1", *lines)) + "\n")

    def start(self, program, *args, keyring="old", role=None, port=None, timeout_ms=5000, env=None, **options):
        uri = (self.folder / f"uri.{role or program}").read_text().replace(f":{self.port}/", f":{port or self.port}/")
        env = {**os.environ, "TASKSEAL_KEYRING": str(self.folder / f"keyring.{keyring}"),
               "TASKSEAL_URI": f"{uri}&timeout_ms={timeout_ms}", **(env or {})}
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        process = subprocess.Popen([self.bin / self.programs.get(program, program), *map(str, args)], env=env, **options)
        self.started.append(process)
        return process

    def end(self):
        """Ends the server, and whatever a test that failed has left."""
        for process in (*self.started, self.server):
            process.kill()
            process.wait()

    def run(self, program, *args, status=0, stdin=None, **options):
        """stdout, stderr"""
        process = self.start(program, *args, stdin=subprocess.PIPE, **options)
        out, err = process.communicate(stdin, timeout=PATIENCE)
        if process.returncode != status:
            raise AssertionError(f"{program} ended with {process.returncode}, not {status}: {err.decode()}")
        return out.decode(), err.decode()

    def produce(self, queue, payloads, port=None, **fields):
        """Queues payloads with the ids 0, 1, 2 ...; their lines in a worker's ledger."""
        texts = [json.dumps(payload) for payload in payloads]
        lines = [json.dumps({"queue": queue, "type": "test", "id": str(i), **fields})[:-1] + f', "payload": {text}}}'
                 for i, text in enumerate(texts)]
        self.run("producer", "-", stdin="\n".join(lines).encode(), port=port)
        return [f"{queue}\t{i}\t{hashlib.sha256(text.encode()).hexdigest()}" for i, text in enumerate(texts)]

    def drain(self, queue, *args, **options):
        """Lets a worker empty the queue: what it handled, and its words."""
        ledger = self.folder / f"{queue}.ledger"
        _, err = self.run("worker", "--until-empty", "--retry-ms", "10", "--ledger-out", ledger, *args, queue, **options)
        return handled(ledger), err

    def task(self, queue, task, field):
        value = self.operator.call("HGET", f"{{{queue}}}:t:{task}", field)
        return value.decode() if value is not None else None

    def dead(self, queue):
        return {task.decode(): self.task(queue, task.decode(), "error")
                for task in self.operator.call("LRANGE", f"{{{queue}}}:dead", 0, -1)}

    def count(self, command, queue, place):
        return self.intruder.call(command, f"{{{queue}}}:{place}")


class Relay:
    """Passes bytes on to the first port, and every later connection to the last; to clients at `rate` bytes a second."""

    def __init__(self, *ports, rate=None):
        self.rate, self.connections, self.listener = rate, 0, socket.create_server(("127.0.0.1", 0))
        self.ports, self.port = ports, self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            port = self.ports[0 if self.connections == 0 else -1]
            self.connections += 1
            server = socket.create_connection(("127.0.0.1", port))
            for source, sink, rate in ((client, server, None), (server, client, self.rate)):
                threading.Thread(target=self.pump, args=(source, sink, rate), daemon=True).start()

    @staticmethod
    def pump(source, sink, rate):
        with contextlib.suppress(OSError):
            while data := source.recv(16384):
                sink.sendall(data)
                time.sleep(len(data) / rate if rate else 0)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def handled(ledger):
    return ledger.read_text().splitlines() if ledger.exists() else []


@contextlib.contextmanager
def blocked_ledger(stage, name):
    """A ledger that is a full pipe: a worker stops inside of handle(), with the task taken and claimed. Yields its path
    and a function that lets go of it and returns what was written until the writers are gone."""
    path = stage.folder / f"{name}.fifo"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    filled = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            filled += os.write(writer, b"." * 4096)
    fcntl.fcntl(reader, fcntl.F_SETFL, 0)

    def let_go():
        nonlocal writer
        os.close(writer)
        writer = None
        data = b""
        while part := os.read(reader, 65536):
            data += part
        return data[filled:].decode().splitlines()

    try:
        yield path, let_go
    finally:
        os.close(reader)
        if writer is not None:
            os.close(writer)


def arguments():
    """A parser of what each of these programs is told."""
    options = argparse.ArgumentParser()
    for name in ("--server", "--bin", "--tool"):
        options.add_argument(name, type=pathlib.Path, required=True)
    return options


@contextlib.contextmanager
def set_up(options, worker="worker"):
    """A stage in a folder of its own; nothing of them stays."""
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(pathlib.Path(folder), options.server, options.bin.resolve(), options.tool.resolve(), worker)
        try:
            yield stage
        finally:
            stage.end()


def run_cases(cases):
    """Runs pairs of a name and a function, and prints TAP. Returns the exit status: there must be one, and none may fail."""
    failed = not cases
    for number, (name, case) in enumerate(cases, 1):
        begun, outcome = time.monotonic(), "ok"
        try:
            case()
        except Exception: # whatever it is, it is this test's failure, and the others go on
            failed, outcome = True, "not ok"
            print("# " + traceback.format_exc().replace("\n", "\n# "))
        print(f"{outcome} {number} - {name} # {time.monotonic() - begun:.1f} s", flush=True)
    print(f"1..{len(cases)}")
    return 1 if failed else 0
