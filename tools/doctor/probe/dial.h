/* SPDX-License-Identifier: MIT
 *
 * Bare TCP connections to the server, for probes that speak with it before anything is verified. No file of this
 * folder is given a user, a password or a client's key, so none can send one; tests/walls holds that they include
 * nothing that has them.
 */
#ifndef TASKSEAL_TOOLS_DOCTOR_DIAL_H
#define TASKSEAL_TOOLS_DOCTOR_DIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum { PROBE_NAME_MAX = 256, PROBE_PATIENCE_MS = 2000 };

typedef struct probe_target {
    struct sockaddr_storage address;
    socklen_t len;
    char name[PROBE_NAME_MAX]; /* for SNI; "": an IP address */
} probe_target;

/* The address of the other end of a connected socket. */
bool probe_of_socket(probe_target *target, int fd, const char *host);

/* The first address of a name. */
bool probe_resolve(probe_target *target, const char *host, unsigned port);

/* "127.0.0.1" or "::1". */
void probe_host(const probe_target *target, char *text, size_t cap);

/* "127.0.0.1:6379" or "[::1]:6379"; port 0: the target's own. */
void probe_words(const probe_target *target, unsigned port, char *text, size_t cap);

unsigned probe_port(const probe_target *target);

/* The addresses that the name has besides the target's, one after the other; cut if there is no room. How many;
 * -1: they can't be looked up. */
int probe_others(const probe_target *target, const char *host, char *text, size_t cap);

/* A connection, closed with probe_close; every wait on it ends PROBE_PATIENCE_MS after it began. */
typedef struct probe {
    int fd;
    uint64_t deadline; /* ms */
    int failed;        /* the errno of what failed; ETIMEDOUT: the time is over */
} probe;

/* Port 0: the target's own. False, with self->failed, if nothing listens there. */
bool probe_dial(probe *self, const probe_target *target, unsigned port);

bool probe_send(probe *self, const void *data, size_t len);

/* What has come, at most `cap` bytes, after waiting for it; 0: the other end has closed, or self->failed says why. */
size_t probe_receive(probe *self, void *data, size_t cap);

/* Waits until `events` of poll(2) come; false: self->failed. */
bool probe_wait(probe *self, short events);

void probe_close(probe *self);

#endif
