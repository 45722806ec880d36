/* SPDX-License-Identifier: MIT
 * Stands between a client and a server, in a thread of its own, and does one thing wrong after so many bytes of one
 * direction. It looks at all that the client sends. */
#ifndef TASKSEAL_TESTS_REDIS_PROXY_H
#define TASKSEAL_TESTS_REDIS_PROXY_H

#include "records.h"

typedef enum direction { TO_SERVER, TO_CLIENT } direction;

typedef enum network_fault {
    NO_FAULT,
    STALLS,  /* nothing more passes in this direction */
    DRIBBLES, /* from here on a byte now and then */
    RESETS,  /* both sides get a RST */
    HALF_CLOSES, /* FIN in this direction; the other goes on */
    CLOSES,  /* both sides are closed */
    FLIPS,   /* one bit of the next byte; all else passes */
    NETWORK_FAULTS
} network_fault;

/* The fault comes as soon as `after` bytes have passed: with 0 before any byte did, and a flip with the byte that
 * follows them. */
typedef struct proxy_plan {
    network_fault fault;
    direction where;
    size_t after;
} proxy_plan;

enum { PROXY_KEPT = 1 << 15, DRIBBLE_PAUSE_MS = 20 };

typedef struct proxy_seen {
    records sent[2];  /* by direction: what the proxy was given, before any fault */
    bool fired;       /* the fault came */
    size_t withheld;  /* bytes that came and were not passed on */
    size_t flipped_at; /* where in the record that was hit: 0 to 4 is its header */
    size_t kept;      /* of the client's bytes */
    unsigned char client[PROXY_KEPT];
} proxy_seen;

typedef struct proxy proxy;

/* Listens on 127.0.0.1, for the server at that port of the same address. Serves one connection at a time. NULL if it
 * can't. */
proxy *proxy_start(unsigned server_port);
unsigned proxy_port(const proxy *p);

/* The next connection gets this plan; those after it none. */
void proxy_arm(proxy *p, proxy_plan plan);

/* What is seen of the armed connection so far. */
void proxy_look(proxy *p, proxy_seen *seen);

/* The same when that connection is over, on both sides; false if that does not come about within 20 s. */
bool proxy_settle(proxy *p, proxy_seen *seen);

/* Ends the thread. NULL is fine. */
void proxy_stop(proxy *p);

#endif
