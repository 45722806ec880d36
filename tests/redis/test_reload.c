/* SPDX-License-Identifier: MIT
 * Trust files that change while endpoints live. */
#include <openssl/pem.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "support/place.h"

/* Another system: a CA of its own, and a server and a client below it. */
typedef struct party {
    identity ca, server, client;
} party;

static party old, new;

static party make_party(const char *name, unsigned key_number)
{
    party p;
    cert_spec ca = spec_ca(name), server = spec_server("DNS:localhost"), client = spec_client("worker");
    ca.key_number = key_number;
    client.key_number = key_number + 1;
    p.ca = issue(&ca, NULL);
    p.server = issue(&server, &p.ca);
    p.client = issue(&client, &p.ca);
    return p;
}

static void write_ca(const char *name, const party *p)
{
    write_certificates(place_path("new"), p->ca.certificate, NULL);
    place_rename("new", name);
}

static void set_up(void)
{
    place_set_up();
    old = make_party("old root", 1);
    new = make_party("new root", 4);
    write_ca("ca.pem", &old);
    place_serve_leaf(old.server);
}

static void move_server_to(const party *p)
{
    place_stop();
    place_serve_leaf(p->server);
}

/* Until no file counts as just changed. */
static void settle(void)
{
    (void)nanosleep(&(struct timespec){.tv_sec = 3, .tv_nsec = 100000000}, NULL);
}

/* ---- CAs ---------------------------------------------------------------------------------------------------- */

START_TEST(a_new_ca_takes_over_at_the_next_connect_and_reconnect)
{
    taskseal_error error;
    redisContext *redis = NULL;
    taskseal_redis_endpoint *endpoint = place_endpoint("");
    assert_ok(taskseal_redis_connect(endpoint, &redis, &error));
    move_server_to(&new);
    assert_err(TASKSEAL_ERR_CERT_UNTRUSTED, taskseal_redis_reconnect(redis, &error));
    write_ca("ca.pem", &new);
    assert_ok(taskseal_redis_endpoint_trust(endpoint, &error));
    assert_ok(taskseal_redis_reconnect(redis, &error));
    move_server_to(&old);
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
    write_ca("ca.pem", &new);
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
    write_ca("ca.pem", &old);
    assert_ok(taskseal_redis_endpoint_trust(endpoint, &error));
    assert_ok(place_connect(endpoint, NULL, &error));
    taskseal_redis_endpoint_free(endpoint);
}
END_TEST

/* Written in place, to the same size: only the times tell, and those not before they tick on. */
START_TEST(a_file_that_changes_within_a_tick_is_noticed)
{
    taskseal_error error;
    struct stat before, after;
    taskseal_redis_endpoint *endpoint = place_endpoint("");
    for (int round = 0; round < 20; round++) {
        const party *p = round % 2 == 0 ? &new : &old;
        ck_assert_int_eq(stat(place_path("ca.pem"), &before), 0);
        write_certificates(place_path("ca.pem"), p->ca.certificate, NULL);
        ck_assert_int_eq(stat(place_path("ca.pem"), &after), 0);
        ck_assert_uint_eq(before.st_ino, after.st_ino);
        assert_err(round % 2 == 0 ? TASKSEAL_ERR_CERT_UNTRUSTED : TASKSEAL_OK,
                   place_connect(endpoint, NULL, &error));
    }
    taskseal_redis_endpoint_free(endpoint);
}
END_TEST

START_TEST(a_replaced_link_is_noticed)
{
    taskseal_error error;
    ck_assert_int_eq(mkdir(place_path("1"), 0700), 0);
    ck_assert_int_eq(mkdir(place_path("2"), 0700), 0);
    write_ca("1/ca.pem", &old);
    write_ca("2/ca.pem", &new);
    ck_assert_int_eq(unlink(place_path("ca.pem")), 0);
    ck_assert_int_eq(symlink("1", place_path("data")), 0);
    ck_assert_int_eq(symlink("data/ca.pem", place_path("ca.pem")), 0);
    settle();
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
    settle();
    (void)snprintf(uri, sizeof uri, "rediss://localhost:%u?cacert=%s", here.port, place_path("hashed"));
    assert_ok(taskseal_redis_endpoint_new(&endpoint, uri, &error));
    assert_ok(place_connect(endpoint, NULL, &error));
    place_write_text("hashed/00000000.0", "");
    write_hashed("hashed", &new);
    move_server_to(&new);
    assert_ok(place_connect(endpoint, NULL, &error));
    taskseal_redis_endpoint_free(endpoint);
}
END_TEST

/* ---- The client's certificate ------------------------------------------------------------------------------- */

static void write_client_certificate(const party *p)
{
    write_certificates(place_path("new"), p->client.certificate, NULL);
    place_rename("new", "client.pem");
}

static void write_client_key(const party *p)
{
    write_key(place_path("new"), p->client.key);
    place_rename("new", "client.key");
}

START_TEST(a_certificate_counts_once_its_key_has_come)
{
    taskseal_error error;
    taskseal_redis_peer peer;
    write_client_certificate(&old);
    write_client_key(&old);
    place_stop();
    place_serve(&(server_spec){.leaf = old.server, .client_ca = old.ca.certificate});
    taskseal_redis_endpoint *endpoint = place_endpoint("&cert=@/client.pem&key=@/client.key");
    assert_ok(place_connect(endpoint, &peer, &error));
    ck_assert(peer.client_certificate);
    write_client_certificate(&new);
    assert_ok(place_connect(endpoint, NULL, &error)); /* with the old pair */
    assert_err(TASKSEAL_ERR_TRUST_CONFIG, taskseal_redis_endpoint_trust(endpoint, &error));
    ck_assert_msg(strstr(error.message, "does not belong to `cert`") != NULL, "message is: %s",
                  error.message);
    write_client_key(&new);
    assert_ok(taskseal_redis_endpoint_trust(endpoint, &error));
    assert_err(TASKSEAL_ERR_CLIENT_CERT_REFUSED, place_connect(endpoint, NULL, &error));
    place_stop();
    place_serve(&(server_spec){.leaf = old.server, .client_ca = new.ca.certificate});
    assert_ok(place_connect(endpoint, NULL, &error));
    taskseal_redis_endpoint_free(endpoint);
}
END_TEST

typedef struct keeper {
    const char *passphrase; /* NULL: none */
    unsigned asked;
    int answer; /* what the callback returns; 0: the length */
} keeper;

static int give(char *out, size_t cap, void *argument)
{
    keeper *k = argument;
    k->asked++;
    if (k->passphrase == NULL)
        return k->answer;
    size_t len = strlen(k->passphrase);
    ck_assert_uint_le(len, cap);
    memcpy(out, k->passphrase, len);
    return k->answer != 0 ? k->answer : (int)len;
}

/* As older versions of OpenSSL wrote keys: "Proc-Type: 4,ENCRYPTED". */
static int write_traditional(FILE *file, EVP_PKEY *key, const char *passphrase)
{
    BIO *out = BIO_new_fp(file, BIO_NOCLOSE);
    int written = PEM_write_bio_PrivateKey_traditional(out, key, EVP_aes_256_cbc(),
                                                       (const unsigned char *)passphrase,
                                                       (int)strlen(passphrase), NULL, NULL);
    BIO_free(out);
    return written;
}

static void write_locked_key(const party *p, const char *passphrase, bool traditional)
{
    FILE *file = fopen(place_path("new"), "w");
    ck_assert_ptr_nonnull(file);
    int written = traditional
                      ? write_traditional(file, p->client.key, passphrase)
                      : PEM_write_PKCS8PrivateKey(file, p->client.key, EVP_aes_256_cbc(), passphrase,
                                                  (int)strlen(passphrase), NULL, NULL);
    ck_assert_int_eq(written, 1);
    ck_assert_int_eq(fclose(file), 0);
    place_rename("new", "client.key");
}

static const char mtls[] = "&cert=@/client.pem&key=@/client.key";

START_TEST(an_encrypted_key_is_opened_with_its_passphrase)
{
    taskseal_error error;
    keeper k = {.passphrase = "Sesame-42-open"};
    taskseal_redis_options options = {.passphrase = give, .passphrase_argument = &k};
    taskseal_redis_endpoint *endpoint = NULL;
    write_client_certificate(&old);
    write_locked_key(&old, k.passphrase, _i == 1);
    place_stop();
    place_serve(&(server_spec){.leaf = old.server, .client_ca = old.ca.certificate});
    taskseal_err err = place_try_endpoint(mtls, &options, &endpoint, &error);
    ck_assert_msg(err == TASKSEAL_OK, "%s", error.message);
    ck_assert_uint_eq(k.asked, 1);
    assert_ok(place_connect(endpoint, NULL, &error));
    k.passphrase = "another"; /* for the next key */
    write_locked_key(&old, k.passphrase, _i == 1);
    assert_ok(taskseal_redis_endpoint_trust(endpoint, &error));
    k.passphrase = "wrong";
    write_locked_key(&old, "right", _i == 1);
    assert_err(TASKSEAL_ERR_TRUST_CONFIG, taskseal_redis_endpoint_trust(endpoint, &error));
    assert_ok(place_connect(endpoint, NULL, &error));
    taskseal_redis_endpoint_free(endpoint);
}
END_TEST

static const struct {
    keeper k;
    const char *says;
} bad_keepers[] = {
    {{.passphrase = "wrong"}, "the passphrase does not decrypt it"},
    {{.passphrase = NULL, .answer = 0}, "the passphrase callback gave no passphrase"},
    {{.passphrase = NULL, .answer = -1}, "the passphrase callback gave no passphrase"},
    {{.passphrase = "right", .answer = 1000000}, "the passphrase callback gave no passphrase"},
};

START_TEST(a_passphrase_that_is_wrong_or_missing_is_said)
{
    taskseal_error error;
    keeper k = bad_keepers[_i].k;
    taskseal_redis_options options = {.passphrase = give, .passphrase_argument = &k};
    taskseal_redis_endpoint *endpoint = NULL;
    write_client_certificate(&old);
    write_locked_key(&old, "right", false);
    assert_err(TASKSEAL_ERR_TRUST_CONFIG, place_try_endpoint(mtls, &options, &endpoint, &error));
    ck_assert_msg(strstr(error.message, bad_keepers[_i].says) != NULL, "message is: %s", error.message);
    k = (keeper){.passphrase = "right"};
    assert_ok(place_try_endpoint(mtls, &options, &endpoint, &error));
    taskseal_redis_endpoint_free(endpoint);
}
END_TEST

START_TEST(without_a_callback_an_encrypted_key_is_refused)
{
    taskseal_error error;
    taskseal_redis_options options = {0};
    taskseal_redis_endpoint *endpoint = NULL;
    write_client_certificate(&old);
    write_locked_key(&old, "right", false);
    assert_err(TASKSEAL_ERR_TRUST_CONFIG, place_try_endpoint(mtls, &options, &endpoint, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "give a passphrase callback"));
    write_client_key(&old);
    assert_ok(place_try_endpoint(mtls, &options, &endpoint, &error));
    taskseal_redis_endpoint_free(endpoint);
}
END_TEST

START_TEST(nobody_is_asked_for_a_key_that_is_not_encrypted)
{
    taskseal_error error;
    keeper k = {.passphrase = "right"};
    taskseal_redis_options options = {.passphrase = give, .passphrase_argument = &k};
    taskseal_redis_endpoint *endpoint = NULL;
    write_client_certificate(&old);
    write_client_key(&old);
    assert_ok(place_try_endpoint(mtls, &options, &endpoint, &error));
    ck_assert_uint_eq(k.asked, 0);
    taskseal_redis_endpoint_free(endpoint);
}
END_TEST

/* The callback counts how often the files are read. */
START_TEST(files_are_read_once_for_each_state)
{
    taskseal_error error;
    keeper k = {.passphrase = "right"};
    taskseal_redis_options options = {.passphrase = give, .passphrase_argument = &k};
    taskseal_redis_endpoint *endpoint = NULL;
    write_client_certificate(&old);
    write_locked_key(&old, "right", false);
    settle();
    assert_ok(place_try_endpoint(mtls, &options, &endpoint, &error));
    for (int i = 0; i < 5; i++)
        assert_ok(place_connect(endpoint, NULL, &error));
    ck_assert_uint_eq(k.asked, 1);

    k = (keeper){.passphrase = "wrong"};
    write_locked_key(&old, "right again", false);
    settle();
    for (int i = 0; i < 5; i++) {
        assert_ok(place_connect(endpoint, NULL, &error));
        assert_err(TASKSEAL_ERR_TRUST_CONFIG, taskseal_redis_endpoint_trust(endpoint, &error));
    }
    ck_assert_uint_eq(k.asked, 2); /* at once, before it was believed */

    k.passphrase = "right again";
    assert_err(TASKSEAL_ERR_TRUST_CONFIG, taskseal_redis_endpoint_trust(endpoint, &error));
    ck_assert_int_eq(chmod(place_path("client.key"), 0400), 0); /* any change of it will do */
    assert_ok(taskseal_redis_endpoint_trust(endpoint, &error));
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
        (void)atomic_fetch_add(err == TASKSEAL_OK                    ? &l->accepted
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
            write_certificates(place_path("new"), i % 3 == 1 ? new.ca.certificate : old.ca.certificate,
                               NULL);
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
    write_ca("ca.pem", &old);
    assert_ok(place_connect(l.endpoint, NULL, &error));
    taskseal_redis_endpoint_free(l.endpoint);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reload");
    TCase *tests = tcase_create("reload");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, set_up, place_tear_down);
    tcase_add_test(tests, a_new_ca_takes_over_at_the_next_connect_and_reconnect);
    tcase_add_test(tests, an_open_connection_keeps_its_trust);
    tcase_add_test(tests, a_bad_new_file_keeps_the_old_trust_and_says_so);
    tcase_add_test(tests, a_file_that_changes_within_a_tick_is_noticed);
    tcase_add_test(tests, a_replaced_link_is_noticed);
    tcase_add_test(tests, a_directory_is_looked_at_with_its_entries);
    tcase_add_test(tests, a_certificate_counts_once_its_key_has_come);
    tcase_add_loop_test(tests, an_encrypted_key_is_opened_with_its_passphrase, 0, 2);
    tcase_add_loop_test(tests, a_passphrase_that_is_wrong_or_missing_is_said, 0, (int)COUNT_OF(bad_keepers));
    tcase_add_test(tests, without_a_callback_an_encrypted_key_is_refused);
    tcase_add_test(tests, nobody_is_asked_for_a_key_that_is_not_encrypted);
    tcase_add_test(tests, files_are_read_once_for_each_state);
    tcase_add_test(tests, endpoints_for_other_servers_share_the_trust);
    tcase_add_test(tests, threads_connect_while_files_are_replaced);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
