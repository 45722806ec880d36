/* SPDX-License-Identifier: MIT */
#include "library.h"

#include <openssl/crypto.h>
#include <openssl/provider.h>
#include <pthread.h>
#include <stdbool.h>

#include "bio.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static taskseal__library library; /* guarded by lock until `ready`, then constant */
static bool ready;                /* guarded by lock */

static bool make(void)
{
    OSSL_LIB_CTX *context = OSSL_LIB_CTX_new();
    if (context == NULL)
        return false;
    OSSL_PROVIDER *provider = OSSL_PROVIDER_load(context, "default");
    BIO_METHOD *socket = provider != NULL ? taskseal__bio_method_new() : NULL;
    if (socket == NULL) {
        if (provider != NULL)
            (void)OSSL_PROVIDER_unload(provider);
        OSSL_LIB_CTX_free(context);
        return false;
    }
    library = (taskseal__library){context, socket};
    return true;
}

const taskseal__library *taskseal__library_get(void)
{
    (void)pthread_mutex_lock(&lock);
    if (!ready)
        ready = make();
    bool usable = ready;
    (void)pthread_mutex_unlock(&lock);
    return usable ? &library : NULL;
}
