/* SPDX-License-Identifier: MIT
 * When to try again, and the loop around reconnecting. */
#include <limits.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "support/place.h"

/* ---- Delays ------------------------------------------------------------------------------------------------- */

static unsigned next_delay(taskseal_redis_backoff *backoff)
{
    unsigned delay = UINT_MAX;
    ck_assert(taskseal_redis_backoff_next(backoff, TASKSEAL_ERR_CONNECT, &delay));
    return delay;
}

static const struct {
    taskseal_redis_backoff backoff;
    unsigned ceilings[6];
} growth[] = {
    {{0}, {50, 100, 200, 400, 800, 1600}},
    {{.first_ms = 1, .max_ms = 5}, {1, 2, 4, 5, 5, 5}},
    {{.first_ms = 100, .max_ms = 10}, {10, 10, 10, 10, 10, 10}},
    {{.first_ms = 3000}, {3000, 6000, 10000, 10000, 10000, 10000}},
    {{.first_ms = 1U << 31, .max_ms = UINT_MAX}, {1U << 31, UINT_MAX, UINT_MAX, UINT_MAX, UINT_MAX, UINT_MAX}},
};

/* Of 400 even draws some lie in the lower and some in the upper half; that they do not happens once in 10^120. */
START_TEST(delays_are_drawn_from_all_up_to_a_growing_ceiling)
{
    for (unsigned step = 0; step < COUNT_OF(growth[0].ceilings); step++) {
        const unsigned ceiling = growth[_i].ceilings[step];
        unsigned low = 0, high = 0;
        for (int i = 0; i < 400; i++) {
            taskseal_redis_backoff backoff = growth[_i].backoff;
            backoff.failures = step;
            unsigned delay = next_delay(&backoff);
            ck_assert_uint_le(delay, ceiling);
            ck_assert_uint_eq(backoff.failures, step + 1);
            low += delay <= ceiling / 2;
            high += delay >= (ceiling + 1) / 2;
        }
        ck_assert_uint_gt(low, 0);
        ck_assert_uint_gt(high, 0);
    }
}
END_TEST

START_TEST(a_permanent_error_ends_it)
{
    unsigned delay = 7;
    taskseal_redis_backoff backoff = {.failures = 3};
    ck_assert(!taskseal_redis_backoff_next(&backoff, TASKSEAL_ERR_CERT_UNTRUSTED, &delay));
    ck_assert_uint_eq(delay, 0);
    ck_assert_uint_eq(backoff.failures, 3);
    ck_assert(taskseal_redis_backoff_next(&backoff, TASKSEAL_ERR_CRL_UNUSABLE, &delay));
}
END_TEST

START_TEST(the_count_of_failures_stays_within_its_range)
{
    taskseal_redis_backoff backoff = {.failures = UINT_MAX};
    ck_assert_uint_le(next_delay(&backoff), 10000);
    ck_assert_uint_eq(backoff.failures, UINT_MAX);
    taskseal_redis_backoff_reset(&backoff);
    ck_assert_uint_eq(backoff.failures, 0);
    ck_assert_uint_le(next_delay(&backoff), 50);
}
END_TEST

/* ---- Reconnecting ------------------------------------------------------------------------------------------- */

static redisContext *connected(void)
{
    taskseal_error error;
    redisContext *redis = NULL;
    place_serve(&(server_spec){0});
    taskseal_redis_endpoint *endpoint = place_endpoint("");
    assert_ok(taskseal_redis_connect(endpoint, &redis, &error));
    taskseal_redis_endpoint_free(endpoint);
    return redis;
}

static void *serve_a_little_later(void *unused)
{
    (void)unused;
    (void)nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    place_serve(&(server_spec){0});
    return NULL;
}

START_TEST(it_tries_until_the_server_is_back)
{
    taskseal_error error;
    pthread_t thread;
    taskseal_redis_backoff backoff = {.first_ms = 5, .max_ms = 20};
    redisContext *redis = connected();
    place_stop();
    ck_assert_int_eq(pthread_create(&thread, NULL, serve_a_little_later, NULL), 0);
    assert_ok(taskseal_redis_reconnect_until(redis, &backoff, 0, -1, &error));
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_uint_eq(backoff.failures, 0);
    assert_ok(taskseal_redis_error(redis));
    redisFree(redis);
}
END_TEST

START_TEST(it_gives_up_when_time_is_over)
{
    taskseal_error error;
    taskseal_redis_backoff backoff = {.first_ms = 5, .max_ms = 20};
    redisContext *redis = connected();
    place_stop();
    assert_err(TASKSEAL_ERR_CONNECT, taskseal_redis_reconnect_until(redis, &backoff, 60, -1, &error));
    ck_assert_int_eq(error.code, TASKSEAL_ERR_CONNECT);
    ck_assert_uint_gt(backoff.failures, 1);
    assert_err(TASKSEAL_ERR_CONNECT, taskseal_redis_reconnect_until(redis, NULL, 1, -1, &error));
    place_serve(&(server_spec){0});
    assert_ok(taskseal_redis_reconnect_until(redis, NULL, 1, -1, &error));
    redisFree(redis);
}
END_TEST

START_TEST(it_gives_up_at_a_permanent_error)
{
    taskseal_error error;
    cert_spec evil = spec_server("DNS:evil.example.com");
    redisContext *redis = connected();
    place_stop();
    place_serve_leaf(issue(&evil, &here.root));
    assert_err(TASKSEAL_ERR_NAME_MISMATCH, taskseal_redis_reconnect_until(redis, NULL, 0, -1, &error));
    redisFree(redis);
    server *s = here.server;
    here.server = NULL;
    ck_assert_uint_eq(server_stop(s).connections, 1);
}
END_TEST

static void *wake_a_little_later(void *argument)
{
    const int *fd = argument;
    (void)nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    (void)eventfd_write(*fd, 1);
    return NULL;
}

/* Its delays are an hour, half of the time at least a half one: only the wake-up ends them. */
START_TEST(it_is_woken)
{
    taskseal_error error;
    pthread_t thread;
    taskseal_redis_backoff backoff = {.first_ms = 3600000, .max_ms = 3600000};
    int fd = eventfd(0, EFD_CLOEXEC);
    redisContext *redis = connected();
    place_stop();
    ck_assert_int_eq(pthread_create(&thread, NULL, wake_a_little_later, &fd), 0);
    assert_err(TASKSEAL_ERR_CONNECT, taskseal_redis_reconnect_until(redis, &backoff, 0, fd, &error));
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    /* One that is readable from the beginning leaves one try. */
    backoff.failures = 0;
    assert_err(TASKSEAL_ERR_CONNECT, taskseal_redis_reconnect_until(redis, &backoff, 0, fd, &error));
    ck_assert_uint_eq(backoff.failures, 1);
    (void)close(fd);
    redisFree(redis);
}
END_TEST

START_TEST(a_foreign_context_is_refused)
{
    taskseal_error error;
    assert_err(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_redis_reconnect_until(NULL, NULL, 0, -1, &error));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("backoff");
    TCase *tests = tcase_create("backoff");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, place_set_up, place_tear_down);
    tcase_add_loop_test(tests, delays_are_drawn_from_all_up_to_a_growing_ceiling, 0, (int)COUNT_OF(growth));
    tcase_add_test(tests, a_permanent_error_ends_it);
    tcase_add_test(tests, the_count_of_failures_stays_within_its_range);
    tcase_add_test(tests, it_tries_until_the_server_is_back);
    tcase_add_test(tests, it_gives_up_when_time_is_over);
    tcase_add_test(tests, it_gives_up_at_a_permanent_error);
    tcase_add_test(tests, it_is_woken);
    tcase_add_test(tests, a_foreign_context_is_refused);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
