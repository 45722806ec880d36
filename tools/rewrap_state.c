/* SPDX-License-Identifier: MIT */
#include "rewrap_state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include <sodium.h>

#include "common/private.h"
#include "common/replace.h"
#include "common/report.h"

enum { STATE_MAX = 1 << 20, CHECK_BYTES = 32, CHECK_TEXT = 2 * CHECK_BYTES + 1 };

/* The first lines; what follows is what `check` is the hash of. */
static const char first_line[] = "taskseal-rewrap-state 1\n";
enum { HEAD = sizeof first_line - 1 + sizeof "check \n" - 1 + CHECK_TEXT - 1 };

static void check_of(const char *body, size_t len, char check[CHECK_TEXT])
{
    uint8_t hash[CHECK_BYTES];

    crypto_generichash(hash, sizeof hash, (const uint8_t *)body, len, NULL, 0);
    sodium_bin2hex(check, CHECK_TEXT, hash, sizeof hash);
}

/* ---- Writing ---- */

/* A stream into memory, so that no text is cut. */
static int text_end(FILE *stream, char **text, const size_t *len, buffer *out)
{
    const bool good =
        fclose(stream) == 0 && buffer_reserve(out, *len + 1); /* only then text and len are right */

    if (good) {
        memcpy(out->data, *text, *len + 1);
        out->len = *len;
    }
    free(*text);
    return good ? STATUS_OK : report_error(TASKSEAL_ERR_NO_MEMORY, NULL);
}

static int write_run(const struct rekey *run, const char *database, buffer *out)
{
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);

    if (to == NULL)
        return report_error(TASKSEAL_ERR_NO_MEMORY, NULL);
    fprintf(to, "database %s\nlayout %s\nfrom %s\nto %s\nqueues %zu\n", database, run->layout->name,
            run->from != NULL ? run->from : "*", run->to, run->queue_count);
    for (size_t i = 0; i < run->queue_count; i++)
        fprintf(to, "queue %zu %s\n", strlen(run->queues[i]), run->queues[i]);
    return text_end(to, &text, &len, out);
}

static void write_tally(FILE *to, const char *what, const struct tally *tally)
{
    for (size_t i = 0; i < tally->used; i++)
        fprintf(to, "%s %lu %s\n", what, tally->count[i], tally->name[i]);
}

static int write_state(const rewrap_state *self, const struct rekey *run, buffer *out)
{
    char *text = NULL;
    size_t len = 0;
    char check[CHECK_TEXT];
    FILE *to = open_memstream(&text, &len);

    if (to == NULL)
        return report_error(TASKSEAL_ERR_NO_MEMORY, NULL);
    fprintf(to, "%scheck %*s\n", first_line, CHECK_TEXT - 1, "");
    fprintf(to, "%sserver %s\nat %zu %s\n", (const char *)self->run.data, run->run_id, run->queue,
            run->cursor);
    fprintf(to, "counts %lu %lu %lu %lu %lu %lu\n", run->found, run->seen, run->moved, run->left,
            run->changed, run->active);
    write_tally(to, "key", &run->keys);
    write_tally(to, "error", &run->errors);
    const int status = text_end(to, &text, &len, out);
    if (status == STATUS_OK) {
        check_of((const char *)out->data + HEAD, out->len - HEAD, check);
        memcpy(out->data + HEAD - CHECK_TEXT, check, CHECK_TEXT - 1);
    }
    return status;
}

static int write_file(const char *path, const buffer *state)
{
    replacement file = REPLACEMENT_EMPTY;

    int failed = replacement_begin(&file, path);
    for (size_t at = 0; failed == 0 && at < state->len;) {
        const ssize_t n = write(file.fd, state->data + at, state->len - at);
        if (n < 0 && errno != EINTR)
            failed = errno;
        at += n > 0 ? (size_t)n : 0;
    }
    if (failed == 0)
        failed = replacement_commit(&file, path, 0600);
    replacement_abandon(&file);
    return failed == 0 ? STATUS_OK : report_file("write", path, failed);
}

/* A cursor means nothing to a server that does not say who it is, or to another one than that of the beginning. */
int rewrap_state_save(rewrap_state *self, const struct rekey *run)
{
    buffer state = BUFFER_EMPTY;

    if (self->path == NULL || run->interrupted)
        return STATUS_OK;
    self->status = write_state(self, run, &state);
    if (self->status == STATUS_OK)
        self->status = write_file(self->path, &state);
    buffer_free(&state);
    return self->status;
}

int rewrap_state_end(rewrap_state *self)
{
    if (self->path == NULL || unlink(self->path) == 0 || errno == ENOENT)
        return STATUS_OK;
    return report_file("remove", self->path, errno);
}

void rewrap_state_free(rewrap_state *self)
{
    buffer_free(&self->run);
}

/* ---- Reading ---- */

static int damaged(const char *path)
{
    return report_refusal("malformed",
                          "%s is no state of this command, or is damaged: remove it, to begin anew", path);
}

/* Takes `word` and a space off the text. */
static bool take_word(const char **at, const char *word)
{
    const size_t len = strlen(word);

    if (strncmp(*at, word, len) != 0 || (*at)[len] != ' ')
        return false;
    *at += len + 1;
    return true;
}

static bool take_number(const char **at, unsigned long *number)
{
    char *end;

    errno = 0;
    *number = strtoul(*at, &end, 10);
    const bool good = **at >= '0' && **at <= '9' && errno == 0 && (*end == ' ' || *end == '\n');
    *at = end + (good ? 1 : 0);
    return good;
}

/* The rest of the line. */
static bool take_text(const char **at, char *out, size_t cap)
{
    const size_t len = strcspn(*at, "\n");

    if (len >= cap || (*at)[len] != '\n')
        return false;
    memcpy(out, *at, len);
    out[len] = '\0';
    *at += len + 1;
    return true;
}

static bool take_tally(const char **at, const char *what, struct tally *tally)
{
    char name[NAME_BYTES];
    unsigned long number;

    while (take_word(at, what)) {
        if (!take_number(at, &number) || !take_text(at, name, sizeof name))
            return false;
        count_more(tally, name, number);
    }
    return true;
}

static bool take_counts(const char **at, struct rekey *run)
{
    unsigned long *const counts[] = {&run->found, &run->seen,    &run->moved,
                                     &run->left,  &run->changed, &run->active};
    bool good = take_word(at, "counts");

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        good = good && take_number(at, counts[i]);
    return good;
}

/* Of a state whose hash is right. */
static bool take_state(const char *at, struct rekey *run)
{
    unsigned long queue;

    if (!take_word(&at, "at") || !take_number(&at, &queue) || queue >= run->queue_count ||
        !take_text(&at, run->cursor, sizeof run->cursor) ||
        strspn(run->cursor, "0123456789") != strlen(run->cursor))
        return false;
    run->queue = queue;
    return take_counts(&at, run) && take_tally(&at, "key", &run->keys) &&
           take_tally(&at, "error", &run->errors) && *at == '\0';
}

/* With a NUL behind it. */
static int terminate(const buffer *data, buffer *text)
{
    if (!buffer_reserve(text, data->len + 1))
        return report_error(TASKSEAL_ERR_NO_MEMORY, NULL);
    memcpy(text->data, data->data, data->len);
    text->data[data->len] = '\0';
    text->len = data->len;
    return STATUS_OK;
}

/* STATUS_OK and no bytes if there is no file. */
static int read_file(const char *path, buffer *state)
{
    static const private_kind kind = {"--resume", "the path of a file", "a file of its own"};
    buffer data = BUFFER_EMPTY;
    int fd = -1;

    if (access(path, F_OK) != 0 && errno == ENOENT)
        return STATUS_OK;
    int status = private_open(&kind, path, &fd);
    if (status != STATUS_OK)
        return status;
    const int failed = buffer_read(&data, fd, 0, STATE_MAX);
    close(fd);
    if (failed != 0 && failed != EFBIG)
        status = report_file("read", path, failed);
    else if (failed == EFBIG || data.len == 0)
        status = damaged(path);
    else
        status = terminate(&data, state);
    buffer_free(&data);
    return status;
}

static bool is_whole(const buffer *state)
{
    const char *text = (const char *)state->data;
    char check[CHECK_TEXT];

    if (state->len <= HEAD || strlen(text) != state->len ||
        strncmp(text, first_line, sizeof first_line - 1) != 0)
        return false;
    check_of(text + HEAD, state->len - HEAD, check);
    const char *at = text + sizeof first_line - 1;
    return take_word(&at, "check") && strncmp(at, check, CHECK_TEXT - 1) == 0 && at[CHECK_TEXT - 1] == '\n';
}

static int take_up(rewrap_state *self, const buffer *state, struct rekey *run)
{
    char server[REKEY_RUN_ID];

    if (!is_whole(state))
        return damaged(self->path);
    const char *at = (const char *)state->data + HEAD;
    if (state->len - HEAD < self->run.len || memcmp(at, self->run.data, self->run.len) != 0)
        return report_usage(
            "%s is the state of a run with other queues, keys, layout or database: give another file, "
            "or remove it to begin anew",
            self->path);
    at += self->run.len;
    if (!take_word(&at, "server") || !take_text(&at, server, sizeof server))
        return damaged(self->path);
    if (strcmp(server, run->run_id) != 0) {
        report_note("%s is of another server, or of this one before it was started anew: begins anew",
                    self->path);
        return STATUS_OK;
    }
    self->resumed = take_state(at, run);
    return self->resumed ? STATUS_OK : damaged(self->path);
}

int rewrap_state_begin(rewrap_state *self, const char *path, const char *database, struct rekey *run)
{
    buffer state = BUFFER_EMPTY;

    *self = (rewrap_state){.path = path};
    if (path == NULL)
        return STATUS_OK;
    if (run->run_id[0] == '\0')
        return report_refusal("no-permission",
                              "--resume has to know which server this is: its user needs +info");
    int status = write_run(run, database, &self->run);
    if (status == STATUS_OK)
        status = read_file(path, &state);
    if (status == STATUS_OK && state.len > 0)
        status = take_up(self, &state, run);
    buffer_free(&state);
    return status;
}
