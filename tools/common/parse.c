/* SPDX-License-Identifier: MIT */
#include "parse.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "names.h"
#include "print.h"
#include "report.h"
#include "secret.h"

/* Says what the option takes, and shows what it was given. */
static int refuse(const char *option, const char *wanted, const char *text)
{
    char what[32];

    snprintf(what, sizeof what, "--%s", option);
    const int status = secret_check(what, wanted, text);
    return status != STATUS_OK ? status : report_usage("%s takes %s, not '%s'", what, wanted, text);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads decimal digits up to `max`, moving *at behind them; false if there are none or they exceed it. */
static bool read_number(const char **at, uint64_t max, uint64_t *number)
{
    uint64_t value = 0;

    if (!is_digit(**at))
        return false;
    for (; is_digit(**at); ++*at) {
        const uint64_t digit = (uint64_t)(**at - '0');
        if (value > (max - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *number = value;
    return true;
}

/* Seconds in the unit that `suffix` names; 0 if it names none. */
static uint64_t unit_of(const char *suffix)
{
    static const struct {
        const char *suffix;
        uint64_t seconds;
    } units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}};

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(units[i].suffix, suffix) == 0)
            return units[i].seconds;
    }
    return 0;
}

int parse_duration(const char *option, const char *text, uint64_t *seconds)
{
    const char *rest = text;
    uint64_t number = 0;
    const bool digits = read_number(&rest, TASKSEAL_TIME_MAX, &number);
    const uint64_t unit = digits ? unit_of(rest) : 0;

    if (unit == 0 || number == 0 || number > TASKSEAL_TIME_MAX / unit)
        return refuse(option, "a number of seconds, or of s, m, h, d or w (15m)", text);
    *seconds = number * unit;
    return STATUS_OK;
}

int parse_time(const char *option, const char *text, uint64_t *seconds)
{
    struct tm utc = {0};
    char again[TIME_TEXT_MAX] = "";
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    const time_t when = end != NULL && *end == '\0' ? timegm(&utc) : 0;

    /* Writing it again catches 30 February, short fields, blanks, and whatever else strptime lets pass. */
    if (when > 0 && (uint64_t)when <= TASKSEAL_TIME_MAX)
        format_time((uint64_t)when, again);
    if (again[0] == '\0' || strcmp(again, text) != 0)
        return refuse(option, "a time in UTC like 2026-11-21T20:00:00Z", text);
    *seconds = (uint64_t)when;
    return STATUS_OK;
}

/* "a, b or c". */
static void list_names(const named_value *names, char *list, size_t cap)
{
    size_t used = 0;

    list[0] = '\0';
    for (; names->name != NULL && used < cap; names++) {
        const char *joint = names[1].name == NULL ? "" : names[2].name == NULL ? " or " : ", ";
        used += (size_t)snprintf(list + used, cap - used, "%s%s", names->name, joint);
    }
}

static int parse_name(const char *option, const char *text, const named_value *names, unsigned *value)
{
    const named_value *found = value_named(names, text, strlen(text));
    char list[128];

    if (found == NULL) {
        list_names(names, list, sizeof list);
        return refuse(option, list, text);
    }
    *value = found->value;
    return STATUS_OK;
}

int parse_suite(const char *option, const char *text, taskseal_suite *suite)
{
    unsigned value = 0;
    const int status = parse_name(option, text, suite_names, &value);

    if (status == STATUS_OK)
        *suite = (taskseal_suite)value;
    return status;
}

int parse_key_type(const char *option, const char *text, taskseal_key_type *type)
{
    unsigned value = 0;
    const int status = parse_name(option, text, key_type_names, &value);

    if (status == STATUS_OK)
        *type = (taskseal_key_type)value;
    return status;
}

int parse_purpose(const char *option, const char *text, taskseal_purpose *purpose)
{
    unsigned value = 0;
    const int status = parse_name(option, text, purpose_names, &value);

    if (status == STATUS_OK)
        *purpose = (taskseal_purpose)value;
    return status;
}

int parse_insist(const char *option, const char *text, unsigned *insist)
{
    unsigned mask = 0;
    const char *at = text;

    if (strcmp(text, "none") == 0) {
        *insist = TASKSEAL_INSIST_NONE;
        return STATUS_OK;
    }
    for (;;) {
        const size_t len = strcspn(at, ",");
        const named_value *found = value_named(bound_names, at, len);
        if (found == NULL)
            return refuse(option, "none, or some of queue,type,id,extra with commas between them", text);
        mask |= found->value;
        at += len;
        if (*at == '\0')
            break;
        at++;
    }
    *insist = mask;
    return STATUS_OK;
}

int parse_field(const char *option, const char *text, taskseal_bytes *field)
{
    const taskseal_bytes bytes = taskseal_str(text);

    if (bytes.len == 0)
        return report_usage("--%s is empty: leave it out to bind nothing, or check that your variable is set",
                            option);
    if (bytes.len > TASKSEAL_CONTEXT_MAX)
        return report_usage("--%s is %zu bytes; at most %u are allowed", option, bytes.len,
                            TASKSEAL_CONTEXT_MAX);
    *field = bytes;
    return STATUS_OK;
}

int parse_count(const char *option, const char *text, uint64_t *count)
{
    const char *rest = text;
    uint64_t number = 0;

    if (!read_number(&rest, INT32_MAX, &number) || *rest != '\0')
        return refuse(option, "a whole number", text);
    *count = number;
    return STATUS_OK;
}

int parse_descriptor(const char *option, const char *text, int *fd)
{
    const char *rest = text;
    uint64_t number = 0;

    if (!read_number(&rest, INT32_MAX, &number) || *rest != '\0')
        return refuse(option, "the number of an open file descriptor", text);
    if (fcntl((int)number, F_GETFD) < 0)
        return report_usage("--%s: descriptor %d is not open", option, (int)number);
    *fd = (int)number;
    return STATUS_OK;
}
