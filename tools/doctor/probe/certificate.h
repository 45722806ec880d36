/* SPDX-License-Identifier: MIT
 *
 * The certificates that a server sends, looked at without trusting them, and whether it demands one of its clients.
 * The handshake is OpenSSL's, without a client's certificate; what is sent in it afterwards is `PING`.
 */
#ifndef TASKSEAL_TOOLS_DOCTOR_CERTIFICATE_H
#define TASKSEAL_TOOLS_DOCTOR_CERTIFICATE_H

#include "dial.h"

enum { CERTIFICATE_TEXT_MAX = 256, CERTIFICATES_MAX = 8 };

typedef struct certificate {
    char subject[CERTIFICATE_TEXT_MAX];
    char issuer[CERTIFICATE_TEXT_MAX];
    char signature[64]; /* "ecdsa-with-SHA256" */
    char key[32];       /* "RSA", "EC" or what else */
    bool is_rsa;        /* RSA or RSA-PSS */
    int key_bits;
    bool weak_key;
    bool weak_signature; /* MD5 or SHA-1; of a root it does not matter */
    bool
        strange; /* key or signature are of a kind that OpenSSL does not know: nothing is known of their strength */
    bool self_issued;
    int days; /* to its expiry, rounded down; less than 0: expired */
    bool not_yet;
    char names[512]; /* of the subject alternative name: "DNS:a, IP:10.0.0.1"; cut if longer */
    bool wildcard;
} certificate;

typedef enum client_demand {
    DEMAND_UNKNOWN,
    DEMAND_NONE,     /* it does not ask for a client's certificate */
    DEMAND_OPTIONAL, /* it asks, and answers without one */
    DEMAND_ALWAYS
} client_demand;

typedef struct certificate_view {
    bool seen;                          /* the server sent certificates */
    certificate list[CERTIFICATES_MAX]; /* the server's own first, as they were sent; more are left out */
    size_t count;
    bool has_chain; /* one leads to `anchors`, be it with certificates from there; dates are not looked at */
    char broken[128];                      /* why none does, else "" */
    certificate trusted[CERTIFICATES_MAX]; /* those of the chain that were not sent, but are in `anchors` */
    size_t trusted_count;
    char missing[CERTIFICATE_TEXT_MAX]; /* the subject of one that was not sent and is no root, else "" */
    client_demand demand;
    bool alerted;  /* it said so when it ended the connection; its words may be lost on the way */
    char why[128]; /* why nothing was seen */
} certificate_view;

/* A server can have one certificate for clients that know RSA and another for those that know ECDSA. */
typedef enum certificate_wish { WISH_ANY, WISH_RSA, WISH_OTHER } certificate_wish;

/* `anchors`: a PEM file, a hashed directory, or "system". */
void certificate_look(const probe_target *target, const char *anchors, certificate_wish wish,
                      certificate_view *view);

#endif
