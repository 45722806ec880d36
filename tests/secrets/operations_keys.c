/* SPDX-License-Identifier: MIT
 * Making keyrings, of keys and of texts, and dedupe tags. */
#include "operations.h"

#include <stdlib.h>
#include <string.h>

#define FIRST "taskseal-keyring 1\n"
/* Letters alone (secrecy.h). */
#define SECRET_A "tskek1_QYaaQYaaQYaaQYaaQYaaQYaaQYaaQYaaQYaaQYaaQYY"
#define DIGITS_B "bcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQY"
#define SECRET_B "tskek1_" DIGITS_B
#define ALL_ZERO "tskek1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static void new_rings(void)
{
    static uint8_t zero[TASKSEAL_KEY_BYTES];
    const taskseal_key key = {
        .id = "k", .type = TASKSEAL_KEY_XCHACHA20POLY1305, .state = TASKSEAL_KEY_ACTIVE, .secret = zero};
    taskseal_keyring *ring;
    for (taskseal_key_type type = TASKSEAL_KEY_XCHACHA20POLY1305; type <= TASKSEAL_KEY_AEGIS256; type++)
        if (taskseal_key_type_available(type))
            taskseal_keyring_free(ring_with_fresh_keys(type, "k", "l"));
    keep_secret(zero, sizeof zero);
    EXPECT(TASKSEAL_ERR_BAD_ARGUMENT, taskseal_keyring_new(&ring, &key, 1, NULL));
}

static void parse(const char *text, taskseal_err expected)
{
    taskseal_keyring *ring;
    taskseal_error error;
    const size_t len = strlen(text);
    char *copy = strdup(text);
    keep_key_text_secret(copy, len);
    EXPECT(expected, taskseal_keyring_parse(&ring, copy, len, &error));
    taskseal_keyring_free(ring);
    free(copy);
}

static void parse_texts(void)
{
    parse(FIRST
          "# a comment\nkey a xchacha20poly1305 active " SECRET_A
          " queues=mail,%25 not-before=2026-11-21T00:00:00Z\nkey b xchacha20poly1305 open-only " SECRET_B
          "\nkey d dedupe active tsdup1_" DIGITS_B "\nkey r xchacha20poly1305 retired -\n",
          TASKSEAL_OK);
    parse(FIRST "key a xchacha20poly1305 active " ALL_ZERO "\n", TASKSEAL_ERR_KEYFILE_MALFORMED);
    parse(FIRST "key a xchacha20poly1305 active " SECRET_A "A\n", TASKSEAL_ERR_KEYFILE_MALFORMED);
    parse(FIRST "key a xchacha20poly1305 active " SECRET_A " \n", TASKSEAL_ERR_KEYFILE_MALFORMED);
    parse(FIRST "key a xchacha20poly1305 active " SECRET_A "\nkey a xchacha20poly1305 active " SECRET_B "\n",
          TASKSEAL_ERR_KEYFILE_MALFORMED);
}

void run_dedupe(void)
{
    static const taskseal_bytes fields[] = {{"a", 1}, {"", 0}};
    uint8_t payload[300] = {1};
    uint8_t tag[TASKSEAL_DEDUPE_TAG_BYTES];
    taskseal_keyring *ring = ring_with_fresh_keys(TASKSEAL_KEY_DEDUPE, "d", "e");
    taskseal_dedupe_options options = {
        .keyring = ring, .queue = taskseal_str("mail"), .type = taskseal_str("welcome"), .now = 1700000000};
    secrecy.tagging = true;
    keep_secret(payload, sizeof payload);
    EXPECT(TASKSEAL_OK, taskseal_dedupe_tag(&options, payload, sizeof payload, tag));
    options.fields = fields;
    options.field_count = 2;
    EXPECT(TASKSEAL_OK, taskseal_dedupe_tag(&options, NULL, 0, tag));
    secrecy.tagging = false;
    taskseal_keyring_free(ring);
}

void run_keys(void)
{
    new_rings();
    parse_texts();
}
