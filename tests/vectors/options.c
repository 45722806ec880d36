/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <stdlib.h>
#include <string.h>

static const char *const field_names[] = {"queue", "type", "id", "extra"};

/* Gathers the bits of a list of words. */
static void gather(const char *list, unsigned (*bit)(const char *word, size_t len), unsigned *bits)
{
    while (*list != '\0') {
        size_t len = strcspn(list, " ");
        *bits |= bit(list, len);
        list += len;
        list += strspn(list, " ");
    }
}

static unsigned insist_bit(const char *word, size_t len)
{
    for (unsigned i = 0; i < 4; i++)
        if (strlen(field_names[i]) == len && memcmp(word, field_names[i], len) == 0)
            return 1U << i;
    if (len == 4 && memcmp(word, "none", len) == 0)
        return TASKSEAL_INSIST_NONE;
    give_up("insists on an unknown field", word);
}

static unsigned suite_bit(const char *word, size_t len)
{
    if (len != 1 || *word < '1' || *word > '3')
        give_up("allows an unknown suite", word);
    return 1U << (*word - '0');
}

static taskseal_purpose purpose_of(const record *r)
{
    static const char *const names[] = {"payload", "result", "error-text", "reference"};
    const char *wanted = record_get(r, "purpose");
    if (wanted == NULL)
        return TASKSEAL_PAYLOAD;
    for (unsigned i = 0; i < 4; i++)
        if (strcmp(wanted, names[i]) == 0)
            return (taskseal_purpose)i;
    give_up("unknown purpose", wanted);
}

/* The record's key lines are those of a key file. */
static taskseal_err make_keyring(taskseal_keyring **ring, const record *r)
{
    char *text = NULL;
    size_t len = 0;
    size_t position = 0;
    const char *key;
    taskseal_error error;
    FILE *stream = open_memstream(&text, &len);
    if (stream == NULL)
        give_up("no memory", "making a key file");
    (void)fputs("taskseal-keyring 1\n", stream);
    while ((key = record_next(r, "key", &position)) != NULL)
        (void)fprintf(stream, "key %s\n", key);
    if (fclose(stream) != 0)
        give_up("no memory", "making a key file");
    taskseal_err err = taskseal_keyring_parse(ring, text, len, &error);
    if (err == TASKSEAL_ERR_KEYFILE_MALFORMED)
        give_up("a record's keys", error.message);
    free(text);
    return err;
}

taskseal_err opening_make(opening *o, const record_file *file, const record *r)
{
    *o = (opening){.record = r};
    taskseal_bytes *fields[] = {&o->options.context.queue, &o->options.context.type, &o->options.context.id,
                                &o->options.context.extra};
    for (unsigned i = 0; i < 4; i++) {
        const char *value = record_get(r, field_names[i]);
        if (value == NULL)
            continue;
        o->context[i] = bytes_evaluate(file, value);
        *fields[i] = (taskseal_bytes){o->context[i].data, o->context[i].len};
    }
    const char *payload = record_get(r, "payload");
    o->payload = bytes_evaluate(file, payload != NULL ? payload : "");
    o->options.purpose = purpose_of(r);
    o->options.now = record_number(r, "now", 0);
    o->options.max_age = record_number(r, "max_age", 0);
    if (record_get(r, "insist") != NULL)
        gather(record_get(r, "insist"), insist_bit, &o->options.insist);
    if (record_get(r, "suites") != NULL)
        gather(record_get(r, "suites"), suite_bit, &o->options.allowed_suites);
    taskseal_err err = make_keyring(&o->ring, r);
    o->options.keyring = o->ring;
    return err;
}

void opening_free(opening *o)
{
    taskseal_keyring_free(o->ring);
    for (unsigned i = 0; i < 4; i++)
        free(o->context[i].data);
    free(o->payload.data);
}
