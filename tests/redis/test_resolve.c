/* SPDX-License-Identifier: MIT
 * Name resolution under the deadline. This program's getaddrinfo stands before the C library's: some names hang until the
 * test lets them go. */
#include <arpa/inet.h>
#include <dirent.h>
#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/lab.h"

typedef int resolver_function(const char *, const char *, const struct addrinfo *, struct addrinfo **);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool held = true;    /* guarded by lock: the names that hang do not answer */
static int asked, finished; /* guarded by lock: lookups of these names */

/* Returns the number of this lookup, from 1. */
static int hang(void)
{
    (void)pthread_mutex_lock(&lock);
    int number = ++asked;
    while (held)
        (void)pthread_cond_wait(&changed, &lock);
    (void)pthread_mutex_unlock(&lock);
    return number;
}

static void note_finished(void)
{
    (void)pthread_mutex_lock(&lock);
    finished++;
    (void)pthread_cond_broadcast(&changed);
    (void)pthread_mutex_unlock(&lock);
}

/* The C library's declaration says what it must look like. */
int getaddrinfo(const char *host, const char *port, const struct addrinfo *hints, struct addrinfo **out)
{
    resolver_function *next;
    *(void **)&next = dlsym(RTLD_NEXT, "getaddrinfo");
    if (strcmp(host, "absent.test") == 0)
        return EAI_NONAME;
    if (strcmp(host, "hanging.test") == 0) {
        (void)hang();
        int result = next("127.0.0.1", port, hints, out);
        note_finished();
        return result;
    }
    if (strcmp(host, "moving.test") == 0) {
        bool first = hang() == 1;
        int result = next(first ? "127.0.0.9" : "127.0.0.1", port, hints, out);
        note_finished();
        return result;
    }
    if (strcmp(host, "two.test") == 0) {
        struct addrinfo *second = NULL;
        if (next("127.0.0.9", port, hints, out) != 0 || next("127.0.0.1", port, hints, &second) != 0)
            return EAI_FAIL;
        (*out)->ai_next = second;
        return 0;
    }
    return next(host, port, hints, out);
}

static void release_all(void)
{
    (void)pthread_mutex_lock(&lock);
    held = false;
    (void)pthread_cond_broadcast(&changed);
    while (finished < asked)
        (void)pthread_cond_wait(&changed, &lock);
    (void)pthread_mutex_unlock(&lock);
}

static int count_asked(void)
{
    (void)pthread_mutex_lock(&lock);
    int n = asked;
    (void)pthread_mutex_unlock(&lock);
    return n;
}

static void set_up(void)
{
    held = true;
    asked = finished = 0;
}

static scenario dialling(const char *host, unsigned timeout_ms)
{
    scenario s = scenario_good();
    s.dial = host;
    s.query = "&name=localhost";
    s.timeout_ms = timeout_ms;
    return s;
}

START_TEST(an_unknown_name_is_an_error_of_its_own)
{
    scenario s = dialling("absent.test", 20000);
    outcome o = scenario_run(&s);
    assert_err(TASKSEAL_ERR_RESOLVE, o.err);
    ck_assert_ptr_nonnull(
        strstr(o.error.message, "`absent.test` could not be resolved: Name or service not known"));
    ck_assert(!taskseal_err_permanent(o.err));
}
END_TEST

START_TEST(a_name_server_that_hangs_is_left_at_the_deadline)
{
    scenario s = dialling("hanging.test", 200);
    outcome o = scenario_run(&s);
    assert_err(TASKSEAL_ERR_TIMEOUT, o.err);
    ck_assert_ptr_nonnull(strstr(o.error.message, "while resolving the host name `hanging.test`"));
    release_all(); /* the lookup ends after its endpoint has gone */
}
END_TEST

START_TEST(retries_share_the_lookup_that_hangs)
{
    taskseal_error error;
    redisContext *redis = NULL;
    taskseal_redis_endpoint *endpoint = NULL;
    scenario s = dialling("hanging.test", 50);
    lab l = lab_start(&s, 0);
    assert_ok(taskseal_redis_endpoint_new(&endpoint, l.uri, &error));
    for (int i = 0; i < 5; i++)
        assert_err(TASKSEAL_ERR_TIMEOUT, taskseal_redis_connect(endpoint, &redis, &error));
    ck_assert_int_eq(count_asked(), 1);
    release_all();
    taskseal_redis_endpoint_free(endpoint);
    (void)server_stop(l.server);
}
END_TEST

START_TEST(a_name_server_that_recovers_serves_the_next_connect)
{
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    redisContext *redis = NULL;
    taskseal_redis_endpoint *endpoint = NULL;
    scenario s = dialling("hanging.test", 2000);
    lab l = lab_start(&s, 0);
    assert_ok(taskseal_redis_endpoint_new(&endpoint, l.uri, &error));
    assert_err(TASKSEAL_ERR_TIMEOUT, taskseal_redis_connect(endpoint, &redis, &error));
    release_all();
    taskseal_err err = taskseal_redis_connect(endpoint, &redis, &error);
    ck_assert_msg(err == TASKSEAL_OK, "%s", error.message);
    redisFree(redis);
    taskseal_redis_endpoint_free(endpoint);
    (void)server_stop(l.server);
}
END_TEST

static int count_threads(void)
{
    int n = 0;
    DIR *tasks = opendir("/proc/self/task");
    while (readdir(tasks) != NULL)
        n++;
    (void)closedir(tasks);
    return n;
}

/* What it found is 127.0.0.9, where nobody listens; the name has moved to 127.0.0.1 since. */
START_TEST(a_lookup_that_ended_after_its_callers_serves_nobody)
{
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    redisContext *redis = NULL;
    taskseal_redis_endpoint *endpoint = NULL;
    scenario s = dialling("moving.test", 2000);
    lab l = lab_start(&s, 0);
    assert_ok(taskseal_redis_endpoint_new(&endpoint, l.uri, &error));
    int threads = count_threads();
    assert_err(TASKSEAL_ERR_TIMEOUT, taskseal_redis_connect(endpoint, &redis, &error));
    release_all();
    while (count_threads() > threads) /* the lookup's is the only one that ends */
        (void)sched_yield();
    taskseal_err err = taskseal_redis_connect(endpoint, &redis, &error);
    ck_assert_msg(err == TASKSEAL_OK, "%s", error.message);
    redisFree(redis);
    taskseal_redis_endpoint_free(endpoint);
    (void)server_stop(l.server);
}
END_TEST

/* The child's exit status: 0 if it connects. */
static int connect_in_child(taskseal_redis_endpoint *endpoint)
{
    redisContext *redis = NULL;
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    held = false; /* this process has one thread */
    taskseal_err err = taskseal_redis_connect(endpoint, &redis, &error);
    redisFree(redis);
    taskseal_redis_endpoint_free(endpoint);
    if (err != TASKSEAL_OK)
        (void)fprintf(stderr, "# in the child: %s\n", error.message);
    return err == TASKSEAL_OK ? 0 : 1;
}

START_TEST(a_child_of_fork_does_not_wait_for_its_parents_lookup)
{
    int status = -1;
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    redisContext *redis = NULL;
    taskseal_redis_endpoint *endpoint = NULL;
    scenario s = dialling("hanging.test", 2000);
    lab l = lab_start(&s, 0);
    assert_ok(taskseal_redis_endpoint_new(&endpoint, l.uri, &error));
    assert_err(TASKSEAL_ERR_TIMEOUT, taskseal_redis_connect(endpoint, &redis, &error));
    pid_t child = fork();
    if (child == 0)
        _exit(connect_in_child(endpoint));
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    release_all();
    taskseal_redis_endpoint_free(endpoint);
    (void)server_stop(l.server);
}
END_TEST

START_TEST(the_next_address_is_tried_when_one_refuses)
{
    scenario s = dialling("two.test", 20000);
    outcome o = scenario_run(&s);
    ck_assert_msg(o.err == TASKSEAL_OK, "%s", o.error.message);
}
END_TEST

START_TEST(a_port_where_nobody_listens_is_a_connect_error)
{
    taskseal_error error;
    redisContext *redis = NULL;
    scenario s = scenario_good();
    lab l = lab_start(&s, 0);
    (void)server_stop(l.server);
    assert_err(TASKSEAL_ERR_CONNECT, lab_connect(&l, &redis, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "Connection refused"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("resolve");
    TCase *tests = tcase_create("resolve");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, an_unknown_name_is_an_error_of_its_own);
    tcase_add_test(tests, a_name_server_that_hangs_is_left_at_the_deadline);
    tcase_add_test(tests, retries_share_the_lookup_that_hangs);
    tcase_add_test(tests, a_name_server_that_recovers_serves_the_next_connect);
    tcase_add_test(tests, a_lookup_that_ended_after_its_callers_serves_nobody);
    tcase_add_test(tests, a_child_of_fork_does_not_wait_for_its_parents_lookup);
    tcase_add_test(tests, the_next_address_is_tried_when_one_refuses);
    tcase_add_test(tests, a_port_where_nobody_listens_is_a_connect_error);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
