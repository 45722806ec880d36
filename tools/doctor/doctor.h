/* SPDX-License-Identifier: MIT
 *
 * `taskseal doctor`: looks at a running server and tells what it found. It changes nothing there.
 */
#ifndef TASKSEAL_TOOLS_DOCTOR_H
#define TASKSEAL_TOOLS_DOCTOR_H

#include <taskseal/redis.h>

#include "../common/uri.h"
#include "findings.h"
#include "probe/dial.h"

enum { DOCTOR_PATH_MAX = 4096, PLAIN_PORTS_MAX = 16 };

/* The last two are Asynq's: its Scheduler and PeriodicTaskManager, and its Inspector. */
typedef enum role {
    ROLE_NONE,
    ROLE_PRODUCER,
    ROLE_WORKER,
    ROLE_OPERATOR,
    ROLE_ROTATE,
    ROLE_SCHEDULER,
    ROLE_INSPECTOR,
    ROLES
} role;

/* Whose keys and fields a queue has. */
typedef enum layout { LAYOUT_NONE, LAYOUT_EXAMPLES, LAYOUT_ASYNQ } layout;

/* What was learnt of ways to ask about rights. */
typedef enum way { WAY_UNTRIED, WAY_OPEN, WAY_SHUT } way;

typedef struct doctor {
    const char *uri;
    role role;            /* what the user is, or is to be tested as */
    layout layout;        /* ... of whose keys */
    const char *queue;    /* the only one; NULL: all */
    const char *acl_user; /* whose rights are tested; NULL: the URI's own */
    bool test_role;
    struct payloads *payloads;             /* to sample; NULL: they are not asked for */
    unsigned plain_ports[PLAIN_PORTS_MAX]; /* to probe, besides those that are found out */
    size_t plain_port_count;

    char server[URI_PART_MAX]; /* host:port */
    char host[URI_PART_MAX];
    unsigned port;
    char user[URI_PART_MAX];
    bool user_known; /* `user` is whom the server takes us for; else, whom the URI names, if any */
    char anchors[DOCTOR_PATH_MAX];
    taskseal_redis_endpoint *endpoint;
    redisContext *redis; /* verified and logged in; NULL: there is none, and `refused` says why */
    taskseal_redis_peer peer;
    taskseal_err refused;
    bool lost;     /* the connection ended while the checks asked */
    bool is_plain; /* the URI's own port speaks the Redis protocol without TLS */
    bool has_target;
    bool answers; /* a handshake there is answered, by whatever */
    probe_target target;
    redisReply *info; /* of INFO; NULL: it may not be asked */
    way dryrun;
    way multi;
    int leaf_days; /* for metrics, where has_days is set */
    int chain_days;
    bool has_days;
    findings found;
} doctor;

/* Finds all that is to be found; self->uri, role and plain_ports are set. Reports a URI that is of no use; a status of
 * report.h. */
int doctor_run(doctor *self);
void doctor_end(doctor *self);

/* ---- The checks, each in the file of its name ---- */

void check_addresses(doctor *self);
void check_listeners(doctor *self);
void check_tls(doctor *self);
void check_certificates(doctor *self);
void check_users(doctor *self);
void check_rights(doctor *self);
void check_configuration(doctor *self);

/* Of check_tls, which knows whether a refusal means anything; if not, the second says so. */
void check_tls13(doctor *self, bool hears);
void tls_refuses_all(finding *one);

#endif
