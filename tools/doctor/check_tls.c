/* SPDX-License-Identifier: MIT
 *
 * What the server would agree to with other clients than ours, beyond TLS 1.2 with ECDHE and AEAD.
 */
#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "probe/ciphers.h"
#include "probe/hello.h"

/* All of them, and those that the library takes: what was weak in old protocols was not only the ciphers. */
static size_t every_cipher(uint16_t list[HELLO_CIPHERS_MAX])
{
    static const uint16_t good[] = {0xC02B, 0xC02C, 0xC02F, 0xC030, 0xCCA8, 0xCCA9};
    size_t count = 0;

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        list[count++] = good[i];
    for (size_t i = 0; i < weak_cipher_count && count < HELLO_CIPHERS_MAX; i++)
        list[count++] = weak_ciphers[i].id;
    return count;
}

/* To all ciphers, good ones too. */
static hello_answer ask_any(doctor *self)
{
    uint16_t ciphers[HELLO_CIPHERS_MAX];
    const size_t count = every_cipher(ciphers);
    unsigned version = 0;
    unsigned cipher = 0;

    return hello_ask(&self->target, VERSION_TLS12, ciphers, count, &version, &cipher);
}

static void not_answered(doctor *self, const char *check)
{
    finding *one = findings_add(&self->found, check, VERDICT_UNKNOWN);

    finding_evidence(one,
                     "can't be tried: a handshake with good ciphers gets no answer, or one that is no TLS");
}

void tls_refuses_all(finding *one)
{
    finding_worsen(one, VERDICT_UNKNOWN);
    finding_evidence(one,
                     "%sit refuses a hello with good ciphers too, or is no TLS: its refusals show nothing",
                     finding_between(one->evidence));
}

static void check_protocols(doctor *self, bool hears)
{
    static const struct {
        unsigned version;
        const char *name;
    } old[] = {{VERSION_SSL3, "SSL 3.0"}, {VERSION_TLS10, "TLS 1.0"}, {VERSION_TLS11, "TLS 1.1"}};
    finding *one = findings_add(&self->found, "tls-protocols", VERDICT_OK);
    uint16_t ciphers[HELLO_CIPHERS_MAX];
    const size_t count = every_cipher(ciphers);

    for (size_t i = 0; i < sizeof old / sizeof old[0]; i++) {
        unsigned version = 0;
        unsigned cipher = 0;
        const hello_answer answer =
            hello_ask(&self->target, old[i].version, ciphers, count, &version, &cipher);
        const bool taken = answer == HELLO_TAKEN && version <= old[i].version;
        if (answer == HELLO_REFUSED || answer == HELLO_TOO_OLD)
            continue;
        finding_worsen(one, taken ? VERDICT_FAIL : VERDICT_UNKNOWN);
        finding_evidence(one, "%s%s %s", finding_between(one->evidence), taken ? "takes" : "can't try",
                         old[i].name);
    }
    if (one->verdict == VERDICT_OK && !hears)
        tls_refuses_all(one);
    if (one->verdict == VERDICT_OK)
        finding_evidence(one, "refuses SSL 3.0, TLS 1.0 and TLS 1.1, each offered alone");
    if (one->verdict == VERDICT_FAIL)
        finding_fix_set(one, "tls-protocols", "\"TLSv1.2 TLSv1.3\"");
}

static const weak_cipher *named(unsigned id)
{
    for (size_t i = 0; i < weak_cipher_count; i++) {
        if (weak_ciphers[i].id == id)
            return &weak_ciphers[i];
    }
    return NULL;
}

static size_t without(uint16_t *list, size_t count, unsigned id)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (list[i] != id)
            list[kept++] = list[i];
    }
    return kept;
}

/* Offers all that are weak; what the server takes is noted, left out, and the others are offered again, until it takes
 * none: as if each had been offered alone, with fewer failed handshakes in the server's log. */
static void take_ciphers(doctor *self, finding *one, size_t *taken)
{
    uint16_t left[HELLO_CIPHERS_MAX];
    size_t count = 0;

    while (count < weak_cipher_count && count < HELLO_CIPHERS_MAX) {
        left[count] = weak_ciphers[count].id;
        count++;
    }
    while (count > 0) {
        unsigned version = 0;
        unsigned id = 0;
        const hello_answer answer = hello_ask(&self->target, VERSION_TLS12, left, count, &version, &id);
        const weak_cipher *cipher = answer == HELLO_TAKEN ? named(id) : NULL;
        const size_t kept = cipher != NULL ? without(left, count, id) : count;
        if (answer == HELLO_REFUSED || answer == HELLO_TOO_OLD)
            return;
        if (kept == count) { /* no answer, or a cipher that was not offered */
            finding_worsen(one, VERDICT_UNKNOWN);
            finding_evidence(one, "%snot all could be tried", *taken > 0 ? "; " : "");
            return;
        }
        count = kept;
        finding_worsen(one, cipher->broken ? VERDICT_FAIL : VERDICT_WARN);
        finding_evidence(one, "%s%s%s", *taken > 0 ? ", " : "takes ", cipher->name,
                         cipher->broken ? " (broken)" : "");
        ++*taken;
    }
}

static void check_ciphers(doctor *self, bool hears)
{
    finding *one = findings_add(&self->found, "tls-ciphers", VERDICT_OK);
    size_t taken = 0;

    take_ciphers(self, one, &taken);
    if (one->verdict == VERDICT_OK && !hears)
        tls_refuses_all(one);
    if (one->verdict == VERDICT_OK)
        finding_evidence(one, "takes none of %zu ciphers up to TLS 1.2 that are less than ECDHE with AEAD",
                         weak_cipher_count);
    if (taken > 0)
        finding_fix_set(one, "tls-ciphers", "ECDHE+AESGCM:ECDHE+CHACHA20");
}

void check_tls(doctor *self)
{
    if (!self->has_target)
        return;
    const bool no_tls =
        self->is_plain && (self->refused == TASKSEAL_ERR_NOT_TLS || self->refused == TASKSEAL_ERR_TIMEOUT);
    const hello_answer any = no_tls ? HELLO_FAILED : ask_any(self);
    /* A refusal means something where the server takes such a hello, or says that its version is too old. One that
     * refuses all (for a name, an address, a kind of key, or because it is no TLS) shows nothing by it. */
    const bool hears = any == HELLO_TAKEN || any == HELLO_TOO_OLD;
    self->answers = self->redis != NULL || any != HELLO_FAILED;
    if (self->answers) {
        check_protocols(self, hears);
        check_ciphers(self, hears);
        check_tls13(self, hears);
    } else {
        not_answered(self, "tls-protocols");
        not_answered(self, "tls-ciphers");
        not_answered(self, "tls-ciphersuites");
    }
}
