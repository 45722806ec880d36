/* SPDX-License-Identifier: MIT */
#include "trust.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "../core/error.h"
#include "stamp.h"
#include "trust_load.h"

/* A bad state is believed when it is read again: OpenSSL may have run out of memory without saying so, and what is
 * believed is not read again until a file changes. */
#define READINGS 2

struct taskseal__trust {
    atomic_uint references;
    taskseal__sources sources;      /* constant */
    taskseal_redis_options options; /* constant */
    pthread_mutex_t lock;
    SSL_CTX *tls;          /* guarded by lock; NULL only until the first load */
    taskseal__stamp stamp; /* guarded by lock; of the files, before the last attempt to load them */
    bool tried;            /* guarded by lock; there was an attempt that memory did not fail */
    taskseal_error state;  /* guarded by lock; how the last attempt ended */
};

/* The system's directory has hundreds of entries, and whatever changes one of them changes the bundle or the
 * directory. */
static void look(const taskseal__trust *trust, taskseal__stamp *now)
{
    const taskseal__sources *s = &trust->sources;
    bool system = strcmp(s->cacert, "system") == 0;
    const char *paths[] = {system ? X509_get_default_cert_file() : s->cacert,
                           system ? X509_get_default_cert_dir() : NULL, s->crl, s->cert, s->key};
    taskseal__stamp_take(now, paths, sizeof paths / sizeof paths[0], !system);
}

/* Under the lock, so that whoever connects after a change gets it, even if another thread is loading now. */
static void refresh(taskseal__trust *trust)
{
    SSL_CTX *fresh = NULL;
    taskseal__stamp now;
    look(trust, &now);
    if (trust->tried && taskseal__stamp_is_current(&trust->stamp, &now))
        return;
    taskseal_err err = TASKSEAL_ERR_TRUST_CONFIG;
    for (int i = 0; i < READINGS && err == TASKSEAL_ERR_TRUST_CONFIG; i++) {
        trust->state = (taskseal_error){TASKSEAL_OK, 0, ""};
        err = taskseal__trust_load(&fresh, &trust->sources, &trust->options, &trust->state);
    }
    trust->stamp = now;
    trust->tried = err != TASKSEAL_ERR_NO_MEMORY;
    if (err == TASKSEAL_OK) {
        SSL_CTX_free(trust->tls);
        trust->tls = fresh;
    }
}

taskseal_err taskseal__trust_new(taskseal__trust **out, taskseal__sources *sources,
                                 const taskseal_redis_options *options, taskseal_error *error)
{
    taskseal__trust *trust = calloc(1, sizeof *trust);
    *out = NULL;
    if (trust == NULL || pthread_mutex_init(&trust->lock, NULL) != 0) {
        free(trust);
        taskseal__sources_clear(sources);
        return taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY, "no memory for an endpoint");
    }
    atomic_init(&trust->references, 1);
    trust->sources = *sources;
    trust->options = *options;
    *sources = (taskseal__sources){0};
    taskseal_err err = taskseal__trust_state(trust, error);
    if (err == TASKSEAL_OK)
        *out = trust;
    else
        taskseal__trust_release(trust);
    return err;
}

taskseal__trust *taskseal__trust_retain(taskseal__trust *trust)
{
    (void)atomic_fetch_add_explicit(&trust->references, 1, memory_order_relaxed);
    return trust;
}

void taskseal__trust_release(taskseal__trust *trust)
{
    if (trust == NULL || atomic_fetch_sub_explicit(&trust->references, 1, memory_order_acq_rel) != 1)
        return;
    SSL_CTX_free(trust->tls);
    taskseal__sources_clear(&trust->sources);
    (void)pthread_mutex_destroy(&trust->lock);
    free(trust);
}

SSL_CTX *taskseal__trust_take(taskseal__trust *trust)
{
    (void)pthread_mutex_lock(&trust->lock);
    refresh(trust);
    SSL_CTX *tls = trust->tls;
    (void)SSL_CTX_up_ref(tls); /* can't fail: it counts */
    (void)pthread_mutex_unlock(&trust->lock);
    return tls;
}

taskseal_err taskseal__trust_state(taskseal__trust *trust, taskseal_error *error)
{
    (void)pthread_mutex_lock(&trust->lock);
    refresh(trust);
    taskseal_error state = trust->state;
    (void)pthread_mutex_unlock(&trust->lock);
    return state.code == TASKSEAL_OK ? TASKSEAL_OK : taskseal__fail(error, state.code, "%s", state.message);
}

const taskseal__sources *taskseal__trust_sources(const taskseal__trust *trust)
{
    return &trust->sources;
}
