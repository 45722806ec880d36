#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""taskseal doctor from inside: users, rights and configuration, each on a server that has the fault and on its twin that
has not; and that it changes nothing."""

import os
import random
import socket
import sys

import doctors
import server
from client import Client
from doctors import examine, start, twins, uri, verdict
from harness import check, equal, main, test

PASSWORD = server.PASSWORD
OPERATOR = (f"user worker on >{PASSWORD} ~{{*}}:t:* &* -@all +ping +info +config|get +acl|getuser +acl|dryrun")
BLIND = f"user worker on >{PASSWORD} ~{{*}}:t:* -@all +ping"
ADMIN = f"user admin on >{PASSWORD} ~* &* +@all"


# ---- The default user ----

@test
def a_default_user_without_a_password_is_found():
    twins("default-user", "fail", ["nopass", "+@all"], {"users": ("user default on nopass ~* &* +@all", doctors.ALL)},
          ["is off"])


@test
def a_default_user_with_a_password_is_warned_of():
    twins("default-user", "warn", ["with a password that everybody shares"],
          {"users": (f"user default on >{PASSWORD} ~* &* +@all", doctors.ALL)}, ["is off"])


@test
def a_default_user_that_can_not_replay_the_append_only_file_is_warned_of():
    for program in doctors.programs():
        port = start(program, more=["appendonly yes"])
        admin = Client(port, "worker")
        for rules, expected in [("~* &* +@all", "ok"), ("", "warn"), ("&* +@all", "warn"), ("~* +@all", "warn"),
                                ("~a* &* +@all", "warn"), ("~* &* +@all -flushall", "warn")]:
            if rules == "~* +@all" and not doctors.has_dryrun(program):
                continue  # Redis 6.0 has no channels
            admin.call(*doctors.acl(program, [f"ACL SETUSER default reset resetchannels {rules}"])[0].split())
            found, _ = examine(uri(port))
            verdict(found, "default-user", expected, "is off", *["append-only file"] * (expected == "warn"))


@test
def a_user_who_may_not_ask_learns_it_by_trying():
    for program in doctors.programs():
        for default, expected, words in [("user default on nopass ~* &* +@all", "fail", "is served"),
                                         ("user default on nopass -@all", "fail", "may not PING"),
                                         # The second is to be warned of: these two can't be told apart.
                                         ("user default off", "unknown", "is not served"),
                                         (f"user default on >{PASSWORD}", "unknown", "is not served")]:
            found, _ = examine(uri(start(program, users=(default, BLIND))))
            verdict(found, "default-user", expected, words)


# ---- Rights ----

def rights(found):
    """The commands that are listed as too many, and those that are unknown."""
    text = found["user-rights"]["evidence"]
    may, _, unknown = text.partition("; unknown: ")
    return (set(may.split("): ")[1].split(", ")) if "): " in may else set(),
            set(unknown.split(", ")) if unknown else set())


EVERYTHING = {"CONFIG SET", "CONFIG GET", "MONITOR", "DEBUG", "KEYS", "FLUSHALL", "FLUSHDB", "SWAPDB", "SCRIPT FLUSH",
              "FUNCTION LOAD", "MODULE LOAD", "REPLICAOF", "SLAVEOF", "PSYNC", "SYNC", "FAILOVER", "MIGRATE", "SHUTDOWN",
              "CLUSTER RESET", "ACL SETUSER", "ACL DELUSER", "ACL LOAD", "ACL LIST", "ACL GETUSER", "CLIENT KILL",
              "CLIENT PAUSE", "CLIENT LIST", "SLOWLOG GET", "BGSAVE", "SAVE"}
NEVER_QUEUED = {"PSYNC", "SYNC", "SHUTDOWN", "ACL DELUSER", "ACL LOAD", "SAVE"}
REFUSED_TO_ALL = {"DEBUG", "MODULE LOAD"}  # enable-debug-command no, enable-module-command no


def everything(program):
    """What the doctor finds that a user may do who may do everything, and what it can't find out."""
    if doctors.has_dryrun(program):
        return EVERYTHING, set()
    return EVERYTHING - {"FUNCTION LOAD", "FAILOVER"} - NEVER_QUEUED, NEVER_QUEUED  # Redis 6.0 has neither


@test
def a_user_who_may_do_everything_is_found():
    for program in doctors.programs():
        found, _ = examine(uri(start(program)))
        verdict(found, "user-rights", "fail", doctors.way(program))
        equal(rights(found), everything(program))
        verdict(found, "user-keys", "warn", "GET")
        found, _ = examine(uri(start(program, users=(doctors.CLOSED, OPERATOR))))
        verdict(found, "user-rights", "info" if doctors.has_dryrun(program) else "unknown", doctors.way(program))
        equal(rights(found), ({"CONFIG GET", "ACL GETUSER"}, everything(program)[1]))
        verdict(found, "user-keys", "ok", "may neither read nor write a key that is of no queue")
        found, _ = examine(uri(start(program, users=(doctors.CLOSED, OPERATOR))), "--role", "worker", "--test")
        verdict(found, "user-rights", "warn", "a worker does not need", "CONFIG GET, ACL GETUSER")


@test
def rights_are_found_out_without_acl_dryrun():
    """By MULTI, the command, DISCARD: never SHUTDOWN, and nothing is run."""
    for program in doctors.programs():
        # Redis 6.0 has no DRYRUN, and can't take one subcommand away.
        less = " -acl|dryrun -acl|getuser" if doctors.has_dryrun(program) else ""
        port = start(program, users=(doctors.CLOSED, doctors.ALL + less, ADMIN))
        admin = Client(port, "admin")
        before = state(admin)
        found, _ = examine(uri(port))
        verdict(found, "user-rights", "fail", "by MULTI and DISCARD")
        may, unknown = rights(found)
        refused = REFUSED_TO_ALL | {"ACL GETUSER"} if less else set()
        equal((may - {"CLUSTER RESET"}, unknown - {"CLUSTER RESET"}),
              (everything(program)[0] - NEVER_QUEUED - refused - {"CLUSTER RESET"}, NEVER_QUEUED))
        equal(state(admin), before)
        found, _ = examine(uri(start(program, users=(doctors.CLOSED, BLIND + " +multi +discard +keys"))))
        verdict(found, "user-rights", "warn", "by MULTI and DISCARD")
        equal(rights(found)[0], {"KEYS"})


@test
def rights_that_can_not_be_asked_are_unknown():
    for program in doctors.programs():
        # MULTI without DISCARD would leave the connection inside of a transaction.
        for more in ["", " +multi", " +discard"]:
            found, status = examine(uri(start(program, users=(doctors.CLOSED, BLIND + more))))
            verdict(found, "user-rights", "unknown", "unknown: ")
            equal(rights(found), (set(), EVERYTHING))
            verdict(found, "user-keys", "unknown")
            verdict(found, "eviction", "unknown", "may not ask")
            equal(status, 0)
        text = uri(start(program, users=(doctors.CLOSED, BLIND)))
        equal(examine(text, "--strict")[1], doctors.WARNED)


# ---- Configuration ----

@test
def protected_mode_and_bind_are_judged():
    twins("protected-mode", "warn", ["protected-mode no"], {"more": ["protected-mode no"]}, ["protected-mode yes"])
    twins("bind", "warn", ["every interface"], {"more": ["bind 0.0.0.0"]}, ["bind 127.0.0.1"])
    if all(map(doctors.has_dryrun, doctors.programs())):  # Redis 6.0 knows no such addresses
        twins("bind", "warn", ["every interface"], {"more": ["bind * -::*"]}, ["bind 127.0.0.1"])


def is_free(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def cluster_port():
    """A free one whose cluster bus, 10000 above, has a free one too: below those that the system gives to clients."""
    while not (is_free(port := random.randrange(10000, 22000)) and is_free(port + 10000)):
        pass
    return port


@test
def replication_without_tls_is_found():
    for program in doctors.programs():
        for tls, expected in [("no", "fail"), ("yes", "ok")]:
            plain = ["port 0"] if tls == "yes" else [f"port {server.free_port()}"]
            primary = start(program, client_certificates="no",
                            more=[f"tls-replication {tls}", "repl-diskless-sync-delay 0", *plain])
            admin = Client(primary, "worker")
            to = primary if tls == "yes" else int(plain[0].split()[1])
            replica = start(program, more=[f"tls-replication {tls}", "masteruser worker", f"masterauth {PASSWORD}",
                                           f"replicaof 127.0.0.1 {to}"])
            admin.wait_for(b"connected_slaves:1", "INFO", "replication")
            found, _ = examine(uri(primary))
            verdict(found, "replication-tls", expected, f"tls-replication {tls}", "a primary with 1 replicas")
            found, _ = examine(uri(replica))
            verdict(found, "replication-tls", expected, f"tls-replication {tls}", "a replica of 127.0.0.1")
        found, _ = examine(uri(start(program, more=["tls-replication no"])))
        verdict(found, "replication-tls", "info", "a primary with 0 replicas")


@test
def a_cluster_bus_without_tls_is_found():
    for program in doctors.programs():
        found, _ = examine(uri(start(program, more=["cluster-enabled yes", f"port {cluster_port()}"])))
        verdict(found, "cluster-bus-tls", "fail", "tls-cluster no", "in plaintext")
        found, _ = examine(uri(start(program, more=["cluster-enabled yes", "tls-cluster yes"], port=cluster_port())))
        verdict(found, "cluster-bus-tls", "ok", "tls-cluster yes")
        found, _ = examine(uri(start(program)))
        verdict(found, "cluster-bus-tls", "ok", "cluster-enabled no")


@test
def where_persistence_writes_is_told():
    for program in doctors.programs():
        for more in [["appendonly yes"], ["save 3600 1"]]:
            place = doctors.good_directory()
            found, _ = examine(uri(start(program, more=[*more, f"dir {place}"])))
            verdict(found, "persistence", "ok", f"writes to {place}")
            found, _ = examine(uri(start(program, more=more)))
            verdict(found, "persistence", "warn", "writes to /tmp/", "others may read")
        found, _ = examine(uri(start(program)))
        verdict(found, "persistence", "warn", "a restart loses every task")


@test
def an_eviction_policy_that_drops_tasks_is_found():
    twins("eviction", "fail", ["allkeys-lru", "drops tasks"], {"more": ["maxmemory-policy allkeys-lru",
                                                                        "maxmemory 100mb"]},
          ["noeviction", "104857600"], more=["maxmemory 100mb"])
    twins("eviction", "warn", ["volatile-ttl", "once there is a limit"], {"more": ["maxmemory-policy volatile-ttl"]},
          ["noeviction"])


@test
def the_version_is_told():
    for program in doctors.programs():
        found, _ = examine(uri(start(program)))
        number = os.popen(f"{program} --version").read().split(" v=")[1].split()[0]
        verdict(found, "version", "info", number)


# ---- It changes nothing ----

def functions(admin):
    try:
        return admin.call("FUNCTION", "LIST")
    except RuntimeError as error:  # Redis 6.0 has none
        check("unknown command" in str(error), str(error))
        return None


def state(admin):
    """All that a server is: its configuration, users, scripts, data, replication, persistence; and how often what would
    change it was run."""
    found = [admin.call("CONFIG", "GET", "*"), admin.call("ACL", "LIST"), admin.call("DBSIZE"),
             sorted((key, admin.call("DUMP", key)) for key in admin.call("KEYS", "*")), functions(admin),
             admin.call("MODULE", "LIST"), admin.call("LASTSAVE"), admin.call("CLIENT", "GETNAME")]
    info = admin.call("INFO", "all").decode().splitlines()
    found += [line for line in info if line.startswith(("role:", "rdb_changes_since_last_save:", "connected_slaves:",
                                                        "number_of_cached_scripts:", "master_replid"))]
    reading = ("cmdstat_config|get", "cmdstat_info", "cmdstat_acl|", "cmdstat_ping", "cmdstat_auth", "cmdstat_multi",
               "cmdstat_discard", "cmdstat_hello", "cmdstat_scan", "cmdstat_type", "cmdstat_hget", "cmdstat_hstrlen",
               "cmdstat_strlen", "cmdstat_getrange", "cmdstat_dbsize", "cmdstat_command", "cmdstat_lrange")
    # Redis 6.0 counts no subcommands apart.
    reading += ("cmdstat_config:", "cmdstat_acl:", "cmdstat_function:", "cmdstat_module:", "cmdstat_client:")
    ours = ("cmdstat_dump", "cmdstat_keys", "cmdstat_function|list", "cmdstat_module|list", "cmdstat_lastsave",
            "cmdstat_client|getname")
    for line in info:
        if line.startswith("cmdstat_") and not line.startswith(reading + ours) and not ":calls=0," in line:
            found.append(line.split(",usec")[0])
        if line.startswith("cmdstat_acl|setuser") and ":calls=0," not in line:
            found.append(line.split(",usec")[0])
    return found


def with_data(program, **more):
    port = start(program, users=(doctors.CLOSED, doctors.ALL, ADMIN), **more)
    admin = Client(port, "admin")
    for number in range(20):
        admin.call("HSET", f"{{mail}}:t:{number}", "type", "mail", "sealed", "x" * 50)
        admin.call("LPUSH", "{mail}:pending", str(number))
    return port, admin


@test
def nothing_on_the_server_is_changed():
    for program in doctors.programs():
        port, admin = with_data(program)
        examine(uri(port))  # statistics that have begun
        before = state(admin)
        examine(uri(port))
        examine(uri(port), "--strict")
        equal(state(admin), before)


@test
def a_change_would_be_noticed():
    """The control of the test above."""
    port, admin = with_data(doctors.programs()[0])
    for change in [("SET", "a", "b"), ("CONFIG", "SET", "hz", "11"), ("ACL", "SETUSER", "eve", "on"), ("FLUSHALL",),
                   ("SCRIPT", "LOAD", "return 1"), ("REPLICAOF", "127.0.0.1", "1"), ("REPLICAOF", "NO", "ONE"), ("SAVE",)]:
        before = state(admin)
        admin.call(*change)
        check(state(admin) != before, str(change))


if __name__ == "__main__":
    sys.exit(main())
