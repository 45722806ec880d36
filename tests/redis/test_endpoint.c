/* SPDX-License-Identifier: MIT
 * Endpoints: the trust files that they load or refuse, and sharing one between threads. */
#include <openssl/pem.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/lab.h"

/* ---- A directory for each test ------------------------------------------------------------------------------ */

static char directory[64];
static identity root, client;

static const char *path_of(const char *name)
{
    static char paths[4][192];
    static unsigned next;
    char *path = paths[next++ % 4];
    (void)snprintf(path, sizeof paths[0], "%s/%s", directory, name);
    return path;
}

static void set_up(void)
{
    cert_spec root_spec = spec_ca("endpoint root"), client_cert = spec_client("worker");
    (void)snprintf(directory, sizeof directory, "/tmp/taskseal-endpoint-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    root = issue(&root_spec, NULL);
    client = issue(&client_cert, &root);
    write_certificates(path_of("ca.pem"), root.certificate, NULL);
    write_certificates(path_of("client.pem"), client.certificate, NULL);
    write_key(path_of("client.key"), client.key);
}

static void tear_down(void)
{
    char command[128];
    (void)snprintf(command, sizeof command, "rm -r %s", directory);
    ck_assert_int_eq(system(command), 0);
}

static void write_text(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "w");
    ck_assert_ptr_nonnull(file);
    (void)fputs(text, file);
    (void)fclose(file);
}

/* ---- What is loaded ----------------------------------------------------------------------------------------- */

static taskseal_err try_trust(const char *cacert, const char *cert, const char *key, taskseal_error *error)
{
    char uri[900];
    taskseal_redis_endpoint *endpoint = NULL;
    bool absolute = strcmp(cacert, "system") == 0;
    int len = snprintf(uri, sizeof uri, "rediss://localhost?cacert=%s", absolute ? cacert : path_of(cacert));
    if (cert != NULL)
        (void)snprintf(uri + len, sizeof uri - (size_t)len, "&cert=%s&key=%s", path_of(cert), path_of(key));
    taskseal_err err = taskseal_redis_endpoint_new(&endpoint, uri, error);
    ck_assert_int_eq(endpoint != NULL, err == TASKSEAL_OK);
    taskseal_redis_endpoint_free(endpoint);
    return err;
}

static void assert_loads(const char *cacert, const char *cert, const char *key)
{
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    taskseal_err err = try_trust(cacert, cert, key, &error);
    ck_assert_msg(err == TASKSEAL_OK, "%s", error.message);
}

static void assert_refuses(const char *cacert, const char *cert, const char *key, const char *says)
{
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    taskseal_err err = try_trust(cacert, cert, key, &error);
    ck_assert_msg(err == TASKSEAL_ERR_TRUST_CONFIG, "got %s: %s", taskseal_err_name(err), error.message);
    ck_assert_msg(strstr(error.message, says) != NULL, "message is: %s", error.message);
}

START_TEST(a_ca_file_is_loaded)
{
    assert_loads("ca.pem", NULL, NULL);
}
END_TEST

START_TEST(a_ca_file_with_words_and_several_certificates_is_loaded)
{
    char command[400];
    (void)snprintf(command, sizeof command,
                   "cd %s && { echo words; cat ca.pem; echo more; cat ca.pem client.pem; } > b", directory);
    ck_assert_int_eq(system(command), 0);
    assert_loads("b", NULL, NULL);
}
END_TEST

START_TEST(a_missing_ca_file_is_refused)
{
    assert_refuses("missing.pem", NULL, NULL, "can't be read: No such file");
}
END_TEST

START_TEST(an_empty_ca_file_is_refused)
{
    write_text("empty.pem", "");
    assert_refuses("empty.pem", NULL, NULL, "holds no certificate in PEM form");
}
END_TEST

START_TEST(a_ca_file_of_another_kind_is_refused)
{
    assert_refuses("client.key", NULL, NULL, "holds no certificate in PEM form");
}
END_TEST

START_TEST(a_broken_certificate_among_good_ones_is_refused)
{
    char command[400];
    (void)snprintf(command, sizeof command,
                   "cd %s && { cat ca.pem; sed 3s/A/-/\\;2s/./-/ ca.pem; } > broken.pem", directory);
    ck_assert_int_eq(system(command), 0);
    assert_refuses("broken.pem", NULL, NULL, "certificate number 2 in it can't be read");
}
END_TEST

START_TEST(a_directory_without_hash_names_is_refused)
{
    assert_refuses("", NULL, NULL, "run `openssl rehash` on it");
}
END_TEST

START_TEST(a_client_certificate_is_loaded)
{
    assert_loads("ca.pem", "client.pem", "client.key");
}
END_TEST

START_TEST(a_missing_client_certificate_is_refused)
{
    assert_refuses("ca.pem", "missing.pem", "client.key", "cert `/tmp/");
}
END_TEST

START_TEST(a_missing_client_key_is_refused)
{
    assert_refuses("ca.pem", "client.pem", "missing.key", "key `/tmp/");
}
END_TEST

START_TEST(the_key_of_another_certificate_is_refused)
{
    write_key(path_of("root.key"), root.key);
    assert_refuses("ca.pem", "client.pem", "root.key", "can't be used");
}
END_TEST

/* OpenSSL alone would ask for the passphrase at the terminal. */
START_TEST(an_encrypted_client_key_is_refused)
{
    FILE *file = fopen(path_of("locked.key"), "w");
    ck_assert_int_eq(PEM_write_PKCS8PrivateKey(file, client.key, EVP_aes_128_cbc(), "secret", 6, NULL, NULL),
                     1);
    (void)fclose(file);
    assert_refuses("ca.pem", "client.pem", "locked.key", "it is encrypted: give a passphrase callback");
}
END_TEST

START_TEST(the_systems_store_is_loaded_where_there_is_one)
{
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    bool there = access(X509_get_default_cert_file(), R_OK) == 0;
    taskseal_err err = try_trust("system", NULL, NULL, &error);
    assert_err(there ? TASKSEAL_OK : TASKSEAL_ERR_TRUST_CONFIG, err);
}
END_TEST

START_TEST(a_hashed_directory_is_trusted)
{
    char name[32], uri[300];
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    taskseal_redis_endpoint *endpoint = NULL;
    redisContext *redis = NULL;
    cert_spec leaf = spec_server("DNS:localhost");
    server_spec spec = {.leaf = issue(&leaf, &root)};
    server *s = server_start(&spec, 0);
    ck_assert_int_eq(mkdir(path_of("hashed"), 0700), 0);
    (void)snprintf(name, sizeof name, "hashed/%08lx.0",
                   X509_NAME_hash_ex(X509_get_subject_name(root.certificate), NULL, NULL, NULL));
    write_certificates(path_of(name), root.certificate, NULL);
    (void)snprintf(uri, sizeof uri, "rediss://localhost:%u?cacert=%s", server_port(s), path_of("hashed"));
    assert_ok(taskseal_redis_endpoint_new(&endpoint, uri, &error));
    taskseal_err err = taskseal_redis_connect(endpoint, &redis, &error);
    ck_assert_msg(err == TASKSEAL_OK, "%s", error.message);
    redisFree(redis);
    taskseal_redis_endpoint_free(endpoint);
    (void)server_stop(s);
}
END_TEST

/* To OpenSSL "a:b" is the two directories a and b. */
START_TEST(a_directory_with_a_colon_in_its_path_is_refused)
{
    ck_assert_int_eq(mkdir(path_of("with:colon"), 0700), 0);
    write_certificates(path_of("with:colon/00000000.0"), root.certificate, NULL);
    assert_refuses("with:colon", NULL, NULL, "a directory with `:` in its path");
}
END_TEST

START_TEST(a_file_with_a_colon_in_its_path_is_loaded)
{
    write_certificates(path_of("with:colon.pem"), root.certificate, NULL);
    assert_loads("with:colon.pem", NULL, NULL);
}
END_TEST

START_TEST(arguments_are_checked)
{
    taskseal_error error;
    redisContext *redis = (redisContext *)&error;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_redis_connect(NULL, &redis, &error));
    ck_assert_ptr_null(redis);
    taskseal_redis_endpoint_free(NULL);
}
END_TEST

/* ---- Threads ------------------------------------------------------------------------------------------------ */

enum { THREADS = 8, ROUNDS = 5 };

static void *connect_and_ask(void *argument)
{
    taskseal_redis_endpoint *endpoint = argument;
    long good = 0;
    for (int i = 0; i < ROUNDS; i++) {
        redisContext *redis = NULL;
        taskseal_redis_peer peer;
        if (taskseal_redis_connect(endpoint, &redis, NULL) != TASKSEAL_OK)
            continue;
        redisReply *reply = redisCommand(redis, "LLEN k");
        good += reply != NULL && taskseal_redis_peer_info(redis, &peer) == TASKSEAL_OK;
        freeReplyObject(reply);
        redisFree(redis);
    }
    return (void *)good;
}

START_TEST(threads_share_an_endpoint)
{
    scenario sc = scenario_good();
    pthread_t threads[THREADS];
    taskseal_redis_endpoint *endpoint = NULL;
    long good = 0;
    lab l = lab_start(&sc, 0);
    assert_ok(taskseal_redis_endpoint_new(&endpoint, l.uri, NULL));
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, connect_and_ask, endpoint), 0);
    for (int i = 0; i < THREADS; i++) {
        void *result = NULL;
        ck_assert_int_eq(pthread_join(threads[i], &result), 0);
        good += (long)result;
    }
    taskseal_redis_endpoint_free(endpoint);
    (void)server_stop(l.server);
    ck_assert_int_eq(good, THREADS * ROUNDS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("endpoint");
    TCase *tests = tcase_create("endpoint");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, a_ca_file_is_loaded);
    tcase_add_test(tests, a_ca_file_with_words_and_several_certificates_is_loaded);
    tcase_add_test(tests, a_missing_ca_file_is_refused);
    tcase_add_test(tests, an_empty_ca_file_is_refused);
    tcase_add_test(tests, a_ca_file_of_another_kind_is_refused);
    tcase_add_test(tests, a_broken_certificate_among_good_ones_is_refused);
    tcase_add_test(tests, a_directory_without_hash_names_is_refused);
    tcase_add_test(tests, a_client_certificate_is_loaded);
    tcase_add_test(tests, a_missing_client_certificate_is_refused);
    tcase_add_test(tests, a_missing_client_key_is_refused);
    tcase_add_test(tests, the_key_of_another_certificate_is_refused);
    tcase_add_test(tests, an_encrypted_client_key_is_refused);
    tcase_add_test(tests, the_systems_store_is_loaded_where_there_is_one);
    tcase_add_test(tests, a_hashed_directory_is_trusted);
    tcase_add_test(tests, a_directory_with_a_colon_in_its_path_is_refused);
    tcase_add_test(tests, a_file_with_a_colon_in_its_path_is_loaded);
    tcase_add_test(tests, arguments_are_checked);
    tcase_add_test(tests, threads_share_an_endpoint);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
