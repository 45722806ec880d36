/* SPDX-License-Identifier: MIT */
#include "proof.h"

#include <redis/host.c>

/* Without a loop: where the byte stands, any such place, or that there is none, which the code has to bear as well. */
void *memchr(const void *bytes, int byte, size_t len)
{
    size_t at = nondet_size();
    CHECK(len == 0 || __CPROVER_r_ok(bytes, len), "what is searched is there");
    return at < len && ((const char *)bytes)[at] == (char)byte ? (char *)bytes + at : NULL;
}

/* Of up to `most` bytes; a NUL among them makes it shorter. */
static char *any_text(size_t most)
{
    char *text = any_bytes(most + 1);
    text[most] = '\0';
    return text;
}

int inet_pton(int family, const char *text, void *address)
{
    const size_t len = family == AF_INET ? 4 : 16;
    size_t text_len = strlen(text);
    CHECK(__CPROVER_w_ok(address, len), "there is room for an address");
    /* The longest form has 45 bytes (RFC 4291, 2.2); zones are not accepted. */
    return text_len > 0 && text_len <= 45 && nondet_bool();
}

/* What classifies as a host fits where hosts are kept. */
void proof_host_classify(void)
{
    char *host = any_text(6);
    size_t len = strlen(host), i = nondet_size();
    ASSUME(i < 6, "a place in the text");
    taskseal__host_kind kind = taskseal__host_classify(host);
    CHECK(kind == TASKSEAL__HOST_BAD || len > 0, "an empty one is bad");
    CHECK(kind != TASKSEAL__HOST_NAME || (host[0] != '.' && host[0] != '-'), "no dot in front");
    CHECK(kind != TASKSEAL__HOST_NAME || i + 1 >= len || host[i] != '.' || host[i + 1] != '.',
          "no empty label");
    REACHED_IF(kind == TASKSEAL__HOST_NAME && len == 6 && host[5] == '.', "a name with a final dot");
    REACHED_IF(kind == TASKSEAL__HOST_BAD && len == 6, "bad");
}

/* At most three dots: the length is checked before, so that more of them show nothing new. */
void *few_dots(const void *bytes, int byte, size_t len)
{
    static unsigned dots;
    return dots++ < 3 ? memchr(bytes, byte, len) : NULL;
}

bool any_label(const char *label, size_t len)
{
    CHECK(len == 0 || __CPROVER_r_ok(label, len), "a label is there");
    return nondet_bool();
}

/* Lengths up to beyond the longest name; labels by the proof above. */
void proof_long_name(void)
{
    char *name = any_text(257);
    size_t len = strlen(name);
    if (is_name(name)) {
        CHECK(len <= TASKSEAL__HOST_MAX + 1 && (len <= TASKSEAL__HOST_MAX || name[len - 1] == '.'),
              "253 bytes, and a dot");
        REACHED_IF(len == TASKSEAL__HOST_MAX + 1, "the longest");
    }
}
