/* SPDX-License-Identifier: MIT */
#include "pem.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

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

static bool is_shortage(int failure)
{
    return failure == 0 || failure == ENOMEM || failure == EMFILE || failure == ENFILE;
}

static BIO *not_opened(const char *parameter, const char *path, int failure, taskseal_error *error)
{
    char words[64] = "";
    (void)taskseal__fail(error, is_shortage(failure) ? TASKSEAL_ERR_NO_MEMORY : TASKSEAL_ERR_TRUST_CONFIG,
                         "%s `%.200s` can't be read: %s", parameter, path,
                         failure != 0 ? strerror_r(failure, words, sizeof words) : "no memory");
    return NULL;
}

BIO *taskseal__pem_open(const char *parameter, const char *path, taskseal_error *error)
{
    struct stat status;
    /* Non-blocking, so that a FIFO of that name can't stop us before we see what it is. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return not_opened(parameter, path, errno, error);
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        (void)close(fd);
        (void)taskseal__fail(error, TASKSEAL_ERR_TRUST_CONFIG,
                             "%s `%.200s` can't be read: it is no regular file", parameter, path);
        return NULL;
    }
    FILE *stream = fdopen(fd, "r");
    BIO *file = stream != NULL ? BIO_new_fp(stream, BIO_CLOSE) : NULL;
    if (file != NULL)
        return file;
    if (stream != NULL)
        (void)fclose(stream);
    else
        (void)close(fd);
    ERR_clear_error();
    return not_opened(parameter, path, ENOMEM, error);
}

taskseal_err taskseal__pem_load(X509_STORE *store, const taskseal__library *library,
                                const taskseal__pem_kind *kind, const char *path, taskseal_error *error)
{
    taskseal_error why;
    BIO *file = taskseal__pem_open(kind->parameter, path, &why);
    if (file == NULL)
        return taskseal__fail(error, why.code, "%s", why.message);
    taskseal_err err = add_all(store, library, kind, file, path, error);
    BIO_free(file);
    return err;
}
