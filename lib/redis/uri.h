/* SPDX-License-Identifier: MIT
 * The connection URI, parsed strictly: what it does not say plainly is an error. */
#ifndef TASKSEAL_REDIS_URI_H
#define TASKSEAL_REDIS_URI_H

#include <taskseal/taskseal.h>

#include "host.h"
#include "pins.h"

/* What a connection's trust is made of. */
typedef struct taskseal__sources {
    char *cacert; /* never NULL after success; "system" means the system's store */
    char *crl;    /* NULL: revocation is not asked for */
    char *cert;   /* NULL: no client certificate; then key is NULL too */
    char *key;
    taskseal__pins pins;
    bool tls13; /* no version below TLS 1.3 */
} taskseal__sources;

typedef struct taskseal__uri {
    char host[TASKSEAL__HOST_MAX + 2]; /* to dial; IPv6 without brackets; maybe with a final dot */
    taskseal__host_kind host_kind;
    char name[TASKSEAL__HOST_MAX + 2]; /* that the certificate must hold; never with a final dot */
    taskseal__host_kind name_kind;
    char port[6];
    unsigned database;
    unsigned timeout_ms;
    bool name_given; /* by a parameter: it is not simply the host */
    taskseal__sources trust;
    bool login;        /* the URI names a user or a password */
    char *credentials; /* guarded memory: user_len bytes of the user, then password_len of the password */
    size_t user_len;
    size_t password_len;
} taskseal__uri;

/* URI_INVALID (with the rule that is broken), NO_MEMORY. libsodium must be ready. Whatever the result,
 * taskseal__uri_clear is due. */
TASKSEAL_MUST_USE taskseal_err taskseal__uri_parse(taskseal__uri *uri, const char *text,
                                                   taskseal_error *error);

/* Sets `name` from `host` where it is empty, and name_given. */
void taskseal__uri_settle_name(taskseal__uri *uri);

void taskseal__sources_clear(taskseal__sources *sources);

/* Wipes the credentials and frees all. */
void taskseal__uri_clear(taskseal__uri *uri);

#endif
