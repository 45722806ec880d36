#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Does what a newcomer does: runs the commands of doc/guide.md that make certificates and start a server, and against
that server README.md's program, the guide's replay filter and doc/asynq.md's producer, all as they are printed but for the
port and names of programs.

Usage: test_first_steps.py SERVER TASKSEAL README_PROGRAM FILTER_PROGRAM ASYNQ_PROGRAM
"""

import contextlib
import os
import pathlib
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from markdown import ROOT

DAY = 86400
OF_PRODUCERS = "~{*}:t:* ~{*}:pending +eval +exists +hget +hset +lpush"


def shown_commands(text, heading="## Make certificates and start a server"):
    """The indented blocks of a section, in order."""
    section = text[text.index(heading):]
    section = section[:section.index("\n## ")]
    return [re.sub("^    ", "", block, flags=re.MULTILINE)
            for block in re.findall(r"(?:^    .*\n)+", section, re.MULTILINE)]


def free_port():
    """Of those that the system does not give to connections: one of these could take it before the server does."""
    for port in random.sample(range(20000, 32000), 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no port is free")


class FirstSteps(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.files = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.files.name)
        cls.port = free_port()
        commands = shown_commands((ROOT / "doc/guide.md").read_text().replace("6379", str(cls.port)))
        cls.certificates, cls.user, cls.start, cls.connect, cls.list, cls.revoke = commands
        subprocess.run(["bash", "-euc", cls.certificates + cls.user], cwd=cls.folder, check=True, capture_output=True)
        cls.rules = (cls.folder / "users.acl").read_text()
        cls.shell("taskseal keygen mail-k01 keyring")

    @classmethod
    def tearDownClass(cls):
        cls.files.cleanup()

    @classmethod
    def shell(cls, command, **environment):
        path = f"{taskseal.parent}:{os.environ['PATH']}"
        return subprocess.run(["sh", "-euc", command], cwd=cls.folder, capture_output=True, text=True, timeout=60,
                              env={**os.environ, "PATH": path, **environment})

    @contextlib.contextmanager
    def serving(self, rights=OF_PRODUCERS, then="true"):
        """The guide's server, empty; its user has other rights if they are given. `then` runs before it starts."""
        self.assertIn(OF_PRODUCERS, self.rules)
        (self.folder / "users.acl").write_text(self.rules.replace(OF_PRODUCERS, rights))
        prepared = self.shell(then)
        self.assertEqual(0, prepared.returncode, prepared.stderr)
        command = self.start.replace("valkey-server", server)
        self.assertIn(server, command)
        with open(self.folder / "server.log", "w", encoding="utf-8") as log:
            process = subprocess.Popen(["sh", "-euc", "exec " + command], cwd=self.folder, stdout=log, stderr=log)
        try:
            self.wait_for(process)
            yield
        finally:
            process.terminate()
            process.wait()
            shutil.rmtree(self.folder / "appendonlydir", ignore_errors=True)

    def wait_for(self, process):
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            self.assertIsNone(process.poll(), (self.folder / "server.log").read_text())
            time.sleep(0.05)
        self.fail("the server does not listen")

    def program(self, path, *arguments):
        return self.shell('export TASKSEAL_KEYRING=keyring TASKSEAL_URI="$(cat redis.uri)"\n' + " ".join([path, *arguments]))

    def test_the_server_is_verified_and_wants_a_certificate(self):
        bare = (self.folder / "redis.uri").read_text().split("&cert=")[0]
        with self.serving():
            done = self.shell(self.connect)
            refused = self.shell("taskseal connect", TASKSEAL_URI=bare)
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertRegex(done.stdout, r"matched name +localhost\n")
        self.assertRegex(done.stdout, r"client certificate +presented\n")
        self.assertIn("client-cert-required", refused.stderr)

    def test_a_revoked_certificate_is_refused_once_the_list_is_made_anew(self):
        look = "taskseal connect --uri-file checked.uri"
        with self.serving():
            made = self.shell(f"umask 077\n{self.list}{look}")
            revoked = self.shell(f"{self.list}{self.revoke}{look}")
        self.assertEqual(0, made.returncode, made.stderr)
        self.assertRegex(made.stdout, r"matched name +localhost\n")
        self.assertIn("cert-revoked", revoked.stderr)

    def test_files_are_for_their_owner_only(self):
        for name in ("ca.key", "server.key", "app.key", "users.acl", "redis.uri"):
            self.assertEqual(0o600, (self.folder / name).stat().st_mode & 0o777, name)

    def test_the_readme_queues_a_task(self):
        with self.serving():
            done = self.program(readme)
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertRegex(done.stdout, r"^queued task-41: 45 bytes sealed as 218\n$")

    def test_a_task_for_asynq_is_queued(self):
        document = (ROOT / "doc/asynq.md").read_text().replace("6379", str(self.port))
        users = shown_commands(document, "## Producers in C")[0].replace(" keyring", " keyring-asynq")
        with self.serving(then=users):
            done = self.shell('export TASKSEAL_KEYRING=keyring-asynq TASKSEAL_URI="$(cat producer.uri)"\n' + asynq)
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertRegex(done.stdout, r"^queued as [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\n$")

    def test_the_producer_for_asynq_says_what_the_server_refused(self):
        with self.serving():
            done = self.program(asynq)
        self.assertEqual((1, ""), (done.returncode, done.stdout))
        self.assertRegex(done.stderr, r"^no-permission: .*asynq:queues\n$")

    def test_the_readme_says_what_the_server_refused(self):
        for command in ("hset", "lpush"):
            with self.subTest(command):
                with self.serving(OF_PRODUCERS.replace(" +" + command, "")):
                    done = self.program(readme)
                self.assertEqual((1, ""), (done.returncode, done.stdout))
                self.assertRegex(done.stderr, f"^no-permission: NOPERM .*{command}")

    def test_a_message_is_claimed_once(self):
        for name, until in (("for ever", 0), ("till tomorrow", int(time.time()) + DAY)):
            with self.subTest(name), self.serving("~{*}:m:* +set"):
                self.assertEqual("handle it\n", self.program(replay_filter, str(until)).stdout)
                self.assertEqual("drop it: it was claimed before\n", self.program(replay_filter, str(until)).stdout)

    def test_a_refused_claim_is_not_handled(self):
        with self.serving("~{*}:t:* +set"):
            done = self.program(replay_filter, "0")
        self.assertEqual((0, "do not handle it, try again later\n"), (done.returncode, done.stdout))


if __name__ == "__main__":
    server, taskseal, readme, replay_filter, asynq = (os.path.abspath(path) for path in sys.argv[1:6])
    taskseal = pathlib.Path(taskseal)
    del sys.argv[1:6]
    unittest.main()
