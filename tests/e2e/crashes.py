#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Kills workers and the server at random moments and counts what became of each task. Prints TAP.

    crashes.py --server valkey-server --bin FOLDER --tool FOLDER [--worker-kills N] [--server-kills N]

FOLDER holds producer and worker, or taskseal. Two producers queue sealed tasks without pause, four workers take them,
and one after the other gets SIGKILL while the others go on; so does the server, whose append-only file is written through
(appendfsync always). What producers were told is queued and what workers handled is written down outside of the queue: in
the producers' ledgers, and at the other end of a pipe. A task may be handled twice, when its worker died after the work
and before it said so: that is what at least once means. None may be lost, and none may arrive that can't be opened.
"""
import collections
import contextlib
import hashlib
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
from stage import arguments, equal, lab, run_cases, set_up, until  # noqa: E402

QUEUE = "crash"
WORKERS, PRODUCERS = 4, 2
LEASE_MS = 1000
SETTLED_S = 0.4 # a lease that is seen for longer may have lost its worker: a task takes some milliseconds
FEED, BACKLOG = 50, 150 # tasks for each producer in each round, while no more than that many wait
LONG = 300      # seconds for what is left at the end; a run that needs them has failed
ALWAYS = "appendfsync always\nauto-aof-rewrite-percentage 100\nauto-aof-rewrite-min-size 2mb\n"

WAITING = "return redis.call('LLEN', KEYS[1]) + redis.call('ZCARD', KEYS[2]) + redis.call('ZCARD', KEYS[3])"
ACTIVE = ("local out = {redis.call('LLEN', KEYS[3])} for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do "
          "out[#out + 1] = redis.call('HGET', KEYS[2] .. id, 'lease') or '' end return out")


class Ledger:
    """The reading end of the workers' ledger. It is read slowly, so that workers are often stopped in their work."""

    def __init__(self, path):
        os.mkfifo(path)
        self.path, self.lines, self.pause = path, [], 0.01
        self.reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self.writer = os.open(path, os.O_WRONLY) # so that it never ends
        os.set_blocking(self.reader, True)
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        rest = b""
        while data := os.read(self.reader, 512):
            *lines, rest = (rest + data).split(b"\n")
            self.lines += [line.decode() for line in lines]
            time.sleep(random.uniform(0, 2 * self.pause))

    def end(self):
        os.close(self.writer)
        self.thread.join()
        os.close(self.reader)


class Server:
    """One that can be killed, and comes back with what its append-only file holds."""

    def __init__(self, stage, name):
        self.stage, self.port = stage, lab.make_config(stage.folder, name, "tls", ALWAYS)
        self.arguments = [stage.server.args[0], stage.folder / f"{name}.conf"]
        self.begin()

    def begin(self):
        self.process = subprocess.Popen(self.arguments)
        lab.wait_for(self.port, 60)
        client = self.stage.client("intruder", self.port)
        until(lambda: self.has_loaded(client))
        client.close()

    @staticmethod
    def has_loaded(client):
        try:
            client.call("EXISTS", "anything")
            return True
        except lab.Refused: # LOADING
            return False

    def kill(self):
        self.process.kill()
        equal(self.process.wait(), -signal.SIGKILL)


class Run:
    """Producers, workers, and what they did."""

    def __init__(self, stage, server, name):
        self.stage, self.server, self.words = stage, server, open(stage.folder / f"{name}.err", "ab")
        self.ledger = Ledger(stage.folder / f"{name}.fifo")
        self.told = stage.folder / f"{name}.told"
        self.given, self.next_id = set(), 0
        self.kills, self.server_kills, self.failed_starts, self.backlog = 0, 0, 0, 0
        self.connection, self.seen = None, {}
        self.workers = [self.worker() for _ in range(WORKERS)]
        self.producers = [self.producer() for _ in range(PRODUCERS)]

    def worker(self):
        return self.stage.start("worker", "--lease-ms", LEASE_MS, "--retry-ms", 20, "--max-attempts", 1000000, "--max-waits",
                                1000000, "--ledger-out", self.ledger.path, QUEUE, port=self.server.port,
                                stdout=subprocess.DEVNULL, stderr=self.words)

    def producer(self):
        return self.stage.start("producer", "--ledger", self.told, "-", port=self.server.port, stdin=subprocess.PIPE,
                                stdout=subprocess.DEVNULL, stderr=self.words)

    def feed(self):
        """Gives each producer some tasks, and another in the place of one that has given up."""
        if self.backlog > BACKLOG:
            return
        for i, producer in enumerate(self.producers):
            if producer.poll() is not None:
                producer.stdin.close()
                self.producers[i] = producer = self.producer()
            lines = []
            for _ in range(FEED):
                payload = f'"{self.next_id}-{random.getrandbits(64):016x}"'
                self.given.add((str(self.next_id), hashlib.sha256(payload.encode()).hexdigest()))
                lines.append(f'{{"queue":"{QUEUE}","type":"test","id":"{self.next_id}","payload":{payload}}}\n')
                self.next_id += 1
            with contextlib.suppress(BrokenPipeError):
                producer.stdin.write("".join(lines).encode())
                producer.stdin.flush()

    def kill_worker(self):
        """Not one that has just ended by itself, because it was starting when the server died (status 3)."""
        while True:
            victim = self.workers.pop(random.randrange(WORKERS))
            victim.kill()
            status = victim.wait()
            self.stage.started.remove(victim)
            self.workers.append(self.worker())
            if status == -signal.SIGKILL:
                break
            self.failed_starts += 1
            equal((status, self.failed_starts <= WORKERS * self.server_kills), (3, True))
        self.kills += 1
        self.note_leases()
        self.ledger.pause = random.choice((0, 0.01))

    def note_leases(self):
        """Looks at who has a lease, and how much there is to do."""
        now = time.monotonic()
        self.backlog, *leases = self.client().call("EVAL", ACTIVE, 3, *(f"{{{QUEUE}}}:{place}" for place in ("active", "t:", "pending")))
        for lease in filter(None, leases):
            first, _ = self.seen.get(lease, (now, now))
            self.seen[lease] = first, now

    def orphaned(self):
        """Leases that outlived their worker: seen for long, and no other of that worker's was seen after."""
        newest = {}
        for lease, (first, last) in self.seen.items():
            worker, number = lease.rsplit(b"-", 1)
            newest[worker] = max(newest.get(worker, (0, 0)), (int(number), last - first))
        return sum(lasted > SETTLED_S for _, lasted in newest.values())

    def client(self):
        if self.connection is None:
            self.connection = self.stage.client("intruder", self.server.port)
        return self.connection

    def kill_server(self):
        self.server.kill()
        self.server_kills += 1
        self.connection = None
        time.sleep(random.uniform(0, 0.1))
        self.server.begin()

    def waiting(self):
        """All at one moment: a lease that runs out moves its task from one place to another between two looks."""
        return self.client().call("EVAL", WAITING, 3, *(f"{{{QUEUE}}}:{place}" for place in ("pending", "active", "delayed")))

    def finish(self):
        """Lets all that is queued be done; each program must end well."""
        for producer in self.producers:
            producer.stdin.close()
            producer.wait(timeout=LONG)
        self.ledger.pause = 0
        end = time.monotonic() + LONG
        while self.waiting():
            if time.monotonic() > end:
                raise AssertionError(f"{self.waiting()} tasks are still there")
            time.sleep(0.05)
            self.note_leases()
        for worker in self.workers:
            worker.send_signal(signal.SIGTERM)
        status = [worker.wait(timeout=LONG) for worker in self.workers]
        equal((status.count(0) > 0, set(status) <= {0, 3}), (True, True)) # 3: was starting when the server died last
        self.ledger.end()
        equal(self.waiting(), 0)

    def audit(self):
        told = [tuple(line.split("\t")[3:5]) for line in self.told.read_text().splitlines()]
        handled = [tuple(line.split("\t")[1:3]) for line in self.ledger.lines]
        dead = self.client().call("LLEN", f"{{{QUEUE}}}:dead")
        return audit(self.given, told, handled, dead)


Account = collections.namedtuple("Account", "queued lost unreadable strange twice")


def audit(given, told, handled, dead):
    """What became of the tasks: those that producers were told are queued and nobody handled, those that went to the
    dead-letter list, those that nobody gave, and those that were handled once more."""
    times = collections.Counter(handled)
    return Account(len(told), len(set(told) - set(times)), dead, len(set(times) - given),
                   sum(times.values()) - len(times))


def crash(stage, kills, server_kills):
    server = Server(stage, "crash")
    run = Run(stage, server, "crash")
    moments = {(i + 1) * kills // (server_kills + 1) for i in range(server_kills)}
    begun = last = time.monotonic()
    for number in range(1, kills + 1):
        run.feed()
        time.sleep(random.uniform(0.002, 0.07))
        run.kill_worker()
        if number in moments:
            run.kill_server()
        if time.monotonic() - last > 5:
            last = time.monotonic()
            print(f"crashes: {number} of {kills} workers, {run.server_kills} servers killed", file=sys.stderr, flush=True)
    run.finish()
    account = run.audit()
    held = run.orphaned()
    server.kill()
    print(f"# {account}, {kills} kills, {held} leases orphaned, {time.monotonic() - begun:.0f} s")
    equal(account._replace(queued=0, twice=0), Account(0, 0, 0, 0, 0))
    equal((run.kills, run.server_kills), (kills, server_kills))
    # A worker that dies does at most the task in its hand twice; a server that dies may do so to each worker.
    equal(account.twice <= kills + WORKERS * server_kills, True)
    equal(account.queued > 2 * kills, True)
    equal(kills // 20 < held <= kills, True)
    name = pathlib.Path(stage.server.args[0]).name
    print(f"# evidence: 14: {name}: {kills} SIGKILLs of workers, of which {held} left a lease behind, and {server_kills} of the "
          f"server with appendfsync always: {account.queued} sealed tasks, 0 lost, 0 unreadable, {account.twice} handled twice")


def controls(stage):
    """A task that vanishes, one that can't be opened and one that is done twice are each noticed, by the same ledgers."""
    server = Server(stage, "control")
    run = Run(stage, server, "control")
    run.finish() # nothing is queued yet: from here on by hand
    run.ledger = Ledger(stage.folder / "control2.fifo")
    run.producers = [run.producer()]
    run.feed()
    run.producers[0].stdin.close()
    equal(run.producers[0].wait(), 0)
    equal(run.client().call("LREM", f"{{{QUEUE}}}:pending", 0, "3"), 1)
    run.client().call("DEL", f"{{{QUEUE}}}:t:3")
    run.client().call("HSET", f"{{{QUEUE}}}:t:5", "sealed", "changed")
    run.workers = [run.worker() for _ in range(WORKERS)]
    run.finish()
    equal(run.audit(), Account(FEED, 2, 1, 0, 0))
    run.ledger.lines += [run.ledger.lines[0], run.ledger.lines[0], f"{QUEUE}\tnobody's\t00"]
    equal(run.audit(), Account(FEED, 2, 1, 1, 2))
    server.kill()


def main():
    options = arguments()
    options.add_argument("--worker-kills", type=int, default=100)
    options.add_argument("--server-kills", type=int, default=5)
    options = options.parse_args()
    with set_up(options) as stage:
        return run_cases([
            ("crashes lose nothing", lambda: crash(stage, options.worker_kills, options.server_kills)),
            ("what is lost, unreadable or done twice is noticed", lambda: controls(stage))])


if __name__ == "__main__":
    sys.exit(main())
