/* SPDX-License-Identifier: MIT */
#include "uri.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "../core/error.h"
#include "percent.h"
#include "uri_query.h"

#define URI_MAX      8192U
#define DEFAULT_PORT "6379"
#define DEFAULT_USER "default"

/* No message repeats a part of the URI that could be, or could have been meant as, a piece of the password:
 * a forgotten escape turns half of it into a host, a port or a path. */
static taskseal_err broken(taskseal_error *error, const char *part, const char *rule)
{
    return taskseal__fail(error, TASKSEAL_ERR_URI_INVALID, "connection URI: %s %s", part, rule);
}

/* The bytes that RFC 3986 allows in a URI at all. */
static bool is_uri_byte(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != '\0' && strchr("-._~:/?#[]@!$&'()*+,;=%", c) != NULL);
}

static taskseal_err check_bytes(taskseal__span all, taskseal_error *error)
{
    if (all.len > URI_MAX)
        return broken(error, "it", "is longer than 8192 bytes");
    for (size_t i = 0; i < all.len; i++) {
        if (!is_uri_byte(all.at[i]))
            return taskseal__fail(error, TASKSEAL_ERR_URI_INVALID,
                                  "connection URI: byte %zu may not stand in a URI as it is "
                                  "(space, control, non-ASCII, or one of \"<>\\^`{|}): percent-encode it",
                                  i + 1);
    }
    if (taskseal__span_find(all, '#') != NULL)
        return broken(error, "a fragment", "(#...) is not allowed; in a password write '#' as %23");
    return TASKSEAL_OK;
}

static bool scheme_is(taskseal__span scheme, const char *name)
{
    return scheme.len == strlen(name) && strncasecmp(scheme.at, name, scheme.len) == 0;
}

static taskseal_err parse_scheme(taskseal__span *rest, taskseal_error *error)
{
    const char *end = strstr(rest->at, "://");
    if (end == NULL)
        return broken(error, "the scheme", "is missing: begin with rediss://");
    taskseal__span scheme = {rest->at, (size_t)(end - rest->at)};
    if (scheme_is(scheme, "redis") || scheme_is(scheme, "valkey"))
        return broken(error, "the scheme",
                      "redis:// or valkey:// means plaintext, which is never spoken here: use rediss:// "
                      "or valkeys:// and the server's TLS port");
    if (!scheme_is(scheme, "rediss") && !scheme_is(scheme, "valkeys"))
        return broken(error, "the scheme", "is unknown: use rediss:// or valkeys://");
    rest->len -= scheme.len + 3;
    rest->at = end + 3;
    return TASKSEAL_OK;
}

static taskseal_err parse_login(taskseal__uri *uri, taskseal__span userinfo, taskseal_error *error)
{
    taskseal__span password;
    taskseal__span user = taskseal__span_cut(userinfo, ':', &password);
    uri->credentials = sodium_malloc(userinfo.len + sizeof DEFAULT_USER);
    if (uri->credentials == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY, "no guarded memory for the credentials");

    const char *rule = taskseal__percent_decode(user, uri->credentials, &uri->user_len);
    if (rule != NULL)
        return broken(error, "the user", rule);
    if (uri->user_len == 0) {
        uri->user_len = strlen(DEFAULT_USER);
        memcpy(uri->credentials, DEFAULT_USER, uri->user_len);
        if (password.len == 0)
            return broken(error, "user and password", "are both empty: leave out the '@'");
    }
    rule = taskseal__percent_decode(password, uri->credentials + uri->user_len, &uri->password_len);
    if (rule != NULL)
        return broken(error, "the password", rule);
    uri->login = true;
    return TASKSEAL_OK;
}

static taskseal_err parse_port(taskseal__uri *uri, taskseal__span port, taskseal_error *error)
{
    unsigned number = 0;
    if (!taskseal__span_number(port, &number) || number < 1 || number > 65535)
        return broken(error, "the port",
                      "must be a number from 1 to 65535 (IPv6 addresses stand in brackets, and ':', '/' "
                      "and '?' in a user or password are percent-encoded)");
    (void)snprintf(uri->port, sizeof uri->port, "%u", number);
    return TASKSEAL_OK;
}

/* Separates "[v6]:port" or "host:port"; *port stays as it is where there is none. */
static taskseal_err split_host(taskseal__span where, taskseal__span *host, taskseal__span *port,
                               taskseal_error *error)
{
    if (where.len > 0 && where.at[0] == '[') {
        taskseal__span behind;
        *host = taskseal__span_cut((taskseal__span){where.at + 1, where.len - 1}, ']', &behind);
        if (behind.at == NULL)
            return broken(error, "the host", "has a '[' without ']'");
        if (behind.len > 0 && behind.at[0] != ':')
            return broken(error, "the host", "has something other than :port behind its ']'");
        if (behind.len > 0)
            *port = (taskseal__span){behind.at + 1, behind.len - 1};
        if (taskseal__span_find(*host, '%') != NULL)
            return broken(error, "the host", "has an IPv6 zone, which is not supported");
        return TASKSEAL_OK;
    }
    taskseal__span behind;
    *host = taskseal__span_cut(where, ':', &behind);
    if (behind.at != NULL)
        *port = behind;
    return TASKSEAL_OK;
}

static taskseal_err parse_host(taskseal__uri *uri, taskseal__span where, taskseal_error *error)
{
    taskseal__span host;
    taskseal__span port = {DEFAULT_PORT, strlen(DEFAULT_PORT)};
    taskseal_err err = split_host(where, &host, &port, error);
    if (err != TASKSEAL_OK)
        return err;
    bool bracketed = where.len > 0 && where.at[0] == '[';
    if (host.len == 0)
        return broken(error, "the host", "is missing");
    if (taskseal__span_find(host, '%') != NULL)
        return broken(error, "the host", "may not be percent-encoded");
    if (host.len >= sizeof uri->host)
        return broken(error, "the host", "is longer than 253 bytes");
    memcpy(uri->host, host.at, host.len);
    uri->host[host.len] = '\0';
    uri->host_kind = taskseal__host_classify(uri->host);
    if (bracketed && uri->host_kind != TASKSEAL__HOST_IPV6)
        return broken(error, "the host", "in brackets must be an IPv6 address");
    if (uri->host_kind == TASKSEAL__HOST_BAD)
        return broken(error, "the host",
                      "is neither a DNS name (letters, digits, '-', '_', dots; other scripts as xn--...) "
                      "nor an IPv4 address nor an IPv6 address in brackets");
    return parse_port(uri, port, error);
}

static taskseal_err parse_database(taskseal__uri *uri, taskseal__span path, taskseal_error *error)
{
    char decoded[64];
    taskseal__span digits = {decoded, 0};
    if (path.len == 0)
        return TASKSEAL_OK; /* "/" alone is database 0 */
    if (path.len >= sizeof decoded || taskseal__percent_decode(path, decoded, &digits.len) != NULL ||
        !taskseal__span_number(digits, &uri->database))
        return broken(error, "the database",
                      "(behind the host's '/') must be a number of at most 9 digits ('/' and '?' in a "
                      "user or password are percent-encoded)");
    return TASKSEAL_OK;
}

/* The name that the certificate must hold is the host, unless a parameter gave another. */
void taskseal__uri_settle_name(taskseal__uri *uri)
{
    uri->name_given = uri->name[0] != '\0';
    if (!uri->name_given) {
        memcpy(uri->name, uri->host, sizeof uri->name);
        uri->name_kind = uri->host_kind;
    }
    size_t len = strlen(uri->name);
    if (uri->name[len - 1] == '.')
        uri->name[len - 1] = '\0'; /* certificates hold names without the root's dot */
}

taskseal_err taskseal__uri_parse(taskseal__uri *uri, const char *text, taskseal_error *error)
{
    *uri = (taskseal__uri){.timeout_ms = 5000};
    if (text == NULL || text[0] == '\0')
        return broken(error, "it", "is empty");
    taskseal__span rest = {text, strlen(text)};
    taskseal_err err = check_bytes(rest, error);
    if (err == TASKSEAL_OK)
        err = parse_scheme(&rest, error);
    if (err != TASKSEAL_OK)
        return err;

    taskseal__span behind;
    taskseal__span before = taskseal__span_cut(rest, '@', &behind);
    if (behind.at != NULL) {
        if (taskseal__span_find(behind, '@') != NULL)
            return broken(error, "an '@'", "too many: write it as %40 in user, password and parameters");
        if (strcspn(before.at, "/?") < before.len)
            return broken(error, "an unescaped '/', '?' or '@'",
                          "is in the wrong place: in user, password and parameters write %2F, %3F, %40");
        err = parse_login(uri, before, error);
        rest = behind;
    }
    taskseal__span query, path;
    taskseal__span authority = taskseal__span_cut(taskseal__span_cut(rest, '?', &query), '/', &path);
    if (err == TASKSEAL_OK)
        err = parse_host(uri, authority, error);
    if (err == TASKSEAL_OK)
        err = parse_database(uri, path, error);
    if (err == TASKSEAL_OK)
        err = taskseal__uri_query(uri, query, error);
    if (err == TASKSEAL_OK)
        taskseal__uri_settle_name(uri);
    return err;
}

void taskseal__sources_clear(taskseal__sources *sources)
{
    free(sources->cacert);
    free(sources->crl);
    free(sources->cert);
    free(sources->key);
    *sources = (taskseal__sources){0};
}

void taskseal__uri_clear(taskseal__uri *uri)
{
    taskseal__sources_clear(&uri->trust);
    sodium_free(uri->credentials); /* wipes */
    *uri = (taskseal__uri){0};
}
