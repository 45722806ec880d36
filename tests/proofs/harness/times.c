/* SPDX-License-Identifier: MIT */
#include "proof.h"

#include <clock.c>
#include <timestamp.c>

#define LAST TASKSEAL_TIME_MAX

static const unsigned lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

static bool leaps(unsigned year)
{
    return year % 400 == 0 || (year % 4 == 0 && year % 100 != 0);
}

static unsigned g_year, g_month, g_day;
static uint64_t g_days;

uint64_t checked_days(unsigned year, unsigned month, unsigned day)
{
    CHECK(year >= 1970 && year <= 9999 && month >= 1 && month <= 12, "a month");
    CHECK(day >= 1 && day <= lengths[(month - 1) % 12] + (month == 2 && leaps(year)), "a day of its month");
    g_year = year;
    g_month = month;
    g_day = day;
    g_days = nondet_bool() ? 1 : 2932896;
    return g_days;
}

static unsigned digits_of(const char *text, size_t count)
{
    unsigned value = 0;
    for (size_t i = 0; i < count; i++) {
        CHECK(text[i] >= '0' && text[i] <= '9', "exactly the texts of this form");
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    return value;
}

/* Every text of 20 bytes, with one of two counts of days: the
 * smallest and the largest. The digits are read back from the date that the calendar is asked for. */
void proof_timestamp_read(void)
{
    char text[TASKSEAL__TIMESTAMP_LEN];
    uint64_t time;
    for (size_t at = 0; at < sizeof text; at++)
        text[at] = nondet_char();
    if (!taskseal__parse_timestamp(text, sizeof text, &time)) {
        REACHED("refused");
        return;
    }
    unsigned seconds = (unsigned)(time - g_days * 86400);
    CHECK(time >= g_days * 86400 && time - g_days * 86400 < 86400, "the days, and a time of the day");
    CHECK(text[4] == '-' && text[7] == '-' && text[10] == 'T' && text[13] == ':' && text[16] == ':' &&
              text[19] == 'Z',
          "exactly the texts of this form");
    CHECK(digits_of(text, 4) == g_year, "the year");
    CHECK(digits_of(text + 5, 2) == g_month && digits_of(text + 8, 2) == g_day, "month and day");
    unsigned hour = digits_of(text + 11, 2), minute = digits_of(text + 14, 2),
             second = digits_of(text + 17, 2);
    CHECK(hour < 24 && minute < 60 && second < 60, "exactly the texts of this form");
    CHECK(seconds == hour * 3600 + minute * 60 + second, "hour, minute and second");
    REACHED("accepted");
}

/* Every date of 12 years, counted day by day; around the years that leap and those that do not. */
void proof_days_before(void)
{
    unsigned count = 0, day = nondet_u8();
    ASSUME(day >= 1 && day <= 31, "parse_timestamp has checked the date");
    for (unsigned year = 1970; year < 1982; year++)
        for (unsigned month = 1; month <= 12; month++) {
            CHECK(days_before(year, month, day) == count + day - 1, "the days of the Gregorian calendar");
            count += lengths[month - 1] + (month == 2 && leaps(year));
        }
    CHECK(days_before(2100, 3, 1) - days_before(2100, 2, 28) == 1, "2100 does not leap");
    CHECK(days_before(2101, 1, 1) - days_before(2100, 1, 1) == 365, "2100 does not leap");
    REACHED("counted");
}

void proof_put_number(void)
{
    char out[4];
    unsigned value = nondet_u16() & 0x3FFF;
    ASSUME(value <= 9999, "the year is the longest number");
    put_number(out, 4, value);
    CHECK((out[0] - '0') * 1000 + (out[1] - '0') * 100 + (out[2] - '0') * 10 + (out[3] - '0') == (int)value,
          "the number");
    for (size_t i = 0; i < 4; i++)
        CHECK(out[i] >= '0' && out[i] <= '9', "of digits");
    if (value <= 99) {
        put_number(out + 2, 2, value);
        CHECK((out[2] - '0') * 10 + (out[3] - '0') == (int)value, "in two digits");
        REACHED("of two digits");
    }
    REACHED("of four digits");
}

void proof_timestamp_length(void)
{
    size_t len = nondet_size();
    uint64_t time;
    ASSUME(len != TASKSEAL__TIMESTAMP_LEN, "the other lengths are this proof's");
    ASSUME(len <= 64, "the bound of this proof; a longer text is refused by the same comparison");
    CHECK(!taskseal__parse_timestamp(any_bytes(len), len, &time), "no other length is a time");
    REACHED("other lengths");
}

static const char *g_text;
static unsigned g_fields[6], g_written;

void known_number(char *at, size_t digits, uint64_t value)
{
    static const unsigned places[] = {0, 5, 8, 11, 14, 17};
    CHECK(g_written < 6, "six numbers");
    const unsigned field = g_written < 6 ? g_written++ : 0;
    CHECK(at == g_text + places[field] && digits == (field == 0 ? 4 : 2), "each in its place");
    CHECK(value <= (field == 0 ? 9999 : 99), "no longer than its place");
    g_fields[field] = (unsigned)value;
}

/* Days one behind the other, around the year 1972 and its leap day, are written as the dates one behind the other. */
void proof_timestamp_date(void)
{
    char text[TASKSEAL__TIMESTAMP_LEN];
    unsigned year = 1971, month = 12, day = 27;
    const unsigned *f = g_fields;
    g_text = text;
    for (uint64_t days = 725; days < 795; days++) {
        g_written = 0;
        taskseal__put_timestamp(text, days * 86400);
        CHECK(f[0] == year && f[1] == month && f[2] == day, "the date");
        CHECK(f[3] == 0 && f[4] == 0 && f[5] == 0, "midnight");
        CHECK(text[4] == '-' && text[10] == 'T' && text[13] == ':' && text[19] == 'Z', "in the one form");
        if (day++ == lengths[month - 1] + (month == 2 && leaps(year))) {
            day = 1;
            year += month == 12;
            month = month % 12 + 1;
        }
    }
    REACHED("70 days");
}

/* Every second of a day. */
void proof_timestamp_clock(void)
{
    char text[TASKSEAL__TIMESTAMP_LEN];
    uint64_t time = nondet_u32() & 0x1FFFF;
    const unsigned *f = g_fields;
    ASSUME(time < 86400, "the bound of this proof: the first day");
    g_text = text;
    taskseal__put_timestamp(text, time);
    CHECK(f[0] == 1970 && f[1] == 1 && f[2] == 1, "the first day");
    CHECK(f[3] < 24 && f[4] < 60 && f[5] < 60 && g_written == 6, "a time of the day");
    CHECK(f[3] * 3600 + f[4] * 60 + f[5] == time, "of this second");
    REACHED_IF(f[3] == 23 && f[5] == 59, "the last minute");
}

/* In place of days_before where no time is accepted: its loop over the years is in other proofs. */
uint64_t any_days(unsigned year, unsigned month, unsigned day)
{
    CHECK(year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= 31, "a date");
    uint64_t days = nondet_u64();
    ASSUME(days < 3000000, "the days of 8000 years; by the proof timestamp_read");
    return days;
}

static time_t system_clock;

time_t time(time_t *out)
{
    (void)out;
    return system_clock;
}

void proof_now(void)
{
    uint64_t given = nondet_u64(), now;
    system_clock = nondet_i64();
    taskseal_err err = taskseal__now(given, &now);
    if (err == TASKSEAL_OK) {
        CHECK(now >= 1 && now <= LAST, "a time of 1 to the last");
        CHECK(now == (given != 0 ? given : (uint64_t)system_clock), "the given time, or the clock's");
        REACHED("a time");
    } else {
        CHECK(err == (given != 0 ? TASKSEAL_ERR_BAD_ARGUMENT : TASKSEAL_ERR_BAD_CLOCK), "whose fault it is");
        CHECK(given > LAST || (given == 0 && (system_clock < 1 || system_clock > (time_t)LAST)),
              "only times out of range");
        REACHED("out of range");
    }
}

/* F 9.8, in integers that can't overflow. */
void proof_check_times(void)
{
    uint64_t sealed = nondet_u64(), expires = nondet_u64(), max_age = nondet_u64(), now = nondet_u64();
    ASSUME(sealed <= LAST && expires <= LAST && now <= LAST, "times that the parser and the clock let pass");
    taskseal_err err = taskseal__check_times(sealed, expires, max_age, now);
    bool early = (__int128)sealed - now > 300;
    bool late =
        (expires != 0 && now >= expires) || (max_age != 0 && (__int128)now - sealed > (__int128)max_age);
    CHECK(err == (early  ? TASKSEAL_ERR_NOT_YET_VALID
                  : late ? TASKSEAL_ERR_EXPIRED
                         : TASKSEAL_OK),
          "the rules of F 9.8");
    REACHED_IF(err == TASKSEAL_OK, "valid");
    REACHED_IF(early, "early");
    REACHED_IF(late, "late");
}

/* An envelope that may still open is one that must still be remembered. */
void proof_replay_until(void)
{
    uint64_t sealed = nondet_u64(), expires = nondet_u64(), max_age = nondet_u64(), now = nondet_u64();
    ASSUME(sealed >= 1 && sealed <= LAST, "what the parser lets pass (F 3.8)");
    ASSUME(expires == 0 || (expires > sealed && expires <= LAST), "what the parser lets pass (F 3.9)");
    ASSUME(now <= LAST, "what the clock lets pass");
    uint64_t until = taskseal__replay_until(sealed, expires, max_age);
    if (until == 0) {
        CHECK(expires == 0 && (max_age == 0 || max_age > LAST), "for ever only where nothing ends it");
        REACHED("for ever");
    } else {
        CHECK(until > 300 && until <= 2 * LAST + 300, "a time");
        if (taskseal__check_times(sealed, expires, max_age, now) == TASKSEAL_OK) {
            CHECK(now <= until - 300, "remembered as long as it opens, and 300 s more");
            REACHED("still opens");
        }
    }
}
