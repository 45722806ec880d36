/* SPDX-License-Identifier: MIT
 * Trust files that change while endpoints live. */
#include <openssl/x509.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "redis/stamp.h"
#include "support/parties.h"

/* ---- CAs ---------------------------------------------------------------------------------------------------- */

START_TEST(a_new_ca_takes_over_at_the_next_connect_and_reconnect)
{
    taskseal_error error;
    redisContext *redis = NULL;
    taskseal_redis_endpoint *endpoint = place_endpoint("");
    assert_ok(taskseal_redis_connect(endpoint, &redis, &error));
    party_move_server(&new);
    assert_err(TASKSEAL_ERR_CERT_UNTRUSTED, taskseal_redis_reconnect(redis, &error));
    party_write_ca("ca.pem", &new);
    assert_ok(taskseal_redis_endpoint_trust(endpoint, &error));
    assert_ok(taskseal_redis_reconnect(redis, &error));
    party_move_server(&old);
    assert_err(TASKSEAL_ERR_CERT_UNTRUSTED, taskseal_redis_reconnect(redis, &error));
    redisFree(redis);
    taskseal_redis_endpoint_free(endpoint);
}
END_TEST

START_TEST(an_open_connection_keeps_its_trust)
{
    taskseal_error error;
    redisContext *redis = NULL;
    taskseal_redis_endpoint *endpoint = place_endpoint("");
    assert_ok(taskseal_redis_connect(endpoint, &redis, &error));
    party_write_ca("ca.pem", &new);
    assert_ok(taskseal_redis_endpoint_trust(endpoint, &error));
    redisReply *reply = redisCommand(redis, "LLEN k");
    ck_assert_ptr_nonnull(reply);
    freeReplyObject(reply);
    redisFree(redis);
    taskseal_redis_endpoint_free(endpoint);
}
END_TEST

START_TEST(a_bad_new_file_keeps_the_old_trust_and_says_so)
{
    static const struct {
        const char *text, *says;
    } bad[] = {{"", "holds no certificate in PEM form"},
               {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "can't be read"},
               {NULL, "can't be read: No such file"}};
    taskseal_error error;
    taskseal_redis_endpoint *endpoint = place_endpoint("");
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (bad[i].text != NULL)
            place_write_text("ca.pem", bad[i].text);
        else
            ck_assert_int_eq(unlink(place_path("ca.pem")), 0);
        assert_ok(place_connect(endpoint, NULL, &error));
        assert_err(TASKSEAL_ERR_TRUST_CONFIG, taskseal_redis_endpoint_trust(endpoint, &error));
        ck_assert_msg(strstr(error.message, bad[i].says) != NULL, "message is: %s", error.message);
    }
    party_write_ca("ca.pem", &old);
    assert_ok(taskseal_redis_endpoint_trust(endpoint, &error));
    assert_ok(place_connect(endpoint, NULL, &error));
    taskseal_redis_endpoint_free(endpoint);
}
END_TEST

static size_t read_text(const char *name, char *text, size_t cap)
{
    FILE *file = fopen(place_path(name), "r");
    ck_assert_ptr_nonnull(file);
    size_t len = fread(text, 1, cap - 1, file);
    text[len] = '\0';
    (void)fclose(file);
    return len;
}

/* Written in place, to the same size, and at once: the clock of the file system may not have ticked between. */
START_TEST(a_file_that_changes_within_a_tick_is_noticed)
{
    char good[4096], bad[4096];
    taskseal_error error;
    struct stat first, last;
    taskseal_redis_endpoint *endpoint = place_endpoint("");
    size_t len = read_text("ca.pem", good, sizeof good);
    (void)memset(bad, 'x', len);
    bad[len] = '\0';
    ck_assert_int_eq(stat(place_path("ca.pem"), &first), 0);
    for (int round = 0; round < 300; round++) {
        place_write_text("ca.pem", bad);
        assert_err(TASKSEAL_ERR_TRUST_CONFIG, taskseal_redis_endpoint_trust(endpoint, &error));
        place_write_text("ca.pem", good);
        assert_ok(taskseal_redis_endpoint_trust(endpoint, &error));
    }
    ck_assert_int_eq(stat(place_path("ca.pem"), &last), 0);
    ck_assert(first.st_ino == last.st_ino && first.st_size == last.st_size);
    taskseal_redis_endpoint_free(endpoint);
}
END_TEST

/* Where that clock is too fine for the test above to need it. */
START_TEST(what_was_just_changed_does_not_count_as_read)
{
    taskseal__stamp read, now;
    const char *const paths[] = {place_path("ca.pem"), NULL};
    party_write_ca("ca.pem", &old);
    taskseal__stamp_take(&read, paths, COUNT_OF(paths), true);
    taskseal__stamp_take(&now, paths, COUNT_OF(paths), true);
    ck_assert_mem_eq(read.hash, now.hash, sizeof now.hash);
    ck_assert(read.recent && !taskseal__stamp_is_current(&read, &now));
    parties_settle();
    taskseal__stamp_take(&read, paths, COUNT_OF(paths), true);
    ck_assert(!read.recent && taskseal__stamp_is_current(&read, &now));
    ck_assert_int_eq(chmod(paths[0], 0600), 0);
    taskseal__stamp_take(&now, paths, COUNT_OF(paths), true);
    ck_assert(!taskseal__stamp_is_current(&read, &now));
}
END_TEST

START_TEST(a_replaced_link_is_noticed)
{
    taskseal_error error;
    ck_assert_int_eq(mkdir(place_path("1"), 0700), 0);
    ck_assert_int_eq(mkdir(place_path("2"), 0700), 0);
    party_write_ca("1/ca.pem", &old);
    party_write_ca("2/ca.pem", &new);
    ck_assert_int_eq(unlink(place_path("ca.pem")), 0);
    ck_assert_int_eq(symlink("1", place_path("data")), 0);
    ck_assert_int_eq(symlink("data/ca.pem", place_path("ca.pem")), 0);
    parties_settle();
    taskseal_redis_endpoint *endpoint = place_endpoint("");
    assert_ok(place_connect(endpoint, NULL, &error));
    ck_assert_int_eq(symlink("2", place_path("data.new")), 0);
    place_rename("data.new", "data");
    assert_err(TASKSEAL_ERR_CERT_UNTRUSTED, place_connect(endpoint, NULL, &error));
    taskseal_redis_endpoint_free(endpoint);
}
END_TEST

static void write_hashed(const char *directory, const party *p)
{
    char name[64];
    (void)snprintf(name, sizeof name, "%s/%08lx.0", directory,
                   X509_NAME_hash_ex(X509_get_subject_name(p->ca.certificate), NULL, NULL, NULL));
    write_certificates(place_path(name), p->ca.certificate, NULL);
}

START_TEST(a_directory_is_looked_at_with_its_entries)
{
    char uri[256];
    taskseal_error error;
    taskseal_redis_endpoint *endpoint = NULL;
    ck_assert_int_eq(mkdir(place_path("hashed"), 0700), 0);
    write_hashed("hashed", &old);
    parties_settle();
    (void)snprintf(uri, sizeof uri, "rediss://localhost:%u?cacert=%s", here.port, place_path("hashed"));
    assert_ok(taskseal_redis_endpoint_new(&endpoint, uri, &error));
    assert_ok(place_connect(endpoint, NULL, &error));
    place_write_text("hashed/00000000.0", "");
    write_hashed("hashed", &new);
    party_move_server(&new);
    assert_ok(place_connect(endpoint, NULL, &error));
    taskseal_redis_endpoint_free(endpoint);
}
END_TEST

START_TEST(endpoints_for_other_servers_share_the_trust)
{
    taskseal_error error;
    taskseal_redis_endpoint *other = NULL;
    taskseal_redis_endpoint *base = place_endpoint("");
    assert_ok(taskseal_redis_endpoint_for(&other, base, "localhost", here.port, &error));
    place_write_text("ca.pem", "");
    assert_ok(place_connect(other, NULL, &error));
    assert_err(TASKSEAL_ERR_TRUST_CONFIG, taskseal_redis_endpoint_trust(base, &error));
    assert_err(TASKSEAL_ERR_TRUST_CONFIG, taskseal_redis_endpoint_trust(other, &error));
    taskseal_redis_endpoint_free(other);
    taskseal_redis_endpoint_free(base);
}
END_TEST

/* ---- What is between us and a file ---------------------------------------------------------------------------- */

/* Want of descriptors says nothing of the file. If it counted as read, a list that revokes a server would stay unread until
 * it is replaced again. */
START_TEST(what_no_descriptor_was_left_for_is_read_later)
{
    taskseal_error error;
    struct rlimit before;
    taskseal_redis_endpoint *endpoint = place_endpoint("");
    party_write_ca("ca.pem", &new);
    parties_settle();
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit none = {.rlim_cur = 0, .rlim_max = before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    taskseal_err err = taskseal_redis_endpoint_trust(endpoint, &error);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_err(TASKSEAL_ERR_NO_MEMORY, err);
    ck_assert_msg(strstr(error.message, "Too many open files") != NULL, "message is: %s", error.message);
    assert_ok(taskseal_redis_endpoint_trust(endpoint, &error));
    assert_err(TASKSEAL_ERR_CERT_UNTRUSTED, place_connect(endpoint, NULL, &error));
    taskseal_redis_endpoint_free(endpoint);
}
END_TEST

static const char *const files[] = {"ca.pem", "client.pem", "client.key"};

/* Whoever may replace one file, a list that is fetched say, must not be able to stop all who connect. */
START_TEST(a_fifo_makes_nobody_wait)
{
    taskseal_error error;
    party_write_certificate(&old);
    party_write_key(&old);
    taskseal_redis_endpoint *endpoint = place_endpoint("&cert=@/client.pem&key=@/client.key");
    ck_assert_int_eq(unlink(place_path(files[_i])), 0);
    ck_assert_int_eq(mkfifo(place_path(files[_i]), 0600), 0);
    assert_ok(place_connect(endpoint, NULL, &error));
    assert_err(TASKSEAL_ERR_TRUST_CONFIG, taskseal_redis_endpoint_trust(endpoint, &error));
    ck_assert_msg(strstr(error.message, "is no regular file") != NULL, "message is: %s", error.message);
    taskseal_redis_endpoint_free(endpoint);
}
END_TEST

/* ---- Threads -------------------------------------------------------------------------------------------------- */

enum { THREADS = 4, CONNECTS = 25 };

typedef struct load {
    taskseal_redis_endpoint *endpoint;
    atomic_bool done;
    atomic_uint accepted, refused, other;
} load;

static void *connect_again_and_again(void *argument)
{
    load *l = argument;
    for (int i = 0; i < CONNECTS; i++) {
        taskseal_error error;
        redisContext *redis = NULL;
        taskseal_err err = taskseal_redis_connect(l->endpoint, &redis, &error);
        (void)atomic_fetch_add(err == TASKSEAL_OK                   ? &l->accepted
                               : err == TASKSEAL_ERR_CERT_UNTRUSTED ? &l->refused
                                                                    : &l->other,
                               1);
        redisFree(redis);
        err = taskseal_redis_endpoint_trust(l->endpoint, &error);
        if (err != TASKSEAL_OK && err != TASKSEAL_ERR_TRUST_CONFIG)
            (void)atomic_fetch_add(&l->other, 1);
    }
    return NULL;
}

static void *flip(void *argument)
{
    load *l = argument;
    for (unsigned i = 0; !atomic_load(&l->done); i++) {
        if (i % 3 == 0)
            place_write_text("new", "no certificate");
        else
            write_certificates(place_path("new"), i % 3 == 1 ? new.ca.certificate : old.ca.certificate, NULL);
        place_rename("new", "ca.pem");
        (void)nanosleep(&(struct timespec){.tv_nsec = 3000000}, NULL);
    }
    return NULL;
}

/* Each connection gets the one or the other trust, and nothing in between. */
START_TEST(threads_connect_while_files_are_replaced)
{
    taskseal_error error;
    pthread_t threads[THREADS], flipper;
    load l = {.endpoint = place_endpoint("")};
    ck_assert_int_eq(pthread_create(&flipper, NULL, flip, &l), 0);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, connect_again_and_again, &l), 0);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    atomic_store(&l.done, true);
    ck_assert_int_eq(pthread_join(flipper, NULL), 0);
    ck_assert_uint_eq(atomic_load(&l.other), 0);
    ck_assert_uint_eq(atomic_load(&l.accepted) + atomic_load(&l.refused), THREADS * CONNECTS);
    party_write_ca("ca.pem", &old);
    assert_ok(place_connect(l.endpoint, NULL, &error));
    taskseal_redis_endpoint_free(l.endpoint);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reload");
    TCase *tests = tcase_create("reload");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, parties_set_up, place_tear_down);
    tcase_add_test(tests, a_new_ca_takes_over_at_the_next_connect_and_reconnect);
    tcase_add_test(tests, an_open_connection_keeps_its_trust);
    tcase_add_test(tests, a_bad_new_file_keeps_the_old_trust_and_says_so);
    tcase_add_test(tests, a_file_that_changes_within_a_tick_is_noticed);
    tcase_add_test(tests, what_was_just_changed_does_not_count_as_read);
    tcase_add_test(tests, a_replaced_link_is_noticed);
    tcase_add_test(tests, a_directory_is_looked_at_with_its_entries);
    tcase_add_test(tests, endpoints_for_other_servers_share_the_trust);
    tcase_add_test(tests, what_no_descriptor_was_left_for_is_read_later);
    tcase_add_loop_test(tests, a_fifo_makes_nobody_wait, 0, (int)COUNT_OF(files));
    tcase_add_test(tests, threads_connect_while_files_are_replaced);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
