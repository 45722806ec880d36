/* SPDX-License-Identifier: MIT */
#include "crl.h"

#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509_vfy.h>
#include <stdbool.h>

#include "pem.h"

/* RSA-PSS names its digest in its parameters, and SHA-1 by leaving it out. */
static int pss_digest(const X509_CRL *crl)
{
    int type = V_ASN1_UNDEF;
    const void *value = NULL;
    const X509_ALGOR *algorithm = NULL;
    X509_CRL_get0_signature(crl, NULL, &algorithm);
    X509_ALGOR_get0(NULL, &type, &value, algorithm);
    RSA_PSS_PARAMS *parameters =
        type == V_ASN1_SEQUENCE ? ASN1_item_unpack(value, ASN1_ITEM_rptr(RSA_PSS_PARAMS)) : NULL;
    bool named = parameters != NULL && parameters->hashAlgorithm != NULL;
    int digest = named ? OBJ_obj2nid(parameters->hashAlgorithm->algorithm) : NID_sha1;
    RSA_PSS_PARAMS_free(parameters);
    return digest;
}

/* OpenSSL holds certificates to the security level, but not the signatures of their revocation lists. */
static bool has_broken_digest(const X509_CRL *crl)
{
    int digest = NID_undef;
    int signature = X509_CRL_get_signature_nid(crl);
    if (signature == NID_rsassaPss)
        digest = pss_digest(crl);
    else
        (void)OBJ_find_sigid_algs(signature, &digest, NULL);
    return digest == NID_sha1 || digest == NID_md5 || digest == NID_md4 || digest == NID_md2;
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

/* The lists that may count. Where `cacert` is a directory, OpenSSL finds the lists in there, too, as they are. */
static STACK_OF(X509_CRL) * find_lists(const X509_STORE_CTX *context, const X509_NAME *issuer)
{
    STACK_OF(X509_CRL) *lists = X509_STORE_CTX_get1_crls(context, issuer);
    for (int i = sk_X509_CRL_num(lists) - 1; i >= 0; i--) {
        if (broken_rule(sk_X509_CRL_value(lists, i)) != NULL)
            X509_CRL_free(sk_X509_CRL_delete(lists, i));
    }
    return lists;
}

static const taskseal__pem_kind revocation_list = {"crl", "revocation list", add_next};

taskseal_err taskseal__crl_load(X509_STORE *store, const taskseal__library *library, const char *path,
                                taskseal_error *error)
{
    X509_STORE_set_lookup_crls(store, find_lists);
    (void)X509_STORE_set_flags(store, TASKSEAL__CRL_FLAGS); /* can't fail: it sets bits */
    return taskseal__pem_load(store, library, &revocation_list, path, error);
}
