/* SPDX-License-Identifier: MIT */
#include "anchors.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "../core/error.h"

#include "pem.h"

static taskseal_err no_memory(taskseal_error *error)
{
    return taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY, "no memory or no descriptor to load the CAs");
}

static taskseal_err unusable(taskseal_error *error, const char *path, const char *why)
{
    return taskseal__fail(error, TASKSEAL_ERR_TRUST_CONFIG, "cacert `%.200s` %s", path, why);
}

/* OpenSSL decodes the key while it parses, and the extensions when they are first needed. What memory fails then stays
 * broken for as long as the certificate lives, and leaves no trace of why. */
static bool is_read_whole(X509 *certificate)
{
    bool extensions = X509_check_purpose(certificate, -1, 0) == 1;
    uint32_t flags = X509_get_extension_flags(certificate);
    /* Self-issued is most likely self-signed; a root that is not seen to be has no end of its chain. */
    bool root = (flags & EXFLAG_SI) == 0 || (flags & EXFLAG_SS) != 0;
    return extensions && root && X509_get0_pubkey(certificate) != NULL;
}

/* Parses a certificate that seems broken anew. If that is of no use either, it is the certificate that is at fault: it
 * may stand beside others, and no chain will lead to it. False if memory can't be had. */
static bool read_anew(const taskseal__library *library, X509 **certificate)
{
    unsigned char *der = NULL;
    int len = i2d_X509(*certificate, &der);
    const unsigned char *at = der;
    X509 *again = len > 0 ? X509_new_ex(library->context, NULL) : NULL;
    bool read = again != NULL && d2i_X509(&again, &at, len) != NULL;
    OPENSSL_free(der);
    X509_free(read ? *certificate : again);
    if (read)
        *certificate = again;
    return read;
}

static taskseal__pem_next add_next(X509_STORE *store, const taskseal__library *library, BIO *file,
                                   const char **rule)
{
    (void)rule;
    X509 *certificate = X509_new_ex(library->context, NULL);
    if (certificate == NULL)
        return TASKSEAL__PEM_NO_MEMORY;
    taskseal__pem_next next = TASKSEAL__PEM_ADDED;
    if (PEM_read_bio_X509(file, &certificate, taskseal__pem_no_passphrase, NULL) == NULL)
        next = taskseal__pem_failed();
    else if ((!is_read_whole(certificate) && !read_anew(library, &certificate)) ||
             X509_STORE_add_cert(store, certificate) != 1)
        next = TASKSEAL__PEM_NO_MEMORY;
    X509_free(certificate);
    return next;
}

static const taskseal__pem_kind anchor = {"cacert", "certificate", add_next};

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
    if (directory == NULL && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
        return no_memory(error);
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
    return taskseal__pem_load(store, library, &anchor, path, error);
}

/* The places that OpenSSL was built with; either may be missing, but not both. */
static taskseal_err load_system(X509_STORE *store, const taskseal__library *library, taskseal_error *error)
{
    taskseal_err by_file = load(store, library, X509_get_default_cert_file(), NULL);
    taskseal_err by_directory = load(store, library, X509_get_default_cert_dir(), NULL);
    if (by_file == TASKSEAL_ERR_NO_MEMORY || by_directory == TASKSEAL_ERR_NO_MEMORY)
        return no_memory(error); /* half of the CAs would stay for all, until a file changes */
    if (by_file == TASKSEAL_OK || by_directory == TASKSEAL_OK)
        return TASKSEAL_OK;
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
