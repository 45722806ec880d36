/* SPDX-License-Identifier: MIT
 * Exhaustive damage: envelopes, what the rules say of a damaged one, and how it is opened under watch. */
#ifndef TASKSEAL_DAMAGE_H
#define TASKSEAL_DAMAGE_H

#include <taskseal/taskseal.h>

#define NOW UINT64_C(1700000000)

enum {
    SUITES = 3,
    SETTINGS = SUITES * 2 * 2, /* suites, key types, one or two stanzas */
    HEADER_CAP = 512,
    MAC_BYTES = 16,
    CANARY = 0xEE
};

/* One kind of envelope, and who opens it. */
typedef struct setting {
    taskseal_suite suite;
    taskseal_key_type key_type; /* of the opener's key "a"; the second stanza is for "b" of the other type */
    size_t stanzas;
    bool available;
    taskseal_keyring *ring;   /* seals */
    taskseal_keyring *opener; /* holds "a" alone */
    taskseal_seal_options seal;
    taskseal_open_options open;
} setting;

void setting_make(setting *s, int number);
void setting_free(setting *s);
size_t tag_bytes(taskseal_suite suite);

/* An envelope and what it holds; buffers of exactly these lengths. */
typedef struct envelope {
    const setting *of;
    uint8_t *payload;
    size_t payload_len;
    uint8_t *sealed;
    size_t sealed_len;
    size_t header_len;
} envelope;

/* Seals `payload_len` bytes and holds that the intact envelope opens, both ways. */
void envelope_make(envelope *e, const setting *s, size_t payload_len);
void envelope_free(envelope *e);

/* ---- The rules (model.c) ---- */

/* What doc/format.md says of a damaged envelope: exactly one error, or one of several where chance decides
 * (shifted bytes are taken for lengths, names and types). */
typedef struct verdict {
    taskseal_err exact; /* TASKSEAL_OK: any refusal that comes before the chunks */
} verdict;

verdict verdict_of_flip(const envelope *e, size_t bit);
verdict verdict_of_truncation(const envelope *e, size_t len);
verdict verdict_of_shift(const envelope *e, const uint8_t *damaged, size_t len);

/* The same of streams, which meet the header before they know how long all is. */
verdict stream_verdict_of_flip(const envelope *e, size_t bit);
verdict stream_verdict_of_truncation(const envelope *e, size_t len);
/* `at` is the first byte that differs. */
verdict stream_verdict_of_shift(const envelope *e, const uint8_t *damaged, size_t len, size_t at);

bool verdict_holds(verdict expected, taskseal_err err);

/* ---- Opening under watch (watch.c) ---- */

/* Opens the damaged envelope to a buffer of canaries and in place, and ends the program with a report unless
 * both refuse it as the verdict says and give nothing out. */
void refused(const envelope *e, const uint8_t *damaged, size_t len, verdict expected, const char *how,
             size_t at);
void refused_text(const envelope *e, const char *text, size_t len, const char *how, size_t at);

extern unsigned long long damaged_count;

/* Faults of ours, to see them found: none, "accepted", "released", "kept", "error". */
extern const char *planted;

/* What is printed first when something is not refused: TAP's line, where one process runs alone. */
extern const char *failure_line;

_Noreturn void report(const envelope *e, const char *how, size_t at, const char *what, taskseal_err err);

#endif
