/* SPDX-License-Identifier: MIT
 * A change of a key file's text as a whole: where the key is, what is written, that it is read again. */
#include "keyfile_change.c"

static taskseal__keyfile *g_file;
static size_t g_read, g_forgotten, g_freed, g_at, g_new_len;
static unsigned g_before;
static bool g_full, g_fine;
static char *g_out;

/* Keys with ids of one byte, of any types, on lines of their own. */
static taskseal__keyfile *any_file(void)
{
    static taskseal__keyfile file;
    static taskseal_key keys[3];
    static unsigned lines[3];
    static char ids[3][2];
    for (size_t i = 0; i < 3; i++) {
        ids[i][0] = nondet_char();
        keys[i].id = ids[i];
        keys[i].type = nondet_bool() ? TASKSEAL_KEY_XCHACHA20POLY1305 : TASKSEAL_KEY_DEDUPE;
        lines[i] = 2 * (unsigned)i + 2;
    }
    file = (taskseal__keyfile){.keys = keys, .lines = lines, .key_count = nondet_size()};
    ASSUME(file.key_count <= 3, "the bound of this proof");
    return &file;
}

/* The first key of an id; and the line before which its line goes, which is not behind it. */
void proof_find_key(void)
{
    const taskseal__keyfile *file = any_file();
    const char id[2] = {nondet_char(), '\0'};
    size_t at = find_key(file, id), i = nondet_size();
    CHECK(at <= file->key_count, "a key, or none");
    CHECK(at == file->key_count || file->keys[at].id[0] == id[0], "the key of this id");
    CHECK(i >= at || file->keys[i].id[0] != id[0], "none before it has this id");
    REACHED_IF(file->key_count == 3 && at == 3, "none of three");
    if (at == file->key_count)
        return;
    unsigned own = line_for(file, at, TASKSEAL_KEYFILE_LIMIT);
    unsigned line = line_for(file, at, TASKSEAL_KEYFILE_PROMOTE);
    size_t first = line / 2 - 1;
    CHECK(own == file->lines[at], "its own line, if it stays where it is");
    CHECK(line <= own && line % 2 == 0 && line >= 2, "the line of a key that is not behind it");
    CHECK(file->keys[first].type == file->keys[at].type, "of its type");
    CHECK(i >= first || file->keys[i].type != file->keys[at].type, "the first of its type");
    REACHED_IF(at == 2 && line == 4, "before the second");
}

size_t any_key(const taskseal__keyfile *file, const char *key_id)
{
    (void)key_id;
    ASSUME(g_at <= file->key_count, "proved by the proof find_key");
    return g_at;
}

unsigned known_line_for(const taskseal__keyfile *file, size_t at, taskseal_keyfile_action action)
{
    CHECK(at == g_at && at < file->key_count && action != TASKSEAL_KEYFILE_ADD, "a key that there is");
    return g_before;
}

taskseal_err any_change(const taskseal_keyfile_change *change, taskseal_key *key, taskseal_error *error)
{
    (void)change, (void)error;
    CHECK(g_at < g_file->key_count && key == &g_file->keys[g_at], "the key of this id");
    g_fine = nondet_bool();
    return g_fine ? TASKSEAL_OK : TASKSEAL_ERR_KEYFILE_CHANGE;
}

taskseal_err known_added(const taskseal_keyfile_change *change, const char *text, size_t len,
                         taskseal__writer *writer, taskseal_error *error)
{
    (void)change, (void)writer, (void)error;
    CHECK(text == g_text && len == g_len && g_at == g_file->key_count, "all of the text, without such a key");
    g_lines++;
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_NO_RANDOM;
}

void known_changed(const char *text, size_t len, unsigned own, unsigned before, const taskseal_key *key,
                   taskseal__writer *writer)
{
    (void)writer;
    CHECK(text == g_text && len == g_len, "all of the text");
    CHECK(g_fine && key == &g_file->keys[g_at], "the key, changed");
    CHECK(own == g_file->lines[g_at] && before == g_before, "its line, and where it goes");
    g_lines++;
}

/* A key is added only if there is none of its id, and every other change is of one that there is. */
void proof_write_text(void)
{
    taskseal__writer writer = {NULL, 0, false};
    taskseal_keyfile_change change = {.key_id = "k"};
    change.action = (taskseal_keyfile_action)(TASKSEAL_KEYFILE_ADD + nondet_u8() % 6);
    g_file = any_file();
    g_at = nondet_size();
    g_before = nondet_unsigned();
    g_len = nondet_size();
    g_text = "";
    taskseal_err err = write_text(&change, g_file, g_text, g_len, &writer, NULL);
    bool add = change.action == TASKSEAL_KEYFILE_ADD, found = g_at < g_file->key_count;
    CHECK(err != TASKSEAL_OK || (g_lines == 1 && add != found), "written, once");
    CHECK(add || g_lines == 0 || err == TASKSEAL_OK, "nothing is written of a change that is refused");
    CHECK(add || found || err == TASKSEAL_ERR_UNKNOWN_KEY, "no key, no change");
    CHECK(!add || !found || err == TASKSEAL_ERR_KEYFILE_CHANGE, "no id is twice");
    REACHED_IF(err == TASKSEAL_OK && add, "added");
    REACHED_IF(err == TASKSEAL_OK && !add, "changed");
}

/* ---- Reading, writing, reading again ---- */

taskseal_err known_read(taskseal__keyfile *file, const char *text, size_t len, taskseal_error *error)
{
    (void)error;
    CHECK(text == g_text && len == g_len, "all of the text");
    g_file = file;
    g_read++;
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_KEYFILE_MALFORMED;
}

void known_forget(taskseal__keyfile *file)
{
    CHECK(file == g_file && g_forgotten < g_read, "what was read, once");
    g_forgotten++;
}

void *one_mib(size_t size)
{
    CHECK(size == 1048576, "as long as a key file may be");
    g_out = nondet_bool() ? malloc(size) : NULL;
    return g_out;
}

void freed(void *pointer)
{
    CHECK(pointer == g_out, "the memory of the new text");
    g_freed++;
}

taskseal_err any_text(const taskseal_keyfile_change *change, taskseal__keyfile *file, const char *text,
                      size_t len, taskseal__writer *writer, taskseal_error *error)
{
    (void)change, (void)error;
    CHECK(file == g_file && g_forgotten == 0, "what was read is still there");
    CHECK(text == g_text && len == g_len, "all of the text");
    CHECK(writer->at == g_out && __CPROVER_w_ok(writer->at, writer->left),
          "there is as much room as it says");
    g_new_len = nondet_size();
    ASSUME(g_new_len <= writer->left, "proved by the proof write_bytes");
    writer->at += g_new_len;
    writer->left -= g_new_len;
    writer->full = g_full = nondet_bool();
    g_fine = nondet_bool();
    return g_fine ? TASKSEAL_OK : TASKSEAL_ERR_KEYFILE_CHANGE;
}

taskseal_err checked_text(const char *text, size_t len, taskseal_error *error)
{
    (void)error;
    CHECK(g_fine && !g_full, "all of it was written");
    CHECK(text == g_out && len == g_new_len, "what was written");
    CHECK(g_forgotten == 1, "the old file's secrets are gone");
    g_lines++;
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_KEYFILE_CHANGE;
}

void proof_change_text(void)
{
    const taskseal_keyfile_change change = {.key_id = "k"};
    char *new_text;
    size_t new_len;
    g_text = "";
    g_len = nondet_size();
    taskseal_err err = taskseal__change_text(&change, g_text, g_len, &new_text, &new_len, NULL);
    if (err != TASKSEAL_OK) {
        CHECK(new_text == NULL && new_len == 0, "no text");
        CHECK(g_freed == (g_out != NULL) && g_forgotten == g_read, "nothing is left");
        REACHED_IF(g_full && g_fine, "too long");
        REACHED_IF(g_lines == 1, "not valid");
        REACHED_IF(g_out == NULL, "no memory");
        return;
    }
    CHECK(new_text == g_out && new_len == g_new_len && g_lines == 1, "what was written and read again");
    CHECK(g_freed == 0 && g_forgotten == 1, "it is the caller's");
    REACHED_IF(new_len == 1048576, "the longest");
}

taskseal_err any_reading(taskseal__keyfile *file, const char *text, size_t len, taskseal_error *error)
{
    CHECK(text == g_text && len == g_len, "all of the text");
    g_file = file;
    g_read++;
    error->line = 5;
    error->message[0] = 'x';
    error->message[1] = '\0';
    switch (nondet_u8() % 4) {
    case 0:
        return TASKSEAL_OK;
    case 1:
        return error->code = TASKSEAL_ERR_KEYFILE_MALFORMED;
    case 2:
        return error->code = TASKSEAL_ERR_SUITE_UNAVAILABLE;
    default:
        return error->code = TASKSEAL_ERR_NO_MEMORY;
    }
}

/* Valid only if all of it can be read, and whatever was read is forgotten. */
void proof_check_text(void)
{
    static taskseal_error error;
    bool wanted = nondet_bool();
    g_text = "";
    g_len = nondet_size();
    taskseal_err err = check_text(g_text, g_len, wanted ? &error : NULL);
    CHECK(g_read == 1 && g_forgotten == 1, "read once, and forgotten");
    CHECK(err != TASKSEAL_ERR_KEYFILE_MALFORMED, "the caller's file was not malformed");
    CHECK(!wanted || err == TASKSEAL_OK || err == TASKSEAL_ERR_KEYFILE_CHANGE || error.code == err,
          "other errors as they are");
    REACHED_IF(err == TASKSEAL_OK, "valid");
    REACHED_IF(err == TASKSEAL_ERR_KEYFILE_CHANGE, "not valid");
    REACHED_IF(err == TASKSEAL_ERR_NO_MEMORY && error.line == 5, "no memory");
}

/* Whatever has too many queues, or one of no or too many bytes, or a time beyond the year 9999, is refused. */
void proof_limits_valid(void)
{
    static taskseal_bytes queues[TASKSEAL_QUEUES_MAX];
    static const char byte;
    taskseal_keyfile_change change = {.queue_count = nondet_size(), .not_before = nondet_u64()};
    size_t i = nondet_size();
    change.not_after = nondet_u64();
    change.queues = nondet_bool() ? queues : NULL;
    for (size_t n = 0; n < TASKSEAL_QUEUES_MAX; n++)
        queues[n] = (taskseal_bytes){nondet_bool() ? &byte : NULL, nondet_size()};
    if (!limits_valid(&change)) {
        REACHED("refused");
        return;
    }
    CHECK(change.queue_count <= 64 && (change.queues != NULL) == (change.queue_count > 0), "0 to 64 queues");
    CHECK(i >= change.queue_count || (queues[i].data != NULL && queues[i].len - 1 < 65535),
          "of 1 to 65535 bytes");
    CHECK(change.not_before <= TASKSEAL_TIME_MAX && change.not_after <= TASKSEAL_TIME_MAX, "times");
    REACHED_IF(change.queue_count == 64, "as many as may be");
}
