/* SPDX-License-Identifier: MIT
 *
 * What the user of the URI may do that its role need not.
 */
#include <stdio.h>
#include <string.h>

#include "rights.h"
#include "role.h"

/* Words that fail if they are run after all. */
typedef struct danger {
    const char *name;
    const char *words[RIGHT_WORDS_MAX];
    verdict how;
    bool operators; /* an operator needs it, to let the doctor look; who says no role may be one */
    right_care care;
} danger;

#define NONE "taskseal-doctor"

static const danger dangers[] = {
    {"CONFIG SET", {"CONFIG", "SET", NONE, NONE}, VERDICT_FAIL, false, CARE_QUEUE},
    {"CONFIG GET", {"CONFIG", "GET", NONE}, VERDICT_WARN, true, CARE_QUEUE},
    {"MONITOR", {"MONITOR"}, VERDICT_FAIL, false, CARE_QUEUE},
    {"DEBUG", {"DEBUG", NONE}, VERDICT_FAIL, false, CARE_QUEUE},
    {"KEYS", {"KEYS", NONE}, VERDICT_WARN, false, CARE_QUEUE},
    {"FLUSHALL", {"FLUSHALL", NONE}, VERDICT_FAIL, false, CARE_QUEUE},
    {"FLUSHDB", {"FLUSHDB", NONE}, VERDICT_FAIL, false, CARE_QUEUE},
    {"SWAPDB", {"SWAPDB", NONE, NONE}, VERDICT_FAIL, false, CARE_QUEUE},
    {"SCRIPT FLUSH", {"SCRIPT", "FLUSH", NONE}, VERDICT_WARN, false, CARE_QUEUE},
    {"FUNCTION LOAD", {"FUNCTION", "LOAD", NONE}, VERDICT_WARN, false, CARE_QUEUE},
    {"MODULE LOAD", {"MODULE", "LOAD", "/taskseal-doctor/none"}, VERDICT_FAIL, false, CARE_QUEUE},
    {"REPLICAOF", {"REPLICAOF", NONE, NONE}, VERDICT_FAIL, false, CARE_QUEUE},
    {"SLAVEOF", {"SLAVEOF", NONE, NONE}, VERDICT_FAIL, false, CARE_QUEUE},
    {"PSYNC", {"PSYNC", NONE, NONE}, VERDICT_FAIL, false, CARE_DRYRUN},
    {"SYNC", {"SYNC"}, VERDICT_FAIL, false, CARE_DRYRUN},
    {"FAILOVER", {"FAILOVER", NONE}, VERDICT_FAIL, false, CARE_QUEUE},
    {"MIGRATE", {"MIGRATE", NONE, NONE, NONE ":none", NONE, NONE}, VERDICT_FAIL, false, CARE_QUEUE},
    {"SHUTDOWN", {"SHUTDOWN", NONE}, VERDICT_FAIL, false, CARE_DRYRUN},
    {"CLUSTER RESET", {"CLUSTER", "RESET", NONE}, VERDICT_FAIL, false, CARE_QUEUE},
    {"ACL SETUSER", {"ACL", "SETUSER", NONE, NONE}, VERDICT_FAIL, false, CARE_QUEUE},
    {"ACL DELUSER", {"ACL", "DELUSER", "default"}, VERDICT_FAIL, false, CARE_DRYRUN},
    {"ACL LOAD", {"ACL", "LOAD"}, VERDICT_FAIL, false, CARE_DRYRUN},
    {"ACL LIST", {"ACL", "LIST"}, VERDICT_WARN, false, CARE_QUEUE},
    {"ACL GETUSER", {"ACL", "GETUSER", NONE}, VERDICT_WARN, true, CARE_QUEUE},
    {"CLIENT KILL", {"CLIENT", "KILL", "ID", "0"}, VERDICT_WARN, false, CARE_QUEUE},
    {"CLIENT PAUSE", {"CLIENT", "PAUSE", NONE}, VERDICT_WARN, false, CARE_QUEUE},
    {"CLIENT LIST", {"CLIENT", "LIST", "ID", "0"}, VERDICT_WARN, false, CARE_QUEUE},
    {"SLOWLOG GET", {"SLOWLOG", "GET", "0"}, VERDICT_WARN, false, CARE_QUEUE},
    {"BGSAVE", {"BGSAVE", NONE}, VERDICT_WARN, false, CARE_QUEUE},
    {"SAVE", {"SAVE"}, VERDICT_WARN, false, CARE_DRYRUN},
};

enum { DANGERS = sizeof dangers / sizeof dangers[0] };

static const char *role_words(role role)
{
    static const char *const words[ROLES] = {"no application needs",      "a producer does not need",
                                             "a worker does not need",    "an operator does not need",
                                             "a scheduler does not need", "an inspector does not need"};

    return words[role];
}

static void add_word(char *list, size_t cap, const char *word)
{
    text_add(list, cap, "%s%s", list[0] != '\0' ? ", " : "", word);
}

static void check_commands(doctor *self)
{
    finding *one = findings_add(&self->found, "user-rights", VERDICT_OK);
    char may[ANSWER_MAX] = "";
    char unknown[ANSWER_MAX] = "";

    for (size_t i = 0; i < DANGERS; i++) {
        const danger *this = &dangers[i];
        const right found = right_ask(self, NULL, this->words, this->care);
        if (found == RIGHT_UNKNOWN)
            add_word(unknown, sizeof unknown, this->name);
        if (found != RIGHT_YES || (this->operators && self->role == ROLE_OPERATOR))
            continue;
        add_word(may, sizeof may, this->name);
        finding_worsen(one, this->operators && self->role == ROLE_NONE ? VERDICT_INFO : this->how);
    }
    if (may[0] != '\0')
        finding_evidence(one, "%s may run what %s (%s): %s", self->user, role_words(self->role),
                         right_way(self), may);
    else
        finding_evidence(one, "%s may run nothing that %s, as far as known (%s)", self->user,
                         role_words(self->role), right_way(self));
    if (one->verdict == VERDICT_INFO)
        finding_fix(one, "nothing, if this is the doctor's own user; if it is an application's, name its "
                         "role: --role ROLE --test");
    else if (may[0] != '\0')
        role_fix(self, one, self->user);
    else if (unknown[0] != '\0')
        finding_fix(one, "%s", fix_login);
    if (unknown[0] != '\0') {
        finding_worsen(one, VERDICT_UNKNOWN);
        finding_evidence(one, "; unknown: %s", unknown);
    }
}

/* One key that is of no queue. Who may not run GET on it may yet LRANGE or DEL: selectors give some commands alone.
 * Those that write fail if they are run after all, or do nothing to a key that is not there. */
static void check_keys(doctor *self)
{
    static const char *const users[][RIGHT_WORDS_MAX] = {
        {"GET", NONE ":none"},
        {"TYPE", NONE ":none"},
        {"HGET", NONE ":none", NONE},
        {"HSCAN", NONE ":none", "0"},
        {"EXISTS", NONE ":none"},
        {"HGETALL", NONE ":none"},
        {"LRANGE", NONE ":none", "0", "0"},
        {"SMEMBERS", NONE ":none"},
        {"ZRANGE", NONE ":none", "0", "0"},
        {"XRANGE", NONE ":none", "-", "+"},
        {"DUMP", NONE ":none"},
        {"DEL", NONE ":none"},
        {"UNLINK", NONE ":none"},
        {"LPOP", NONE ":none"},
        {"SET", NONE ":none", NONE, NONE},
        {"HSET", NONE ":none", NONE, NONE, NONE},
        {"ZADD", NONE ":none", NONE, NONE},
        {"EXPIRE", NONE ":none", NONE},
        {"RENAME", NONE ":none", NONE ":none"},
    };
    finding *one = findings_add(&self->found, "user-keys", VERDICT_OK);
    bool known = true;

    for (size_t i = 0; i < sizeof users / sizeof users[0] && one->verdict == VERDICT_OK; i++) {
        const right found = right_ask(self, NULL, users[i], CARE_QUEUE);
        known = known && found != RIGHT_UNKNOWN;
        if (found != RIGHT_YES)
            continue;
        finding_worsen(one, VERDICT_WARN);
        finding_evidence(one, "%s may run %s on keys that are of no queue, such as " NONE ":none", self->user,
                         users[i][0]);
        role_fix(self, one, self->user);
    }
    if (one->verdict == VERDICT_OK && known)
        finding_evidence(one,
                         "%s may neither read nor write a key that is of no queue, such as " NONE ":none",
                         self->user);
    else if (one->verdict == VERDICT_OK)
        finding_denied(one, "ACL DRYRUN, or MULTI and DISCARD");
}

void check_rights(doctor *self)
{
    if (self->redis == NULL)
        return;
    check_commands(self);
    check_keys(self);
}
