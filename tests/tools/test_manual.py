#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""doc/taskseal.1 and --help tell the same, and the manual is well-formed."""

import re
import shutil
import subprocess
import sys

from harness import MANUAL, Skip, check, equal, good, keyring, main, run, test

# What .Sh DESCRIPTION says once for all.
COMMON = {"-h", "--help"}


def manual():
    with open(MANUAL, encoding="utf-8") as file:
        return file.read()


def subcommands():
    """The subcommands that the overview lists."""
    return re.findall(r"^  ([a-z]+) +\S", good("--help").decode().split("\nTry it")[0], re.M)


def has_connect():
    return b"connections: none" not in good("version")


def section(text, heading):
    """What stands under a heading (.Sh or .Ss), up to the next one."""
    found = re.search(rf"^\.S[sh] {re.escape(heading)}\n(.*?)(?=^\.S[sh] |\Z)", text, re.M | re.S)
    check(found, f"no section {heading}")
    return found.group(1)


def options_in_manual(name):
    """The options of a subcommand: those that its .It lines begin with, or stand behind a comma there."""
    options = set()
    for line in re.findall(r"^\.It (.*Fl .*)$", section(manual(), name), re.M):
        for word in re.findall(r"Fl (\S+)", line):
            options.add("-" + word)
    return options


def options_in_help(name):
    options = set()
    for line in good(name, "--help").decode().split("\nOptions:\n")[1].splitlines():
        found = re.match(r" +(?:(-\w), )?(--[a-z-]+)", line)
        if found and re.match(" {2}(-|    --)", line):
            options.update(word for word in found.groups() if word)
    return options - COMMON


@test
def every_option_in_help_stands_in_the_manual_and_the_reverse():
    for name in subcommands():
        if name == "connect" and not has_connect():
            continue
        equal((name, sorted(options_in_manual(name))), (name, sorted(options_in_help(name))))


@test
def options_are_found_at_all():
    check({"-k", "--keyring", "--queue", "--to", "--allow-sealed"} <= options_in_manual("seal"), "manual")
    check({"-k", "--keyring", "--queue", "--to", "--allow-sealed"} <= options_in_help("seal"), "help")


@test
def every_subcommand_has_a_section_and_a_synopsis():
    synopsis = section(manual(), "SYNOPSIS")
    for name in subcommands():
        section(manual(), name)
        check(f".Cm {name}\n" in synopsis, name)


@test
def every_option_in_an_example_exists():
    for text in [section(manual(), "EXAMPLES"), good("--help").decode()] + \
            [good(name, "--help").decode().split("\nExamples:\n")[-1] for name in subcommands()]:
        for words in re.findall(r"taskseal ([a-z]+(?: [^|#\n]+)?)", text):
            name, *rest = words.split()
            used = {word for word in rest if re.fullmatch(r"--[a-z-]+|-[a-z]", word)}
            if name in subcommands() and (name != "connect" or has_connect()):
                check(used <= options_in_help(name) | COMMON, f"{name}: {used}")


@test
def every_key_of_the_json_is_documented_and_the_reverse():
    env = keyring()
    shown = run("inspect", "--json", data=good("seal", env=env)).stdout.decode()
    json_section = manual().split("\n.Sh JSON\n")[1]
    documented = set(re.findall(r"\w+", " ".join(
        re.sub(r" ,", "", found) for found in re.findall(r"^\.(?:It )?Va ([\w ,]+)", section(json_section, "inspect"),
                                                        re.M))))
    equal(documented, set(re.findall(r'"(\w+)":', shown)))


@test
def the_exit_statuses_are_the_same():
    statuses = re.findall(r"^  (\d)  (.*)$", good("--help").decode(), re.M)
    documented = re.findall(r"^\.It (\d)\n(.*)$", section(manual(), "EXIT STATUS"), re.M)
    equal([number for number, _ in statuses], list("01234"))
    for (number, text), (other, sentence) in zip(statuses, documented, strict=True):
        equal((other, sentence.rstrip(".").lower()), (number, text.rstrip(".").lower()))


@test
def the_environment_is_the_same():
    names = re.findall(r"TASKSEAL_[A-Z]+", good("--help").decode().split("\nEnvironment:\n")[1])
    for name in names:
        check(f".It Ev {name}\n" in section(manual(), "ENVIRONMENT"), name)
    equal(set(re.findall(r"TASKSEAL_[A-Z]+", manual())), set(names))


@test
def the_manual_is_well_formed():
    if shutil.which("mandoc") is None:
        raise Skip("mandoc is not installed")
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "style", MANUAL], capture_output=True, check=False)
    complaints = [line for line in done.stdout.decode().splitlines() if "mandoc.db" not in line]
    equal(complaints, [])


if __name__ == "__main__":
    sys.exit(main())
