/* SPDX-License-Identifier: MIT
 * Input: two bytes of choices, and what a server sends that nobody has verified, read in pieces: to a hello of `taskseal
 * doctor`, or to its PING without TLS. What is called a ServerHello is one, and its version and cipher are what stands there;
 * nothing behind it is read. What is told of a reply is its first line, and ends. dial.c is replaced. */
#include "fuzz.h"

#include <errno.h>

#include "../tools/doctor/probe/hello.h"
#include "../tools/doctor/probe/plaintext.h"

enum { PLAIN = 1, FAILS = 2, UNSENT = 4, SHUT = 8, CONTROL = 2 };
enum { RECORD = 5, ALERT = RECORD + 2, BEFORE_CIPHER = 4 + 2 + 32 + 1, ALERTS_MAX = 8 };

static const uint8_t *incoming;
static size_t incoming_len, incoming_at, piece, dials, sends, closes;
static unsigned choices;
static uint8_t sent[2048];
static size_t sent_len;

/* ---- In place of connections ------------------------------------------------------------------------------------- */

bool probe_dial(probe *self, const probe_target *target, unsigned port)
{
    (void)target;
    (void)port;
    dials++;
    *self = (probe){.failed = (choices & SHUT) != 0 ? ECONNREFUSED : 0};
    return (choices & SHUT) == 0;
}

bool probe_send(probe *self, const void *data, size_t len)
{
    HOLDS(len <= sizeof sent);
    memcpy(sent, data, len);
    sent_len = len;
    sends++;
    self->failed = (choices & UNSENT) != 0 ? EPIPE : 0;
    return self->failed == 0;
}

size_t probe_receive(probe *self, void *data, size_t cap)
{
    size_t len = incoming_len - incoming_at;
    HOLDS(cap > 0 && self->failed == 0);
    if (len == 0)
        self->failed = (choices & FAILS) != 0 ? ETIMEDOUT : 0;
    if (piece > 0 && len > piece)
        len = piece;
    if (len > cap)
        len = cap;
    memcpy(data, incoming + incoming_at, len);
    incoming_at += len;
    return len;
}

void probe_close(probe *self)
{
    (void)self;
    closes++;
}

/* ---- A hello ----------------------------------------------------------------------------------------------------- */

typedef struct answer {
    size_t begin; /* of the record, behind alerts */
    size_t end;   /* behind the cipher */
    unsigned version;
    unsigned cipher;
} answer;

static bool is_record(const uint8_t *at, size_t len, unsigned kind, size_t least)
{
    return len >= RECORD && at[0] == kind && at[1] == 3 && (size_t)(at[3] << 8 | at[4]) >= least;
}

/* The ServerHello that stands there behind any number of alerts, by another way than hello.c goes. */
static bool find_hello(answer *found)
{
    const uint8_t *at = incoming;
    const uint8_t *end = incoming + incoming_len;
    while (end - at >= ALERT && is_record(at, RECORD, 21, 2) && at[3] == 0 && at[4] == 2)
        at += ALERT;
    if (end - at < RECORD + BEFORE_CIPHER + 2 || at[RECORD] != 2)
        return false;
    const size_t session = at[RECORD + BEFORE_CIPHER - 1];
    const size_t least = BEFORE_CIPHER + session + 2;
    if (session > 32 || !is_record(at, RECORD, 22, least) || (size_t)(end - at) < RECORD + least)
        return false;
    const uint8_t *cipher = at + RECORD + BEFORE_CIPHER + session;
    *found = (answer){.begin = (size_t)(at - incoming),
                      .end = (size_t)(cipher + 2 - incoming),
                      .version = (unsigned)at[RECORD + 4] << 8 | at[RECORD + 5],
                      .cipher = (unsigned)cipher[0] << 8 | cipher[1]};
    return true;
}

/* One record with one message, of these lengths. */
static void check_sent(unsigned version)
{
    const uint8_t *message = sent + RECORD;
    HOLDS(sends == 1 && is_record(sent, sent_len, 22, 4) && sent_len == RECORD + (size_t)(sent[3] << 8 | sent[4]));
    HOLDS(message[0] == 1 && message[1] == 0 && sent_len == RECORD + 4 + (size_t)(message[2] << 8 | message[3]));
    const unsigned said = (unsigned)sent[RECORD + 4] << 8 | sent[RECORD + 5];
    HOLDS(said == (version == VERSION_TLS13 ? VERSION_TLS12 : version));
}

static void ask_hello(const probe_target *target)
{
    static const uint16_t ciphers[] = {0x1301, 0xC02F, 0x0005};
    const unsigned version = VERSION_SSL3 + (choices >> 4) % 5;
    unsigned taken = 0xABCDEF;
    unsigned cipher = 0xABCDEF;
    answer expected = {0};
    const bool is_hello = find_hello(&expected);

    const hello_answer how = hello_ask(target, version, ciphers, sizeof ciphers / sizeof ciphers[0], &taken, &cipher);
    HOLDS(dials == 1 && closes == ((choices & SHUT) == 0 ? 1 : 0));
    if ((choices & SHUT) != 0) {
        HOLDS(how == HELLO_FAILED && sends == 0);
        return;
    }
    check_sent(version);
    HOLDS(incoming_at <= ALERTS_MAX * ALERT + RECORD + BEFORE_CIPHER + 32 + 2);
    if (how == HELLO_TAKEN) {
        reached_depth();
        HOLDS(is_hello && (choices & UNSENT) == 0 && incoming_at == expected.end);
        HOLDS(taken == expected.version && cipher == expected.cipher);
    } else {
        HOLDS(taken == 0xABCDEF && cipher == 0xABCDEF);
        HOLDS(!is_hello || expected.begin > 0 || (choices & UNSENT) != 0);
        HOLDS(incoming_len > 0 || how == ((choices & (FAILS | UNSENT)) != 0 ? HELLO_FAILED : HELLO_REFUSED));
    }
}

/* ---- PING without TLS ---------------------------------------------------------------------------------------------- */

static void ask_plaintext(const probe_target *target)
{
    static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    char words[PLAINTEXT_WORDS_MAX];
    size_t len = 0;

    const plaintext_answer how = plaintext_ask(target, 6379, words);
    HOLDS(memchr(words, '\0', sizeof words) != NULL && strpbrk(words, "\r\n") == NULL);
    if ((choices & (SHUT | UNSENT)) != 0) {
        HOLDS(how != PLAINTEXT_SPOKEN && words[0] == '\0');
        return;
    }
    HOLDS(sends == 1 && sent_len == 6 && memcmp(sent, "PING\r\n", 6) == 0 && closes == 1);
    while (len < incoming_len && len < PLAINTEXT_WORDS_MAX - 1 && strchr("\r\n", incoming[len]) == NULL)
        len++; /* strchr finds the NUL too */
    HOLDS(strlen(words) == len && (len == 0 || memcmp(words, incoming, len) == 0));
    HOLDS(incoming_at < PLAINTEXT_WORDS_MAX);
    const bool spoken = (len >= 5 && memcmp(incoming, "+PONG", 5) == 0) ||
                        (len >= 4 && words[0] == '-' && strspn(words + 1, capitals) >= 3);
    HOLDS((how == PLAINTEXT_SPOKEN) == spoken);
    if (spoken)
        reached_depth();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t skip = size < CONTROL ? size : CONTROL;
    probe_target target = {.name = "db.example"};

    choices = size > 0 ? data[0] : 0;
    piece = size > 1 ? data[1] : 0;
    incoming = data + skip;
    incoming_len = size - skip;
    incoming_at = dials = sends = closes = sent_len = 0;
    if ((choices & 0x80) != 0)
        target.name[0] = '\0';
    if ((choices & PLAIN) != 0)
        ask_plaintext(&target);
    else
        ask_hello(&target);
    return 0;
}
