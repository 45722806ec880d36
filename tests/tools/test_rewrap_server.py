#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""taskseal rewrap on real servers: the tasks of a queue, to another key, wherever it is ended."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import server
from client import Client
from harness import FILE, OK, REFUSED, RETRY, TOOL, USAGE, Skip, bad, check, equal, good, keyring, main, read, run, test, write
from server import PASSWORD

_ports = {}


def port(name="first", **options):
    """A server over TLS, started once."""
    if name not in _ports:
        program = server.program()
        if not _ports:
            server.make_certificates()
        _ports[name] = server.start(program, certificate="right", **options)
    return _ports[name]


def uri(at=None, user="worker", more=""):
    return write(f"uri-{at or port()}-{user}", f"rediss://{user}:{PASSWORD}@localhost:{at or port()}?cacert={server.path('ca.pem')}{more}".encode())


def rings():
    """The environment of a keyring with mail-k02 before mail-k01, one that has mail-k01 alone, and an empty server."""
    if b"connections: none" in good("version"):
        raise Skip("this build can't connect")
    client = Client(port(), "worker")
    client.call("FLUSHALL")
    env = keyring()
    write("old", read("ring"))
    good("key", "add", "mail-k02", env=env)
    good("key", "promote", "mail-k02", "--demote", "mail-k01", env=env)
    return env, client


def sealed(text=False, ring="old", more=()):
    return good("seal", "-k", ring, *(["--text"] if text else []), *more, data=b"x")


def string(data):
    length, varint = len(data), b""
    while length > 0x7f:
        varint, length = varint + bytes([length & 0x7f | 0x80]), length >> 7
    return varint + bytes([length]) + data


def field(number, data):
    return bytes([number << 3 | 2]) + string(data)


def message(payload, more=b""):
    """As Asynq's, with a field that it does not have."""
    return field(1, b"mail") + field(2, payload) + field(3, b"id") + field(4, b"q") + b"\x28\x19" + more + field(13, b"later")


def put(client, name, value, state="pending", queue="q"):
    client.call("HSET", f"asynq:{{{queue}}}:t:{name}", "msg", value, "state", state, "pending_since", "1")


def rewrap(env, *arguments, status=OK, at=None, said=b"", queue="q"):
    done = run("rewrap", "--json", "--uri-file", uri(at), "--layout", "asynq", "--queue", queue, *arguments, env=env)
    check(done.returncode == status, f"{done.returncode}: {done.stdout!r} {done.stderr!r}")
    check(said in done.stderr and bool(said) == bool(done.stderr), repr(done.stderr))
    found = json.loads(done.stdout)
    found["keys"] = {key["id"]: key["envelopes"] for key in found["keys"]}
    found["not_moved"] = {one["error"]: one["count"] for one in found["not_moved"]}
    return found


@test
def every_envelope_of_a_message_moves_and_all_else_stays():
    env, client = rings()
    one, two, error, result = sealed(), sealed(), sealed(text=True), sealed()
    bundle = b"tskbundle1\n" + string(b"ann") + string(b"a") + string(one) + string(b"b") + string(b"plain") + string(b"c") + string(two)
    put(client, "plain", message(b"{}"))
    put(client, "bundle", message(bundle, field(7, b"panic [a.go:1]: " + error)))
    put(client, "done", message(one), state="completed")
    client.call("HSET", "asynq:{q}:t:done", "result", result)
    client.call("EXPIRE", "asynq:{q}:t:done", "1000")
    client.call("SET", "asynq:{q}:unique:x", "done", "EX", "900")
    before = {name: client.call("HGET", f"asynq:{{q}}:t:{name}", "msg") for name in ("plain", "bundle", "done")}
    found = rewrap(env)
    equal((found["complete"], found["done"], found["envelopes"], found["moved"]), (True, True, 5, 5))
    equal((found["keys"], found["not_moved"], found["to"]), ({"mail-k02": 5}, {"not-sealed": 1}, "mail-k02"))
    after = {name: client.call("HGET", f"asynq:{{q}}:t:{name}", "msg") for name in before}
    equal(after["plain"], before["plain"])
    for name in ("bundle", "done"):  # the ids have one length, so only headers differ
        equal(len(after[name]), len(before[name]))
        equal((after[name][:9], after[name][-12:]), (before[name][:9], before[name][-12:]))
        check(b"mail-k01" not in after[name] and b"mail-k02" in after[name], name)
    check(b"plain" in after["bundle"] and b"panic [a.go:1]: tsl1." in after["bundle"], repr(after["bundle"]))
    moved_error = after["bundle"].split(b"a.go:1]: ")[1][:len(error)]
    equal(good("open", env=env, data=moved_error), b"x")
    check(990 <= client.call("TTL", "asynq:{q}:t:done") <= 1000, "the TTL")
    equal(client.call("GET", "asynq:{q}:unique:x"), b"done")
    equal(json.loads(run("key", "drain-report", "--json", "--uri-file", uri(), "--match", "asynq:*:t:*", env=env).stdout)
          ["skipped"]["embedded"], 0)
    equal(rewrap(env)["moved"], 0)


@test
def drain_report_counts_members_and_error_texts():
    env, client = rings()
    bundle = b"tskbundle1\n" + string(b"ann") + string(b"a") + string(sealed()) + string(b"c") + string(sealed())
    put(client, "bundle", message(bundle, field(7, sealed(text=True))))
    report = ("key", "drain-report", "--json", "--uri-file", uri(), "--match", "asynq:*:t:*")
    found = json.loads(run(*report, env=env).stdout)
    equal((found["complete"], {key["id"]: key["envelopes"] for key in found["keys"]}), (True, {"mail-k02": 0, "mail-k01": 3}))
    client.call("HSET", "asynq:{q}:t:bundle", "msg", message(bundle[:-1]))
    found = json.loads(run(*report, env=env).stdout)
    equal((found["complete"], found["skipped"]["unreadable"]), (False, 1))


@test
def a_dry_run_writes_nothing():
    env, client = rings()
    put(client, "one", message(sealed()))
    before = client.call("HGETALL", "asynq:{q}:t:one")
    found = rewrap(env, "--dry-run", status=REFUSED)
    equal((found["moved"], found["keys"], found["done"]), (1, {"mail-k01": 1}, False))
    equal(client.call("HGETALL", "asynq:{q}:t:one"), before)
    equal(rewrap(env)["moved"], 1)
    equal(rewrap(env, "--dry-run")["moved"], 0)


@test
def what_can_not_move_is_counted_and_told_by_the_status():
    env, client = rings()
    put(client, "active", message(sealed()), state="active")
    equal(rewrap(env, status=REFUSED)["active"], 1)
    put(client, "active", message(sealed()))
    good("keygen", "mail-k09", "strange")
    put(client, "strange", message(sealed(ring="strange")))
    found = rewrap(env, status=REFUSED)
    equal((found["moved"], found["left"], found["not_moved"]), (1, 1, {"unknown-key": 1}))
    equal(found["keys"], {"mail-k02": 1, "mail-k09": 1})
    equal(rewrap(env, "--from", "mail-k01")["envelopes"], 2)  # the other is not meant
    client.call("DEL", "asynq:{q}:t:strange")
    short = message(sealed(), field(7, sealed(text=True, more=("--expires-in", "1s"))))
    put(client, "short", short)
    time.sleep(2)
    found = rewrap(env)  # nobody can open it any more, so it keeps nobody from retiring the key
    equal((found["moved"], found["not_moved"], found["keys"]), (1, {"expired": 1}, {"mail-k02": 2, "mail-k01": 1}))


@test
def what_is_malformed_but_holds_an_envelope_keeps_the_status_from_0():
    env, client = rings()
    bundle = b"tskbundle1\n" + string(b"ann") + string(b"a") + string(sealed())
    for name, odd in (("twice", message(sealed(), field(2, sealed()))), ("a group", message(sealed(), b"\xa3\x06\xa4\x06")),
                      ("cut", message(sealed())[:-1]), ("text", b"{" + sealed(text=True)), ("bundle", message(bundle + b"\x05"))):
        client.call("FLUSHALL")
        put(client, "1", odd)
        found = rewrap(env, status=REFUSED)
        equal((name, found["left"], found["moved"], found["not_moved"]), (name, 1, 0, {"malformed": 1}))
        equal(client.call("HGET", "asynq:{q}:t:1", "msg"), odd)
    put(client, "1", b"no message at all")
    equal(rewrap(env)["not_moved"], {"malformed": 1})


@test
def a_value_in_text_form_moves_and_stays_text():
    env, client = rings()
    put(client, "1", message(b"{}"))
    for key, name, layout in (("asynq:{q}:t:1", "result", "asynq"), ("{q}:t:1", "sealed", "examples")):
        client.call("HSET", key, name, sealed(text=True))
        found = rewrap(env, "--layout", layout)
        equal((found["moved"], found["keys"]), (1, {"mail-k02": 1}))
        value = client.call("HGET", key, name)
        equal((value[:5], good("open", env=env, data=value)), (b"tsl1.", b"x"))
        check(b"mail-k02" in good("inspect", data=value), "the key")
        equal(rewrap(env, "--layout", layout)["moved"], 0)
        client.call("HSET", key, name, sealed(text=True) + b"!")
        equal(rewrap(env, "--layout", layout)["not_moved"].get("malformed"), 1)


@test
def nothing_moves_to_a_key_that_is_not_good_for_the_queue():
    env, client = rings()
    good("key", "add", "reports-k01", "--queue", "reports", env=env)
    good("key", "promote", "reports-k01", env=env)
    check(good("key", "list", env=env).startswith(b"reports-k01\t"), "the first key that seals")
    one = sealed(more=("--queue", "q"))
    put(client, "1", message(one))
    said = b"reports-k01 is not good for queue q: "
    for queues in (("--queue", "q"), ("--queue", "reports", "--queue", "q")):
        done = run("rewrap", "--uri-file", uri(), "--layout", "asynq", *queues, "--to", "reports-k01", env=env)
        check(done.returncode == USAGE and said in done.stderr, f"{done.returncode}: {done.stderr!r}")
    equal(client.call("HGET", "asynq:{q}:t:1", "msg"), message(one))
    equal((rewrap(env)["to"], rewrap(env)["keys"]), ("mail-k02", {"mail-k02": 1}))
    equal(rewrap(env, queue="reports", said=b"no task found")["to"], "reports-k01")


@test
def large_messages_and_names_with_the_signs_of_patterns():
    env, client = rings()
    queue = "a*[b]?\\^-c"
    put(client, "1", message(good("seal", "-k", "old", data=os.urandom(3 << 20))), queue=queue)
    for number in range(40):
        put(client, f"small-{number}", message(sealed()), queue=queue)
    put(client, "1", message(sealed()), queue="ab")
    equal(rewrap(env, queue=queue)["moved"], 41)
    check(b"mail-k01" in client.call("HGET", "asynq:{ab}:t:1", "msg"), "another queue")


@test
def the_rate_is_kept():
    env, client = rings()
    for number in range(1500):
        client.send("HSET", f"asynq:{{q}}:t:{number}", "msg", b"")
    for _ in range(1500):
        client.read()
    begin = time.monotonic()
    equal(rewrap(env, "--rate", "2500")["not_moved"], {"not-sealed": 1500})
    # Two commands a task; what comes after the last page but one is not waited for. (A floor, however busy the machine.)
    check(time.monotonic() - begin >= 0.6, "it was faster than it was told to be")


@test
def a_queue_without_tasks_is_told():
    env, _ = rings()
    done = run("rewrap", "--uri-file", uri(), "--queue", "mial", env=env)
    equal((done.returncode, done.stderr), (OK, b"taskseal: rewrap: queue mial: no task found\n"))


# ---- Ended and gone on ----


def killed(env, client, count=3000):
    """A run of which a part is done: its state is in the file `state`."""
    value, pipe = message(sealed()), client
    for number in range(count):
        pipe.send("HSET", f"asynq:{{q}}:t:{number}", "msg", value, "state", "pending")
    for _ in range(count):
        pipe.read()
    arguments = [TOOL, "rewrap", "--uri-file", uri(), "--layout", "asynq", "--queue", "q", "--resume", "state"]
    process = subprocess.Popen(arguments, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not os.path.exists("state") or b"\nat 0 0\n" in read("state"):
        check(process.poll() is None, "it ended before it was killed")
        time.sleep(0.0005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    equal(process.returncode, -signal.SIGKILL)


def keys_of(client, count=3000):
    for number in range(count):
        client.send("HGET", f"asynq:{{q}}:t:{number}", "msg")
    values = [client.read() for _ in range(count)]
    return sum(b"mail-k01" in value for value in values), sum(b"mail-k02" in value for value in values)


@test
def a_run_that_was_killed_goes_on_where_it_was():
    env, client = rings()
    killed(env, client)
    old, new = keys_of(client)
    check(old > 0 and new > 0 and old + new == 3000, f"{old} and {new}")
    equal(os.stat("state").st_mode & 0o777, 0o600)
    found = rewrap(env, "--resume", "state")
    equal((found["resumed"], found["done"], keys_of(client)), (True, True, (0, 3000)))
    check(found["envelopes"] >= 3000 and found["moved"] <= 3000, str(found))  # SCAN may give one twice
    check(not os.path.exists("state"), "the state")


@test
def what_was_left_before_it_was_killed_is_not_forgotten():
    env, client = rings()
    for number in range(50):
        put(client, f"active-{number}", message(sealed()), state="active")
    killed(env, client)
    found = rewrap(env, "--resume", "state", status=REFUSED)
    equal((found["resumed"], found["done"], found["active"]), (True, False, 50))


@test
def the_state_of_another_server_begins_anew():
    env, client = rings()
    killed(env, client)
    other = Client(port("second"), "worker")
    for number in range(30):
        put(other, str(number), message(sealed()))
    found = rewrap(env, "--resume", "state", at=port("second"), said=b"begins anew")
    equal((found["resumed"], found["moved"], found["done"]), (False, 30, True))


@test
def a_damaged_state_and_one_of_another_run_are_refused():
    env, client = rings()
    killed(env, client)
    state, old = read("state"), keys_of(client)
    call = ("rewrap", "--uri-file", uri(), "--layout", "asynq", "--resume", "state", "--queue", "q")
    for damaged in (b"", b"x" * 100, state[:-1], state + b"\n", state.replace(b"\nat 0 ", b"\nat 0 1"), state.replace(b"counts ", b"counts 9"),
                    state.replace(b"state 1", b"state 2"), state + b"\0"):
        write("state", damaged)
        bad(REFUSED, "rewrap: malformed: state is no state of this command, or is damaged: remove it", *call, env=env)
    write("state", state)
    for other in (("--queue", "r"), ("--from", "mail-k01")):
        bad(USAGE, "rewrap: usage: state is the state of a run with other queues, keys", *call, *other, env=env)
    os.chmod("state", 0o644)
    bad(REFUSED, "rewrap: file-permissions: others can read or change state", *call, env=env)
    os.chmod("state", 0o600)
    equal(keys_of(client), old)
    bad(FILE, "rewrap: file: can't write nowhere/state", *call[:-4], "--resume", "nowhere/state", "--queue", "q", env=env)
    good(*call, env=env)  # the good twin


# ---- Servers that refuse ----


def refused(env, status, message_text, *arguments, at=None, user="worker"):
    done = run("rewrap", "--uri-file", uri(at, user), "--layout", "asynq", "--queue", "q", *arguments, env=env)
    check(done.returncode == status and message_text in done.stderr.decode(), f"{done.returncode}: {done.stderr.decode()}")
    check(PASSWORD.encode() not in done.stderr, "the password")


@test
def the_line_of_the_role_suffices_and_one_right_less_does_not():
    env, client = rings()
    line = good("doctor", "--role", "rotate", "--layout", "asynq").decode().split("\n")[1].split()
    equal(line[:2], ["user", "rotate"])
    rules = [word for word in line[2:] if not word.startswith("#")] + [f">{PASSWORD}"]
    put(client, "1", message(sealed()))
    call = ("rewrap", "--uri-file", uri(None, "rotate"), "--layout", "asynq", "--queue", "q")
    for right in ("+scan", "+eval", "+hget", "+hset", "+hstrlen"):
        client.call("ACL", "SETUSER", "rotate", "reset", *[rule for rule in rules if rule != right])
        done = run(*call, env=env)
        equal((right, done.returncode), (right, REFUSED))
        check(re.search(rb"NOPERM|ACL failure in script|can't run this command", done.stderr), f"{right}: {done.stderr!r}")
        check(b"mail-k01" in client.call("HGET", "asynq:{q}:t:1", "msg"), right)
    client.call("ACL", "SETUSER", "rotate", "reset", *[rule for rule in rules if rule != "+info"])
    refused(env, REFUSED, "--resume has to know which server this is: its user needs +info", "--resume", "state", user="rotate")
    client.call("ACL", "SETUSER", "rotate", "reset", *rules)
    good("rewrap", "--uri-file", uri(None, "rotate"), "--layout", "asynq", "--queue", "q", "--resume", "state", env=env)


@test
def a_replica_is_refused_whose_tasks_may_not_be_all():
    env, client = rings()
    put(client, "1", message(sealed()))
    replica = Client(port("replica", more=(f"replicaof 127.0.0.1 {port()}", f"masterauth {PASSWORD}", "masteruser worker",
                                           "tls-replication yes")), "worker")
    replica.wait_for(b"master_link_status:up", "INFO", "replication")
    refused(env, RETRY, "server-busy: this server is a replica: the primary's URI is wanted", at=port("replica"))
    equal(rewrap(env, "--dry-run", status=REFUSED, at=port("replica"))["moved"], 1)
    client.call("FLUSHALL")
    killed(env, client)
    replica.call("REPLICAOF", "NO", "ONE")
    client.call("CONFIG", "SET", "masterauth", PASSWORD, "masteruser", "worker", "tls-replication", "yes")
    client.call("REPLICAOF", "127.0.0.1", str(port("replica")))
    client.wait_for(b"master_link_status:up", "INFO", "replication")
    client.call("REPLICAOF", "NO", "ONE")  # the same process as before, with what the other has held meanwhile
    equal(rewrap(env, "--resume", "state", said=b"begins anew")["resumed"], False)


@test
def a_queue_on_another_node_of_a_cluster_is_told():
    env, _ = rings()
    more = ("cluster-enabled yes", "tls-cluster yes", "cluster-require-full-coverage no",
            f"tls-client-cert-file {server.path('client.pem')}", f"tls-client-key-file {server.path('client.key')}")
    here, there = (Client(port(name, more=(*more, f"cluster-port {server.free_port()}")), "worker") for name in ("node-1", "node-2"))
    slot = str(here.call("CLUSTER", "KEYSLOT", "asynq:{q}:t:1"))
    there.call("CLUSTER", "ADDSLOTS", slot)
    here.call("CLUSTER", "ADDSLOTS", str(int(slot) + 1))
    bus = there.call("CONFIG", "GET", "cluster-port")[1]
    here.call("CLUSTER", "MEET", "127.0.0.1", str(port("node-2")), bus)
    here.wait_for(f" {slot}\n".encode(), "CLUSTER", "NODES")
    there.wait_for(b"cluster_state:ok", "CLUSTER", "INFO")
    put(there, "1", message(sealed()))
    refused(env, REFUSED, "server-error: queue q is on another node of the cluster, whose URI is wanted", at=port("node-1"))
    equal(rewrap(env, at=port("node-2"))["moved"], 1)


# ---- Changed meanwhile ----


class Gate(threading.Thread):
    """Between the command and its server; calls `before` before it hands on what the command sends."""

    def __init__(self, before):
        super().__init__(daemon=True)
        self.before, self.listener = before, socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def run(self):
        command, _ = self.listener.accept()
        to = socket.create_connection(("127.0.0.1", port()))
        threading.Thread(target=self.hand_on, args=(to, command, lambda: None), daemon=True).start()
        self.hand_on(command, to, self.before)

    @staticmethod
    def hand_on(source, to, before):
        while data := source.recv(65536):
            before()
            to.sendall(data)
        to.shutdown(socket.SHUT_WR)


@test
def a_task_that_changes_between_reading_and_writing_is_left():
    env, client = rings()
    put(client, "1", message(sealed()))
    put(client, "2", message(sealed()))
    newer, watch, asked = message(sealed()), Client(port(), "worker"), []
    watch.call("MONITOR")

    def change_what_was_read():
        client.call("ECHO", "now")
        lines = [watch.read()]
        while b'"ECHO" "now"' not in lines[-1]:
            lines.append(watch.read())
        if not asked and any(b'"HGET" "asynq:{q}:t:1" "msg"' in line for line in lines):
            client.call("HSET", "asynq:{q}:t:1", "msg", newer)
            asked.append(True)

    gate = Gate(change_what_was_read)
    gate.start()
    found = rewrap(env, at=gate.port, status=REFUSED)
    equal((asked, found["changed"], found["moved"], found["keys"]), ([True], 1, 1, {"mail-k02": 1}))
    equal(client.call("HGET", "asynq:{q}:t:1", "msg"), newer)
    equal(rewrap(env)["moved"], 1)


# ---- What is given ----


@test
def options_that_do_not_go_together_are_refused():
    env = keyring("alone")
    for arguments, said in [(("--queue", "q"), "are about a server: give --uri-file"), (("--json",), "are about a server"), (("--rate", "5"), "are about a server"),
                            (("--server",), "name the queues"), (("--server", "--queue", "q", "file"), "give a server or a FILE"),
                            (("--server", "--queue", "q", "--text"), "give a server or a FILE"),
                            (("--server", "--queue", "q", "--dry-run", "--resume", "f"), "--dry-run has nothing to --resume")]:
        check(said in bad(USAGE, "rewrap: usage: ", "rewrap", *arguments, env=env), said)
    if b"connections: none" in good("version"):
        return
    env, _ = rings()
    for arguments, said in [(("--queue", "a{b"), "no braces"), (("--queue", ""), "1 to 255 bytes"), (("--queue", "q", "--layout", "x"), "--layout is"),
                            (("--queue", "q", "--to", "mail-k01"), "--to mail-k01 is not active"),
                            (("--queue", "q", "--from", "mail-k02", "--to", "mail-k02"), "the same key")]:
        check(said in bad(USAGE, "rewrap: usage: ", "rewrap", "--uri-file", uri(), *arguments, env=env), said)


if __name__ == "__main__":
    sys.exit(main())
