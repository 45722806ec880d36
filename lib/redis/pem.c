/* SPDX-License-Identifier: MIT */
#include "pem.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "../core/error.h"

int taskseal__pem_no_passphrase(char *out, int cap, int writing, void *argument)
{
    (void)out;
    (void)cap;
    (void)writing;
    (void)argument;
    return -1;
}

taskseal__pem_next taskseal__pem_failed(void)
{
    unsigned long reason = ERR_peek_last_error();
    ERR_clear_error();
    if (ERR_GET_REASON(reason) == ERR_R_MALLOC_FAILURE)
        return TASKSEAL__PEM_NO_MEMORY;
    bool at_end = ERR_GET_LIB(reason) == ERR_LIB_PEM && ERR_GET_REASON(reason) == PEM_R_NO_START_LINE;
    return at_end ? TASKSEAL__PEM_END : TASKSEAL__PEM_BROKEN;
}

static taskseal_err no_memory(const taskseal__pem_kind *kind, taskseal_error *error)
{
    return taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY, "no memory to load `%s`", kind->parameter);
}

static taskseal_err add_all(X509_STORE *store, const taskseal__library *library,
                            const taskseal__pem_kind *kind, BIO *file, const char *path,
                            taskseal_error *error)
{
    for (unsigned count = 0;; count++) {
        const char *rule = "";
        ERR_clear_error();
        switch (kind->add_next(store, library, file, &rule)) {
        case TASKSEAL__PEM_ADDED:
            break;
        case TASKSEAL__PEM_NO_MEMORY:
            return no_memory(kind, error);
        case TASKSEAL__PEM_END:
            if (count > 0)
                return TASKSEAL_OK;
            return taskseal__fail(error, TASKSEAL_ERR_TRUST_CONFIG, "%s `%.200s` holds no %s in PEM form",
                                  kind->parameter, path, kind->what);
        case TASKSEAL__PEM_BROKEN:
            return taskseal__fail(error, TASKSEAL_ERR_TRUST_CONFIG,
                                  "%s `%.200s`: %s number %u in it can't be read; it must be PEM",
                                  kind->parameter, path, kind->what, count + 1);
        case TASKSEAL__PEM_UNFIT:
            return taskseal__fail(error, TASKSEAL_ERR_TRUST_CONFIG, "%s `%.200s` holds a %s which %s",
                                  kind->parameter, path, kind->what, rule);
        }
    }
}

taskseal_err taskseal__pem_load(X509_STORE *store, const taskseal__library *library,
                                const taskseal__pem_kind *kind, const char *path, taskseal_error *error)
{
    errno = 0;
    BIO *file = BIO_new_file(path, "re");
    if (file == NULL) {
        char words[64] = "";
        int failure = errno;
        ERR_clear_error();
        if (failure == 0 || failure == ENOMEM)
            return no_memory(kind, error);
        return taskseal__fail(error, TASKSEAL_ERR_TRUST_CONFIG, "%s `%.200s` can't be read: %s",
                              kind->parameter, path, strerror_r(failure, words, sizeof words));
    }
    taskseal_err err = add_all(store, library, kind, file, path, error);
    BIO_free(file);
    return err;
}
