/* SPDX-License-Identifier: MIT
 * What the calls work on, and the calls. */
#ifndef TASKSEAL_FAILURES_WORLD_H
#define TASKSEAL_FAILURES_WORLD_H

#include "faults.h"

#include <stdint.h>

enum { OUT_MAX = 1 << 18, PAYLOAD_LEN = 40000, BATCH = 40, CANARY = 0xEE };

/* What is looked at when a call has failed. */
enum {
    GIVES_POINTER = 1, /* world.pointer is NULL */
    GIVES_LENGTH = 2,  /* world.out_len is 0 */
    GIVES_BYTES = 4,   /* world.out holds canaries, or was wiped */
    IN_PLACE = 8,      /* world.out is as it was */
    TELLS = 16,        /* world.error has the code and a message */
    CREATES = 32,      /* there is no key file */
    CHANGES = 64,      /* the key file is as it was */
    ONCE_ONLY = 128    /* trying again needs new preparation */
};

typedef struct scenario {
    const char *calls; /* the public functions that it runs */
    const char *what;
    void (*prepare)(void);
    taskseal_err (*run)(void);
    unsigned traits;
} scenario;

extern const scenario asynq_scenarios[];
extern const size_t asynq_scenario_count;
extern const scenario envelope_scenarios[];
extern const size_t envelope_scenario_count;
extern const scenario key_scenarios[];
extern const size_t key_scenario_count;

typedef struct world {
    taskseal_keyring *ring; /* seals with "k", rewraps to "n", makes tags with "d" */
    taskseal_keyring *narrow;
    uint8_t payload[PAYLOAD_LEN];
    uint8_t sealed[OUT_MAX];
    size_t sealed_len;
    taskseal_bytes passphrase; /* of the key file */
    bool keeps_no_old;         /* the change leaves no old file beside the new one */

    /* Outputs; those that point are freed after each run. */
    void *pointer;
    taskseal_keyring *made;
    taskseal_slot *slot;
    taskseal_stream *stream;
    int fd;
    uint8_t out[OUT_MAX];
    size_t out_len;
    taskseal_error error;
} world;

extern world w;

/* Fills w; ends the program if it can't. */
void world_begin(void);
void world_end(void);

/* Sets the outputs to what none of them may keep. */
void world_poison(void);

/* Frees what a run has made. */
void world_release(void);

/* Ends the program with status 2 if `err` is not TASKSEAL_OK. */
void need(taskseal_err err, const char *what);

/* ---- Files ---- */

void folder_make(void);
void folder_remove(void);
void folder_clear(void);

/* The path of a file in the folder; holds until the next call but one. */
const char *path_of(const char *name);

void file_write(const char *name, const void *data, size_t len);

/* What is wrong with the folder after a call that said `err`; NULL if nothing. */
const char *folder_fault(const scenario *s, const fault *f, taskseal_err err);

/* The text of the key file that is changed. */
extern const char keyfile_text[];

#endif
