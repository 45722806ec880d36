/* SPDX-License-Identifier: MIT */
#include "key_print.h"

#include <string.h>

#include "common/print.h"

static bool is_plain(unsigned char byte)
{
    static const char plain[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._:/@+-";

    return byte != '\0' && strchr(plain, byte) != NULL;
}

void print_queue(FILE *to, taskseal_bytes queue)
{
    const unsigned char *at = queue.data;

    for (size_t i = 0; i < queue.len; i++) {
        if (is_plain(at[i]))
            fputc(at[i], to);
        else
            fprintf(to, "%%%02X", at[i]);
    }
}

void print_queues(FILE *to, const taskseal_key *key)
{
    if (key->queue_count == 0)
        fputc('*', to);
    for (size_t i = 0; i < key->queue_count; i++) {
        fputs(i > 0 ? "," : "", to);
        print_queue(to, key->queues[i]);
    }
}

size_t queues_width(const taskseal_key *key)
{
    size_t width = key->queue_count > 0 ? key->queue_count - 1 : 1; /* the commas, or "*" */

    for (size_t i = 0; i < key->queue_count; i++) {
        const unsigned char *at = key->queues[i].data;
        for (size_t j = 0; j < key->queues[i].len; j++)
            width += is_plain(at[j]) ? 1 : strlen("%XX");
    }
    return width;
}

void print_limit(FILE *to, uint64_t time)
{
    char text[TIME_TEXT_MAX] = "-";

    if (time != 0)
        format_time(time, text);
    fputs(text, to);
}

void print_json_queues(FILE *to, const taskseal_key *key)
{
    if (key->queue_count == 0) {
        fputs("null", to);
        return;
    }
    for (size_t i = 0; i < key->queue_count; i++) {
        fputs(i > 0 ? ",\"" : "[\"", to);
        print_queue(to, key->queues[i]);
        fputc('"', to);
    }
    fputc(']', to);
}

void print_json_limit(FILE *to, uint64_t time)
{
    if (time == 0) {
        fputs("null", to);
        return;
    }
    fputc('"', to);
    print_limit(to, time);
    fputc('"', to);
}
