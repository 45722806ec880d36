/* SPDX-License-Identifier: MIT
 * Files of vectors (README.md describes their lines), and what runs one vector of each kind. A file that can't be
 * read as one ends the program with status 2, so that nothing is passed over. */
#ifndef TASKSEAL_PRIMITIVES_VECTORS_H
#define TASKSEAL_PRIMITIVES_VECTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WORDS_MAX = 10 };

/* A line's words; they live as long as the file. */
typedef struct line {
    const char *words[WORDS_MAX];
    size_t count;
} line;

typedef struct vector_file {
    char *text;
    line *lines;
    size_t count;
    const char *set;
} vector_file;

void vectors_read(vector_file *file, const char *path);
void vectors_free(vector_file *file);

/* Bytes of exactly this length, so that the sanitizers see the first byte behind them. */
typedef struct bytes {
    uint8_t *data;
    size_t len;
} bytes;

bytes bytes_new(size_t len);

/* Of hex; a dash is no byte. */
bytes bytes_of(const char *word);

/* Each returns NULL if the vector holds, else what does not. */
typedef const char *vector_check(const line *vector, const char *set);
vector_check check_aead;
vector_check check_blake2b;
vector_check check_argon2id;

/* Without files: exhaustive, or published as one value for many inputs. NULL if all holds. */
const char *check_blake2b_of_rfc7693(void);
const char *check_argon2id_ways(void);
const char *check_base64url_samples(void);
const char *check_base64url_endings(void);
const char *check_base64url_bytes(void);
const char *check_comparisons(void);

bool aead_available(const char *set);

_Noreturn void give_up(const char *what, const char *where);

#endif
