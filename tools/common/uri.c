/* SPDX-License-Identifier: MIT */
#include "uri.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "private.h"
#include "report.h"

enum { URI_MAX = 8192 };

/* Behind "scheme://", or the beginning if there is none. */
static const char *behind_scheme(const char *uri)
{
    const char *mark = strstr(uri, "://");

    return mark != NULL ? mark + 3 : uri;
}

/* True if it may hold a password: rather too often, for broken URIs, than too seldom. */
static bool may_hold_password(const char *uri)
{
    const char *colon = strchr(behind_scheme(uri), ':');

    return colon != NULL && strchr(colon, '@') != NULL;
}

/* Takes one final newline off, and ends the text with a NUL. */
static int finish(buffer *uri)
{
    if (uri->len > 0 && uri->data[uri->len - 1] == '\n')
        uri->len--;
    uri->data[uri->len] = '\0'; /* buffer_read leaves a byte free: it saw the end of the input there */
    if (uri->len == 0)
        return report_refusal("uri-invalid", "the URI is empty");
    if (strlen((const char *)uri->data) != uri->len)
        return report_refusal("uri-invalid", "the URI holds a NUL byte");
    return STATUS_OK;
}

static int read_descriptor(int fd, const char *name, buffer *uri)
{
    const int failed = buffer_read(uri, fd, 0, URI_MAX);

    if (failed == EFBIG)
        return report_refusal("uri-invalid", "%s holds more than %d bytes: no URI", name, URI_MAX);
    if (failed != 0)
        return report_file("read", name, failed);
    return finish(uri);
}

static int read_file(const char *path, buffer *uri)
{
    static const private_kind kind = {"--uri-file", "the path of a file that holds the URI", "--uri-fd"};
    int fd = -1;

    int status = private_open(&kind, path, &fd);
    if (status == STATUS_OK) {
        status = read_descriptor(fd, path, uri);
        close(fd);
    }
    return status;
}

static int copy(const char *text, buffer *uri)
{
    const size_t len = strlen(text);

    if (!buffer_reserve(uri, len + 1))
        return report_error(TASKSEAL_ERR_NO_MEMORY, NULL);
    memcpy(uri->data, text, len);
    uri->len = len;
    return finish(uri);
}

int uri_read(const uri_source *source, buffer *uri)
{
    const char *environment = getenv("TASKSEAL_URI");
    const int given = (source->argument != NULL) + (source->file != NULL) + (source->fd >= 0);

    if (given > 1)
        return report_usage("give one of URI, --uri-file and --uri-fd");
    if (source->file != NULL)
        return read_file(source->file, uri);
    if (source->fd >= 0)
        return read_descriptor(source->fd, "the descriptor of --uri-fd", uri);
    if (source->argument != NULL && may_hold_password(source->argument))
        return report_usage(
            "a password on the command line can be read by every user of this machine (ps) and "
            "stays in the shell's history: put the URI into a file with mode 600 and give "
            "--uri-file FILE, or into TASKSEAL_URI; and change the password");
    if (source->argument != NULL)
        return copy(source->argument, uri);
    if (environment == NULL || environment[0] == '\0')
        return report_usage("no URI: give one, or --uri-file FILE, or --uri-fd N, or set TASKSEAL_URI");
    return copy(environment, uri);
}

/* The authority, "[user[:password]@]host[:port]": *host is where its host begins, *end where it ends. */
static const char *authority(const char *uri, const char **host, const char **end)
{
    const char *begin = behind_scheme(uri);

    *end = begin + strcspn(begin, "/?#");
    *host = begin;
    for (const char *at = begin; at < *end; at++) {
        if (*at == '@')
            *host = at + 1;
    }
    return begin;
}

void uri_server(const char *uri, char server[URI_PART_MAX])
{
    const char *host;
    const char *end;

    (void)authority(uri, &host, &end);
    const size_t len = (size_t)(end - host);
    /* A port is a colon behind the host; an IPv6 host has colons of its own, in brackets. */
    const char *behind_host = memchr(host, ']', len);
    const char *from = behind_host != NULL ? behind_host : host;
    const bool has_port = memchr(from, ':', (size_t)(end - from)) != NULL;
    snprintf(server, URI_PART_MAX, "%.*s%s", (int)len, host, has_port ? "" : ":6379");
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

void uri_user(const char *uri, char user[URI_PART_MAX])
{
    const char *host;
    const char *end;
    const char *at = authority(uri, &host, &end);
    size_t out = 0;

    while (at < host && *at != ':' && *at != '@' && out + 1 < URI_PART_MAX) {
        const int high = *at == '%' ? hex_digit(at[1]) : -1;
        const int low = high >= 0 ? hex_digit(at[2]) : -1;
        user[out++] = low >= 0 ? (char)(high * 16 + low) : *at;
        at += low >= 0 ? 3 : 1;
    }
    user[out] = '\0';
    if (out == 0)
        snprintf(user, URI_PART_MAX, "default");
}

void uri_database(const char *uri, char database[URI_PART_MAX])
{
    const char *host;
    const char *end;

    (void)authority(uri, &host, &end);
    const char *number = *end == '/' ? end + 1 : end;
    const size_t len = strspn(number, "0123456789");
    snprintf(database, URI_PART_MAX, "%.*s", (int)(len > 0 ? len : 1), len > 0 ? number : "0");
}

/* Decodes up to `end`; false if it does not fit. */
static bool decode(const char *at, const char *end, char *value, size_t cap)
{
    size_t out = 0;

    for (; at < end && out + 1 < cap; at++) {
        const int high = *at == '%' ? hex_digit(at[1]) : -1;
        const int low = high >= 0 ? hex_digit(at[2]) : -1;
        value[out++] = low >= 0 ? (char)(high * 16 + low) : *at;
        at += low >= 0 ? 2 : 0;
    }
    value[out] = '\0';
    return at >= end;
}

bool uri_has_certificate(const char *uri)
{
    char first[2]; /* what is longer "is too long", and is there */

    first[0] = '\0';
    return uri_parameter(uri, "cert", first, sizeof first) || first[0] != '\0';
}

bool uri_parameter(const char *uri, const char *name, char *value, size_t cap)
{
    const char *at = strchr(uri, '?');
    const size_t len = strlen(name);

    while (at != NULL) {
        at++;
        const char *end = at + strcspn(at, "&#");
        if (strncmp(at, name, len) == 0 && at[len] == '=')
            return decode(at + len + 1, end, value, cap);
        at = *end == '&' ? end : NULL;
    }
    return false;
}
