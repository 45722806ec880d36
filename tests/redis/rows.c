/* SPDX-License-Identifier: MIT
 * Serves the matrix's rows, one at a time, to clients that are other processes: those of tests/clients, and Go's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/matrix.h"

static const char usage[] =
    "Usage: redis-rows\n"
    "Reads commands, a line each, and answers each with a line of JSON:\n"
    "  list       the names of all rows; of a bad one also the error that taskseal gives, and whether the server proves\n"
    "             itself before it fails, so that it gets the credentials\n"
    "  good NAME  serves a good row\n"
    "  bad NAME   serves a bad row\n"
    "  twin NAME  serves what differs from a bad row in its fault alone, and is good\n"
    "  turn       ends a twin, and serves its bad row on the same port; or a good row once more\n"
    "  stop       ends the server, and says what it saw\n";

/* What is being served. */
static struct {
    bool running;
    const bad_row *row; /* NULL: a good one, as `what` is */
    scenario what;
    lab lab;
} now;

/* ---- Rows --------------------------------------------------------------------------------------------------- */

static const struct {
    const bad_row *rows;
    const size_t *count;
} tables[] = {{certificate_rows, &certificate_row_count},
              {list_rows, &list_row_count},
              {protocol_rows, &protocol_row_count}};

static const bad_row *find_bad(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(tables); i++) {
        for (size_t j = 0; j < *tables[i].count; j++) {
            if (strcmp(tables[i].rows[j].name, name) == 0)
                return &tables[i].rows[j];
        }
    }
    return NULL;
}

static const good_row *find_good(const char *name)
{
    for (size_t i = 0; i < good_row_count; i++) {
        if (strcmp(good_rows[i].name, name) == 0)
            return &good_rows[i];
    }
    return NULL;
}

static void list(void)
{
    printf("{\"good\":[");
    for (size_t i = 0; i < good_row_count; i++)
        printf("%s\"%s\"", i == 0 ? "" : ",", good_rows[i].name);
    printf("],\"bad\":[");
    for (size_t i = 0; i < COUNT_OF(tables); i++) {
        for (size_t j = 0; j < *tables[i].count; j++) {
            const bad_row *r = &tables[i].rows[j];
            printf("%s{\"name\":\"%s\",\"error\":\"%s\",\"verified\":%s}", i + j == 0 ? "" : ",", r->name,
                   taskseal_err_name(r->expected), r->verified ? "true" : "false");
        }
    }
    puts("]}");
}

/* ---- Serving ------------------------------------------------------------------------------------------------ */

/* The name that the client is to ask for; the tests of this folder reach it by `name`. */
static const char *host_of(const scenario *s)
{
    static const char name[] = "&name=";
    return strncmp(s->query, name, sizeof name - 1) == 0 ? s->query + sizeof name - 1 : s->dial;
}

static void serve(const scenario *what, const bad_row *row, unsigned short port)
{
    scenario s = *what;
    if (s.server.reply == NULL)
        s.server.reply = "-ERR unknown command `HELLO`, with args beginning with: \r\n"; /* as Redis 5 */
    now.lab = lab_start(&s, port);
    now.row = row;
    now.what = *what;
    now.running = true;
    printf("{\"uri\":\"%s\",\"host\":\"%s\",\"port\":%u,\"user\":\"worker\",\"password\":\"%s\","
           "\"ca\":\"%s/ca.pem\",\"crl\":\"",
           now.lab.uri, host_of(&s), now.lab.port, PASSWORD, now.lab.directory);
    if (s.lists != NO_LISTS)
        printf("%s/crl.pem", now.lab.directory);
    puts("\"}");
}

static scenario scenario_of(const bad_row *row, bool spoilt)
{
    scenario s = scenario_good();
    if (row->arrange != NULL)
        row->arrange(&s);
    if (spoilt)
        row->spoil(&s);
    return s;
}

static void stop(void)
{
    server_seen seen = lab_stop(&now.lab);
    size_t kept = seen.raw_len < sizeof seen.raw ? seen.raw_len : sizeof seen.raw;
    bool in_clear = memmem(seen.raw, kept, PASSWORD, strlen(PASSWORD)) != NULL;
    now.running = false;
    printf("{\"connections\":%u,\"commands\":%u,\"in_clear\":%s}\n", seen.connections, seen.commands,
           in_clear ? "true" : "false");
}

static void turn(void)
{
    scenario s = now.row != NULL ? scenario_of(now.row, true) : now.what;
    unsigned short port = now.lab.port;
    (void)lab_stop(&now.lab);
    serve(&s, now.row, port);
}

/* False: there is no such command, or it is not its turn. */
static bool obey(const char *word, const char *name)
{
    const bad_row *bad = find_bad(name);
    const good_row *good = find_good(name);
    scenario s = scenario_good();
    if (now.running && strcmp(word, "stop") == 0) {
        stop();
    } else if (now.running && strcmp(word, "turn") == 0) {
        turn();
    } else if (!now.running && strcmp(word, "list") == 0) {
        list();
    } else if (!now.running && bad != NULL && (strcmp(word, "bad") == 0 || strcmp(word, "twin") == 0)) {
        s = scenario_of(bad, word[0] == 'b');
        serve(&s, bad, 0);
    } else if (!now.running && good != NULL && strcmp(word, "good") == 0) {
        good->arrange(&s);
        serve(&s, NULL, 0);
    } else {
        return false;
    }
    return fflush(stdout) == 0;
}

int main(int argc, char **argv)
{
    char line[128];
    (void)argv;
    if (argc > 1) {
        (void)fputs(usage, stderr);
        return 2;
    }
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *space = strchr(line, ' ');
        if (space != NULL)
            *space = '\0';
        if (!obey(line, space != NULL ? space + 1 : "")) {
            fprintf(stderr, "redis-rows: `%s` can't be done now, or there is no such row\n", line);
            return 1;
        }
    }
    return 0;
}
