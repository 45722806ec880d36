/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/keyring.c; do not edit. */
/* SPDX-License-Identifier: MIT */
#include "core.h"


#include <stdlib.h>

/* ---- Checking what a caller gives ---- */

static bool state_has_secret(taskseal_key_state state)
{
    return state == TASKSEAL_KEY_ACTIVE || state == TASKSEAL_KEY_OPEN_ONLY;
}

/* NULL if all is well, else what is wrong, to stand behind "key <id>: ". */
static const char *secret_fault(const taskseal_key *key)
{
    if (key->state < TASKSEAL_KEY_ACTIVE || key->state > TASKSEAL_KEY_COMPROMISED)
        return "its state is none of active, open-only, retired, compromised";
    if (!state_has_secret(key->state))
        return key->secret == NULL ? NULL : "a retired or compromised key must not have a secret";
    if (key->secret == NULL)
        return "an active or open-only key needs a secret";
    if (sodium_is_zero(key->secret, TASKSEAL_KEY_BYTES))
        return "its secret is all zero: make one with `taskseal keygen`";
    return NULL;
}

static bool same_bytes(taskseal_bytes a, taskseal_bytes b)
{
    return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

static const char *queues_fault(const taskseal_key *key)
{
    if ((key->queues == NULL) != (key->queue_count == 0) || key->queue_count > TASKSEAL_QUEUES_MAX)
        return "its list of queues must hold 1 to 64 queues, or be absent";
    for (size_t i = 0; i < key->queue_count; i++) {
        if (key->queues[i].data == NULL || key->queues[i].len < 1 ||
            key->queues[i].len > TASKSEAL_CONTEXT_MAX)
            return "a queue in its list is not 1 to 65535 bytes long";
        for (size_t j = 0; j < i; j++)
            if (same_bytes(key->queues[i], key->queues[j]))
                return "a queue is twice in its list";
    }
    return NULL;
}

static const char *window_fault(const taskseal_key *key)
{
    if (key->not_before > TASKSEAL_TIME_MAX || key->not_after > TASKSEAL_TIME_MAX)
        return "its window lies beyond the year 9999";
    if (key->not_after != 0 && key->not_before > key->not_after)
        return "its window ends before it begins";
    return NULL;
}

static taskseal_err check_key(const taskseal_key *key, size_t position, taskseal_error *error)
{
    const char *fault;
    if (key->id == NULL || !taskseal__key_id_valid(key->id, strlen(key->id)))
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT,
                              "key %zu of the keyring: its id must be 1 to 255 of [0-9A-Za-z._:/@+-], the "
                              "first one a letter or digit",
                              position + 1);
    if (key->type != TASKSEAL_KEY_XCHACHA20POLY1305 && key->type != TASKSEAL_KEY_AEGIS256 &&
        key->type != TASKSEAL_KEY_DEDUPE)
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT,
                              "key %s: its type is none of xchacha20poly1305, aegis256, dedupe", key->id);
    if (!taskseal_key_type_available(key->type))
        return taskseal__fail(error, TASKSEAL_ERR_SUITE_UNAVAILABLE,
                              "key %s: type aegis256 needs a build with libsodium 1.0.19 or newer", key->id);
    if ((fault = secret_fault(key)) != NULL || (fault = queues_fault(key)) != NULL ||
        (fault = window_fault(key)) != NULL)
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT, "key %s: %s", key->id, fault);
    return TASKSEAL_OK;
}

static taskseal_err check_keys(const taskseal_key *keys, size_t count, taskseal_error *error)
{
    if (keys == NULL || count < 1 || count > TASKSEAL_KEYS_MAX)
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT, "a keyring holds 1 to %u keys",
                              TASKSEAL_KEYS_MAX);
    for (size_t i = 0; i < count; i++) {
        taskseal_err err = check_key(&keys[i], i, error);
        if (err != TASKSEAL_OK)
            return err;
        for (size_t j = 0; j < i; j++)
            if (strcmp(keys[i].id, keys[j].id) == 0)
                return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT, "key %s is twice in the keyring",
                                      keys[i].id);
    }
    return TASKSEAL_OK;
}

/* ---- Making and freeing ---- */

static bool copy_queues(taskseal__key *key, const taskseal_key *given)
{
    if (given->queue_count == 0)
        return true;
    key->queues = calloc(given->queue_count, sizeof *key->queues);
    if (key->queues == NULL)
        return false;
    for (; key->queue_count < given->queue_count; key->queue_count++) {
        taskseal_bytes queue = given->queues[key->queue_count];
        void *copy = malloc(queue.len);
        if (copy == NULL)
            return false;
        memcpy(copy, queue.data, queue.len);
        key->queues[key->queue_count] = (taskseal_bytes){copy, queue.len};
    }
    return true;
}

static bool add_key(taskseal_keyring *ring, const taskseal_key *given)
{
    taskseal__key *key = &ring->keys[ring->count];
    uint8_t *wrap_key = ring->wrap_keys + ring->count * TASKSEAL__WRAP_KEY_BYTES;
    ring->count++; /* from here on, freeing the keyring frees the key */
    key->id_len = strlen(given->id);
    key->id = malloc(key->id_len + 1);
    if (key->id == NULL || !copy_queues(key, given))
        return false;
    memcpy(key->id, given->id, key->id_len + 1);
    key->type = given->type;
    key->state = given->state;
    key->not_before = given->not_before;
    key->not_after = given->not_after;
    key->wrap_key = wrap_key;
    if (given->secret != NULL && given->type == TASKSEAL_KEY_DEDUPE)
        memcpy(wrap_key, given->secret, TASKSEAL__WRAP_KEY_BYTES);
    else if (given->secret != NULL)
        taskseal__derive_wrap_key(wrap_key, given->secret, key->type, key->id, key->id_len);
    return true;
}

/* sodium_malloc guards, leaves out of core dumps and wipes, but does not say whether it could lock. */
static bool allocate(taskseal_keyring *ring, size_t count)
{
    ring->keys = calloc(count, sizeof *ring->keys);
    ring->wrap_keys = sodium_allocarray(count, TASKSEAL__WRAP_KEY_BYTES);
    if (ring->keys == NULL || ring->wrap_keys == NULL)
        return false;
    sodium_memzero(ring->wrap_keys, count * TASKSEAL__WRAP_KEY_BYTES);
    ring->locked = sodium_mlock(ring->wrap_keys, count * TASKSEAL__WRAP_KEY_BYTES) == 0;
    return true;
}

static void free_key(taskseal__key *key)
{
    for (size_t i = 0; i < key->queue_count; i++)
        free((void *)(uintptr_t)key->queues[i].data);
    free(key->queues);
    free(key->id);
}

static void wipe_and_free(taskseal_keyring *ring)
{
    if (ring == NULL)
        return;
    for (size_t i = 0; i < ring->count; i++)
        free_key(&ring->keys[i]);
    free(ring->keys);
    sodium_free(ring->wrap_keys); /* wipes */
    free(ring);
}

static taskseal_err fill(taskseal_keyring *ring, const taskseal_key *keys, size_t count)
{
    if (!allocate(ring, count))
        return TASKSEAL_ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        if (!add_key(ring, &keys[i]))
            return TASKSEAL_ERR_NO_MEMORY;
    return sodium_mprotect_readonly(ring->wrap_keys) == 0 ? TASKSEAL_OK : TASKSEAL_ERR_NO_MEMORY;
}

taskseal_err taskseal_keyring_new(taskseal_keyring **out, const taskseal_key *keys, size_t count,
                                  taskseal_error *error)
{
    if (out == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT, "no place for the keyring was given");
    *out = NULL;
    taskseal_err err = taskseal__sodium_init();
    if (err != TASKSEAL_OK)
        return taskseal__fail(error, err, "%s", taskseal_err_text(err));
    err = check_keys(keys, count, error);
    if (err != TASKSEAL_OK)
        return err;
    taskseal_keyring *ring = calloc(1, sizeof *ring);
    err = ring != NULL ? fill(ring, keys, count) : TASKSEAL_ERR_NO_MEMORY;
    if (err != TASKSEAL_OK) {
        wipe_and_free(ring);
        return taskseal__fail(error, err, "no memory for a keyring of %zu keys", count);
    }
    atomic_init(&ring->holders, 1);
    *out = ring;
    return TASKSEAL_OK;
}

taskseal_keyring *taskseal__keyring_hold(const taskseal_keyring *ring)
{
    taskseal_keyring *held = (taskseal_keyring *)(uintptr_t)ring;
    atomic_fetch_add_explicit(&held->holders, 1, memory_order_relaxed);
    return held;
}

/* What others did with the keyring has to be done before the last one frees it. */
void taskseal_keyring_free(taskseal_keyring *ring)
{
    if (ring != NULL && atomic_fetch_sub_explicit(&ring->holders, 1, memory_order_acq_rel) == 1)
        wipe_and_free(ring);
}

bool taskseal_keyring_locked(const taskseal_keyring *ring)
{
    return ring != NULL && ring->locked;
}

bool taskseal_keyring_key(const taskseal_keyring *ring, size_t index, taskseal_key *key)
{
    if (key == NULL)
        return false;
    memset(key, 0, sizeof *key);
    if (ring == NULL || index >= ring->count)
        return false;
    const taskseal__key *entry = &ring->keys[index];
    *key = (taskseal_key){.id = entry->id,
                          .type = entry->type,
                          .state = entry->state,
                          .queues = entry->queues,
                          .queue_count = entry->queue_count,
                          .not_before = entry->not_before,
                          .not_after = entry->not_after};
    return true;
}

/* ---- Who may do what ---- */

const taskseal__key *taskseal__keyring_find(const taskseal_keyring *ring, const char *key_id,
                                            size_t key_id_len)
{
    for (size_t i = 0; i < ring->count; i++)
        if (ring->keys[i].id_len == key_id_len && memcmp(ring->keys[i].id, key_id, key_id_len) == 0)
            return &ring->keys[i];
    return NULL;
}

bool taskseal__key_serves_queue(const taskseal__key *key, taskseal_bytes queue)
{
    if (key->queues == NULL)
        return true;
    if (queue.data == NULL)
        return false;
    for (size_t i = 0; i < key->queue_count; i++)
        if (same_bytes(key->queues[i], queue))
            return true;
    return false;
}

bool taskseal__key_queues_within(const taskseal__key *key, const taskseal__key *other)
{
    if (other->queues == NULL)
        return true;
    for (size_t i = 0; i < key->queue_count; i++)
        if (!taskseal__key_serves_queue(other, key->queues[i]))
            return false;
    return key->queues != NULL;
}

bool taskseal__key_window_holds(const taskseal__key *key, uint64_t sealed_at)
{
    return sealed_at >= key->not_before && (key->not_after == 0 || sealed_at <= key->not_after);
}

taskseal_err taskseal__key_may_open(const taskseal__key *key)
{
    switch (key->state) {
    case TASKSEAL_KEY_ACTIVE:
    case TASKSEAL_KEY_OPEN_ONLY:
        return TASKSEAL_OK;
    case TASKSEAL_KEY_RETIRED:
        return TASKSEAL_ERR_KEY_RETIRED;
    case TASKSEAL_KEY_COMPROMISED:
        break;
    }
    return TASKSEAL_ERR_KEY_COMPROMISED;
}

taskseal_err taskseal__key_may_seal(const taskseal__key *key)
{
    taskseal_err err = taskseal__key_may_open(key);
    if (err != TASKSEAL_OK)
        return err;
    if (key->type == TASKSEAL_KEY_DEDUPE)
        return TASKSEAL_ERR_KEY_WRONG_USE;
    return key->state == TASKSEAL_KEY_ACTIVE ? TASKSEAL_OK : TASKSEAL_ERR_KEY_NOT_ACTIVE;
}

taskseal_err taskseal__key_serves(const taskseal__key *key, taskseal_bytes queue, uint64_t time)
{
    if (!taskseal__key_serves_queue(key, queue))
        return TASKSEAL_ERR_KEY_WRONG_QUEUE;
    return taskseal__key_window_holds(key, time) ? TASKSEAL_OK : TASKSEAL_ERR_KEY_OUTSIDE_WINDOW;
}

taskseal_err taskseal__keyring_admits(const taskseal_keyring *ring, const taskseal__header *header)
{
    if (header->anonymous)
        return TASKSEAL_ERR_CLASS_DENIED;
    for (size_t i = 0; i < ring->count; i++) {
        const taskseal__key *key = &ring->keys[i];
        if (key->state == TASKSEAL_KEY_COMPROMISED &&
            taskseal__header_find(header, key->id, key->id_len, 0) != NULL)
            return TASKSEAL_ERR_KEY_COMPROMISED;
    }
    return TASKSEAL_OK;
}

taskseal_err taskseal__unlock(uint8_t dek[TASKSEAL__DEK_BYTES], const taskseal__header *header,
                              const taskseal__match *match)
{
    uint8_t mac[TASKSEAL__MAC_BYTES];
    const taskseal__wrap_binding binding = {header->preamble, match->key->type, match->key->id,
                                            match->key->id_len};
    if (!taskseal__unwrap(dek, &binding, match->key->wrap_key, match->stanza->body))
        return TASKSEAL_ERR_AUTHENTICATION_FAILED;
    taskseal__derive_header_mac(mac, dek, header->preamble, (size_t)(header->mac - header->preamble));
    bool authentic = crypto_verify_16(mac, header->mac) == 0;
    sodium_memzero(mac, sizeof mac);
    if (!authentic)
        sodium_memzero(dek, TASKSEAL__DEK_BYTES);
    return authentic ? TASKSEAL_OK : TASKSEAL_ERR_AUTHENTICATION_FAILED;
}
