/* SPDX-License-Identifier: MIT
 * What may stand for a host: a DNS name or an IP address, told apart strictly. */
#ifndef TASKSEAL_REDIS_HOST_H
#define TASKSEAL_REDIS_HOST_H

#include <stddef.h>

#define TASKSEAL__HOST_MAX 253U /* RFC 1035, 2.3.4, in text */

typedef enum taskseal__host_kind {
    TASKSEAL__HOST_BAD,
    TASKSEAL__HOST_NAME,
    TASKSEAL__HOST_IPV4,
    TASKSEAL__HOST_IPV6
} taskseal__host_kind;

/* Strict, because verifiers and resolvers are not: to OpenSSL a name with a dot in front matches every
 * subdomain, and to getaddrinfo "0x7f.1" and "2130706433" are 127.0.0.1. One final dot is fine. */
taskseal__host_kind taskseal__host_classify(const char *host);

#endif
