/* SPDX-License-Identifier: MIT */
#include "vectors.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void give_up(const char *what, const char *where)
{
    fprintf(stderr, "%s: %s\n", where, what);
    fflush(stdout);
    _Exit(2); /* without the leak search of the sanitizers, which has a status of its own */
}

/* ---- Bytes ---- */

bytes bytes_new(size_t len)
{
    bytes made = {malloc(len != 0 ? len : 1), len};
    if (made.data == NULL)
        give_up("no memory", "bytes");
    return made;
}

bytes bytes_of(const char *word)
{
    size_t len;
    if (strcmp(word, "-") == 0)
        return bytes_new(0);
    bytes made = bytes_new(strlen(word) / 2);
    if (strlen(word) % 2 != 0 ||
        sodium_hex2bin(made.data, made.len, word, strlen(word), NULL, &len, NULL) != 0 || len != made.len)
        give_up("not hex", word);
    return made;
}

/* ---- Lines ---- */

static char *read_text(const char *path)
{
    FILE *stream = fopen(path, "rb");
    if (stream == NULL)
        give_up("can't be opened", path);
    size_t cap = 1U << 20;
    char *text = malloc(cap);
    if (text == NULL)
        give_up("no memory", path);
    size_t len = fread(text, 1, cap, stream);
    if (len == cap || ferror(stream))
        give_up("can't be read, or is larger than 1 MiB", path);
    fclose(stream);
    text[len] = '\0';
    if (strlen(text) != len || len == 0 || text[len - 1] != '\n')
        give_up("not whole lines of text", path);
    return text;
}

/* Words after a skip's reason begins stay one. */
static void split(line *into, char *text, const char *path)
{
    char *rest = text;
    into->count = 0;
    for (char *word; (word = strtok_r(NULL, " ", &rest)) != NULL;) {
        if (into->count == WORDS_MAX)
            give_up("a line of too many words", path);
        into->words[into->count++] = word;
        if (into->count == 3 && strcmp(into->words[0], "skip") == 0 && *rest != '\0') {
            into->words[into->count++] = rest;
            return;
        }
    }
}

void vectors_read(vector_file *file, const char *path)
{
    size_t lines = 0;
    file->text = read_text(path);
    file->count = 0;
    file->set = NULL;
    for (const char *at = file->text; *at != '\0'; at++)
        lines += *at == '\n';
    file->lines = calloc(lines, sizeof *file->lines);
    if (file->lines == NULL)
        give_up("no memory", path);
    char *rest = file->text;
    for (char *text; (text = strtok_r(NULL, "\n", &rest)) != NULL;) {
        if (text[0] == '#')
            continue;
        line *into = &file->lines[file->count];
        split(into, text, path);
        if (into->count == 2 && strcmp(into->words[0], "set") == 0 && file->set == NULL)
            file->set = into->words[1];
        else if (into->count >= 4 && file->set != NULL &&
                 (strcmp(into->words[0], "vector") == 0 || strcmp(into->words[0], "skip") == 0))
            file->count++;
        else
            give_up("a line that is neither set, vector nor skip", path);
    }
    if (file->set == NULL)
        give_up("no set is named", path);
}

void vectors_free(vector_file *file)
{
    free(file->lines);
    free(file->text);
}
