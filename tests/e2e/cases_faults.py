# SPDX-License-Identifier: MIT
"""Servers that restart, fail over or refuse; records that are not as they should be; leases that were lost."""
import contextlib
import signal
import socket
import ssl
import threading
import time

from cases_tasks import leased
from stage import PATIENCE, Relay, blocked_ledger, equal, handled, lab, test, until


# ---- Servers ------------------------------------------------------------------------------------------

@test
def tasks_survive_a_restart_from_the_append_only_file(stage):
    with stage.another_server("aof") as (port, restart):
        sealed = stage.produce("aof", range(5), port=port)
        stage.run("worker", "--until-empty", "elsewhere", port=port)
        restart()
        ledger = stage.folder / "aof.ledger"
        stage.run("worker", "--until-empty", "--ledger-out", ledger, "aof", port=port)
        equal(handled(ledger), sealed)


@test
def nobody_can_log_in_as_the_default_user(stage):
    with socket.create_connection(("127.0.0.1", stage.port), 10) as plain:
        context = ssl.create_default_context(cafile=str(stage.folder / "ca.pem"))
        context.load_cert_chain(stage.folder / "client.pem", stage.folder / "client.key")
        with context.wrap_socket(plain, server_hostname="localhost") as wire:
            for command in (b"AUTH default \r\n", b"AUTH x\r\n", b"GET x\r\n"):
                wire.sendall(command)
                equal(wire.recv(100).split(b" ")[0] in (b"-WRONGPASS", b"-NOAUTH", b"-ERR"), True)


@test
def the_plain_server_of_the_demo_wants_a_password(stage):
    lab.make_config(stage.folder, "plain", "plain")
    equal([(stage.folder / name).stat().st_mode & 0o777 for name in ("plain.conf", "password.plain")], [0o600] * 2)
    text = (stage.folder / "plain.conf").read_text()
    equal(f"\nrequirepass {(stage.folder / 'password.plain').read_text()}\n" in text, True)


@test
def nothing_is_to_be_evicted(stage):
    equal(b"\r\nmaxmemory_policy:noeviction\r\n" in stage.operator.call("INFO", "memory"), True)
    equal("\nmaxmemory-policy noeviction\n" in (stage.folder / "e2e.conf").read_text(), True)


def demote(stage, port):
    saboteur = stage.client("saboteur", port)
    saboteur.call("REPLICAOF", "127.0.0.1", 1)
    saboteur.close()


@test
def each_program_follows_a_name_to_the_new_primary(stage):
    with stage.another_server("old") as (old, _):
        stage.produce("failover", ["of the past"], port=old)
        demote(stage, old)
        stage.produce("failover", ["of today"])
        line = b'{"queue":"failover","type":"test","id":"1","payload":"task"}'
        out, _ = stage.run("producer", "-", port=Relay(old, stage.port).port, stdin=line)
        equal((out, stage.count("LLEN", "failover", "pending")), ("1 sealed and queued, 0 lines refused\n", 2))
        out, _ = stage.run("rotate", "--to", "test-k2", "failover", port=Relay(old, stage.port).port, keyring="both",
                           status=1)
        equal(out, "2 envelopes seen, 2 moved to test-k2\n  key test-k2: 2\n"
                   "  another server, or one that was started anew, answered on the way\n")
        out, _ = stage.run("worker", "--until-empty", "failover", port=Relay(old, stage.port).port, keyring="both")
        equal(out, "2 done, 0 done before, 0 dead-lettered, 0 put off, 0 lost to other workers\n")


@test
def a_command_that_is_denied_loses_no_task(stage):
    with stage.another_server("denied") as (port, _):
        saboteur = stage.client("saboteur", port)
        ledger = stage.folder / "denied.ledger"
        sealed = stage.produce("denied", ["task"], port=port)
        for command in ("zadd", "hset"):
            saboteur.call("ACL", "SETUSER", "worker", f"-{command}")
            stage.run("worker", "--until-empty", "--lease-ms", 100, "denied", port=port, status=3)
            saboteur.call("ACL", "SETUSER", "worker", f"+{command}")
        with blocked_ledger(stage, "denied") as (path, _):
            worker = stage.start("worker", "--lease-ms", 100, "--ledger-out", path, "denied", port=port)
            intruder = stage.client("intruder", port)
            until(lambda: intruder.call("HGET", "{denied}:t:0", "lease"))
            worker.kill()
            worker.communicate()
        time.sleep(0.2)
        saboteur.call("ACL", "SETUSER", "worker", "-rpush")
        stage.run("worker", "--until-empty", "denied", port=port, status=3)
        saboteur.call("ACL", "SETUSER", "worker", "+rpush")
        stage.run("worker", "--until-empty", "--ledger-out", ledger, "denied", port=port)
        equal(handled(ledger), sealed)


@test
def a_server_cannot_drive_the_terminal(stage):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(stage.folder / "server.pem", stage.folder / "server.key")
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(client):
        with contextlib.suppress(OSError), context.wrap_socket(client, server_side=True) as wire, wire.makefile("rwb") as file:
            while line := file.readline():
                words = [file.read(int(file.readline()[1:]) + 2)[:-2] for _ in range(int(line[1:]))]
                file.write({b"AUTH": b"+OK\r\n", b"PING": b"+PONG\r\n"}.get(words[0], b"-ERR \x1b[2J\x9b31m pwn\r\n"))
                file.flush()

    def accept():
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    port = listener.getsockname()[1]
    line = b'{"queue":"q","type":"t","payload":1}'
    for program, args, status in (("producer", ["-"], 1), ("worker", ["--until-empty", "q"], 3),
                                  ("rotate", ["--to", "test-k1", "q"], 3)):
        _, err = stage.run(program, *args, port=port, status=status, stdin=line)
        equal("the server says: ERR ?[2J?31m pwn\n" in err, True)


@test
def sigterm_and_a_lost_connection_together_still_finish_the_task_in_hand(stage):
    sealed = stage.produce("goodbye", ["task"])
    with blocked_ledger(stage, "goodbye") as (path, let_go):
        worker = stage.start("worker", "--ledger-out", path, "goodbye")
        until(lambda: stage.count("ZCARD", "goodbye", "active") == 1)
        time.sleep(0.1) # into the write
        worker.send_signal(signal.SIGTERM)
        equal(stage.operator.call("CLIENT", "KILL", "USER", "worker"), 1)
        equal(let_go(), sealed)
        out, _ = worker.communicate(timeout=PATIENCE)
    equal((worker.returncode, out), (0, b"1 done, 0 done before, 0 dead-lettered, 0 put off, 0 lost to other workers\n"))
    equal(stage.intruder.call("EXISTS", "{goodbye}:t:0"), 0)


@test
def sigterm_while_the_server_stays_a_replica_ends_after_one_more_try(stage):
    with stage.another_server("ceded") as (port, _):
        stage.produce("ceded", ["task"], port=port)
        with blocked_ledger(stage, "ceded") as (path, let_go):
            worker = stage.start("worker", "--ledger-out", path, "ceded", port=port)
            intruder = stage.client("intruder", port)
            until(lambda: intruder.call("ZCARD", "{ceded}:active") == 1)
            time.sleep(0.1) # into the write, past CLAIM
            demote(stage, port)
            worker.send_signal(signal.SIGTERM)
            patience = threading.Timer(PATIENCE, worker.kill) # for let_go, which waits for the worker's end
            patience.start()
            let_go()
            out, err = worker.communicate(timeout=PATIENCE)
            patience.cancel()
    equal((worker.returncode, out), (0, b"0 done, 0 done before, 0 dead-lettered, 0 put off, 0 lost to other workers\n"))
    equal(err.count(b"the server says: READONLY "), 2)


@test
def a_payload_that_cannot_arrive_in_time_keeps_nothing_else(stage):
    stage.produce("slow", ["x" * (4 << 20)])
    small = [f'{{"queue":"slow","type":"test","id":"{i}","payload":{i}}}' for i in (1, 2)]
    stage.run("producer", "-", stdin="\n".join(small).encode())
    relay = Relay(stage.port, rate=1 << 20)
    out, _ = stage.run("rotate", "--to", "test-k2", "slow", port=relay.port, timeout_ms=1000, keyring="both", status=1)
    equal(out, "2 envelopes seen, 2 moved to test-k2\n  key test-k2: 2\n  not moved, timeout: 1\n")
    out, _ = stage.run("worker", "--until-empty", "--lease-ms", 500, "--max-attempts", 2, "slow", port=relay.port,
                       timeout_ms=1000, keyring="both")
    equal(out, "2 done, 0 done before, 1 dead-lettered, 0 put off, 0 lost to other workers\n")
    equal(stage.dead("slow"), {"0": "too-many-attempts"})


# ---- Records ------------------------------------------------------------------------------------------

@test
def a_task_whose_record_is_unusable_is_dead_lettered_and_the_others_go_on(stage):
    sealed = stage.produce("unusable", range(6))
    stage.intruder.call("HSET", "{unusable}:t:0", "waits", "x")
    stage.intruder.call("HSET", "{unusable}:t:1", "attempts", "x")
    stage.intruder.call("HSET", "{unusable}:t:2", "attempts", "-1")
    stage.intruder.call("DEL", "{unusable}:t:3")
    stage.intruder.call("SET", "{unusable}:t:3", "not a hash")
    got, err = stage.drain("unusable")
    equal(got, sealed[4:])
    equal(err.splitlines(), [f"worker: unusable: task {i} went to the dead-letter list: unusable-task" for i in range(4)])
    equal(stage.intruder.call("LRANGE", "{unusable}:dead", 0, -1), [b"3", b"2", b"1", b"0"])
    equal([stage.task("unusable", i, "error") for i in range(3)], ["unusable-task"] * 3)


# ---- Leases -------------------------------------------------------------------------------------------

@test
def an_id_that_is_queued_again_while_its_task_is_active_is_not_taken_twice(stage):
    sealed = stage.produce("again", ["task"])
    producer, second = stage.client("producer"), stage.folder / "again.second"
    with blocked_ledger(stage, "again") as (path, let_go):
        worker = stage.start("worker", "--ledger-out", path, "again")
        until(lambda: stage.count("ZCARD", "again", "active") == 1)
        producer.call("LPUSH", "{again}:pending", "0")
        other = stage.start("worker", "--until-empty", "--retry-ms", 10, "--ledger-out", second, "again")
        until(lambda: stage.count("LLEN", "again", "pending") == 0)
        worker.send_signal(signal.SIGTERM)
        equal(let_go(), sealed)
        equal(other.communicate(timeout=PATIENCE)[1], b"")
        out, _ = worker.communicate(timeout=PATIENCE)
    equal(out, b"1 done, 0 done before, 0 dead-lettered, 0 put off, 0 lost to other workers\n")
    equal((handled(second), other.returncode), ([], 0))


@test
def a_success_is_recorded_even_if_a_producer_overwrote_the_lease(stage):
    sealed = stage.produce("forged", ["task"])
    producer = stage.client("producer")
    with blocked_ledger(stage, "forged") as (path, let_go):
        worker = stage.start("worker", "--ledger-out", path, "forged")
        until(lambda: stage.count("ZCARD", "forged", "active") == 1)
        time.sleep(0.1) # into the write, past CLAIM
        producer.call("HSET", "{forged}:t:0", "lease", "forged")
        worker.send_signal(signal.SIGTERM)
        equal(let_go(), sealed)
        out, _ = worker.communicate(timeout=PATIENCE)
    equal(out, b"1 done, 0 done before, 0 dead-lettered, 0 put off, 0 lost to other workers\n")


@test
def a_lease_ends_when_its_task_goes_back(stage):
    sealed = stage.produce("stale", range(2))
    with contextlib.ExitStack() as stack:
        ledgers = [stack.enter_context(blocked_ledger(stage, f"stale{i}")) for i in range(3)]
        workers = []
        for i, (path, _) in enumerate(ledgers):
            workers.append(stage.start("worker", "--lease-ms", 60000 if i == 2 else 1000, "--ledger-out", path, "stale"))
            if i < 2:
                until(lambda: leased(stage, "stale") > i)
            if i == 1:
                until(lambda: leased(stage, "stale") == 0)
        # The third brings both back and takes the one; the other waits, with the first worker's name in its hash.
        until(lambda: [stage.count("ZCARD", "stale", "active"), stage.count("LLEN", "stale", "pending")] == [1, 1])
        workers[0].send_signal(signal.SIGTERM)
        equal(ledgers[0][1](), sealed[:1])
        out, _ = workers[0].communicate(timeout=PATIENCE)
        equal(out, b"0 done, 0 done before, 0 dead-lettered, 0 put off, 1 lost to other workers\n")
        equal([stage.count("ZCARD", "stale", "active"), stage.count("LLEN", "stale", "pending")], [1, 1])
        equal(stage.count("ZCARD", "stale", "delayed"), 0)
        for worker in workers[1:]:
            worker.kill()
            worker.communicate()
