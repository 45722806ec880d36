/* SPDX-License-Identifier: MIT */
#include "envelope.h"

#include <string.h>

#include "report.h"

bool envelope_is_text(const void *data, size_t len)
{
    const size_t prefix_len = strlen(TASKSEAL_TEXT_PREFIX);

    return len >= prefix_len && memcmp(data, TASKSEAL_TEXT_PREFIX, prefix_len) == 0;
}

/* Puts `next` in the place of `envelope`, if all went well. */
static int become(buffer *envelope, buffer *next, taskseal_err err, const char *input)
{
    if (err != TASKSEAL_OK) {
        buffer_free(next);
        return report_error_at(err, input, NULL);
    }
    buffer_free(envelope);
    *envelope = *next;
    return STATUS_OK;
}

int envelope_to_binary(buffer *envelope, const char *input, bool *was_text)
{
    buffer binary = BUFFER_EMPTY;
    size_t len = envelope->len;

    *was_text = envelope_is_text(envelope->data, len);
    if (!*was_text)
        return STATUS_OK;
    if (envelope->data[len - 1] == '\n')
        len--;
    if (!buffer_reserve(&binary, len))
        return report_error_at(TASKSEAL_ERR_NO_MEMORY, input, NULL);
    const taskseal_err err =
        taskseal_text_decode((const char *)envelope->data, len, binary.data, binary.cap, &binary.len);
    return become(envelope, &binary, err, input);
}

int envelope_to_text(buffer *envelope, const char *input)
{
    buffer text = BUFFER_EMPTY;
    const size_t size = taskseal_text_size(envelope->len);

    if (size == 0 || size == SIZE_MAX || !buffer_reserve(&text, size + 1))
        return report_error_at(TASKSEAL_ERR_NO_MEMORY, input, NULL);
    const taskseal_err err =
        taskseal_text_encode(envelope->data, envelope->len, (char *)text.data, text.cap, &text.len);
    return become(envelope, &text, err, input);
}
