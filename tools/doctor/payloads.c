/* SPDX-License-Identifier: MIT */
#include "payloads.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <taskseal/asynq.h>

#include "../common/envelope.h"
#include "../common/print.h"
#include "ask.h"

/* What envelopes begin with in binary form (F 3.2). */
static const char magic[] = {(char)0xC1, 'T', 'S', 'L'};

/* ---- Counting ---- */

static bool inspect(payloads *to, const char *data, size_t len, taskseal_info *info)
{
    if (!envelope_is_text(data, len))
        return taskseal_inspect(data, len, info) == TASKSEAL_OK;
    if (to->scratch.cap < len) {
        buffer_free(&to->scratch);
        if (!buffer_reserve(&to->scratch, len))
            return false;
    }
    return taskseal_text_decode(data, len, to->scratch.data, to->scratch.cap, &to->scratch.len) ==
               TASKSEAL_OK &&
           taskseal_inspect(to->scratch.data, to->scratch.len, info) == TASKSEAL_OK;
}

static payload_key *find(payloads *to, const char *id)
{
    for (size_t i = 0; i < to->key_count; i++) {
        if (strcmp(to->keys[i].id, id) == 0)
            return &to->keys[i];
    }
    if (to->key_count == PAYLOAD_KEYS_MAX)
        return NULL;
    payload_key *fresh = &to->keys[to->key_count++];
    snprintf(fresh->id, sizeof fresh->id, "%s", id);
    return fresh;
}

static void take_sealed(payloads *to, const taskseal_info *info)
{
    to->sealed++;
    for (size_t i = 0; i < info->stanza_count; i++) {
        payload_key *key = find(to, info->stanzas[i].key_id);
        if (key == NULL) {
            to->other_keys++;
            continue;
        }
        key->oldest = key->count == 0 || info->sealed_at < key->oldest ? info->sealed_at : key->oldest;
        key->newest = info->sealed_at > key->newest ? info->sealed_at : key->newest;
        key->count++;
    }
}

void payload_take(payloads *to, const char *data, size_t len)
{
    taskseal_info info;

    to->seen++;
    if (taskseal_is_sealed(data, len) != TASKSEAL_PLAIN) {
        if (inspect(to, data, len, &info))
            take_sealed(to, &info);
        else
            to->unreadable++;
        return;
    }
    /* JSON or another wrapping may hold an envelope, and more beside it. */
    if (memmem(data, len, magic, sizeof magic) != NULL ||
        memmem(data, len, TASKSEAL_TEXT_PREFIX, strlen(TASKSEAL_TEXT_PREFIX)) != NULL) {
        to->unreadable++;
        return;
    }
    to->plain++;
    const unsigned kinds = shapes_in(data, len);
    for (int kind = 0; kind < SHAPES; kind++)
        to->shapes[kind] += kinds >> kind & 1;
}

void payload_take_asynq(payloads *to, const char *message, size_t len)
{
    taskseal_bytes payload;

    if (taskseal_asynq_payload(message, len, &payload) != TASKSEAL_OK) {
        to->seen++;
        to->unreadable++;
        return;
    }
    if (payload.len > 0) /* an absent or empty payload tells nothing */
        payload_take(to, payload.data, payload.len);
}

/* ---- Telling ---- */

static void tell_plain(finding *one, const payloads *all)
{
    finding_worsen(one, VERDICT_FAIL);
    finding_evidence(one, "; %" PRIu64 " in plaintext", all->plain);
    for (int kind = 0, count = 0; kind < SHAPES; kind++) {
        if (all->shapes[kind] > 0)
            finding_evidence(one, "%s%" PRIu64 " with what looks like a %s", count++ > 0 ? ", " : ": ",
                             all->shapes[kind], shape_names[kind]);
    }
    finding_fix(
        one,
        "%sseal them where they are made (taskseal_seal, or 'taskseal seal'), let those that wait run out, "
        "then require it: treat TASKSEAL_PLAIN as an error",
        finding_between(one->fix));
}

void check_payloads(doctor *self)
{
    payloads *all = self->payloads;
    char enabled[ANSWER_MAX];

    if (all == NULL || self->redis == NULL)
        return;
    payload_scan(self, all);
    const bool cluster =
        ask_info(self, "cluster_enabled", enabled) == ANSWER_GIVEN && strcmp(enabled, "1") == 0;
    all->complete = all->complete && !cluster;
    finding *one = findings_add(&self->found, "payloads", VERDICT_OK);
    if (all->denied) {
        finding_denied(one, "SCAN");
        return;
    }
    finding_evidence(one, "%" PRIu64 " payloads in %" PRIu64 " keys%s: %" PRIu64 " sealed", all->seen,
                     all->scanned, all->complete ? "" : ", a sample", all->sealed);
    if (cluster)
        finding_evidence(one, "; of this node of the cluster alone: look at each");
    if (all->empty > 0) {
        finding_worsen(one, VERDICT_UNKNOWN);
        finding_evidence(one, "; %" PRIu64 " keys without a payload where the layout has it", all->empty);
        finding_fix(one, "%slook into all of their fields with --match", finding_between(one->fix));
    }
    if (all->cut > 0)
        finding_evidence(one, "; of %" PRIu64 " collections the first elements only", all->cut);
    if (all->plain > 0)
        tell_plain(one, all);
    if (all->unreadable + all->large > 0) {
        finding_worsen(one, VERDICT_WARN);
        finding_evidence(one,
                         "; %" PRIu64
                         " unreadable (cut, of a newer version, or within something else), %" PRIu64
                         " of more than 1 MiB",
                         all->unreadable, all->large);
        finding_fix(one, "%slook at them with 'taskseal inspect'", finding_between(one->fix));
    }
    if (all->refused > 0 || all->lost || all->seen == 0) {
        finding_worsen(one, all->refused > 0 || all->lost ? VERDICT_UNKNOWN : VERDICT_INFO);
        if (all->refused > 0)
            finding_evidence(one, "; %" PRIu64 " could not be read", all->refused);
        finding_evidence(one, "%s%s", all->lost ? "; the connection was lost" : "",
                         all->seen == 0 ? "; nothing is known of any" : "");
    }
}

void payloads_print(const payloads *all)
{
    for (size_t i = 0; i < all->key_count; i++) {
        char oldest[TIME_TEXT_MAX];
        char newest[TIME_TEXT_MAX];
        format_time(all->keys[i].oldest, oldest);
        format_time(all->keys[i].newest, newest);
        fputs("sealed  to ", stdout);
        print_safe(stdout, all->keys[i].id);
        printf(": %" PRIu64 ", from %s to %s\n", all->keys[i].count, oldest, newest);
    }
}

void payloads_print_json(const payloads *all)
{
    printf("{\"scanned\":%" PRIu64 ",\"complete\":%s,\"seen\":%" PRIu64 ",\"sealed\":%" PRIu64
           ",\"plaintext\":%" PRIu64 ",\"unreadable\":%" PRIu64 ",\"large\":%" PRIu64 ",\"refused\":%" PRIu64
           ",\"empty\":%" PRIu64 ",\"cut\":%" PRIu64 ",\"kinds\":{",
           all->scanned, all->complete ? "true" : "false", all->seen, all->sealed, all->plain,
           all->unreadable, all->large, all->refused, all->empty, all->cut);
    for (int kind = 0; kind < SHAPES; kind++)
        printf("%s\"%s\":%" PRIu64, kind > 0 ? "," : "", shape_names[kind], all->shapes[kind]);
    printf("},\"other_keys\":%" PRIu64 ",\"keys\":[", all->other_keys);
    for (size_t i = 0; i < all->key_count; i++) {
        printf("%s{\"id\":", i > 0 ? "," : "");
        print_json_string(stdout, all->keys[i].id);
        printf(",\"count\":%" PRIu64 ",\"oldest_unix\":%" PRIu64 ",\"newest_unix\":%" PRIu64 "}",
               all->keys[i].count, all->keys[i].oldest, all->keys[i].newest);
    }
    fputs("]}", stdout);
}

void payloads_end(payloads *all)
{
    buffer_free(&all->scratch);
}
