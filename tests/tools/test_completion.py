#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Completion in real shells, on a terminal of their own: what a user gets after typing words and Tab."""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time

from harness import TOOL, USAGE, Skip, bad, check, environment, equal, good, keyring, main, test, write

READY = "READY> "


class Shell:
    """An interactive shell that knows the completion, in the current directory."""

    def __init__(self, name, env, load=". ./completion"):
        program = shutil.which(name)
        if program is None:
            raise Skip(f"{name} is not installed")
        os.makedirs("bin", exist_ok=True)
        if not os.path.exists("bin/taskseal"):
            os.symlink(TOOL, "bin/taskseal")
        env = {**env, "PATH": os.path.abspath("bin") + ":" + os.environ["PATH"], "TERM": "dumb", "PS1": READY,
               "HOME": os.getcwd(), "HISTFILE": "", "LC_ALL": "C.UTF-8"}
        arguments = {"bash": ["--norc", "--noprofile", "-i"], "zsh": ["-f", "-i"]}[name]
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen([program, *arguments], env=env, stdin=slave, stdout=slave, stderr=slave,
                                        start_new_session=True)
        os.close(slave)
        write("completion", good("completion", name))
        setup = {"bash": "bind 'set bell-style none'; bind 'set completion-query-items -1'; bind 'set page-completions off';"
                         " bind 'set enable-bracketed-paste off'; bind 'TAB: complete';"
                         " bind '\"\\C-t\": possible-completions'; ",
                 "zsh": "unsetopt zle_bracketed_paste 2>/dev/null; unset zle_bracketed_paste; PS1='" + READY + "';"
                        " setopt no_beep no_list_beep; zstyle ':completion:*' list-prompt ''; LISTMAX=10000;"
                        " autoload -U compinit; compinit -u -D; bindkey '^T' list-choices; "}[name]
        self.read_until(READY)
        self.typed((setup + load).encode() + b"\n")

    def read_until(self, text, shown=""):
        """Reads on until `text` is shown; gives all since, and `shown`."""
        deadline = time.monotonic() + 60
        while text not in shown:
            ready = select.select([self.master], [], [], max(0, deadline - time.monotonic()))[0]
            check(ready, f"no {text!r} in {shown!r}")
            shown += os.read(self.master, 65536).decode(errors="replace")
        return shown

    def typed(self, keys):
        """Types; gives what is shown up to the end of the line that then runs, without the terminal's controls."""
        os.write(self.master, keys + b"echo 'do''ne'\n")
        shown = self.read_until("\ndone\r")
        self.read_until(READY, shown.rsplit("\ndone\r", 1)[1])
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|[\x07\x0f]", "", shown)

    def completed(self, line):
        """What the line becomes by Tab."""
        shown = self.typed(line.encode() + b"\t\x01echo 'be''gin' \x05 'en''d'\n")
        return re.search(r"\nbegin (.*) end\r", shown).group(1)

    def choices(self, line):
        """The words that the shell lists for the line, and those around them."""
        return set(self.typed(line.encode() + b"\x14\x15").split())

    def end(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)


SHELLS = ["bash", "zsh"]


def in_each_shell(question):
    """Asks in each shell that there is; skips if there is none."""
    env = keyring()
    good("key", "add", "mail:k02", env=env)
    os.remove("ring.old")
    asked = 0
    for name in SHELLS:
        if shutil.which(name) is None:
            continue
        shell = Shell(name, env)
        try:
            question(shell)
        finally:
            shell.end()
        asked += 1
    if asked == 0:
        raise Skip("neither bash nor zsh is installed")


def offers(shell, line, wanted, unwanted=()):
    found = shell.choices(line)
    check(set(wanted) <= found, f"{line!r} offers {sorted(found)}, not {sorted(wanted)}")
    check(not set(unwanted) & found, f"{line!r} offers {sorted(set(unwanted) & found)}")


@test
def subcommands_are_offered():
    def question(shell):
        offers(shell, "taskseal ", ["seal", "open", "key", "completion"], ["add", "--keyring"])
        offers(shell, "taskseal key ", ["add", "drain-report", "protect"], ["seal"])
        offers(shell, "taskseal help ", ["seal", "key"])

    in_each_shell(question)


@test
def a_beginning_is_completed():
    def question(shell):
        equal(shell.completed("taskseal key prom"), "taskseal key promote")
        equal(shell.completed("taskseal ins"), "taskseal inspect")
        equal(shell.completed("taskseal seal --allow"), "taskseal seal --allow-sealed")
        equal(shell.completed("taskseal seal --suite aes"), "taskseal seal --suite aes256gcm")
        equal(shell.completed("taskseal seal --suite=aes"), "taskseal seal --suite=aes256gcm")
        equal(shell.completed("taskseal key add --type de"), "taskseal key add --type dedupe")
        equal(shell.completed("taskseal open rin"), "taskseal open ring")
        equal(shell.completed("taskseal completion z"), "taskseal completion zsh")

    in_each_shell(question)


@test
def every_option_of_every_subcommand_is_offered():
    subcommands = [["seal"], ["open"], ["inspect"], ["reseal"], ["key", "add"], ["key", "drain-report"]]

    def question(shell):
        for words in subcommands:
            options = set(re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", good(*words, "--help").decode(), re.M))
            check(len(options) > 2, str(options))
            offers(shell, f"taskseal {' '.join(words)} --", options, ["--no-such-option"])

    in_each_shell(question)


@test
def key_ids_come_from_the_keyring():
    def question(shell):
        offers(shell, "taskseal key promote ", ["mail-k01", "mail:k02"])
        offers(shell, "taskseal seal --to ", ["mail-k01", "mail:k02"])
        equal(shell.completed("taskseal seal --to mail:"), "taskseal seal --to mail:k02")
        equal(shell.completed("taskseal key retire mail-"), "taskseal key retire mail-k01")

    in_each_shell(question)


@test
def key_ids_come_from_the_keyring_that_the_line_names():
    good("keygen", "bills-k01", "other")

    def question(shell):
        equal(shell.completed("taskseal key promote -k other b"), "taskseal key promote -k other bills-k01")
        equal(shell.completed("taskseal key promote --keyring=other b"),
              "taskseal key promote --keyring=other bills-k01")
        offers(shell, "taskseal key promote -k other ", ["bills-k01"], ["mail-k01"])

    in_each_shell(question)


@test
def a_protected_keyring_offers_nothing_and_asks_nothing():
    good("keygen", "bills-k01", "other")
    write("pass", b"secret")
    good("key", "protect", "-k", "other", "--new-passphrase-file", "pass")

    def question(shell):
        equal(shell.completed("taskseal key promote -k other b"), "taskseal key promote -k other b")

    in_each_shell(question)


@test
def sources_are_offered_beside_files():
    def question(shell):
        offers(shell, "taskseal seal -k ", ["env:", "fd:", "credential:", "ring"])

    in_each_shell(question)


@test
def zsh_finds_the_script_where_it_is_installed():
    env = keyring()
    shell = Shell("zsh", env, "mkdir site; mv completion site/_taskseal; fpath=($PWD/site $fpath); autoload -U compinit;"
                              " compinit -u -D")
    equal(shell.completed("taskseal key prom"), "taskseal key promote")
    offers(shell, "taskseal seal --to ", ["mail-k01"])
    shell.end()


@test
def the_scripts_are_clean():
    write("bash.sh", b"#!/bin/bash\n" + good("completion", "bash"))
    if shutil.which("shellcheck") is None:
        raise Skip("shellcheck is not installed")
    done = subprocess.run(["shellcheck", "bash.sh"], capture_output=True, check=False)
    equal(done.stdout.decode(), "")


@test
def other_shells_are_usage_errors():
    bad(USAGE, "completion: usage: give one SHELL: bash or zsh", "completion", env=environment())
    bad(USAGE, "completion: usage: SHELL takes bash or zsh, not 'fish'", "completion", "fish")
    errors = bad(USAGE, "completion: usage: SHELL takes bash or zsh, not what was given (not shown", "completion",
                 "tskek1_hunter2")
    check("hunter2" not in errors, errors)


if __name__ == "__main__":
    sys.exit(main())
