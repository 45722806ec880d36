/* SPDX-License-Identifier: MIT */
#include "shapes.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

const char *const shape_names[SHAPES] = {"card", "token", "key", "password", "mail"};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

/* ---- Cards ---- */

enum { CARD_MIN = 13, CARD_MAX = 19 };

/* The check digit of ISO/IEC 7812. Numbers of one digit alone are fillers. */
static bool is_card(const char digits[CARD_MAX], size_t count)
{
    unsigned sum = 0;
    bool differs = false;

    if (count < CARD_MIN || count > CARD_MAX || digits[0] < '2' || digits[0] > '6')
        return false;
    for (size_t i = 0; i < count; i++) {
        unsigned value = (unsigned)(digits[count - 1 - i] - '0') * (i % 2 == 1 ? 2 : 1);
        sum += value > 9 ? value - 9 : value;
        differs = differs || digits[i] != digits[0];
    }
    return differs && sum % 10 == 0;
}

/* Groups may be parted by single spaces or dashes. Digits that touch letters or more digits are something else. */
static bool has_card(const char *data, size_t len)
{
    for (size_t at = 0; at < len; at++) {
        char digits[CARD_MAX];
        size_t count = 0;
        size_t end = at;
        if (!is_digit(data[at]) || (at > 0 && (is_word(data[at - 1]) || data[at - 1] == '.')))
            continue;
        while (end < len && count < CARD_MAX && is_digit(data[end])) {
            digits[count++] = data[end++];
            const bool parted =
                end + 1 < len && (data[end] == ' ' || data[end] == '-') && is_digit(data[end + 1]);
            end += parted && count % 4 == 0;
        }
        const bool ended = end == len || !is_word(data[end]);
        if (ended && is_card(digits, count))
            return true;
    }
    return false;
}

/* ---- What begins in a known way ---- */

typedef struct beginning {
    const char *text;
    size_t more; /* letters, digits, _ and - that must follow */
} beginning;

static bool has_beginning(const char *data, size_t len, const beginning *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const size_t own = strlen(list[i].text);
        const char *end = data + len;
        for (const char *at = memmem(data, len, list[i].text, own); at != NULL;
             at = memmem(at + 1, (size_t)(end - at) - 1, list[i].text, own)) {
            size_t follows = 0;
            /* Not counted further than is needed: else a payload could keep us busy for minutes. */
            while (follows < list[i].more && at + own + follows < end && is_word(at[own + follows]))
                follows++;
            if (follows == list[i].more && (list[i].more == 0 || at == data || !is_word(at[-1])))
                return true;
        }
    }
    return false;
}

static bool has_token(const char *data, size_t len)
{
    static const beginning tokens[] = {{"eyJ", 16},         {"ghp_", 30},     {"gho_", 30},  {"ghs_", 30},
                                       {"github_pat_", 30}, {"glpat-", 16},   {"xoxb-", 16}, {"xoxp-", 16},
                                       {"sk_live_", 16},    {"rk_live_", 16}, {"sk-", 32},   {"AKIA", 16},
                                       {"ASIA", 16},        {"AIza", 30},     {"npm_", 30},  {"hvs.", 20},
                                       {"SG.", 16},         {"Bearer ", 16},  {"ya29.", 16}, {"dop_v1_", 30}};

    return has_beginning(data, len, tokens, sizeof tokens / sizeof tokens[0]);
}

static bool has_key(const char *data, size_t len)
{
    static const beginning keys[] = {{"-----BEGIN PRIVATE KEY", 0},
                                     {"-----BEGIN RSA PRIVATE KEY", 0},
                                     {"-----BEGIN EC PRIVATE KEY", 0},
                                     {"-----BEGIN OPENSSH PRIVATE KEY", 0},
                                     {"-----BEGIN ENCRYPTED PRIVATE", 0},
                                     {"-----BEGIN PGP PRIVATE", 0},
                                     {"AGE-SECRET-KEY-1", 16},
                                     {"tskek1_", 16},
                                     {"tsdup1_", 16}};

    return has_beginning(data, len, keys, sizeof keys / sizeof keys[0]);
}

/* ---- Fields ---- */

/* Behind a field's name, which may go on ("secret_key"), stands, quoted (with backslashes in JSON that is in JSON) or
 * not, : or =. */
static bool is_field(const char *at, const char *end)
{
    for (size_t more = 0; more < 24 && at < end && is_word(*at); more++)
        at++;
    while (at < end && (*at == '"' || *at == '\'' || *at == '\\' || *at == ' '))
        at++;
    return at + 1 < end && (*at == ':' || *at == '=');
}

static bool has_password(const char *data, size_t len)
{
    static const char *const names[] = {"password", "passwd", "passphrase",  "secret",
                                        "api_key",  "apikey", "access_token"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const size_t own = strlen(names[i]);
        for (size_t at = 0; at + own < len; at++) {
            if (strncasecmp(data + at, names[i], own) == 0 && is_field(data + at + own, data + len))
                return true;
        }
    }
    return false;
}

/* ---- Mail ---- */

static bool is_local(char c)
{
    return is_word(c) || c == '.' || c == '+' || c == '%';
}

static bool has_mail(const char *data, size_t len)
{
    for (const char *at = memchr(data, '@', len); at != NULL;
         at = memchr(at + 1, '@', len - (size_t)(at - data) - 1)) {
        const char *end = at + 1;
        const char *dot = NULL;
        if (at == data || !is_local(at[-1]))
            continue;
        for (; end < data + len && (is_word(*end) || *end == '.'); end++)
            dot = *end == '.' && end > at + 1 && end + 1 < data + len && is_word(end[1]) ? end : dot;
        /* A top-level domain has two letters at least. */
        if (dot != NULL && end - dot > 2 && !is_digit(dot[1]))
            return true;
    }
    return false;
}

unsigned shapes_in(const void *data, size_t len)
{
    const char *text = data;
    unsigned found = 0;

    found |= (has_card(text, len) ? 1U : 0U) << SHAPE_CARD;
    found |= (has_token(text, len) ? 1U : 0U) << SHAPE_TOKEN;
    found |= (has_key(text, len) ? 1U : 0U) << SHAPE_KEY;
    found |= (has_password(text, len) ? 1U : 0U) << SHAPE_PASSWORD;
    found |= (has_mail(text, len) ? 1U : 0U) << SHAPE_MAIL;
    return found;
}
