/* SPDX-License-Identifier: MIT
 * A scenario is a server, its certificates, and a client's URI for it; all good unless a test breaks something. */
#ifndef TASKSEAL_TESTS_REDIS_LAB_H
#define TASKSEAL_TESTS_REDIS_LAB_H

#include <check.h>
#include <taskseal/redis.h>

#include "bad_server.h"

#define PASSWORD "Sesame-42-open" /* must never be seen in a message */

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

#define assert_err(expected, call)                                                                           \
    do {                                                                                                     \
        const taskseal_err expected_ = (expected);                                                           \
        const taskseal_err got_ = (call);                                                                    \
        ck_assert_msg(got_ == expected_, "%s: got %s, expected %s", #call, taskseal_err_name(got_),          \
                      taskseal_err_name(expected_));                                                         \
    } while (0)

#define assert_ok(call) assert_err(TASKSEAL_OK, call)

typedef enum client_kind { ANONYMOUS, KNOWN_CLIENT, FOREIGN_CLIENT } client_kind;

/* What one of the two revocation lists, of root and intermediate, has wrong. */
typedef enum list_fault {
    NO_LISTS, /* nobody asks for them */
    GOOD_LISTS,
    LEAF_REVOKED,
    MIDDLE_REVOKED,
    STALE_LIST,
    STALE_LIST_OF_ROOT,
    EARLY_LIST,
    MISSING_LIST,
    MISSING_LIST_OF_ROOT,
    FORGED_LIST,
    FORGED_LIST_OF_ROOT,
    STRANGE_LIST, /* a critical extension that nobody knows */
} list_fault;

typedef struct scenario {
    cert_spec root;
    cert_spec middle; /* an intermediate CA; used if `use_middle` */
    cert_spec leaf;
    bool use_middle;
    bool hide_middle; /* the server does not send it */
    bool send_root;
    bool self_signed;   /* the leaf signs itself */
    bool forged;        /* the leaf is signed by another key than that of the issuer it names */
    bool trust_other;   /* cacert holds another root */
    bool hashed;        /* cacert is a directory */
    list_fault lists;   /* with `use_middle`; the URI's `crl` names them */
    server_spec server; /* its certificates are filled in */
    client_kind client;
    bool require_client;
    const char *dial;  /* host of the URI */
    const char *login; /* "user:password@" or "" */
    const char *path;  /* "/1" or "" */
    const char *query; /* "&name=..." or "" */
    unsigned timeout_ms;
} scenario;

scenario scenario_good(void);

typedef struct lab {
    server *server;
    unsigned short port;
    identity root;
    char directory[64]; /* of this process; with ca.pem, client.pem, client.key */
    char uri[600];
} lab;

/* What serves in the place of the tests' own server, if it is set: lab.server is NULL then. Returns its port, 0: it can't
 * be that bad. */
extern unsigned short (*lab_elsewhere)(const server_spec *spec, const char *directory, unsigned short port);

/* Called for every lab, if it is set, with a directory of CAs that holds its root. */
extern void (*lab_also)(const lab *l);

/* Starts the server, on `port` or any if 0, and writes the client's files. */
lab lab_start(const scenario *s, unsigned short port);

server_seen lab_stop(lab *l);

/* Opens an endpoint and a connection for it; *redis is NULL unless TASKSEAL_OK comes back. */
taskseal_err lab_connect(const lab *l, redisContext **redis, taskseal_error *error);

/* A client and a connection of its own, that may be tried again and again; two kinds: run_sync.c, run_async.c. */
typedef struct guest guest;
extern const char *const guest_kind;
guest *guest_new(const char *uri);

/* The first time it connects, and then reconnects (asynchronously: connects anew, by the same endpoint). Then it gives a
 * command and waits for its reply. */
taskseal_err guest_try(guest *g, taskseal_error *error);
void guest_free(guest *g);

typedef struct outcome {
    taskseal_err err;
    taskseal_error error;
    server_seen seen;
} outcome;

/* Starts, connects with a guest, tries a command, and stops everything. */
outcome scenario_run(const scenario *s);

/* Connects with the allocation number `fail_at` failing (failing.h), and frees the connection. *verified says that there was
 * one, and to localhost. There are two of this as well. */
taskseal_err connect_failing(taskseal_redis_endpoint *endpoint, long fail_at, bool *verified);

/* Runs the suite, reporting in TAP; returns the exit status of the process. */
int run_suite(Suite *suite);

#endif
