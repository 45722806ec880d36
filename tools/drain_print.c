/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>

#include "common/names.h"
#include "common/print.h"
#include "drain.h"
#include "key_print.h"

const char *const drain_skip_names[DRAIN_SKIPS] = {
    [DRAIN_UNREADABLE] = "unreadable", [DRAIN_EMBEDDED] = "embedded", [DRAIN_TOO_LARGE] = "too_large",
    [DRAIN_STRANGE] = "unknown_type",  [DRAIN_REFUSED] = "refused",   [DRAIN_NO_ROOM] = "too_many_keys",
};

const char *const drain_skip_texts[DRAIN_SKIPS] = {
    [DRAIN_UNREADABLE] = "begins as an envelope does, but is cut or of a newer version",
    [DRAIN_EMBEDDED] = "may hold an envelope somewhere inside",
    [DRAIN_TOO_LARGE] = "is too large to be read",
    [DRAIN_STRANGE] = "is of a type that is not known here",
    [DRAIN_REFUSED] = "could not be read",
    [DRAIN_NO_ROOM] = "names one of too many keys that the keyring lacks",
};

static const char *const verdict_names[] = {
    [DRAIN_MAY_RETIRE] = "may-retire", [DRAIN_IN_USE] = "in-use", [DRAIN_ACTIVE] = "active",
    [DRAIN_IN_GRACE] = "in-grace",     [DRAIN_NO_END] = "no-end", [DRAIN_INCOMPLETE] = "incomplete",
    [DRAIN_DEDUPE] = "dedupe",         [DRAIN_GONE] = "gone",
};

static const char *const verdict_texts[] = {
    [DRAIN_MAY_RETIRE] = "may be retired, as far as was looked",
    [DRAIN_IN_USE] = "not yet: envelopes name it",
    [DRAIN_ACTIVE] = "no: it is active; promote another, and demote it",
    [DRAIN_IN_GRACE] = "not yet: copies of the key file may still seal with it, until its not-after",
    [DRAIN_NO_END] = "not known: it has no not-after, so copies may still seal with it; 'key limit' sets one",
    [DRAIN_INCOMPLETE] = "not known: not everything could be looked into",
    [DRAIN_DEDUPE] = "not told here: it makes dedupe tags, and no envelope names it",
    [DRAIN_GONE] = "has no secret any more",
};

static void print_times(const drain_key *key)
{
    char text[TIME_TEXT_MAX];
    char count[COUNT_TEXT_MAX];

    if (key->envelopes == 0)
        return;
    format_time(key->oldest, text);
    printf(", oldest sealed %s", text);
    if (key->never > 0) {
        format_count(key->never, count);
        printf(", %s never expire%s", count, key->never == 1 ? "s" : "");
        return;
    }
    format_time(key->latest, text);
    printf(", the last expires %s", text);
}

static void print_key(const drain *self, const drain_key *key)
{
    char count[COUNT_TEXT_MAX];

    format_count(key->envelopes, count);
    printf("%s (%s): %s envelope%s", key->id,
           key->known ? name_of(key_state_names, key->key.state) : "not in the keyring", count,
           key->envelopes == 1 ? "" : "s");
    print_times(key);
    printf("\n  %s\n", key->known ? verdict_texts[drain_judge(self, key)] : "nothing here can open these");
}

void drain_print(const drain *self)
{
    char count[COUNT_TEXT_MAX];

    for (size_t i = 0; i < self->key_count; i++)
        print_key(self, &self->keys[i]);
    format_count(self->envelopes, count);
    printf("\nseen: %s envelopes, ", count);
    format_count(self->plain, count);
    printf("%s other values\n", count);
    for (int why = 0; why < DRAIN_SKIPS; why++) {
        if (self->skipped[why] == 0)
            continue;
        format_count(self->skipped[why], count);
        printf("not looked into: %s %s\n", count, drain_skip_texts[why]);
    }
    fputs("What moves while this runs can be missed; other servers, databases, files and backups are not "
          "seen.\n",
          stdout);
}

static void print_json_key(const drain *self, const drain_key *key)
{
    const drain_verdict verdict = drain_judge(self, key);

    printf("{\"id\":\"%s\",\"state\":", key->id);
    if (key->known)
        printf("\"%s\"", name_of(key_state_names, key->key.state));
    else
        fputs("null", stdout);
    printf(",\"envelopes\":%" PRIu64 ",\"oldest_sealed_at\":", key->envelopes);
    print_json_limit(stdout, key->envelopes > 0 ? key->oldest : 0);
    fputs(",\"latest_expires_at\":", stdout);
    print_json_limit(stdout, key->latest);
    printf(",\"never_expire\":%" PRIu64 ",\"may_retire\":%s,\"verdict\":\"%s\"}", key->never,
           key->known && verdict == DRAIN_MAY_RETIRE ? "true" : "false",
           key->known ? verdict_names[verdict] : "unknown-key");
}

void drain_print_json(const drain *self)
{
    printf("{\"complete\":%s,\"envelopes\":%" PRIu64 ",\"other_values\":%" PRIu64 ",\"skipped\":{",
           drain_skipped(self) == 0 ? "true" : "false", self->envelopes, self->plain);
    for (int why = 0; why < DRAIN_SKIPS; why++)
        printf("%s\"%s\":%" PRIu64, why > 0 ? "," : "", drain_skip_names[why], self->skipped[why]);
    fputs("},\"keys\":[", stdout);
    for (size_t i = 0; i < self->key_count; i++) {
        if (i > 0)
            fputc(',', stdout);
        print_json_key(self, &self->keys[i]);
    }
    fputs("]}\n", stdout);
}
