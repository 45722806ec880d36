/* SPDX-License-Identifier: MIT
 * Input: any text, as a key file. Two texts that differ in secrets alone get the same answer, word for word: so no
 * message holds a byte of a secret, and no verdict but "not a key" depends on one. */
#include "fuzz.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Changes what stands behind every tskek1_. Times 3 modulo 64 is one to one, keeps the low bits of a digit 0 where
 * they are (as K 10 asks), and keeps an all-zero secret all zero: a key file stays as right, or as wrong, as it was. */
static void change_secrets(char *text, size_t size)
{
    static const char prefix[] = "tskek1_";
    const size_t prefix_len = sizeof prefix - 1;
    for (size_t i = 0; i + prefix_len <= size; i++) {
        if (memcmp(text + i, prefix, prefix_len) != 0)
            continue;
        for (i += prefix_len; i < size; i++) {
            const char *digit = text[i] != '\0' ? strchr(digits, text[i]) : NULL;
            if (digit == NULL)
                break;
            text[i] = digits[(size_t)(digit - digits) * 3 % 64];
        }
    }
}

static taskseal_err parse(const char *text, size_t size, taskseal_error *error)
{
    taskseal_keyring *ring = (taskseal_keyring *)(uintptr_t)text; /* to see that it is set */
    memset(error, 0, sizeof *error);
    taskseal_err err = taskseal_keyring_parse(&ring, text, size, error);
    HOLDS((ring != NULL) == (err == TASKSEAL_OK));
    taskseal_keyring_free(ring);
    return err;
}

/* A complete sentence of printable ASCII that names a line of the file. */
static void check_error(const taskseal_error *error, taskseal_err err, const char *text, size_t size)
{
    unsigned lines = 1;
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    HOLDS(err == TASKSEAL_ERR_KEYFILE_MALFORMED || err == TASKSEAL_ERR_SUITE_UNAVAILABLE);
    HOLDS(error->code == err && error->line >= 1 && error->line <= lines);
    HOLDS(memchr(error->message, '\0', sizeof error->message) != NULL && error->message[0] != '\0');
    for (const char *c = error->message; *c != '\0'; c++)
        HOLDS(*c >= ' ' && *c <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    taskseal_error error;
    taskseal_error other;
    char *text = must_allocate(size);
    if (size > 0)
        memcpy(text, data, size);
    taskseal_err err = parse(text, size, &error);
    if (err != TASKSEAL_OK)
        check_error(&error, err, text, size);
    if (err == TASKSEAL_OK || error.line > 1)
        reached_depth();
    change_secrets(text, size);
    HOLDS(parse(text, size, &other) == err);
    HOLDS(other.line == error.line && strcmp(other.message, error.message) == 0);
    free(text);
    return 0;
}
