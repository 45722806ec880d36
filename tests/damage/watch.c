/* SPDX-License-Identifier: MIT
 * Opens what is damaged and watches what comes out. */
#include "damage.h"

#include <stdio.h>
#include <stdlib.h>

unsigned long long damaged_count;
const char *planted = "none";
const char *failure_line = "#";

enum { CAP = 1U << 12 };

void report(const envelope *e, const char *how, size_t at, const char *what, taskseal_err err)
{
    puts(failure_line);
    printf("# suite %d, key type %d, %zu stanzas, payload of %zu bytes, %s at %zu: %s (%s)\n", e->of->suite,
           e->of->key_type, e->of->stanzas, e->payload_len, how, at, what, taskseal_err_name(err));
    fflush(stdout);
    _Exit(EXIT_FAILURE);
}

static bool is_planted(const char *fault)
{
    return strcmp(planted, fault) == 0;
}

static bool all_are(const uint8_t *data, size_t len, uint8_t value)
{
    return len == 0 || (data[0] == value && memcmp(data, data + 1, len - 1) == 0);
}

/* What decryption wrote is 0, what it did not reach is as it was. */
static bool nothing_released(const uint8_t *out, size_t len, taskseal_err err)
{
    size_t wiped = 0;
    while (wiped < len && out[wiped] == 0)
        wiped++;
    return all_are(out + wiped, len - wiped, CANARY) && (wiped == 0 || err == TASKSEAL_ERR_DAMAGED);
}

static taskseal_err open_to_buffer(const envelope *e, const uint8_t *damaged, size_t len, uint8_t *out,
                                   size_t *out_len)
{
    taskseal_err err = taskseal_open(&e->of->open, damaged, len, out, len, out_len, NULL);
    if (is_planted("accepted"))
        err = TASKSEAL_OK;
    if (is_planted("released") && e->payload_len > 0)
        out[0] = e->payload[0];
    if (is_planted("error") && err == TASKSEAL_ERR_AUTHENTICATION_FAILED)
        err = TASKSEAL_ERR_CONTEXT_MISMATCH;
    return err;
}

static void watch_in_place(const envelope *e, const uint8_t *damaged, size_t len, taskseal_err err,
                           const char *how, size_t at)
{
    static uint8_t buffer[CAP];
    static const uint8_t zeros[CAP];
    void *payload = buffer;
    size_t payload_len = 1;
    memcpy(buffer, damaged, len);
    const taskseal_err other =
        taskseal_open_in_place(&e->of->open, buffer, len, &payload, &payload_len, NULL);
    if (is_planted("kept") && other == TASKSEAL_ERR_DAMAGED)
        buffer[len - 1] = 1;
    if (other != err)
        report(e, how, at, "judged otherwise in place", other);
    if (payload != NULL || payload_len != 0)
        report(e, how, at, "gives a payload out in place", other);
    const size_t kept = err == TASKSEAL_ERR_DAMAGED ? e->header_len : len;
    if (memcmp(buffer, damaged, kept) != 0 || memcmp(buffer + kept, zeros, len - kept) != 0)
        report(e, how, at, "the buffer is neither as before nor wiped", other);
}

void refused(const envelope *e, const uint8_t *damaged, size_t len, verdict expected, const char *how,
             size_t at)
{
    static uint8_t out[CAP];
    size_t out_len = 1;
    if (len > CAP) {
        fprintf(stderr, "an envelope of %zu bytes is too long for this test\n", len);
        exit(2);
    }
    memset(out, CANARY, len);
    const taskseal_err err = open_to_buffer(e, damaged, len, out, &out_len);
    if (err == TASKSEAL_OK)
        report(e, how, at, "is opened", err);
    if (!verdict_holds(expected, err))
        report(e, how, at, "is refused with another error than the rules say", err);
    if (out_len != 0 || !nothing_released(out, len, err))
        report(e, how, at, "gives bytes out", err);
    watch_in_place(e, damaged, len, err, how, at);
    damaged_count++;
}

/* Text that is damaged does not decode, or decodes to another envelope, which does not open. */
void refused_text(const envelope *e, const char *text, size_t len, const char *how, size_t at)
{
    static uint8_t decoded[CAP];
    static uint8_t out[CAP];
    size_t decoded_len = 1;
    size_t out_len = 1;
    taskseal_err err = taskseal_text_decode(text, len, decoded, sizeof decoded, &decoded_len);
    if (err == TASKSEAL_OK) {
        memset(out, CANARY, decoded_len);
        err = taskseal_open(&e->of->open, decoded, decoded_len, out, decoded_len, &out_len, NULL);
        if (err == TASKSEAL_OK)
            report(e, how, at, "is opened from text", err);
        if (out_len != 0 || !nothing_released(out, decoded_len, err))
            report(e, how, at, "gives bytes out from text", err);
    } else if (decoded_len != 0) {
        report(e, how, at, "gives bytes out while decoding", err);
    }
    damaged_count++;
}
