/* SPDX-License-Identifier: MIT
 * Input: any text, as a key file. Two texts that differ in secrets alone get the same answer, word for word: so no
 * message holds a byte of a secret, and no verdict but "not a key" depends on one. */
#include "keyfile.h"

/* What it says of its keys is within its limits. */
static void check_description(const taskseal_keyring *ring)
{
    taskseal_key key;
    size_t count = 0;
    for (; taskseal_keyring_key(ring, count, &key); count++) {
        HOLDS(key.secret == NULL && key.id != NULL && key.queue_count <= TASKSEAL_QUEUES_MAX);
        HOLDS((key.queues == NULL) == (key.queue_count == 0));
        HOLDS(key.not_after == 0 || key.not_before <= key.not_after);
    }
    HOLDS(count >= 1 && count <= TASKSEAL_KEYS_MAX && key.id == NULL);
}

static taskseal_err parse(const char *text, size_t size, taskseal_error *error)
{
    taskseal_keyring *ring = (taskseal_keyring *)(uintptr_t)text; /* to see that it is set */
    memset(error, 0, sizeof *error);
    taskseal_err err = taskseal_keyring_parse(&ring, text, size, error);
    HOLDS((ring != NULL) == (err == TASKSEAL_OK));
    if (err == TASKSEAL_OK)
        check_description(ring);
    taskseal_keyring_free(ring);
    return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    taskseal_error error;
    taskseal_error other;
    char *text = must_allocate(size);
    if (size > 0)
        memcpy(text, data, size);
    taskseal_err err = parse(text, size, &error);
    if (err != TASKSEAL_OK) {
        HOLDS(err == TASKSEAL_ERR_KEYFILE_MALFORMED || err == TASKSEAL_ERR_SUITE_UNAVAILABLE ||
              err == TASKSEAL_ERR_KEYFILE_UNSUPPORTED || err == TASKSEAL_ERR_KEYFILE_PASSPHRASE);
        HOLDS(error.line >= 1);
        check_error(&error, err, text, size);
    }
    if (err == TASKSEAL_OK || error.line > 1)
        reached_depth();
    change_secrets(text, size);
    HOLDS(parse(text, size, &other) == err);
    HOLDS(other.line == error.line && strcmp(other.message, error.message) == 0);
    free(text);
    return 0;
}
