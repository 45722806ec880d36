# SPDX-License-Identifier: MIT
"""Many at once: keys that change, connections that break, users and and what they may do."""
import hashlib
import json
import os
import re
import subprocess
import sys

from stage import PATIENCE, ROOT, equal, handled, lab, test, until


# ---- Keys ---------------------------------------------------------------------------------------------

def key_of(stage, queue, task):
    path = stage.folder / "envelope"
    path.write_bytes(stage.operator.call("HGET", f"{{{queue}}}:t:{task}", "sealed"))
    line = subprocess.run([stage.tool / "taskseal", "inspect", path], check=True, capture_output=True)
    return re.search(r"key (\S+)", line.stdout.decode()).group(1)


@test
def rotate_moves_what_waits_and_is_safe_to_repeat(stage):
    sealed = stage.produce("turn[1]*", range(40))
    stage.produce("turn1", ["another queue"])
    out, _ = stage.run("rotate", "--to", "test-k2", "turn[1]*", keyring="both")
    equal(out, "40 envelopes seen, 40 moved to test-k2\n  key test-k2: 40\n")
    equal((key_of(stage, "turn[1]*", 39), key_of(stage, "turn1", 0)), ("test-k2", "test-k1"))
    out, _ = stage.run("rotate", "--to", "test-k2", "--from", "test-k1", "turn[1]*", keyring="both")
    equal(out, "40 envelopes seen, 0 moved to test-k2\n  key test-k2: 40\n")
    got, _ = stage.drain("turn[1]*", keyring="new")
    equal(got, sealed)


@test
def rotate_finds_delayed_active_and_dead_tasks(stage):
    stage.produce("places", ["dead", "delayed"])
    stage.drain("places", "--max-waits", 1, keyring="new")
    equal(len(stage.dead("places")), 2)
    out, _ = stage.run("rotate", "--to", "test-k2", "places", keyring="both")
    equal(out, "2 envelopes seen, 2 moved to test-k2\n  key test-k2: 2\n")


@test
def rotate_leaves_what_it_cannot_move_and_says_so(stage):
    stage.produce("stays", ["a", "b"])
    stage.intruder.call("HSET", "{stays}:t:0", "sealed", "not an envelope")
    stage.intruder.call("SET", "{stays}:t:2", "not a hash")
    out, _ = stage.run("rotate", "--to", "test-k2", "stays", keyring="both")
    equal(out, "1 envelopes seen, 1 moved to test-k2\n  key test-k2: 1\n  not moved, not-sealed: 1\n")
    equal(stage.task("stays", 0, "sealed"), "not an envelope")


@test
def rotate_does_not_call_it_done_while_a_key_may_open_what_stays(stage):
    stage.produce("locked", ["a"])
    out, _ = stage.run("rotate", "--to", "test-k2", "locked", keyring="new", status=1)
    equal(out, "1 envelopes seen, 0 moved to test-k2\n  key test-k1: 1\n  not moved, unknown-key: 1\n")
    out, _ = stage.run("rotate", "--to", "test-k2", "locked", keyring="both")
    equal(out, "1 envelopes seen, 1 moved to test-k2\n  key test-k2: 1\n")


@test
def rotate_takes_no_mistyped_name_for_work_that_is_done(stage):
    stage.produce("typo", ["a"])
    for options, said in ((["--to", "nope"], "rotate: key nope is not in the keyring\n"),
                          (["--to", "test-k2", "--from", "nope"], "rotate: key nope is not in the keyring\n"),
                          (["--to", "test-k1"], "rotate: key test-k1 is not active in the keyring\n")):
        equal(stage.run("rotate", *options, "typo", keyring="both", status=2), ("", said))
    equal(stage.run("rotate", "--to", "test-k2", "other", "typo", keyring="limited", status=2),
          ("", "rotate: key test-k2 is not good for queue typo\n"))
    equal(stage.run("rotate", "--to", "test-k2", "tipo", keyring="both"),
          ("0 envelopes seen, 0 moved to test-k2\n", "rotate: queue tipo: no task found\n"))
    equal(key_of(stage, "typo", 0), "test-k1")


@test
def rotate_under_working_workers_loses_nothing(stage):
    sealed = stage.produce("busy", range(1500))
    ledgers = [stage.folder / f"busy.{i}" for i in range(2)]
    workers = [stage.start("worker", "--until-empty", "--ledger-out", ledger, "busy", keyring="both")
               for ledger in ledgers]
    moved = 0
    while any(worker.poll() is None for worker in workers):
        rotation = stage.start("rotate", "--to", "test-k2", "busy", keyring="both")
        out, err = rotation.communicate(timeout=PATIENCE)
        equal((rotation.returncode in (0, 1), err in (b"", b"rotate: queue busy: no task found\n")), (True, True))
        moved += int(re.search(rb"(\d+) moved", out).group(1))
    equal([worker.communicate()[1] for worker in workers], [b"", b""])
    equal(sorted(sum((handled(ledger) for ledger in ledgers), [])), sorted(sealed))
    equal(moved > 0, True)


# ---- Connections --------------------------------------------------------------------------------------

@test
def broken_connections_are_made_again_and_nothing_is_lost_or_doubled(stage):
    texts = [json.dumps({"number": i, "filler": "x" * 2000}) for i in range(3000)]
    lines = [f'{{"queue": "cut", "type": "t", "id": "{i}", "payload": {text}}}' for i, text in enumerate(texts)]
    path = stage.folder / "cut.jsonl"
    path.write_text("\n".join(lines))
    producer = stage.start("producer", path)
    until(lambda: stage.count("LLEN", "cut", "pending") > 300)
    equal(stage.operator.call("CLIENT", "KILL", "USER", "producer"), 1)
    out, _ = producer.communicate(timeout=PATIENCE)
    equal((producer.returncode, out), (0, b"3000 sealed and queued, 0 lines refused\n"))
    equal(stage.count("LLEN", "cut", "pending"), 3000)

    ledger = stage.folder / "cut.ledger"
    worker = stage.start("worker", "--until-empty", "--lease-ms", 500, "--ledger-out", ledger, "cut")
    for share in (100, 1000, 2000):
        until(lambda: len(handled(ledger)) > share)
        equal(stage.operator.call("CLIENT", "KILL", "USER", "worker"), 1)
    worker.communicate(timeout=PATIENCE)
    equal(worker.returncode, 0)
    wanted = [f"cut\t{i}\t{hashlib.sha256(text.encode()).hexdigest()}" for i, text in enumerate(texts)]
    equal(sorted(set(handled(ledger))), sorted(wanted))


@test
def a_wrong_password_ends_each_program_at_once(stage):
    right = (stage.folder / "uri.worker").read_text()
    (stage.folder / "uri.nobody").write_text(re.sub(":[^:@]*@", ":wrong@", right))
    for program, args in (("producer", ["-"]), ("worker", ["q"]), ("rotate", ["--to", "test-k1", "q"])):
        _, err = stage.run(program, *args, role="nobody", status=3, stdin=b"")
        equal(err.startswith(f"{program}: auth-refused: "), True)
        equal("wrong@" in err, False)


@test
def missing_or_bad_configuration_is_a_usage_error(stage):
    for program, args in (("producer", ["-"]), ("worker", ["q"]), ("rotate", ["--to", "test-k2", "q"])):
        env = {"PATH": os.environ["PATH"], "TASKSEAL_KEYRING": str(stage.folder / "keyring.old")}
        process = subprocess.run([stage.bin / stage.programs.get(program, program), *args], env=env, capture_output=True, input=b"", check=False)
        equal(process.returncode, 2)
        equal(b"set TASKSEAL_URI" in process.stderr, True)
        _, err = stage.run(program, *args, keyring="absent", status=2, stdin=b"")
        equal(err.startswith(f"{program}: keyfile-read: "), True)
    _, err = stage.run("producer", stage.folder, status=3)
    equal(err, "producer: input: Is a directory\n")


@test
def help_goes_to_stdout_and_wrong_usage_to_stderr(stage):
    for program in ("producer", "worker", "rotate"):
        out, err = stage.run(program, "--help")
        equal((out.startswith(f"usage: {program} "), err), (True, ""))
        out, err = stage.run(program, status=2)
        equal((out, err.startswith(f"usage: {program} ")), ("", True))


@test
def each_user_may_do_its_work_and_no_more(stage):
    refused = {"producer": [("GET", "{q}:m:0"), ("SET", "{q}:m:0", "done"), ("RPOP", "{q}:pending"), ("HGET", "k", "f"),
                            ("EVAL", "return redis.call('DEL', KEYS[1])", 1, "{q}:t:0")],
               "worker": [("SCAN", 0), ("HGET", "elsewhere", "f"), ("CONFIG", "GET", "*"), ("FLUSHALL",)],
               "rotate": [("LPUSH", "{q}:pending", "0"), ("HGET", "{q}:m:0", "f"), ("DEL", "{q}:t:0"), ("MONITOR",)],
               "report": [("HSET", "{q}:t:0", "f", "v"), ("DEL", "{q}:t:0"), ("HSCAN", "elsewhere", 0), ("HGETALL", "{q}:t:0")],
               "observer": [("HGET", "{q}:t:0", "sealed"), ("KEYS", "*")]}
    for role, commands in refused.items():
        client = lab.Client(stage.port, stage.folder, role)
        for command in commands:
            try:
                client.call(*command)
            except lab.Refused as refusal:
                equal(re.search("NOPERM|ACL failure|can't run this command|No permissions", str(refusal)) is not None, True)
            else:
                raise AssertionError(f"{role} may {command}")
        equal(client.call("PING"), b"PONG")
        client.close()


@test
def the_users_in_the_readme_are_those_of_the_tests(_stage):
    readme = (ROOT / "examples/README.md").read_text()
    for role in ("producer", "worker", "rotate", "report"):
        equal(f"\n    user {role} on >... resetchannels -@all {lab.EVERYBODY} {lab.ACL[role]}\n" in readme, True)
    equal(f"\n    {lab.DEFAULT}\n" in readme, True)


@test
def the_balance_notices_a_lost_and_a_changed_payload(stage):
    ledger, out = stage.folder / "balance.ledger", stage.folder / "balance.out"
    lines = [f'{{"queue":"balance","type":"t","id":"{i}","payload":{i}}}' for i in range(3)]
    stage.run("producer", "--ledger", ledger, "-", stdin="\n".join(lines).encode())
    stage.run("worker", "--until-empty", "--ledger-out", out, "balance")

    def balance():
        done = subprocess.run([sys.executable, "-B", ROOT / "examples/demo/evidence.py", "lost", stage.folder,
                               str(stage.port), ledger, out], capture_output=True, check=False)
        return done.returncode, done.stdout.decode()

    whole = handled(out)
    equal(balance(), (0, "3 sealed, 3 opened, 0 lost\n"))
    out.write_text("\n".join(whole[:2]) + "\n")
    equal(balance(), (1, "3 sealed, 2 opened, 1 lost\n"))
    out.write_text("\n".join(whole).replace(whole[0][-64:], "0" * 64) + "\n")
    equal(balance(), (1, "3 sealed, 2 opened, 1 lost; 1 that nobody sealed\n"))
