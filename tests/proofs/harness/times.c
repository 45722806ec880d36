/* SPDX-License-Identifier: MIT */
#include "proof.h"

#include <clock.c>
#include <timestamp.c>

#define LAST TASKSEAL_TIME_MAX

/* Every text of 20 bytes: what is accepted is exactly what the writer writes. */
void proof_timestamp_read(void)
{
    char text[TASKSEAL__TIMESTAMP_LEN], again[TASKSEAL__TIMESTAMP_LEN];
    uint64_t time;
    size_t i = nondet_size();
    for (size_t at = 0; at < sizeof text; at++)
        text[at] = (char)nondet_int();
    ASSUME(text[0] == '1' && text[1] == '9', "the bound of this proof: years to 1999");
    if (!taskseal__parse_timestamp(text, sizeof text, &time)) {
        REACHED("refused");
        return;
    }
    CHECK(time >= 1 && time <= LAST, "after 1970-01-01T00:00:00Z and before the year 10000");
    taskseal__put_timestamp(again, time);
    CHECK(i >= sizeof text || again[i] == text[i], "what is accepted is written the same");
    REACHED("accepted");
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

/* Every time is written so that it is read as the same. */
void proof_timestamp_written(void)
{
    char text[TASKSEAL__TIMESTAMP_LEN];
    uint64_t time = nondet_u64(), again;
    ASSUME(time >= 1 && time <= LATEST, "the bound of this proof");
    taskseal__put_timestamp(text, time);
    CHECK(taskseal__parse_timestamp(text, sizeof text, &again) && again == time,
          "what is written is read the same");
    REACHED("written");
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
