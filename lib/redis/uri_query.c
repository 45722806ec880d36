/* SPDX-License-Identifier: MIT */
#include "uri_query.h"

#include <stdlib.h>

#include "../core/error.h"
#include "text.h"

#define TIMEOUT_MS_MAX 3600000U
#define NAME_SHOWN     32U

typedef taskseal_err (*setter)(taskseal__uri *uri, const char *value, taskseal_error *error);

static taskseal_err keep(char **where, const char *value, taskseal_error *error)
{
    *where = strdup(value);
    return *where != NULL
               ? TASKSEAL_OK
               : taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY, "no memory for the URI's parameters");
}

static taskseal_err set_cacert(taskseal__uri *uri, const char *value, taskseal_error *error)
{
    return keep(&uri->trust.cacert, value, error);
}

static taskseal_err set_crl(taskseal__uri *uri, const char *value, taskseal_error *error)
{
    return keep(&uri->trust.crl, value, error);
}

static taskseal_err set_pin(taskseal__uri *uri, const char *value, taskseal_error *error)
{
    const char *rule = taskseal__pins_parse(&uri->trust.pins, value);
    if (rule == NULL)
        return TASKSEAL_OK;
    return taskseal__fail(error, TASKSEAL_ERR_URI_INVALID, "connection URI: parameter `pin` %s", rule);
}

static taskseal_err set_tls(taskseal__uri *uri, const char *value, taskseal_error *error)
{
    uri->trust.tls13 = strcmp(value, "1.3") == 0;
    if (uri->trust.tls13 || strcmp(value, "1.2") == 0)
        return TASKSEAL_OK;
    return taskseal__fail(error, TASKSEAL_ERR_URI_INVALID,
                          "connection URI: parameter `tls` must be 1.2 or 1.3: the oldest version to accept");
}

static taskseal_err set_cert(taskseal__uri *uri, const char *value, taskseal_error *error)
{
    return keep(&uri->trust.cert, value, error);
}

static taskseal_err set_key(taskseal__uri *uri, const char *value, taskseal_error *error)
{
    return keep(&uri->trust.key, value, error);
}

static taskseal_err set_name(taskseal__uri *uri, const char *value, taskseal_error *error)
{
    uri->name_kind = taskseal__host_classify(value);
    if (uri->name_kind == TASKSEAL__HOST_BAD)
        return taskseal__fail(error, TASKSEAL_ERR_URI_INVALID,
                              "connection URI: parameter `name` must be a DNS name or an IP address "
                              "(IPv6 without brackets)");
    memcpy(uri->name, value, strlen(value) + 1); /* what classifies as a host fits */
    return TASKSEAL_OK;
}

static taskseal_err set_timeout(taskseal__uri *uri, const char *value, taskseal_error *error)
{
    taskseal__span digits = {value, strlen(value)};
    unsigned number = 0;
    if (!taskseal__span_number(digits, &number) || number < 1 || number > TIMEOUT_MS_MAX)
        return taskseal__fail(error, TASKSEAL_ERR_URI_INVALID,
                              "connection URI: parameter `timeout_ms` must be a number from 1 to %u",
                              TIMEOUT_MS_MAX);
    uri->timeout_ms = number;
    return TASKSEAL_OK;
}

static const struct {
    const char *name;
    setter set;
} parameters[] = {{"cacert", set_cacert}, {"cert", set_cert}, {"crl", set_crl}, {"key", set_key},
                  {"name", set_name},     {"pin", set_pin},   {"tls", set_tls}, {"timeout_ms", set_timeout}};

#define PARAMETER_COUNT (sizeof parameters / sizeof parameters[0])

static size_t find_parameter(taskseal__span name)
{
    size_t i = 0;
    while (i < PARAMETER_COUNT &&
           (name.len != strlen(parameters[i].name) || memcmp(name.at, parameters[i].name, name.len) != 0))
        i++;
    return i;
}

static taskseal_err unknown(taskseal__span name, taskseal_error *error)
{
    char shown[NAME_SHOWN];
    taskseal__printable(shown, sizeof shown, name.at, name.len);
    return taskseal__fail(error, TASKSEAL_ERR_URI_INVALID,
                          "connection URI: unknown parameter `%s`: there are cacert, cert, crl, key, name, "
                          "pin, timeout_ms and tls",
                          shown);
}

static taskseal_err parse_pair(taskseal__uri *uri, taskseal__span pair, unsigned *seen, taskseal_error *error)
{
    taskseal__span value;
    taskseal__span name = taskseal__span_cut(pair, '=', &value);
    size_t i = find_parameter(name);
    if (pair.len == 0)
        return taskseal__fail(error, TASKSEAL_ERR_URI_INVALID,
                              "connection URI: a parameter is empty (a '?' or '&' too many)");
    if (i == PARAMETER_COUNT)
        return unknown(name, error);
    const char *known = parameters[i].name;
    if ((*seen & 1U << i) != 0)
        return taskseal__fail(error, TASKSEAL_ERR_URI_INVALID,
                              "connection URI: parameter `%s` is given twice", known);
    *seen |= 1U << i;
    if (value.len == 0)
        return taskseal__fail(error, TASKSEAL_ERR_URI_INVALID, "connection URI: parameter `%s` has no value",
                              known);

    char *decoded = malloc(value.len + 1);
    if (decoded == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY, "no memory for the URI's parameters");
    size_t len = 0;
    const char *rule = taskseal__percent_decode(value, decoded, &len);
    decoded[len] = '\0';
    taskseal_err err = rule == NULL ? parameters[i].set(uri, decoded, error)
                                    : taskseal__fail(error, TASKSEAL_ERR_URI_INVALID,
                                                     "connection URI: parameter `%s` %s", known, rule);
    free(decoded);
    return err;
}

taskseal_err taskseal__uri_query(taskseal__uri *uri, taskseal__span query, taskseal_error *error)
{
    unsigned seen = 0;
    while (query.at != NULL) {
        taskseal__span rest;
        taskseal_err err = parse_pair(uri, taskseal__span_cut(query, '&', &rest), &seen, error);
        if (err != TASKSEAL_OK)
            return err;
        query = rest;
    }
    if (uri->trust.cacert == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_URI_INVALID,
                              "connection URI: parameter `cacert` is missing: name the PEM file or directory "
                              "of the CAs to trust, or `system`");
    if ((uri->trust.cert == NULL) != (uri->trust.key == NULL))
        return taskseal__fail(error, TASKSEAL_ERR_URI_INVALID,
                              "connection URI: parameters `cert` and `key` are given both or not at all");
    return TASKSEAL_OK;
}
