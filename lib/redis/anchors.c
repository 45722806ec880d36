/* SPDX-License-Identifier: MIT */
#include "anchors.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "../core/error.h"

static taskseal_err no_memory(taskseal_error *error)
{
    return taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY, "no memory to load the CAs");
}

static taskseal_err unusable(taskseal_error *error, const char *path, const char *why)
{
    return taskseal__fail(error, TASKSEAL_ERR_TRUST_CONFIG, "cacert `%.200s` %s", path, why);
}

/* Encrypted PEM blocks are refused; without this OpenSSL would ask at the terminal. */
static int no_passphrase(char *out, int cap, int writing, void *argument)
{
    (void)out;
    (void)cap;
    (void)writing;
    (void)argument;
    return -1;
}

typedef enum next { NEXT_READ, NEXT_END, NEXT_BROKEN, NEXT_NO_MEMORY } next;

/* Reads the next certificate of `file`, skipping PEM blocks of other kinds. */
static next read_next(BIO *file, const taskseal__library *library, X509 **out)
{
    *out = X509_new_ex(library->context, NULL);
    if (*out == NULL)
        return NEXT_NO_MEMORY;
    ERR_clear_error();
    if (PEM_read_bio_X509(file, out, no_passphrase, NULL) != NULL)
        return NEXT_READ;
    unsigned long reason = ERR_peek_last_error();
    ERR_clear_error();
    X509_free(*out);
    *out = NULL;
    if (ERR_GET_REASON(reason) == ERR_R_MALLOC_FAILURE)
        return NEXT_NO_MEMORY;
    bool at_end = ERR_GET_LIB(reason) == ERR_LIB_PEM && ERR_GET_REASON(reason) == PEM_R_NO_START_LINE;
    return at_end ? NEXT_END : NEXT_BROKEN;
}

static taskseal_err load_certificates(X509_STORE *store, const taskseal__library *library, BIO *file,
                                      const char *path, taskseal_error *error)
{
    for (unsigned count = 0;; count++) {
        X509 *certificate = NULL;
        switch (read_next(file, library, &certificate)) {
        case NEXT_NO_MEMORY:
            return no_memory(error);
        case NEXT_BROKEN:
            return taskseal__fail(
                error, TASKSEAL_ERR_TRUST_CONFIG,
                "cacert `%.200s`: certificate number %u in it can't be read; it must be PEM", path,
                count + 1);
        case NEXT_END:
            return count > 0 ? TASKSEAL_OK : unusable(error, path, "holds no certificate in PEM form");
        case NEXT_READ:
            break;
        }
        int added = X509_STORE_add_cert(store, certificate);
        X509_free(certificate);
        if (added != 1)
            return no_memory(error);
    }
}

static taskseal_err load_file(X509_STORE *store, const taskseal__library *library, const char *path,
                              taskseal_error *error)
{
    errno = 0;
    BIO *file = BIO_new_file(path, "r");
    if (file == NULL) {
        char words[64] = "";
        int failure = errno;
        ERR_clear_error();
        if (failure == 0)
            return no_memory(error);
        return taskseal__fail(error, TASKSEAL_ERR_TRUST_CONFIG, "cacert `%.200s` can't be read: %s", path,
                              strerror_r(failure, words, sizeof words));
    }
    taskseal_err err = load_certificates(store, library, file, path, error);
    BIO_free(file);
    return err;
}

/* "5ed36f99.0", as `openssl rehash` makes them. */
static bool is_hash_name(const char *name)
{
    return strspn(name, "0123456789abcdef") == 8 && name[8] == '.' && name[9] >= '0' && name[9] <= '9';
}

/* Certificates are read from it when a chain needs them, so an empty or unhashed one would only show then. */
static taskseal_err load_directory(X509_STORE *store, const char *path, taskseal_error *error)
{
    bool hashed = false;
    /* OpenSSL takes a list here, and would trust what lies in directories that nobody named. */
    if (strchr(path, ':') != NULL)
        return unusable(error, path,
                        "is a directory with `:` in its path, which OpenSSL reads as a list of several: "
                        "give one without, or a file");
    DIR *directory = opendir(path);
    if (directory == NULL)
        return unusable(error, path, "is a directory that can't be read");
    for (const struct dirent *entry = readdir(directory); entry != NULL && !hashed;
         entry = readdir(directory))
        hashed = is_hash_name(entry->d_name);
    (void)closedir(directory);
    if (!hashed)
        return unusable(error, path, "holds no certificate under a hash name: run `openssl rehash` on it");
    return X509_STORE_load_path(store, path) == 1 ? TASKSEAL_OK : no_memory(error);
}

static taskseal_err load(X509_STORE *store, const taskseal__library *library, const char *path,
                         taskseal_error *error)
{
    struct stat status;
    char words[64] = "";
    if (stat(path, &status) != 0)
        return taskseal__fail(error, TASKSEAL_ERR_TRUST_CONFIG, "cacert `%.200s` can't be read: %s", path,
                              strerror_r(errno, words, sizeof words));
    if (S_ISDIR(status.st_mode))
        return load_directory(store, path, error);
    return load_file(store, library, path, error);
}

/* The places that OpenSSL was built with; either may be missing, but not both. */
static taskseal_err load_system(X509_STORE *store, const taskseal__library *library, taskseal_error *error)
{
    taskseal_err by_file = load(store, library, X509_get_default_cert_file(), NULL);
    taskseal_err by_directory = load(store, library, X509_get_default_cert_dir(), NULL);
    if (by_file == TASKSEAL_OK || by_directory == TASKSEAL_OK)
        return TASKSEAL_OK;
    if (by_file == TASKSEAL_ERR_NO_MEMORY || by_directory == TASKSEAL_ERR_NO_MEMORY)
        return no_memory(error);
    return taskseal__fail(error, TASKSEAL_ERR_TRUST_CONFIG,
                          "cacert `system`: no CA certificates in %.100s or %.100s; install ca-certificates",
                          X509_get_default_cert_file(), X509_get_default_cert_dir());
}

taskseal_err taskseal__anchors_load(X509_STORE **out, const taskseal__library *library, const char *cacert,
                                    taskseal_error *error)
{
    *out = X509_STORE_new();
    if (*out == NULL)
        return no_memory(error);
    taskseal_err err = strcmp(cacert, "system") == 0 ? load_system(*out, library, error)
                                                     : load(*out, library, cacert, error);
    if (err != TASKSEAL_OK) {
        X509_STORE_free(*out);
        *out = NULL;
    }
    return err;
}
