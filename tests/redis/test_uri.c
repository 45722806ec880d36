/* SPDX-License-Identifier: MIT
 * The connection URI: what it may say, and for everything else the rule that it breaks. Tested inside, at the parser,
 * because endpoints also load files. What stands in uri.tsv is tested of the Go connection too. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "redis/uri.h"
#include "support/lab.h"

/* ---- The table ---------------------------------------------------------------------------------------------- */

enum { LINES_MAX = 400, FIELDS_MAX = 12 };

/* A line of uri.tsv (URI_TABLE): its kind, the URI, and what is expected of it. */
typedef struct row {
    char *fields[FIELDS_MAX]; /* NULL behind the last */
} row;

static row good[LINES_MAX], bad[LINES_MAX];
static int good_count, bad_count;

/* "\x0a" becomes the byte. */
static void unescape(char *text)
{
    char *out = text;
    for (; *text != '\0'; text++) {
        unsigned byte;
        if (sscanf(text, "\\x%2x", &byte) == 1) {
            *out++ = (char)byte;
            text += 3;
        } else {
            *out++ = *text;
        }
    }
    *out = '\0';
}

/* Before there are tests, none can fail. */
static void need(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "%s: %s\n", URI_TABLE, what);
        exit(1);
    }
}

static row read_row(char *line)
{
    row r = {{NULL}};
    for (size_t i = 0; i + 1 < FIELDS_MAX && line != NULL; i++)
        r.fields[i] = strsep(&line, "\t");
    need(line == NULL, "a line has too many fields");
    for (size_t i = 0; r.fields[i] != NULL; i++)
        unescape(r.fields[i]);
    return r;
}

static void read_table(void)
{
    static char text[65536];
    char *rest = text;
    FILE *file = fopen(URI_TABLE, "r");
    need(file != NULL, "can't be read");
    size_t len = fread(text, 1, sizeof text - 1, file);
    need(len < sizeof text - 1 && fclose(file) == 0, "is too long");
    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
        row r = read_row(line);
        need(good_count < LINES_MAX && bad_count < LINES_MAX, "has too many lines");
        if (strcmp(r.fields[0], "good") == 0)
            good[good_count++] = r;
        else if (strcmp(r.fields[0], "bad") == 0)
            bad[bad_count++] = r;
        else
            need(line[0] == '#' || line[0] == '\0', "a line is neither good nor bad");
        need(line[0] == '#' || line[0] == '\0' || r.fields[2] != NULL, "a line has too few fields");
    }
    need(good_count >= 30 && bad_count >= 100, "is not the table");
}

/* What a good row says of `what`. */
static const char *said(const row *r, const char *what, const char *otherwise)
{
    size_t len = strlen(what);
    for (size_t i = 2; r->fields[i] != NULL; i++) {
        if (strncmp(r->fields[i], what, len) == 0 && r->fields[i][len] == '=')
            return r->fields[i] + len + 1;
    }
    return otherwise;
}

/* ---- Good ones ---------------------------------------------------------------------------------------------- */

static void assert_number(const row *r, const char *what, const char *otherwise, unsigned found)
{
    char text[16];
    (void)snprintf(text, sizeof text, "%u", found);
    ck_assert_msg(strcmp(text, said(r, what, otherwise)) == 0, "%s: %s is %s", r->fields[1], what, text);
}

static void assert_text(const row *r, const char *what, const char *otherwise, const char *found)
{
    const char *expected = said(r, what, otherwise);
    ck_assert_msg(found == expected || (found != NULL && expected != NULL && strcmp(found, expected) == 0), "%s: %s is %s",
                  r->fields[1], what, found);
}

static void assert_login(const row *r, const taskseal__uri *uri)
{
    const char *user = said(r, "user", NULL), *password = said(r, "password", "");
    ck_assert_int_eq(uri->login, user != NULL);
    if (user == NULL)
        return;
    ck_assert_uint_eq(uri->user_len, strlen(user));
    ck_assert_mem_eq(uri->credentials, user, uri->user_len);
    ck_assert_uint_eq(uri->password_len, strlen(password));
    ck_assert_mem_eq(uri->credentials + uri->user_len, password, uri->password_len);
}

static void assert_trust(const row *r, const taskseal__sources *trust)
{
    char pins[TASKSEAL__PINS_MAX * 65 + 1] = "";
    assert_text(r, "cacert", "c", trust->cacert);
    assert_text(r, "crl", NULL, trust->crl);
    assert_text(r, "cert", NULL, trust->cert);
    assert_text(r, "key", NULL, trust->key);
    assert_text(r, "tls", "1.2", trust->tls13 ? "1.3" : "1.2");
    for (size_t i = 0; i < trust->pins.count; i++) {
        char *end = i == 0 ? pins : stpcpy(pins + strlen(pins), ",");
        (void)sodium_bin2hex(end, 65, trust->pins.sha256[i], TASKSEAL__PIN_BYTES);
    }
    assert_text(r, "pin", "", pins);
}

START_TEST(a_good_uri_means_what_it_says)
{
    const row *r = &good[_i];
    taskseal__uri uri;
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    taskseal_err err = taskseal__uri_parse(&uri, r->fields[1], &error);
    ck_assert_msg(err == TASKSEAL_OK, "%s: %s", r->fields[1], error.message);
    assert_text(r, "host", NULL, uri.host);
    assert_text(r, "port", "6379", uri.port);
    assert_text(r, "name", said(r, "host", NULL), uri.name);
    assert_number(r, "database", "0", uri.database);
    assert_number(r, "timeout_ms", "5000", uri.timeout_ms);
    assert_login(r, &uri);
    assert_trust(r, &uri.trust);
    taskseal__uri_clear(&uri);
}
END_TEST

/* ---- Bad ones ----------------------------------------------------------------------------------------------- */

START_TEST(a_bad_uri_is_refused_with_the_rule_and_without_the_password)
{
    const char *text = bad[_i].fields[1], *says = bad[_i].fields[2];
    taskseal__uri uri;
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    taskseal_err err = taskseal__uri_parse(&uri, text, &error);
    taskseal__uri_clear(&uri);
    ck_assert_msg(err == TASKSEAL_ERR_URI_INVALID, "%s: got %s", text, taskseal_err_name(err));
    ck_assert_int_eq(error.code, TASKSEAL_ERR_URI_INVALID);
    ck_assert_msg(strncmp(error.message, "connection URI: ", 16) == 0 && strstr(error.message, says) != NULL,
                  "%s: message is: %s", text, error.message);
    ck_assert_msg(strstr(error.message, "hunter") == NULL, "%s: message is: %s", text, error.message);
}
END_TEST

START_TEST(a_uri_beyond_8192_bytes_is_refused)
{
    static char text[8300] = "rediss://h?cacert=";
    taskseal__uri uri;
    taskseal_error error;
    memset(text + strlen(text), 'c', 8192 - strlen(text));
    assert_ok(taskseal__uri_parse(&uri, text, &error));
    taskseal__uri_clear(&uri);
    text[8192] = 'c';
    assert_err(TASKSEAL_ERR_URI_INVALID, taskseal__uri_parse(&uri, text, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "longer than 8192 bytes"));
    taskseal__uri_clear(&uri);
}
END_TEST

START_TEST(no_uri_is_refused)
{
    taskseal_redis_endpoint *endpoint = NULL;
    taskseal_error error;
    assert_err(TASKSEAL_ERR_URI_INVALID, taskseal_redis_endpoint_new(&endpoint, NULL, &error));
    ck_assert_ptr_null(endpoint);
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_redis_endpoint_new(NULL, "rediss://h?cacert=c", &error));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("uri");
    TCase *tests = tcase_create("parse");
    if (sodium_init() < 0)
        return 1;
    read_table();
    tcase_add_loop_test(tests, a_good_uri_means_what_it_says, 0, good_count);
    tcase_add_loop_test(tests, a_bad_uri_is_refused_with_the_rule_and_without_the_password, 0, bad_count);
    tcase_add_test(tests, a_uri_beyond_8192_bytes_is_refused);
    tcase_add_test(tests, no_uri_is_refused);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
