#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""taskseal doctor --role: the lines that it prints, on real servers; and what --test says of users who have them, less and
more."""

import os
import re
import shlex
import sys

import doctors
import server
from client import Client
from doctors import HELPER, examine, lab, lines, start, uri, verdict
from harness import REFUSED, SOURCE, USAGE, bad, check, equal, good, main, test


ROLES = {"examples": ["producer", "worker", "operator", "rotate"],
         "asynq": ["producer", "worker", "operator", "rotate", "scheduler", "inspector"]}
EVERY = [(role, layout) for layout, roles in ROLES.items() for role in roles]


def judged(program, users, role, *how):
    """What --test finds out about a role's user: from a helper, who may ask ACL DRYRUN about him; on Redis 6.0, which has
    none, from himself, who gets MULTI and DISCARD for it."""
    asks = ("--role", role, *how, "--test")
    if doctors.has_dryrun(program):
        return examine(uri(start(program, users=(*users, HELPER)), user="helper"), *asks, "--acl-user", role)[0]
    port = start(program, users=[line + " +multi +discard" if f"user {role} " in line else line for line in users])
    return examine(uri(port, user=role), *asks)[0]


@test
def the_lines_of_the_examples_are_those_of_the_examples():
    with open(os.path.join(SOURCE, "examples/README.md"), encoding="utf-8") as file:
        readme = file.read()
    for role in ["producer", "worker"]:
        default, line = good("doctor", "--role", role).decode().splitlines()
        equal(default, lab.DEFAULT)
        equal(line, f"user {role} on #SHA256-OF-ITS-PASSWORD resetchannels -@all {lab.EVERYBODY} {lab.ACL[role]}")
        check(line.replace("#SHA256-OF-ITS-PASSWORD", ">...") in readme, line)


@test
def a_server_refuses_a_line_whose_hash_is_not_put_in():
    line = good("doctor", "--role", "worker").decode().splitlines()[1]
    try:
        start(doctors.programs()[0], users=(doctors.CLOSED, line))
    except RuntimeError as error:
        check("Error" in str(error) or "error" in str(error), str(error))
    else:
        raise AssertionError("the server took it")


@test
def every_line_is_taken_and_tested():
    """A server starts with the printed lines, and the user may do what the role needs and no more: by a user who may ask
    ACL DRYRUN about him, and by himself where he may not."""
    for program in doctors.programs():
        for role, layout in EVERY:
            how = ("--layout", layout)
            found = judged(program, lines(role, layout), role, *how)
            verdict(found, "role-needs", "ok", f"{role} may do all that its role needs", doctors.way(program))
            verdict(found, "role-excess", "ok", f"{role} may do nothing else")
            port = start(program, users=lines(role, layout))
            found, _ = examine(uri(port, user=role), "--role", role, *how, "--test")
            if role == "operator":
                verdict(found, "role-needs", "ok", doctors.way(program))
                verdict(found, "role-excess", "ok")
                verdict(found, "user-rights", "ok" if doctors.has_dryrun(program) else "unknown")
            else:  # it may neither DRYRUN nor MULTI
                verdict(found, "role-needs", "unknown")
                verdict(found, "user-rights", "unknown")


@test
def too_few_and_too_many_rights_are_found():
    for program in doctors.programs():
        for role, layout, less, more in [("producer", "examples", "lpush", "get"), ("worker", "examples", "hincrby", "lrange"),
                                         ("worker", "asynq", "zrevrange", "hgetall"), ("operator", "asynq", "scan", "hgetall")]:
            default, line = lines(role, layout)
            def judge(words, role=role, layout=layout, default=default, line=line):
                return judged(program, (default, line + words), role, "--layout", layout)
            verdict(judge(f" -{less}"), "role-needs", "fail", f"may not: {less} (")
            verdict(judge(f" +{more}"), "role-excess", "warn", f"may also: {more} (")
            verdict(judge(" ~*"), "role-excess", "warn", "taskseal-doctor:none")
            verdict(judge(""), "role-excess", "ok")
        # A worker's keys are not a producer's.
        default, line = lines("producer", "examples")
        found = judged(program, (default, line + " ~{*}:m:*"), "producer")
        verdict(found, "role-excess", "warn", "{taskseal-doctor}:m:x")


@test
def a_user_without_dryrun_is_tested_by_transactions_that_are_forgotten():
    for program in doctors.programs():
        default, line = lines("worker", "examples")
        port = start(program, users=(default, line + " +multi +discard", f"user admin on >{server.PASSWORD} ~* &* +@all"))
        admin = Client(port, "admin")
        found, _ = examine(uri(port), "--role", "worker", "--test")
        verdict(found, "role-needs", "ok", "by MULTI and DISCARD")
        verdict(found, "role-excess", "ok", "by MULTI and DISCARD")
        equal(admin.call("DBSIZE"), 0)


@test
def one_queue_is_one_queue():
    line = lines("producer", "examples", "--queue", "mail", "--acl-user", "mailer")[1]
    check(line.startswith("user mailer on #") and "~{mail}:t:* ~{mail}:pending" in line and "{*}" not in line, line)
    how = ("--role", "producer", "--test", "--acl-user", "mailer", "--queue")
    text = uri(start(doctors.with_dryrun()[0], users=(doctors.CLOSED, line, HELPER)), user="helper")
    found, _ = examine(text, *how, "mail")
    verdict(found, "role-needs", "ok")
    verdict(found, "role-excess", "ok")
    found, _ = examine(text, *how, "invoices")
    verdict(found, "role-needs", "fail", "{invoices}:t:x")


@test
def a_user_who_is_not_there_is_found():
    for program in doctors.programs():
        for helper in [HELPER, *[HELPER.replace(" +acl|getuser", "")] * doctors.has_dryrun(program)]:
            text = uri(start(program, users=(doctors.CLOSED, helper)), user="helper")
            found, status = examine(text, "--role", "worker", "--test", "--acl-user", "wroker")
            verdict(found, "role-needs", "fail", "no user wroker")
            equal(status, REFUSED)
            found, _ = examine(text, "--role", "worker", "--test", "--acl-user", "helper")
            verdict(found, "role-needs", *(["fail", "helper may not: "] if doctors.has_dryrun(program) else ["unknown"]))


@test
def a_user_who_is_off_or_has_no_password_is_found():
    """ACL DRYRUN says of them what it says of others."""
    default, line = lines("worker", "examples")
    how = ("--role", "worker", "--test", "--acl-user", "worker")
    for program in doctors.programs():
        port = start(program, users=(default, line.replace(" on ", " off "), HELPER))
        found, status = examine(uri(port, user="helper"), *how)
        verdict(found, "role-needs", "fail", "worker is off")
        equal(status, REFUSED)
        found, _ = examine(uri(start(program, users=(default, line + " nopass", HELPER)), user="helper"), *how)
        verdict(found, "role-excess", "fail", "nopass")
    for program in doctors.with_dryrun():
        blind = HELPER.replace(" +acl|getuser", "")
        found, _ = examine(uri(start(program, users=(default, line, blind)), user="helper"), *how)
        verdict(found, "role-needs", "unknown", "may do all", "ACL GETUSER, which tells whether it is on")


@test
def the_fix_of_a_user_is_a_command_whose_line_mends_it():
    for program in doctors.with_dryrun():
        port = start(program, users=(doctors.CLOSED, doctors.ALL, f"user app on >{server.PASSWORD} ~* +@all -lpush"))
        how = ("--role", "producer", "--layout", "asynq", "--queue", "mail", "--test", "--acl-user", "app")
        found, _ = examine(uri(port), *how)
        for name, expected in [("role-needs", "fail"), ("role-excess", "warn")]:
            verdict(found, name, expected)
            command = shlex.split(re.search(r"'taskseal (.*?)'", found[name]["fix"])[1])
            line = good(*command).decode().splitlines()[1].replace("SHA256-OF-ITS-PASSWORD", doctors.HASH)
            check(line.startswith("user app "), line)
        Client(port, "worker").call("ACL", "SETUSER", "app", "reset", *line.split()[2:])
        found, _ = examine(uri(port), *how)
        verdict(found, "role-needs", "ok")
        verdict(found, "role-excess", "ok")


@test
def bad_roles_are_told():
    bad(USAGE, "doctor: usage: --role takes producer, worker, operator or rotate; with --layout asynq also scheduler or inspector", "doctor", "--role", "admin")
    for role in ["scheduler", "inspector"]:
        bad(USAGE, f"doctor: usage: --role {role} is one of Asynq's: give --layout asynq", "doctor", "--role", role)
    bad(USAGE, "doctor: usage: --layout takes examples or asynq", "doctor", "--layout", "sidekiq")
    bad(USAGE, "doctor: usage: --test and --acl-user are about a role", "doctor", "--test", "rediss://h")
    bad(USAGE, "doctor: usage: --queue is about a role or payloads", "doctor", "--queue", "mail", "rediss://h")
    bad(USAGE, "doctor: usage: --layout is about a role or payloads", "doctor", "--layout", "asynq", "rediss://h")
    bad(USAGE, "doctor: usage: --role prints lines", "doctor", "--role", "worker", "rediss://h")
    for name in ["a b", "a*", "{a}", "", "a\nb", "a>b" * 100]:
        bad(USAGE, "doctor: usage: --queue takes a name without", "doctor", "--role", "worker", "--queue", name)


@test
def every_command_of_a_line_can_be_asked_about():
    """Else --test would be silent about it."""
    with open(os.path.join(SOURCE, "tools/doctor/role_lines.c"), encoding="ascii") as file:
        asked = set(re.findall(r'^    \{"([a-z|]+)", \{"', file.read(), re.M))
    check(len(asked) > 40, str(asked))
    for role, layout in EVERY:
        needed = {word[1:] for word in lines(role, layout)[1].split() if word.startswith("+")} - {"ping"}
        equal((role, layout, needed - asked), (role, layout, set()))


if __name__ == "__main__":
    sys.exit(main())
