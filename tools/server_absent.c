/* SPDX-License-Identifier: MIT
 *
 * Stands in for drain_server.c, rewrap_server.c and common/uri.c in a core-only build.
 */
#include "common/report.h"
#include "common/uri.h"
#include "drain_server.h"
#include "rewrap_server.h"

int uri_read(const uri_source *source, buffer *uri)
{
    (void)source;
    (void)uri;
    return report_usage("this build is core-only and can't connect: build taskseal with -Dredis=enabled");
}

int drain_take_server(drain *self, const drain_server *server)
{
    (void)self;
    (void)server;
    return STATUS_USAGE;
}

int rewrap_server(const rewrap_queues *what, const taskseal_keyring *ring)
{
    (void)what;
    (void)ring;
    return STATUS_USAGE;
}
