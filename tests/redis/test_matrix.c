/* SPDX-License-Identifier: MIT
 * The matrix of bad servers. Each is refused with its own error at the first connect, and again when a connection was good
 * and its server then turns bad; its twin without the fault is good before that. Nothing secret reaches a server that is
 * not verified. All in one process, on the tests' own server or on a real one (support/stand_in.h):
 *
 *     test_redis_matrix [--server PROGRAM] [--every N] [--hostile]
 *
 * --every N: only each Nth row. --hostile: first makes an environment that weakens OpenSSL and trusts the bad servers' CA,
 * and then runs itself in that.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/hostile.h"
#include "support/matrix.h"
#include "support/stand_in.h"

static const char *surroundings = "";
static const char *program; /* NULL: the tests' own server */
static size_t every = 1;

static struct {
    size_t bad, twins, kinds;
    char left_out[2000];
    void (*arrangements[128])(scenario *s); /* that twins had: each is a kind of good server */
} tally;

static void count_kind(void (*arrange)(scenario *s))
{
    for (size_t i = 0; i < tally.kinds; i++) {
        if (tally.arrangements[i] == arrange)
            return;
    }
    tally.arrangements[tally.kinds++] = arrange;
}

/* ---- One row ------------------------------------------------------------------------------------------------ */

/* What the bad scenario's client finds while its server is good. */
static scenario before(const scenario *good, const scenario *bad)
{
    scenario s = *good;
    s.client = bad->client;
    s.require_client = good->require_client && bad->client == good->client;
    s.timeout_ms = bad->timeout_ms;
    s.query = bad->query;
    return s;
}

static void refuse(guest *g, const bad_row *r, const char *when)
{
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    taskseal_err err = guest_try(g, &error);
    ck_assert_msg(err == r->expected && error.code == err, "%s, %s: got %s (%s), expected %s", r->name, when,
                  taskseal_err_name(err), error.message, taskseal_err_name(r->expected));
    ck_assert_msg(strstr(error.message, r->says) != NULL, "%s, %s: message is: %s", r->name, when, error.message);
    ck_assert_ptr_null(strstr(error.message, PASSWORD));
}

static bool holds(const server_seen *seen, const char *text)
{
    size_t kept = seen->raw_len < sizeof seen->raw ? seen->raw_len : sizeof seen->raw;
    return memmem(seen->raw, kept, text, strlen(text)) != NULL;
}

static void accept_twin(guest *g, const bad_row *r, const char *when)
{
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    taskseal_err err = guest_try(g, &error);
    bool login_only = lab_elsewhere != NULL && stand_in_knows_no_redis() && err == TASKSEAL_ERR_SERVER_ERROR;
    ck_assert_msg(err == TASKSEAL_OK || login_only, "%s, %s: got %s: %s", r->name, when, taskseal_err_name(err), error.message);
}

static void leave_out(const bad_row *r, const char *why)
{
    size_t used = strlen(tally.left_out);
    (void)snprintf(tally.left_out + used, sizeof tally.left_out - used, "%s%s (%s)", used > 0 ? ", " : "", r->name, why);
}

/* Where the server knows no Redis, another one is good before. */
static void turn_bad(const bad_row *r, const scenario *first, const scenario *bad)
{
    if (program != NULL && stand_in_knows_no_redis())
        stand_in_leave();
    lab l = lab_start(first, 0);
    guest *g = guest_new(l.uri);
    accept_twin(g, r, "before its server turns bad");
    (void)lab_stop(&l);
    if (program != NULL)
        stand_in_use(program);
    l = lab_start(bad, l.port);
    if (l.port == 0) {
        guest_free(g);
        leave_out(r, "it refuses to");
        return;
    }
    refuse(g, r, "reconnect");
    guest_free(g);
    g = guest_new(l.uri);
    refuse(g, r, "first connect");
    guest_free(g);
    server_seen seen = lab_stop(&l);
    ck_assert_msg(r->verified || seen.commands == 0, "%s: %u commands reached a server that is not verified", r->name,
                  seen.commands);
    ck_assert_msg(!holds(&seen, PASSWORD) && !holds(&seen, "AUTH"), "%s: the credentials were sent in clear", r->name);
    tally.bad++;
}

static void try_row(const bad_row *r)
{
    scenario good = scenario_good();
    if (r->arrange != NULL)
        r->arrange(&good);
    scenario bad = good;
    r->spoil(&bad);
    const char *why = program != NULL ? stand_in_cannot(&bad) : NULL;
    if (why != NULL) {
        leave_out(r, why);
        return;
    }
    lab l = lab_start(&good, 0);
    guest *g = guest_new(l.uri);
    accept_twin(g, r, "twin");
    guest_free(g);
    (void)lab_stop(&l);
    tally.twins++;
    count_kind(r->arrange);

    scenario first = before(&good, &bad);
    turn_bad(r, &first, &bad);
}

/* ---- All ---------------------------------------------------------------------------------------------------- */

static void try_rows(const bad_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i += every)
        try_row(&rows[i]);
}

START_TEST(every_bad_server_is_refused_and_every_good_twin_accepted)
{
    if (program != NULL)
        stand_in_use(program);
    for (size_t i = 0; i < certificate_row_count; i++)
        ck_assert(taskseal_err_permanent(certificate_rows[i].expected)); /* it does not become right by asking again */
    try_rows(certificate_rows, certificate_row_count);
    try_rows(list_rows, list_row_count);
    try_rows(protocol_rows, protocol_row_count);
    if (program != NULL)
        stand_in_stop();
    if (every == 1 && program == NULL) {
        ck_assert_uint_ge(tally.bad, 60);
        ck_assert_uint_ge(tally.kinds, 12);
    }
    if (tally.left_out[0] != '\0')
        printf("# %s can't be: %s\n", stand_in_name(program), tally.left_out);
    printf("# evidence: 12: %s, %s%s: %zu servers with one fault refused with its own error, at the first connect and on "
           "reconnect; %zu good twins of %zu kinds accepted\n",
           program != NULL ? stand_in_name(program) : "own server", guest_kind, surroundings, tally.bad, tally.twins,
           tally.kinds);
    (void)fflush(stdout);
}
END_TEST

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--hostile") == 0)
            return hostile_run(argv);
        if (strcmp(argv[i], "--server") == 0 && i + 1 < argc)
            program = argv[++i];
        else if (strcmp(argv[i], "--every") == 0 && i + 1 < argc)
            every = strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--in-hostile") == 0)
            surroundings = ", in a hostile environment";
    }
    if (surroundings[0] != '\0') {
        hostile_trust();
    }
    if (every == 0)
        return 2;
    Suite *suite = suite_create("matrix");
    TCase *tests = tcase_create("matrix");
    tcase_set_timeout(tests, 280);
    tcase_add_test(tests, every_bad_server_is_refused_and_every_good_twin_accepted);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
