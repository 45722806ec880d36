/* SPDX-License-Identifier: MIT
 * Endpoints and connections among processes: what crosses fork and exec, and what does not. */
#include <fcntl.h>
#include <openssl/pem.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/place.h"

/* ---- Descriptors -------------------------------------------------------------------------------------------- */

enum { DESCRIPTORS = 1024 };

/* Marks the open descriptors that exec would hand on. */
static void find_inherited(bool inherited[DESCRIPTORS])
{
    for (int fd = 0; fd < DESCRIPTORS; fd++) {
        int flags = fcntl(fd, F_GETFD);
        inherited[fd] = flags >= 0 && (flags & FD_CLOEXEC) == 0;
    }
}

static bool before[DESCRIPTORS];
static unsigned asked;

static void assert_none_more(void)
{
    bool now[DESCRIPTORS];
    find_inherited(now);
    for (int fd = 0; fd < DESCRIPTORS; fd++)
        ck_assert_msg(!now[fd] || before[fd], "descriptor %d would cross exec", fd);
}

/* Called while the key file is open: another thread may run a program just then. */
static int give(char *out, size_t cap, void *argument)
{
    (void)argument;
    ck_assert_uint_ge(cap, 6);
    memcpy(out, "secret", 6);
    assert_none_more();
    asked++;
    return 6;
}

START_TEST(no_descriptor_crosses_exec)
{
    taskseal_error error;
    redisContext *redis = NULL;
    taskseal_redis_endpoint *endpoint = NULL;
    taskseal_redis_options options = {.passphrase = give};
    cert_spec spec = spec_client("worker");
    identity client = issue(&spec, &here.root);
    write_certificates(place_path("client.pem"), client.certificate, NULL);
    FILE *file = fopen(place_path("client.key"), "we");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(PEM_write_PKCS8PrivateKey(file, client.key, EVP_aes_128_cbc(), "secret", 6, NULL, NULL),
                     1);
    (void)fclose(file);
    place_serve(&(server_spec){.client_ca = here.root.certificate});
    find_inherited(before);
    assert_ok(place_try_endpoint("&cert=@/client.pem&key=@/client.key", &options, &endpoint, &error));
    ck_assert_uint_eq(asked, 1);
    assert_ok(taskseal_redis_connect(endpoint, &redis, &error));
    int flags = fcntl(redis->fd, F_GETFD);
    ck_assert(flags >= 0 && (flags & FD_CLOEXEC) != 0);
    redisFree(redis);
    taskseal_redis_endpoint_free(endpoint);
}
END_TEST

/* ---- Fork --------------------------------------------------------------------------------------------------- */

static int connect_in_child(taskseal_redis_endpoint *endpoint)
{
    taskseal_error error;
    redisContext *redis = NULL;
    taskseal_err err = taskseal_redis_connect(endpoint, &redis, &error);
    bool good = err == TASKSEAL_OK && taskseal_redis_endpoint_trust(endpoint, &error) == TASKSEAL_OK;
    if (!good)
        (void)fprintf(stderr, "in the child: %s\n", error.message);
    redisFree(redis);
    taskseal_redis_endpoint_free(endpoint);
    return good ? 0 : 1;
}

START_TEST(a_child_of_fork_connects_with_its_parents_endpoint)
{
    int status = -1;
    taskseal_error error;
    place_serve(&(server_spec){0});
    taskseal_redis_endpoint *endpoint = NULL, *base = place_endpoint("");
    /* By address: to look a name up takes a thread, which ThreadSanitizer lets no child have. */
    assert_ok(taskseal_redis_endpoint_for(&endpoint, base, "127.0.0.1", here.port, &error));
    taskseal_redis_endpoint_free(base);
    assert_ok(place_connect(endpoint, NULL, &error));
    pid_t child = fork();
    if (child == 0) {
        write_certificates(place_path("new"), here.root.certificate, here.middle.certificate);
        place_rename("new", "ca.pem");
        _exit(connect_in_child(endpoint));
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    assert_ok(place_connect(endpoint, NULL, &error));
    taskseal_redis_endpoint_free(endpoint);
}
END_TEST

/* ---- Signals -------------------------------------------------------------------------------------------------- */

static const behaviour rude[] = {CLOSE_AT_ONCE, CLOSE_AFTER_HELLO, RESET_AFTER_HANDSHAKE};

/* The default action of SIGPIPE ends the process; Check would report it. */
START_TEST(no_rude_server_raises_sigpipe)
{
    taskseal_error error;
    redisContext *redis = NULL;
    ck_assert(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    place_serve(&(server_spec){0});
    taskseal_redis_endpoint *endpoint = place_endpoint("");
    assert_ok(taskseal_redis_connect(endpoint, &redis, &error));
    place_stop();
    place_serve(&(server_spec){.behaviour = rude[_i]});
    for (int i = 0; i < 5; i++) {
        (void)redisAppendCommand(redis, "LLEN k");
        (void)redisGetReply(redis, NULL);
        assert_err(TASKSEAL_ERR_PEER_CLOSED, taskseal_redis_reconnect(redis, &error));
    }
    redisFree(redis);
    taskseal_redis_endpoint_free(endpoint);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("processes");
    TCase *tests = tcase_create("processes");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, place_set_up, place_tear_down);
    tcase_add_test(tests, no_descriptor_crosses_exec);
    tcase_add_test(tests, a_child_of_fork_connects_with_its_parents_endpoint);
    tcase_add_loop_test(tests, no_rude_server_raises_sigpipe, 0, (int)COUNT_OF(rude));
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
