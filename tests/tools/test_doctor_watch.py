#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""taskseal doctor --prometheus and --watch: the metrics, on real servers; and the JSON, as the manual tells it."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import doctors
import server
from client import Client
from doctors import no_secret, start, uri
from harness import MANUAL, REFUSED, RETRY, TOOL, USAGE, bad, check, environment, equal, main, read, run, test

SAMPLE = re.compile(r'([a-z_]+)\{((?:[a-z]+="(?:[^"\\]|\\.)*",?)+)\} (-?[0-9.e+]+)')


def parse(text):
    """The samples of the text format: each is announced by HELP and TYPE, once."""
    samples, announced = {}, []
    for line in text.splitlines():
        if line.startswith("# "):
            announced.append(line.split()[1:3])
            continue
        found = SAMPLE.fullmatch(line)
        check(found, f"no sample: {line}")
        equal(announced[-2:], [["HELP", found[1]], ["TYPE", found[1]]])
        labels = dict(re.findall(r'([a-z]+)="((?:[^"\\]|\\.)*)"', found[2]))
        samples[found[1], labels.get("check") or labels.get("state")] = float(found[3])
    return samples


def metrics(text, *arguments):
    done = run("doctor", "--prometheus", *arguments, env=environment(TASKSEAL_URI=text))
    no_secret(done.stdout + done.stderr)
    return parse(done.stdout.decode()), done.returncode


@test
def metrics_say_what_the_report_says():
    for program in doctors.programs():
        text = uri(start(program, certificate="soon", client_certificates="no"))
        found, status = doctors.examine(text)
        samples, same = metrics(text)
        equal(same, status)
        numbers = {"ok": 0, "info": 1, "unknown": 2, "warn": 3, "fail": 4}
        equal({name: value for (metric, name), value in samples.items() if metric == "taskseal_doctor_verdict"},
              {name: numbers[one["verdict"]] for name, one in found.items()})
        check(samples["taskseal_doctor_certificate_expiry_days", None] in (19, 20), str(samples))
        check(samples["taskseal_doctor_chain_expiry_days", None] in (19, 20), str(samples))
        equal(samples["taskseal_doctor_connected", None], 1)
        check(abs(samples["taskseal_doctor_last_run_timestamp_seconds", None] - time.time()) < 60, str(samples))
        check(samples["taskseal_doctor_run_seconds", None] > 0, str(samples))


@test
def payloads_are_metrics_too():
    port = start(doctors.programs()[0])
    admin = Client(port, "worker")
    admin.call("HSET", "{mail}:t:1", "sealed", "ann@example.com")
    samples, _ = metrics(uri(port), "--payloads")
    equal([samples["taskseal_doctor_payloads", state] for state in ["sealed", "plaintext", "unreadable"]], [0, 1, 0])


@test
def no_connection_is_a_metric():
    samples, status = metrics(uri(server.free_port()))
    equal((samples["taskseal_doctor_connected", None], samples["taskseal_doctor_verdict", "connection"], status),
          (0, 4, RETRY))


def wait_until(condition):
    deadline = time.monotonic() + 30
    while not (found := condition()):
        check(time.monotonic() < deadline, "it did not come")
        time.sleep(0.1)
    return found


@test
def watching_sees_a_change_and_replaces_its_file_whole():
    program = doctors.programs()[0]
    port = start(program, more=["maxmemory-policy noeviction"])
    admin = Client(port, "worker")
    with subprocess.Popen([TOOL, "doctor", "--watch", "1s", "-o", "doctor.prom"],
                          env=environment(TASKSEAL_URI=uri(port)), stderr=subprocess.PIPE) as watcher:
        def eviction():
            return parse(read("doctor.prom").decode())["taskseal_doctor_verdict", "eviction"] \
                if os.path.exists("doctor.prom") else None
        wait_until(lambda: eviction() == 0)
        admin.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
        wait_until(lambda: eviction() == 3)  # each reading of it is of a whole file, else parse fails
        equal(os.stat("doctor.prom").st_mode & 0o777, 0o644)
        admin.call("CONFIG", "SET", "maxmemory-policy", "noeviction")
        wait_until(lambda: eviction() == 0)
        watcher.send_signal(signal.SIGTERM)
        equal(watcher.wait(timeout=30), -signal.SIGTERM)
        equal(watcher.stderr.read(), b"")
    equal(os.listdir(), ["doctor.prom"])


@test
def watching_goes_on_while_the_server_is_away():
    port = server.free_port()
    with subprocess.Popen([TOOL, "doctor", "--watch", "1s"], env=environment(TASKSEAL_URI=uri(port)),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as watcher:
        seen = 0
        while seen < 2:
            seen += b"taskseal_doctor_connected{" in watcher.stdout.readline()
        watcher.kill()
    no_secret(watcher.args[0].encode())


@test
def watching_ends_at_a_uri_that_will_never_do():
    # Nothing of it is printed: what stands where a host is expected may be a password.
    done = run("doctor", "--watch", "1s", env=environment(TASKSEAL_URI=f"rediss://worker:{server.PASSWORD}/x@h"))
    equal((done.returncode, done.stdout), (REFUSED, b""))
    check(done.stderr.startswith(b"taskseal: doctor: uri-invalid: "), done.stderr.decode())
    no_secret(done.stderr)


@test
def options_of_metrics_are_checked():
    bad(USAGE, "doctor: usage: give one of --json, and --prometheus or --watch", "doctor", "--json", "--watch", "1m", "rediss://h")
    bad(USAGE, "doctor: usage: --output is about metrics", "doctor", "-o", "x", "rediss://h")
    bad(USAGE, "doctor: usage: --watch takes a number of seconds", "doctor", "--watch", "often", "rediss://h")
    os.mkdir("folder")
    bad(REFUSED, "doctor: file: folder is not a regular file", "doctor", "--prometheus", "-o", "folder", "rediss://h")


@test
def the_manual_tells_the_keys_of_the_json():
    port = start(doctors.programs()[0])
    Client(port, "worker").call("HSET", "{mail}:t:1", "sealed", "x")
    done = run("doctor", "--json", "--payloads", env=environment(TASKSEAL_URI=uri(port)))

    def keys(value):
        if isinstance(value, dict):
            return set(value) | set().union(*map(keys, value.values()), set())
        return set().union(*map(keys, value), set()) if isinstance(value, list) else set()

    page = read(MANUAL).decode().split("\n.Sh JSON\n")[1]
    section = re.search(r"^\.Ss doctor\n(.*?)^\.Ss ", page, re.M | re.S)[1]
    told = set(re.findall(r"\w+", " ".join(re.findall(r"^\.(?:It )?Va (.*)$", section, re.M))))
    # No key id is in plaintext: the keys of an entry of `keys` are told, and not shown here.
    equal(told - {"id", "count", "oldest_unix", "newest_unix"}, keys(json.loads(done.stdout)))
    for metric in re.findall(r"^# TYPE (\w+)", run("doctor", "--prometheus", "--payloads",
                                                 env=environment(TASKSEAL_URI=uri(port))).stdout.decode(), re.M):
        check(f".Va {metric}" in read(MANUAL).decode(), metric)


if __name__ == "__main__":
    sys.exit(main())
