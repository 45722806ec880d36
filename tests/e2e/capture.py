#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What someone sees who records the network, without the keys of the TLS sessions and with them. Prints TAP.

    capture.py --server valkey-server --bin FOLDER --tool FOLDER --keylog keylog.so

The example's producer and worker, and `taskseal connect`, log in with passwords and pass a payload on; and another client
queues the same payload unsealed. Someone without keys finds neither passwords nor payload. tshark with the keys, which
keylog.so takes from the programs (recorder.py records), finds the passwords and the unsealed payload: so it would find
what is there; and not the sealed one.
"""
import json
import os
import pathlib
import re
import secrets
import subprocess
import sys

sys.dont_write_bytecode = True
from recorder import Recorder  # noqa: E402
from stage import PATIENCE, arguments, set_up  # noqa: E402


def connect(stage, port, env):
    uri = (stage.folder / "uri.rotate").read_text().replace(f":{stage.port}/", f":{port}/")
    subprocess.run([stage.tool / "taskseal", "connect"], check=True, stdout=subprocess.DEVNULL, timeout=PATIENCE,
                   env={**os.environ, **env, "TASKSEAL_URI": uri})


def unsealed(stage, port, keys, payload):
    """By Python's TLS, which writes its keys by itself."""
    os.environ["SSLKEYLOGFILE"] = str(keys)
    client = stage.client("intruder", port=port)
    del os.environ["SSLKEYLOGFILE"]
    client.call("HSET", "{unsealed}:t:1", "payload", payload)
    client.close()


def tshark(pcap, port, streams, keys):
    """The bytes of every TLS session that tshark could decrypt."""
    follow = [word for stream in range(streams) for word in ("-z", f"follow,tls,raw,{stream}")]
    run = subprocess.run(["tshark", "-n", "-r", pcap, "-q", "-d", f"tcp.port=={port},tls", "-d", f"tls.port=={port},data",
                          *(("-o", f"tls.keylog_file:{keys}") if keys else ()), *follow],
                         check=True, capture_output=True, text=True, timeout=PATIENCE)
    return b"".join(bytes.fromhex(line.strip()) for line in run.stdout.splitlines()
                    if re.fullmatch(r"\s*([0-9a-f]{2})+", line))


def run(stage, keylog):
    """{what: (times in the capture, times with keys)}; and how much there was."""
    keys, pcap = stage.folder / "keys", stage.folder / "capture.pcap"
    sealed_canary, unsealed_canary = (f"canary-{secrets.token_hex(20)}" for _ in range(2))
    keys.touch()
    env = {"LD_PRELOAD": str(keylog), "KEYLOG": str(keys)}
    recorder = Recorder(stage.port, pcap)
    line = json.dumps({"queue": "captured", "type": "test", "id": "1", "payload": sealed_canary}).encode()
    stage.run("producer", "-", stdin=line, port=recorder.port, env=env)
    ledger, _ = stage.drain("captured", port=recorder.port, env=env)
    connect(stage, recorder.port, env)
    unsealed(stage, recorder.port, keys, unsealed_canary)
    streams = recorder.finish()
    passwords = [(f"password of {role}", (stage.folder / f"password.{role}").read_text())
                 for role in ("producer", "worker", "rotate", "intruder")]
    seen = pcap.read_bytes()
    without, with_keys = (tshark(pcap, recorder.port, streams, file) for file in (None, keys))
    counts = {what: (seen.count(text.encode()) + without.count(text.encode()), with_keys.count(text.encode()))
              for what, text in (*passwords, ("unsealed payload", unsealed_canary), ("sealed payload", sealed_canary))}
    counts["envelope"] = (seen.count(b"\xc1TSL\1"), with_keys.count(b"\xc1TSL\1"))
    return counts, streams, len(seen), len(with_keys), ledger


def main():
    options = arguments()
    options.add_argument("--keylog", type=pathlib.Path, required=True)
    options = options.parse_args()
    with set_up(options) as stage:
        counts, streams, size, decrypted, ledger = run(stage, options.keylog.resolve())
    outcomes = [("the worker opened the task", len(ledger) == 1),
                ("without keys a capture holds nothing", all(without == 0 for without, _ in counts.values())),
                ("with keys every password is found", all(count > 0 for what, (_, count) in counts.items() if "password" in what)),
                ("with keys the unsealed payload is found", counts["unsealed payload"][1] > 0),
                ("with keys the sealed payload is found as an envelope only",
                 counts["envelope"][1] > 0 and counts["sealed payload"][1] == 0)]
    for number, (what, fine) in enumerate(outcomes, 1):
        print(f"{'ok' if fine else 'not ok'} {number} - {what}")
    print(f"1..{len(outcomes)}")
    told = ", ".join(f"{what} {without} / {count}" for what, (without, count) in counts.items())
    print(f"# {told}")
    if all(fine for _, fine in outcomes):
        print(f"# evidence: 13: capture of {streams} connections ({size} bytes; {options.server.name}): without the sessions' keys "
              f"0 of 4 passwords and 2 payloads; with them (tshark, {decrypted} bytes) the passwords and the unsealed payload, "
              "and 0 of the sealed one")
    return 0 if all(fine for _, fine in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
