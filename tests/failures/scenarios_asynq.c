/* SPDX-License-Identifier: MIT
 * The calls that make tasks for Asynq and move them to another key. tests/asynq fails those that send them. */
#include "world.h"

#include <taskseal/asynq.h>

static void nothing(void) {}

/* ---- Making commands ---- */

/* With all that asks the system: an id that is made, a time, a seal. */
static taskseal_err make(taskseal_asynq_command *command)
{
    const taskseal_seal_options seal = {.keyring = w.ring, .lifetime = 3600};
    const taskseal_asynq_task task = {.type = taskseal_str("mail"),
                                      .payload = {w.payload, PAYLOAD_LEN},
                                      .seal = &seal,
                                      .process_in = 60,
                                      .unique_ttl = 60};
    if (command == NULL)
        return taskseal_asynq_size(&task, &w.out_len, &w.error);
    return taskseal_asynq_prepare(&task, w.out, sizeof w.out, command, &w.error);
}

static taskseal_err run_size(void)
{
    return make(NULL);
}

static taskseal_err run_prepare(void)
{
    taskseal_asynq_command command = {.argc = 1};
    const taskseal_err err = make(&command);
    w.out_len = command.argc;
    if (err != TASKSEAL_OK)
        return err;
    taskseal_asynq_with_script(&command);
    const bool fine = taskseal_asynq_command_id(&command).len == TASKSEAL_ASYNQ_ID_SIZE - 1 &&
                      taskseal_asynq_answer(1) == TASKSEAL_ASYNQ_QUEUED;
    return fine ? TASKSEAL_OK : TASKSEAL_ERR_BAD_ARGUMENT;
}

/* ---- Re-keying ---- */

typedef struct found {
    size_t count;
    taskseal_err err;
} found;

static void note(taskseal_bytes sealed, taskseal_err err, void *data)
{
    found *f = data;
    (void)sealed;
    f->count++;
    f->err = f->err == TASKSEAL_OK ? err : f->err;
}

/* A message of a payload: its field, its length, the envelope. */
static taskseal_bytes message(void)
{
    static uint8_t bytes[OUT_MAX];
    size_t at = 0, rest = w.sealed_len;
    for (bytes[at++] = 0x12; rest > 0x7F; rest >>= 7)
        bytes[at++] = (uint8_t)(rest | 0x80);
    bytes[at++] = (uint8_t)rest;
    memcpy(bytes + at, w.sealed, w.sealed_len);
    return (taskseal_bytes){bytes, at + w.sealed_len};
}

/* An envelope that can't be moved is told, and stays as it was. */
static taskseal_err run_rewrap(void)
{
    const taskseal_rewrap_options options = {.keyring = w.ring, .to_key_id = "n"};
    const taskseal_bytes old = message();
    found moved = {0, TASKSEAL_OK};
    size_t len = 0;
    taskseal_err err = taskseal_asynq_rewrap(&options, old.data, old.len, w.out, sizeof w.out, &len, note, &moved);
    if (err != TASKSEAL_OK || moved.count != 1)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    const bool same = len == old.len && memcmp(w.out, old.data, len) == 0;
    return same == (moved.err != TASKSEAL_OK) ? moved.err : TASKSEAL_ERR_BAD_ARGUMENT;
}

static taskseal_err run_looks(void)
{
    const taskseal_bytes whole = message();
    taskseal_bytes payload;
    found all = {0, TASKSEAL_OK};
    taskseal_err err = taskseal_asynq_payload(whole.data, whole.len, &payload);
    if (err == TASKSEAL_OK)
        err = taskseal_asynq_envelopes(whole.data, whole.len, note, &all);
    if (err == TASKSEAL_OK && (payload.len != w.sealed_len || all.count != 1 || all.err != TASKSEAL_OK ||
                               taskseal_asynq_rewrap_size(whole.data, whole.len) <= whole.len))
        err = TASKSEAL_ERR_BAD_ARGUMENT;
    return err;
}

const scenario asynq_scenarios[] = {
    {"taskseal_asynq_size", "", nothing, run_size, GIVES_LENGTH | TELLS},
    {"taskseal_asynq_prepare taskseal_asynq_with_script taskseal_asynq_command_id taskseal_asynq_answer", "", nothing,
     run_prepare, GIVES_LENGTH | TELLS},
    {"taskseal_asynq_rewrap", "", nothing, run_rewrap, 0},
    {"taskseal_asynq_payload taskseal_asynq_envelopes taskseal_asynq_rewrap_size", "", nothing, run_looks, 0},
};

const size_t asynq_scenario_count = sizeof asynq_scenarios / sizeof asynq_scenarios[0];
