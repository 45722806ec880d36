/* SPDX-License-Identifier: MIT */
#include "secret.h"

#include <stdbool.h>
#include <string.h>

#include "report.h"

/* What secrets of a key file begin with (doc/keyfile.md). */
static const char key_prefix[] = "tskek1_";
static const char dedupe_prefix[] = "tsdup1_";

/* "://" with an "@" anywhere behind it: rather too often, for broken URIs, than too seldom. */
static bool looks_secret(const char *text)
{
    const char *authority = strstr(text, "://");

    return strstr(text, key_prefix) != NULL || strstr(text, dedupe_prefix) != NULL ||
           (authority != NULL && strchr(authority, '@') != NULL);
}

int secret_check(const char *what, const char *wanted, const char *text)
{
    if (!looks_secret(text))
        return STATUS_OK;
    return report_usage("%s takes %s, not what was given (not shown: it looks like a secret): keep secrets "
                        "in files with mode 600, and replace this one: others may have read it in the "
                        "process list or the shell's history",
                        what, wanted);
}
