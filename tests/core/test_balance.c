/* SPDX-License-Identifier: MIT
 * Guarded memory and descriptors are given back, on success and on every failure. Guarded memory is mapped, so a sum
 * over the mappings shows it; neither LeakSanitizer nor valgrind counts it. */
#include "keyfile/cases.h"
#include "support/disk.h"
#include "support/faults.h"
#include "support/streams.h"

#include "core/protect.h"

#include <dirent.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WARMING = 3, MEASURED = 4 };

/* Bytes of the address space that are mapped. */
static uint64_t mapped(void)
{
    uint64_t sum = 0;
    uint64_t begin;
    uint64_t end;
    char line[512];
    FILE *maps = fopen("/proc/self/maps", "r");
    ck_assert_ptr_nonnull(maps);
    while (fgets(line, sizeof line, maps) != NULL)
        if (sscanf(line, "%" SCNx64 "-%" SCNx64, &begin, &end) == 2)
            sum += end - begin;
    fclose(maps);
    ck_assert_uint_gt(sum, 0);
    return sum;
}

static size_t descriptors(void)
{
    size_t count = 0;
    DIR *listing = opendir("/proc/self/fd");
    ck_assert_ptr_nonnull(listing);
    while (readdir(listing) != NULL)
        count++;
    closedir(listing);
    return count;
}

/* ---- What is done, with the error that it is to give ---- */

static const char good[] = WITH("");
static const char bad[] = WITH(" not-after=tomorrow");
static blob protected_text;
static blob cut_text;

static taskseal_err read_source(const char *source, blob text, const char *passphrase)
{
    taskseal_keyring *ring;
    const taskseal_keyring_source from = {
        .source = source, .text = {text.data, text.len}, .passphrase = taskseal_str(passphrase)};
    const taskseal_err err = taskseal_keyring_read(&ring, &from, NULL);
    if (err == TASKSEAL_OK)
        taskseal_keyring_free(ring);
    return err;
}

static taskseal_err read_words(const char *words)
{
    return read_source(NULL, (blob){(uint8_t *)(uintptr_t)words, strlen(words)}, NULL);
}

static taskseal_err read_good(void)
{
    return read_words(good);
}

static taskseal_err read_bad(void)
{
    return read_words(bad);
}

static taskseal_err read_protected(void)
{
    return read_source(NULL, protected_text, "p");
}

static taskseal_err read_with_another_passphrase(void)
{
    return read_source(NULL, protected_text, "q");
}

static taskseal_err read_without_passphrase(void)
{
    return read_source(NULL, protected_text, NULL);
}

static taskseal_err read_cut(void)
{
    return read_source(NULL, cut_text, "p");
}

static taskseal_err load(const char *text, mode_t mode)
{
    const char *path = path_of("load");
    (void)unlink(path);
    write_file(path, text, strlen(text), mode);
    return read_source(path, (blob){NULL, 0}, NULL);
}

static taskseal_err load_good(void)
{
    return load(good, 0600);
}

static taskseal_err load_bad(void)
{
    return load(bad, 0600);
}

static taskseal_err load_public(void)
{
    return load(good, 0644);
}

static taskseal_err load_unreadable(void)
{
    faults.file = READ_FAILS;
    const taskseal_err err = load(good, 0600);
    faults.file = FILES_WORK;
    return err;
}

static taskseal_err create(void)
{
    (void)unlink(path_of("new"));
    return taskseal_keyfile_create(path_of("new"), "k", TASKSEAL_KEY_XCHACHA20POLY1305, NULL);
}

static taskseal_err create_again(void)
{
    assert_ok(create());
    return taskseal_keyfile_create(path_of("new"), "k", TASKSEAL_KEY_XCHACHA20POLY1305, NULL);
}

/* With argon2id at the cost that `protected_text` was made with. */
static taskseal_err apply_change(blob text, const taskseal_keyfile_change *change)
{
    const char *path = path_of("change");
    (void)unlink(path);
    write_file(path, text.data, text.len, 0600);
    faults.passphrases_are_cheap = true;
    const taskseal_err err = taskseal_keyfile_apply(path, change, NULL);
    faults.passphrases_are_cheap = false;
    return err;
}

static taskseal_err apply_to(blob text, taskseal_keyfile_action action, const char *key_id,
                             const char *passphrase)
{
    const taskseal_keyfile_change change = {
        .action = action, .key_id = key_id, .passphrase = taskseal_str(passphrase)};
    return apply_change(text, &change);
}

static taskseal_err apply(taskseal_keyfile_action action, const char *key_id)
{
    return apply_to(blob_copy(good, sizeof good - 1), action, key_id, NULL);
}

static taskseal_err add_key(void)
{
    return apply(TASKSEAL_KEYFILE_ADD, "l");
}

static taskseal_err add_key_again(void)
{
    return apply(TASKSEAL_KEYFILE_ADD, "k");
}

static taskseal_err demote_key(void)
{
    return apply(TASKSEAL_KEYFILE_DEMOTE, "k");
}

static taskseal_err demote_no_key(void)
{
    return apply(TASKSEAL_KEYFILE_DEMOTE, "x");
}

static taskseal_err unprotect_file(void)
{
    return apply_to(protected_text, TASKSEAL_KEYFILE_PROTECT, NULL, "p");
}

static taskseal_err protect_file(void)
{
    const taskseal_keyfile_change change = {.action = TASKSEAL_KEYFILE_PROTECT,
                                            .new_passphrase = taskseal_str("p")};
    return apply_change(blob_copy(good, sizeof good - 1), &change);
}

static taskseal_err change_protected(void)
{
    return apply_to(protected_text, TASKSEAL_KEYFILE_DEMOTE, "k", "p");
}

static taskseal_err change_with_another_passphrase(void)
{
    return apply_to(protected_text, TASKSEAL_KEYFILE_DEMOTE, "k", "q");
}

static taskseal_err change_bad(void)
{
    return apply_to(blob_copy(bad, sizeof bad - 1), TASKSEAL_KEYFILE_DEMOTE, "k", NULL);
}

static taskseal_err change_unwritable(void)
{
    faults.file = FSYNC_FAILS;
    const taskseal_err err = apply(TASKSEAL_KEYFILE_DEMOTE, "k");
    faults.file = FILES_WORK;
    return err;
}

static taskseal_err protect_text(void)
{
    static const taskseal__protect_cost cheap = {1, 8};
    char *text;
    size_t len;
    const taskseal_err err =
        taskseal__protect(good, sizeof good - 1, taskseal_str("p"), &cheap, &text, &len, NULL);
    sodium_free(text);
    return err;
}

static taskseal_err protect_without_randomness(void)
{
    faults.random = RANDOM_FAILS;
    const taskseal_err err = protect_text();
    faults.random = RANDOM_WORKS;
    return err;
}

static taskseal_err seal_a_stream(void)
{
    taskseal_keyring *ring;
    taskseal_stream *stream;
    const taskseal_key key = key_of("k");
    assert_ok(taskseal_keyring_new(&ring, &key, 1, NULL));
    const taskseal_seal_options options = sealing(ring);
    const taskseal_err err = taskseal_stream_seal(&stream, &options);
    taskseal_stream_free(stream);
    taskseal_keyring_free(ring);
    return err;
}

static taskseal_err seal_a_stream_without_randomness(void)
{
    const taskseal_key key = key_of("k");
    taskseal_keyring *ring;
    taskseal_stream *stream;
    assert_ok(taskseal_keyring_new(&ring, &key, 1, NULL));
    const taskseal_seal_options options = sealing(ring);
    faults.random = RANDOM_FAILS;
    const taskseal_err err = taskseal_stream_seal(&stream, &options);
    faults.random = RANDOM_WORKS;
    ck_assert_ptr_null(stream);
    taskseal_keyring_free(ring);
    return err;
}

static taskseal_err exchange_rings(void)
{
    taskseal_keyring *rings[2];
    taskseal_slot *slot;
    const taskseal_key key = key_of("k");
    for (size_t i = 0; i < 2; i++)
        assert_ok(taskseal_keyring_new(&rings[i], &key, 1, NULL));
    assert_ok(taskseal_slot_new(&slot, rings[0]));
    taskseal_keyring *taken = taskseal_slot_take(slot);
    assert_ok(taskseal_slot_put(slot, rings[1]));
    taskseal_keyring_free(taken);
    taskseal_slot_free(slot);
    return TASKSEAL_OK;
}

static const struct {
    const char *name;
    taskseal_err (*run)(void);
    taskseal_err expected;
} cases[] = {
#define CASE(function, err)                                                                                  \
    {                                                                                                        \
#function, function, TASKSEAL_##err                                                                  \
    }
    CASE(read_good, OK),
    CASE(read_bad, ERR_KEYFILE_MALFORMED),
    CASE(read_protected, OK),
    CASE(read_with_another_passphrase, ERR_KEYFILE_PASSPHRASE),
    CASE(read_without_passphrase, ERR_KEYFILE_PASSPHRASE),
    CASE(read_cut, ERR_KEYFILE_MALFORMED),
    CASE(load_good, OK),
    CASE(load_bad, ERR_KEYFILE_MALFORMED),
    CASE(load_public, ERR_KEYFILE_PERMISSIONS),
    CASE(load_unreadable, ERR_KEYFILE_READ),
    CASE(create, OK),
    CASE(create_again, ERR_KEYFILE_EXISTS),
    CASE(add_key, OK),
    CASE(add_key_again, ERR_KEYFILE_CHANGE),
    CASE(demote_key, OK),
    CASE(demote_no_key, ERR_UNKNOWN_KEY),
    CASE(protect_file, OK),
    CASE(unprotect_file, OK),
    CASE(change_protected, OK),
    CASE(change_with_another_passphrase, ERR_KEYFILE_PASSPHRASE),
    CASE(change_bad, ERR_KEYFILE_MALFORMED),
    CASE(change_unwritable, ERR_KEYFILE_WRITE),
    CASE(protect_text, OK),
    CASE(protect_without_randomness, ERR_NO_RANDOM),
    CASE(seal_a_stream, OK),
    CASE(seal_a_stream_without_randomness, ERR_NO_RANDOM),
    CASE(exchange_rings, OK),
#undef CASE
};

static void make_protected_text(void)
{
    static const taskseal__protect_cost cheap = {1, 8};
    char *text;
    size_t len;
    ck_assert_int_ge(sodium_init(), 0);
    assert_ok(taskseal__protect(good, sizeof good - 1, taskseal_str("p"), &cheap, &text, &len, NULL));
    protected_text = blob_copy(text, len);
    cut_text = blob_copy(text, len - 5);
    sodium_free(text);
}

START_TEST(nothing_stays_mapped_or_open)
{
    make_protected_text();
    for (int i = 0; i < WARMING; i++)
        assert_err(cases[_i].expected, cases[_i].run());
    const uint64_t before = mapped();
    const size_t opened_before = descriptors();
    for (int i = 0; i < MEASURED; i++)
        assert_err(cases[_i].expected, cases[_i].run());
    ck_assert_uint_eq(descriptors(), opened_before);
    if (!SANITISED) /* they map memory of their own as they go */
        ck_assert_msg(mapped() < before + MEASURED * 4096, "%s", cases[_i].name);
}
END_TEST

/* The control. */
START_TEST(guarded_memory_that_is_kept_is_seen)
{
    const uint64_t before = mapped();
    void *kept[MEASURED];
    ck_assert_int_ge(sodium_init(), 0);
    for (size_t i = 0; i < MEASURED; i++)
        kept[i] = sodium_malloc(32);
    ck_assert_uint_ge(mapped(), before + MEASURED * 4096);
    for (size_t i = 0; i < MEASURED; i++)
        sodium_free(kept[i]);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("balance");
    TCase *tests = add_disk_case(suite, "given back");
    tcase_add_checked_fixture(tests, faults_reset, faults_reset);
    tcase_add_loop_test(tests, nothing_stays_mapped_or_open, 0, (int)COUNT_OF(cases));
    tcase_add_test(tests, guarded_memory_that_is_kept_is_seen);
    return suite;
}
