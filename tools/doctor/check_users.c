/* SPDX-License-Identifier: MIT
 *
 * The default user: who gives neither name nor password is it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "rules.h"

/* The URI without its user and password, which is no secret. NULL: no memory. */
static char *without_login(const char *uri)
{
    const char *begin = strstr(uri, "://");
    const char *authority = begin != NULL ? begin + 3 : uri;
    const size_t len = strcspn(authority, "/?#");
    const char *host = authority;
    char *made = NULL;

    for (const char *at = authority; at < authority + len; at++)
        host = *at == '@' ? at + 1 : host;
    return asprintf(&made, "%.*s%s", (int)(authority - uri), uri, host) < 0 ? NULL : made;
}

/* Who that connection is, if it may ask; a client's certificate can be a login. */
static void ask_name(redisContext *redis, char name[ANSWER_MAX])
{
    redisReply *reply = redisCommand(redis, "ACL WHOAMI");

    if (reply != NULL && reply->type == REDIS_REPLY_STRING)
        snprintf(name, ANSWER_MAX, "%s", reply->str);
    freeReplyObject(reply);
}

/* Whether somebody who does not log in gets in: over a connection that is verified like the first. */
static taskseal_err enter_without_login(const doctor *self, char name[ANSWER_MAX])
{
    taskseal_redis_endpoint *endpoint = NULL;
    redisContext *redis = NULL;
    taskseal_error error = {0};
    char *uri = without_login(self->uri);

    taskseal_err err =
        uri == NULL ? TASKSEAL_ERR_NO_MEMORY : taskseal_redis_endpoint_new(&endpoint, uri, &error);
    if (err == TASKSEAL_OK)
        err = taskseal_redis_connect(endpoint, &redis, &error);
    if (err == TASKSEAL_OK)
        ask_name(redis, name);
    if (redis != NULL)
        redisFree(redis);
    taskseal_redis_endpoint_free(endpoint);
    free(uri);
    return err;
}

#define OFF "default off ~* &* +@all"

static const char fix_off[] = "ACL SETUSER " OFF ", and in the ACL file: user " OFF;
static const char fix_before[] =
    "once every client logs in as a user of its own ('taskseal doctor --role worker' "
    "prints the line of one): ";

static void judge_rules(finding *one, const rules *said)
{
    if (!said->on) {
        finding_evidence(one, "the default user is off: nobody is let in without a name");
    } else if (said->nopass) {
        finding_worsen(one, VERDICT_FAIL);
        finding_evidence(one, "the default user is on and has no password (nopass)%s",
                         said->everything ? ", and may do everything (+@all)" : "");
        finding_fix(one, "%s%s", fix_before, fix_off);
    } else {
        finding_worsen(one, VERDICT_WARN);
        finding_evidence(one, "the default user is on, with a password that everybody shares%s",
                         said->everything ? ", and may do everything (+@all)" : "");
        finding_fix(one, "%s%s", fix_before, fix_off);
    }
}

/* Off, and not allowed everything everywhere: older releases then skip what they replay of scripts and transactions. */
static void judge_replay(doctor *self, finding *one, const rules *said)
{
    char aof[ANSWER_MAX];

    if (said->on || (said->everything && said->everywhere))
        return;
    if (ask_config(self, "appendonly", aof) != ANSWER_GIVEN)
        finding_denied(one, "CONFIG GET appendonly");
    if (strcmp(aof, "yes") != 0)
        return;
    finding_worsen(one, VERDICT_WARN);
    finding_evidence(
        one, "; but it has lost its rights, and a server before the fix of valkey #3983 and redis #14541 "
             "drops tasks when it replays its append-only file");
    finding_fix(one, "%s", fix_off);
}

void check_users(doctor *self)
{
    if (self->redis == NULL)
        return;
    finding *one = findings_add(&self->found, "default-user", VERDICT_OK);
    const rules said = rules_read(self, "default");
    char name[ANSWER_MAX] = "";
    const taskseal_err err = enter_without_login(self, name);
    const bool named = name[0] != '\0' && strcmp(name, "default") != 0;
    const bool by_certificate = uri_has_certificate(self->uri) && (named || (said.known && !said.on));
    const bool open = said.known && said.on && said.nopass; /* which says more than that it is served */

    if (err == TASKSEAL_OK && !by_certificate && !open) {
        finding_worsen(one, VERDICT_FAIL);
        finding_evidence(one, "a connection without user and password is served%s%s", named ? ", as " : "",
                         named ? name : "");
        finding_fix(one, "%s%s", named ? "" : fix_before,
                    named ? "let what logs in for everybody (a proxy?) demand a login itself" : fix_off);
    } else if (said.known) {
        judge_rules(one, &said);
        judge_replay(self, one, &said);
    } else if (err == TASKSEAL_OK) {
        finding_worsen(one, VERDICT_UNKNOWN);
        finding_evidence(one, "a connection without user and password is %s, by its client certificate",
                         name);
        finding_denied(one, "ACL GETUSER default");
    } else if (err == TASKSEAL_ERR_NO_PERMISSION) {
        finding_worsen(one, VERDICT_FAIL);
        finding_evidence(one, "a connection without user and password is taken for a user who may not PING");
        finding_fix(one, "%s%s", fix_before, fix_off);
    } else if (err == TASKSEAL_ERR_AUTH_REFUSED) {
        finding_evidence(
            one, "a connection without user and password is not served: the default user is off, or has "
                 "a password");
        finding_denied(one, "ACL GETUSER default");
    } else {
        finding_denied(one, "ACL GETUSER default");
    }
}
