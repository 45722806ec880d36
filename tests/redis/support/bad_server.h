/* SPDX-License-Identifier: MIT
 * A server in a thread of the test's own that can be as wrong as is asked for. When nothing is, it is a small Redis
 * over TLS: AUTH, PING and SELECT succeed, any other command gets `reply`. */
#ifndef TASKSEAL_TESTS_REDIS_BAD_SERVER_H
#define TASKSEAL_TESTS_REDIS_BAD_SERVER_H

#include <stddef.h>

#include "certs.h"

typedef enum behaviour {
    SERVE,                  /* TLS and RESP, as asked for */
    CLOSE_AT_ONCE,          /* accepts and closes */
    CLOSE_AFTER_HELLO,      /* reads what comes first, then closes */
    SAY_NOTHING,            /* accepts and is silent */
    DRIBBLE,                /* sends the beginning of a TLS record, then a byte now and then */
    ASK_FOR_HELLO,          /* sends TLS 1.2's HelloRequest without end */
    ALERT,                  /* answers what comes first with `alert` */
    GARBLE,                 /* answers it with a message that nobody knows */
    SPEAK_PLAINTEXT,        /* answers as a Redis without TLS */
    RESET_AFTER_HANDSHAKE,  /* TLS, then a TCP reset */
    SILENT_AFTER_HANDSHAKE, /* TLS, then nothing */
    DRIBBLE_REPLIES,        /* as SERVE, but a byte now and then of the reply to other commands */
    PIECES,                 /* as SERVE, but records and segments end anywhere: see send_pieces */
    CHANGE_KEYS,            /* as SERVE, but asks for new keys of TLS 1.3 before every reply */
    ENDLESS_REPLIES         /* as SERVE, but behind the reply to other commands comes 'A' without end */
} behaviour;

typedef struct server_spec {
    identity leaf;
    X509 *chain[2];  /* sent behind the leaf; NULL: none */
    int min_version; /* 0: TLS 1.2 */
    int max_version;
    const char *ciphers; /* of TLS 1.2 and older; NULL: OpenSSL's default */
    const char *groups;  /* NULL: OpenSSL's default */
    X509 *client_ca;     /* requires client certificates of this CA */
    behaviour behaviour;
    unsigned char alert; /* of ALERT */
    const char *auth_reply;   /* NULL: +OK */
    const char *ping_reply;   /* NULL: +PONG */
    const char *select_reply; /* NULL: +OK */
    const char *reply;        /* NULL: +OK; "": none */
    size_t reply_len;         /* 0: strlen(reply) */
    size_t close_after;       /* closes after this many commands, with goodbye; 0: never */
} server_spec;

typedef struct server server;

/* Listens on 127.0.0.1 at `port`, 0 for any. Serves one connection at a time. */
server *server_start(const server_spec *spec, unsigned short port);
unsigned short server_port(const server *s);

/* Ends the thread; no call after that. Returns what the counters below held last. */
typedef struct server_seen {
    unsigned connections;
    unsigned commands; /* that came over TLS */
    size_t raw_len;    /* bytes that came where no TLS was spoken, of which the first are kept */
    char raw[2048];
} server_seen;

server_seen server_stop(server *s);

#endif
