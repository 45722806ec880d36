/* SPDX-License-Identifier: MIT */
#include "endpoint.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "../core/error.h"
#include "../core/secret.h"

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

/* Fills in all that follows from the URI, which then keeps neither credentials nor sources of trust. On failure what
 * was made is left for the caller to free. */
static taskseal_err set_up(taskseal_redis_endpoint *endpoint, const char *uri,
                           const taskseal_redis_options *options, taskseal_error *error)
{
    taskseal_err err = taskseal__uri_parse(&endpoint->uri, uri, error);
    if (err == TASKSEAL_OK)
        err = taskseal__login_init(&endpoint->login, &endpoint->uri, error);
    release_credentials(&endpoint->uri);
    if (err != TASKSEAL_OK)
        return err;
    describe(endpoint);
    return taskseal__trust_new(&endpoint->trust, &endpoint->uri.trust, options, error);
}

static void destroy(taskseal_redis_endpoint *endpoint)
{
    taskseal__trust_release(endpoint->trust);
    if (endpoint->base == NULL)
        taskseal__login_destroy(&endpoint->login);
    taskseal_redis_endpoint_free(endpoint->base);
    taskseal__uri_clear(&endpoint->uri);
    taskseal__resolver_destroy(&endpoint->resolver);
    free(endpoint);
}

static taskseal_redis_endpoint *allocate(taskseal_error *error)
{
    taskseal_redis_endpoint *endpoint = calloc(1, sizeof *endpoint);
    if (endpoint == NULL || taskseal__resolver_init(&endpoint->resolver) != TASKSEAL_OK) {
        free(endpoint);
        (void)taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY, "no memory for an endpoint");
        return NULL;
    }
    atomic_init(&endpoint->references, 1);
    return endpoint;
}

taskseal_err taskseal_redis_endpoint_new_with(taskseal_redis_endpoint **out, const char *uri,
                                              const taskseal_redis_options *options, taskseal_error *error)
{
    static const taskseal_redis_options none = {0};
    if (out == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT, "out is NULL");
    *out = NULL;
    taskseal_err err = taskseal__sodium_init();
    if (err != TASKSEAL_OK)
        return taskseal__fail(error, err, "libsodium could not be set up: %s", taskseal_err_text(err));
    taskseal_redis_endpoint *endpoint = allocate(error);
    if (endpoint == NULL)
        return TASKSEAL_ERR_NO_MEMORY;
    err = set_up(endpoint, uri, options != NULL ? options : &none, error);
    if (err == TASKSEAL_OK)
        *out = endpoint;
    else
        destroy(endpoint);
    return err;
}

taskseal_err taskseal_redis_endpoint_new(taskseal_redis_endpoint **out, const char *uri,
                                         taskseal_error *error)
{
    return taskseal_redis_endpoint_new_with(out, uri, NULL, error);
}

/* The base's URI with another place, and with another name unless one was given. */
static void move_to(taskseal_redis_endpoint *endpoint, const taskseal_redis_endpoint *base, const char *host,
                    unsigned port)
{
    taskseal__uri *uri = &endpoint->uri;
    *uri = base->uri;
    uri->host_kind = taskseal__host_classify(host);
    (void)snprintf(uri->host, sizeof uri->host, "%s", host);
    (void)snprintf(uri->port, sizeof uri->port, "%u", port);
    if (!uri->name_given)
        uri->name[0] = '\0';
    taskseal__uri_settle_name(uri);
    describe(endpoint);
}

taskseal_err taskseal_redis_endpoint_for(taskseal_redis_endpoint **out, taskseal_redis_endpoint *base,
                                         const char *host, unsigned port, taskseal_error *error)
{
    if (out != NULL)
        *out = NULL;
    if (out == NULL || base == NULL || host == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT, "out, base or host is NULL");
    if (taskseal__host_classify(host) == TASKSEAL__HOST_BAD || port < 1 || port > 65535)
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT,
                              "the host is neither a DNS name nor an IP address (IPv6 without brackets), or "
                              "the port is not from 1 to 65535");
    taskseal_redis_endpoint *endpoint = allocate(error);
    if (endpoint == NULL)
        return TASKSEAL_ERR_NO_MEMORY;
    move_to(endpoint, base, host, port);
    endpoint->base = taskseal__endpoint_retain(base->base != NULL ? base->base : base);
    endpoint->login = base->login;
    endpoint->trust = taskseal__trust_retain(base->trust);
    *out = endpoint;
    return TASKSEAL_OK;
}

taskseal_err taskseal_redis_endpoint_trust(taskseal_redis_endpoint *endpoint, taskseal_error *error)
{
    if (endpoint == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT, "endpoint is NULL");
    return taskseal__trust_state(endpoint->trust, error);
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
