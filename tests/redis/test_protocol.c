/* SPDX-License-Identifier: MIT
 * Servers that do something wrong below, in or right after TLS, each refused with its own error, and each with a twin
 * that differs in that alone and is accepted. Nothing secret reaches a server that is not verified. */
#include <string.h>

#include "support/lab.h"

typedef struct row {
    const char *name;
    void (*arrange)(scenario *s);
    void (*spoil)(scenario *s);
    taskseal_err expected;
    const char *says;
    bool verified; /* the server proves itself, so it gets the credentials */
} row;

enum { SHORT_MS = 1500 }; /* for servers that would wait for ever */

/* ---- What they have in common ------------------------------------------------------------------------------- */

static void in_tls12(scenario *s)
{
    s->server.max_version = TLS1_2_VERSION;
}

static void in_tls12_by_rsa(scenario *s)
{
    s->server.max_version = TLS1_2_VERSION;
    s->leaf.key = KEY_RSA2048;
    s->leaf.usage = "critical,digitalSignature,keyEncipherment";
}

static void with_client(scenario *s)
{
    s->client = KNOWN_CLIENT;
    s->require_client = true;
}

static void with_client_in_tls12(scenario *s)
{
    with_client(s);
    in_tls12(s);
}

static void in_database_1(scenario *s)
{
    s->path = "/1";
}

static void without_login(scenario *s)
{
    s->login = "";
}

/* ---- Faults: no TLS ----------------------------------------------------------------------------------------- */

static void plaintext(scenario *s)
{
    s->server.behaviour = SPEAK_PLAINTEXT;
}

static void silent(scenario *s)
{
    s->server.behaviour = SAY_NOTHING;
    s->timeout_ms = SHORT_MS;
}

static void dribbling(scenario *s)
{
    s->server.behaviour = DRIBBLE;
    s->timeout_ms = SHORT_MS;
}

static void asking_for_hello(scenario *s)
{
    s->server.behaviour = ASK_FOR_HELLO;
    s->timeout_ms = SHORT_MS;
}

static void closing_at_once(scenario *s)
{
    s->server.behaviour = CLOSE_AT_ONCE;
}

static void closing_after_hello(scenario *s)
{
    s->server.behaviour = CLOSE_AFTER_HELLO;
}

/* ---- Faults: TLS of another kind ---------------------------------------------------------------------------- */

static void tls_1_1(scenario *s)
{
    s->server.min_version = TLS1_VERSION;
    s->server.max_version = TLS1_1_VERSION;
}

static void without_forward_secrecy(scenario *s)
{
    s->server.ciphers = "AES128-GCM-SHA256:AES256-GCM-SHA384";
}

static void without_aead(scenario *s)
{
    s->server.ciphers = "ECDHE-RSA-AES256-SHA384:ECDHE-RSA-AES128-SHA256";
}

static void by_finite_fields(scenario *s)
{
    s->server.ciphers = "DHE-RSA-AES256-GCM-SHA384";
}

static void anonymous_server(scenario *s)
{
    s->server.ciphers = "AECDH-AES128-SHA:ADH-AES256-GCM-SHA384";
}

static void weak_group(scenario *s)
{
    s->server.groups = "P-192";
}

/* ---- Faults: client certificates ---------------------------------------------------------------------------- */

static void none_given(scenario *s)
{
    s->client = ANONYMOUS;
}

static void foreign_client(scenario *s)
{
    s->client = FOREIGN_CLIENT;
}

/* ---- Faults: after the handshake ---------------------------------------------------------------------------- */

static void resetting(scenario *s)
{
    s->server.behaviour = RESET_AFTER_HANDSHAKE;
}

static void silent_after(scenario *s)
{
    s->server.behaviour = SILENT_AFTER_HANDSHAKE;
    s->timeout_ms = SHORT_MS;
}

static void closing_after_auth(scenario *s)
{
    s->server.close_after = 1;
}

static void wrong_password(scenario *s)
{
    s->server.auth_reply = "-WRONGPASS invalid username-password pair or user is disabled.\r\n";
}

/* A proxy that does not know AUTH quotes what it was given. */
static void quoting_the_password(scenario *s)
{
    s->server.auth_reply =
        "-ERR unknown command `AUTH`, with args beginning with: `worker`, `" PASSWORD "`, \r\n";
}

/* The beginning of an answer of 4 EiB. */
static void huge_answer_to_auth(scenario *s)
{
    static char text[80000] = "$4611686018427387904\r\n";
    size_t len = strlen(text);
    memset(text + len, 'A', sizeof text - 1 - len);
    s->server.auth_reply = text;
    s->timeout_ms = SHORT_MS;
}

static void odd_answer_to_auth(scenario *s)
{
    s->server.auth_reply = ":1\r\n";
}

static void unauthenticated(scenario *s)
{
    s->server.ping_reply = "-NOAUTH Authentication required.\r\n";
}

static void ping_forbidden(scenario *s)
{
    s->server.ping_reply = "-NOPERM User worker has no permissions to run the 'ping' command\r\n";
}

static void select_forbidden(scenario *s)
{
    s->server.select_reply = "-NOPERM User worker has no permissions to run the 'select' command\r\n";
}

static void no_such_database(scenario *s)
{
    s->server.select_reply = "-ERR DB index is out of range\r\n";
}

static void loading(scenario *s)
{
    s->server.ping_reply = "-LOADING Redis is loading the dataset in memory\r\n";
}

static void master_down(scenario *s)
{
    s->server.ping_reply =
        "-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n";
}

static void not_pong(scenario *s)
{
    s->server.ping_reply = "+HELLO\r\n";
}

static void hostile_words(scenario *s)
{
    s->server.ping_reply = "-ERR \x1b[2J\x07 bye\r\n";
}

static void not_resp(scenario *s)
{
    s->server.auth_reply = "HTTP/1.1 400 Bad Request\r\n\r\n";
}

static void talking_unasked(scenario *s)
{
    s->server.ping_reply = "+PONG\r\n+INJECTED\r\n";
}

static const row rows[] = {
    {"plaintext", NULL, plaintext, TASKSEAL_ERR_NOT_TLS, "its answer began `-ERR", false},
    {"silent", NULL, silent, TASKSEAL_ERR_TIMEOUT, "TLS handshake: the server is silent", false},
    {"dribbling", NULL, dribbling, TASKSEAL_ERR_TIMEOUT, "the deadline passed during the TLS handshake",
     false},
    {"a handshake without end", NULL, asking_for_hello, TASKSEAL_ERR_TIMEOUT,
     "the deadline passed during the TLS handshake", false},
    {"closing at once", NULL, closing_at_once, TASKSEAL_ERR_PEER_CLOSED, "during the TLS handshake", false},
    {"closing after hello", NULL, closing_after_hello, TASKSEAL_ERR_PEER_CLOSED, "during the TLS handshake",
     false},
    {"TLS 1.1", NULL, tls_1_1, TASKSEAL_ERR_TLS_PROTOCOL, "TLS 1.2 or 1.3", false},
    {"no forward secrecy", in_tls12_by_rsa, without_forward_secrecy, TASKSEAL_ERR_TLS_PROTOCOL, "ECDHE",
     false},
    {"no AEAD", in_tls12_by_rsa, without_aead, TASKSEAL_ERR_TLS_PROTOCOL, "AEAD", false},
    {"finite-field DH", in_tls12_by_rsa, by_finite_fields, TASKSEAL_ERR_TLS_PROTOCOL, "ECDHE", false},
    {"anonymous", in_tls12_by_rsa, anonymous_server, TASKSEAL_ERR_TLS_PROTOCOL, "handshake", false},
    {"weak group", in_tls12, weak_group, TASKSEAL_ERR_TLS_PROTOCOL, "ECDHE", false},
    {"client certificate required", with_client, none_given, TASKSEAL_ERR_CLIENT_CERT_REQUIRED, "`cert`",
     true},
    {"client certificate required, TLS 1.2", with_client_in_tls12, none_given,
     TASKSEAL_ERR_CLIENT_CERT_REQUIRED, "`cert`", false},
    {"foreign client", with_client, foreign_client, TASKSEAL_ERR_CLIENT_CERT_REFUSED, "unknown CA", true},
    {"foreign client, TLS 1.2", with_client_in_tls12, foreign_client, TASKSEAL_ERR_CLIENT_CERT_REFUSED,
     "unknown CA", false},
    {"resetting", NULL, resetting, TASKSEAL_ERR_PEER_CLOSED, "during the login", true},
    {"silent after the handshake", NULL, silent_after, TASKSEAL_ERR_TIMEOUT, "during the login", true},
    {"closing after AUTH", NULL, closing_after_auth, TASKSEAL_ERR_PEER_CLOSED, "during the login", true},
    {"wrong password", NULL, wrong_password, TASKSEAL_ERR_AUTH_REFUSED, "did not accept AUTH (WRONGPASS)",
     true},
    {"password quoted", NULL, quoting_the_password, TASKSEAL_ERR_AUTH_REFUSED, "did not accept AUTH (ERR)",
     true},
    {"huge answer to AUTH", NULL, huge_answer_to_auth, TASKSEAL_ERR_SERVER_ERROR, "not as Valkey or Redis do",
     true},
    {"odd answer to AUTH", NULL, odd_answer_to_auth, TASKSEAL_ERR_SERVER_ERROR, "answered AUTH", true},
    {"unauthenticated", without_login, unauthenticated, TASKSEAL_ERR_AUTH_REFUSED, "give user and password",
     true},
    {"PING forbidden", NULL, ping_forbidden, TASKSEAL_ERR_NO_PERMISSION, "connecting needs +ping", true},
    {"SELECT forbidden", in_database_1, select_forbidden, TASKSEAL_ERR_NO_PERMISSION, "+select", true},
    {"no such database", in_database_1, no_such_database, TASKSEAL_ERR_SERVER_ERROR, "out of range", true},
    {"loading", NULL, loading, TASKSEAL_ERR_SERVER_BUSY, "LOADING", true},
    {"master down", NULL, master_down, TASKSEAL_ERR_SERVER_BUSY, "MASTERDOWN", true},
    {"not PONG", NULL, not_pong, TASKSEAL_ERR_SERVER_ERROR, "answered PING with `something unexpected`",
     true},
    {"hostile words", NULL, hostile_words, TASKSEAL_ERR_SERVER_ERROR, "`ERR ?[2J? bye`", true},
    {"not RESP", NULL, not_resp, TASKSEAL_ERR_SERVER_ERROR, "not as Valkey or Redis do", true},
    {"talking unasked", NULL, talking_unasked, TASKSEAL_ERR_SERVER_ERROR, "more than it was asked for", true},
};

static scenario common_part(const row *r)
{
    scenario s = scenario_good();
    if (r->arrange != NULL)
        r->arrange(&s);
    return s;
}

static bool holds(const char *data, size_t len, const char *text)
{
    return memmem(data, len, text, strlen(text)) != NULL;
}

START_TEST(one_fault_is_refused_by_name)
{
    const row *r = &rows[_i];
    scenario s = common_part(r);
    r->spoil(&s);
    outcome bad = scenario_run(&s);
    ck_assert_msg(bad.err == r->expected, "%s: got %s (%s), expected %s", r->name, taskseal_err_name(bad.err),
                  bad.error.message, taskseal_err_name(r->expected));
    ck_assert_msg(strstr(bad.error.message, r->says) != NULL, "%s: message is: %s", r->name,
                  bad.error.message);
    ck_assert_ptr_null(strstr(bad.error.message, PASSWORD));
    ck_assert_msg(r->verified || bad.seen.commands == 0,
                  "%s: %u commands reached a server that is not verified", r->name, bad.seen.commands);
    size_t kept = bad.seen.raw_len < sizeof bad.seen.raw ? bad.seen.raw_len : sizeof bad.seen.raw;
    ck_assert_msg(!holds(bad.seen.raw, kept, PASSWORD) && !holds(bad.seen.raw, kept, "AUTH"),
                  "%s: the credentials were sent in clear", r->name);
}
END_TEST

START_TEST(its_twin_without_the_fault_is_accepted)
{
    const row *r = &rows[_i];
    scenario s = common_part(r);
    outcome twin = scenario_run(&s);
    ck_assert_msg(twin.err == TASKSEAL_OK, "%s: the twin got %s: %s", r->name, taskseal_err_name(twin.err),
                  twin.error.message);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("protocol");
    TCase *tests = tcase_create("matrix");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, one_fault_is_refused_by_name, 0, (int)COUNT_OF(rows));
    tcase_add_loop_test(tests, its_twin_without_the_fault_is_accepted, 0, (int)COUNT_OF(rows));
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
