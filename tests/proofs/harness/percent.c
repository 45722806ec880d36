/* SPDX-License-Identifier: MIT */
#include "redis_models.h"

#include <redis/percent.c>

static taskseal__span any_span(size_t most)
{
    size_t len = nondet_size();
    ASSUME(len <= most, "the bound of this proof");
    return (taskseal__span){any_bytes(len), len};
}

/* What is before, the byte and what is behind it tile the span. */
void proof_span_cut(void)
{
    taskseal__span span = any_span(16), rest;
    char byte = nondet_char();
    size_t i = nondet_size();
    taskseal__span before = taskseal__span_cut(span, byte, &rest);
    CHECK(before.at == span.at && before.len <= span.len, "the beginning");
    CHECK(i >= before.len || span.at[i] != byte, "before the first");
    if (rest.at == NULL) {
        CHECK(before.len == span.len && rest.len == 0, "all, where there is none");
        REACHED("none");
    } else {
        CHECK(span.at[before.len] == byte && rest.at == span.at + before.len + 1 &&
                  rest.len == span.len - before.len - 1,
              "the rest, without the byte");
        REACHED("cut");
    }
}

/* Nine digits at most: no overflow. */
void proof_span_number(void)
{
    taskseal__span span = any_span(11);
    unsigned value = 0;
    if (taskseal__span_number(span, &value)) {
        CHECK(span.len >= 1 && span.len <= 9 && value <= 999999999, "as many digits as fit");
        CHECK(span.len == 1 || span.at[0] != '0', "no leading zero");
        CHECK(value % 10 == (unsigned)(span.at[span.len - 1] - '0'), "its last digit");
        REACHED_IF(value == 999999999, "the greatest");
    } else {
        REACHED_IF(span.len == 3, "not a number");
    }
}

/* The room is as much as the span is long. */
void proof_percent_decode(void)
{
    taskseal__span span = any_span(12);
    char *out = any_bytes(span.len);
    size_t len, i = nondet_size();
    const char *rule = taskseal__percent_decode(span, out, &len);
    CHECK(len <= span.len, "decoding never lengthens");
    CHECK(rule != NULL || span.len <= 3 * len, "three bytes for one, at most");
    CHECK(rule != NULL || i >= len || out[i] != '\0' || memchr(span.at, '\0', span.len) != NULL,
          "no NUL that did not stand there");
    REACHED_IF(rule == NULL && len + 2 == span.len, "decoded");
    REACHED_IF(rule != NULL && len == 2, "refused");
}
