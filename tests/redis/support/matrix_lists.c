/* SPDX-License-Identifier: MIT
 * Revocation: certificates that are on a list, and lists that can't tell. */
#include "matrix.h"

static void with_lists(scenario *s)
{
    s->use_middle = true;
    s->lists = GOOD_LISTS;
}

#define SPOILER(name, fault)                                                                                 \
    static void name(scenario *s)                                                                            \
    {                                                                                                        \
        s->lists = fault;                                                                                    \
    }

SPOILER(leaf_revoked, LEAF_REVOKED)
SPOILER(middle_revoked, MIDDLE_REVOKED)
SPOILER(stale, STALE_LIST)
SPOILER(stale_of_root, STALE_LIST_OF_ROOT)
SPOILER(early, EARLY_LIST)
SPOILER(missing, MISSING_LIST)
SPOILER(missing_of_root, MISSING_LIST_OF_ROOT)
SPOILER(forged, FORGED_LIST)
SPOILER(forged_of_root, FORGED_LIST_OF_ROOT)
SPOILER(strange, STRANGE_LIST)

#define UNUSABLE TASKSEAL_ERR_CRL_UNUSABLE

const bad_row list_rows[] = {
    {"revoked", with_lists, leaf_revoked, TASKSEAL_ERR_CERT_REVOKED, "`CN = server` is revoked", false},
    {"intermediate revoked", with_lists, middle_revoked, TASKSEAL_ERR_CERT_REVOKED,
     "`CN = lab intermediate` is revoked", false},
    {"stale list", with_lists, stale, UNUSABLE, "list of `CN = lab intermediate` is stale", false},
    {"stale list of the root", with_lists, stale_of_root, UNUSABLE, "list of `CN = lab root` is stale", false},
    {"early list", with_lists, early, UNUSABLE, "is not valid before 2", false},
    {"no list", with_lists, missing, UNUSABLE, "list of `CN = lab intermediate` is not in `crl`", false},
    {"no list of the root", with_lists, missing_of_root, UNUSABLE, "list of `CN = lab root` is not in `crl`", false},
    {"forged list", with_lists, forged, UNUSABLE, "has a wrong signature", false},
    {"forged list of the root", with_lists, forged_of_root, UNUSABLE, "`CN = lab root` has a wrong signature", false},
    {"strange list", with_lists, strange, UNUSABLE, "critical extension that is not known here", false},
};

const size_t list_row_count = COUNT_OF(list_rows);
