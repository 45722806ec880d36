/* SPDX-License-Identifier: MIT */
#include "passing.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/proverr.h>

/* Only the innermost function says "malloc failure", and what it says is often dropped on the way up. These are what
 * failing allocations were seen to leave; no peer can cause them. */
static bool is_passing(unsigned long error)
{
    switch (ERR_GET_REASON(error)) {
    case ERR_R_MALLOC_FAILURE:
    case ERR_R_INTERNAL_ERROR:
    case ERR_R_INIT_FAIL:
        return true;
    case EVP_R_INITIALIZATION_ERROR:
    case EVP_R_NOT_ABLE_TO_COPY_CTX:
        return ERR_GET_LIB(error) == ERR_LIB_EVP;
    default:
        return false;
    }
}

/* A record of TLS 1.2 that is shorter than its cipher's overhead: newer OpenSSLs add "internal error" to that. */
static bool is_damage(unsigned long error)
{
    return ERR_GET_LIB(error) == ERR_LIB_PROV && ERR_GET_REASON(error) == PROV_R_INVALID_AAD;
}

bool taskseal__passing_fault(void)
{
    bool passing = false;
    bool damaged = false;
    for (unsigned long error = ERR_get_error(); error != 0; error = ERR_get_error()) {
        passing = passing || is_passing(error);
        damaged = damaged || is_damage(error);
    }
    return passing && !damaged;
}
