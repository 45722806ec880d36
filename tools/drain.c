/* SPDX-License-Identifier: MIT */
#include "drain.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <taskseal/asynq.h>

#include "common/envelope.h"
#include "common/report.h"

/* Keys beside those of the keyring: a forger could name any number. */
enum { STRANGERS_MAX = 1024 };

/* What envelopes begin with in binary form (F 3.2). */
static const uint8_t magic[] = {0xC1, 'T', 'S', 'L'};

int drain_begin(drain *self, const taskseal_keyring *ring)
{
    taskseal_key key;
    size_t count = 0;

    while (taskseal_keyring_key(ring, count, &key))
        count++;
    *self = (drain){.now = (uint64_t)time(NULL), .key_cap = count + STRANGERS_MAX};
    self->keys = calloc(self->key_cap, sizeof *self->keys);
    if (self->keys == NULL)
        return report_error(TASKSEAL_ERR_NO_MEMORY, NULL);
    for (; self->key_count < count; self->key_count++) {
        drain_key *to = &self->keys[self->key_count];
        (void)taskseal_keyring_key(ring, self->key_count, &to->key);
        memcpy(to->id, to->key.id, strlen(to->key.id) + 1);
        to->known = true;
    }
    return STATUS_OK;
}

void drain_end(drain *self)
{
    free(self->keys);
    buffer_free(&self->scratch);
    *self = (drain){0};
}

void drain_skip_one(drain *self, drain_skip why)
{
    self->skipped[why]++;
}

uint64_t drain_skipped(const drain *self)
{
    uint64_t sum = 0;

    for (int why = 0; why < DRAIN_SKIPS; why++)
        sum += self->skipped[why];
    return sum;
}

bool drain_complete(const drain *self)
{
    return drain_skipped(self) == 0 && (self->envelopes > 0 || self->plain > 0);
}

/* NULL if there is no room for another one. */
static drain_key *find(drain *self, const char *id)
{
    for (size_t i = 0; i < self->key_count; i++) {
        if (strcmp(self->keys[i].id, id) == 0)
            return &self->keys[i];
    }
    if (self->key_count == self->key_cap)
        return NULL;
    drain_key *fresh = &self->keys[self->key_count++];
    memcpy(fresh->id, id, strlen(id) + 1);
    return fresh;
}

bool drain_name(drain *self, const char *key_id)
{
    for (size_t i = 0; i < self->key_count; i++) {
        if (self->keys[i].known && strcmp(self->keys[i].id, key_id) == 0) {
            self->keys[i].named = true;
            self->some_named = true;
            return true;
        }
    }
    return false;
}

static void count(drain *self, const taskseal_info *info)
{
    self->envelopes++;
    for (size_t i = 0; i < info->stanza_count; i++) {
        drain_key *key = find(self, info->stanzas[i].key_id);
        if (key == NULL) {
            drain_skip_one(self, DRAIN_NO_ROOM);
            continue;
        }
        if (key->envelopes == 0 || info->sealed_at < key->oldest)
            key->oldest = info->sealed_at;
        if (info->expires_at > key->latest)
            key->latest = info->expires_at;
        key->never += info->expires_at == 0;
        key->envelopes++;
    }
}

static bool inspect(drain *self, const void *data, size_t len, taskseal_info *info)
{
    if (!envelope_is_text(data, len))
        return taskseal_inspect(data, len, info) == TASKSEAL_OK;
    if (self->scratch.cap < len) {
        buffer_free(&self->scratch);
        if (!buffer_reserve(&self->scratch, len))
            return false;
    }
    return taskseal_text_decode(data, len, self->scratch.data, self->scratch.cap, &self->scratch.len) ==
               TASKSEAL_OK &&
           taskseal_inspect(self->scratch.data, self->scratch.len, info) == TASKSEAL_OK;
}

/* JSON, a protobuf or another wrapping may hold an envelope: that can't be ruled out where its first bytes occur. */
static bool may_hold_envelope(const void *data, size_t len)
{
    return memmem(data, len, magic, sizeof magic) != NULL ||
           memmem(data, len, TASKSEAL_TEXT_PREFIX, strlen(TASKSEAL_TEXT_PREFIX)) != NULL;
}

static void take_sealed(drain *self, const void *data, size_t len)
{
    taskseal_info info;

    if (inspect(self, data, len, &info))
        count(self, &info);
    else
        drain_skip_one(self, DRAIN_UNREADABLE);
}

typedef struct message {
    drain *to;
    const char *at;   /* what is behind the last envelope */
    bool found;       /* one */
    bool holds_other; /* one may stand elsewhere */
} message;

static void take_part(taskseal_bytes sealed, taskseal_err err, void *data)
{
    message *self = data;

    self->found = true;
    self->holds_other =
        self->holds_other || may_hold_envelope(self->at, (size_t)((const char *)sealed.data - self->at));
    self->at = (const char *)sealed.data + sealed.len;
    if (err == TASKSEAL_OK)
        take_sealed(self->to, sealed.data, sealed.len);
    else
        drain_skip_one(self->to, DRAIN_UNREADABLE);
}

/* A task of Asynq: its payload or what a bundle of a group holds, and the text of its error. */
static bool take_message(drain *self, const void *data, size_t len)
{
    message parts = {.to = self, .at = data};

    if (taskseal_asynq_envelopes(data, len, take_part, &parts) != TASKSEAL_OK || !parts.found)
        return false;
    if (parts.holds_other || may_hold_envelope(parts.at, (size_t)((const char *)data + len - parts.at)))
        drain_skip_one(self, DRAIN_EMBEDDED);
    return true;
}

void drain_take(drain *self, const void *data, size_t len)
{
    if (taskseal_is_sealed(data, len) != TASKSEAL_PLAIN)
        take_sealed(self, data, len);
    else if (!may_hold_envelope(data, len))
        self->plain++;
    else if (!take_message(self, data, len))
        drain_skip_one(self, DRAIN_EMBEDDED);
}

drain_verdict drain_judge(const drain *self, const drain_key *key)
{
    if (!key->known)
        return DRAIN_STRANGER;
    if (key->key.state == TASKSEAL_KEY_RETIRED || key->key.state == TASKSEAL_KEY_COMPROMISED)
        return key->envelopes > 0 ? DRAIN_LOST : DRAIN_GONE;
    if (key->key.type == TASKSEAL_KEY_DEDUPE)
        return DRAIN_DEDUPE;
    if (key->key.state == TASKSEAL_KEY_ACTIVE)
        return DRAIN_ACTIVE;
    if (key->envelopes > 0)
        return DRAIN_IN_USE;
    if (key->key.not_after == 0)
        return DRAIN_NO_END;
    if (key->key.not_after >= self->now)
        return DRAIN_IN_GRACE;
    return drain_complete(self) ? DRAIN_MAY_RETIRE : DRAIN_INCOMPLETE;
}

bool drain_reports(const drain *self, const drain_key *key)
{
    return !self->some_named || key->named;
}

static bool is_fine(drain_verdict verdict, bool named)
{
    switch (verdict) {
    case DRAIN_MAY_RETIRE:
    case DRAIN_GONE:
        return true;
    case DRAIN_ACTIVE:
    case DRAIN_DEDUPE:
        return !named;
    default:
        return false;
    }
}

bool drain_is_done(const drain *self)
{
    bool done = drain_complete(self);

    for (size_t i = 0; i < self->key_count; i++) {
        const drain_key *key = &self->keys[i];
        if (drain_reports(self, key))
            done = done && is_fine(drain_judge(self, key), key->named);
    }
    return done;
}
