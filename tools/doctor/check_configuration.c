/* SPDX-License-Identifier: MIT
 *
 * What the server's configuration says: CONFIG GET, and INFO.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"

static bool is(const char *value, const char *wanted)
{
    return strcmp(value, wanted) == 0;
}

static void check_protected_mode(doctor *self)
{
    finding *one = findings_add(&self->found, "protected-mode", VERDICT_OK);
    char value[ANSWER_MAX];

    if (ask_config(self, "protected-mode", value) != ANSWER_GIVEN) {
        finding_denied(one, "CONFIG GET protected-mode");
        return;
    }
    finding_evidence(one, "protected-mode %s", value);
    if (is(value, "yes"))
        return;
    finding_worsen(one, VERDICT_WARN);
    finding_evidence(one, ": if the default user ever loses its password, the server is open to all");
    finding_fix_set(one, "protected-mode", "yes");
}

/* All forms of 0.0.0.0 and ::, also "0" and "::0", which the server resolves. */
static bool is_any_address(const char *word)
{
    struct in6_addr six;
    struct in_addr four;

    if (is(word, "*") || is(word, "::*"))
        return true;
    if (inet_pton(AF_INET6, word, &six) == 1)
        return IN6_IS_ADDR_UNSPECIFIED(&six);
    return inet_aton(word, &four) != 0 && four.s_addr == INADDR_ANY;
}

/* "* -::*" is the default of all interfaces. */
static bool is_everywhere(const char *bind)
{
    char copy[ANSWER_MAX];
    char *rest = copy;

    snprintf(copy, sizeof copy, "%s", bind);
    if (copy[0] == '\0')
        return true;
    for (const char *word = strsep(&rest, " "); word != NULL; word = strsep(&rest, " ")) {
        word += word[0] == '-';
        if (is_any_address(word))
            return true;
    }
    return false;
}

static void check_bind(doctor *self)
{
    finding *one = findings_add(&self->found, "bind", VERDICT_OK);
    char value[ANSWER_MAX];

    if (ask_config(self, "bind", value) != ANSWER_GIVEN) {
        finding_denied(one, "CONFIG GET bind");
        return;
    }
    finding_evidence(one, "bind %s", value[0] != '\0' ? value : "\"\"");
    if (!is_everywhere(value))
        return;
    finding_worsen(one, VERDICT_WARN);
    finding_evidence(one, ": it listens on every interface of its host");
    probe_host(&self->target, value, sizeof value); /* it was reached by that: clients use it */
    finding_fix_set(one, "bind", value);
    finding_fix(one, " (or what other addresses its clients use); and a firewall before it");
}

typedef struct replication {
    bool known;
    bool replica;
    bool primary; /* with replicas; a replica can have some too */
    char words[ANSWER_MAX];
} replication;

static replication read_replication(doctor *self)
{
    replication found = {.words = "of unknown role"};
    char role_name[ANSWER_MAX];
    char replicas[ANSWER_MAX];
    char host[ANSWER_MAX];
    char port[ANSWER_MAX];
    char link[ANSWER_MAX];

    if (ask_info(self, "role", role_name) != ANSWER_GIVEN ||
        ask_info(self, "connected_slaves", replicas) != ANSWER_GIVEN)
        return found;
    (void)ask_info(self, "master_host", host);
    (void)ask_info(self, "master_port", port);
    (void)ask_info(self, "master_link_status", link);
    found.known = true;
    found.replica = is(role_name, "slave");
    found.primary = strtol(replicas, NULL, 10) > 0;
    if (found.replica)
        snprintf(found.words, sizeof found.words, "a replica of %.200s port %.8s, link %.20s", host, port,
                 link);
    else
        snprintf(found.words, sizeof found.words, "a primary with %.200s replicas", replicas);
    return found;
}

static void add_replicating(finding *one, bool replicates)
{
    finding_fix(one, "%son every primary and replica: ", replicates ? "" : "before there is a replica, ");
    finding_fix_set(one, "tls-replication", "yes");
    if (replicates)
        finding_fix(
            one, "; then on each replica, for a link that is up stays as it is: REPLICAOF PRIMARY TLS-PORT, "
                 "and in its configuration file: replicaof PRIMARY TLS-PORT");
}

/* tls-replication is about the connections that a server makes, and its replicas make theirs: with a port without TLS
 * they may come by that. */
static void check_replicas(doctor *self, finding *one)
{
    char port[ANSWER_MAX];

    if (ask_config(self, "port", port) != ANSWER_GIVEN) {
        finding_denied(one, "CONFIG GET port");
    } else if (!is(port, "0")) {
        finding_worsen(one, VERDICT_WARN);
        finding_evidence(
            one, ", each of which may come by the port without TLS, %s, if it has tls-replication no", port);
        add_replicating(one, true);
        finding_fix(one, "; then here: ");
        finding_fix_set(one, "port", "0");
    }
}

static void check_replication(doctor *self)
{
    finding *one = findings_add(&self->found, "replication-tls", VERDICT_OK);
    char value[ANSWER_MAX];

    if (ask_config(self, "tls-replication", value) != ANSWER_GIVEN) {
        finding_denied(one, "CONFIG GET tls-replication");
        return;
    }
    const replication found = read_replication(self);
    const bool replicates = found.replica || found.primary;
    finding_evidence(one, "tls-replication %s; %s", value, found.words);
    if (!found.known) {
        finding_denied(one, "INFO");
        return;
    }
    if (found.primary && is(value, "yes"))
        check_replicas(self, one);
    if (is(value, "yes"))
        return;
    finding_worsen(one, replicates ? VERDICT_FAIL : VERDICT_INFO);
    add_replicating(one, replicates);
}

static void check_cluster(doctor *self)
{
    finding *one = findings_add(&self->found, "cluster-bus-tls", VERDICT_OK);
    char enabled[ANSWER_MAX];
    char value[ANSWER_MAX];

    if (ask_config(self, "cluster-enabled", enabled) != ANSWER_GIVEN ||
        ask_config(self, "tls-cluster", value) != ANSWER_GIVEN) {
        finding_denied(one, "CONFIG GET cluster-enabled and tls-cluster");
        return;
    }
    finding_evidence(one, "cluster-enabled %s; tls-cluster %s", enabled, value);
    if (is(enabled, "no") || is(value, "yes"))
        return;
    finding_worsen(one, VERDICT_FAIL);
    finding_evidence(one, ": the nodes tell each other everything in plaintext");
    finding_fix(one, "on every node: ");
    finding_fix_set(one, "tls-cluster", "yes");
}

/* Places that others can write to, or that do not outlive a restart. */
static bool is_bad_place(const char *dir)
{
    static const char *const bad[] = {"/tmp", "/var/tmp", "/dev/shm", "/run"};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const size_t len = strlen(bad[i]);
        if (strncmp(dir, bad[i], len) == 0 && (dir[len] == '\0' || dir[len] == '/'))
            return true;
    }
    return is(dir, "/");
}

static void check_persistence(doctor *self)
{
    finding *one = findings_add(&self->found, "persistence", VERDICT_OK);
    char dir[ANSWER_MAX];
    char save[ANSWER_MAX];
    char aof[ANSWER_MAX];

    if (ask_config(self, "dir", dir) != ANSWER_GIVEN || ask_config(self, "save", save) != ANSWER_GIVEN ||
        ask_config(self, "appendonly", aof) != ANSWER_GIVEN) {
        finding_denied(one, "CONFIG GET dir, save and appendonly");
        return;
    }
    const bool keeps = save[0] != '\0' || is(aof, "yes");
    if (!keeps) {
        finding_worsen(one, VERDICT_WARN);
        finding_evidence(
            one, "neither snapshots nor an append-only file: a restart loses every task, and the record "
                 "of what is done");
        finding_fix_set(one, "appendonly", "yes");
    } else {
        finding_evidence(one, "writes to %s: snapshots %s, append-only file %s", dir,
                         save[0] != '\0' ? save : "off", aof);
    }
    if (keeps && is_bad_place(dir)) {
        finding_worsen(one, VERDICT_WARN);
        finding_evidence(one, "; others may read or remove what is there");
        finding_fix(
            one,
            "stop the server, move what it wrote to a directory that only its user may read, and in the "
            "configuration file: dir %s, say; then start it",
            ask_info(self, "valkey_version", save) == ANSWER_GIVEN ? "/var/lib/valkey" : "/var/lib/redis");
    }
}

static void check_eviction(doctor *self)
{
    finding *one = findings_add(&self->found, "eviction", VERDICT_OK);
    char policy[ANSWER_MAX];
    char limit[ANSWER_MAX];

    if (ask_either(self, "maxmemory-policy", "maxmemory_policy", policy) != ANSWER_GIVEN ||
        ask_either(self, "maxmemory", "maxmemory", limit) != ANSWER_GIVEN) {
        finding_denied(one, "INFO, or CONFIG GET maxmemory and maxmemory-policy");
        return;
    }
    finding_evidence(one, "maxmemory-policy %s, maxmemory %s", policy, limit);
    if (is(policy, "noeviction"))
        return;
    finding_worsen(one, is(limit, "0") ? VERDICT_WARN : VERDICT_FAIL);
    finding_evidence(one, ": %s drops tasks, and the records by which replays are known",
                     is(limit, "0") ? "once there is a limit, a full server" : "a full server");
    finding_fix_set(one, "maxmemory-policy", "noeviction");
}

static void check_version(doctor *self)
{
    finding *one = findings_add(&self->found, "version", VERDICT_INFO);
    char version[ANSWER_MAX];
    const bool valkey = ask_info(self, "valkey_version", version) == ANSWER_GIVEN;

    if (!valkey && ask_info(self, "redis_version", version) != ANSWER_GIVEN) {
        finding_denied(one, "INFO");
        return;
    }
    finding_evidence(one, "%s %s (distributions repair faults without a new number)",
                     valkey ? "Valkey" : "Redis", version);
}

void check_configuration(doctor *self)
{
    if (self->redis == NULL)
        return;
    check_protected_mode(self);
    check_bind(self);
    check_replication(self);
    check_cluster(self);
    check_persistence(self);
    check_eviction(self);
    check_version(self);
}
