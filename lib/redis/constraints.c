/* SPDX-License-Identifier: MIT */
#include "constraints.h"

#include <openssl/x509v3.h>
#include <strings.h>

/* `base` itself and all below it; an empty one is everything, ".example.com" only what is below. */
static bool is_within(const char *name, const ASN1_IA5STRING *base)
{
    size_t name_len = strlen(name);
    size_t base_len = (size_t)ASN1_STRING_length(base);
    const char *text = (const char *)ASN1_STRING_get0_data(base);
    if (base_len == 0)
        return true;
    if (base_len > name_len || strncasecmp(name + name_len - base_len, text, base_len) != 0)
        return false;
    return base_len == name_len || text[0] == '.' || name[name_len - base_len - 1] == '.';
}

static bool excludes(const NAME_CONSTRAINTS *constraints, const char *name)
{
    for (int i = 0; i < sk_GENERAL_SUBTREE_num(constraints->excludedSubtrees); i++) {
        const GENERAL_NAME *base = sk_GENERAL_SUBTREE_value(constraints->excludedSubtrees, i)->base;
        if (base->type == GEN_DNS && is_within(name, base->d.dNSName))
            return true;
    }
    return false;
}

bool taskseal__constraints_exclude(const STACK_OF(X509) * chain, const taskseal__expected *expected)
{
    bool excluded = false;
    if (expected->is_address)
        return false; /* a certificate holds no patterns of addresses: OpenSSL has compared them all */
    for (int i = 1; i < sk_X509_num(chain) && !excluded; i++) {
        int critical = -1;
        NAME_CONSTRAINTS *constraints =
            X509_get_ext_d2i(sk_X509_value(chain, i), NID_name_constraints, &critical, NULL);
        if (constraints != NULL)
            excluded = excludes(constraints, expected->name);
        else
            excluded = critical != -1; /* -1: there are none */
        NAME_CONSTRAINTS_free(constraints);
    }
    return excluded;
}
