/* SPDX-License-Identifier: MIT
 * The table of errors: what programs, dead-letter lists and dashboards depend on. */
#include "support/support.h"

#include <ctype.h>
#include <stdio.h>

typedef enum { RETRYABLE, PERMANENT } permanence;

typedef struct {
    int value;
    const char *name;
    permanence permanence;
} row;

/* The list as it was published. It stands here once more so that no value or name changes unnoticed: append
 * to it, never edit it. */
static const row published[] = {
    {1, "bad-argument", PERMANENT},
    {2, "no-memory", RETRYABLE},
    {3, "no-random", RETRYABLE},
    {4, "buffer-too-small", PERMANENT},
    {5, "bad-clock", RETRYABLE},
    {10, "not-sealed", PERMANENT},
    {11, "malformed", PERMANENT},
    {12, "unsupported-version", PERMANENT},
    {13, "unsupported-suite", PERMANENT},
    {14, "suite-unavailable", PERMANENT},
    {15, "suite-denied", PERMANENT},
    {16, "class-denied", PERMANENT},
    {17, "looks-sealed", PERMANENT},
    {20, "unknown-key", RETRYABLE},
    {21, "key-retired", PERMANENT},
    {22, "key-compromised", PERMANENT},
    {23, "key-wrong-queue", PERMANENT},
    {24, "key-outside-window", PERMANENT},
    {25, "key-unavailable", RETRYABLE},
    {26, "key-not-active", PERMANENT},
    {27, "key-wrong-use", PERMANENT},
    {30, "authentication-failed", PERMANENT},
    {31, "context-mismatch", PERMANENT},
    {32, "context-required", PERMANENT},
    {33, "wrong-purpose", PERMANENT},
    {34, "not-yet-valid", RETRYABLE},
    {35, "expired", PERMANENT},
    {36, "damaged", PERMANENT},
    {40, "keyfile-read", RETRYABLE},
    {41, "keyfile-permissions", PERMANENT},
    {42, "keyfile-malformed", PERMANENT},
    {43, "keyfile-exists", PERMANENT},
    {44, "keyfile-write", RETRYABLE},
    {45, "keyfile-unsupported", PERMANENT},
    {46, "keyfile-passphrase", PERMANENT},
    {47, "keyfile-change", PERMANENT},
    {100, "uri-invalid", PERMANENT},
    {101, "trust-config", PERMANENT},
    {102, "resolve", RETRYABLE},
    {103, "connect", RETRYABLE},
    {104, "timeout", RETRYABLE},
    {105, "not-tls", PERMANENT},
    {106, "peer-closed", RETRYABLE},
    {107, "tls-protocol", PERMANENT},
    {108, "cert-expired", PERMANENT},
    {109, "cert-not-yet-valid", PERMANENT},
    {110, "cert-untrusted", PERMANENT},
    {111, "cert-self-signed", PERMANENT},
    {112, "cert-revoked", PERMANENT},
    {113, "cert-purpose", PERMANENT},
    {114, "cert-weak", PERMANENT},
    {115, "cert-invalid", PERMANENT},
    {116, "name-mismatch", PERMANENT},
    {117, "pin-mismatch", PERMANENT},
    {118, "client-cert-required", PERMANENT},
    {119, "client-cert-refused", PERMANENT},
    {120, "auth-refused", PERMANENT},
    {121, "no-permission", PERMANENT},
    {122, "server-error", PERMANENT},
    {123, "server-busy", RETRYABLE},
    {124, "not-verified", PERMANENT},
    {125, "io", RETRYABLE},
    {126, "reply-limit", PERMANENT},
    {127, "crl-unusable", RETRYABLE},
    {128, "tls-damaged", RETRYABLE},
};

/* The list as the header has it. */
static const row declared[] = {
#define X(constant, value, permanence, name, text) {TASKSEAL_ERR_##constant, name, permanence},
    TASKSEAL_ERRORS(X)
#undef X
};

START_TEST(values_and_names_are_those_published)
{
    ck_assert_uint_eq(COUNT_OF(declared), COUNT_OF(published));
    for (size_t i = 0; i < COUNT_OF(declared); i++) {
        ck_assert_int_eq(declared[i].value, published[i].value);
        ck_assert_str_eq(declared[i].name, published[i].name);
    }
}
END_TEST

START_TEST(permanence_is_that_published)
{
    for (size_t i = 0; i < COUNT_OF(published); i++)
        ck_assert_msg(taskseal_err_permanent((taskseal_err)published[i].value) ==
                          (published[i].permanence == PERMANENT),
                      "%s", published[i].name);
}
END_TEST

START_TEST(functions_give_what_the_table_says)
{
    for (size_t i = 0; i < COUNT_OF(published); i++)
        ck_assert_str_eq(taskseal_err_name((taskseal_err)published[i].value), published[i].name);
}
END_TEST

START_TEST(values_are_unique_and_ascend)
{
    for (size_t i = 1; i < COUNT_OF(declared); i++)
        ck_assert_int_lt(declared[i - 1].value, declared[i].value);
}
END_TEST

START_TEST(names_are_unique)
{
    for (size_t i = 0; i < COUNT_OF(declared); i++)
        for (size_t j = 0; j < i; j++)
            ck_assert_str_ne(declared[i].name, declared[j].name);
}
END_TEST

START_TEST(names_fit_into_metrics)
{
    for (size_t i = 0; i < COUNT_OF(declared); i++)
        for (const char *c = declared[i].name; *c != '\0'; c++)
            ck_assert_msg(islower((unsigned char)*c) || *c == '-', "%s", declared[i].name);
}
END_TEST

START_TEST(every_error_has_a_text_of_its_own)
{
    for (size_t i = 0; i < COUNT_OF(declared); i++) {
        const char *text = taskseal_err_text((taskseal_err)declared[i].value);
        ck_assert_uint_gt(strlen(text), 10);
        for (size_t j = 0; j < i; j++)
            ck_assert_str_ne(text, taskseal_err_text((taskseal_err)declared[j].value));
    }
}
END_TEST

START_TEST(ok_is_zero_named_ok_and_not_permanent)
{
    ck_assert_int_eq(TASKSEAL_OK, 0);
    ck_assert_str_eq(taskseal_err_name(TASKSEAL_OK), "ok");
    ck_assert_str_eq(taskseal_err_text(TASKSEAL_OK), "no error");
    ck_assert(!taskseal_err_permanent(TASKSEAL_OK));
}
END_TEST

START_TEST(a_value_that_is_no_error_is_unknown_and_permanent)
{
    static const int values[] = {6, 9, 18, 28, 37, 48, 99, 129};
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        ck_assert_str_eq(taskseal_err_name((taskseal_err)values[i]), "unknown-error");
        ck_assert_ptr_nonnull(strstr(taskseal_err_text((taskseal_err)values[i]), "does not know"));
        ck_assert(taskseal_err_permanent((taskseal_err)values[i]));
    }
}
END_TEST

START_TEST(the_version_is_that_of_the_header)
{
    char parts[32];
    snprintf(parts, sizeof parts, "%d.%d.%d", TASKSEAL_VERSION_MAJOR, TASKSEAL_VERSION_MINOR,
             TASKSEAL_VERSION_PATCH);
    ck_assert_str_eq(taskseal_version(), TASKSEAL_VERSION);
    ck_assert_str_eq(taskseal_version(), parts);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("errors");
    TCase *tests = add_case(suite, "table");
    tcase_add_test(tests, values_and_names_are_those_published);
    tcase_add_test(tests, permanence_is_that_published);
    tcase_add_test(tests, functions_give_what_the_table_says);
    tcase_add_test(tests, values_are_unique_and_ascend);
    tcase_add_test(tests, names_are_unique);
    tcase_add_test(tests, names_fit_into_metrics);
    tcase_add_test(tests, every_error_has_a_text_of_its_own);
    tcase_add_test(tests, ok_is_zero_named_ok_and_not_permanent);
    tcase_add_test(tests, a_value_that_is_no_error_is_unknown_and_permanent);
    tcase_add_test(tests, the_version_is_that_of_the_header);
    return suite;
}
