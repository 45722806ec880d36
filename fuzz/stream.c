/* SPDX-License-Identifier: MIT
 * Input: eight bytes that choose, then an envelope, or a payload to seal. Chosen are the pieces that it comes in, whether
 * it is made authentic first, with how many whole chunks more, and what is broken in it afterwards.
 *
 * Opened in pieces, it gets the same verdict as opened at once. Whatever is given out is the payload's beginning, nothing
 * comes after a failure, and every failure stays. What is sealed in pieces opens at once to the same. */
#include "forge.h"

enum { CONTROLS = 8, EXTRA_MAX = 2 };

/* ---- Choices ---- */

typedef struct {
    const uint8_t *control;
    size_t turn;
    bool was_empty;
} cutter;

enum fault { AS_IT_IS, NO_FAULT, FLIP, CUT, EXTEND, SWAP, LENGTHEN, AGAIN };

static bool seals(const uint8_t *control)
{
    return (control[0] & 0x80) != 0;
}

static bool tries_small_buffers(const uint8_t *control)
{
    return (control[0] & 0x40) != 0;
}

static size_t extra_chunks(const uint8_t *control)
{
    return (control[0] >> 3 & 7) <= EXTRA_MAX ? (size_t)(control[0] >> 3 & 7) : 0;
}

static size_t place(const uint8_t *control, size_t count)
{
    return ((size_t)control[1] << 16 | (size_t)control[2] << 8 | control[3]) % count;
}

/* Empty pieces occur too, but not two in a row. */
static size_t next_piece(cutter *c, size_t left)
{
    uint8_t control = c->control[4 + c->turn++ % 4];
    size_t len = control < 128 ? control : (size_t)(control - 127) * 401;
    if (len == 0 && c->was_empty)
        len = left;
    c->was_empty = len == 0;
    return len < left ? len : left;
}

/* ---- Streams ---- */

/* All that a stream gave out. */
typedef struct {
    taskseal_err err;
    uint8_t *bytes;
    size_t len;
    taskseal_opened opened;
} result;

static void check_over(taskseal_stream *stream, taskseal_err err)
{
    uint8_t out[TASKSEAL_STREAM_SIZE(1)];
    taskseal_opened opened;
    size_t len = 1;
    HOLDS(taskseal_stream_update(stream, "x", 1, out, sizeof out, &len) == err && len == 0);
    len = 1;
    HOLDS(taskseal_stream_finish(stream, out, sizeof out, &len, &opened) == err && len == 0);
    len = 1;
    HOLDS(taskseal_stream_update(stream, NULL, 0, out, sizeof out, &len) == err && len == 0);
}

/* One call, of update or, with `last`, of finish. `out` has room for more than it may use. */
static taskseal_err step(taskseal_stream *stream, const uint8_t *in, size_t len, bool last, uint8_t *out,
                         bool small, result *r)
{
    const size_t cap = taskseal_stream_size(len);
    size_t got = 1;
    memset(out + cap, CANARY, CANARY_MARGIN);
    if (small) {
        out[0] = out[cap - 1] = CANARY;
        taskseal_err err = last ? taskseal_stream_finish(stream, out, cap - 1, &got, NULL)
                                : taskseal_stream_update(stream, in, len, out, cap - 1, &got);
        HOLDS(err == TASKSEAL_ERR_BUFFER_TOO_SMALL && got == 0);
        HOLDS(out[0] == CANARY && out[cap - 1] == CANARY);
    }
    taskseal_err err = last ? taskseal_stream_finish(stream, out, cap, &got, &r->opened)
                            : taskseal_stream_update(stream, in, len, out, cap, &got);
    HOLDS(got <= cap && all_are(out + cap, CANARY_MARGIN, CANARY));
    HOLDS(err == TASKSEAL_OK || (got == 0 && all_are(out, cap, 0)));
    memcpy(r->bytes + r->len, out, got);
    r->len += got;
    return err;
}

static result run(taskseal_stream *stream, const uint8_t *control, const uint8_t *in, size_t len)
{
    cutter cut = {.control = control};
    result r = {.bytes = must_allocate(taskseal_stream_size(len) + TASKSEAL_HEADER_MAX)};
    uint8_t *out = must_allocate(taskseal_stream_size(len) + CANARY_MARGIN);
    const bool small = tries_small_buffers(control);
    for (size_t at = 0; at < len && r.err == TASKSEAL_OK;) {
        size_t piece = next_piece(&cut, len - at);
        uint8_t *exact = must_allocate(piece); /* gone when the call has returned: streams must not keep it */
        memcpy(exact, in + at, piece);
        r.err = step(stream, exact, piece, false, out, small, &r);
        free(exact);
        at += piece;
    }
    if (r.err == TASKSEAL_OK)
        r.err = step(stream, NULL, 0, true, out, small, &r);
    check_over(stream, r.err != TASKSEAL_OK ? r.err : TASKSEAL_ERR_BAD_ARGUMENT);
    taskseal_stream_free(stream);
    free(out);
    return r;
}

/* ---- Opening ---- */

typedef struct {
    uint8_t *bytes;
    size_t len;
    uint8_t *payload; /* what was sealed; NULL if that is not known */
    size_t payload_len;
} message;

/* Makes the envelope authentic, with `extra` whole chunks before its own. False if it has no header for us. */
static bool forge(message *m, const uint8_t *data, size_t size, size_t extra)
{
    taskseal__header header;
    if (taskseal__header_parse(&header, data, size) != TASKSEAL_OK || our_stanza(&header) == NULL)
        return false;
    const size_t header_len = taskseal__header_len(&header);
    const size_t more = header.padded ? 0 : extra * TASKSEAL_CHUNK_BYTES;
    const size_t tag = header.suite == TASKSEAL_SUITE_AEGIS256 ? 32 : 16;
    m->payload_len = header.payload_len + more;
    m->payload = must_allocate(m->payload_len);
    memset(m->payload, 'p', more);
    memcpy(m->payload + more, header.chunks, header.payload_len);
    m->len = size + more + more / TASKSEAL_CHUNK_BYTES * tag;
    m->bytes = must_allocate(m->len);
    memset(m->bytes, 0, m->len);
    memcpy(m->bytes, data, header_len);
    HOLDS(taskseal__header_parse(&header, m->bytes, m->len) == TASKSEAL_OK);
    HOLDS(header.payload_len == m->payload_len);
    make_authentic(m->bytes, &header, m->payload);
    return true;
}

static void exchange(uint8_t *a, uint8_t *b, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t kept = a[i];
        a[i] = b[i];
        b[i] = kept;
    }
}

static void break_it(message *m, const uint8_t *control)
{
    const size_t at = place(control, m->len + 1);
    const size_t chunk = TASKSEAL_CHUNK_BYTES + 16;
    switch ((enum fault)(control[0] & 7)) {
    case FLIP:
        if (at < m->len)
            m->bytes[at] ^= (uint8_t)(control[3] | 1);
        break;
    case CUT:
        m->len = at;
        break;
    case SWAP: /* the last two whole chunks, or what stands there */
        if (m->len > 2 * chunk)
            exchange(m->bytes + m->len - 2 * chunk, m->bytes + m->len - chunk, chunk);
        break;
    case EXTEND:
    case LENGTHEN:
        m->bytes = realloc(m->bytes, m->len + at + 1);
        HOLDS(m->bytes != NULL);
        memset(m->bytes + m->len, 'e', at);
        m->len += at;
        break;
    case AS_IT_IS:
    case NO_FAULT:
    case AGAIN:
        break;
    }
}

/* What the header alone leads to: the verdict on an envelope of it and an empty chunk whose tag is wrong. So OK is
 * never, and DAMAGED says that nothing is wrong with the header. */
static taskseal_err verdict_on_header(const taskseal_open_options *options, const taskseal__header *header)
{
    uint8_t bytes[TASKSEAL_HEADER_MAX + 32] = {0};
    uint8_t out[1];
    size_t out_len;
    const size_t len = taskseal__header_len(header);
    const size_t tag = header->suite == TASKSEAL_SUITE_AEGIS256 ? 32 : 16;
    memcpy(bytes, header->preamble, len);
    return taskseal_open(options, bytes, len + tag, out, sizeof out, &out_len, NULL);
}

/* The same verdict as at once, but: a stream knows its length at the end only, and takes nothing that is padded. */
static void check_verdict(taskseal_err err, taskseal_err at_once, const taskseal_open_options *options,
                          const message *m)
{
    taskseal__header header;
    if (taskseal__header_parse_head(&header, m->bytes, m->len) != TASKSEAL_OK) {
        HOLDS(err == at_once);
        return;
    }
    if (header.padded) {
        HOLDS(err == TASKSEAL_ERR_BAD_ARGUMENT);
        return;
    }
    taskseal_err of_header = verdict_on_header(options, &header);
    if (of_header != TASKSEAL_ERR_DAMAGED)
        HOLDS(err == of_header);
    else if (at_once == TASKSEAL_ERR_MALFORMED)
        HOLDS(err == TASKSEAL_ERR_MALFORMED || err == TASKSEAL_ERR_DAMAGED);
    else
        HOLDS(err == at_once);
}

static void check_opened(const result *r, const uint8_t *payload, size_t len, const taskseal_opened *opened)
{
    HOLDS(r->len == len && memcmp(r->bytes, payload, len) == 0);
    HOLDS(memcmp(r->opened.message_id, opened->message_id, sizeof opened->message_id) == 0);
    HOLDS(r->opened.suite == opened->suite && r->opened.sealed_at == opened->sealed_at);
    HOLDS(r->opened.expires_at == opened->expires_at && r->opened.replay_until == opened->replay_until);
}

static void check_opening(const uint8_t *control, const uint8_t *data, size_t size)
{
    const taskseal_open_options options = forge_opener();
    taskseal_stream *stream;
    taskseal_opened opened;
    size_t len;
    message m = {.bytes = NULL};
    if ((control[0] & 7) == AS_IT_IS || !forge(&m, data, size, extra_chunks(control))) {
        m.bytes = must_allocate(size);
        memcpy(m.bytes, size > 0 ? data : m.bytes, size);
        m.len = size;
    } else {
        reached_depth();
        break_it(&m, control);
    }
    uint8_t *payload = must_allocate(m.len);
    taskseal_err at_once = taskseal_open(&options, m.bytes, m.len, payload, m.len, &len, &opened);
    HOLDS(taskseal_stream_open(&stream, &options) == TASKSEAL_OK);
    result r = run(stream, control, m.bytes, m.len);
    check_verdict(r.err, at_once, &options, &m);
    if (r.err == TASKSEAL_OK)
        check_opened(&r, payload, len, &opened);
    else
        HOLDS(r.err == TASKSEAL_ERR_DAMAGED || r.err == TASKSEAL_ERR_MALFORMED || r.len == 0);
    if (m.payload != NULL)
        HOLDS(r.len <= m.payload_len && memcmp(r.bytes, m.payload, r.len) == 0);
    free(r.bytes);
    free(payload);
    free(m.payload);
    free(m.bytes);
}

/* ---- Sealing ---- */

static taskseal_seal_options sealer(const uint8_t *control)
{
    const taskseal_open_options opener = forge_opener();
    const taskseal_suite suite = (taskseal_suite)(1 + control[1] % 3);
    return (taskseal_seal_options){.keyring = opener.keyring,
                                   .context = opener.context,
                                   .suite = taskseal_suite_available(suite) ? suite : 0,
                                   .flags = (control[0] & 1) != 0 ? TASKSEAL_SEAL_ALLOW_SEALED : 0,
                                   .expires_at = (control[0] & 2) != 0 ? FORGE_NOW + 600 : 0,
                                   .now = FORGE_NOW};
}

static void check_sealing(const uint8_t *control, const uint8_t *data, size_t size)
{
    const taskseal_seal_options options = sealer(control);
    const taskseal_open_options opener = forge_opener();
    const size_t more = extra_chunks(control) * TASKSEAL_CHUNK_BYTES;
    taskseal_stream *stream;
    taskseal_opened opened;
    size_t len;
    size_t sealed_len;
    uint8_t *payload = must_allocate(size + more);
    memset(payload, 'p', size + more);
    memcpy(payload, size > 0 ? data : payload, size);
    HOLDS(taskseal_seal_size(&options, size + more, &sealed_len, NULL) == TASKSEAL_OK);
    HOLDS(taskseal_stream_seal(&stream, &options) == TASKSEAL_OK);
    result r = run(stream, control, payload, size + more);
    if ((control[0] & 1) == 0 && taskseal__begins_sealed(payload, size + more)) {
        HOLDS(r.err == TASKSEAL_ERR_LOOKS_SEALED && r.len == 0);
    } else {
        reached_depth();
        uint8_t *again = must_allocate(size + more);
        HOLDS(r.err == TASKSEAL_OK && r.len == sealed_len);
        HOLDS(taskseal_open(&opener, r.bytes, r.len, again, size + more, &len, &opened) == TASKSEAL_OK);
        HOLDS(strcmp(r.opened.key_id, opened.key_id) == 0); /* the keyring holds it */
        result was_sealed = {.bytes = again, .len = len, .opened = r.opened};
        check_opened(&was_sealed, payload, size + more, &opened);
        free(again);
    }
    free(r.bytes);
    free(payload);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < CONTROLS)
        return 0;
    if (seals(data))
        check_sealing(data, data + CONTROLS, size - CONTROLS);
    else
        check_opening(data, data + CONTROLS, size - CONTROLS);
    return 0;
}
