/* SPDX-License-Identifier: MIT
 *
 * What waits in queues: sealed, by which keys and how old; or plaintext, and which kinds of secrets are in it. Counted
 * in memory that does not grow with what is there.
 */
#ifndef TASKSEAL_TOOLS_DOCTOR_PAYLOADS_H
#define TASKSEAL_TOOLS_DOCTOR_PAYLOADS_H

#include <taskseal/taskseal.h>

#include "../common/buffer.h"
#include "doctor.h"
#include "shapes.h"

enum { PAYLOAD_KEYS_MAX = 64, PAYLOAD_MAX = 1 << 20 };

typedef struct payload_key {
    char id[TASKSEAL_KEY_ID_MAX + 1];
    uint64_t count;
    uint64_t oldest; /* seal times, unverified */
    uint64_t newest;
} payload_key;

typedef struct payloads {
    uint64_t limit;    /* at most this many are looked at; 0: all */
    uint64_t rate;     /* commands a second; 0: no limit */
    const char *match; /* a pattern in place of the layout's; then every value is a payload */

    payload_key keys[PAYLOAD_KEYS_MAX];
    size_t key_count;
    uint64_t seen; /* payloads */
    uint64_t sealed;
    uint64_t other_keys; /* sealed to keys for which there was no room */
    uint64_t plain;
    uint64_t shapes[SHAPES]; /* of the plaintext ones */
    uint64_t unreadable;     /* cut, of a newer version, or within something else */
    uint64_t large;          /* more than PAYLOAD_MAX, or within an answer of more than ANSWER_BYTES_MAX */
    uint64_t cut;            /* collections of which only the first elements were looked at */
    uint64_t empty;          /* keys of the layout without a payload where it has one */
    uint64_t refused;        /* by the server, or of a type that is not known */
    uint64_t scanned;        /* keys that SCAN gave */
    bool complete;           /* the whole database was gone through, and every collection */
    bool denied;             /* SCAN is not permitted */
    bool lost;               /* the connection */
    buffer scratch;
} payloads;

/* Counts one. */
void payload_take(payloads *to, const char *data, size_t len);

/* Counts what Asynq's message has as its payload. */
void payload_take_asynq(payloads *to, const char *message, size_t len);

/* Goes through the server; in payload_scan.c. */
void payload_scan(doctor *self, payloads *to);

/* A finding, of what was counted. */
void check_payloads(doctor *self);

/* Lines for people, and the value of "payloads" in JSON. */
void payloads_print(const payloads *all);
void payloads_print_json(const payloads *all);

void payloads_end(payloads *all);

#endif
