/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/keyfile_line.c; do not edit. */
/* SPDX-License-Identifier: MIT */
#include "core.h"


#include <sodium.h>

void taskseal__write_bytes(taskseal__writer *writer, const char *bytes, size_t len)
{
    if (writer->full || len > writer->left) {
        writer->full = true;
        return;
    }
    if (len == 0)
        return;
    memcpy(writer->at, bytes, len);
    writer->at += len;
    writer->left -= len;
}

static void put_word(taskseal__writer *writer, const char *word)
{
    taskseal__write_bytes(writer, word, strlen(word));
}

/* One byte of a queue's name: it stands for itself exactly if it may stand in a key id (K 14). */
static void put_queue_byte(taskseal__writer *writer, char byte)
{
    static const char digits[] = "0123456789ABCDEF";
    const char id[2] = {'a', byte};
    const char escaped[3] = {'%', digits[(unsigned char)byte >> 4], digits[(unsigned char)byte & 0xF]};
    if (taskseal__key_id_valid(id, sizeof id))
        taskseal__write_bytes(writer, &byte, 1);
    else
        taskseal__write_bytes(writer, escaped, sizeof escaped);
}

static void put_queues(taskseal__writer *writer, const taskseal_key *key)
{
    for (size_t i = 0; i < key->queue_count; i++) {
        const char *bytes = key->queues[i].data;
        put_word(writer, i == 0 ? " queues=" : ",");
        for (size_t j = 0; j < key->queues[i].len; j++)
            put_queue_byte(writer, bytes[j]);
    }
}

static void put_time(taskseal__writer *writer, const char *name, uint64_t time)
{
    char text[TASKSEAL__TIMESTAMP_LEN];
    if (time == 0)
        return;
    taskseal__put_timestamp(text, time);
    put_word(writer, name);
    taskseal__write_bytes(writer, text, sizeof text);
}

static void put_secret(taskseal__writer *writer, const taskseal_key *key)
{
    char digits[TASKSEAL__SECRET_DIGITS + 1];
    (void)sodium_bin2base64(digits, sizeof digits, key->secret, TASKSEAL_KEY_BYTES,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    put_word(writer, taskseal__secret_prefix(key->type));
    taskseal__write_bytes(writer, digits, TASKSEAL__SECRET_DIGITS);
    sodium_memzero(digits, sizeof digits);
}

void taskseal__write_key(taskseal__writer *writer, const taskseal_key *key, const char *secret)
{
    put_word(writer, "key ");
    put_word(writer, key->id);
    put_word(writer, " ");
    put_word(writer, taskseal__key_type_name(key->type));
    put_word(writer, " ");
    put_word(writer, taskseal__key_state_name(key->state));
    put_word(writer, " ");
    if (key->secret != NULL)
        put_secret(writer, key);
    else
        put_word(writer, secret);
    put_queues(writer, key);
    put_time(writer, " not-before=", key->not_before);
    put_time(writer, " not-after=", key->not_after);
    put_word(writer, "\n");
}
