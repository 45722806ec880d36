/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/timestamp.c; do not edit. */
/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <string.h>

/* 'd' stands for a digit, all else for itself. */
static bool has_shape(const char *text, const char *shape)
{
    for (; *shape != '\0'; text++, shape++)
        if (*shape == 'd' ? *text < '0' || *text > '9' : *text != *shape)
            return false;
    return true;
}

static unsigned number(const char *digits, size_t count)
{
    unsigned value = 0;
    for (size_t i = 0; i < count; i++)
        value = value * 10 + (unsigned)(digits[i] - '0');
    return value;
}

static bool is_leap(unsigned year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned days_in_month(unsigned year, unsigned month)
{
    static const unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

/* From 1970-01-01 to the date. */
static uint64_t days_before(unsigned year, unsigned month, unsigned day)
{
    uint64_t days = day - 1;
    for (unsigned y = 1970; y < year; y++)
        days += is_leap(y) ? 366 : 365;
    for (unsigned m = 1; m < month; m++)
        days += days_in_month(year, m);
    return days;
}

bool taskseal__parse_timestamp(const char *text, size_t len, uint64_t *time)
{
    static const char shape[] = "dddd-dd-ddTdd:dd:ddZ";
    if (len != sizeof shape - 1 || !has_shape(text, shape))
        return false;
    unsigned year = number(text, 4);
    unsigned month = number(text + 5, 2);
    unsigned day = number(text + 8, 2);
    unsigned hour = number(text + 11, 2);
    unsigned minute = number(text + 14, 2);
    unsigned second = number(text + 17, 2);
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) || hour > 23 ||
        minute > 59 || second > 59)
        return false;
    *time = ((days_before(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    return *time > 0;
}

static void put_number(char *at, size_t digits, uint64_t value)
{
    while (digits-- > 0) {
        at[digits] = (char)('0' + value % 10);
        value /= 10;
    }
}

void taskseal__put_timestamp(char text[TASKSEAL__TIMESTAMP_LEN], uint64_t time)
{
    uint64_t days = time / 86400;
    unsigned year = 1970;
    unsigned month = 1;
    for (; days >= (is_leap(year) ? 366U : 365U); year++)
        days -= is_leap(year) ? 366 : 365;
    for (; days >= days_in_month(year, month); month++)
        days -= days_in_month(year, month);
    memcpy(text, "0000-00-00T00:00:00Z", TASKSEAL__TIMESTAMP_LEN);
    put_number(text, 4, year);
    put_number(text + 5, 2, month);
    put_number(text + 8, 2, days + 1);
    put_number(text + 11, 2, time / 3600 % 24);
    put_number(text + 14, 2, time / 60 % 60);
    put_number(text + 17, 2, time % 60);
}
