/* SPDX-License-Identifier: MIT
 * What the library wipes itself: each copy of a secret that it makes, in the whole length of the copy. What is left on
 * the stack all the same is for test_wipes.c. */
#include "support/faults.h"
#include "support/streams.h"
#include "support/wiping.h"

#include "core/keyring.h"
#include "core/opening.h"
#include "core/plan.h"
#include "core/stream.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEK = TASKSEAL__DEK_BYTES,
    KEYS = sizeof(taskseal__message_keys),
    HASH = sizeof(crypto_generichash_state),
    GCM = sizeof(crypto_aead_aes256gcm_state),
    ONE_KEY_RANDOM = DEK + 24,
    MAC_AT = 57 + 5 + 72 /* in an envelope for the key "k" */
};

/* Wipes of the stack that every unwrap makes, and every end of work with ChaCha20 (derive.c and chunk.c say why). */
#if defined(__x86_64__)
enum { PER_UNWRAP = 0, PER_CIPHER = 0 };
#else
enum { PER_UNWRAP = 1, PER_CIPHER = 1 };
#endif

/* An envelope whose secrets are known. */
typedef struct {
    taskseal_keyring *ring;
    taskseal_seal_options seals;
    taskseal_open_options opens;
    blob sealed;
    uint8_t random[ONE_KEY_RANDOM]; /* begins with the DEK */
    taskseal__message_keys keys;
    uint8_t mac[16];
} known;

static known make_known(void)
{
    known n = {.ring = RING(key_of("k"), key_of("l"))};
    n.seals = sealing(n.ring);
    n.opens = opening(n.ring);
    faults.random = RANDOM_REPEATS;
    n.sealed = seal(&n.seals, "payload", 7);
    repeated_random(n.random, sizeof n.random);
    taskseal__derive_message_keys(&n.keys, n.random, n.sealed.data, n.sealed.data[7], &n.seals.context);
    ck_assert_mem_eq(n.keys.commitment, n.sealed.data + 24, 32); /* so these are the secrets */
    memcpy(n.mac, n.sealed.data + MAC_AT, sizeof n.mac);
    wiping_begin();
    return n;
}

static size_t keys_wiped(const known *n)
{
    return wipes_of_secret(KEYS, &n->keys, sizeof n->keys);
}

/* Both do what the public calls do, but for the wipe of the keys, which is those calls' own: libsodium's hash wipes a
 * copy of its result too, and how often depends on its version. They return how often, and forget it. */
static size_t keys_wiped_when_sealing(const known *n)
{
    taskseal__plan p;
    taskseal__message_keys keys;
    uint8_t out[1000];
    assert_ok(taskseal__plan_make(&p, &n->seals, 7));
    wiping_begin();
    taskseal__plan_header(&p, &n->seals.context, n->random, &keys, out);
    ck_assert_mem_eq(&keys, &n->keys, sizeof keys);
    const size_t count = keys_wiped(n);
    wiping_begin();
    return count;
}

static size_t keys_wiped_when_opening(const known *n)
{
    taskseal__opening o;
    wiping_begin();
    assert_ok(taskseal__opening_begin(&o, &n->opens));
    assert_ok(taskseal__header_parse(&o.header, n->sealed.data, n->sealed.len));
    assert_ok(taskseal__opening_verify(&o));
    ck_assert_mem_eq(&o.keys, &n->keys, sizeof o.keys);
    const size_t count = keys_wiped(n);
    wiping_begin();
    return count;
}

/* ---- Sealing ---- */

START_TEST(sealing_wipes_its_random_bytes_and_the_payload_key)
{
    const known n = make_known();
    const size_t others = keys_wiped_when_sealing(&n);
    (void)seal(&n.seals, "payload", 7);
    ck_assert_uint_eq(wipes_of_secret(sizeof n.random, n.random, sizeof n.random), 1);
    ck_assert_uint_eq(keys_wiped(&n), others + 1);
    ck_assert_uint_eq(wipes_of(HASH), 2); /* of the payload key, of the MAC */
}
END_TEST

START_TEST(a_batch_wipes_the_random_bytes_of_all_its_messages)
{
    const known n = make_known();
    taskseal_seal_options options = n.seals;
    taskseal_seal_item items[2];
    uint8_t random[2 * ONE_KEY_RANDOM];
    options.context = (taskseal_context){{0}, {0}, {0}, {0}};
    for (size_t i = 0; i < COUNT_OF(items); i++)
        items[i] = (taskseal_seal_item){n.seals.context, "payload", 7, blob_new(1000).data, 1000, 0};
    assert_ok(taskseal_seal_batch(&options, items, COUNT_OF(items), NULL));
    repeated_random(random, sizeof random);
    ck_assert_uint_eq(wipes_of_secret(sizeof random, random, sizeof random), 1);
}
END_TEST

START_TEST(a_sealing_stream_wipes_what_it_was_made_from)
{
    const known n = make_known();
    const size_t others = keys_wiped_when_sealing(&n);
    taskseal_stream *s = sealing_stream(&n.seals);
    ck_assert_uint_eq(wipes_of_secret(TASKSEAL__RANDOM_MAX, n.random, sizeof n.random), 1);
    ck_assert_uint_eq(keys_wiped(&n), others + 1);
    ck_assert_uint_eq(stack_wipes(), 1);
    taskseal_stream_free(s);
}
END_TEST

/* ---- Opening ---- */

static taskseal_err open_once(const known *n, bool in_place)
{
    uint8_t out[1000];
    void *payload;
    size_t len;
    if (!in_place)
        return taskseal_open(&n->opens, n->sealed.data, n->sealed.len, out, sizeof out, &len, NULL);
    return taskseal_open_in_place(&n->opens, n->sealed.data, n->sealed.len, &payload, &len, NULL);
}

START_TEST(opening_wipes_dek_payload_key_and_mac)
{
    const known n = make_known();
    const size_t others = keys_wiped_when_opening(&n);
    assert_ok(open_once(&n, _i != 0));
    ck_assert_uint_eq(wipes_of_secret(DEK, n.random, DEK), 1);
    ck_assert_uint_eq(keys_wiped(&n), others + 1);
    ck_assert_uint_eq(wipes_of_secret(sizeof n.mac, n.mac, sizeof n.mac), 1);
    ck_assert_uint_eq(wipes_of(HASH), 2);
    ck_assert_uint_eq(stack_wipes(), PER_UNWRAP + PER_CIPHER);
}
END_TEST

START_TEST(an_opening_that_fails_wipes_the_same)
{
    known n = make_known();
    const size_t others = keys_wiped_when_opening(&n);
    n.opens.max_age = 1;
    n.opens.now = NOW + 2; /* found when the payload key is there */
    assert_err(TASKSEAL_ERR_EXPIRED, open_once(&n, _i != 0));
    ck_assert_uint_eq(wipes_of_secret(DEK, n.random, DEK), 1);
    ck_assert_uint_eq(keys_wiped(&n), others + 1);
    ck_assert_uint_eq(stack_wipes(), PER_UNWRAP + 1);
}
END_TEST

START_TEST(an_opening_stream_wipes_dek_and_its_copy_of_the_payload_key)
{
    const known n = make_known();
    const size_t others = keys_wiped_when_opening(&n);
    assert_ok(stream_open(&n.opens, n.sealed, 1000).err);
    ck_assert_uint_eq(wipes_of_secret(DEK, n.random, DEK), 1);
    ck_assert_uint_eq(keys_wiped(&n), others + 1);
    ck_assert_uint_eq(wipes_of_secret(32, n.keys.payload_key, 32), 1); /* the stream's own, when it ends */
    ck_assert_uint_eq(stack_wipes(), PER_UNWRAP + 1 + 2 * PER_CIPHER);
}
END_TEST

START_TEST(a_stream_that_ends_keeps_no_key_and_no_piece)
{
    const uint8_t zeros[TASKSEAL_CHUNK_BYTES] = {0};
    known n = make_known();
    uint8_t out[40000];
    size_t len;
    for (unsigned fails = 0; fails < 2; fails++) {
        n.sealed.data[n.sealed.len - 1] ^= (uint8_t)fails;
        taskseal_stream *s = opening_stream(&n.opens);
        assert_ok(taskseal_stream_update(s, n.sealed.data, n.sealed.len, out, sizeof out, &len));
        ck_assert_mem_eq(s->payload_key, n.keys.payload_key, sizeof s->payload_key);
        ck_assert_mem_ne(s->piece, zeros, 7);
        assert_err(fails ? TASKSEAL_ERR_DAMAGED : TASKSEAL_OK,
                   taskseal_stream_finish(s, out, sizeof out, &len, NULL));
        ck_assert_mem_eq(s->payload_key, zeros, sizeof s->payload_key);
        ck_assert_mem_eq(&s->cipher, zeros, sizeof s->cipher);
        ck_assert_mem_eq(s->piece, zeros, 23);
        ck_assert_uint_ge(wipes_of(sizeof s->piece), fails + 1);
        taskseal_stream_free(s);
    }
}
END_TEST

static taskseal_err unlock(const known *n, uint8_t *dek)
{
    taskseal__header header;
    assert_ok(taskseal__header_parse(&header, n->sealed.data, n->sealed.len));
    const taskseal__match match = {&n->ring->keys[0], &header.stanzas[0]};
    return taskseal__unlock(dek, &header, &match);
}

START_TEST(a_dek_that_is_not_authentic_is_wiped_at_once)
{
    static const size_t places[] = {MAC_AT, MAC_AT - 1}; /* the MAC, the tag of the wrap */
    known n = make_known();
    uint8_t dek[DEK];
    assert_ok(unlock(&n, dek));
    ck_assert_mem_eq(dek, n.random, DEK);
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        n.sealed.data[places[i]] ^= 1;
        memset(dek, 0xA5, sizeof dek);
        assert_err(TASKSEAL_ERR_AUTHENTICATION_FAILED, unlock(&n, dek));
        ck_assert(all_are(dek, sizeof dek, 0));
        n.sealed.data[places[i]] ^= 1;
    }
}
END_TEST

/* ---- Sealing anew, rewrapping ---- */

START_TEST(rewrapping_wipes_both_copies_of_the_dek)
{
    const known n = make_known();
    taskseal_rewrap_options options = rewrapping(n.ring);
    options.to_key_id = "l";
    (void)rewrap(&options, n.sealed);
    ck_assert_uint_eq(wipes_of_secret(DEK, n.random, DEK), 2);
    ck_assert_uint_eq(wipes_of_secret(sizeof n.mac, n.mac, sizeof n.mac), 1);
}
END_TEST

START_TEST(sealing_anew_wipes_the_keys_of_both_envelopes)
{
    const known n = make_known();
    const taskseal_reseal_options options = {.open = n.opens};
    const blob out = blob_new(10000);
    const size_t others = keys_wiped_when_opening(&n) + keys_wiped_when_sealing(&n);
    size_t len;
    assert_ok(taskseal_reseal(&options, n.sealed.data, n.sealed.len, out.data, out.len, &len, NULL));
    ck_assert_uint_eq(wipes_of_secret(sizeof n.random, n.random, sizeof n.random), 1);
    ck_assert_uint_eq(wipes_of_secret(DEK, n.random, DEK), 1);
    ck_assert_uint_eq(keys_wiped(&n), others + 2);
}
END_TEST

START_TEST(sealing_anew_without_randomness_wipes_the_payload)
{
    const known n = make_known();
    const taskseal_reseal_options options = {.open = n.opens};
    const blob out = blob_new(10000);
    fill(out, 0);
    const size_t others = keys_wiped_when_opening(&n);
    size_t len = 1;
    faults.random = RANDOM_FAILS;
    assert_err(TASKSEAL_ERR_NO_RANDOM,
               taskseal_reseal(&options, n.sealed.data, n.sealed.len, out.data, out.len, &len, NULL));
    ck_assert_uint_eq(len, 0);
    ck_assert_ptr_null(memmem(out.data, out.len, "payload", 7));
    ck_assert_uint_eq(wipes_of_secret(7, "payload", 7), 1);
    ck_assert_uint_eq(keys_wiped(&n), others + 1);
    ck_assert_uint_eq(stack_wipes(), PER_UNWRAP + 1 + PER_CIPHER);
}
END_TEST

/* ---- Suite 02, tags, keys ---- */

START_TEST(the_key_schedule_of_aes_is_wiped)
{
    known n = make_known();
    if (!taskseal_suite_available(TASKSEAL_SUITE_AES256GCM))
        return;
    n.seals.suite = TASKSEAL_SUITE_AES256GCM;
    n.sealed = seal(&n.seals, "payload", 7);
    ck_assert_uint_eq(wipes_of(GCM), 1);
    wiping_begin();
    assert_ok(open_once(&n, false));
    ck_assert_uint_eq(wipes_of(GCM), 1);
    wiping_begin();
    assert_ok(stream_open(&n.opens, n.sealed, 1000).err);
    ck_assert_uint_eq(wipes_of(sizeof(taskseal__cipher)), 1);
}
END_TEST

/* Where the cipher leaves keys on the stack, or does not overwrite what the hash left there (chunk.c). */
START_TEST(chunks_of_aes_and_aegis_wipe_the_stack_behind_them)
{
    known n = make_known();
    const taskseal_suite suite = (taskseal_suite)_i;
    const bool wipes = PER_CIPHER > 0 || suite != TASKSEAL_SUITE_CHACHA20POLY1305;
    const blob out = blob_new(taskseal_stream_size(1000));
    size_t len;
    if (!taskseal_suite_available(suite))
        return;
    n.seals.suite = suite;
    n.sealed = seal(&n.seals, "payload", 7);
    ck_assert((longest_stack_wipe() >= 4096) == wipes);
    wiping_begin();
    assert_ok(open_once(&n, false));
    ck_assert((longest_stack_wipe() >= 4096) == wipes);
    taskseal_stream *stream = opening_stream(&n.opens);
    assert_ok(taskseal_stream_update(stream, n.sealed.data, n.sealed.len, out.data, out.len, &len));
    wiping_begin(); /* the only chunk is the last one, which finish opens */
    assert_ok(taskseal_stream_finish(stream, out.data, out.len, &len, NULL));
    ck_assert_uint_eq(len, 7);
    ck_assert((longest_stack_wipe() >= 4096) == wipes);
    taskseal_stream_free(stream);
}
END_TEST

START_TEST(a_dedupe_tag_wipes_the_state_of_its_hash)
{
    taskseal_key key = key_of("k");
    key.type = TASKSEAL_KEY_DEDUPE;
    const taskseal_dedupe_options options = {.keyring = RING(key), .now = NOW};
    uint8_t tag[TASKSEAL_DEDUPE_TAG_BYTES];
    wiping_begin();
    assert_ok(taskseal_dedupe_tag(&options, "payload", 7, tag));
    ck_assert_uint_eq(wipes_of(HASH), 1);
}
END_TEST

START_TEST(a_wrapping_key_is_derived_without_traces)
{
    const uint8_t zeros[TASKSEAL__WRAP_KEY_BYTES] = {0};
    wiping_begin();
    const taskseal_keyring *ring = RING(key_of("k"), key_in_state("r", TASKSEAL_KEY_RETIRED));
    ck_assert_uint_eq(wipes_of(HASH), 1);
    ck_assert_uint_eq(stack_wipes(), 1);
    ck_assert_mem_ne(ring->keys[0].wrap_key, zeros, sizeof zeros);
    ck_assert_mem_eq(ring->keys[1].wrap_key, zeros, sizeof zeros);
}
END_TEST

/* ---- The control ---- */

START_TEST(a_wipe_that_is_too_short_or_of_something_else_is_not_counted)
{
    uint8_t secret[32] = "a secret of thirty-one letters.";
    wiping_begin();
    sodium_memzero(secret, 8);
    ck_assert_uint_eq(wipes_of_secret(32, "a secret", 8), 0);
    ck_assert_uint_eq(wipes_of_secret(8, "a secret of", 11), 0);
    ck_assert_uint_eq(wipes_of_secret(8, "a secret", 8), 1);
    ck_assert_uint_eq(wipes_of(8), 1);
    ck_assert_uint_eq(stack_wipes(), 0);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("wiped");
    TCase *tests = add_faults_case(suite, "copies of secrets");
    tcase_add_test(tests, sealing_wipes_its_random_bytes_and_the_payload_key);
    tcase_add_test(tests, a_batch_wipes_the_random_bytes_of_all_its_messages);
    tcase_add_test(tests, a_sealing_stream_wipes_what_it_was_made_from);
    tcase_add_loop_test(tests, opening_wipes_dek_payload_key_and_mac, 0, 2);
    tcase_add_loop_test(tests, an_opening_that_fails_wipes_the_same, 0, 2);
    tcase_add_test(tests, an_opening_stream_wipes_dek_and_its_copy_of_the_payload_key);
    tcase_add_test(tests, a_stream_that_ends_keeps_no_key_and_no_piece);
    tcase_add_test(tests, a_dek_that_is_not_authentic_is_wiped_at_once);
    tcase_add_test(tests, rewrapping_wipes_both_copies_of_the_dek);
    tcase_add_test(tests, sealing_anew_wipes_the_keys_of_both_envelopes);
    tcase_add_test(tests, sealing_anew_without_randomness_wipes_the_payload);
    tcase_add_test(tests, the_key_schedule_of_aes_is_wiped);
    tcase_add_loop_test(tests, chunks_of_aes_and_aegis_wipe_the_stack_behind_them, 1, 4);
    tcase_add_test(tests, a_dedupe_tag_wipes_the_state_of_its_hash);
    tcase_add_test(tests, a_wrapping_key_is_derived_without_traces);
    tcase_add_test(tests, a_wipe_that_is_too_short_or_of_something_else_is_not_counted);
    return suite;
}
