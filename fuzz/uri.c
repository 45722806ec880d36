/* SPDX-License-Identifier: MIT
 * Input: any text, as a connection URI. Two URIs that differ in letters and digits of the password alone, or of what
 * anyone could have meant as one, get the same answer, word for word: so no message holds a byte of it. What parses,
 * written out again, means the same. */
#include "fuzz.h"

#include <sodium.h>

#include "redis/uri.h"

static bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The password is all between the first ':' behind the scheme and the last '@', however often either occurs. */
static void change_password(char *text)
{
    char *scheme_end = strstr(text, "://");
    char *at = scheme_end != NULL ? strchr(scheme_end + 3, ':') : NULL;
    char *end = strrchr(text, '@');
    for (; at != NULL && at < end; at++) {
        if (at[0] == '%' && end - at > 2)
            at += 2; /* what %XX stands for may be forbidden: keep it */
        else if (is_alphanumeric(*at))
            *at = 'x';
    }
}

static void put_escaped(char **at, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        *at += sprintf(*at, i % 2 == 0 ? "%%%02X" : "%%%02x", (unsigned)(unsigned char)bytes[i]);
}

static void put_parameter(char **at, const char *name, const char *value)
{
    *at += sprintf(*at, "&%s=", name);
    put_escaped(at, value, strlen(value));
}

static void put_pins(char **at, const taskseal__pins *pins)
{
    for (size_t i = 0; i < pins->count; i++) {
        char base64[TASKSEAL__PIN_TEXT_SIZE];
        *at += sprintf(*at, "%ssha256:%s", i == 0 ? "&pin=" : ",",
                       sodium_bin2base64(base64, sizeof base64, pins->sha256[i], TASKSEAL__PIN_BYTES,
                                         sodium_base64_VARIANT_ORIGINAL));
    }
}

static char *write_out(const taskseal__uri *uri, size_t size)
{
    const bool v6 = uri->host_kind == TASKSEAL__HOST_IPV6;
    char *text = must_allocate(size * 3 + 1024);
    char *at = text + sprintf(text, "rediss://");
    if (uri->login) {
        put_escaped(&at, uri->credentials, uri->user_len);
        *at++ = ':';
        put_escaped(&at, uri->credentials + uri->user_len, uri->password_len);
        *at++ = '@';
    }
    at += sprintf(at, "%s%s%s:%s/%u?timeout_ms=%u", v6 ? "[" : "", uri->host, v6 ? "]" : "", uri->port,
                  uri->database, uri->timeout_ms);
    put_parameter(&at, "cacert", uri->trust.cacert);
    put_parameter(&at, "name", uri->name);
    at += sprintf(at, "&tls=%s", uri->trust.tls13 ? "1.3" : "1.2");
    put_pins(&at, &uri->trust.pins);
    if (uri->trust.crl != NULL)
        put_parameter(&at, "crl", uri->trust.crl);
    if (uri->trust.cert != NULL) {
        put_parameter(&at, "cert", uri->trust.cert);
        put_parameter(&at, "key", uri->trust.key);
    }
    return text;
}

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* All but the password. */
static void check_same(const taskseal__uri *a, const taskseal__uri *b)
{
    HOLDS(strcmp(a->host, b->host) == 0 && a->host_kind == b->host_kind);
    HOLDS(strcmp(a->name, b->name) == 0 && a->name_kind == b->name_kind);
    HOLDS(strcmp(a->port, b->port) == 0 && a->database == b->database && a->timeout_ms == b->timeout_ms);
    HOLDS(same_text(a->trust.cacert, b->trust.cacert) && same_text(a->trust.crl, b->trust.crl));
    HOLDS(same_text(a->trust.cert, b->trust.cert) && same_text(a->trust.key, b->trust.key));
    HOLDS(a->trust.tls13 == b->trust.tls13 && a->trust.pins.count == b->trust.pins.count);
    HOLDS(memcmp(a->trust.pins.sha256, b->trust.pins.sha256, a->trust.pins.count * TASKSEAL__PIN_BYTES) == 0);
    HOLDS(a->login == b->login && a->user_len == b->user_len && a->password_len == b->password_len);
    HOLDS(!a->login || memcmp(a->credentials, b->credentials, a->user_len) == 0);
}

static void check_written_out(const taskseal__uri *uri, size_t size)
{
    taskseal__uri again;
    HOLDS(uri->name[0] != '\0' && uri->name[strlen(uri->name) - 1] != '.');
    HOLDS(taskseal__host_classify(uri->host) == uri->host_kind && uri->host_kind != TASKSEAL__HOST_BAD);
    HOLDS(taskseal__host_classify(uri->name) == uri->name_kind && uri->name_kind != TASKSEAL__HOST_BAD);
    char *text = write_out(uri, size);
    if (strlen(text) <= 8192) { /* the longest that is allowed */
        HOLDS(taskseal__uri_parse(&again, text, NULL) == TASKSEAL_OK);
        check_same(uri, &again);
        HOLDS(!uri->login ||
              memcmp(uri->credentials, again.credentials, uri->user_len + uri->password_len) == 0);
        taskseal__uri_clear(&again);
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    taskseal__uri uri;
    taskseal__uri other;
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    taskseal_error other_error = {TASKSEAL_OK, 0, ""};
    HOLDS(sodium_init() >= 0);
    char *text = must_allocate(size);
    memcpy(text, size > 0 ? (const char *)data : text, size);
    text[size] = '\0';

    taskseal_err err = taskseal__uri_parse(&uri, text, &error);
    HOLDS(err == TASKSEAL_OK ||
          (err == TASKSEAL_ERR_URI_INVALID && error.code == err && error.message[0] != '\0'));
    for (const char *c = error.message; *c != '\0'; c++)
        HOLDS(*c >= ' ' && *c <= '~');
    if (err == TASKSEAL_OK) {
        reached_depth();
        check_written_out(&uri, size);
    }

    change_password(text);
    HOLDS(taskseal__uri_parse(&other, text, &other_error) == err);
    HOLDS(strcmp(error.message, other_error.message) == 0);
    if (err == TASKSEAL_OK && strchr(text, '@') != NULL)
        HOLDS(uri.login && other.login && uri.password_len == other.password_len);
    taskseal__uri_clear(&other);
    taskseal__uri_clear(&uri);
    free(text);
    return 0;
}
