/* SPDX-License-Identifier: MIT
 *
 * Which ciphers of TLS 1.3 the server takes, each offered alone. All have forward secrecy and authentication.
 */
#include "doctor.h"
#include "probe/hello.h"

static const struct {
    uint16_t id;
    bool short_tag; /* of 64 bits */
    const char *name;
} ciphers[] = {
    {0x1301, false, "TLS_AES_128_GCM_SHA256"},       {0x1302, false, "TLS_AES_256_GCM_SHA384"},
    {0x1303, false, "TLS_CHACHA20_POLY1305_SHA256"}, {0x1304, false, "TLS_AES_128_CCM_SHA256"},
    {0x1305, true, "TLS_AES_128_CCM_8_SHA256"},
};

enum { CIPHERS = sizeof ciphers / sizeof ciphers[0] };

static hello_answer offer(doctor *self, size_t which)
{
    unsigned version = 0;
    unsigned id = 0;
    const hello_answer answer = hello_ask(&self->target, VERSION_TLS13, &ciphers[which].id, 1, &version, &id);

    return answer == HELLO_TAKEN && id != ciphers[which].id ? HELLO_FAILED : answer;
}

/* A server without TLS 1.3 is none the worse for it. */
void check_tls13(doctor *self, bool hears)
{
    finding *one = findings_add(&self->found, "tls-ciphersuites", VERDICT_OK);
    size_t taken = 0;
    size_t unknown = 0;

    for (size_t i = 0; i < CIPHERS; i++) {
        const hello_answer answer = offer(self, i);
        unknown += answer == HELLO_FAILED;
        if (answer != HELLO_TAKEN)
            continue;
        finding_evidence(one, "%s%s", taken++ > 0 ? ", " : "takes ", ciphers[i].name);
        if (ciphers[i].short_tag) {
            finding_worsen(one, VERDICT_WARN);
            finding_fix_set(one, "tls-ciphersuites",
                            "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256");
        }
    }
    if (taken == 0 && unknown == 0 && !hears) {
        tls_refuses_all(one);
    } else if (taken == 0 && unknown == 0) {
        finding_worsen(one, VERDICT_INFO);
        finding_evidence(one, "takes none of the %d ciphers of TLS 1.3", CIPHERS);
        finding_fix_set(one, "tls-protocols", "\"TLSv1.2 TLSv1.3\"");
    }
    if (unknown > 0) {
        finding_worsen(one, VERDICT_UNKNOWN);
        finding_evidence(one, "%s%zu could not be tried", finding_between(one->evidence), unknown);
    }
}
