/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <taskseal/taskseal.h>

#include "commands.h"
#include "common/buffer.h"
#include "common/envelope.h"
#include "common/input.h"
#include "common/report.h"
#include "inspect_print.h"

enum { KEY_JSON = 256, KEY_LONG };

static const command_option options[] = {
    {"json", KEY_JSON, NULL, "one JSON object a line; taskseal(1) tells its keys"},
    {"long", KEY_LONG, NULL, "one field a line"},
    {NULL, 0, NULL, NULL},
};

typedef struct settings {
    bool json;
    bool long_form;
    bool several; /* more than one FILE */
} settings;

static int take(void *state, int key, const char *value)
{
    settings *set = state;

    (void)value;
    if (key == KEY_JSON)
        set->json = true;
    else
        set->long_form = true;
    return STATUS_OK;
}

static void print(const settings *set, const inspection *seen)
{
    if (set->json)
        inspection_print_json(seen);
    else if (set->long_form)
        inspection_print_long(seen);
    else
        inspection_print_line(seen);
}

/* Reports why one envelope can't be shown, and which one that is. */
static int refuse(const inspection *seen, taskseal_err err)
{
    char where[4200];

    if (!seen->text || !seen->named)
        return report_error_at(err, input_name(seen->input), NULL);
    snprintf(where, sizeof where, "%s, line %zu", input_name(seen->input), seen->line);
    return report_error_at(err, where, NULL);
}

static int inspect_binary(const settings *set, inspection *seen, const void *data, size_t len)
{
    const taskseal_err err = taskseal_inspect(data, len, &seen->info);

    if (err != TASKSEAL_OK)
        return refuse(seen, err);
    seen->envelope_len = len;
    print(set, seen);
    return STATUS_OK;
}

static int inspect_text(const settings *set, inspection *seen, const char *text, size_t len, buffer *scratch)
{
    const taskseal_err err = taskseal_text_decode(text, len, scratch->data, scratch->cap, &scratch->len);

    if (err != TASKSEAL_OK)
        return refuse(seen, err);
    return inspect_binary(set, seen, scratch->data, scratch->len);
}

/* One envelope in text form on each line. `scratch` holds as many bytes as `text`. */
static int inspect_lines(const settings *set, inspection *seen, const buffer *text, buffer *scratch)
{
    const char *at = (const char *)text->data;
    const char *end = at + text->len;
    int status = STATUS_OK;

    seen->text = true;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline != NULL ? newline : end;
        const char *next = newline != NULL ? newline + 1 : end;
        seen->line++;
        seen->named = seen->named || next < end;
        const int this_status = inspect_text(set, seen, at, (size_t)(stop - at), scratch);
        if (status == STATUS_OK)
            status = this_status;
        at = next;
    }
    return status;
}

static int inspect_input(const settings *set, const char *path)
{
    inspection seen = {.input = path != NULL ? path : "-", .named = set->several};
    buffer data = BUFFER_EMPTY;
    buffer scratch = BUFFER_EMPTY;

    int status = input_read(path, &data);
    if (status != STATUS_OK)
        return status;
    if (!envelope_is_text(data.data, data.len))
        status = inspect_binary(set, &seen, data.data, data.len);
    else if (buffer_reserve(&scratch, data.len))
        status = inspect_lines(set, &seen, &data, &scratch);
    else
        status = report_error_at(TASKSEAL_ERR_NO_MEMORY, input_name(path), NULL);
    buffer_free(&data);
    buffer_free(&scratch);
    return status;
}

static int run(const command *self, int argc, char **argv)
{
    settings set = {0};
    bool stop;

    int status = command_parse(self, argc, argv, take, &set, &stop);
    if (status != STATUS_OK || stop)
        return status;
    if (set.json && set.long_form)
        return report_usage("give --json or --long, not both");
    set.several = argc - optind > 1;
    if (optind == argc)
        return inspect_input(&set, NULL);
    for (int i = optind; i < argc; i++) {
        const int this_status = inspect_input(&set, argv[i]);
        if (status == STATUS_OK)
            status = this_status;
    }
    return status;
}

const command command_inspect = {
    .name = "inspect",
    .operands = "[FILE]...",
    .summary = "tell what an envelope says of itself; needs no key",
    .description = "Prints a line for each envelope in the FILEs (or standard input): a file holds one\n"
                   "envelope in binary form, or one in text form on each line. Nothing shown is verified:\n"
                   "anyone who can write to the queue can have written it. The exit status is that of the\n"
                   "first input that failed.\n",
    .examples = "  taskseal inspect task.sealed\n"
                "  taskseal inspect --json *.sealed | jq -r '.keys[].id' | sort | uniq -c\n",
    .options = options,
    .run = run,
};
