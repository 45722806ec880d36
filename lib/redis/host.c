/* SPDX-License-Identifier: MIT */
#include "host.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

#define LABEL_MAX 63

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_label_byte(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

/* Underscores are no host names by RFC 952, but container networks make such names. */
static bool is_label(const char *label, size_t len)
{
    if (len == 0 || len > LABEL_MAX || label[0] == '-' || label[len - 1] == '-')
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!is_label_byte(label[i]))
            return false;
    }
    return true;
}

/* A last label that reads as a number makes the whole an IPv4 address of some legacy form. */
static bool is_number(const char *label, size_t len)
{
    if (len >= 2 && label[0] == '0' && (label[1] == 'x' || label[1] == 'X'))
        return true;
    for (size_t i = 0; i < len; i++) {
        if (!is_digit(label[i]))
            return false;
    }
    return true;
}

static bool is_name(const char *name)
{
    size_t len = strlen(name);
    if (len > 0 && name[len - 1] == '.')
        len--;
    if (len == 0 || len > TASKSEAL__HOST_MAX)
        return false;
    for (size_t at = 0;;) {
        const char *dot = memchr(name + at, '.', len - at);
        size_t label_len = dot != NULL ? (size_t)(dot - name) - at : len - at;
        if (!is_label(name + at, label_len))
            return false;
        if (dot == NULL)
            return !is_number(name + at, label_len);
        at += label_len + 1;
    }
}

taskseal__host_kind taskseal__host_classify(const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];
    if (inet_pton(AF_INET, host, address) == 1)
        return TASKSEAL__HOST_IPV4;
    if (inet_pton(AF_INET6, host, address) == 1)
        return TASKSEAL__HOST_IPV6;
    return is_name(host) ? TASKSEAL__HOST_NAME : TASKSEAL__HOST_BAD;
}
