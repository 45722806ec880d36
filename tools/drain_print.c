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
    [DRAIN_DEDUPE] = "dedupe",         [DRAIN_GONE] = "gone",     [DRAIN_LOST] = "lost",
    [DRAIN_STRANGER] = "unknown-key",
};

static const char *const verdict_texts[] = {
    [DRAIN_MAY_RETIRE] = "may be retired, as far as was looked",
    [DRAIN_IN_USE] = "not yet: envelopes name it",
    [DRAIN_ACTIVE] = "no: it is active; promote another, and demote it",
    [DRAIN_IN_GRACE] = "not yet: copies of the key file may still seal with it, until its not-after",
    [DRAIN_NO_END] = "not known: it has no not-after, so copies may still seal with it; 'key limit' sets one",
    [DRAIN_INCOMPLETE] = "not known: incomplete, see below",
    [DRAIN_DEDUPE] = "not told here: it makes dedupe tags, and no envelope names it",
    [DRAIN_GONE] = "has no secret any more",
    [DRAIN_LOST] = "has no secret any more: this keyring opens none of these by it",
    [DRAIN_STRANGER] = "nothing here can open these",
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
    printf("\n  %s\n", verdict_texts[drain_judge(self, key)]);
}

/* What was looked into, and what the pattern left out. */
static void print_source(const drain *self)
{
    char matched[COUNT_TEXT_MAX];
    char count[COUNT_TEXT_MAX];

    fputs("\nlooked into: ", stdout);
    print_safe(stdout, self->source);
    if (self->match == NULL) {
        fputc('\n', stdout);
        return;
    }
    format_count(self->matched, matched);
    printf("; %s key%s matched ", matched, self->matched == 1 ? "" : "s");
    print_safe(stdout, self->match);
    fputc('\n', stdout);
    if (self->has_database && self->database > self->matched) {
        format_count(self->database - self->matched, count);
        printf("left out: %s other key%s of the database; --match '*' looks into all\n", count,
               self->database - self->matched == 1 ? "" : "s");
    }
    if (self->matched == 0)
        printf("warning: no key of the database matched%s\n", self->has_database && self->database == 0
                                                                  ? ", it is empty"
                                                                  : ": is this pattern the right one?");
}

static void print_skipped(const drain *self)
{
    char count[COUNT_TEXT_MAX];

    for (int why = 0; why < DRAIN_SKIPS; why++) {
        if (self->skipped[why] == 0)
            continue;
        format_count(self->skipped[why], count);
        printf("not looked into: %s %s\n", count, drain_skip_texts[why]);
    }
    if (self->refusal[0] != '\0') {
        fputs("the server said: ", stdout);
        print_safe(stdout, self->refusal);
        fputc('\n', stdout);
    }
}

void drain_print(const drain *self)
{
    char count[COUNT_TEXT_MAX];

    for (size_t i = 0; i < self->key_count; i++) {
        if (drain_reports(self, &self->keys[i]))
            print_key(self, &self->keys[i]);
    }
    print_source(self);
    format_count(self->envelopes, count);
    printf("seen: %s envelope%s, ", count, self->envelopes == 1 ? "" : "s");
    format_count(self->plain, count);
    printf("%s other value%s\n", count, self->plain == 1 ? "" : "s");
    print_skipped(self);
    if (!drain_complete(self))
        printf("incomplete: %s, so no key is said to be free\n", drain_skipped(self) > 0
                                                                     ? "not everything could be looked into"
                                                                     : "there was nothing to look into");
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
           verdict == DRAIN_MAY_RETIRE ? "true" : "false", verdict_names[verdict]);
}

/* Keys of a server; all null where it was none. */
static void print_json_source(const drain *self)
{
    fputs("\"source\":", stdout);
    print_json_string(stdout, self->source);
    fputs(",\"match\":", stdout);
    if (self->match != NULL)
        print_json_string(stdout, self->match);
    else
        fputs("null", stdout);
    fputs(",\"matched_keys\":", stdout);
    if (self->match != NULL)
        printf("%" PRIu64, self->matched);
    else
        fputs("null", stdout);
    fputs(",\"database_keys\":", stdout);
    if (self->has_database)
        printf("%" PRIu64, self->database);
    else
        fputs("null", stdout);
    fputs(",\"server_error\":", stdout);
    if (self->refusal[0] != '\0')
        print_json_string(stdout, self->refusal);
    else
        fputs("null", stdout);
}

void drain_print_json(const drain *self)
{
    const char *comma = "";

    printf("{\"complete\":%s,", drain_complete(self) ? "true" : "false");
    print_json_source(self);
    printf(",\"envelopes\":%" PRIu64 ",\"other_values\":%" PRIu64 ",\"skipped\":{", self->envelopes,
           self->plain);
    for (int why = 0; why < DRAIN_SKIPS; why++)
        printf("%s\"%s\":%" PRIu64, why > 0 ? "," : "", drain_skip_names[why], self->skipped[why]);
    fputs("},\"keys\":[", stdout);
    for (size_t i = 0; i < self->key_count; i++) {
        if (!drain_reports(self, &self->keys[i]))
            continue;
        fputs(comma, stdout);
        print_json_key(self, &self->keys[i]);
        comma = ",";
    }
    fputs("]}\n", stdout);
}
