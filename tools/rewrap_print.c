/* SPDX-License-Identifier: MIT */
#include "rewrap_print.h"

#include "common/print.h"

static void print_count(unsigned long count, const char *what)
{
    char text[COUNT_TEXT_MAX];

    format_count(count, text);
    if (count > 0)
        printf("  %s: %s\n", what, text);
}

static void print_tally(const struct tally *tally, const char *what)
{
    char text[COUNT_TEXT_MAX];

    for (size_t i = 0; i < tally->used; i++) {
        format_count(tally->count[i], text);
        printf("  %s ", what);
        print_safe(stdout, tally->name[i]);
        printf(": %s\n", text);
    }
}

void rewrap_print(const struct rekey *run, bool whole)
{
    char seen[COUNT_TEXT_MAX];
    char moved[COUNT_TEXT_MAX];

    format_count(run->seen, seen);
    format_count(run->moved, moved);
    printf("%s envelopes seen, %s %s to ", seen, moved, run->dry ? "would be moved" : "moved");
    print_safe(stdout, run->to);
    fputs(run->dry ? "; where they stand now:\n" : "; where they stand afterwards:\n", stdout);
    print_tally(&run->keys, "key");
    print_tally(&run->errors, "not moved,");
    print_count(run->changed, "finished or queued anew meanwhile");
    print_count(run->active, "left to the workers that have them");
    if (!whole)
        puts("incomplete: it ended early, so run it again; with --resume FILE such a run goes on where it "
             "was");
    else if (run->interrupted)
        puts("incomplete: another server, or one that was started anew, answered on the way: run it again");
    else if (run->left + run->changed + run->active > 0)
        puts("some stay that a key may open yet: run it again, and look at what stays before a key is "
             "retired");
}

static void print_json_tally(const struct tally *tally, const char *name, const char *count)
{
    for (size_t i = 0; i < tally->used; i++) {
        printf("%s{\"%s\":", i > 0 ? "," : "", name);
        print_json_string(stdout, tally->name[i]);
        printf(",\"%s\":%lu}", count, tally->count[i]);
    }
}

static const char *word(bool value)
{
    return value ? "true" : "false";
}

void rewrap_print_json(const struct rekey *run, bool whole, bool resumed)
{
    printf("{\"complete\":%s,\"done\":%s,\"dry_run\":%s,\"resumed\":%s,\"layout\":\"%s\",\"from\":",
           word(whole && !run->interrupted), word(whole && rekey_is_done(run)), word(run->dry), word(resumed),
           run->layout->name);
    if (run->from != NULL)
        print_json_string(stdout, run->from);
    else
        fputs("null", stdout);
    fputs(",\"to\":", stdout);
    print_json_string(stdout, run->to);
    printf(",\"envelopes\":%lu,\"moved\":%lu,\"left\":%lu,\"changed\":%lu,\"active\":%lu,\"keys\":[",
           run->seen, run->moved, run->left, run->changed, run->active);
    print_json_tally(&run->keys, "id", "envelopes");
    fputs("],\"not_moved\":[", stdout);
    print_json_tally(&run->errors, "error", "count");
    puts("]}");
}
