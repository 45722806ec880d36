/* SPDX-License-Identifier: MIT
 * Seals in every way that the public API offers and prints the results as vector records, for check.py to
 * open with the other implementation. What this build or CPU lacks is left out and said.
 *
 *     emit [--brief] */
#include <taskseal/taskseal.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TENTIMES(text) text text text text text text text text text text
/* 32 bytes of 01, 02, 03, 04 */
#define KEY_X1 "emit-x1 xchacha20poly1305 active tskek1_" TENTIMES("AQEB") "AQE"
#define KEY_X2 "emit-x2 xchacha20poly1305 active tskek1_" TENTIMES("AgIC") "AgI"
#define KEY_A1 "emit-a1 aegis256 active tskek1_" TENTIMES("AwMD") "AwM"
#define KEY_A2 "emit-a2 aegis256 active tskek1_" TENTIMES("BAQE") "BAQ"

static const uint64_t now = 1800000000;
static const char *const key_lines[] = {KEY_X1, KEY_X2, KEY_A1, KEY_A2};
static const char *const x1_only[] = {"emit-x1"};
static const char *const a1_only[] = {"emit-a1"};

static struct {
    taskseal_keyring *ring;
    size_t key_count; /* of key_lines */
    bool aegis;
    bool brief;
    size_t emitted;
} self;

/* One sealing, and what happens to its result. */
typedef struct {
    taskseal_seal_options seal;
    size_t payload_len;
    const char *rewrap_to; /* NULL: not rewrapped */
    bool reseal;
    bool as_text;
} job;

_Noreturn static void stop(const char *what, taskseal_err err)
{
    (void)fprintf(stderr, "emit: %s: %s\n", what, taskseal_err_name(err));
    exit(1);
}

static void need(const char *what, taskseal_err err)
{
    if (err != TASKSEAL_OK)
        stop(what, err);
}

static uint8_t *allocate(size_t len)
{
    uint8_t *memory = malloc(len + 1);
    if (memory == NULL)
        stop("malloc", TASKSEAL_ERR_NO_MEMORY);
    return memory;
}

/* ---- Printing ---- */

static void print_hex(const char *name, const void *data, size_t len)
{
    const uint8_t *bytes = data;
    printf("%s:%s", name, len > 0 ? " " : "");
    for (size_t i = 0; i < len; i++)
        printf("%02x", bytes[i]);
    printf("\n");
}

static void print_context(const taskseal_context *context)
{
    const char *const names[] = {"queue", "type", "id", "extra"};
    const taskseal_bytes *const fields[] = {&context->queue, &context->type, &context->id, &context->extra};
    for (unsigned i = 0; i < 4; i++)
        if (fields[i]->data != NULL)
            print_hex(names[i], fields[i]->data, fields[i]->len);
}

/* The keys that the envelope names, in the keyring's order. */
static void print_keys(const taskseal_info *info)
{
    for (size_t i = 0; i < self.key_count; i++)
        for (size_t j = 0; j < info->stanza_count; j++)
            if (strncmp(key_lines[i], info->stanzas[j].key_id, strlen("emit-x1")) == 0)
                printf("key: %s\n", key_lines[i]);
}

static void print_open_record(const job *j, const uint8_t *payload, const uint8_t *sealed, size_t sealed_len)
{
    static const char *const purposes[] = {"payload", "result", "error-text", "reference"};
    taskseal_info info;
    need("inspect", taskseal_inspect(sealed, sealed_len, &info));
    printf("name: emitted-%zu\noperation: open\n", ++self.emitted);
    print_keys(&info);
    print_context(&j->seal.context);
    printf("now: %" PRIu64 "\npurpose: %s\n", now, purposes[j->seal.purpose]);
    print_hex("sealed", sealed, sealed_len);
    printf("expect: ok\n");
    if (info.padded) /* F 15.7 */
        printf("expect_in_pieces: bad-argument\nreleased:\n");
    print_hex("payload", payload, j->payload_len);
    print_hex("message_id", info.message_id, sizeof info.message_id);
    for (size_t i = 0; i < info.stanza_count; i++)
        printf("stanza: %02x %s\n", info.stanzas[i].type, info.stanzas[i].key_id);
    printf("sealed_at: %" PRIu64 "\nexpires_at: %" PRIu64 "\n\n", info.sealed_at, info.expires_at);
}

static void print_text_record(const uint8_t *sealed, size_t sealed_len)
{
    size_t capacity = taskseal_text_size(sealed_len) + 1;
    char *text = (char *)allocate(capacity);
    size_t len;
    need("text_encode", taskseal_text_encode(sealed, sealed_len, text, capacity, &len));
    printf("name: emitted-%zu\noperation: text-decode\n", ++self.emitted);
    print_hex("sealed", text, len);
    printf("expect: ok\n");
    print_hex("payload", sealed, sealed_len);
    printf("\n");
    free(text);
}

/* ---- Sealing ---- */

static uint8_t *make_payload(size_t len)
{
    uint8_t *payload = allocate(len);
    uint32_t state = 2463534242U + (uint32_t)len; /* xorshift: any bytes do */
    for (size_t i = 0; i < len; i++) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        payload[i] = (uint8_t)state;
    }
    return payload;
}

enum { WHOLE, IN_PLACE, IN_PIECES, IN_A_BATCH, WAYS, PIECE = 1000 };

static size_t seal_in_pieces(const job *j, const uint8_t *payload, uint8_t *sealed, size_t size)
{
    taskseal_stream *stream;
    uint8_t out[TASKSEAL_STREAM_SIZE(PIECE)];
    size_t at = 0;
    size_t len;
    need("stream_seal", taskseal_stream_seal(&stream, &j->seal));
    for (size_t done = 0; done < j->payload_len; done += PIECE) {
        size_t piece = j->payload_len - done < PIECE ? j->payload_len - done : PIECE;
        need("stream_update", taskseal_stream_update(stream, payload + done, piece, out, sizeof out, &len));
        memcpy(sealed + at, out, len);
        at += len;
    }
    need("stream_finish", taskseal_stream_finish(stream, out, sizeof out, &len, NULL));
    if (at + len > size)
        stop("a stream made more than seal_size says", TASKSEAL_OK);
    memcpy(sealed + at, out, len);
    taskseal_stream_free(stream);
    return at + len;
}

static size_t seal_in_a_batch(const job *j, const uint8_t *payload, uint8_t *sealed, size_t size)
{
    taskseal_seal_options shared = j->seal;
    taskseal_seal_item item = {j->seal.context, payload, j->payload_len, sealed, size, 0};
    memset(&shared.context, 0, sizeof shared.context);
    need("seal_batch", taskseal_seal_batch(&shared, &item, 1, NULL));
    return item.out_len;
}

/* In each of the ways in turn: all must make envelopes that open. */
static uint8_t *seal(const job *j, const uint8_t *payload, size_t *len)
{
    size_t size;
    size_t offset;
    size_t way = self.emitted % WAYS;
    need("seal_size", taskseal_seal_size(&j->seal, j->payload_len, &size, &offset));
    uint8_t *sealed = allocate(size);
    if (way == IN_PIECES && (j->seal.flags & TASKSEAL_SEAL_PADDED) == 0) {
        *len = seal_in_pieces(j, payload, sealed, size);
    } else if (way == IN_A_BATCH) {
        *len = seal_in_a_batch(j, payload, sealed, size);
    } else if (way == IN_PLACE) {
        memcpy(sealed + offset, payload, j->payload_len);
        need("seal_in_place", taskseal_seal_in_place(&j->seal, sealed, size, j->payload_len, len));
    } else {
        need("seal", taskseal_seal(&j->seal, payload, j->payload_len, sealed, size, len));
    }
    if (*len != size)
        stop("seal_size disagrees with seal", TASKSEAL_OK);
    return sealed;
}

static uint8_t *reseal(const job *j, uint8_t *sealed, size_t *len)
{
    size_t capacity;
    const taskseal_reseal_options options = {
        .open = {.keyring = self.ring, .context = j->seal.context, .purpose = j->seal.purpose, .now = now},
        .key_ids = j->seal.key_ids,
        .key_count = j->seal.key_count};
    need("reseal_size", taskseal_reseal_size(&options, sealed, *len, &capacity));
    uint8_t *resealed = allocate(capacity);
    need("reseal", taskseal_reseal(&options, sealed, *len, resealed, capacity, len, NULL));
    free(sealed);
    return resealed;
}

static uint8_t *rewrap(const job *j, uint8_t *sealed, size_t *len)
{
    const taskseal_rewrap_options options = {.keyring = self.ring, .to_key_id = j->rewrap_to, .now = now};
    size_t capacity = taskseal_rewrap_size(*len);
    uint8_t *rewrapped = allocate(capacity);
    need("rewrap", taskseal_rewrap(&options, sealed, *len, rewrapped, capacity, len));
    free(sealed);
    return rewrapped;
}

/* Long envelopes make up most of the output. In brief, one of each suite is enough. */
static bool left_out(const job *j)
{
    return self.brief && j->payload_len > 1000 &&
           (j->payload_len != 16384 || j->seal.flags != 0 || j->reseal);
}

static void emit(job j)
{
    size_t len;
    if (left_out(&j))
        return;
    uint8_t *payload = make_payload(j.payload_len);
    j.seal.keyring = self.ring;
    j.seal.now = now;
    uint8_t *sealed = seal(&j, payload, &len);
    if (j.reseal)
        sealed = reseal(&j, sealed, &len);
    if (j.rewrap_to != NULL)
        sealed = rewrap(&j, sealed, &len);
    if (j.as_text)
        print_text_record(sealed, len);
    else
        print_open_record(&j, payload, sealed, len);
    free(sealed);
    free(payload);
}

/* ---- What to seal ---- */

static void emit_sizes(taskseal_suite suite)
{
    const size_t sizes[] = {0, 1, 100, 254, 255, 256, 1000};
    const size_t long_sizes[] = {16383, 16384, 16385, 32768, 40000};
    job j = {.seal = {.suite = suite}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (unsigned way = 0; way < (self.aegis ? 4 : 2); way++) {
            j.payload_len = sizes[i];
            j.seal.flags = way % 2 != 0 ? TASKSEAL_SEAL_PADDED : 0;
            j.seal.key_ids = way < 2 ? x1_only : a1_only;
            j.seal.key_count = 1;
            emit(j);
        }
    }
    for (size_t i = 0; i < sizeof long_sizes / sizeof *long_sizes; i++) {
        j.payload_len = long_sizes[i];
        j.seal.key_ids = x1_only;
        j.seal.flags = 0;
        emit(j);
        j.seal.flags = TASKSEAL_SEAL_PADDED;
        if (suite == TASKSEAL_SUITE_CHACHA20POLY1305)
            emit(j);
    }
}

static void emit_contexts(void)
{
    static const uint8_t longest[TASKSEAL_CONTEXT_MAX] = {1, 2, 3};
    for (unsigned bound = 0; bound < 16; bound++) {
        job j = {.payload_len = 20};
        taskseal_context *context = &j.seal.context;
        if ((bound & TASKSEAL_BOUND_QUEUE) != 0)
            context->queue = taskseal_str("mail");
        if ((bound & TASKSEAL_BOUND_TYPE) != 0)
            context->type = (taskseal_bytes){"\0\xff", 2};
        if ((bound & TASKSEAL_BOUND_ID) != 0)
            context->id = taskseal_str("task-0001");
        if ((bound & TASKSEAL_BOUND_EXTRA) != 0)
            context->extra = (taskseal_bytes){longest, bound == 15 ? sizeof longest : 1};
        emit(j);
    }
}

static void emit_preambles(void)
{
    for (unsigned purpose = 0; purpose < 4; purpose++)
        emit((job){.seal = {.purpose = (taskseal_purpose)purpose}, .payload_len = 20});
    emit((job){.seal = {.lifetime = 600}, .payload_len = 20});
    emit((job){.seal = {.expires_at = TASKSEAL_TIME_MAX}, .payload_len = 20});
}

static void emit_key_sets(void)
{
    static const char *const sets[][4] = {{"emit-x1", "emit-x2"},
                                          {"emit-x2", "emit-x1"},
                                          {"emit-x1", "emit-a1"},
                                          {"emit-a2", "emit-a1"},
                                          {"emit-x2", "emit-a2", "emit-x1", "emit-a1"}};
    for (size_t i = 0; i < (self.aegis ? 5 : 2); i++) {
        size_t count = i == 4 ? 4 : 2;
        job j = {.seal = {.key_ids = sets[i], .key_count = count}, .payload_len = 50};
        emit(j);
        j.rewrap_to = "emit-x2";
        emit(j);
        j.rewrap_to = self.aegis ? "emit-a2" : "emit-x1";
        emit(j);
    }
    for (unsigned suite = 1; suite <= 3; suite++)
        if (taskseal_suite_available((taskseal_suite)suite))
            emit(
                (job){.seal = {.suite = (taskseal_suite)suite, .flags = TASKSEAL_SEAL_PADDED, .lifetime = 60},
                      .payload_len = 300,
                      .rewrap_to = "emit-x2"});
}

static void emit_reseals(taskseal_suite suite)
{
    const size_t sizes[] = {0, 100, 16384, 20000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (unsigned flags = 0; flags <= TASKSEAL_SEAL_PADDED; flags++)
            emit((job){.seal = {.suite = suite,
                                .flags = flags,
                                .lifetime = 60,
                                .purpose = TASKSEAL_RESULT,
                                .context = {.queue = taskseal_str("mail")}},
                       .payload_len = sizes[i],
                       .reseal = true});
}

static void emit_texts(void)
{
    for (size_t len = 0; len < 4; len++)
        emit((job){.payload_len = len, .as_text = true});
    emit((job){.payload_len = 20000, .as_text = true});
}

static void make_keyring(void)
{
    char text[1024] = "taskseal-keyring 1\n";
    self.aegis = taskseal_key_type_available(TASKSEAL_KEY_AEGIS256);
    self.key_count = self.aegis ? 4 : 2;
    for (size_t i = 0; i < self.key_count; i++)
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "key %s\n", key_lines[i]);
    need("keyring_parse", taskseal_keyring_parse(&self.ring, text, strlen(text), NULL));
}

int main(int argc, char **argv)
{
    self.brief = argc == 2 && strcmp(argv[1], "--brief") == 0;
    make_keyring();
    printf("# AEGIS-256 %s\n\n", self.aegis ? "is there" : "is missing");
    for (unsigned suite = 1; suite <= 3; suite++)
        if (taskseal_suite_available((taskseal_suite)suite)) {
            emit_sizes((taskseal_suite)suite);
            emit_reseals((taskseal_suite)suite);
        } else {
            printf("# suite %u is missing\n\n", suite);
        }
    emit_contexts();
    emit_preambles();
    emit_key_sets();
    emit_texts();
    taskseal_keyring_free(self.ring);
    return ferror(stdout) != 0;
}
