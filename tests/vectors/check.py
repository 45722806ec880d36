#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Holds the library and the reference against each other. Speaks TAP.

    check.py files FILE...            the reference reads the vector files as they stand
    check.py emitted EMIT             the reference opens what the library sealed
    check.py controls RUNNER FILE...  the runner notices records that say something false
    check.py differential RUNNER [SEED]   both give one answer to damaged envelopes, odd policies and odd wishes
"""

import collections
import pathlib
import subprocess
import sys

import answers
import differential
import records
from tap import Tap


def check_records(tap, text, lacking):
    earlier = {}
    for record in records.read(text):
        earlier[record.name] = records.evaluate(record.get("sealed"), earlier)
        faults = answers.check(record, earlier, lacking)
        tap.result(not faults, record.name, faults)
    return len(earlier)


def check_files(tap, paths):
    for path in paths:
        check_records(tap, pathlib.Path(path).read_text(), records.LACKS)


def check_emitted(tap, program):
    """What a build lacks is not in its output; everything else must be there."""
    output = subprocess.run([program], stdout=subprocess.PIPE, check=True, text=True).stdout
    count = check_records(tap, output, ())
    wanted = 130 if "# AEGIS-256 is there" in output else 60  # 66 where AES-256-GCM is missing too
    tap.result(count >= wanted, f"{count} envelopes were emitted, at least {wanted} are due")


def run_records(tap, program, book_records):
    """Has the runner judge the records: (record, whether it passed, why not) for each."""
    text = "\n".join(record.text() for record in book_records)
    run = subprocess.run([program, str(len(book_records)), "-"], input=text, stdout=subprocess.PIPE,
                         text=True,
                         check=False)
    by_name = {record.name: record for record in book_records}
    lines = run.stdout.splitlines()
    answered = 0
    for line, following in zip(lines, lines[1:] + [""]):
        verdict, _, name = line.partition(" - ")
        if name in by_name:
            answered += 1
            yield by_name[name], verdict.startswith("ok "), following.lstrip("# ")
    tap.result(run.returncode in (0, 1) and answered == len(book_records),
               f"the runner answered {answered} of {len(book_records)} records")


def falsified(record):
    """The record once for each thing that it says of the result, with that thing made false."""
    other = {"expect": {"ok": "damaged", "sealed": "broken", "plain": "sealed"}.get(record.get("expect"),
                                                                                    "ok")}
    for name in ("version", "suite", "sealed_at", "expires_at", "header_length", "payload_length",
                 "replay_until", "sealed_length"):
        other[name] = str(record.number(name, 0) + 1)
    other.update(bound="extra", padded={"no": "yes"}.get(record.get("padded"), "no"), opened_by="another",
                 payload=record.get("payload", "") + " 00", message_id="00" * 32, old_message_id="00" * 32,
                 tag="00" * 32, released=record.get("released", "") + " 00", expect_in_pieces="expired",
                 stanza=record.get("stanza", []) + ["01 another"])
    inputs = ("suite", "padded", "expires_at") if record.get("operation") == "seal" else ()
    for name, value in other.items():
        if name in record.fields and value != record.get(name) and name not in inputs:
            fields = {**record.fields, "name": f"{record.name}-false-{name}", name: value}
            yield records.Record(fields)


def depends_on_build(record):
    return any(name.startswith("expect_") and "_without_" in name for name in record.fields)


def check_controls(tap, program, *paths):
    """A detector that never fires proves nothing: each false record must be told."""
    chosen = {}
    for path in paths:
        for record in records.read(pathlib.Path(path).read_text()):
            kind = (record.get("operation"), record.get("expect"), record.get("expect_in_pieces"),
                    bool(record.get("released")))
            if "[" not in record.get("sealed") and not depends_on_build(record):
                chosen.setdefault(kind, record)
    controls = [control for record in chosen.values() for control in falsified(record)]
    for record, passed, _ in run_records(tap, program, controls):
        tap.result(not passed, f"the runner tells {record.name}")
    told = {control.name.partition("-false-")[2] for control in controls}
    wanted = {"expect", "expect_in_pieces", "released", "payload", "message_id", "old_message_id", "tag", "stanza",
              "sealed_length"}
    tap.result(wanted <= told, f"{len(controls)} controls for {len(told)} fields", wanted - told)


def check_differential(tap, program, seed=differential.SEED):
    book = differential.chapter(int(seed))
    for record, passed, reason in run_records(tap, program, book.records):
        tap.result(passed, record.name, () if passed else [reason, *record.text().splitlines()])
    answers = collections.Counter(record.get("expect") for record in book.records)
    compared = sum(2 if record.get("operation") == "open" else 1 for record in book.records)
    print(f"# evidence: 2: differential, seed {seed}: {compared} comparisons of library and reference, {len(answers)} "
          "different answers, 0 disagreements" if not tap.failed else "# they disagree")
    print("# answers: " + ", ".join(f"{name} {count}" for name, count in answers.most_common()))
    tap.result(differential.MUST_OCCUR <= set(answers), "every answer of interest occurs",
               [f"missing: {name}" for name in sorted(differential.MUST_OCCUR - set(answers))])


def main():
    modes = {"files": check_files, "emitted": lambda tap, arguments: check_emitted(tap, *arguments),
             "controls": lambda tap, arguments: check_controls(tap, *arguments),
             "differential": lambda tap, arguments: check_differential(tap, *arguments)}
    if len(sys.argv) < 3 or sys.argv[1] not in modes:
        sys.exit(__doc__)
    tap = Tap()
    modes[sys.argv[1]](tap, sys.argv[2:])
    return tap.end()


if __name__ == "__main__":
    raise SystemExit(main())
