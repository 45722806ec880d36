/* SPDX-License-Identifier: MIT
 *
 * The server's certificates as it sends them, whatever the verified connection said of them, and those of clients.
 */
#include <string.h>

#include "ask.h"
#include "probe/certificate.h"

enum { DAYS_WARN = 30, DAYS_FAIL = 7 };

/* A server reads the files anew when it is told their names, be they the same. */
static void add_reading(doctor *self, finding *one)
{
    char certificate[ANSWER_MAX];
    char key[ANSWER_MAX];
    const bool known = ask_config(self, "tls-cert-file", certificate) == ANSWER_GIVEN &&
                       certificate[0] != '\0' && ask_config(self, "tls-key-file", key) == ANSWER_GIVEN &&
                       key[0] != '\0';

    finding_fix(one, "CONFIG SET tls-cert-file %s tls-key-file %s", known ? certificate : "FILE",
                known ? key : "FILE");
}

static void add_renewing(doctor *self, finding *one)
{
    finding_fix(one, "put a new certificate of your CA in place, and on the server: ");
    add_reading(self, one);
}

static void check_chain(doctor *self, finding *one, const certificate_view *view)
{
    if (!view->has_chain) {
        finding_worsen(one, VERDICT_FAIL);
        finding_evidence(one, "%sno chain from %s to cacert: %s", finding_between(one->evidence),
                         view->list[0].subject, view->broken);
        finding_fix(one, "%sgive in cacert the CA that issued it, or put the whole chain into tls-cert-file",
                    finding_between(one->fix));
    } else if (view->missing[0] != '\0') {
        finding_worsen(one, VERDICT_FAIL);
        finding_evidence(one, "%sthe server does not send %s: clients that have the root only refuse it",
                         finding_between(one->evidence), view->missing);
        finding_fix(
            one,
            "%sappend it to the file of the server's own certificate: cat intermediate.pem >> server.pem; "
            "then on the server: ",
            finding_between(one->fix));
        add_reading(self, one);
    } else {
        finding_evidence(one, "%scomplete: %zu sent, issued by %s", finding_between(one->evidence),
                         view->count, view->list[0].issuer);
    }
}

/* True: it ends soon, or is of no use now. */
static bool add_days(doctor *self, finding *one, const certificate *this)
{
    const verdict how = this->days < DAYS_FAIL || this->not_yet ? VERDICT_FAIL
                        : this->days < DAYS_WARN                ? VERDICT_WARN
                                                                : VERDICT_OK;

    self->chain_days = this->days < self->chain_days ? this->days : self->chain_days;
    finding_evidence(one, "%s%s ", finding_between(one->evidence), this->subject);
    if (this->days < 0) /* rounded down: -1 is since less than a day */
        finding_evidence(one, "expired %d days ago", -(this->days + 1));
    else
        finding_evidence(one, "%s %d days", this->not_yet ? "is not valid yet; it has" : "has", this->days);
    finding_worsen(one, how);
    return how != VERDICT_OK;
}

/* Of those that were sent, and of those in cacert that the chain ends with: when they end, every client refuses. A root
 * that is sent is not looked at, but the one in cacert. */
static void check_expiry(doctor *self, const certificate_view *views, size_t count)
{
    finding *one = findings_add(&self->found, "certificate-expiry", VERDICT_OK);
    bool sent_is_old = false;
    bool trusted_is_old = false;

    self->has_days = true;
    self->leaf_days = views[0].list[0].days;
    self->chain_days = views[0].list[0].days;
    for (size_t k = 0; k < count; k++) {
        const certificate_view *view = &views[k];
        self->leaf_days = view->list[0].days < self->leaf_days ? view->list[0].days : self->leaf_days;
        for (size_t i = 0; i < view->count; i++) {
            if (i == 0 || !view->list[i].self_issued)
                sent_is_old = add_days(self, one, &view->list[i]) || sent_is_old;
        }
        for (size_t i = 0; i < view->trusted_count; i++)
            trusted_is_old = add_days(self, one, &view->trusted[i]) || trusted_is_old;
    }
    if (sent_is_old)
        add_renewing(self, one);
    if (trusted_is_old)
        finding_fix(one,
                    "%sput a new CA beside the old one into the file of cacert, at every client; then let it "
                    "issue the server's certificate",
                    finding_between(one->fix));
}

static void check_keys(finding *key, finding *signature, const certificate_view *view)
{
    for (size_t i = 0; i < view->count; i++) {
        const certificate *this = &view->list[i];
        finding_evidence(key, "%s%s %d bits%s", finding_between(key->evidence), this->key, this->key_bits,
                         this->weak_key ? " (weak)" : "");
        if (this->weak_key)
            finding_worsen(key, VERDICT_FAIL);
        if (this->strange) {
            finding_worsen(key, VERDICT_UNKNOWN);
            finding_worsen(signature, VERDICT_UNKNOWN);
        }
        if (i > 0 && this->self_issued)
            continue;
        finding_evidence(signature, "%s%s%s", finding_between(signature->evidence), this->signature,
                         this->weak_signature ? " (weak)" : "");
        if (this->weak_signature)
            finding_worsen(signature, VERDICT_FAIL);
    }
}

static void check_names(finding *one, const certificate *leaf)
{
    if (leaf->names[0] == '\0') {
        finding_worsen(one, VERDICT_FAIL);
        finding_evidence(one,
                         "%s%s holds no name in a subject alternative name (the common name does not count)",
                         finding_between(one->evidence), leaf->subject);
    } else {
        finding_evidence(one, "%s%s", finding_between(one->evidence), leaf->names);
    }
    if (leaf->wildcard) {
        finding_worsen(one, VERDICT_WARN);
        finding_evidence(one, "; a wildcard: its key is good for every host of the domain");
    }
}

/* A server can have two chains: what is said of the second stands behind what is said of the first. */
static void check_views(doctor *self, const certificate_view *views, size_t count)
{
    finding *chain = findings_add(&self->found, "certificate-chain", VERDICT_OK);
    check_expiry(self, views, count);
    finding *key = findings_add(&self->found, "certificate-key", VERDICT_OK);
    finding *signature = findings_add(&self->found, "certificate-signature", VERDICT_OK);
    finding *names = findings_add(&self->found, "certificate-names", VERDICT_OK);
    const bool named = self->target.name[0] != '\0';

    for (size_t i = 0; i < count; i++) {
        check_chain(self, chain, &views[i]);
        check_keys(key, signature, &views[i]);
        check_names(names, &views[i].list[0]);
    }
    if (key->verdict != VERDICT_OK) {
        finding_fix(key,
                    "make a key of EC P-256, or RSA with 3072 bits: openssl genpkey -algorithm EC -pkeyopt "
                    "ec_paramgen_curve:P-256 -out server.key; ");
        add_renewing(self, key);
    }
    if (signature->verdict != VERDICT_OK) {
        finding_fix(signature, "have it issued anew with SHA-256: openssl x509 -req -sha256; ");
        add_renewing(self, signature);
    }
    if (names->verdict != VERDICT_OK)
        finding_fix(names, "issue it for this server alone: subjectAltName=%s:%s", named ? "DNS" : "IP",
                    named ? self->target.name : self->host);
}

static void check_clients(doctor *self, const certificate_view *view)
{
    static const char *const words[] = {
        [DEMAND_UNKNOWN] = "whether the server demands one could not be tried",
        [DEMAND_NONE] = "the server asks for none: who steals a password can log in from anywhere",
        [DEMAND_OPTIONAL] = "the server asks for one, and serves clients without",
        [DEMAND_ALWAYS] = "a client without one is not served",
    };
    /* One that ends a connection may have any reason, unless it tells it, or serves us with a certificate. */
    const bool sure = view->alerted || (self->redis != NULL && uri_has_certificate(self->uri));
    const client_demand demand = view->demand == DEMAND_ALWAYS && !sure ? DEMAND_UNKNOWN : view->demand;
    const verdict how = demand == DEMAND_UNKNOWN  ? VERDICT_UNKNOWN
                        : demand == DEMAND_ALWAYS ? VERDICT_OK
                                                  : VERDICT_WARN;
    finding *one = findings_add(&self->found, "client-certificates", how);

    finding_evidence(one, "%s", words[demand]);
    if (how == VERDICT_WARN) {
        finding_fix(
            one, "give every client a certificate (cert=FILE&key=FILE in the URI) of the CA in the server's "
                 "tls-ca-cert-file; then ");
        finding_fix_set(one, "tls-auth-clients", "yes");
    }
}

/* Valkey 9.1 and newer look at the files themselves, if told to. */
static void check_reload(doctor *self)
{
    finding *one = findings_add(&self->found, "certificate-reload", VERDICT_OK);
    char seconds[ANSWER_MAX];
    const answer how = ask_config(self, "tls-auto-reload-interval", seconds);

    if (how == ANSWER_DENIED) {
        finding_denied(one, "CONFIG GET tls-auto-reload-interval");
    } else if (how == ANSWER_ABSENT) {
        finding_worsen(one, VERDICT_INFO);
        finding_evidence(one, "this server reads new certificates only when it is told to");
        finding_fix(one, "after each renewal: ");
        add_reading(self, one);
    } else if (strcmp(seconds, "0") == 0) {
        finding_worsen(one, VERDICT_INFO);
        finding_evidence(one,
                         "tls-auto-reload-interval is 0: new certificates are read only when it is told to");
        finding_fix_set(one, "tls-auto-reload-interval", "3600");
    } else {
        finding_evidence(one, "the server looks for new certificates every %s s", seconds);
    }
}

void check_certificates(doctor *self)
{
    certificate_view views[2];

    if (!self->has_target)
        return;
    if (self->answers)
        certificate_look(&self->target, self->anchors, WISH_ANY, &views[0]);
    else
        views[0] = (certificate_view){.why = "no handshake is answered"};
    if (!views[0].seen) {
        finding *one = findings_add(&self->found, "certificate-chain", VERDICT_UNKNOWN);
        finding_evidence(one, "no certificate was seen: %s", views[0].why);
        return;
    }
    const bool is_rsa = views[0].list[0].is_rsa;
    certificate_look(&self->target, self->anchors, is_rsa ? WISH_OTHER : WISH_RSA, &views[1]);
    check_views(self, views, views[1].seen && views[1].list[0].is_rsa != is_rsa ? 2 : 1);
    check_clients(self, &views[0]);
    if (self->redis != NULL)
        check_reload(self);
}
