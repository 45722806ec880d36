/* SPDX-License-Identifier: MIT
 *
 * What the server would agree to with other clients than ours, beyond TLS 1.2 with ECDHE and AEAD.
 */
#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "probe/ciphers.h"
#include "probe/hello.h"

static const char fix_protocols[] = "in the server's configuration: tls-protocols \"TLSv1.2 TLSv1.3\"";
static const char fix_ciphers[] = "in the server's configuration: tls-ciphers ECDHE+AESGCM:ECDHE+CHACHA20, "
                                  "tls-protocols \"TLSv1.2 TLSv1.3\"";

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

static void check_protocols(doctor *self)
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
        if (answer == HELLO_REFUSED)
            continue;
        finding_worsen(one, taken ? VERDICT_FAIL : VERDICT_UNKNOWN);
        finding_evidence(one, "%s%s %s", one->evidence[0] != '\0' ? "; " : "", taken ? "takes" : "can't try",
                         old[i].name);
    }
    if (one->verdict == VERDICT_OK)
        finding_evidence(one, "refuses SSL 3.0, TLS 1.0 and TLS 1.1, each offered alone");
    if (one->verdict == VERDICT_FAIL)
        finding_fix(one, "%s", fix_protocols);
}

static const cipher *named(const cipher *all, size_t count, unsigned id)
{
    for (size_t i = 0; i < count; i++) {
        if (all[i].id == id)
            return &all[i];
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

/* Offers all; what the server takes is noted, left out, and the others are offered again, until it takes none: as if each
 * had been offered alone, with fewer failed handshakes in the server's log. How many it has taken. */
static size_t take_ciphers(doctor *self, finding *one, unsigned of_version, const cipher *all, size_t count)
{
    static const verdict judged[] = {
        [CIPHER_GOOD] = VERDICT_OK, [CIPHER_WEAK] = VERDICT_WARN, [CIPHER_BROKEN] = VERDICT_FAIL};
    const size_t known = count;
    uint16_t left[HELLO_CIPHERS_MAX];
    size_t taken = 0;

    for (size_t i = 0; i < count; i++)
        left[i] = all[i].id;
    while (count > 0) {
        unsigned version = 0;
        unsigned id = 0;
        const hello_answer answer = hello_ask(&self->target, of_version, left, count, &version, &id);
        const cipher *one_taken = answer == HELLO_TAKEN ? named(all, known, id) : NULL;
        const size_t kept = one_taken != NULL ? without(left, count, id) : count;
        if (answer == HELLO_REFUSED)
            break;
        if (kept == count) { /* no answer, or a cipher that was not offered */
            finding_worsen(one, VERDICT_UNKNOWN);
            finding_evidence(one, "%snot all could be tried", taken > 0 ? "; " : "");
            break;
        }
        count = kept;
        finding_worsen(one, judged[one_taken->grade]);
        finding_evidence(one, "%s%s%s", taken > 0 ? ", " : "takes ", one_taken->name,
                         one_taken->grade == CIPHER_BROKEN ? " (broken)" : "");
        taken++;
    }
    return taken;
}

static void check_ciphers(doctor *self)
{
    finding *one = findings_add(&self->found, "tls-ciphers", VERDICT_OK);
    const size_t taken = take_ciphers(self, one, VERSION_TLS12, weak_ciphers, weak_cipher_count);

    if (one->verdict == VERDICT_OK)
        finding_evidence(one, "takes none of %zu ciphers up to TLS 1.2 that are less than ECDHE with AEAD",
                         weak_cipher_count);
    if (taken > 0)
        finding_fix(one, "%s", fix_ciphers);
}

/* None is as bad as those above; a server without TLS 1.3 is none the worse for it. */
static void check_tls13(doctor *self)
{
    finding *one = findings_add(&self->found, "tls13-ciphers", VERDICT_OK);
    const size_t taken = take_ciphers(self, one, VERSION_TLS13, tls13_ciphers, tls13_cipher_count);

    if (taken == 0 && one->verdict == VERDICT_OK) {
        finding_worsen(one, VERDICT_INFO);
        finding_evidence(one, "takes no cipher of TLS 1.3");
        finding_fix(one, "%s", fix_protocols);
    }
    if (one->verdict == VERDICT_WARN)
        finding_fix(one, "in the server's configuration: tls-ciphersuites "
                         "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256");
}

void check_tls(doctor *self)
{
    if (!self->has_target)
        return;
    check_protocols(self);
    check_ciphers(self);
    check_tls13(self);
}
