/* SPDX-License-Identifier: MIT */
#include "place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

place here;

void place_set_up(void)
{
    cert_spec root = spec_ca("place root"), middle = spec_ca("place intermediate");
    cert_spec leaf = spec_server("DNS:localhost,IP:127.0.0.1,IP:::1");
    middle.key_number = 3;
    here = (place){.directory = "/tmp/taskseal-place-XXXXXX"};
    ck_assert_ptr_nonnull(mkdtemp(here.directory));
    here.root = issue(&root, NULL);
    here.middle = issue(&middle, &here.root);
    here.leaf = issue(&leaf, &here.middle);
    write_certificates(place_path("ca.pem"), here.root.certificate, NULL);
}

void place_tear_down(void)
{
    char command[128];
    place_stop();
    (void)snprintf(command, sizeof command, "rm -r %s", here.directory);
    ck_assert_int_eq(system(command), 0);
}

const char *place_path(const char *name)
{
    static _Thread_local char paths[4][192];
    static _Thread_local unsigned next;
    char *path = paths[next++ % 4];
    (void)snprintf(path, sizeof paths[0], "%s/%s", here.directory, name);
    return path;
}

void place_write_text(const char *name, const char *text)
{
    FILE *file = fopen(place_path(name), "w");
    ck_assert_ptr_nonnull(file);
    (void)fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

void place_rename(const char *from, const char *to)
{
    ck_assert_int_eq(rename(place_path(from), place_path(to)), 0);
}

void place_write_lists(X509 *revoked, long valid_to)
{
    crl_spec lists[] = {{.issuer = here.root},
                        {.issuer = here.middle, .revoked = revoked, .valid_from = -7200, .valid_to = valid_to}};
    write_crls(place_path("crl.pem"), lists, COUNT_OF(lists));
}

void place_serve(const server_spec *changes)
{
    server_spec spec = *changes;
    if (spec.leaf.certificate == NULL) {
        spec.leaf = here.leaf;
        spec.chain[0] = here.middle.certificate;
    }
    ck_assert_ptr_null(here.server);
    here.server = server_start(&spec, here.port);
    here.port = server_port(here.server);
}

void place_serve_leaf(identity leaf)
{
    place_serve(&(server_spec){.leaf = leaf});
}

void place_stop(void)
{
    if (here.server != NULL)
        (void)server_stop(here.server);
    here.server = NULL;
}

taskseal_err place_try_endpoint(const char *query, const taskseal_redis_options *options,
                                taskseal_redis_endpoint **endpoint, taskseal_error *error)
{
    char uri[1200];
    *error = (taskseal_error){TASKSEAL_OK, 0, ""};
    size_t len = (size_t)snprintf(
        uri, sizeof uri, "rediss://w:" PASSWORD "@localhost:%u?cacert=%s/ca.pem&timeout_ms=20000",
        here.port != 0 ? here.port : 6379U, here.directory);
    for (const char *at = query; *at != '\0' && len < sizeof uri - 80; at++) {
        if (*at == '@')
            len += (size_t)snprintf(uri + len, sizeof uri - len, "%s", here.directory);
        else
            uri[len++] = *at;
    }
    uri[len] = '\0';
    taskseal_err err = taskseal_redis_endpoint_new_with(endpoint, uri, options, error);
    ck_assert_int_eq(*endpoint != NULL, err == TASKSEAL_OK);
    ck_assert_ptr_null(strstr(error->message, PASSWORD));
    return err;
}

taskseal_redis_endpoint *place_endpoint(const char *query)
{
    taskseal_error error;
    taskseal_redis_endpoint *endpoint = NULL;
    taskseal_err err = place_try_endpoint(query, NULL, &endpoint, &error);
    ck_assert_msg(err == TASKSEAL_OK, "%s", error.message);
    return endpoint;
}

taskseal_err place_connect(taskseal_redis_endpoint *endpoint, taskseal_redis_peer *peer,
                           taskseal_error *error)
{
    redisContext *redis = NULL;
    *error = (taskseal_error){TASKSEAL_OK, 0, ""};
    taskseal_err err = taskseal_redis_connect(endpoint, &redis, error);
    ck_assert_ptr_null(strstr(error->message, PASSWORD));
    ck_assert_int_eq(redis != NULL, err == TASKSEAL_OK);
    if (err != TASKSEAL_OK)
        return err;
    redisReply *reply = redisCommand(redis, "LLEN k");
    ck_assert_ptr_nonnull(reply);
    freeReplyObject(reply);
    if (peer != NULL)
        assert_ok(taskseal_redis_peer_info(redis, peer));
    redisFree(redis);
    return err;
}

taskseal_err place_try(const char *query, taskseal_error *error)
{
    taskseal_redis_endpoint *endpoint = NULL;
    taskseal_err err = place_try_endpoint(query, NULL, &endpoint, error);
    if (err == TASKSEAL_OK)
        err = place_connect(endpoint, NULL, error);
    taskseal_redis_endpoint_free(endpoint);
    return err;
}
