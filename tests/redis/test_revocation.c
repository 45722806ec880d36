/* SPDX-License-Identifier: MIT
 * Revocation lists: every fault that one can have has its own error, beside a good twin that passes. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "support/place.h"

enum { OF_ROOT, OF_MIDDLE, LISTS };

typedef struct fault {
    const char *name;
    int list; /* the one that is not as it should be */
    void (*make)(crl_spec *of);
    taskseal_err expected;
    const char *says;
} fault;

static EVP_PKEY *stranger(void)
{
    cert_spec spec = spec_ca("stranger");
    spec.key_number = 6;
    return issue(&spec, NULL).key;
}

static void nothing(crl_spec *of)
{
    (void)of;
}

static void revokes_the_leaf(crl_spec *of)
{
    of->revoked = here.leaf.certificate;
}

static void revokes_the_intermediate(crl_spec *of)
{
    of->revoked = here.middle.certificate;
}

/* Of the same serial number, but of another issuer's: not the leaf's. */
static void revokes_a_namesake(crl_spec *of)
{
    of->revoked = here.leaf.certificate;
}

static void is_stale(crl_spec *of)
{
    of->valid_from = -7200;
    of->valid_to = -3600;
}

static void is_early(crl_spec *of)
{
    of->valid_from = 3600;
    of->valid_to = 7200;
}

static void is_forged(crl_spec *of)
{
    of->signer = stranger();
}

static void has_an_unknown_extension(crl_spec *of)
{
    of->critical_unknown = true;
}

static void is_anothers(crl_spec *of)
{
    of->issuer = here.leaf;
}

static const fault faults[] = {
    {"good", OF_ROOT, nothing, TASKSEAL_OK, ""},
    {"namesake", OF_ROOT, revokes_a_namesake, TASKSEAL_OK, ""},
    {"leaf", OF_MIDDLE, revokes_the_leaf, TASKSEAL_ERR_CERT_REVOKED, "certificate `CN = server` is revoked"},
    {"intermediate", OF_ROOT, revokes_the_intermediate, TASKSEAL_ERR_CERT_REVOKED,
     "certificate `CN = place intermediate` is revoked"},
    {"stale", OF_MIDDLE, is_stale, TASKSEAL_ERR_CRL_UNUSABLE,
     "the revocation list of `CN = place intermediate` is stale: it was to be replaced by 2"},
    {"stale root's", OF_ROOT, is_stale, TASKSEAL_ERR_CRL_UNUSABLE,
     "the revocation list of `CN = place root` is stale"},
    {"early", OF_MIDDLE, is_early, TASKSEAL_ERR_CRL_UNUSABLE,
     "the revocation list of `CN = place intermediate` is not valid before 2"},
    {"missing", OF_MIDDLE, is_anothers, TASKSEAL_ERR_CRL_UNUSABLE,
     "the revocation list of `CN = place intermediate` is not in `crl`"},
    {"missing root's", OF_ROOT, is_anothers, TASKSEAL_ERR_CRL_UNUSABLE,
     "the revocation list of `CN = place root` is not in `crl`"},
    {"forged", OF_MIDDLE, is_forged, TASKSEAL_ERR_CRL_UNUSABLE, "has a wrong signature"},
    {"forged root's", OF_ROOT, is_forged, TASKSEAL_ERR_CRL_UNUSABLE, "has a wrong signature"},
    {"unknown extension", OF_MIDDLE, has_an_unknown_extension, TASKSEAL_ERR_CRL_UNUSABLE,
     "has a critical extension that is not known here"},
};

static void write_lists(const char *name, const fault *f)
{
    crl_spec lists[LISTS] = {[OF_ROOT] = {.issuer = here.root}, [OF_MIDDLE] = {.issuer = here.middle}};
    f->make(&lists[f->list]);
    write_crls(place_path(name), lists, LISTS);
}

START_TEST(every_fault_has_its_error)
{
    const fault *f = &faults[_i];
    taskseal_error error;
    place_serve(&(server_spec){0});
    write_lists("crl.pem", f);
    taskseal_err err = place_try("&crl=@/crl.pem", &error);
    ck_assert_msg(err == f->expected, "%s: got %s: %s", f->name, taskseal_err_name(err), error.message);
    ck_assert_msg(strstr(error.message, f->says) != NULL, "%s: message is: %s", f->name, error.message);
    assert_ok(place_try("", &error)); /* nobody asked for revocation */
}
END_TEST

START_TEST(a_stale_list_is_retryable_and_a_revoked_certificate_is_not)
{
    ck_assert(!taskseal_err_permanent(TASKSEAL_ERR_CRL_UNUSABLE));
    ck_assert(taskseal_err_permanent(TASKSEAL_ERR_CERT_REVOKED));
}
END_TEST

/* A newer list beside the stale one is what counts. */
START_TEST(the_newest_of_several_lists_counts)
{
    taskseal_error error;
    crl_spec lists[3] = {{.issuer = here.root}, {.issuer = here.middle}, {.issuer = here.middle}};
    is_stale(&lists[1]);
    place_serve(&(server_spec){0});
    write_crls(place_path("crl.pem"), lists, 3);
    taskseal_err err = place_try("&crl=@/crl.pem", &error);
    ck_assert_msg(err == TASKSEAL_OK, "%s", error.message);
}
END_TEST

START_TEST(a_replaced_list_counts_at_the_next_connection)
{
    taskseal_error error;
    redisContext *redis = NULL;
    place_serve(&(server_spec){0});
    write_lists("crl.pem", &faults[4]);
    taskseal_redis_endpoint *endpoint = place_endpoint("&crl=@/crl.pem");
    assert_err(TASKSEAL_ERR_CRL_UNUSABLE, place_connect(endpoint, NULL, &error));
    write_lists("new.pem", &faults[0]);
    place_rename("new.pem", "crl.pem");
    assert_ok(taskseal_redis_connect(endpoint, &redis, &error));
    write_lists("new.pem", &faults[2]);
    place_rename("new.pem", "crl.pem");
    assert_err(TASKSEAL_ERR_CERT_REVOKED, taskseal_redis_reconnect(redis, &error));
    redisFree(redis);
    taskseal_redis_endpoint_free(endpoint);
}
END_TEST

/* ---- Files that can't be used at all -------------------------------------------------------------------------- */

static void assert_refuses(const char *says)
{
    taskseal_error error;
    taskseal_redis_endpoint *endpoint = NULL;
    taskseal_err err = place_try_endpoint("&crl=@/crl.pem", NULL, &endpoint, &error);
    ck_assert_msg(err == TASKSEAL_ERR_TRUST_CONFIG, "got %s: %s", taskseal_err_name(err), error.message);
    ck_assert_msg(strncmp(error.message, "crl `", 5) == 0, "message is: %s", error.message);
    ck_assert_msg(strstr(error.message, says) != NULL, "message is: %s", error.message);
}

START_TEST(a_missing_file_is_refused)
{
    assert_refuses("can't be read: No such file");
}
END_TEST

START_TEST(a_directory_is_refused)
{
    taskseal_error error;
    taskseal_redis_endpoint *endpoint = NULL;
    assert_err(TASKSEAL_ERR_TRUST_CONFIG, place_try_endpoint("&crl=@", NULL, &endpoint, &error));
}
END_TEST

START_TEST(an_empty_file_is_refused)
{
    place_write_text("crl.pem", "");
    assert_refuses("holds no revocation list in PEM form");
}
END_TEST

START_TEST(garbage_is_refused)
{
    place_write_text("crl.pem", "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n");
    assert_refuses("revocation list number 1 in it can't be read");
}
END_TEST

START_TEST(a_certificate_in_its_place_is_refused)
{
    write_certificates(place_path("crl.pem"), here.root.certificate, NULL);
    assert_refuses("holds no revocation list in PEM form");
}
END_TEST

START_TEST(garbage_behind_a_good_list_is_refused)
{
    crl_spec good = {.issuer = here.root};
    write_crls(place_path("crl.pem"), &good, 1);
    FILE *file = fopen(place_path("crl.pem"), "a");
    ck_assert_ptr_nonnull(file);
    (void)fputs("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", file);
    (void)fclose(file);
    assert_refuses("revocation list number 2 in it can't be read");
}
END_TEST

START_TEST(a_list_without_an_end_is_refused)
{
    crl_spec endless = {.issuer = here.root, .no_end = true};
    write_crls(place_path("crl.pem"), &endless, 1);
    assert_refuses("(nextUpdate)");
}
END_TEST

START_TEST(a_list_signed_with_sha_1_is_refused)
{
    crl_spec weak = {.issuer = here.root, .digest = "SHA1"};
    write_crls(place_path("crl.pem"), &weak, 1);
    assert_refuses("is signed with SHA-1 or weaker");
}
END_TEST

START_TEST(a_list_signed_with_sha_1_by_pss_is_refused)
{
    taskseal_error error;
    taskseal_redis_endpoint *endpoint = NULL;
    cert_spec spec = spec_ca("RSA root");
    spec.key = KEY_RSA2048;
    crl_spec list = {.issuer = issue(&spec, NULL), .digest = "SHA1", .pss = true};
    write_crls(place_path("crl.pem"), &list, 1);
    assert_refuses("is signed with SHA-1 or weaker");
    list.digest = "SHA256";
    write_crls(place_path("crl.pem"), &list, 1);
    assert_ok(place_try_endpoint("&crl=@/crl.pem", NULL, &endpoint, &error));
    taskseal_redis_endpoint_free(endpoint);
}
END_TEST

/* ---- Lists in a directory of CAs ------------------------------------------------------------------------------ */

static taskseal_err try_directory(const crl_spec *of_root, taskseal_error *error)
{
    char name[64], uri[400];
    taskseal_redis_endpoint *endpoint = NULL;
    crl_spec of_middle = {.issuer = here.middle};
    unsigned long hash = X509_NAME_hash_ex(X509_get_subject_name(here.root.certificate), NULL, NULL, NULL);
    write_crls(place_path("crl.pem"), &of_middle, 1);
    (void)snprintf(name, sizeof name, "hashed/%08lx.0", hash);
    write_certificates(place_path(name), here.root.certificate, NULL);
    (void)snprintf(name, sizeof name, "hashed/%08lx.r0", hash);
    write_crls(place_path(name), of_root, 1);
    (void)snprintf(uri, sizeof uri, "rediss://localhost:%u?cacert=%s&crl=%s", here.port, place_path("hashed"),
                   place_path("crl.pem"));
    assert_ok(taskseal_redis_endpoint_new(&endpoint, uri, error));
    taskseal_err err = place_connect(endpoint, NULL, error);
    taskseal_redis_endpoint_free(endpoint);
    return err;
}

/* OpenSSL finds them there by itself. */
START_TEST(what_breaks_a_rule_does_not_count_in_a_directory_either)
{
    taskseal_error error;
    crl_spec bad[] = {{.issuer = here.root, .no_end = true}, {.issuer = here.root, .digest = "SHA1"}};
    crl_spec good = {.issuer = here.root};
    ck_assert_int_eq(mkdir(place_path("hashed"), 0700), 0);
    place_serve(&(server_spec){0});
    assert_ok(try_directory(&good, &error));
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_err(TASKSEAL_ERR_CRL_UNUSABLE, try_directory(&bad[i], &error));
        ck_assert_msg(strstr(error.message, "`CN = place root` is not in `crl`") != NULL, "message is: %s",
                      error.message);
    }
}
END_TEST

START_TEST(the_systems_store_may_have_lists)
{
    char uri[200];
    crl_spec good = {.issuer = here.root};
    taskseal_redis_endpoint *endpoint = NULL;
    taskseal_error error;
    write_crls(place_path("crl.pem"), &good, 1);
    (void)snprintf(uri, sizeof uri, "rediss://localhost?cacert=system&crl=%s", place_path("crl.pem"));
    taskseal_err err = taskseal_redis_endpoint_new(&endpoint, uri, &error);
    ck_assert_msg(err == TASKSEAL_OK || strstr(error.message, "install ca-certificates") != NULL, "%s",
                  error.message);
    taskseal_redis_endpoint_free(endpoint);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("revocation");
    TCase *tests = tcase_create("revocation");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, place_set_up, place_tear_down);
    tcase_add_loop_test(tests, every_fault_has_its_error, 0, (int)COUNT_OF(faults));
    tcase_add_test(tests, a_stale_list_is_retryable_and_a_revoked_certificate_is_not);
    tcase_add_test(tests, the_newest_of_several_lists_counts);
    tcase_add_test(tests, a_replaced_list_counts_at_the_next_connection);
    tcase_add_test(tests, a_missing_file_is_refused);
    tcase_add_test(tests, a_directory_is_refused);
    tcase_add_test(tests, an_empty_file_is_refused);
    tcase_add_test(tests, garbage_is_refused);
    tcase_add_test(tests, a_certificate_in_its_place_is_refused);
    tcase_add_test(tests, garbage_behind_a_good_list_is_refused);
    tcase_add_test(tests, a_list_without_an_end_is_refused);
    tcase_add_test(tests, a_list_signed_with_sha_1_is_refused);
    tcase_add_test(tests, a_list_signed_with_sha_1_by_pss_is_refused);
    tcase_add_test(tests, what_breaks_a_rule_does_not_count_in_a_directory_either);
    tcase_add_test(tests, the_systems_store_may_have_lists);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
