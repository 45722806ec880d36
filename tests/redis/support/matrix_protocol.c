/* SPDX-License-Identifier: MIT
 * Servers that do something wrong below, in or right after TLS, each refused with its own error, and each with a twin
 * that differs in that alone and is accepted. Nothing secret reaches a server that is not verified. */
#include <string.h>

#include "matrix.h"

enum { SHORT_MS = 1000 }; /* for servers that would wait for ever */

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

/* ---- Faults: alerts in the place of a ServerHello -------------------------------------------------------------- */

static void alerting(scenario *s, unsigned char alert)
{
    s->server.behaviour = ALERT;
    s->server.alert = alert;
}

static void no_version(scenario *s)
{
    alerting(s, SSL_AD_PROTOCOL_VERSION);
}

static void nothing_in_common(scenario *s)
{
    alerting(s, SSL_AD_HANDSHAKE_FAILURE);
}

static void too_insecure(scenario *s)
{
    alerting(s, SSL_AD_INSUFFICIENT_SECURITY);
}

static void other_name_wanted(scenario *s)
{
    alerting(s, SSL_AD_UNRECOGNIZED_NAME);
}

static void hello_unreadable(scenario *s)
{
    alerting(s, SSL_AD_DECODE_ERROR);
}

static void record_broken(scenario *s)
{
    alerting(s, SSL_AD_BAD_RECORD_MAC);
}

static void out_of_order(scenario *s)
{
    alerting(s, SSL_AD_UNEXPECTED_MESSAGE);
}

static void server_broken(scenario *s)
{
    alerting(s, SSL_AD_INTERNAL_ERROR);
}

static void illegal_value(scenario *s)
{
    alerting(s, SSL_AD_ILLEGAL_PARAMETER);
}

static void record_too_long(scenario *s)
{
    alerting(s, SSL_AD_RECORD_OVERFLOW);
}

static void garbled(scenario *s)
{
    s->server.behaviour = GARBLE;
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

const bad_row protocol_rows[] = {
    {"plaintext", NULL, plaintext, TASKSEAL_ERR_NOT_TLS, "its answer began `-ERR", false},
    {"silent", NULL, silent, TASKSEAL_ERR_TIMEOUT, "TLS handshake: the server is silent", false},
    {"dribbling", NULL, dribbling, TASKSEAL_ERR_TIMEOUT, "the deadline passed during the TLS handshake",
     false},
    {"a handshake without end", NULL, asking_for_hello, TASKSEAL_ERR_TIMEOUT,
     "the deadline passed during the TLS handshake", false},
    {"closing at once", NULL, closing_at_once, TASKSEAL_ERR_PEER_CLOSED, "during the TLS handshake", false},
    {"closing after hello", NULL, closing_after_hello, TASKSEAL_ERR_PEER_CLOSED, "during the TLS handshake",
     false},
    {"TLS 1.1", in_tls12_by_rsa, tls_1_1, TASKSEAL_ERR_TLS_PROTOCOL, "TLS 1.2 or 1.3", false},
    {"no forward secrecy", in_tls12_by_rsa, without_forward_secrecy, TASKSEAL_ERR_TLS_PROTOCOL, "ECDHE",
     false},
    {"no AEAD", in_tls12_by_rsa, without_aead, TASKSEAL_ERR_TLS_PROTOCOL, "AEAD", false},
    {"finite-field DH", in_tls12_by_rsa, by_finite_fields, TASKSEAL_ERR_TLS_PROTOCOL, "ECDHE", false},
    {"anonymous", in_tls12_by_rsa, anonymous_server, TASKSEAL_ERR_TLS_PROTOCOL, "handshake", false},
    {"weak group", in_tls12, weak_group, TASKSEAL_ERR_TLS_PROTOCOL, "ECDHE", false},
    {"alert: version", NULL, no_version, TASKSEAL_ERR_TLS_PROTOCOL, "protocol version", false},
    {"alert: nothing in common", NULL, nothing_in_common, TASKSEAL_ERR_TLS_PROTOCOL, "handshake failure", false},
    {"alert: insecure", NULL, too_insecure, TASKSEAL_ERR_TLS_PROTOCOL, "insufficient security", false},
    {"alert: name", NULL, other_name_wanted, TASKSEAL_ERR_TLS_PROTOCOL, "unrecognized name", false},
    {"alert: unreadable", NULL, hello_unreadable, TASKSEAL_ERR_TLS_DAMAGED, "decode error", false},
    {"alert: broken record", NULL, record_broken, TASKSEAL_ERR_TLS_DAMAGED, "bad record mac", false},
    {"alert: out of order", NULL, out_of_order, TASKSEAL_ERR_TLS_DAMAGED, "unexpected", false},
    {"alert: server broken", NULL, server_broken, TASKSEAL_ERR_TLS_DAMAGED, "internal error", false},
    {"alert: illegal value", NULL, illegal_value, TASKSEAL_ERR_TLS_DAMAGED, "illegal parameter", false},
    {"alert: record too long", NULL, record_too_long, TASKSEAL_ERR_TLS_DAMAGED, "record overflow", false},
    {"garbled ServerHello", NULL, garbled, TASKSEAL_ERR_TLS_DAMAGED, "try again", false},
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

const size_t protocol_row_count = COUNT_OF(protocol_rows);
