/* SPDX-License-Identifier: MIT */
#include "crl.h"

#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <stdbool.h>

#include "pem.h"

/* OpenSSL holds certificates to the security level, but not the signatures of their revocation lists. */
static bool has_broken_digest(const X509_CRL *crl)
{
    int digest = NID_undef;
    return OBJ_find_sigid_algs(X509_CRL_get_signature_nid(crl), &digest, NULL) == 1 &&
           (digest == NID_sha1 || digest == NID_md5 || digest == NID_md4 || digest == NID_md2);
}

/* What OpenSSL would let pass. */
static const char *broken_rule(const X509_CRL *crl)
{
    if (X509_CRL_get0_nextUpdate(crl) == NULL)
        return "does not say when the next one comes (nextUpdate), so nobody could tell that it is stale";
    if (has_broken_digest(crl))
        return "is signed with SHA-1 or weaker: issue it with SHA-256";
    return NULL;
}

static taskseal__pem_next add_next(X509_STORE *store, const taskseal__library *library, BIO *file,
                                   const char **rule)
{
    X509_CRL *crl = X509_CRL_new_ex(library->context, NULL);
    if (crl == NULL)
        return TASKSEAL__PEM_NO_MEMORY;
    taskseal__pem_next next = TASKSEAL__PEM_ADDED;
    if (PEM_read_bio_X509_CRL(file, &crl, taskseal__pem_no_passphrase, NULL) == NULL) {
        next = taskseal__pem_failed();
    } else {
        *rule = broken_rule(crl);
        if (*rule != NULL)
            next = TASKSEAL__PEM_UNFIT;
        else if (X509_STORE_add_crl(store, crl) != 1)
            next = TASKSEAL__PEM_NO_MEMORY;
    }
    X509_CRL_free(crl);
    return next;
}

static const taskseal__pem_kind revocation_list = {"crl", "revocation list", add_next};

taskseal_err taskseal__crl_load(X509_STORE *store, const taskseal__library *library, const char *path,
                                taskseal_error *error)
{
    (void)X509_STORE_set_flags(store, TASKSEAL__CRL_FLAGS); /* can't fail: it sets bits */
    return taskseal__pem_load(store, library, &revocation_list, path, error);
}
