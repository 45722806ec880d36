/* SPDX-License-Identifier: MIT
 * Certificates and revocation lists whose time has not come, or is over, because the clock moved: a connection is good,
 * the clock moves, and the next is refused; then it moves back, and all is good again. Runs under libfaketime, as
 * meson.build calls it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/lab.h"

#define HOUR 3600L
#define DAY  (24 * HOUR)

static void plain(scenario *s)
{
    (void)s;
}

static void with_short_intermediate(scenario *s)
{
    s->use_middle = true;
    s->middle.valid_from = -HOUR;
    s->middle.valid_to = 2 * DAY;
}

static void with_short_root(scenario *s)
{
    s->root.valid_from = -HOUR;
    s->root.valid_to = 2 * DAY;
}

static void with_young_intermediate(scenario *s)
{
    s->use_middle = true;
    s->middle.valid_from = -600;
    s->middle.valid_to = 2 * DAY;
}

static void with_young_root(scenario *s)
{
    s->root.valid_from = -600;
    s->root.valid_to = 2 * DAY;
}

/* From an hour ago to a day from now; all certificates are older and last longer. */
static void with_lists(scenario *s)
{
    s->use_middle = true;
    s->root.valid_from = s->middle.valid_from = s->leaf.valid_from = -DAY;
    s->root.valid_to = s->middle.valid_to = s->leaf.valid_to = 30 * DAY;
    s->lists = GOOD_LISTS;
}

static const struct {
    const char *name;
    void (*arrange)(scenario *s);
    long moved; /* seconds */
    taskseal_err expected;
    const char *says;
} rows[] = {
    {"just before the end", plain, 30 * DAY - 120, TASKSEAL_OK, ""},
    {"just after the end", plain, 30 * DAY + 120, TASKSEAL_ERR_CERT_EXPIRED, "expired at 2"},
    {"just after the beginning", plain, 120 - HOUR, TASKSEAL_OK, ""},
    {"just before the beginning", plain, -HOUR - 120, TASKSEAL_ERR_CERT_NOT_YET_VALID, "is not valid before 2"},
    {"years later", plain, 3650 * DAY, TASKSEAL_ERR_CERT_EXPIRED, "set this host's clock"},
    {"years earlier, as without a battery", plain, -3650 * DAY, TASKSEAL_ERR_CERT_NOT_YET_VALID, "check this host's clock"},
    {"intermediate, before the end", with_short_intermediate, 2 * DAY - 120, TASKSEAL_OK, ""},
    {"intermediate, after the end", with_short_intermediate, 2 * DAY + 120, TASKSEAL_ERR_CERT_EXPIRED, "lab intermediate"},
    {"intermediate, before the beginning", with_young_intermediate, -720, TASKSEAL_ERR_CERT_NOT_YET_VALID,
     "lab intermediate"},
    {"root, before the end", with_short_root, 2 * DAY - 120, TASKSEAL_OK, ""},
    {"root, after the end", with_short_root, 2 * DAY + 120, TASKSEAL_ERR_CERT_EXPIRED, "lab root"},
    {"root, before the beginning", with_young_root, -720, TASKSEAL_ERR_CERT_NOT_YET_VALID, "lab root"},
    {"lists, before the end", with_lists, DAY - 120, TASKSEAL_OK, ""},
    {"lists, after the end", with_lists, DAY + 120, TASKSEAL_ERR_CRL_UNUSABLE, "is stale: it was to be replaced by 2"},
    {"lists, before the beginning", with_lists, -HOUR - 120, TASKSEAL_ERR_CRL_UNUSABLE, "is not valid before 2"},
};

/* libfaketime reads it at each call. */
static void move_clock(long seconds)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%+ld", seconds);
    ck_assert_int_eq(setenv("FAKETIME", text, 1), 0);
}

static void expect(guest *g, size_t row, taskseal_err expected, const char *says, const char *when)
{
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    taskseal_err err = guest_try(g, &error);
    ck_assert_msg(err == expected, "%s, %s: got %s (%s), expected %s", rows[row].name, when, taskseal_err_name(err),
                  error.message, taskseal_err_name(expected));
    ck_assert_msg(strstr(error.message, says) != NULL, "%s, %s: message is: %s", rows[row].name, when, error.message);
}

START_TEST(the_clock_can_be_moved)
{
    time_t now = time(NULL);
    move_clock(100 * DAY);
    time_t later = time(NULL);
    move_clock(0);
    ck_assert_msg(later - now >= 100 * DAY && later - now < 101 * DAY, "this must run under faketime");
}
END_TEST

START_TEST(what_is_not_of_this_time_is_refused_while_it_is_not)
{
    size_t refused = 0, accepted = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        scenario s = scenario_good();
        rows[i].arrange(&s);
        s.dial = "127.0.0.1"; /* libfaketime has its own idea of how long a condition is waited for */
        lab l = lab_start(&s, 0);
        guest *g = guest_new(l.uri);
        expect(g, i, TASKSEAL_OK, "", "at its time");
        move_clock(rows[i].moved);
        expect(g, i, rows[i].expected, rows[i].says, "reconnect with the clock moved");
        guest_free(g);
        g = guest_new(l.uri);
        expect(g, i, rows[i].expected, rows[i].says, "first connect with the clock moved");
        move_clock(0);
        expect(g, i, TASKSEAL_OK, "", "at its time again");
        guest_free(g);
        (void)lab_stop(&l);
        refused += rows[i].expected != TASKSEAL_OK;
        accepted += rows[i].expected == TASKSEAL_OK;
    }
    printf("# evidence: 12: own server, %s, clock moved: %zu times at which certificates or lists are not valid refused with "
           "their own error, at the first connect and on reconnect; %zu times two minutes within accepted, and each server at "
           "the right time before and after\n",
           guest_kind, refused, accepted);
    (void)fflush(stdout);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("clock");
    TCase *tests = tcase_create("clock");
    tcase_set_timeout(tests, 100);
    tcase_add_test(tests, the_clock_can_be_moved);
    tcase_add_test(tests, what_is_not_of_this_time_is_refused_while_it_is_not);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
