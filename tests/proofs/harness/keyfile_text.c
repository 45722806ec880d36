/* SPDX-License-Identifier: MIT
 * The text of a key file as a whole: its lines, and the memory for it. */
#include "keyfile.c"

taskseal_err known_first(const reading *r, slice first)
{
    CHECK(r->line == 1 && first.at == g_all.at, "the first line");
    g_used = first.len;
    g_lines = 1;
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_KEYFILE_MALFORMED;
}

taskseal_err known_line(reading *r, slice line)
{
    CHECK(line.at == g_all.at + g_used + 1 && g_all.at[g_used] == '\n', "each line behind the LF before it");
    CHECK(line.len == 0 || __CPROVER_r_ok(line.at, line.len), "it is there");
    g_used += 1 + line.len;
    g_lines++;
    CHECK(r->line == g_lines, "lines are counted from 1");
    r->key_count += nondet_bool();
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_KEYFILE_MALFORMED;
}

/* By the proof cut, for line feeds. */
slice known_cut(slice *rest, char separator)
{
    slice word = {rest->at, nondet_size()};
    CHECK(separator == '\n', "line feeds separate lines");
    ASSUME(word.len <= rest->len && (word.len == rest->len || rest->at[word.len] == '\n'),
           "by the proof cut");
    size_t skipped = word.len < rest->len ? word.len + 1 : word.len;
    rest->at += skipped;
    rest->len -= skipped;
    return word;
}

/* The lines tile the text. */
void proof_read_lines(void)
{
    reading r = {0};
    g_all = any_slice(TEXT_BOUND);
    taskseal_err err = read_lines(&r, g_all);
    CHECK(err != TASKSEAL_OK || g_used == g_all.len || (g_used + 1 == g_all.len && g_all.at[g_used] == '\n'),
          "all of the text");
    CHECK(err != TASKSEAL_OK || r.key_count > 0, "at least a key");
    REACHED_IF(err == TASKSEAL_OK && g_lines == 4, "four lines");
    REACHED_IF(err != TASKSEAL_OK && g_used == g_all.len && g_lines > 1, "without a key");
}

static size_t g_feeds, g_commas;

size_t known_count(slice text, char byte)
{
    (void)text;
    return byte == '\n' ? g_feeds : g_commas;
}

void *any_array(size_t count, size_t size)
{
    return nondet_bool() ? malloc(count * size) : NULL;
}

/* Room for a key of every line, and one more; for a queue of every line and comma; for all of the text. */
void proof_allocate(void)
{
    reading r = {0};
    const slice text = {"", nondet_size()};
    ASSUME(text.len <= TASKSEAL__KEYFILE_MAX, "keyfile_read refuses longer ones");
    g_feeds = nondet_size();
    g_commas = nondet_size();
    ASSUME(g_feeds <= text.len && g_commas <= text.len - g_feeds, "proved by the proof count_byte");
    if (!allocate(&r, text)) {
        REACHED("no memory");
        return;
    }
    size_t keys = g_feeds + 1 < 1024 ? g_feeds + 1 : 1024;
    CHECK(__CPROVER_w_ok(r.keys, (keys + 1) * sizeof *r.keys), "a key of every line, and one more");
    CHECK(__CPROVER_w_ok(r.lines, keys * sizeof *r.lines), "its line's number");
    CHECK(__CPROVER_w_ok(r.queues, (g_feeds + 1 + g_commas) * sizeof *r.queues), "every queue");
    CHECK(__CPROVER_w_ok(r.secrets, (keys + 1) * 32) && __CPROVER_w_ok(r.storage, text.len + 1), "the rest");
    REACHED_IF(keys == 1024, "as many keys as may be");
}
