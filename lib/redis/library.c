/* SPDX-License-Identifier: MIT */
#include "library.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <pthread.h>

#include "bio.h"
#include "thread.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static taskseal__library library; /* guarded by lock until `ready`, then constant */
static bool ready;                /* guarded by lock */

/* OpenSSL arranges its end first: what is arranged last, exit does first. */
static bool mind_exit(void)
{
    static bool minded; /* guarded by lock */
    if (!minded)
        minded = OPENSSL_init_crypto(0, NULL) == 1 && taskseal__thread_mind_exit();
    return minded;
}

static bool make(void)
{
    if (!mind_exit())
        return false;
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

bool taskseal__library_enter_thread(void)
{
    unsigned char byte;
    const taskseal__library *ours = taskseal__library_get();
    ERR_clear_error();
    ERR_raise(ERR_LIB_USER,
              ERR_R_PASSED_INVALID_ARGUMENT); /* any error, to see whether the queue can hold one */
    bool entered = ours != NULL && ERR_peek_error() != 0 && RAND_bytes_ex(ours->context, &byte, 1, 0) == 1 &&
                   RAND_priv_bytes_ex(ours->context, &byte, 1, 0) == 1;
    ERR_clear_error();
    return entered;
}

void taskseal__library_leave_thread(void)
{
    OPENSSL_thread_stop();
}
