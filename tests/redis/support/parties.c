/* SPDX-License-Identifier: MIT */
#include "parties.h"

#include <time.h>

party old, new;

static party make_party(const char *name, unsigned key_number)
{
    party p;
    cert_spec ca = spec_ca(name), server = spec_server("DNS:localhost"), client = spec_client("worker");
    ca.key_number = key_number;
    client.key_number = key_number + 1;
    p.ca = issue(&ca, NULL);
    p.server = issue(&server, &p.ca);
    p.client = issue(&client, &p.ca);
    return p;
}

void party_write_ca(const char *name, const party *p)
{
    write_certificates(place_path("new"), p->ca.certificate, NULL);
    place_rename("new", name);
}

void parties_set_up(void)
{
    place_set_up();
    old = make_party("old root", 1);
    new = make_party("new root", 4);
    party_write_ca("ca.pem", &old);
    place_serve_leaf(old.server);
}

void party_move_server(const party *p)
{
    place_stop();
    place_serve_leaf(p->server);
}

void parties_settle(void)
{
    (void)nanosleep(&(struct timespec){.tv_sec = 3, .tv_nsec = 100000000}, NULL);
}

void party_write_certificate(const party *p)
{
    write_certificates(place_path("new"), p->client.certificate, NULL);
    place_rename("new", "client.pem");
}

void party_write_key(const party *p)
{
    write_key(place_path("new"), p->client.key);
    place_rename("new", "client.key");
}
