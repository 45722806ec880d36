/* SPDX-License-Identifier: MIT
 *
 * A listener without TLS beside the one with it. Whoever finds it needs no certificate, and who logs in there shows his
 * password to the network.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "probe/plaintext.h"

enum { DEFAULT_PORT = 6379 };

typedef struct ports {
    unsigned list[PLAIN_PORTS_MAX + 8];
    size_t count;
    unsigned own;     /* where the server says that it listens without TLS; 0: nowhere, as far as known */
    unsigned guessed; /* the default one, if nobody told of it: what answers there may be another server */
} ports;

/* Whether it is a new one. */
static bool add(ports *to, unsigned long port)
{
    if (port == 0 || port > 65535 || to->count == sizeof to->list / sizeof to->list[0])
        return false;
    for (size_t i = 0; i < to->count; i++) {
        if (to->list[i] == port)
            return false;
    }
    to->list[to->count++] = (unsigned)port;
    return true;
}

/* "name=tcp,bind=...,port=6379" */
static void add_listeners(doctor *self, ports *to)
{
    for (int i = 0; i < 4; i++) {
        char name[16];
        char value[ANSWER_MAX];
        snprintf(name, sizeof name, "listener%d", i);
        if (ask_info(self, name, value) != ANSWER_GIVEN)
            continue; /* their numbers have gaps */
        const char *port = strstr(value, "port=");
        const unsigned long number = port != NULL ? strtoul(port + 5, NULL, 10) : 0;
        add(to, number);
        if (strncmp(value, "name=tcp,", 9) == 0 && number <= 65535)
            to->own = (unsigned)number;
    }
}

static void collect(doctor *self, ports *to)
{
    char value[ANSWER_MAX];

    add(to, self->port);
    const bool told = ask_config(self, "port", value) == ANSWER_GIVEN;
    if (told) {
        const unsigned long port = strtoul(value, NULL, 10);
        add(to, port);
        to->own = port <= 65535 ? (unsigned)port : 0;
    }
    if (ask_info(self, "tcp_port", value) == ANSWER_GIVEN)
        add(to, strtoul(value, NULL, 10));
    add_listeners(self, to);
    for (size_t i = 0; i < self->plain_port_count; i++)
        add(to, self->plain_ports[i]);
    if (!told && add(to, DEFAULT_PORT))
        to->guessed = DEFAULT_PORT;
}

static void take_answer(doctor *self, finding *one, ports *all, unsigned port)
{
    char where[80];
    char words[PLAINTEXT_WORDS_MAX];
    const plaintext_answer answer = plaintext_ask(&self->target, port, words);
    const char *between = finding_between(one->evidence);

    probe_words(&self->target, port, where, sizeof where);
    if (answer == PLAINTEXT_SPOKEN && port == all->guessed) {
        finding_worsen(one, VERDICT_UNKNOWN);
        finding_evidence(one, "%s%s answers PING without TLS (%s), and may be this server or another",
                         between, where, words);
        finding_fix(one, "%s", fix_login);
    } else if (answer == PLAINTEXT_SPOKEN) {
        finding_worsen(one, VERDICT_FAIL);
        self->is_plain = self->is_plain || port == self->port;
        finding_evidence(one, "%s%s answers PING without TLS: %s", between, where, words);
        all->own = all->own == port ? 0 : all->own;
    } else if (answer == PLAINTEXT_SILENT && !(self->redis != NULL && port == self->port)) {
        finding_worsen(one, VERDICT_UNKNOWN);
        finding_evidence(one, "%s%s says nothing to PING without TLS, or can't be tried", between, where);
    }
}

void check_listeners(doctor *self)
{
    finding *one = findings_add(&self->found, "plaintext-listener", VERDICT_OK);
    ports all = {.count = 0};
    char probed[ANSWER_MAX] = "";

    if (!self->has_target) {
        finding_worsen(one, VERDICT_UNKNOWN);
        finding_evidence(one, "%s has no address", self->host);
        return;
    }
    collect(self, &all);
    for (size_t i = 0; i < all.count; i++) {
        take_answer(self, one, &all, all.list[i]);
        text_add(probed, sizeof probed, "%s%u", i > 0 ? ", " : "", all.list[i]);
    }
    if (all.own != 0) {
        finding_worsen(one, VERDICT_WARN);
        finding_evidence(
            one, "%sthe server says that it listens without TLS on port %u, which can't be reached from here",
            finding_between(one->evidence), all.own);
    }
    if (one->verdict >= VERDICT_WARN) {
        finding_fix(one, "%s", finding_between(one->fix));
        finding_fix_set(one, "port", "0");
        finding_fix(one, "; then change passwords that clients may have sent there");
    }
    if (one->verdict == VERDICT_OK)
        finding_evidence(one, "no Redis protocol without TLS on port %s", probed);
}
