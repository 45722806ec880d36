/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/slot.c; do not edit. */
/* SPDX-License-Identifier: MIT
 * A place for the keyring of a running process, in which it can be exchanged. */
#include "core.h"

#include <pthread.h>
#include <stdlib.h>

/* The mutex is held for the exchange of a pointer, never while somebody works with the keyring. */
struct taskseal_slot {
    pthread_mutex_t mutex;
    taskseal_keyring *ring;
};

taskseal_err taskseal_slot_new(taskseal_slot **out, taskseal_keyring *ring)
{
    if (out == NULL)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    *out = NULL;
    if (ring == NULL)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    taskseal_slot *slot = malloc(sizeof *slot);
    if (slot == NULL)
        return TASKSEAL_ERR_NO_MEMORY;
    if (pthread_mutex_init(&slot->mutex, NULL) != 0) {
        free(slot);
        return TASKSEAL_ERR_NO_MEMORY;
    }
    slot->ring = ring;
    *out = slot;
    return TASKSEAL_OK;
}

/* Locking a default mutex that is initialised, and that this thread does not hold, can't fail. */
taskseal_keyring *taskseal_slot_take(taskseal_slot *slot)
{
    if (slot == NULL)
        return NULL;
    (void)pthread_mutex_lock(&slot->mutex);
    taskseal_keyring *ring = taskseal__keyring_hold(slot->ring);
    (void)pthread_mutex_unlock(&slot->mutex);
    return ring;
}

taskseal_err taskseal_slot_put(taskseal_slot *slot, taskseal_keyring *ring)
{
    if (slot == NULL || ring == NULL)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    (void)pthread_mutex_lock(&slot->mutex);
    taskseal_keyring *old = slot->ring;
    slot->ring = ring;
    (void)pthread_mutex_unlock(&slot->mutex);
    taskseal_keyring_free(old); /* outside, because wiping takes time */
    return TASKSEAL_OK;
}

void taskseal_slot_free(taskseal_slot *slot)
{
    if (slot == NULL)
        return;
    taskseal_keyring_free(slot->ring);
    (void)pthread_mutex_destroy(&slot->mutex);
    free(slot);
}
