/* SPDX-License-Identifier: MIT
 * The connection URI: what it may say, and for everything else the rule that it breaks. Tested inside, at the parser,
 * because endpoints also load files. */
#include <sodium.h>
#include <string.h>

#include "redis/uri.h"
#include "support/lab.h"

typedef struct good_row {
    const char *uri;
    const char *host, *port, *name;
    const char *user, *password; /* NULL: no login */
    unsigned database;
} good_row;

static const good_row good[] = {
    {"rediss://h?cacert=c", "h", "6379", "h", NULL, NULL, 0},
    {"valkeys://h?cacert=c", "h", "6379", "h", NULL, NULL, 0},
    {"REDISS://h?cacert=c", "h", "6379", "h", NULL, NULL, 0},
    {"ValKeyS://h?cacert=c", "h", "6379", "h", NULL, NULL, 0},
    {"rediss://h:1?cacert=c", "h", "1", "h", NULL, NULL, 0},
    {"rediss://h:65535?cacert=c", "h", "65535", "h", NULL, NULL, 0},
    {"rediss://h/?cacert=c", "h", "6379", "h", NULL, NULL, 0},
    {"rediss://h/0?cacert=c", "h", "6379", "h", NULL, NULL, 0},
    {"rediss://h/15?cacert=c", "h", "6379", "h", NULL, NULL, 15},
    {"rediss://h/%31?cacert=c", "h", "6379", "h", NULL, NULL, 1},
    {"rediss://10.1.2.3:7?cacert=c", "10.1.2.3", "7", "10.1.2.3", NULL, NULL, 0},
    {"rediss://[::1]?cacert=c", "::1", "6379", "::1", NULL, NULL, 0},
    {"rediss://[2001:db8::7]:6380/2?cacert=c", "2001:db8::7", "6380", "2001:db8::7", NULL, NULL, 2},
    {"rediss://db_1.internal-net.example?cacert=c", "db_1.internal-net.example", "6379",
     "db_1.internal-net.example", NULL, NULL, 0},
    {"rediss://h.example.?cacert=c", "h.example.", "6379", "h.example", NULL, NULL, 0},
    {"rediss://h?cacert=c&name=other.example", "h", "6379", "other.example", NULL, NULL, 0},
    {"rediss://h?cacert=c&name=10.9.8.7", "h", "6379", "10.9.8.7", NULL, NULL, 0},
    {"rediss://h?cacert=c&name=fe80::1", "h", "6379", "fe80::1", NULL, NULL, 0},
    {"rediss://u:p@h?cacert=c", "h", "6379", "h", "u", "p", 0},
    {"rediss://u@h?cacert=c", "h", "6379", "h", "u", "", 0},
    {"rediss://:p@h?cacert=c", "h", "6379", "h", "default", "p", 0},
    {"rediss://u:a:b@h?cacert=c", "h", "6379", "h", "u", "a:b", 0},
    {"rediss://u%40x:%25%2f%3F%23%40@h?cacert=c", "h", "6379", "h", "u@x", "%/?#@", 0},
    {"rediss://u:%c3%a9%0A@h?cacert=c", "h", "6379", "h", "u", "\xc3\xa9\n", 0},
    {"rediss://u:p+q@h?cacert=c", "h", "6379", "h", "u", "p+q", 0},
};

START_TEST(a_good_uri_means_what_it_says)
{
    const good_row *r = &good[_i];
    taskseal__uri uri;
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    taskseal_err err = taskseal__uri_parse(&uri, r->uri, &error);
    ck_assert_msg(err == TASKSEAL_OK, "%s: %s", r->uri, error.message);
    ck_assert_str_eq(uri.host, r->host);
    ck_assert_str_eq(uri.port, r->port);
    ck_assert_str_eq(uri.name, r->name);
    ck_assert_uint_eq(uri.database, r->database);
    ck_assert_str_eq(uri.trust.cacert, "c");
    ck_assert_int_eq(uri.login, r->user != NULL);
    if (r->user != NULL) {
        ck_assert_uint_eq(uri.user_len, strlen(r->user));
        ck_assert_mem_eq(uri.credentials, r->user, uri.user_len);
        ck_assert_uint_eq(uri.password_len, strlen(r->password));
        ck_assert_mem_eq(uri.credentials + uri.user_len, r->password, uri.password_len);
    }
    taskseal__uri_clear(&uri);
}
END_TEST

START_TEST(parameters_arrive)
{
    taskseal__uri uri;
    assert_ok(
        taskseal__uri_parse(&uri, "rediss://h?key=/k%20k&timeout_ms=3600000&cert=./c=1&cacert=system", NULL));
    ck_assert_str_eq(uri.trust.cacert, "system");
    ck_assert_str_eq(uri.trust.cert, "./c=1");
    ck_assert_str_eq(uri.trust.key, "/k k");
    ck_assert_uint_eq(uri.timeout_ms, 3600000);
    taskseal__uri_clear(&uri);
}
END_TEST

START_TEST(defaults_hold)
{
    taskseal__uri uri;
    assert_ok(taskseal__uri_parse(&uri, "rediss://h?cacert=c", NULL));
    ck_assert_uint_eq(uri.timeout_ms, 5000);
    ck_assert_ptr_null(uri.trust.cert);
    ck_assert_ptr_null(uri.trust.key);
    taskseal__uri_clear(&uri);
}
END_TEST

#define PIN_A "dpL8sQJ2TtOrFv/3YuzS8OsHZ0tFWTMRFxnBJ5E8cO0="
#define PIN_B "P8TMSEpLnBJDbH5sD7SKl5zQ5rJRUlKT9TxhB1zJ2dw="

START_TEST(trust_parameters_arrive)
{
    taskseal__uri uri;
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    taskseal_err err = taskseal__uri_parse(
        &uri, "rediss://h?cacert=c&crl=/l&tls=1.3&pin=sha256:" PIN_A ",sha256:" PIN_B, &error);
    ck_assert_msg(err == TASKSEAL_OK, "%s", error.message);
    ck_assert_str_eq(uri.trust.crl, "/l");
    ck_assert(uri.trust.tls13);
    ck_assert_uint_eq(uri.trust.pins.count, 2);
    ck_assert_uint_eq(uri.trust.pins.sha256[0][0], 0x76);
    ck_assert_uint_eq(uri.trust.pins.sha256[1][0], 0x3f);
    taskseal__uri_clear(&uri);
    assert_ok(taskseal__uri_parse(&uri, "rediss://h?cacert=c&tls=1.2", NULL));
    ck_assert(!uri.trust.tls13);
    ck_assert_ptr_null(uri.trust.crl);
    ck_assert_uint_eq(uri.trust.pins.count, 0);
    taskseal__uri_clear(&uri);
}
END_TEST

typedef struct bad_row {
    const char *uri;
    const char *says;
} bad_row;

#define TWO_PINS  "sha256:" PIN_A ",sha256:" PIN_B
#define NINE_PINS TWO_PINS "," TWO_PINS "," TWO_PINS "," TWO_PINS ",sha256:" PIN_A

/* In every one, "hunter2" stands where a password is or was meant to be. */
static const bad_row bad[] = {
    {"", "it is empty"},
    {"h", "the scheme is missing: begin with rediss://"},
    {"rediss:h?cacert=c", "the scheme is missing"},
    {"redis://:hunter2@h?cacert=c", "the scheme redis:// or valkey:// means plaintext"},
    {"valkey://:hunter2@h?cacert=c", "means plaintext"},
    {"Redis://h?cacert=c", "means plaintext"},
    {"rediss+insecure://:hunter2@h?cacert=c", "the scheme is unknown"},
    {"unix:///run/redis.sock", "the scheme is unknown"},
    {"://h?cacert=c", "the scheme is unknown"},
    {"rediss://?cacert=c", "the host is missing"},
    {"rediss://u:hunter2@?cacert=c", "the host is missing"},
    {"rediss://:6379?cacert=c", "the host is missing"},
    {"rediss:///0?cacert=c", "the host is missing"},
    {"rediss://[]?cacert=c", "the host is missing"},
    {"rediss://[::1?cacert=c", "the host has a '[' without ']'"},
    {"rediss://[::1]6379?cacert=c", "something other than :port behind its ']'"},
    {"rediss://[127.0.0.1]?cacert=c", "the host in brackets must be an IPv6 address"},
    {"rediss://[h]?cacert=c", "the host in brackets must be an IPv6 address"},
    {"rediss://[fe80::1%25eth0]?cacert=c", "the host has an IPv6 zone"},
    {"rediss://::1?cacert=c", "the host is missing"},
    {"rediss://fe80::1?cacert=c", "the port must be a number from 1 to 65535"},
    {"rediss://h%2eexample?cacert=c", "the host may not be percent-encoded"},
    {"rediss://.example.com?cacert=c", "the host is neither a DNS name"},
    {"rediss://a..b?cacert=c", "the host is neither a DNS name"},
    {"rediss://-a.example?cacert=c", "the host is neither a DNS name"},
    {"rediss://*.example.com?cacert=c", "the host is neither a DNS name"},
    {"rediss://127.1?cacert=c", "the host is neither a DNS name"},
    {"rediss://2130706433?cacert=c", "the host is neither a DNS name"},
    {"rediss://0x7f000001?cacert=c", "the host is neither a DNS name"},
    {"rediss://256.0.0.1?cacert=c", "the host is neither a DNS name"},
    {"rediss://h,i?cacert=c", "the host is neither a DNS name"},
    {"rediss://h:?cacert=c", "the port must be a number"},
    {"rediss://h:0?cacert=c", "the port must be a number"},
    {"rediss://h:65536?cacert=c", "the port must be a number"},
    {"rediss://h:06379?cacert=c", "the port must be a number"},
    {"rediss://h:6379x?cacert=c", "the port must be a number"},
    {"rediss://h:-1?cacert=c", "the port must be a number"},
    {"rediss://h:1:2?cacert=c", "the port must be a number"},
    {"rediss://h:99999999999999999999?cacert=c", "the port must be a number"},
    {"rediss://h/x?cacert=c", "the database (behind the host's '/') must be a number"},
    {"rediss://h/-1?cacert=c", "the database"},
    {"rediss://h/01?cacert=c", "the database"},
    {"rediss://h/1/2?cacert=c", "the database"},
    {"rediss://h/1234567890?cacert=c", "the database"},
    {"rediss://h/%zz?cacert=c", "the database"},
    {"rediss://h?cacert=c#top", "a fragment (#...) is not allowed"},
    {"rediss://:hunter2#@h?cacert=c", "a fragment (#...) is not allowed"},
    {"rediss://u:hunter2@x@h?cacert=c", "an '@' too many: write it as %40"},
    {"rediss://h?cacert=c@d", "is in the wrong place: in user, password and parameters write %2F, %3F, %40"},
    {"rediss://:hunter2/x@h?cacert=c", "is in the wrong place"},
    {"rediss://:hunter2?x@h?cacert=c", "is in the wrong place"},
    {"rediss://@h?cacert=c", "user and password are both empty"},
    {"rediss://:@h?cacert=c", "user and password are both empty"},
    {"rediss://u:hunter2%00@h?cacert=c", "the password holds %00"},
    {"rediss://u%00:hunter2@h?cacert=c", "the user holds %00"},
    {"rediss://u:hunter2%@h?cacert=c", "the password holds a '%' without two hexadecimal digits"},
    {"rediss://u:hunter2%4@h?cacert=c", "the password holds a '%' without two hexadecimal digits"},
    {"rediss://u:hunter2%g0@h?cacert=c", "the password holds a '%' without two hexadecimal digits"},
    {"rediss://u:[hunter2]@h?cacert=c", "the password holds an unescaped bracket"},
    {"rediss://u:hunter2 @h?cacert=c", "byte 19 may not stand in a URI"},
    {"rediss://u:hunter2\t@h?cacert=c", "byte 19 may not stand in a URI"},
    {"rediss://u:hunter2\xc3\xa9@h?cacert=c", "byte 19 may not stand in a URI"},
    {"rediss://u:hunter2|@h?cacert=c", "byte 19 may not stand in a URI"},
    {"rediss://h", "parameter `cacert` is missing"},
    {"rediss://h?", "a parameter is empty"},
    {"rediss://h?cacert=c&", "a parameter is empty"},
    {"rediss://h?&cacert=c", "a parameter is empty"},
    {"rediss://h?cacert=", "parameter `cacert` has no value"},
    {"rediss://h?cacert", "parameter `cacert` has no value"},
    {"rediss://h?cacert=c&cacert=d", "parameter `cacert` is given twice"},
    {"rediss://h?cacert=c&verify=none", "unknown parameter `verify`"},
    {"rediss://h?cacert=c&ssl_cert_reqs=none", "unknown parameter `ssl_cert_reqs`"},
    {"rediss://h?cacert=c&password=hunter2", "unknown parameter `password`"},
    {"rediss://h?cacert=c&CACERT=d", "unknown parameter `CACERT`"},
    {"rediss://h?cacert=c%00d", "parameter `cacert` holds %00"},
    {"rediss://h?cacert=c%2", "parameter `cacert` holds a '%' without two hexadecimal digits"},
    {"rediss://h?cacert=c&cert=d", "parameters `cert` and `key` are given both or not at all"},
    {"rediss://h?cacert=c&key=d", "parameters `cert` and `key` are given both or not at all"},
    {"rediss://h?cacert=c&name=.example.com", "parameter `name` must be a DNS name or an IP address"},
    {"rediss://h?cacert=c&name=*.example.com", "parameter `name` must be"},
    {"rediss://h?cacert=c&tls=1.1", "parameter `tls` must be 1.2 or 1.3"},
    {"rediss://h?cacert=c&tls=1.3,1.2", "parameter `tls` must be 1.2 or 1.3"},
    {"rediss://h?cacert=c&tls=off", "parameter `tls` must be 1.2 or 1.3"},
    {"rediss://h?cacert=c&tls=1.3&tls=1.2", "parameter `tls` is given twice"},
    {"rediss://h?cacert=c&crl=", "parameter `crl` has no value"},
    {"rediss://h?cacert=c&pin=" PIN_A, "parameter `pin` must be one or more of sha256:BASE64"},
    {"rediss://h?cacert=c&pin=sha256:", "parameter `pin` must be"},
    {"rediss://h?cacert=c&pin=SHA256:" PIN_A, "parameter `pin` must be"},
    {"rediss://h?cacert=c&pin=sha1:" PIN_A, "parameter `pin` must be"},
    {"rediss://h?cacert=c&pin=sha256:" PIN_A ",", "parameter `pin` must be"},
    {"rediss://h?cacert=c&pin=,sha256:" PIN_A, "parameter `pin` must be"},
    {"rediss://h?cacert=c&pin=sha256:" PIN_A "," PIN_B, "parameter `pin` must be"},
    {"rediss://h?cacert=c&pin=sha256:" PIN_A PIN_B, "parameter `pin` must be"},
    {"rediss://h?cacert=c&pin=sha256:" PIN_A "x", "parameter `pin` must be"},
    {"rediss://h?cacert=c&pin=sha256:dpL8sQJ2TtOrFv_3YuzS8OsHZ0tFWTMRFxnBJ5E8cO0=", "parameter `pin` must be"},
    {"rediss://h?cacert=c&pin=sha256:dpL8sQJ2TtOrFv/3YuzS8OsHZ0tFWTMRFxnBJ5E8cO0", "parameter `pin` must be"},
    {"rediss://h?cacert=c&pin=sha256:dpL8sQJ2TtOrFv/3YuzS8OsHZ0tFWTMRFxnBJ5E8cO1=", "parameter `pin` must be"},
    {"rediss://h?cacert=c&pin=sha256:dpL8sQJ2TtOrFv/3YuzS8OsHZ0tFWTMRFxnBJ5E8", "parameter `pin` must be"},
    {"rediss://h?cacert=c&pin=" NINE_PINS, "parameter `pin` holds more than 8 pins"},
    {"rediss://h?cacert=c&timeout_ms=0", "parameter `timeout_ms` must be a number from 1 to 3600000"},
    {"rediss://h?cacert=c&timeout_ms=3600001", "parameter `timeout_ms` must be"},
    {"rediss://h?cacert=c&timeout_ms=1s", "parameter `timeout_ms` must be"},
    {"rediss://h?cacert=c&timeout_ms=+1", "parameter `timeout_ms` must be"},
};

START_TEST(a_bad_uri_is_refused_with_the_rule_and_without_the_password)
{
    const bad_row *r = &bad[_i];
    taskseal__uri uri;
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    taskseal_err err = taskseal__uri_parse(&uri, r->uri, &error);
    taskseal__uri_clear(&uri);
    ck_assert_msg(err == TASKSEAL_ERR_URI_INVALID, "%s: got %s", r->uri, taskseal_err_name(err));
    ck_assert_int_eq(error.code, TASKSEAL_ERR_URI_INVALID);
    ck_assert_msg(strncmp(error.message, "connection URI: ", 16) == 0 &&
                      strstr(error.message, r->says) != NULL,
                  "%s: message is: %s", r->uri, error.message);
    ck_assert_msg(strstr(error.message, "hunter") == NULL, "%s: message is: %s", r->uri, error.message);
}
END_TEST

/* `len` letters h in labels of 63. */
static const char *long_host_uri(char *out, size_t len)
{
    char *at = stpcpy(out, "rediss://");
    for (size_t i = 1; i <= len; i++)
        *at++ = i % 64 == 0 ? '.' : 'h';
    (void)strcpy(at, "?cacert=c");
    return out;
}

START_TEST(a_host_of_253_bytes_is_the_longest)
{
    char text[600];
    taskseal__uri uri;
    taskseal_error error;
    assert_ok(taskseal__uri_parse(&uri, long_host_uri(text, 253), &error));
    ck_assert_uint_eq(strlen(uri.host), 253);
    taskseal__uri_clear(&uri);
    assert_err(TASKSEAL_ERR_URI_INVALID, taskseal__uri_parse(&uri, long_host_uri(text, 254), &error));
    taskseal__uri_clear(&uri);
    assert_err(TASKSEAL_ERR_URI_INVALID, taskseal__uri_parse(&uri, long_host_uri(text, 400), &error));
    taskseal__uri_clear(&uri);
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
    tcase_add_loop_test(tests, a_good_uri_means_what_it_says, 0, (int)COUNT_OF(good));
    tcase_add_test(tests, parameters_arrive);
    tcase_add_test(tests, trust_parameters_arrive);
    tcase_add_test(tests, defaults_hold);
    tcase_add_loop_test(tests, a_bad_uri_is_refused_with_the_rule_and_without_the_password, 0,
                        (int)COUNT_OF(bad));
    tcase_add_test(tests, a_host_of_253_bytes_is_the_longest);
    tcase_add_test(tests, a_uri_beyond_8192_bytes_is_refused);
    tcase_add_test(tests, no_uri_is_refused);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
