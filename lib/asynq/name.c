/* SPDX-License-Identifier: MIT */
#include "name.h"

#include "../core/error.h"

/* The length of the well-formed sequence at `at`, 0 if there is none; *code is what it stands for. The second byte's
 * range is what keeps out surrogates, overlong forms and what is beyond U+10FFFF. */
static size_t sequence(const uint8_t *at, size_t left, uint32_t *code)
{
    uint8_t low = 0x80, high = 0xBF;
    size_t length = at[0] < 0x80 ? 1 : at[0] < 0xC2 ? 0 : at[0] < 0xE0 ? 2 : at[0] < 0xF0 ? 3 : 4;
    if (at[0] > 0xF4 || length == 0 || length > left)
        return 0;
    *code = length == 1 ? at[0] : at[0] & (0x7FU >> length);
    if (at[0] == 0xE0)
        low = 0xA0;
    if (at[0] == 0xF0)
        low = 0x90;
    if (at[0] == 0xED)
        high = 0x9F;
    if (at[0] == 0xF4)
        high = 0x8F;
    for (size_t i = 1; i < length; i++) {
        if (at[i] < low || at[i] > high)
            return 0;
        *code = *code << 6 | (at[i] & 0x3F);
        low = 0x80;
        high = 0xBF;
    }
    return length;
}

bool taskseal__utf8_valid(taskseal_bytes text, size_t *at)
{
    uint32_t code;
    for (*at = 0; *at < text.len;) {
        size_t length = sequence((const uint8_t *)text.data + *at, text.len - *at, &code);
        if (length == 0)
            return false;
        *at += length;
    }
    return true;
}

/* What Go's strings.TrimSpace takes away. */
static bool is_space(uint32_t code)
{
    return (code >= 0x09 && code <= 0x0D) || code == 0x20 || code == 0x85 || code == 0xA0 || code == 0x1680 ||
           (code >= 0x2000 && code <= 0x200A) || code == 0x2028 || code == 0x2029 || code == 0x202F ||
           code == 0x205F || code == 0x3000;
}

/* Of well-formed UTF-8. */
static bool is_blank(taskseal_bytes text)
{
    const uint8_t *bytes = text.data;
    uint32_t code = 0;
    for (size_t at = 0; at < text.len;) {
        at += sequence(bytes + at, text.len - at, &code);
        if (!is_space(code))
            return false;
    }
    return true;
}

taskseal_err taskseal__asynq_name(taskseal_bytes name, const char *what, size_t max, taskseal_error *error)
{
    size_t at;
    if (name.data == NULL && name.len != 0)
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT, "the %s has a length and no bytes", what);
    if (name.len > max)
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT, "the %s has %zu bytes: at most %zu", what,
                              name.len, max);
    if (!taskseal__utf8_valid(name, &at))
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT,
                              "the %s is not UTF-8 at byte %zu: no worker could decode the task", what, at);
    if (is_blank(name))
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT, "the %s is empty or only white space", what);
    return TASKSEAL_OK;
}

taskseal_err taskseal__asynq_queue(taskseal_bytes queue, taskseal_error *error)
{
    taskseal_err err = taskseal__asynq_name(queue, "queue", TASKSEAL_CONTEXT_MAX, error);
    if (err == TASKSEAL_OK && memchr(queue.data, '}', queue.len) != NULL)
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT,
                              "the queue's name holds '}', which would end the hash tag in its keys");
    return err;
}
