/* SPDX-License-Identifier: MIT */
#include "redis_models.h"

#include <redis/percent.c>

#include <redis/uri.c>

void *sodium_malloc(size_t size)
{
    return nondet_bool() ? any_bytes(size) : NULL;
}

static taskseal__span any_span(size_t most)
{
    size_t len = nondet_size();
    ASSUME(len <= most, "the bound of this proof");
    return (taskseal__span){any_bytes(len), len};
}

/* The decoder has a proof of its own; here it may say anything, and must have the room that it may take. */
const char *known_decode(taskseal__span span, char *out, size_t *len)
{
    CHECK(span.len == 0 || __CPROVER_r_ok(span.at, span.len), "what is decoded is there");
    CHECK(span.len == 0 || __CPROVER_w_ok(out, span.len), "there is room for what is decoded");
    *len = nondet_size();
    ASSUME(*len <= span.len, "the decoder's contract, which is proved");
    return nondet_bool() ? NULL : "is wrong";
}

taskseal__host_kind known_classify(const char *host)
{
    size_t len = strlen(host);
    CHECK(len <= TASKSEAL__HOST_MAX + 1, "it fits where hosts are kept");
    unsigned kind = nondet_unsigned();
    ASSUME(kind <= TASKSEAL__HOST_IPV6, "the kinds that there are");
    ASSUME(kind == TASKSEAL__HOST_BAD || (len > 0 && len <= TASKSEAL__HOST_MAX + 1),
           "the contract, which is proved");
    return (taskseal__host_kind)kind;
}

/* Of "%u" alone. */
int snprintf(char *to, size_t cap, const char *format, ...)
{
    CHECK(cap >= 6 && __CPROVER_w_ok(to, 6) && strcmp(format, "%u") == 0, "room for a port");
    to[0] = '1';
    to[1] = '\0';
    return 1;
}

void proof_check_bytes(void)
{
    taskseal__span all = any_span(12);
    size_t i = nondet_size();
    if (check_bytes(all, NULL) == TASKSEAL_OK) {
        CHECK(i >= all.len || (all.at[i] > ' ' && all.at[i] < 127 && all.at[i] != '#'), "bytes of a URI");
        REACHED_IF(all.len == 12, "a URI");
    } else {
        REACHED("none");
    }
}

void proof_parse_scheme(void)
{
    char *text = any_text(12);
    taskseal__span rest = {text, strlen(text)};
    if (parse_scheme(&rest, NULL) == TASKSEAL_OK) {
        CHECK(rest.at + rest.len == text + strlen(text), "the rest is the end of the text");
        CHECK(rest.at[-1] == '/' && rest.at[-2] == '/' && rest.at[-3] == ':', "behind the scheme");
        CHECK(rest.at[-4] == 's' || rest.at[-4] == 'S', "which is one of TLS");
        REACHED_IF(rest.len == 1, "with a host");
    } else {
        REACHED("refused");
    }
}

/* The credentials have room for the user, or its default, and the password. */
void proof_parse_login(void)
{
    taskseal__uri uri = {0};
    if (parse_login(&uri, any_span(16), NULL) == TASKSEAL_OK) {
        CHECK(uri.login && __CPROVER_r_ok(uri.credentials, uri.user_len + uri.password_len),
              "they are there");
        CHECK(uri.user_len > 0, "a user, always");
        REACHED_IF(uri.password_len == 8, "with a password");
    } else {
        REACHED("refused");
    }
}

void proof_parse_port(void)
{
    taskseal__uri uri = {0};
    if (parse_port(&uri, any_span(10), NULL) == TASKSEAL_OK)
        REACHED("a port");
    else
        REACHED("none");
}

void proof_split_host(void)
{
    taskseal__span where = any_span(12), host = {0}, port = {DEFAULT_PORT, 4}, given = port;
    if (split_host(where, &host, &port, NULL) == TASKSEAL_OK) {
        CHECK(host.at >= where.at && host.at + host.len <= where.at + where.len, "a part of the text");
        CHECK(port.at == given.at || port.at + port.len == where.at + where.len,
              "the end of it, or the default");
        REACHED_IF(host.len == 2 && port.len == 4 && port.at != given.at, "both");
    } else {
        REACHED("refused");
    }
}

taskseal_err known_split(taskseal__span where, taskseal__span *host, taskseal__span *port,
                         taskseal_error *error)
{
    (void)error, (void)port;
    size_t len = nondet_size();
    ASSUME(len <= where.len, "split_host's contract, which is proved");
    *host = (taskseal__span){where.at, len};
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_URI_INVALID;
}

taskseal_err known_port(taskseal__uri *uri, taskseal__span port, taskseal_error *error)
{
    (void)uri, (void)error;
    CHECK(__CPROVER_r_ok(port.at, port.len), "the port is there");
    return TASKSEAL_OK;
}

/* Hosts to beyond the longest. */
void proof_parse_host(void)
{
    taskseal__uri uri = {0};
    taskseal__span where = any_span(260);
    if (parse_host(&uri, where, NULL) == TASKSEAL_OK) {
        CHECK(uri.host[0] != '\0' && uri.host_kind != TASKSEAL__HOST_BAD, "a host");
        REACHED_IF(uri.host[TASKSEAL__HOST_MAX] != '\0', "the longest");
    } else {
        REACHED("refused");
    }
}

void proof_parse_database(void)
{
    taskseal__uri uri = {0};
    if (parse_database(&uri, any_span(70), NULL) == TASKSEAL_OK) {
        CHECK(uri.database <= 999999999, "nine digits");
        REACHED("a database");
    } else {
        REACHED("refused");
    }
}

void proof_settle_name(void)
{
    taskseal__uri *uri = any_bytes(sizeof *uri);
    bool named = uri->name[0] != '\0';
    ASSUME(uri->name[TASKSEAL__HOST_MAX + 1] == '\0' && uri->host[TASKSEAL__HOST_MAX + 1] == '\0',
           "what classifies as a host is no longer");
    ASSUME(uri->host[0] != '\0', "parse_host has set it");
    taskseal__uri_settle_name(uri);
    CHECK(uri->name_given == named, "given, or the host");
    size_t len = strlen(uri->name);
    CHECK(len <= TASKSEAL__HOST_MAX + 1, "a text");
    REACHED_IF(len == TASKSEAL__HOST_MAX, "the longest");
}

/* ---- The whole, by what it calls ---- */

static const char *g_text;
static size_t g_len;

static void check_part(taskseal__span part)
{
    CHECK(part.at == NULL || (__CPROVER_same_object(part.at, g_text) && part.at + part.len <= g_text + g_len),
          "a part of the text");
}

taskseal_err any_part(taskseal__uri *uri, taskseal__span part, taskseal_error *error)
{
    (void)uri, (void)error;
    check_part(part);
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_URI_INVALID;
}

taskseal_err any_bytes_of(taskseal__span all, taskseal_error *error)
{
    (void)error;
    check_part(all);
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_URI_INVALID;
}

taskseal_err any_scheme(taskseal__span *rest, taskseal_error *error)
{
    size_t skipped = nondet_size();
    (void)error;
    ASSUME(skipped <= rest->len, "parse_scheme's contract, which is proved");
    rest->at += skipped;
    rest->len -= skipped;
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_URI_INVALID;
}

void settled(taskseal__uri *uri)
{
    CHECK(uri != NULL, "settled at the end");
}

void proof_uri_parse(void)
{
    taskseal__uri uri;
    char *text = any_text(12);
    g_text = text;
    g_len = strlen(text);
    taskseal_err err = taskseal__uri_parse(&uri, nondet_bool() ? text : NULL, NULL);
    REACHED_IF(err == TASKSEAL_OK && strchr(text, '@') != NULL && strchr(text, '?') != NULL, "parsed");
    REACHED_IF(err != TASKSEAL_OK, "refused");
}
