/* SPDX-License-Identifier: MIT
 * A place to change things in: a directory of trust files, a root, an intermediate CA, and a server below that. Made for
 * each test, by fixtures. */
#ifndef TASKSEAL_TESTS_REDIS_PLACE_H
#define TASKSEAL_TESTS_REDIS_PLACE_H

#include "crls.h"
#include "lab.h"

typedef struct place {
    char directory[64]; /* ca.pem holds the root */
    identity root, middle, leaf;
    server *server; /* NULL: none runs */
    unsigned short port;
} place;

extern place here;

void place_set_up(void);
void place_tear_down(void);

/* The path of a file in it; valid for a few calls. */
const char *place_path(const char *name);

void place_write_text(const char *name, const char *text);
void place_rename(const char *from, const char *to);

/* crl.pem: the root's list, and the intermediate's, which names `revoked` and ends `valid_to` seconds from now. */
void place_write_lists(X509 *revoked, long valid_to);

/* Starts a server with the leaf, or with another, on the place's port. */
void place_serve(const server_spec *changes);
void place_serve_leaf(identity leaf);
void place_stop(void);

/* "rediss://w:PASSWORD@localhost:PORT?cacert=.../ca.pem&timeout_ms=..." and then `query`, in which each '@' becomes the
 * directory. */
taskseal_redis_endpoint *place_endpoint(const char *query);
taskseal_err place_try_endpoint(const char *query, const taskseal_redis_options *options,
                                taskseal_redis_endpoint **endpoint, taskseal_error *error);

/* One connection that answers a command and is closed; *error says why not. */
taskseal_err place_connect(taskseal_redis_endpoint *endpoint, taskseal_redis_peer *peer,
                           taskseal_error *error);

/* An endpoint, one connection, and its end. */
taskseal_err place_try(const char *query, taskseal_error *error);

#endif
