/* SPDX-License-Identifier: MIT
 * Descriptions of headers, numbers of descriptors, random bytes, contexts that are kept. */
#include "proof.h"

#include <stdarg.h>

#if defined(INSPECT)
#include <header.c>
#include <inspect.c>

/* Every header that the parser accepts fits into an info, and ids stay terminated. */
void proof_describe(void)
{
    static const uint8_t bytes[32];
    static taskseal__header header;
    taskseal_info info;
    size_t i = nondet_size();
    header.preamble = header.chunks = header.commitment = bytes;
    header.stanza_count = nondet_size();
    ASSUME(header.stanza_count >= 1 && header.stanza_count <= 8, "proved by the proof parse_stanzas");
    for (size_t n = 0; n < 8; n++) {
        header.stanzas[n].key_id_len = nondet_u8();
        header.stanzas[n].key_id = any_bytes(header.stanzas[n].key_id_len);
    }
    ASSUME(i < header.stanza_count, "any stanza");
    describe(&header, &info);
    CHECK(info.stanza_count == header.stanza_count, "as many as there are");
    REACHED_IF(info.stanza_count == 8 && header.stanzas[7].key_id_len == 255, "the longest");
}

/* In place of memcpy: that the NUL behind an id stays is told by the lengths. */
void *known_copy(void *to, const void *from, size_t len)
{
    CHECK(__CPROVER_r_ok(from, len), "what is copied is there");
    CHECK(len == 32 || len == 16 || __CPROVER_w_ok(to, len + 1), "there is room for it and a NUL");
    CHECK(len <= 255, "no longer than an id");
    return to;
}

#elif defined(SOURCE)
#include <source.c>

static int g_fd = -1;

taskseal_err taskseal__fail(taskseal_error *error, taskseal_err code, const char *format, ...)
{
    (void)error, (void)format;
    return code;
}

taskseal_err taskseal__fail_line(taskseal_error *error, taskseal_err code, unsigned line, const char *format,
                                 ...)
{
    (void)error, (void)format;
    g_fd = (int)line;
    return code;
}

int fstat(int fd, struct stat *status)
{
    (void)status;
    g_fd = fd;
    return -1;
}

/* fd:0 to fd:999999, in the one way to write each. */
void proof_read_descriptor(void)
{
    char digits[9], *text;
    size_t len = 0;
    for (size_t i = 0; i < sizeof digits; i++)
        digits[i] = nondet_char();
    digits[8] = '\0';
    taskseal_err err = read_descriptor(digits, "fd:", &text, &len, NULL);
    size_t count = strlen(digits);
    if (err == TASKSEAL_ERR_BAD_ARGUMENT) {
        CHECK(g_fd == -1, "no descriptor is touched");
        REACHED("refused");
        return;
    }
    int value = 0;
    CHECK(count >= 1 && count <= 6 && (count == 1 || digits[0] != '0'), "1 to 6 digits, no leading 0");
    for (size_t i = 0; i < count; i++) {
        CHECK(digits[i] >= '0' && digits[i] <= '9', "digits only");
        value = value * 10 + (digits[i] - '0');
    }
    CHECK(g_fd == value, "the descriptor of this number");
    REACHED_IF(value > 99999, "the longest");
}

ssize_t read(int fd, void *buffer, size_t len)
{
    (void)fd;
    ssize_t got = nondet_i64();
    CHECK(len > 0 && __CPROVER_w_ok(buffer, len), "what is read has room");
    ASSUME(got >= -1 && got <= (ssize_t)len, "what read() says");
    ASSUME(got != -1 || errno != EINTR, "the bound of this proof: no signals without an end");
    return got;
}

void proof_read_all(void)
{
    size_t cap = nondet_size(), len;
    ASSUME(cap <= 4, "the bound of this proof: the loop reads at least a byte each time");
    char *buffer = any_bytes(cap);
    bool fine = read_all(3, buffer, cap, &len);
    CHECK(len <= cap, "no more than there is room");
    REACHED_IF(fine && len == 4, "full");
    REACHED_IF(fine && len < cap, "ended");
    REACHED_IF(!fine, "failed");
}

/* Lines are counted from 1, and only a last line without its line feed is refused. */
void proof_check_end(void)
{
    size_t len = nondet_size();
    ASSUME(len <= 8, "the bound of this proof");
    const char *text = any_bytes(len);
    taskseal_err err = taskseal__source_check_end(text, len, NULL);
    CHECK((err == TASKSEAL_OK) == (len == 0 || text[len - 1] == '\n'), "ends with a line feed");
    CHECK(err == TASKSEAL_OK || (g_fd >= 1 && g_fd <= (int)len), "a line that there is");
    REACHED_IF(err == TASKSEAL_OK && len > 0, "ended");
    REACHED_IF(g_fd == 8, "the eighth line");
}

#elif defined(SECRET)
#include <secret.c>

static uint8_t *g_out;
static size_t g_done, g_len;

ssize_t any_bytes_come(uint8_t *out, size_t len)
{
    ssize_t got = nondet_i64();
    CHECK(out == g_out + g_done && len == g_len - g_done && __CPROVER_w_ok(out, len),
          "what is still missing");
    ASSUME(got >= -1 && got <= (ssize_t)len, "what getrandom() says");
    ASSUME(got != -1 || errno != EINTR, "the bound of this proof: no signals without an end");
    g_done += got > 0 ? (size_t)got : 0;
    return got;
}

/* Success only with all bytes, however few come at a time. */
void proof_random(void)
{
    g_len = nondet_size();
    ASSUME(g_len <= 4, "the bound of this proof: the loop gets at least a byte each time");
    g_out = any_bytes(g_len);
    taskseal_err err = taskseal__random(g_out, g_len);
    CHECK(err != TASKSEAL_OK || g_done == g_len, "all of them");
    REACHED_IF(err == TASKSEAL_OK && g_len == 4, "all");
    REACHED_IF(err != TASKSEAL_OK && g_done == 2, "failed in between");
}

#elif defined(CONTEXT)
#include <stream_open.c>

static uint8_t *g_at, g_ends[5];
static size_t g_left, g_fields;

uint8_t *known_put(uint8_t *at, const void *bytes, size_t len)
{
    (void)bytes;
    CHECK(at == g_at && len <= g_left, "one behind the other, in the room that was asked for");
    g_left -= len;
    g_at = g_ends + ++g_fields; /* stands for at + len */
    return g_at;
}

/* The fields that are given are kept, one behind the other, in as much room as their lengths add up to. */
void proof_copy_context(void)
{
    static const uint8_t byte;
    taskseal_context given;
    taskseal_bytes *const fields[4] = {&given.queue, &given.type, &given.id, &given.extra};
    for (unsigned i = 0; i < 4; i++) {
        *fields[i] = nondet_bool() ? (taskseal_bytes){&byte, nondet_u16()} : (taskseal_bytes){NULL, 0};
        g_left += fields[i]->len;
    }
    static taskseal_stream kept;
    taskseal_stream *const stream = &kept;
    stream->open_options.context = given;
    g_at = stream->context;
    copy_context(stream, &given);
    CHECK(g_left == 0, "all of them");
    CHECK((given.id.data == NULL) == (stream->open_options.context.id.data == NULL),
          "absent ones stay absent");
    REACHED_IF(given.queue.data != NULL && given.extra.data != NULL, "several");
}
#endif
