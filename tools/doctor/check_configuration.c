/* SPDX-License-Identifier: MIT
 *
 * What the server's configuration says: CONFIG GET, and INFO.
 */
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
        if (is(word, "*") || is(word, "0.0.0.0") || is(word, "::*") || is(word, "::"))
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

static bool has_replication(doctor *self, char words[ANSWER_MAX])
{
    char role_name[ANSWER_MAX];
    char value[ANSWER_MAX];

    if (ask_info(self, "role", role_name) != ANSWER_GIVEN)
        return false;
    const bool replica = is(role_name, "slave");
    (void)ask_info(self, replica ? "master_host" : "connected_slaves", value);
    if (replica) {
        char port[ANSWER_MAX];
        char link[ANSWER_MAX];
        (void)ask_info(self, "master_port", port);
        (void)ask_info(self, "master_link_status", link);
        snprintf(words, ANSWER_MAX, "a replica of %.200s port %.8s, link %.20s", value, port, link);
    } else {
        snprintf(words, ANSWER_MAX, "a primary with %.200s replicas", value);
    }
    return replica || strtol(value, NULL, 10) > 0;
}

static void check_replication(doctor *self)
{
    finding *one = findings_add(&self->found, "replication-tls", VERDICT_OK);
    char value[ANSWER_MAX];
    char words[ANSWER_MAX] = "of unknown role";

    if (ask_config(self, "tls-replication", value) != ANSWER_GIVEN) {
        finding_denied(one, "CONFIG GET tls-replication");
        return;
    }
    const bool replicates = has_replication(self, words);
    finding_evidence(one, "tls-replication %s; %s", value, words);
    if (is(value, "yes"))
        return;
    finding_worsen(one, replicates ? VERDICT_FAIL : VERDICT_INFO);
    finding_fix(one, "%son every primary and replica: ", replicates ? "" : "before there is a replica, ");
    finding_fix_set(one, "tls-replication", "yes");
    if (replicates)
        finding_fix(
            one, "; then on each replica, for a link that is up stays as it is: REPLICAOF PRIMARY TLS-PORT, "
                 "and in its configuration file: replicaof PRIMARY TLS-PORT");
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
