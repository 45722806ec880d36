/* SPDX-License-Identifier: MIT */
#include "inspect_print.h"

#include <inttypes.h>
#include <stdio.h>

#include <sodium.h>

#include "common/names.h"
#include "common/print.h"

enum { ID_TEXT_MAX = 2 * TASKSEAL_MESSAGE_ID_BYTES + 1, ID_SHORT = 16 };

static void format_id(const taskseal_info *info, char text[ID_TEXT_MAX])
{
    sodium_bin2hex(text, ID_TEXT_MAX, info->message_id, TASKSEAL_MESSAGE_ID_BYTES);
}

/* "queue,type"; "nothing" if nothing is bound. */
static void print_bound(unsigned bound)
{
    const char *joint = "";

    if (bound == 0)
        fputs("nothing", stdout);
    for (const named_value *at = bound_names; at->name != NULL; at++) {
        if ((bound & at->value) == 0)
            continue;
        printf("%s%s", joint, at->name);
        joint = ",";
    }
}

/* Key ids hold no characters that need escaping: the format allows none. */
static void print_key_ids(const taskseal_info *info, const char *joint)
{
    for (unsigned i = 0; i < info->stanza_count; i++)
        printf("%s%s", i > 0 ? joint : "", info->stanzas[i].key_id);
}

static void print_expiry(uint64_t expires_at)
{
    char text[TIME_TEXT_MAX];

    if (expires_at == 0) {
        fputs("never", stdout);
        return;
    }
    format_time(expires_at, text);
    fputs(text, stdout);
}

static void print_name(const inspection *seen)
{
    print_safe(stdout, seen->input);
    if (seen->text)
        printf(", line %zu", seen->line);
}

void inspection_print_line(const inspection *seen)
{
    const taskseal_info *info = &seen->info;
    char sealed_at[TIME_TEXT_MAX];
    char size[COUNT_TEXT_MAX];
    char id[ID_TEXT_MAX];

    format_time(info->sealed_at, sealed_at);
    format_count(info->payload_len, size);
    format_id(info, id);
    if (seen->named) {
        print_name(seen);
        fputs(": ", stdout);
    }
    printf("sealed v%u · %s · key%s ", info->version, name_of(suite_names, info->suite),
           info->stanza_count > 1 ? "s" : "");
    print_key_ids(info, ",");
    printf(" · sealed %s · expires ", sealed_at);
    print_expiry(info->expires_at);
    fputs(" · bound ", stdout);
    print_bound(info->bound);
    if (info->purpose != TASKSEAL_PAYLOAD)
        printf(" · purpose %s", name_of(purpose_names, info->purpose));
    printf(" · %s B %spayload · id %.*s… (unverified)\n", size, info->padded ? "padded " : "", ID_SHORT, id);
}

void inspection_print_long(const inspection *seen)
{
    const taskseal_info *info = &seen->info;
    char text[TIME_TEXT_MAX];
    char size[COUNT_TEXT_MAX];
    char id[ID_TEXT_MAX];

    if (seen->named) {
        fputs("input       ", stdout);
        print_name(seen);
        fputc('\n', stdout);
    }
    printf("version     %u\nform        %s\n", info->version, seen->text ? "text" : "binary");
    printf("suite       %s\npurpose     %s\n", name_of(suite_names, info->suite),
           name_of(purpose_names, info->purpose));
    for (unsigned i = 0; i < info->stanza_count; i++)
        printf("key         %s (%s)\n", info->stanzas[i].key_id,
               name_of(key_type_names, info->stanzas[i].type));
    format_time(info->sealed_at, text);
    printf("sealed at   %s\nexpires at  ", text);
    print_expiry(info->expires_at);
    fputs("\nbound to    ", stdout);
    print_bound(info->bound);
    format_count(info->payload_len, size);
    printf("\npayload     %s bytes%s\n", size, info->padded ? ", padded" : "");
    format_count(seen->envelope_len, size);
    format_id(info, id);
    printf("envelope    %s bytes\nmessage id  %s\nverified    no: this is what the envelope says of itself\n",
           size, id);
}

static void print_json_names(const named_value *names, unsigned mask)
{
    const char *joint = "";

    for (; names->name != NULL; names++) {
        if ((mask & names->value) == 0)
            continue;
        printf("%s\"%s\"", joint, names->name);
        joint = ",";
    }
}

static void print_json_keys(const taskseal_info *info)
{
    for (unsigned i = 0; i < info->stanza_count; i++) {
        const taskseal_stanza *stanza = &info->stanzas[i];
        printf("%s{\"id\":\"%s\",\"type\":%u,\"type_name\":\"%s\"}", i > 0 ? "," : "", stanza->key_id,
               stanza->type, name_of(key_type_names, stanza->type));
    }
}

void inspection_print_json(const inspection *seen)
{
    const taskseal_info *info = &seen->info;
    char sealed_at[TIME_TEXT_MAX];
    char expires_at[TIME_TEXT_MAX];
    char id[ID_TEXT_MAX];

    format_time(info->sealed_at, sealed_at);
    format_id(info, id);
    fputs("{\"verified\":false,\"input\":", stdout);
    print_json_string(stdout, seen->input);
    printf(
        ",\"form\":\"%s\",\"line\":%zu,\"version\":%u,\"suite\":%u,\"suite_name\":\"%s\",\"purpose\":\"%s\"",
        seen->text ? "text" : "binary", seen->text ? seen->line : 1, info->version, info->suite,
        name_of(suite_names, info->suite), name_of(purpose_names, info->purpose));
    fputs(",\"keys\":[", stdout);
    print_json_keys(info);
    fputs("],\"bound\":[", stdout);
    print_json_names(bound_names, info->bound);
    printf("],\"sealed_at\":\"%s\",\"sealed_at_unix\":%" PRIu64, sealed_at, info->sealed_at);
    if (info->expires_at == 0) {
        fputs(",\"expires_at\":null,\"expires_at_unix\":null", stdout);
    } else {
        format_time(info->expires_at, expires_at);
        printf(",\"expires_at\":\"%s\",\"expires_at_unix\":%" PRIu64, expires_at, info->expires_at);
    }
    printf(",\"padded\":%s,\"payload_bytes\":%zu,\"header_bytes\":%zu,\"envelope_bytes\":%zu",
           info->padded ? "true" : "false", info->payload_len, info->header_len, seen->envelope_len);
    printf(",\"message_id\":\"%s\"}\n", id);
}
