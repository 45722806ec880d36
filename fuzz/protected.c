/* SPDX-License-Identifier: MIT
 * Input: a protected key file; it is read with a passphrase, unless that would take long. Anything else is refused where a
 * passphrase is given, and taken as the
 * text of a key file to protect, at the least cost: it opens to the same with its passphrase, with no other, and not at
 * all when a byte of it is changed. */
#include "keyfile.h"

#include "core/protect.h"

#include <sodium.h>

enum { KIBIBYTES_AT_MOST = 64 };

static const taskseal_bytes passphrase = {"pass", 4};

/* The numbers of the second line, each saturated; what follows, and whether it is valid, is the library's matter. */
static bool is_cheap(const char *text, size_t size)
{
    size_t number = 0;
    unsigned value = 0;
    const char *at = memchr(text, '\n', size);
    const char *end = text + size;
    for (; at != NULL && at < end && number < 3; at++) {
        if (*at >= '0' && *at <= '9') {
            value = value < 100000 ? value * 10 + (unsigned)(*at - '0') : value;
        } else {
            if (value > KIBIBYTES_AT_MOST)
                return false;
            number += *at == ' ';
            value = 0;
        }
    }
    return value <= KIBIBYTES_AT_MOST;
}

static taskseal_err read_it(const char *text, size_t size, taskseal_bytes with, taskseal_error *error)
{
    const taskseal_keyring_source from = {.text = {text, size}, .passphrase = with};
    taskseal_keyring *ring = (taskseal_keyring *)(uintptr_t)text; /* to see that it is set */
    memset(error, 0, sizeof *error);
    taskseal_err err = taskseal_keyring_read(&ring, &from, error);
    HOLDS((ring != NULL) == (err == TASKSEAL_OK));
    taskseal_keyring_free(ring);
    return err;
}

static void check_protected(const char *text, size_t size)
{
    taskseal_error error;
    HOLDS(read_it(text, size, taskseal_str(NULL), &error) == TASKSEAL_ERR_KEYFILE_PASSPHRASE);
    HOLDS(error.line == 1);
    if (!is_cheap(text, size))
        return;
    taskseal_err err = read_it(text, size, passphrase, &error);
    if (err == TASKSEAL_OK || err == TASKSEAL_ERR_KEYFILE_PASSPHRASE)
        reached_depth();
    if (err == TASKSEAL_OK)
        return;
    HOLDS(err == TASKSEAL_ERR_KEYFILE_PASSPHRASE || err == TASKSEAL_ERR_KEYFILE_MALFORMED ||
          err == TASKSEAL_ERR_KEYFILE_UNSUPPORTED);
    HOLDS(error.code == err && error.message[0] != '\0');
}

static taskseal_err check_refused(const char *text, size_t len, taskseal_bytes with)
{
    taskseal_error error;
    char *plain = (char *)(uintptr_t)text;
    size_t plain_len = 1;
    taskseal_err err = taskseal__unprotect(text, len, with, &plain, &plain_len, &error);
    HOLDS(err == TASKSEAL_ERR_KEYFILE_PASSPHRASE || err == TASKSEAL_ERR_KEYFILE_MALFORMED);
    HOLDS(plain == NULL && plain_len == 0);
    check_error(&error, err, text, len);
    return err;
}

/* One byte, wherever the input says; the first line decides whether it is such a file at all. */
static void check_damaged(char *text, size_t len, const uint8_t *data, size_t size)
{
    const size_t first = sizeof "taskseal-keyring-protected 1";
    size_t at = first + (size > 1 ? ((size_t)data[0] << 8 | data[1]) : size) % (len - first);
    text[at] = (char)(text[at] ^ (size > 2 && data[2] != 0 ? data[2] : 1));
    if (is_cheap(text, len))
        (void)check_refused(text, len, passphrase);
}

static void check_plain(const uint8_t *data, size_t size)
{
    static const taskseal__protect_cost cost = {1, 8};
    char *text;
    char *plain;
    size_t len;
    size_t plain_len;
    taskseal_error error;
    reached_depth();
    HOLDS(read_it((const char *)data, size, passphrase, &error) == TASKSEAL_ERR_KEYFILE_PASSPHRASE);
    HOLDS(error.line == 1);
    HOLDS(taskseal__protect((const char *)data, size, passphrase, &cost, &text, &len, &error) == TASKSEAL_OK);
    HOLDS(taskseal__is_protected(text, len) && text[len - 1] == '\n');
    HOLDS(taskseal__unprotect(text, len, passphrase, &plain, &plain_len, &error) == TASKSEAL_OK);
    HOLDS(plain_len == size && memcmp(plain, data, size) == 0);
    sodium_free(plain);
    HOLDS(check_refused(text, len, taskseal_str("passs")) == TASKSEAL_ERR_KEYFILE_PASSPHRASE);
    check_damaged(text, len, data, size);
    sodium_free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HOLDS(sodium_init() >= 0);
    char *text = must_allocate(size);
    memcpy(text, size > 0 ? (const char *)data : text, size);
    if (taskseal__is_protected(text, size))
        check_protected(text, size);
    else
        check_plain((const uint8_t *)text, size);
    free(text);
    return 0;
}
