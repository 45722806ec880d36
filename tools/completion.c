/* SPDX-License-Identifier: MIT */
#include "completion.h"

#include <stddef.h>
#include <string.h>

static const value_class classes[] = {
    {"FILE", VALUE_FILE, NULL},
    {"SOURCE", VALUE_SOURCE, NULL},
    {"KEY-ID", VALUE_KEY_ID, NULL},
    {"SUITE", VALUE_WORDS, "chacha20poly1305 aes256gcm aegis256"},
    {"TYPE", VALUE_WORDS, "xchacha20poly1305 aegis256 dedupe"},
    {"PURPOSE", VALUE_WORDS, "payload result error reference"},
    {"FIELDS", VALUE_WORDS, "queue type id extra none"},
    {"ROLE", VALUE_WORDS, "producer worker operator rotate scheduler inspector"},
    {"LAYOUT", VALUE_WORDS, "examples asynq"},
    {"SHELL", VALUE_WORDS, "bash zsh"},
    {"SUBCOMMAND", VALUE_WORDS, NULL},
};

static const value_class any = {"", VALUE_ANY, NULL};

const value_class *value_class_of(const char *argument)
{
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (strcmp(classes[i].argument, argument) == 0)
            return &classes[i];
    }
    return &any;
}

/* A subcommand's operands are of one class, or a FILE is among them. */
const value_class *value_class_of_operands(const command *self)
{
    const char *word = self->operands + strcspn(self->operands, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    char first[16] = "";

    if (strstr(self->operands, "FILE") != NULL)
        return value_class_of("FILE");
    const size_t len = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-");
    if (len < sizeof first)
        memcpy(first, word, len);
    return value_class_of(first);
}
