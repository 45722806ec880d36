/* SPDX-License-Identifier: MIT
 * Two systems that know nothing of each other, each with a CA, a server and a client below it, and the place's files, to
 * change from the one to the other. Files are replaced by rename. */
#ifndef TASKSEAL_TESTS_REDIS_PARTIES_H
#define TASKSEAL_TESTS_REDIS_PARTIES_H

#include "place.h"

typedef struct party {
    identity ca, server, client;
} party;

extern party old, new;

/* A place whose ca.pem is the old CA and whose server is the old one. */
void parties_set_up(void);

void party_write_ca(const char *name, const party *p);
void party_write_certificate(const party *p); /* client.pem */
void party_write_key(const party *p);         /* client.key */
void party_move_server(const party *p);

/* Until no file counts as just changed. */
void parties_settle(void);

#endif
