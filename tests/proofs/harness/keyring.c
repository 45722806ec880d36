/* SPDX-License-Identifier: MIT
 * What a keyring keeps of the keys that it is given. */
#include "proof.h"

#include <keyring.c>

#include "failing.h"

/* ---- What is given, and what is looked for ---- */

/* The same bytes or not, for a list of any length; whether it compares them is the proof keyring_find's. */
bool any_same(taskseal_bytes a, taskseal_bytes b)
{
    CHECK(a.data != NULL && b.data != NULL && a.len >= 1 && b.len >= 1, "two queues that were looked at");
    return nondet_bool();
}

void proof_queues_fault(void)
{
    static taskseal_bytes queues[5];
    static const char byte;
    taskseal_key key = {.queue_count = nondet_size()};
    size_t i = nondet_size();
    ASSUME(key.queue_count <= 5 || key.queue_count > 64,
           "the bound of this proof: five queues; 65 are too many");
    key.queues = nondet_bool() ? queues : NULL;
    for (size_t n = 0; n < 5; n++)
        queues[n] = (taskseal_bytes){nondet_bool() ? &byte : NULL, nondet_size()};
    if (queues_fault(&key) != NULL) {
        REACHED_IF(key.queue_count > 64, "too many");
        return;
    }
    CHECK(key.queue_count <= 64 && (key.queues == NULL) == (key.queue_count == 0), "1 to 64, or no list");
    CHECK(i >= key.queue_count || (queues[i].data != NULL && queues[i].len >= 1 && queues[i].len <= 65535),
          "each of 1 to 65535 bytes");
    REACHED_IF(key.queue_count == 5, "five");
    REACHED_IF(key.queue_count == 0, "no list");
}

/* Ids and queues are the same if they are as long and hold the same bytes. */
void proof_keyring_find(void)
{
    static taskseal__key keys[2];
    static taskseal_bytes queues[2];
    const taskseal_keyring ring = {.keys = keys, .count = nondet_size()};
    size_t len = nondet_size();
    ASSUME(ring.count <= 2 && len <= 3, "the bound of this proof");
    const char *id = any_bytes(len);
    const taskseal__key *expected = NULL;
    bool serves = false;
    for (size_t m = 0; m < 2; m++) {
        const size_t n = 1 - m;
        keys[n].id_len = nondet_size();
        ASSUME(keys[n].id_len >= 1 && keys[n].id_len <= 3, "the bound of this proof");
        keys[n].id = any_bytes(keys[n].id_len);
        queues[n] = (taskseal_bytes){keys[n].id, keys[n].id_len};
        bool same = keys[n].id_len == len;
        for (size_t i = 0; i < 3; i++)
            same = same && (i >= len || keys[n].id[i] == id[i]);
        serves = serves || same;
        if (same && n < ring.count)
            expected = &keys[n];
    }
    const taskseal__key key = {.queues = queues, .queue_count = 2};
    CHECK(taskseal__keyring_find(&ring, id, len) == expected, "the first key of this id, or none");
    CHECK(taskseal__key_serves_queue(&key, (taskseal_bytes){id, len}) == serves, "true if it is in the list");
    REACHED_IF(expected == &keys[1] && len == 3, "the second key");
    REACHED_IF(expected == NULL && ring.count == 2, "none");
}

/* ---- Copies ---- */

/* Every queue of the list has a copy of its own, as long as memory lasts. */
void proof_copy_queues(void)
{
    taskseal_bytes queues[3];
    const taskseal_key given = {.queues = queues, .queue_count = nondet_size()};
    taskseal__key key = {0};
    size_t i = nondet_size(), j = nondet_size();
    ASSUME(given.queue_count <= 3, "the bound of this proof; queues_fault refuses more than 64");
    for (size_t n = 0; n < 3; n++) {
        queues[n].len = nondet_size();
        ASSUME(queues[n].len >= 1 && queues[n].len <= 3, "the bound of this proof; queues_fault refuses 0");
        queues[n].data = any_bytes(queues[n].len);
    }
    bool copied = copy_queues(&key, &given);
    CHECK(key.queue_count <= given.queue_count && (key.queues == NULL) <= (key.queue_count == 0),
          "no more than were given");
    CHECK(!copied || key.queue_count == given.queue_count, "all of them");
    CHECK(!copied || (key.queues == NULL) == (given.queue_count == 0), "no list stays no list");
    if (i < key.queue_count) {
        const char *copy = key.queues[i].data, *queue = queues[i].data;
        CHECK(copy != queue && key.queues[i].len == queues[i].len && __CPROVER_r_ok(copy, queues[i].len),
              "a copy, as long");
        CHECK(j >= queues[i].len || copy[j] == queue[j], "of the same bytes");
    }
    REACHED_IF(copied && key.queue_count == 3, "three");
    REACHED_IF(!copied && key.queue_count == 2, "no memory for the third");
    REACHED_IF(!copied && key.queues == NULL, "no memory for the list");
}

static taskseal_keyring g_ring;
static const taskseal_key *g_given;
static size_t g_count, g_added, g_made;
static bool g_copied;

bool any_copied(taskseal__key *key, const taskseal_key *given)
{
    CHECK(key == &g_ring.keys[g_count] && given == g_given, "the queues of this key");
    g_copied = nondet_bool();
    return g_copied;
}

void known_wrap_key(uint8_t *wrap_key, const uint8_t *kek, unsigned type, const char *key_id, size_t len)
{
    CHECK(wrap_key == g_ring.wrap_keys + 32 * g_count && __CPROVER_w_ok(wrap_key, 32), "its own place");
    CHECK(kek == g_given->secret && type == g_given->type && type != TASKSEAL_KEY_DEDUPE, "of this key");
    CHECK(key_id == g_ring.keys[g_count].id && __CPROVER_r_ok(key_id, len + 1) && key_id[len] == '\0',
          "for its id");
    g_made++;
}

/* Every key, behind 0 to 2 others: its id whole, its wrapping key in its own place. */
void proof_add_key(void)
{
    static taskseal__key keys[3];
    size_t len = nondet_size(), i = nondet_size();
    ASSUME(len >= 1 && len <= 8, "the bound of this proof");
    char *id = any_bytes(len + 1);
    for (size_t n = 0; n < 8; n++)
        ASSUME(n >= len || id[n] != '\0', "an id ends with its first NUL");
    id[len] = '\0';
    const taskseal_key given = {.id = id,
                                .type = nondet_bool() ? TASKSEAL_KEY_DEDUPE : TASKSEAL_KEY_XCHACHA20POLY1305,
                                .state = TASKSEAL_KEY_ACTIVE,
                                .secret = nondet_bool() ? any_bytes(TASKSEAL_KEY_BYTES) : NULL,
                                .not_before = nondet_u64(),
                                .not_after = nondet_u64()};
    g_given = &given;
    g_count = nondet_size();
    ASSUME(g_count <= 2, "the bound of this proof");
    g_ring = (taskseal_keyring){.keys = keys, .count = g_count, .wrap_keys = any_bytes(3 * 32)};
    bool added = add_key(&g_ring, &given);
    const taskseal__key *key = &keys[g_count];
    CHECK(g_ring.count == g_count + 1, "freeing the keyring frees it, whole or not");
    if (!added) {
        REACHED_IF(key->id == NULL, "no memory for the id");
        REACHED_IF(key->id != NULL, "no memory for its queues");
        return;
    }
    CHECK(key->id != id && key->id_len == len && key->id[len] == '\0', "a copy of the id, as long");
    CHECK(i >= len || key->id[i] == id[i], "of the same bytes");
    CHECK(key->type == given.type && key->not_before == given.not_before && key->not_after == given.not_after,
          "its type and window");
    CHECK(key->wrap_key == g_ring.wrap_keys + 32 * g_count, "its own place");
    CHECK((g_made == 1) == (given.secret != NULL && given.type != TASKSEAL_KEY_DEDUPE), "derived");
    CHECK(given.secret == NULL || g_made == 1 || i >= 32 || key->wrap_key[i] == given.secret[i],
          "a dedupe key's secret as it is");
    REACHED_IF(g_count == 2 && len == 8 && g_made == 1, "the longest");
    REACHED_IF(given.secret != NULL && g_made == 0, "a dedupe key");
}

/* ---- Memory ---- */

static size_t g_zeroed;
static bool g_locks;

void *known_array(size_t count, size_t size)
{
    CHECK(count >= 1 && count <= 1024 && size == 32, "a wrapping key for each");
    return nondet_bool() ? malloc(count * size) : NULL;
}

void zeroed(void *at, size_t len)
{
    CHECK(at == g_ring.wrap_keys && __CPROVER_w_ok(at, len), "the wrapping keys are there");
    g_zeroed = len;
}

int any_lock(void *const at, const size_t len)
{
    CHECK(at == g_ring.wrap_keys && len == g_zeroed && len > 0, "all of them are locked");
    g_locks = nondet_bool();
    return g_locks ? 0 : -1;
}

/* Room for a key and a wrapping key each, all zeros. */
void proof_keyring_allocate(void)
{
    size_t count = nondet_size();
    ASSUME(count >= 1 && count <= TASKSEAL_KEYS_MAX, "check_keys refuses others");
    if (!allocate(&g_ring, count)) {
        CHECK(g_ring.keys == NULL || g_ring.wrap_keys == NULL, "no memory");
        REACHED("no memory");
        return;
    }
    CHECK(__CPROVER_w_ok(g_ring.keys, count * sizeof *g_ring.keys), "room for every key");
    CHECK(__CPROVER_w_ok(g_ring.wrap_keys, count * 32) && g_zeroed == count * 32, "room for wrapping keys");
    CHECK(g_ring.locked == g_locks && g_ring.count == 0, "locked or not; no key yet");
    REACHED_IF(count == 1024, "as many as may be");
}

bool any_room(taskseal_keyring *ring, size_t count)
{
    CHECK(ring == &g_ring && count == g_count, "room for all");
    g_made = nondet_bool();
    return g_made == 1;
}

bool any_added(taskseal_keyring *ring, const taskseal_key *given)
{
    CHECK(ring == &g_ring && given == &g_given[g_added] && g_made == 1, "the next key, where there is room");
    g_copied = nondet_bool();
    g_added++;
    return g_copied;
}

int any_protection(void *pointer)
{
    CHECK(pointer == g_ring.wrap_keys && g_added == g_count, "when all of them are there");
    g_locks = nondet_bool();
    return g_locks ? 0 : -1;
}

void proof_keyring_fill(void)
{
    static const taskseal_key given[3];
    g_given = given;
    g_count = nondet_size();
    ASSUME(g_count >= 1 && g_count <= 3, "the bound of this proof");
    taskseal_err err = fill(&g_ring, given, g_count);
    CHECK(err != TASKSEAL_OK || (g_added == g_count && g_locks), "all of them, read-only");
    REACHED_IF(err == TASKSEAL_OK && g_added == 3, "three");
    REACHED_IF(err != TASKSEAL_OK && g_added == 2 && g_count == 3, "no memory in between");
    REACHED_IF(err != TASKSEAL_OK && g_made == 0, "no memory at all");
}

/* ---- From making to freeing: nothing is left, nothing freed twice ---- */

void *any_guarded(size_t count, size_t size)
{
    return nondet_bool() ? malloc(count * size) : NULL;
}

int any_result(void *pointer)
{
    (void)pointer;
    return nondet_bool() ? 0 : -1;
}

int any_lock_result(void *const at, const size_t len)
{
    CHECK(__CPROVER_w_ok(at, len), "what is locked is there");
    return nondet_bool() ? 0 : -1;
}

taskseal_err any_keys(const taskseal_key *keys, size_t count, taskseal_error *error)
{
    (void)keys, (void)count, (void)error;
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_BAD_ARGUMENT;
}

taskseal_err taskseal__sodium_init(void)
{
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_NO_RANDOM;
}

void derived(uint8_t *wrap_key, const uint8_t *kek, unsigned type, const char *key_id, size_t len)
{
    (void)kek, (void)type;
    CHECK(__CPROVER_w_ok(wrap_key, 32) && __CPROVER_r_ok(key_id, len), "there is room for the wrapping key");
}

void proof_keyring_memory(void)
{
    static const uint8_t secret[32];
    static const taskseal_bytes queues[2] = {{"a", 1}, {"bc", 2}};
    static taskseal_key keys[2] = {{.id = "k", .type = TASKSEAL_KEY_DEDUPE, .secret = secret},
                                   {.id = "long", .type = TASKSEAL_KEY_AEGIS256, .secret = secret}};
    taskseal_keyring *ring;
    keys[1].queues = queues;
    keys[1].queue_count = 2;
    taskseal_err err = taskseal_keyring_new(&ring, keys, 2, NULL);
    CHECK((err == TASKSEAL_OK) == (ring != NULL), "a keyring, or an error");
    REACHED_IF(err == TASKSEAL_OK, "a keyring");
    REACHED_IF(err == TASKSEAL_ERR_NO_MEMORY, "no memory");
    taskseal_keyring_free(ring);
}
