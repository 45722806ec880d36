/* SPDX-License-Identifier: MIT
 * The first round trip: AUTH, PING, SELECT. Only its replies make a connection "connected": in TLS 1.3 a server
 * refuses a client certificate after the handshake. */
#ifndef TASKSEAL_REDIS_LOGIN_H
#define TASKSEAL_REDIS_LOGIN_H

#include <hiredis/hiredis.h>

#include "tls.h"
#include "uri.h"

/* The commands as they go over the wire, in guarded memory: made once, and then written from there to the TLS
 * session, so that no copy of the password needs wiping later. */
typedef struct taskseal__login {
    char *commands;
    size_t len;
    bool authenticates;
    bool selects;
} taskseal__login;

/* Encodes what `uri` asks for; its credentials may be freed after. NO_MEMORY. */
TASKSEAL_MUST_USE taskseal_err taskseal__login_init(taskseal__login *login, const taskseal__uri *uri,
                                                    taskseal_error *error);
void taskseal__login_destroy(taskseal__login *login);

/* Sends the commands over the verified session in one write and judges the replies. `reader` must be fresh, and is
 * empty again after success.
 *  AUTH_REFUSED, NO_PERMISSION, SERVER_BUSY, SERVER_ERROR, REPLY_LIMIT and the errors of taskseal__tls_read */
TASKSEAL_MUST_USE taskseal_err taskseal__login_run(const taskseal__login *login, taskseal__tls *tls,
                                                   redisReader *reader, taskseal_error *error);

#endif
