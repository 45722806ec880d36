# SPDX-License-Identifier: MIT
"""Faults that are planted into copies of the sources, to show what the machines find and this one would not."""

import dataclasses
import shutil

import build
import trial
from build import AARCH64, ARMHF, ROOT, S390X, WORK, Failure

WIRE = "lib/core/wire.h"
PUT_U32 = """    for (size_t i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
"""


@dataclasses.dataclass(frozen=True)
class Fault:
    """What stands in `file` once, and what replaces it; where the vectors must tell, and where they can't."""
    name: str
    file: str
    before: str
    after: str
    told_on: tuple = ()
    hidden_on: tuple = ()


FAULTS = (
    Fault("a length swapped without looking at the byte order", WIRE, PUT_U32, """
    const uint32_t swapped = __builtin_bswap32((uint32_t)value);
    memcpy(at, &swapped, sizeof swapped);
""", told_on=(S390X,), hidden_on=(AARCH64,)),
    Fault("a length in the host's byte order", WIRE, PUT_U32, """
    const uint32_t host = (uint32_t)value;
    memcpy(at, &host, sizeof host);
""", told_on=(AARCH64, ARMHF), hidden_on=(S390X,)),
    Fault("a time read into a long", WIRE, """    uint64_t value = 0;
    for (size_t i = 0; i < 8; i++)
        value = value << 8 | bytes[i];
""", """    unsigned long value = 0;
    for (size_t i = 0; i < 8; i++)
        value = value << 8 | bytes[i];
""", told_on=(ARMHF,), hidden_on=(AARCH64,)),
)
UNINITIALISED = Fault("a length of which one byte is not written", WIRE, PUT_U32, """
    for (size_t i = 0; i < 3; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
""")


def copy_with(fault, folder):
    """A copy of the sources with the fault."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns("build*", ".*", "hiredis-*", "packagecache", "__pycache__"))
    path = folder / fault.file
    text = path.read_text()
    if text.count(fault.before) != 1:
        raise Failure(f"{fault.file} does not hold once what '{fault.name}' replaces: adapt tests/machines/planted.py")
    path.write_text(text.replace(fault.before, fault.after))
    return folder


def vectors_of(made):
    """The outcome of the vector runner."""
    test = next(test for test in made.tests({"vectors"}) if test["name"] == "vectors")
    made.compile([test])
    return trial.run_test(made, test, made.command(test))


def try_fault(fault, number, machines):
    """(machine, whether the fault was told, what the runner said) for each of the fault's machines that is here."""
    chosen = [machine for machine in machines if machine in fault.told_on + fault.hidden_on]
    if not any(machine in fault.told_on for machine in chosen):
        return
    folder = WORK / f"planted-{number}"
    source = copy_with(fault, folder / "src")
    for machine in chosen:
        made = build.foreign(machine, True, folder / machine.name, source)
        outcome = vectors_of(made)
        if outcome.passed + len(outcome.failures) < 100:
            raise Failure(f"{machine.name}: the runner did not get through with '{fault.name}':\n{outcome.output[-800:]}")
        yield machine, bool(outcome.failures), len(outcome.failures)


def check_faults(report, machines, faults=FAULTS):
    """Reports one result for each fault and machine."""
    for number, fault in enumerate(faults):
        for machine, told, count in try_fault(fault, number, machines):
            due = machine in fault.told_on
            name = f"planted: {fault.name} is {'told' if due else 'not seen'} on {machine.name}"
            report.result(told == due, name, f"{count} vectors failed")
