/* SPDX-License-Identifier: MIT */
#include "proof.h"

#include <error.c>

static taskseal_error *g_error;
static size_t g_written;

/* As the C standard has it: no more than `cap` bytes, the last one a NUL; or an error, which leaves anything. */
int known_format(char *to, size_t cap, const char *format, va_list arguments)
{
    (void)arguments;
    CHECK(to == g_error->message && cap <= 400 && __CPROVER_w_ok(to, cap), "the message, with its size");
    CHECK(strcmp(format, "f") == 0, "this format");
    size_t end = nondet_size();
    int len = nondet_int();
    ASSUME(end < cap, "where the NUL stands");
    to[end] = len < 0 ? 'x' : '\0';
    g_written++;
    return len;
}

/* An error that is wanted has a code, a line and a message that ends. */
void proof_fill_in(void)
{
    static taskseal_error error;
    bool wanted = nondet_bool(), with_line = nondet_bool(), ends = false;
    unsigned line = nondet_unsigned();
    for (size_t i = 0; i < sizeof error.message; i++)
        error.message[i] = 'x';
    g_error = &error;
    taskseal_err err = with_line
                           ? taskseal__fail_line(wanted ? &error : NULL, TASKSEAL_ERR_EXPIRED, line, "f")
                           : taskseal__fail(wanted ? &error : NULL, TASKSEAL_ERR_EXPIRED, "f");
    CHECK(err == TASKSEAL_ERR_EXPIRED && g_written == wanted, "the code, with words or without");
    if (!wanted) {
        REACHED("without words");
        return;
    }
    for (size_t i = 0; i < sizeof error.message; i++)
        ends = ends || error.message[i] == '\0';
    CHECK(error.code == TASKSEAL_ERR_EXPIRED && error.line == (with_line ? line : 0), "code and line");
    CHECK(ends, "a message that ends");
    REACHED_IF(error.message[0] == '\0', "no message");
    REACHED_IF(error.message[399] == '\0', "the longest");
}
