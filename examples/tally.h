/* SPDX-License-Identifier: MIT
 *
 * tally.h: counts by name, for rekey.h.
 */
#ifndef TALLY_H
#define TALLY_H

#include <stdio.h>
#include <string.h>

enum {
    NAMES = 64,      /* key ids and errors that are counted by name */
    NAME_BYTES = 256 /* of each: a key id has at most 255 */
};

struct tally {
    char name[NAMES][NAME_BYTES];
    unsigned long count[NAMES];
    size_t used;
};

static inline void count_more(struct tally *tally, const char *name, unsigned long more)
{
    size_t i = 0;
    while (i < tally->used && strcmp(tally->name[i], name) != 0)
        i++;
    if (i == NAMES) /* anyone can invent key ids: the last place counts all that remain */
        snprintf(tally->name[--i], NAME_BYTES, "(others)");
    else if (i == tally->used)
        snprintf(tally->name[tally->used++], NAME_BYTES, "%s", name);
    tally->count[i] += more;
}

static inline void count(struct tally *tally, const char *name)
{
    count_more(tally, name, 1);
}

#endif
