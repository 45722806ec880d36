/* SPDX-License-Identifier: MIT
 * The calls that work on envelopes, with the system's clock. */
#include "world.h"

static taskseal_context context(void)
{
    return (taskseal_context){.queue = taskseal_str("mail")};
}

static taskseal_seal_options sealing(void)
{
    return (taskseal_seal_options){.keyring = w.ring, .context = context(), .lifetime = 3600};
}

static taskseal_open_options opening(void)
{
    return (taskseal_open_options){.keyring = w.ring, .context = context()};
}

static void nothing(void) {}

/* ---- Sealing ---- */

static taskseal_err run_seal_size(void)
{
    const taskseal_seal_options options = sealing();
    size_t offset = 1;
    const taskseal_err err = taskseal_seal_size(&options, PAYLOAD_LEN, &w.out_len, &offset);
    w.out_len += err != TASKSEAL_OK ? offset : 0;
    return err;
}

static taskseal_err run_seal(void)
{
    const taskseal_seal_options options = sealing();
    return taskseal_seal(&options, w.payload, PAYLOAD_LEN, w.out, sizeof w.out, &w.out_len);
}

static taskseal_err run_seal_in_place(void)
{
    const taskseal_seal_options options = sealing();
    return taskseal_seal_in_place(&options, w.out, sizeof w.out, 1000, &w.out_len);
}

static taskseal_err run_seal_batch(void)
{
    taskseal_seal_item items[BATCH];
    taskseal_seal_options options = sealing();
    size_t failed;
    options.context = (taskseal_context){{0}, {0}, {0}, {0}};
    for (size_t i = 0; i < BATCH; i++)
        items[i] = (taskseal_seal_item){.context = context(),
                                        .payload = w.payload,
                                        .payload_len = 100,
                                        .out = w.out + i * 1000,
                                        .out_cap = 1000,
                                        .out_len = 1};
    const taskseal_err err = taskseal_seal_batch(&options, items, BATCH, &failed);
    w.out_len = 0;
    for (size_t i = 0; i < BATCH; i++)
        w.out_len += items[i].out_len;
    return err;
}

/* A stream that can't begin is none. */
static taskseal_err no_stream(taskseal_err err)
{
    w.out_len = 0;
    return w.pointer == NULL ? err : TASKSEAL_ERR_BAD_ARGUMENT;
}

static taskseal_err run_stream_seal(void)
{
    const taskseal_seal_options options = sealing();
    size_t len;
    taskseal_err err = taskseal_stream_seal((taskseal_stream **)&w.pointer, &options);
    if (err != TASKSEAL_OK)
        return no_stream(err);
    w.stream = w.pointer;
    err = taskseal_stream_update(w.stream, w.payload, PAYLOAD_LEN, w.out, sizeof w.out, &w.out_len);
    if (err == TASKSEAL_OK)
        err = taskseal_stream_finish(w.stream, w.out + w.out_len, sizeof w.out - w.out_len, &len, NULL);
    return err;
}

/* ---- Opening ---- */

static taskseal_err run_open(void)
{
    const taskseal_open_options options = opening();
    return taskseal_open(&options, w.sealed, w.sealed_len, w.out, sizeof w.out, &w.out_len, NULL);
}

static void copy_sealed(void)
{
    memcpy(w.out, w.sealed, w.sealed_len);
}

static taskseal_err run_open_in_place(void)
{
    const taskseal_open_options options = opening();
    return taskseal_open_in_place(&options, w.out, w.sealed_len, &w.pointer, &w.out_len, NULL);
}

static taskseal_err run_stream_open(void)
{
    const taskseal_open_options options = opening();
    size_t len;
    taskseal_err err = taskseal_stream_open((taskseal_stream **)&w.pointer, &options);
    if (err != TASKSEAL_OK)
        return no_stream(err);
    w.stream = w.pointer;
    err = taskseal_stream_update(w.stream, w.sealed, w.sealed_len, w.out, sizeof w.out, &w.out_len);
    if (err == TASKSEAL_OK)
        err = taskseal_stream_finish(w.stream, w.out + w.out_len, sizeof w.out - w.out_len, &len, NULL);
    return err;
}

/* ---- Rewrap, reseal, dedupe tags ---- */

static taskseal_err run_rewrap(void)
{
    const taskseal_rewrap_options options = {.keyring = w.ring, .to_key_id = "n"};
    return taskseal_rewrap(&options, w.sealed, w.sealed_len, w.out, sizeof w.out, &w.out_len);
}

static taskseal_err run_reseal(void)
{
    const taskseal_reseal_options options = {.open = opening()};
    return taskseal_reseal(&options, w.sealed, w.sealed_len, w.out, sizeof w.out, &w.out_len, NULL);
}

static taskseal_err run_dedupe_tag(void)
{
    const taskseal_dedupe_options options = {.keyring = w.ring, .queue = taskseal_str("mail")};
    return taskseal_dedupe_tag(&options, w.payload, PAYLOAD_LEN, w.out);
}

/* ---- What asks nothing of the system ---- */

static taskseal_err run_looks(void)
{
    taskseal_info info;
    size_t cap;
    size_t text_len;
    uint8_t id[TASKSEAL_MESSAGE_ID_BYTES];
    const taskseal_reseal_options reseal = {.open = opening()};
    taskseal_err err = taskseal_inspect(w.sealed, w.sealed_len, &info);
    if (err == TASKSEAL_OK)
        err = taskseal_message_id(w.sealed, w.sealed_len, id);
    if (err == TASKSEAL_OK)
        err = taskseal_open_size(w.sealed, w.sealed_len, &cap);
    if (err == TASKSEAL_OK)
        err = taskseal_reseal_size(&reseal, w.sealed, w.sealed_len, &cap);
    if (err == TASKSEAL_OK)
        err = taskseal_text_encode(w.sealed, w.sealed_len, (char *)w.out, sizeof w.out / 2, &text_len);
    if (err == TASKSEAL_OK)
        err = taskseal_text_decode((char *)w.out, text_len, w.out + sizeof w.out / 2, sizeof w.out / 2, &cap);
    if (err == TASKSEAL_OK && (taskseal_is_sealed(w.out, text_len) != TASKSEAL_SEALED ||
                               taskseal_text_size(w.sealed_len) != text_len || taskseal_rewrap_size(1) <= 1 ||
                               taskseal_stream_size(1) <= 1))
        err = TASKSEAL_ERR_BAD_ARGUMENT;
    return err;
}

static taskseal_err run_says(void)
{
    taskseal_key key;
    const bool fine =
        taskseal_version()[0] != '\0' && taskseal_err_name(TASKSEAL_ERR_IO)[0] != '\0' &&
        taskseal_err_text(TASKSEAL_ERR_IO)[0] != '\0' && !taskseal_err_permanent(TASKSEAL_ERR_IO) &&
        taskseal_size(TASKSEAL_SIZE_KEY_BYTES) == TASKSEAL_KEY_BYTES &&
        taskseal_suite_available(TASKSEAL_SUITE_CHACHA20POLY1305) &&
        taskseal_key_type_available(TASKSEAL_KEY_DEDUPE) && taskseal_keyring_key(w.ring, 0, &key);
    return fine ? TASKSEAL_OK : TASKSEAL_ERR_BAD_ARGUMENT;
}

const scenario envelope_scenarios[] = {
    {"taskseal_seal_size", "", nothing, run_seal_size, GIVES_LENGTH},
    {"taskseal_seal", "", nothing, run_seal, GIVES_LENGTH | GIVES_BYTES},
    {"taskseal_seal_in_place", "", nothing, run_seal_in_place, GIVES_LENGTH | IN_PLACE | ONCE_ONLY},
    {"taskseal_seal_batch", "", nothing, run_seal_batch, GIVES_LENGTH},
    {"taskseal_stream_seal taskseal_stream_update taskseal_stream_finish taskseal_stream_free", "", nothing,
     run_stream_seal, GIVES_LENGTH | GIVES_BYTES | ONCE_ONLY},
    {"taskseal_open", "", nothing, run_open, GIVES_LENGTH | GIVES_BYTES},
    {"taskseal_open_in_place", "", copy_sealed, run_open_in_place,
     GIVES_POINTER | GIVES_LENGTH | IN_PLACE | ONCE_ONLY},
    {"taskseal_stream_open", "", nothing, run_stream_open, GIVES_LENGTH | GIVES_BYTES | ONCE_ONLY},
    {"taskseal_rewrap", "", nothing, run_rewrap, GIVES_LENGTH | GIVES_BYTES},
    {"taskseal_reseal", "", nothing, run_reseal, GIVES_LENGTH | GIVES_BYTES},
    {"taskseal_dedupe_tag", "", nothing, run_dedupe_tag, GIVES_BYTES},
    {"taskseal_inspect taskseal_message_id taskseal_open_size taskseal_reseal_size taskseal_text_encode "
     "taskseal_text_decode taskseal_is_sealed taskseal_text_size taskseal_rewrap_size taskseal_stream_size",
     "", nothing, run_looks, 0},
    {"taskseal_version taskseal_err_name taskseal_err_text taskseal_err_permanent taskseal_size "
     "taskseal_suite_available taskseal_key_type_available taskseal_keyring_key",
     "", nothing, run_says, 0},
};

const size_t envelope_scenario_count = sizeof envelope_scenarios / sizeof envelope_scenarios[0];
