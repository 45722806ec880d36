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
} ports;

static void add(ports *to, unsigned long port)
{
    if (port == 0 || port > 65535 || to->count == sizeof to->list / sizeof to->list[0])
        return;
    for (size_t i = 0; i < to->count; i++) {
        if (to->list[i] == port)
            return;
    }
    to->list[to->count++] = (unsigned)port;
}

/* "name=tcp,bind=...,port=6379" */
static void add_listeners(doctor *self, ports *to)
{
    for (int i = 0; i < 4; i++) {
        char name[16];
        char value[ANSWER_MAX];
        snprintf(name, sizeof name, "listener%d", i);
        if (ask_info(self, name, value) != ANSWER_GIVEN)
            return;
        const char *port = strstr(value, "port=");
        if (port != NULL)
            add(to, strtoul(port + 5, NULL, 10));
    }
}

static void collect(doctor *self, ports *to)
{
    char value[ANSWER_MAX];

    add(to, self->port);
    const bool told = ask_config(self, "port", value) == ANSWER_GIVEN;
    if (told)
        add(to, strtoul(value, NULL, 10));
    if (ask_info(self, "tcp_port", value) == ANSWER_GIVEN)
        add(to, strtoul(value, NULL, 10));
    add_listeners(self, to);
    if (!told) /* if it is told, what may listen on the default port is another server */
        add(to, DEFAULT_PORT);
    for (size_t i = 0; i < self->plain_port_count; i++)
        add(to, self->plain_ports[i]);
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
        char where[80];
        char words[PLAINTEXT_WORDS_MAX];
        probe_words(&self->target, all.list[i], where, sizeof where);
        if (plaintext_ask(&self->target, all.list[i], words) == PLAINTEXT_SPOKEN) {
            finding_worsen(one, VERDICT_FAIL);
            self->is_plain = self->is_plain || all.list[i] == self->port;
            finding_evidence(one, "%s%s answers PING without TLS: %s", one->evidence[0] != '\0' ? "; " : "",
                             where, words);
        }
        snprintf(probed + strlen(probed), sizeof probed - strlen(probed), "%s%u", i > 0 ? ", " : "",
                 all.list[i]);
    }
    if (one->verdict == VERDICT_FAIL)
        finding_fix_set(one, "port", "0");
    if (one->verdict == VERDICT_FAIL)
        finding_fix(one, "; then change passwords that clients may have sent there");
    else
        finding_evidence(one, "no Redis protocol without TLS on port %s", probed);
}
