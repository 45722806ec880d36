/* SPDX-License-Identifier: MIT */
#include "endpoint.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "../core/error.h"
#include "../core/secret.h"
#include "trust.h"

static void release_credentials(taskseal__uri *uri)
{
    sodium_free(uri->credentials); /* wipes */
    uri->credentials = NULL;
}

static void describe(taskseal_redis_endpoint *endpoint)
{
    const taskseal__uri *uri = &endpoint->uri;
    bool brackets = uri->host_kind == TASKSEAL__HOST_IPV6;
    (void)snprintf(endpoint->where, sizeof endpoint->where, brackets ? "[%s]:%s" : "%s:%s", uri->host,
                   uri->port);
}

/* Fills in all that follows from the URI. On failure what was made is left for the caller to free. */
static taskseal_err set_up(taskseal_redis_endpoint *endpoint, const char *uri, taskseal_error *error)
{
    taskseal_err err = taskseal__uri_parse(&endpoint->uri, uri, error);
    if (err == TASKSEAL_OK)
        err = taskseal__login_init(&endpoint->login, &endpoint->uri, error);
    release_credentials(&endpoint->uri);
    if (err != TASKSEAL_OK)
        return err;
    describe(endpoint);
    return taskseal__trust_new(&endpoint->tls, &endpoint->uri, error);
}

static void destroy(taskseal_redis_endpoint *endpoint)
{
    SSL_CTX_free(endpoint->tls);
    taskseal__login_destroy(&endpoint->login);
    taskseal__uri_clear(&endpoint->uri);
    taskseal__resolver_destroy(&endpoint->resolver);
    free(endpoint);
}

taskseal_err taskseal_redis_endpoint_new(taskseal_redis_endpoint **out, const char *uri,
                                         taskseal_error *error)
{
    if (out == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT, "out is NULL");
    *out = NULL;
    taskseal_err err = taskseal__sodium_init();
    if (err != TASKSEAL_OK)
        return taskseal__fail(error, err, "libsodium could not be set up: %s", taskseal_err_text(err));
    taskseal_redis_endpoint *endpoint = calloc(1, sizeof *endpoint);
    if (endpoint == NULL || taskseal__resolver_init(&endpoint->resolver) != TASKSEAL_OK) {
        free(endpoint);
        return taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY, "no memory for an endpoint");
    }
    atomic_init(&endpoint->references, 1);
    err = set_up(endpoint, uri, error);
    if (err == TASKSEAL_OK)
        *out = endpoint;
    else
        destroy(endpoint);
    return err;
}

taskseal_redis_endpoint *taskseal__endpoint_retain(taskseal_redis_endpoint *endpoint)
{
    (void)atomic_fetch_add_explicit(&endpoint->references, 1, memory_order_relaxed);
    return endpoint;
}

void taskseal_redis_endpoint_free(taskseal_redis_endpoint *endpoint)
{
    if (endpoint != NULL && atomic_fetch_sub_explicit(&endpoint->references, 1, memory_order_acq_rel) == 1)
        destroy(endpoint);
}
