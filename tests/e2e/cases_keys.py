# SPDX-License-Identifier: MIT
"""Keys that change under running programs, by the command, and who may look whether an old key is still needed."""
import contextlib
import hashlib
import json
import os
import re
import signal
import subprocess

from cases_fleet import key_of
from stage import PATIENCE, ROOT, equal, handled, lab, test, until


def taskseal(stage, *args, status=0, **options):
    done = subprocess.run([stage.tool / "taskseal", *map(str, args)], capture_output=True, check=False, timeout=PATIENCE,
                          **options)
    if done.returncode != status:
        raise AssertionError(f"taskseal {args} ended with {done.returncode}, not {status}: {done.stderr.decode()}")
    return done.stdout.decode(), done.stderr.decode()


class Living:
    """A program that runs, whose words can be read meanwhile."""

    def __init__(self, stage, program, *args, **options):
        self.program, self.words = program, stage.folder / f"{program}.{len(stage.started)}.words"
        with open(self.words, "wb") as words:
            self.process = stage.start(program, *args, stdin=subprocess.PIPE, stderr=words, **options)

    def said(self):
        return self.words.read_text().splitlines()

    def hang_up(self, what):
        """Sends SIGHUP, to which it says one thing."""
        before = len(self.said())
        self.process.send_signal(signal.SIGHUP)
        until(lambda: len(self.said()) >= before + 1)
        equal(self.said()[before:], [f"{self.program}: {what}"])

    def end(self):
        """Its last words on stdout, after it ended well."""
        self.process.terminate()
        out, _ = self.process.communicate(timeout=PATIENCE)
        equal(self.process.returncode, 0)
        return out.decode()


class Line:
    """A key file, and over a queue of its name a worker and a producer that both run on."""

    def __init__(self, stage, queue, **options):
        self.stage, self.queue, self.wanted = stage, queue, []
        self.ring, self.ledger = stage.folder / f"keyring.{queue}", stage.folder / f"{queue}.ledger"
        taskseal(stage, "keygen", f"{queue}-1", self.ring)
        self.worker = Living(stage, "worker", "--retry-ms", 10, "--ledger-out", self.ledger, queue, keyring=queue, **options)
        self.producer = Living(stage, "producer", "-", keyring=queue)
        self.send() # both run, and have their handlers
        self.all_are_handled()

    def key(self, change, *args):
        taskseal(self.stage, "key", change, *args, "-k", self.ring)

    def send(self):
        """A task; its id."""
        task = len(self.wanted)
        text = json.dumps({"task": task})
        self.producer.process.stdin.write(f'{{"queue":"{self.queue}","type":"t","id":"{task}","payload":{text}}}\n'.encode())
        self.producer.process.stdin.flush()
        self.wanted.append(f"{self.queue}\t{task}\t{hashlib.sha256(text.encode()).hexdigest()}")
        return task

    def sends_under(self, key):
        """Sends a task while the worker is held, so that it can be looked at."""
        self.worker.process.send_signal(signal.SIGSTOP)
        task = self.send()
        until(lambda: self.stage.task(self.queue, task, "type"))
        equal(key_of(self.stage, self.queue, task), key)
        self.worker.process.send_signal(signal.SIGCONT)

    def all_are_handled(self):
        until(lambda: len(handled(self.ledger)) >= len(self.wanted))
        equal(handled(self.ledger), self.wanted)

    def end(self):
        """Nothing was lost, put off or given up."""
        self.all_are_handled()
        self.producer.process.stdin.close()
        equal(self.producer.process.wait(PATIENCE), 0)
        equal(self.worker.end(), f"{len(self.wanted)} done, 0 done before, 0 dead-lettered, 0 put off, "
                                 "0 lost to other workers\n")
        equal(self.stage.dead(self.queue), {})


# ---- New keys while programs run ----------------------------------------------------------------------

@test
def running_programs_take_new_keys_on_sighup(stage):
    line = Line(stage, "live")
    line.key("add", "live-2")
    line.worker.hang_up("the keys were loaded anew: 2 in all, live-1 seals")
    line.key("promote", "live-2", "--demote", "live-1", "--grace", "1h")
    line.sends_under("live-1") # the producer lags
    line.producer.hang_up("the keys were loaded anew: 2 in all, live-2 seals")
    line.sends_under("live-2")
    line.worker.hang_up("the keys were loaded anew: 2 in all, live-2 seals")
    line.send()
    line.end()


@test
def a_worker_without_a_sighup_waits_for_a_key_that_it_lacks(stage):
    line = Line(stage, "lags")
    line.key("add", "lags-2")
    line.key("promote", "lags-2")
    line.producer.hang_up("the keys were loaded anew: 2 in all, lags-2 seals")
    task = line.send()
    until(lambda: int(stage.task("lags", task, "waits") or 0) >= 2)
    equal(set(line.worker.said()), {"worker: lags: task 1 will be tried again: unknown-key"})
    line.worker.process.send_signal(signal.SIGHUP)
    line.all_are_handled()
    equal(line.worker.said()[-1], "worker: the keys were loaded anew: 2 in all, lags-2 seals")
    equal(line.worker.end().startswith("2 done, 0 done before, 0 dead-lettered, "), True)


@test
def a_key_file_that_does_not_load_leaves_the_old_keys_in_use(stage):
    line = Line(stage, "broken")
    good = line.ring.read_text()

    def both_say(what):
        for program in (line.worker, line.producer):
            program.hang_up(what)
        line.sends_under("broken-1")
        line.all_are_handled()

    line.ring.write_text(good[:-1])
    both_say(f"the old keys stay: keyfile-malformed: {line.ring}: "
             "line 2: it has no line feed: was the end of the file cut off?")
    line.ring.write_text(good.replace(" xchacha", " ychacha"))
    both_say(f"the old keys stay: keyfile-malformed: {line.ring}: "
             "line 2: the key type must be xchacha20poly1305, aegis256 or dedupe")
    line.ring.write_text(good)
    line.ring.chmod(0o644)
    both_say(f"the old keys stay: keyfile-permissions: {line.ring}: its mode is 0644, so that others can read or change it: "
             "chmod 600 it, and replace its keys if others could log in")
    line.ring.unlink()
    both_say(f"the old keys stay: keyfile-read: {line.ring}: No such file or directory")
    lab.write_secret(line.ring, good)
    both_say("the keys were loaded anew: 1 in all, broken-1 seals")
    line.end()


@test
def sighups_disturb_no_work(stage):
    sealed = stage.produce("shaken", range(1500))
    ledger = stage.folder / "shaken.ledger"
    worker = Living(stage, "worker", "--until-empty", "--ledger-out", ledger, "shaken")
    until(lambda: handled(ledger))
    while worker.process.poll() is None:
        worker.process.send_signal(signal.SIGHUP)
    equal(worker.process.communicate(timeout=PATIENCE)[0],
          b"1500 done, 0 done before, 0 dead-lettered, 0 put off, 0 lost to other workers\n")
    equal((handled(ledger), worker.process.returncode), (sealed, 0))
    equal(set(worker.said()), {"worker: the keys were loaded anew: 1 in all, test-k1 seals"})


@test
def keys_from_a_descriptor_or_the_environment_stay_until_a_restart(stage):
    text = (stage.folder / "keyring.old").read_bytes()
    reader, writer = os.pipe()
    os.write(writer, text)
    os.close(writer)
    for queue, source, options in (("pipe", f"fd:{reader}", {"pass_fds": [reader]}), ("variable", "env:APP_KEYS", {})):
        ledger = stage.folder / f"{queue}.ledger"
        worker = Living(stage, "worker", "--ledger-out", ledger, queue,
                        env={"TASKSEAL_KEYRING": source, "APP_KEYS": text.decode()}, **options)
        sealed = stage.produce(queue, ["before"])
        until(lambda: handled(ledger) == sealed)
        worker.hang_up(f"the old keys stay: {source} can't be read twice, so restart to change keys")
        sealed += stage.produce(queue, ["after"])
        until(lambda: handled(ledger) == sealed)
        equal(worker.end().startswith("2 done, "), True)
    os.close(reader)


@test
def a_credential_is_loaded_anew(stage):
    folder, ledger = stage.folder / "credentials", stage.folder / "credential.ledger"
    folder.mkdir()
    lab.write_secret(folder / "keyring", (stage.folder / "keyring.old").read_text())
    worker = Living(stage, "worker", "--ledger-out", ledger, "credential",
                    env={"TASKSEAL_KEYRING": "credential:keyring", "CREDENTIALS_DIRECTORY": str(folder)})
    sealed = stage.produce("credential", ["task"])
    until(lambda: handled(ledger) == sealed)
    lab.write_secret(folder / "keyring", (stage.folder / "keyring.both").read_text())
    worker.hang_up("the keys were loaded anew: 2 in all, test-k2 seals")
    worker.end()


# ---- Who may look whether a key is still needed -------------------------------------------------------

def report(stage, port, status, *args, keyring="both"):
    """What `key drain-report` says as the user report: its JSON, and its words."""
    ring = stage.folder / f"keyring.{keyring}"
    out, err = taskseal(stage, "key", "drain-report", "--json", "--server", "--key", "test-k1", "-k", ring, *args,
                        status=status, env={**os.environ, "TASKSEAL_URI": lab.uri(stage.folder, "report", port)})
    return json.loads(out) if out else None, err


@contextlib.contextmanager
def queues_in_use(stage, name):
    """A server with every kind of key that the examples make: its port."""
    with stage.another_server(name) as (port, _):
        stage.produce("waiting", range(3), port=port)
        stage.produce("done", ["done"], port=port)
        stage.run("worker", "--until-empty", "done", port=port)
        stage.produce("dead", ["dead"], port=port)
        stage.run("worker", "--until-empty", "--max-waits", 1, "--retry-ms", 1, "dead", port=port, keyring="new")
        stage.produce("delayed", ["delayed"], port=port)
        worker = stage.start("worker", "--retry-ms", 60000, "delayed", port=port, keyring="new")
        intruder = stage.client("intruder", port)
        until(lambda: intruder.call("ZCARD", "{delayed}:delayed") == 1)
        worker.terminate()
        worker.communicate(timeout=PATIENCE)
        yield port


@test
def the_user_report_tells_when_a_key_may_be_retired(stage):
    ring = stage.folder / "keyring.drained"
    lab.write_secret(ring, (stage.folder / "keyring.both").read_text())
    taskseal(stage, "key", "limit", "test-k1", "--not-after", "2026-01-01T00:00:00Z", "-k", ring)
    with queues_in_use(stage, "report") as port:
        said, err = report(stage, port, 1, keyring="drained")
        equal((said["complete"], said["envelopes"], said["keys"][0]["verdict"], err), (True, 5, "in-use", ""))
        stage.run("rotate", "--to", "test-k2", "waiting", "dead", "delayed", port=port, keyring="both")
        said, err = report(stage, port, 0, keyring="drained")
        equal((said["complete"], said["envelopes"], said["keys"][0]["verdict"], err), (True, 5, "may-retire", ""))
    taskseal(stage, "key", "retire", "test-k1", "-k", ring)


@test
def the_user_report_needs_each_of_its_rights_and_no_other(stage):
    pattern, *rights = lab.ACL["report"].split()
    equal(pattern, "%R~{*}:t:*")
    with queues_in_use(stage, "rights") as port:
        observer, operator, saboteur = (stage.client(role, port) for role in ("observer", "operator", "saboteur"))
        observer.call("MONITOR")
        whole, _ = report(stage, port, 1)
        operator.call("HGET", "{end}:t:0", "of this")
        used = set()
        while b"{end}" not in (seen := observer.receive()):
            used.add("+" + re.search(rb'\] "([^"]*)"', seen).group(1).decode().lower())
        equal(used - {lab.EVERYBODY, "+auth"}, set(rights))
        equal((whole["complete"], whole["envelopes"], whole["database_keys"]), (True, 5, operator.call("DBSIZE")))

        def without(right, words):
            """How many envelopes it sees, whether that is all, and what it was refused: the first with the words."""
            saboteur.call("ACL", "SETUSER", "report", right.replace("+", "-") if right != pattern else "resetkeys")
            said, err = report(stage, port, 1)
            saboteur.call("ACL", "SETUSER", "report", right)
            refusal = err if said is None else said["server_error"] or ""
            equal(("NOPERM" in refusal, words in refusal), (bool(words), True))
            return said and (said["envelopes"], said["complete"], said["skipped"]["refused"])

        equal(without("+scan", "'scan' command"), None)
        equal(without("+type", "'type' command"), (0, False, 5))
        equal(without("+hscan", "'hscan' command"), (0, False, 5))
        equal(without(pattern, "key"), (0, False, 5))
        equal(without("+dbsize", ""), (5, True, 0)) # it can't say how many keys its pattern leaves out


@test
def with_the_wider_rights_of_the_readme_the_report_reads_every_type(stage):
    words = re.search(r"give it `(%R~\*)` and also `([^`]*)`", (ROOT / "examples/README.md").read_text())
    with stage.another_server("wider") as (port, _):
        intruder, saboteur = stage.client("intruder", port), stage.client("saboteur", port)
        stage.produce("types", ["task"], port=port)
        sealed = intruder.call("HGET", "{types}:t:0", "sealed")
        for command in (("SET", "string", sealed), ("LPUSH", "list", sealed), ("SADD", "set", sealed),
                        ("ZADD", "zset", 1, sealed), ("XADD", "stream", "*", "f", sealed)):
            intruder.call(*command)
        said, _ = report(stage, port, 1, "--match", "*")
        equal((said["complete"], said["envelopes"], said["skipped"]["refused"]), (False, 1, 6))
        saboteur.call("ACL", "SETUSER", "report", words.group(1), *words.group(2).split())
        said, _ = report(stage, port, 1, "--match", "*")
        equal((said["complete"], said["envelopes"], said["skipped"]["refused"]), (True, 6, 0))
        for right in words.group(2).split():
            saboteur.call("ACL", "SETUSER", "report", right.replace("+", "-"))
            equal(report(stage, port, 1, "--match", "*")[0]["complete"], False)
            saboteur.call("ACL", "SETUSER", "report", right)
