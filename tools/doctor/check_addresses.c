/* SPDX-License-Identifier: MIT
 *
 * A name can have several addresses, and something else behind each: which of them are not looked at.
 */
#include "ask.h"

void check_addresses(doctor *self)
{
    char looked_at[PROBE_NAME_MAX];
    char others[ANSWER_MAX];

    if (!self->has_target)
        return;
    finding *one = findings_add(&self->found, "addresses", VERDICT_OK);
    probe_words(&self->target, 0, looked_at, sizeof looked_at);
    const int count = probe_others(&self->target, self->host, others, sizeof others);
    if (count < 0) {
        finding_worsen(one, VERDICT_UNKNOWN);
        finding_evidence(one, "%s is looked at; whether %s has more can't be looked up", looked_at,
                         self->host);
        return;
    }
    if (count == 0) {
        finding_evidence(one, "%s is all that %s has", looked_at, self->host);
        return;
    }
    finding_worsen(one, VERDICT_INFO);
    finding_evidence(one, "%s is looked at; of the other addresses of %s nothing is known: %s", looked_at,
                     self->host, others);
    finding_fix(one, "examine each: its address in the URI in place of the name, and &name=%s behind",
                self->host);
}
