#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The manual pages and --help tell the same, and the manual is well-formed."""

import re
import shutil
import subprocess
import sys

from harness import MANUAL, Skip, check, equal, good, keyring, main, run, test, write

# What .Sh DESCRIPTION says once for all.
COMMON = {"-h", "--help"}


# Pages beside taskseal.1, by the subcommand that has them.
PAGES = {"": MANUAL, "key": MANUAL.replace("taskseal.1", "taskseal-key.1")}


def manual(group=""):
    with open(PAGES[group], encoding="utf-8") as file:
        return file.read()


def listed(help_text):
    return re.findall(r"^  ([a-z-]+) +\S", help_text.split("\nSubcommands")[1].split("\n\n")[0], re.M)


def subcommands():
    """The subcommands that the overview lists, and below them, by all their words."""
    names = []
    for name in listed(good("--help").decode()):
        names += [name] if name not in PAGES else \
            [f"{name} {nested}" for nested in listed(good(name, "--help").decode())]
    return names


def page_of(name):
    """The text of the page on a subcommand, and its heading there."""
    group, _, last = name.rpartition(" ")
    return manual(group), last


def has_connect():
    return b"connections: none" not in good("version")


def section(text, heading):
    """What stands under a heading (.Sh or .Ss), up to the next one."""
    found = re.search(rf"^\.S[sh] {re.escape(heading)}\n(.*?)(?=^\.S[sh] |\Z)", text, re.M | re.S)
    check(found, f"no section {heading}")
    return found.group(1)


def options_in_manual(name):
    """The options of a subcommand: those that its .It lines begin with, or stand behind a comma there."""
    text, heading = page_of(name)
    places = [section(text, heading)] + ([section(text, "DESCRIPTION")] if " " in name else [])
    options = set()
    for line in re.findall(r"^\.It (.*Fl .*)$", "".join(places), re.M):
        for word in re.findall(r"Fl (\S+)", line):
            options.add("-" + word)
    return options - COMMON


def options_in_help(name):
    options = set()
    for line in good(*name.split(), "--help").decode().split("\nOptions:\n")[1].splitlines():
        found = re.match(r" +(?:(-\w), )?(--[a-z-]+)", line)
        if found and re.match(" {2}(-|    --)", line):
            options.update(word for word in found.groups() if word)
    return options - COMMON


@test
def every_option_in_help_stands_in_the_manual_and_the_reverse():
    for name in subcommands():
        if name in ("connect", "doctor") and not has_connect():
            continue
        equal((name, sorted(options_in_manual(name))), (name, sorted(options_in_help(name))))


@test
def options_are_found_at_all():
    check({"-k", "--keyring", "--queue", "--to", "--allow-sealed"} <= options_in_manual("seal"), "manual")
    check({"-k", "--keyring", "--queue", "--to", "--allow-sealed"} <= options_in_help("seal"), "help")


@test
def every_subcommand_has_a_section_and_a_synopsis():
    for name in subcommands():
        text, heading = page_of(name)
        section(text, heading)
        check(f".Cm {name}\n" in section(text, "SYNOPSIS"), name)


@test
def subcommands_with_a_page_of_their_own_are_found_at_all():
    check({"seal", "key add", "key drain-report"} <= set(subcommands()), str(subcommands()))


@test
def every_option_in_an_example_exists():
    for text in [section(manual(), "EXAMPLES"), section(manual("key"), "EXAMPLES"), good("--help").decode(),
                 good("key", "--help").decode().split("\nExamples:\n")[-1]] + \
            [good(*name.split(), "--help").decode().split("\nExamples:\n")[-1] for name in subcommands()]:
        for words in re.findall(r"taskseal ([a-z]+(?: [^|#)\n]+)?)", text):
            name, *rest = words.split()
            if name in PAGES:
                name += " " + rest.pop(0)
            check(name in subcommands() or name in ("is", "and"), f"no subcommand {name}")
            used = {word for word in rest if re.fullmatch(r"--[a-z-]+|-[a-z]", word)}
            if name in subcommands() and (name not in ("connect", "doctor") or has_connect()):
                check(used <= options_in_help(name) | COMMON, f"{name}: {used}")


def keys_in_manual(name):
    """What the JSON section of a page documents on a subcommand."""
    text, heading = page_of(name)
    text = section(text.split("\n.Sh JSON\n")[1].split("\n.Sh ")[0] + "\n", heading)
    return set(re.findall(r"\w+", " ".join(line.replace(" ,", "") for line in re.findall(r"^\.(?:It )?Va ([\w ,]+)",
                                                                                          text, re.M))))


@test
def every_key_of_the_json_is_documented_and_the_reverse():
    env = keyring()
    sealed = good("seal", env=env)
    for name, data in [("inspect", sealed), ("version", b""), ("key list", b""), ("key check", b""),
                       ("key drain-report", sealed)]:
        if name == "key check":
            write("ring.old", b"")  # it takes a warning to see a warning's keys
        operand = ["-"] if name == "key drain-report" else []
        shown = run(*name.split(), "--json", *operand, data=data, env=env).stdout.decode()
        equal((name, keys_in_manual(name)), (name, set(re.findall(r'"(\w+)":', shown))))


@test
def the_exit_statuses_are_the_same():
    statuses = re.findall(r"^  (\d)  (.*)$", good("--help").decode(), re.M)
    words = section(manual(), "EXIT STATUS").replace(".Cm doctor\n", "doctor ")
    documented = re.findall(r"^\.It (\d)\n(.*)$", words, re.M)
    equal([number for number, _ in statuses], list("012345"))
    for (number, text), (other, sentence) in zip(statuses, documented, strict=True):
        equal((other, sentence.rstrip(".").lower()), (number, text.rstrip(".").lower()))


@test
def the_environment_is_the_same():
    names = re.findall(r"TASKSEAL_[A-Z]+", good("--help").decode().split("\nEnvironment:\n")[1])
    for name in names:
        for group in PAGES:
            check(f".It Ev {name}\n" in section(manual(group), "ENVIRONMENT"), name)
    equal(set(re.findall(r"TASKSEAL_[A-Z]+", manual() + manual("key"))), set(names))


@test
def the_manual_is_well_formed():
    if shutil.which("mandoc") is None:
        raise Skip("mandoc is not installed")
    for page in PAGES.values():
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "style", page], capture_output=True, check=False)
        complaints = [line for line in done.stdout.decode().splitlines()
                      if "mandoc.db" not in line and "manual not found: Xr taskseal" not in line]
        equal(complaints, [])


if __name__ == "__main__":
    sys.exit(main())
