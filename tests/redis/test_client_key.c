/* SPDX-License-Identifier: MIT
 * The client's certificate and key: replaced while endpoints live, and encrypted, with a passphrase from a callback. */
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/parties.h"

START_TEST(a_certificate_counts_once_its_key_has_come)
{
    taskseal_error error;
    taskseal_redis_peer peer;
    party_write_certificate(&old);
    party_write_key(&old);
    place_stop();
    place_serve(&(server_spec){.leaf = old.server, .client_ca = old.ca.certificate});
    taskseal_redis_endpoint *endpoint = place_endpoint("&cert=@/client.pem&key=@/client.key");
    assert_ok(place_connect(endpoint, &peer, &error));
    ck_assert(peer.client_certificate);
    party_write_certificate(&new);
    assert_ok(place_connect(endpoint, NULL, &error)); /* with the old pair */
    assert_err(TASKSEAL_ERR_TRUST_CONFIG, taskseal_redis_endpoint_trust(endpoint, &error));
    ck_assert_msg(strstr(error.message, "does not belong to `cert`") != NULL, "message is: %s",
                  error.message);
    party_write_key(&new);
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
    party_write_certificate(&old);
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
    party_write_certificate(&old);
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
    party_write_certificate(&old);
    write_locked_key(&old, "right", false);
    assert_err(TASKSEAL_ERR_TRUST_CONFIG, place_try_endpoint(mtls, &options, &endpoint, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "give a passphrase callback"));
    party_write_key(&old);
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
    party_write_certificate(&old);
    party_write_key(&old);
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
    party_write_certificate(&old);
    write_locked_key(&old, "right", false);
    parties_settle();
    assert_ok(place_try_endpoint(mtls, &options, &endpoint, &error));
    for (int i = 0; i < 5; i++)
        assert_ok(place_connect(endpoint, NULL, &error));
    ck_assert_uint_eq(k.asked, 1);

    k = (keeper){.passphrase = "wrong"};
    write_locked_key(&old, "right again", false);
    parties_settle();
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

/* ---- What stays in memory --------------------------------------------------------------------------------------- */

enum { LONG = 40 };

static unsigned char masked[LONG]; /* the passphrase, which stands nowhere as it is */

#define MASK 0x5a

static int give_unmasked(char *out, size_t cap, void *argument)
{
    (void)argument;
    for (size_t i = 0; i < LONG && i < cap; i++)
        out[i] = (char)(masked[i] ^ MASK);
    return LONG;
}

static bool is_here(const unsigned char *at)
{
    for (size_t i = 0; i < LONG; i++) {
        if (at[i] != (masked[i] ^ MASK))
            return false;
    }
    return true;
}

/* Looks through everything that the process can write to. */
__attribute__((noinline)) static unsigned count_in_memory(void)
{
    char line[300];
    unsigned found = 0;
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    FILE *maps = fopen("/proc/self/maps", "re");
    static unsigned char window[1 << 20];
    ck_assert(memory >= 0 && maps != NULL);
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long begin = 0, end = 0;
        char rights[5] = "";
        if (sscanf(line, "%lx-%lx %4s", &begin, &end, rights) != 3 || rights[1] != 'w')
            continue;
        for (unsigned long at = begin; at < end; at += sizeof window - LONG) {
            size_t want = end - at < sizeof window ? end - at : sizeof window;
            ssize_t got = pread(memory, window, want, (off_t)at);
            for (ssize_t i = 0; i + LONG <= got; i++)
                found += window[i] == (masked[0] ^ MASK) && is_here(window + i);
            explicit_bzero(window, sizeof window);
        }
    }
    (void)fclose(maps);
    (void)close(memory);
    return found;
}

/* In a child, so that this process never had it. */
static void write_key_elsewhere(bool traditional)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        char passphrase[LONG + 1] = "";
        (void)give_unmasked(passphrase, LONG, NULL);
        write_locked_key(&old, passphrase, traditional);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}

START_TEST(no_passphrase_stays_in_memory)
{
    taskseal_error error;
    taskseal_redis_options options = {.passphrase = give_unmasked};
    taskseal_redis_endpoint *endpoint = NULL;
    static char *volatile control;
    control = malloc(LONG);
    ck_assert_ptr_nonnull(control);
    ck_assert_int_eq(RAND_bytes(masked, LONG), 1);
    for (size_t i = 0; i < LONG; i++)
        masked[i] = (unsigned char)(('a' + masked[i] % 26) ^ MASK);
    party_write_certificate(&old);
    write_key_elsewhere(_i == 1);
    assert_ok(place_try_endpoint(mtls, &options, &endpoint, &error));
    ck_assert_uint_eq(count_in_memory(), 0);
    (void)give_unmasked(control, LONG, NULL);
    ck_assert_uint_eq(count_in_memory(), 1);
    free(control);
    taskseal_redis_endpoint_free(endpoint);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client key");
    TCase *tests = tcase_create("client key");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, parties_set_up, place_tear_down);
    tcase_add_test(tests, a_certificate_counts_once_its_key_has_come);
    tcase_add_loop_test(tests, an_encrypted_key_is_opened_with_its_passphrase, 0, 2);
    tcase_add_loop_test(tests, a_passphrase_that_is_wrong_or_missing_is_said, 0, (int)COUNT_OF(bad_keepers));
    tcase_add_test(tests, without_a_callback_an_encrypted_key_is_refused);
    tcase_add_test(tests, nobody_is_asked_for_a_key_that_is_not_encrypted);
    tcase_add_test(tests, files_are_read_once_for_each_state);
    if (getenv("CK_FORK") == NULL) /* the sanitizers, without fork, map too much to look through */
        tcase_add_loop_test(tests, no_passphrase_stays_in_memory, 0, 2);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
