/* SPDX-License-Identifier: MIT */
#include "real_client.h"

#include <string.h>

real_server running;

static taskseal_err try_connect(const char *login, const char *host, const char *path, const char *query,
                                redisContext **redis, taskseal_error *error)
{
    char uri[600];
    taskseal_redis_endpoint *endpoint = NULL;
    *redis = NULL;
    real_server_uri(&running, uri, sizeof uri, login, host, path, query);
    taskseal_err err = taskseal_redis_endpoint_new(&endpoint, uri, error);
    if (err == TASKSEAL_OK)
        err = taskseal_redis_connect(endpoint, redis, error);
    taskseal_redis_endpoint_free(endpoint);
    return err;
}

redisContext *connected(const char *login, const char *host, const char *path, const char *query)
{
    redisContext *redis = NULL;
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    taskseal_err err = try_connect(login, host, path, query, &redis, &error);
    ck_assert_msg(err == TASKSEAL_OK, "%s", error.message);
    return redis;
}

void assert_refused(taskseal_err expected, const char *login, const char *path, const char *query)
{
    redisContext *redis = NULL;
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    taskseal_err err = try_connect(login, "127.0.0.1", path, query, &redis, &error);
    ck_assert_msg(err == expected, "got %s: %s", taskseal_err_name(err), error.message);
    ck_assert_ptr_null(redis);
    ck_assert_ptr_null(strstr(error.message, "pass-or"));
    ck_assert_ptr_null(strstr(error.message, PASSWORD));
}

redisReply *answered(const redisContext *redis, int type, redisReply *reply)
{
    ck_assert_msg(reply != NULL, "%s", redis->errstr);
    ck_assert_msg(reply->type == type, "reply of type %d: %s", reply->type,
                  reply->str != NULL ? reply->str : "");
    return reply;
}

static void stop(void)
{
    real_server_stop(&running);
}

TCase *add_case(Suite *suite, const char *name, void (*start)(void))
{
    TCase *tests = tcase_create(name);
    tcase_set_timeout(tests, 120);
    tcase_add_unchecked_fixture(tests, start, stop);
    suite_add_tcase(suite, tests);
    return tests;
}
