/* SPDX-License-Identifier: MIT */
#include "redis_models.h"

#include <redis/percent.c>

#include <redis/uri_query.c>

static taskseal__span any_span(size_t most)
{
    size_t len = nondet_size();
    ASSUME(len <= most, "the bound of this proof");
    return (taskseal__span){any_bytes(len), len};
}

const char *taskseal__pins_parse(taskseal__pins *pins, const char *text)
{
    CHECK(__CPROVER_w_ok(pins, sizeof *pins) && text[0] != '\0', "pins to parse");
    return nondet_bool() ? NULL : "is wrong";
}

taskseal__host_kind taskseal__host_classify(const char *host)
{
    size_t len = strlen(host);
    unsigned kind = nondet_unsigned();
    ASSUME(kind <= TASKSEAL__HOST_IPV6, "the kinds that there are");
    ASSUME(kind == TASKSEAL__HOST_BAD || (len > 0 && len <= TASKSEAL__HOST_MAX + 1),
           "the contract, which is proved");
    return (taskseal__host_kind)kind;
}

void taskseal__printable(char *out, size_t cap, const char *text, size_t len)
{
    CHECK(cap >= 4 && __CPROVER_w_ok(out, cap) && (len == 0 || __CPROVER_r_ok(text, len)),
          "what is shown is there");
    out[0] = '\0';
}

const char *known_decode(taskseal__span span, char *out, size_t *len)
{
    CHECK(span.len > 0 && __CPROVER_r_ok(span.at, span.len), "what is decoded is there");
    CHECK(__CPROVER_w_ok(out, span.len + 1), "there is room for what is decoded, and a NUL");
    *len = nondet_size();
    ASSUME(*len >= 1 && *len <= span.len, "the decoder's contract, which is proved");
    for (size_t i = 0; i < *len; i++)
        ASSUME(out[i] != '\0', "the decoder refuses %00, and check_bytes a NUL");
    return nondet_bool() ? NULL : "is wrong";
}

/* A name of a parameter, which ends the text or does not. */
void proof_find_parameter(void)
{
    taskseal__span name = any_span(11);
    size_t i = find_parameter(name);
    CHECK(i <= PARAMETER_COUNT, "one of them, or none");
    CHECK(i == PARAMETER_COUNT ||
              (strlen(parameters[i].name) == name.len && memcmp(parameters[i].name, name.at, name.len) == 0),
          "of this name");
    REACHED_IF(i == PARAMETER_COUNT && name.len == 6, "none");
    REACHED_IF(i == PARAMETER_COUNT - 1, "the last");
}

/* Names and values together to twelve bytes; memory may run out. */
void proof_parse_pair(void)
{
    taskseal__uri *uri = any_bytes(sizeof *uri);
    unsigned seen = 0;
    uri->trust = (taskseal__sources){0};
    taskseal_err err = parse_pair(uri, any_span(12), &seen, NULL);
    CHECK(err != TASKSEAL_OK || seen != 0, "what was set was seen");
    REACHED_IF(err == TASKSEAL_OK && uri->trust.cacert != NULL, "a CA");
    REACHED_IF(err == TASKSEAL_ERR_NO_MEMORY, "no memory");
    REACHED_IF(err == TASKSEAL_ERR_URI_INVALID && seen != 0, "refused");
}

/* Names to beyond the longest. */
void proof_set_name(void)
{
    taskseal__uri *uri = any_bytes(sizeof *uri);
    char *value = any_text(257);
    bool set = set_name(uri, value, NULL) == TASKSEAL_OK;
    CHECK(!set || strlen(value) < sizeof uri->name, "it fits where names are kept");
    if (set)
        REACHED_IF(strlen(uri->name) == TASKSEAL__HOST_MAX + 1, "the longest");
    else
        REACHED("refused");
}

void proof_set_timeout(void)
{
    taskseal__uri *uri = any_bytes(sizeof *uri);
    if (set_timeout(uri, any_text(11), NULL) == TASKSEAL_OK) {
        CHECK(uri->timeout_ms >= 1 && uri->timeout_ms <= TIMEOUT_MS_MAX, "an hour at most");
        REACHED("a timeout");
    } else {
        REACHED("refused");
    }
}

taskseal_err any_pair(taskseal__uri *uri, taskseal__span pair, unsigned *seen, taskseal_error *error)
{
    (void)uri, (void)seen, (void)error;
    CHECK(pair.at != NULL && (pair.len == 0 || __CPROVER_r_ok(pair.at, pair.len)), "a part of the text");
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_URI_INVALID;
}

void proof_uri_query(void)
{
    taskseal__uri *uri = any_bytes(sizeof *uri);
    taskseal__span query = any_span(5);
    if (nondet_bool())
        query = (taskseal__span){NULL, 0};
    taskseal_err err = taskseal__uri_query(uri, query, NULL);
    CHECK(err != TASKSEAL_OK || uri->trust.cacert != NULL, "CAs, always");
    CHECK(err != TASKSEAL_OK || (uri->trust.cert == NULL) == (uri->trust.key == NULL), "both or none");
    REACHED_IF(err == TASKSEAL_OK && query.len == 5, "parsed");
    REACHED_IF(err != TASKSEAL_OK, "refused");
}
