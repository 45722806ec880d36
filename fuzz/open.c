/* SPDX-License-Identifier: MIT
 * Input: any bytes, opened with a fixed keyring (that of the seeds). No payload byte leaves unless all verifies; what
 * opens can be sealed and rewrapped, and opens to the same again. Most inputs end at the header's MAC, as they should;
 * the seeds carry the fuzzer behind it. */
#include "fuzz.h"

typedef struct {
    taskseal_err err;
    uint8_t *payload; /* canaries; `cap` is what the envelope says that it needs */
    size_t cap;
    size_t len;
    taskseal_opened opened;
} result;

static taskseal_keyring *make_keyring(const char *k01_limits, const char *k02_limits)
{
    taskseal_keyring *ring;
    const char *aegis = taskseal_key_type_available(TASKSEAL_KEY_AEGIS256) ? "aegis256" : "xchacha20poly1305";
    char text[512];
    int len = snprintf(text, sizeof text,
                       "taskseal-keyring 1\n"
                       "key mail-k01 xchacha20poly1305 active "
                       "tskek1_ouzlX3qtOtzg9FsNt5C7SJxUuOvhO7NUBqxPzbbGduw%s\n"
                       "key mail-k02 %s active tskek1__aBRtphvj9iAOJ7fbztT1hXAd6jmL6pwbnq2SqWMaYU%s\n"
                       "key mail-k03 xchacha20poly1305 retired -\n"
                       "key mail-k04 xchacha20poly1305 compromised -\n",
                       k01_limits, aegis, k02_limits);
    HOLDS(taskseal_keyring_parse(&ring, text, (size_t)len, NULL) == TASKSEAL_OK);
    return ring;
}

static const taskseal_keyring *keyring(void)
{
    static taskseal_keyring *ring;
    if (ring == NULL)
        ring = make_keyring("", "");
    return ring;
}

/* The same keys, one for other queues, the other for a time that is over. */
static const taskseal_keyring *narrow_keyring(void)
{
    static taskseal_keyring *ring;
    if (ring == NULL)
        ring = make_keyring(" queues=sms,push", " not-after=2026-12-31T23:59:59Z");
    return ring;
}

static taskseal_open_options opener(unsigned insist)
{
    return (taskseal_open_options){.keyring = keyring(),
                                   .context = {.queue = taskseal_str("mail"),
                                               .type = taskseal_str("password-reset"),
                                               .id = taskseal_str("task-0001")},
                                   .insist = insist,
                                   .now = 1800000060};
}

static result open_it(const taskseal_open_options *options, const uint8_t *data, size_t size)
{
    result r = {.len = 1};
    taskseal_err parsed = taskseal_open_size(data, size, &r.cap);
    r.payload = canary_new(r.cap);
    r.err = taskseal_open(options, data, size, r.payload, r.cap, &r.len, &r.opened);
    canary_check(r.payload, r.cap, r.len);
    HOLDS(parsed == TASKSEAL_OK || r.err == parsed);
    HOLDS(r.err == TASKSEAL_OK || r.len == 0);
    if (r.err != TASKSEAL_OK && r.err != TASKSEAL_ERR_DAMAGED)
        HOLDS(all_are(r.payload, r.cap, CANARY));
    return r;
}

static void check_small_buffer(const taskseal_open_options *options, const uint8_t *data, size_t size,
                               size_t cap)
{
    size_t len = 1;
    uint8_t *out = canary_new(cap);
    HOLDS(taskseal_open(options, data, size, out, cap, &len, NULL) == TASKSEAL_ERR_BUFFER_TOO_SMALL &&
          len == 0);
    HOLDS(all_are(out, cap, CANARY));
    canary_free(out);
}

/* In place: the same answer; what fails before decryption changes nothing, and what fails in it is wiped. */
static void check_in_place(const taskseal_open_options *options, const uint8_t *data, size_t size,
                           const result *r)
{
    taskseal_info info;
    void *payload = &info;
    size_t len = 1;
    uint8_t *buffer = must_allocate(size);
    memcpy(buffer, size > 0 ? data : buffer, size);
    taskseal_err err = taskseal_open_in_place(options, buffer, size, &payload, &len, NULL);
    HOLDS(err == r->err && len == r->len);
    HOLDS(err == TASKSEAL_OK ? memcmp(payload, r->payload, len) == 0 : payload == NULL);
    if (err == TASKSEAL_ERR_DAMAGED) {
        HOLDS(taskseal_inspect(data, size, &info) == TASKSEAL_OK);
        HOLDS(memcmp(buffer, data, info.header_len) == 0);
        HOLDS(all_are(buffer + info.header_len, size - info.header_len, 0));
    } else if (err != TASKSEAL_OK) {
        HOLDS(memcmp(buffer, data, size) == 0);
    }
    free(buffer);
}

/* `sealed` was made from the envelope that opened as `r`. */
static void check_twin(const taskseal_open_options *options, const uint8_t *sealed, size_t len,
                       const result *r, bool same_id)
{
    result twin = open_it(options, sealed, len);
    HOLDS(twin.err == TASKSEAL_OK && twin.len == r->len && twin.cap == r->cap);
    HOLDS(memcmp(twin.payload, r->payload, r->len) == 0);
    HOLDS((memcmp(twin.opened.message_id, r->opened.message_id, sizeof r->opened.message_id) == 0) ==
          same_id);
    HOLDS(twin.opened.sealed_at == r->opened.sealed_at && twin.opened.expires_at == r->opened.expires_at);
    canary_free(twin.payload);
}

static void check_seal(const taskseal_open_options *options, const uint8_t *data, size_t size,
                       const result *r)
{
    taskseal_info info;
    HOLDS(taskseal_inspect(data, size, &info) == TASKSEAL_OK);
    const taskseal_context *c = &options->context;
    const taskseal_context bound = {
        .queue = (info.bound & TASKSEAL_BOUND_QUEUE) != 0 ? c->queue : taskseal_str(NULL),
        .type = (info.bound & TASKSEAL_BOUND_TYPE) != 0 ? c->type : taskseal_str(NULL),
        .id = (info.bound & TASKSEAL_BOUND_ID) != 0 ? c->id : taskseal_str(NULL)};
    const taskseal_seal_options seal = {.keyring = options->keyring,
                                        .key_ids = &r->opened.key_id,
                                        .key_count = 1,
                                        .context = bound,
                                        .suite = r->opened.suite,
                                        .flags = TASKSEAL_SEAL_ALLOW_SEALED |
                                                 (info.padded ? TASKSEAL_SEAL_PADDED : 0U),
                                        .expires_at = r->opened.expires_at,
                                        .now = r->opened.sealed_at};
    size_t len;
    HOLDS(taskseal_seal_size(&seal, r->len, &len, NULL) == TASKSEAL_OK);
    uint8_t *sealed = must_allocate(len);
    HOLDS(taskseal_seal(&seal, r->payload, r->len, sealed, len, &len) == TASKSEAL_OK);
    check_twin(options, sealed, len, r, false);
    free(sealed);
}

/* From whichever key to whichever, in the keyring given. OK, if that is what must come, or any clean failure. */
static void check_rewrap(const taskseal_rewrap_options *rewrap, const taskseal_open_options *options,
                         const uint8_t *data, size_t size, const result *r)
{
    size_t len;
    size_t cap = taskseal_rewrap_size(size);
    uint8_t *out = canary_new(cap);
    taskseal_err err = taskseal_rewrap(rewrap, data, size, out, cap, &len);
    canary_check(out, cap, len);
    HOLDS(err == TASKSEAL_OK || len == 0);
    if (rewrap->keyring == options->keyring) /* a header of 4096 bytes cannot grow */
        HOLDS(err == TASKSEAL_OK || err == TASKSEAL_ERR_BUFFER_TOO_SMALL);
    if (err == TASKSEAL_OK)
        check_twin(options, out, len, r, true);
    canary_free(out);
}

static void check_rewraps(const taskseal_open_options *options, const uint8_t *data, size_t size,
                          const result *r)
{
    const taskseal_rewrap_options all[] = {
        {options->keyring, r->opened.key_id, "mail-k02", options->now},
        {options->keyring, NULL, NULL, options->now},
        {options->keyring, NULL, "mail-k01", options->now},
        {narrow_keyring(), NULL, NULL, options->now},
        {narrow_keyring(), NULL, "mail-k02", options->now},
        {narrow_keyring(), r->opened.key_id, "mail-k01", options->now},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        check_rewrap(&all[i], options, data, size, r);
}

/* Fails as opening does, or makes an envelope of its own of the same payload. */
static void check_reseal(const taskseal_open_options *options, const uint8_t *data, size_t size,
                         const result *r)
{
    const taskseal_reseal_options reseal = {.open = *options};
    taskseal_opened opened;
    size_t len = 1;
    size_t cap;
    taskseal_err parsed = taskseal_reseal_size(&reseal, data, size, &cap);
    HOLDS(parsed == TASKSEAL_OK || (parsed == r->err && cap == 0));
    uint8_t *out = canary_new(cap);
    HOLDS(taskseal_reseal(&reseal, data, size, out, cap, &len, &opened) == r->err);
    HOLDS((r->err == TASKSEAL_OK) == (len != 0) && len <= cap);
    if (r->err == TASKSEAL_OK)
        check_twin(options, out, len, r, false);
    for (size_t i = 0; i < cap && r->err != TASKSEAL_OK; i++)
        HOLDS(out[i] == CANARY || out[i] == 0); /* never touched, or wiped */
    canary_check(out, cap, cap);
    canary_free(out);
}

/* Who asks for more gets the same answer, or one that says what is missing. */
static void check_narrow(const taskseal_open_options *lenient, const uint8_t *data, size_t size,
                         const result *r)
{
    taskseal_open_options options = *lenient;
    options.keyring = narrow_keyring();
    if (size % 2 == 0)
        options.context.queue = taskseal_str(NULL);
    else
        options.insist = TASKSEAL_BOUND_QUEUE;
    result n = open_it(&options, data, size);
    HOLDS(n.err == r->err || n.err == TASKSEAL_ERR_KEY_WRONG_QUEUE ||
          n.err == TASKSEAL_ERR_KEY_OUTSIDE_WINDOW || n.err == TASKSEAL_ERR_KEY_RETIRED ||
          n.err == TASKSEAL_ERR_AUTHENTICATION_FAILED || n.err == TASKSEAL_ERR_CONTEXT_REQUIRED ||
          n.err == TASKSEAL_ERR_CONTEXT_MISMATCH);
    canary_free(n.payload);

    options = *lenient;
    options.allowed_suites = 1U << TASKSEAL_SUITE_AES256GCM;
    options.max_age = size % 2 == 0 ? 30 : 600;
    n = open_it(&options, data, size);
    HOLDS(n.err == r->err || n.err == TASKSEAL_ERR_SUITE_DENIED || n.err == TASKSEAL_ERR_EXPIRED);
    if (n.err == TASKSEAL_OK)
        HOLDS(n.opened.suite == TASKSEAL_SUITE_AES256GCM &&
              n.opened.sealed_at >= options.now - options.max_age &&
              n.opened.replay_until <= n.opened.sealed_at + options.max_age + TASKSEAL_CLOCK_LEEWAY + 1);
    canary_free(n.payload);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const taskseal_open_options strict = opener(0);
    const taskseal_open_options lenient = opener(TASKSEAL_INSIST_NONE);
    result r = open_it(&lenient, data, size);
    result s = open_it(&strict, data, size);
    HOLDS(s.err == r.err || s.err == TASKSEAL_ERR_CONTEXT_MISMATCH); /* it only insists on more */
    check_in_place(&lenient, data, size, &r);
    if (r.err == TASKSEAL_OK || r.err >= TASKSEAL_ERR_AUTHENTICATION_FAILED)
        reached_depth(); /* a key was found */
    check_reseal(&lenient, data, size, &r);
    check_narrow(&lenient, data, size, &r);
    if (r.cap > 0)
        check_small_buffer(&lenient, data, size, r.cap - 1);
    if (r.err == TASKSEAL_OK) {
        check_seal(&lenient, data, size, &r);
        check_rewraps(&lenient, data, size, &r);
    }
    canary_free(r.payload);
    canary_free(s.payload);
    return 0;
}
