# SPDX-License-Identifier: MIT
"""One task at a time: lines of input, workers that die, messages that must not be opened."""
import hashlib
import random
import re
import signal
import subprocess
import sys
import time

from stage import PATIENCE, ROOT, blocked_ledger, equal, handled, test, until


# ---- Lines of input -----------------------------------------------------------------------------------

@test
def a_bad_line_is_named_by_number_and_reason_and_the_rest_goes_on(stage):
    lines = [b'{"queue":"lines","type":"t","id":"a","payload":"hush-hush"}', b'{"queue":"lines","payload":"hush-hush"}', b"",
             b'{"queue":"lines","type":"t","payload":"hush-hush\xff"}', b'{"queue":"lines","type":"t","payload":"hush-hush',
             b'{"queue":"lines","type":"t","id":"a","payload":"hush-hush"}', b'{"queue":"lines","type":"t","payload":2}']
    out, err = stage.run("producer", "-", stdin=b"\n".join(lines), status=1)
    equal(out, "2 sealed and queued, 4 lines refused\n")
    equal(sorted(err.splitlines()), [
        'producer: line 2 refused: "queue", "type" and "payload" are required',
        "producer: line 4 refused: not valid UTF-8, near byte 48",
        "producer: line 5 refused: ends in the middle of a JSON value, near byte 48",
        "producer: line 6 refused: id exists: a task of that queue and id is still there"])
    equal(stage.count("LLEN", "lines", "pending"), 2)


@test
def the_exact_bytes_of_a_payload_arrive(stage):
    texts = ["1.10", "12345678901234567890123", "-0.0", "null", '""', '{"z":1,"a":[ 1.0 ,\t"\\u00e9 \u00e9" ],"":{}}']
    lines = [f'{{ "id":"{i}" ,"payload": {text} , "queue":"exact","type":"t"}}\r' for i, text in enumerate(texts)]
    stage.run("producer", "-", stdin="\ufeff".encode() + "\n".join(lines).encode())
    got, _ = stage.drain("exact")
    equal(got, [f"exact\t{i}\t{hashlib.sha256(text.encode()).hexdigest()}" for i, text in enumerate(texts)])


@test
def a_strangers_file_is_counted_to_the_line(stage):
    foreign = subprocess.run([sys.executable, ROOT / "tests/e2e/foreign.py"], check=True, capture_output=True)
    good, bad, _ = map(int, re.findall(r"\d+", foreign.stderr.decode()))
    path, ledger, seen = (stage.folder / name for name in ("foreign.jsonl", "foreign.ledger", "foreign.seen"))
    path.write_bytes(foreign.stdout)
    out, err = stage.run("producer", "--ledger", ledger, path, status=1)
    equal(out, f"{good} sealed and queued, {bad} lines refused\n")
    equal(len(err.splitlines()), bad)
    equal("4111111111111111" in err, False)
    sealed = {tuple(line.split("\t")[i] for i in (1, 3, 4)) for line in ledger.read_text("utf-8").splitlines()}
    queues = sorted({queue for queue, _, _ in sealed})
    time.sleep(2.1) # one of them expires after a second
    stage.run("worker", "--until-empty", "--ledger-out", seen, "--", *queues)
    opened = {tuple(line.split("\t")) for line in seen.read_text("utf-8").splitlines()}
    equal(opened - sealed, set())
    equal([stage.task(queue, task, "error") for queue, task, _ in sealed - opened], ["expired"])


@test
def a_line_that_the_server_refuses_is_named_and_the_rest_goes_on(stage):
    stage.intruder.call("SET", "{odd}:t:1", "not a hash")
    stage.intruder.call("SET", "{worse}:pending", "not a list")
    lines = [f'{{"queue":"odd","type":"t","id":"{i}","payload":{i}}}' for i in range(100)]
    ledger = stage.folder / "odd.ledger"
    out, err = stage.run("producer", "--ledger", ledger, "-", status=1,
                         stdin="\n".join(lines + ['{"queue":"worse","type":"t","id":"0","payload":1}']).encode())
    equal(out, "99 sealed and queued, 2 lines refused\n")
    equal([line[:64] for line in err.splitlines()],
          [f"producer: line {number} refused: the server says: WRONGTYPE Operation agai"[:64] for number in (2, 101)])
    equal((len(handled(ledger)), stage.count("LLEN", "odd", "pending")), (99, 99))
    equal(stage.intruder.call("EXISTS", "{worse}:t:0"), 0)


@test
def a_line_has_at_most_16_mib(stage):
    head, tail = b'{"queue":"long","type":"t","payload":"', b'"}'
    longest = head + b"x" * ((16 << 20) - len(head) - len(tail)) + tail
    out, err = stage.run("producer", "-", stdin=longest + b"\n" + longest[:-2] + b'x"}\n', status=1)
    equal(out, "1 sealed and queued, 1 lines refused\n")
    equal(err, "producer: line 2 refused: longer than 16777216 bytes\n")


@test
def ledgers_are_for_their_owner_only(stage):
    ledger = stage.folder / "mode.ledger"
    stage.run("producer", "--ledger", ledger, "-", stdin=b'{"queue":"mode","type":"t","payload":1}')
    stage.drain("mode")
    equal([path.stat().st_mode & 0o777 for path in (ledger, stage.folder / "mode.ledger")], [0o600, 0o600])


@test
def producers_may_share_a_ledger(stage):
    ledger, count = stage.folder / "shared.ledger", 2000
    for name in "abcd":
        (stage.folder / f"shared.{name}").write_text("".join(
            f'{{"queue":"shared","type":"t","id":"{name}{i:0200}","payload":1}}\n' for i in range(count)))
    producers = [stage.start("producer", "--ledger", ledger, stage.folder / f"shared.{name}") for name in "abcd"]
    equal([producer.wait(timeout=60) for producer in producers], [0, 0, 0, 0])
    equal(sorted(line.split("\t")[3] for line in ledger.read_text().splitlines() if line.count("\t") == 4),
          sorted(f"{name}{i:0200}" for name in "abcd" for i in range(count)))


@test
def a_killed_producer_has_queued_each_task_wholly_or_not_at_all(stage):
    path = stage.folder / "halves.jsonl"
    path.write_text("".join(f'{{"queue":"halves","type":"t","payload":"{i:0500}"}}\n' for i in range(20000)))
    for kills in range(1, 4):
        producer = stage.start("producer", path)
        until(lambda: stage.count("LLEN", "halves", "pending") > kills * 1000)
        producer.kill()
        producer.communicate()
        equal(producer.returncode, -signal.SIGKILL)
    listed = stage.intruder.call("LRANGE", "{halves}:pending", 0, -1)
    stored = stage.intruder.call("KEYS", "{halves}:t:*")
    equal(sorted(stored), sorted(b"{halves}:t:" + task for task in listed))


# ---- Workers that die, hang or are told to stop -------------------------------------------------------

def leased(stage, queue):
    return stage.intruder.call("ZCOUNT", f"{{{queue}}}:active", int(time.time() * 1000), "+inf")


@test
def a_worker_killed_between_take_and_done_loses_nothing(stage):
    sealed = stage.produce("killed", range(30))
    with blocked_ledger(stage, "killed") as (path, _):
        for kills in range(1, 21):
            worker = stage.start("worker", "--lease-ms", 100, "--max-attempts", 1000, "--ledger-out", path, "killed")
            until(lambda: leased(stage, "killed") == 1)
            worker.kill()
            worker.communicate()
            until(lambda: leased(stage, "killed") == 0)
    got, _ = stage.drain("killed", "--max-attempts", 1000)
    equal(sorted(got), sorted(sealed))
    equal(kills, 20)


@test
def workers_killed_at_any_moment_lose_nothing(stage):
    sealed, moments = stage.produce("storm", range(600)), random.Random(1)
    ledger = stage.folder / "storm.ledger"
    for _ in range(20):
        worker = stage.start("worker", "--lease-ms", 100, "--max-attempts", 1000, "--ledger-out", ledger, "storm")
        time.sleep(moments.uniform(0.02, 0.06))
        worker.kill()
        worker.communicate()
    got, _ = stage.drain("storm", "--max-attempts", 1000)
    equal(sorted(set(got)), sorted(sealed))
    equal(stage.dead("storm"), {})


@test
def a_task_that_kills_its_workers_is_given_up(stage):
    stage.produce("poison", ["poison"])
    for attempt in range(2):
        with blocked_ledger(stage, f"poison{attempt}") as (path, _):
            worker = stage.start("worker", "--lease-ms", 100, "--ledger-out", path, "poison")
            until(lambda: stage.task("poison", 0, "attempts") == str(attempt + 1))
            worker.kill()
            worker.communicate()
    got, _ = stage.drain("poison", "--max-attempts", 2)
    equal((got, stage.dead("poison")), ([], {"0": "too-many-attempts"}))


@test
def sigterm_lets_the_task_in_hand_finish(stage):
    sealed = stage.produce("drain", range(3))
    with blocked_ledger(stage, "drain") as (path, let_go):
        worker = stage.start("worker", "--ledger-out", path, "drain")
        until(lambda: stage.count("ZCARD", "drain", "active") == 1)
        time.sleep(0.1) # into the write
        worker.send_signal(signal.SIGTERM)
        time.sleep(0.1)
        equal(worker.poll(), None)
        equal(let_go(), sealed[:1])
        out, _ = worker.communicate(timeout=PATIENCE)
    equal((worker.returncode, out), (0, b"1 done, 0 done before, 0 dead-lettered, 0 put off, 0 lost to other workers\n"))
    equal([stage.count("LLEN", "drain", "pending"), stage.count("ZCARD", "drain", "active")], [2, 0])


@test
def a_worker_that_outstays_its_lease_lets_go(stage):
    sealed = stage.produce("stuck", ["task"])
    with blocked_ledger(stage, "stuck") as (path, let_go):
        slow = stage.start("worker", "--lease-ms", 200, "--ledger-out", path, "stuck")
        until(lambda: stage.count("ZCARD", "stuck", "active") == 1)
        got, _ = stage.drain("stuck")
        slow.send_signal(signal.SIGTERM)
        let_go()
        out, err = slow.communicate(timeout=PATIENCE)
    equal(got, sealed)
    equal(out, b"0 done, 0 done before, 0 dead-lettered, 0 put off, 1 lost to other workers\n")
    equal(err, b"worker: stuck: task 0 will be tried again: handler-failed\n"
               b"worker: stuck: task 0 is not ours any more: lost\n")


# ---- Messages that may not be opened, again or yet ----------------------------------------------------

@test
def a_message_that_was_done_is_not_handled_again(stage):
    sealed = stage.produce("replay", ["once"])
    envelope = stage.intruder.call("HGET", "{replay}:t:0", "sealed")
    stage.drain("replay")
    stage.intruder.call("HSET", "{replay}:t:0", "type", "test", "sealed", envelope)
    stage.intruder.call("LPUSH", "{replay}:pending", "0")
    got, err = stage.drain("replay")
    equal((got, stage.dead("replay"), stage.intruder.call("EXISTS", "{replay}:t:0")), (sealed, {}, 0))
    equal(err, "worker: replay: task 0 is dropped: it was done before: replayed, or queued twice\n")
    again = stage.produce("replay", ["a new task under the id"])
    got, _ = stage.drain("replay")
    equal(got, sealed + again)


@test
def a_message_under_another_id_is_refused(stage):
    sealed = stage.produce("second", ["once"])
    envelope = stage.intruder.call("HGET", "{second}:t:0", "sealed")
    stage.intruder.call("HSET", "{second}:t:1", "type", "test", "sealed", envelope)
    stage.intruder.call("LPUSH", "{second}:pending", "1")
    got, _ = stage.drain("second")
    equal((got, stage.dead("second")), (sealed, {"1": "context-mismatch"}))


@test
def a_message_in_another_queue_or_of_another_type_is_refused(stage):
    stage.produce("moved", ["a", "b"])
    stage.intruder.call("COPY", "{moved}:t:0", "{elsewhere}:t:0")
    stage.intruder.call("LPUSH", "{elsewhere}:pending", "0")
    stage.intruder.call("HSET", "{moved}:t:1", "type", "another")
    stage.drain("moved")
    stage.drain("elsewhere")
    equal((stage.dead("moved"), stage.dead("elsewhere")), ({"1": "context-mismatch"}, {"0": "context-mismatch"}))


@test
def a_plaintext_payload_is_refused(stage):
    stage.intruder.call("HSET", "{clear}:t:0", "type", "test", "sealed", '{"to": "ann@example.org"}')
    stage.intruder.call("LPUSH", "{clear}:pending", "0")
    got, _ = stage.drain("clear")
    equal((got, stage.dead("clear")), ([], {"0": "not-sealed"}))


@test
def a_message_that_is_too_old_is_refused(stage):
    stage.produce("old", ["a"])
    time.sleep(2.1)
    got, _ = stage.drain("old", "--max-age", 1)
    equal((got, stage.dead("old")), ([], {"0": "expired"}))


@test
def an_unknown_key_is_waited_for_and_not_counted_as_a_failure(stage):
    sealed = stage.produce("spread", ["a"])
    worker = stage.start("worker", "--retry-ms", 10, "spread", keyring="new")
    until(lambda: int(stage.task("spread", 0, "waits") or 0) >= 2)
    worker.terminate()
    worker.communicate(timeout=PATIENCE)
    equal((stage.task("spread", 0, "error"), stage.task("spread", 0, "attempts")), ("unknown-key", "0"))
    got, _ = stage.drain("spread", keyring="both")
    equal(got, sealed)


@test
def a_key_that_never_comes_is_given_up(stage):
    stage.produce("never", ["a"])
    got, _ = stage.drain("never", "--max-waits", 3, keyring="new")
    equal((got, stage.dead("never"), stage.task("never", 0, "waits")), ([], {"0": "unknown-key"}, "3"))


@test
def a_handler_that_fails_is_tried_again_and_then_given_up(stage):
    stage.produce("failing", ["a"])
    stage.run("worker", "--until-empty", "--retry-ms", 10, "--max-attempts", 3, "--ledger-out", "/dev/full", "failing")
    equal((stage.dead("failing"), stage.task("failing", 0, "attempts")), ({"0": "handler-failed"}, "3"))


# ---- Event loops --------------------------------------------------------------------------------------

@test
def a_handler_that_hangs_holds_up_its_own_queue_only(stage):
    if stage.programs["worker"] == "worker":
        return # it has one task in hand
    slow, fast = stage.produce("hang1", ["a"]), stage.produce("hang2", ["b"])
    with blocked_ledger(stage, "hang") as (path, let_go):
        worker = stage.start("worker", "--ledger-out", path, "hang1", "hang2", "hang3")
        until(lambda: stage.count("ZCARD", "hang1", "active") == stage.count("ZCARD", "hang2", "active") == 1)
        stage.produce("hang3", ["c"])
        until(lambda: stage.count("ZCARD", "hang3", "active") == 1)
        worker.send_signal(signal.SIGTERM)
        time.sleep(0.1)
        equal(worker.poll(), None)
        equal(sorted(let_go())[:2], sorted(slow + fast))
        out, _ = worker.communicate(timeout=PATIENCE)
    equal((worker.returncode, out), (0, b"3 done, 0 done before, 0 dead-lettered, 0 put off, 0 lost to other workers\n"))
