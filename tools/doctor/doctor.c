/* SPDX-License-Identifier: MIT */
#include "doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "payloads.h"
#include "role.h"

/* "host:port" into its parts; the library has accepted the URI. */
static void split_server(doctor *self)
{
    const char *colon = strrchr(self->server, ':');
    const size_t len = colon != NULL ? (size_t)(colon - self->server) : strlen(self->server);
    const bool six = self->server[0] == '[' && len >= 2;

    snprintf(self->host, sizeof self->host, "%.*s", (int)(len - (six ? 2 : 0)), self->server + (six ? 1 : 0));
    self->port = colon != NULL ? (unsigned)strtoul(colon + 1, NULL, 10) : 6379;
}

/* Whom the server takes us for: a client's certificate may be the login, and not the URI. */
static void find_user(doctor *self)
{
    redisReply *reply = ask(self, 2, (const char *[]){"ACL", "WHOAMI"});

    /* Without a name in the URI, and with a certificate, it may be anybody. */
    self->user_known = strcmp(self->user, "default") != 0 || !uri_has_certificate(self->uri);
    if (reply != NULL && reply->type == REDIS_REPLY_STRING && reply->len < sizeof self->user) {
        snprintf(self->user, sizeof self->user, "%s", reply->str);
        self->user_known = true;
    }
    freeReplyObject(reply);
}

/* The probes go where the verified connection went: a name may have several addresses. */
static void find_target(doctor *self)
{
    self->has_target = self->redis != NULL ? probe_of_socket(&self->target, self->redis->fd, self->host)
                                           : probe_resolve(&self->target, self->host, self->port);
    if (self->has_target)
        (void)uri_parameter(self->uri, "name", self->target.name, sizeof self->target.name);
}

static const char *fix_of(taskseal_err err)
{
    switch (err) {
    case TASKSEAL_ERR_RESOLVE:
    case TASKSEAL_ERR_CONNECT:
        return "start the server, or correct host and port in the URI";
    case TASKSEAL_ERR_NOT_TLS:
    case TASKSEAL_ERR_TIMEOUT:
        return "if it has no TLS, in the server's configuration file: port 0; tls-port of the URI; "
               "tls-cert-file FILE; tls-key-file FILE; tls-ca-cert-file FILE; and start it anew";
    case TASKSEAL_ERR_CERT_EXPIRED:
    case TASKSEAL_ERR_CERT_NOT_YET_VALID:
    case TASKSEAL_ERR_CERT_SELF_SIGNED:
    case TASKSEAL_ERR_CERT_UNTRUSTED:
    case TASKSEAL_ERR_CERT_WEAK:
    case TASKSEAL_ERR_CERT_PURPOSE:
    case TASKSEAL_ERR_CERT_INVALID:
    case TASKSEAL_ERR_NAME_MISMATCH:
        return "issue a certificate of your CA for this name, and on the server: CONFIG SET tls-cert-file "
               "FILE tls-key-file FILE";
    case TASKSEAL_ERR_AUTH_REFUSED:
    case TASKSEAL_ERR_NO_PERMISSION:
        return "correct user and password in the URI; the user needs +ping";
    case TASKSEAL_ERR_CLIENT_CERT_REQUIRED:
    case TASKSEAL_ERR_CLIENT_CERT_REFUSED:
        return "give a client certificate of the server's CA: cert=FILE&key=FILE in the URI";
    default:
        return "see doc/errors.md on this error";
    }
}

static void check_connection(doctor *self)
{
    taskseal_error error = {0};

    self->refused = taskseal_redis_connect(self->endpoint, &self->redis, &error);
    if (self->refused == TASKSEAL_OK)
        self->refused = taskseal_redis_peer_info(self->redis, &self->peer);
    if (self->refused == TASKSEAL_OK)
        find_user(self);
    finding *one =
        findings_add(&self->found, "connection", self->refused == TASKSEAL_OK ? VERDICT_OK : VERDICT_FAIL);
    if (self->refused == TASKSEAL_OK) {
        finding_evidence(one, "%s proved its chain and the name %s; %s, %s, %s; logged in as %s",
                         self->server, self->peer.matched_name, self->peer.protocol, self->peer.cipher,
                         self->peer.group, self->user);
    } else {
        finding_evidence(one, "%s: %s", taskseal_err_name(self->refused),
                         error.message[0] != '\0' ? error.message : taskseal_err_text(self->refused));
        finding_fix(one, "%s", fix_of(self->refused));
    }
}

/* What a lost connection left unasked is not known, and the next look may find it out: no report to rely on. */
static void check_lost(doctor *self)
{
    finding *one = &self->found.list[0];

    self->lost = self->redis != NULL && self->redis->err != 0;
    if (!self->lost)
        return;
    finding_worsen(one, VERDICT_FAIL);
    finding_evidence(one, "; it was lost before all was asked: %s",
                     self->redis->errstr[0] != '\0' ? self->redis->errstr : "no answer");
    finding_fix(one, "look again; if it is lost again, see the server's log");
}

int doctor_run(doctor *self)
{
    taskseal_error error = {0};

    self->refused = taskseal_redis_endpoint_new(&self->endpoint, self->uri, &error);
    /* One that breaks its rules may hold its password where others have the host. */
    if (self->refused != TASKSEAL_ERR_URI_INVALID)
        uri_server(self->uri, self->server);
    if (self->refused != TASKSEAL_OK) {
        (void)report_error(self->refused, error.message);
        return taskseal_err_permanent(self->refused) ? STATUS_REFUSED : STATUS_RETRY;
    }
    uri_user(self->uri, self->user);
    (void)uri_parameter(self->uri, "cacert", self->anchors, sizeof self->anchors);
    split_server(self);
    check_connection(self);
    find_target(self);
    check_addresses(self);
    check_listeners(self);
    check_tls(self);
    check_certificates(self);
    check_users(self);
    check_rights(self);
    check_configuration(self);
    if (self->test_role)
        check_role(self);
    check_payloads(self);
    check_lost(self);
    return STATUS_OK;
}

void doctor_end(doctor *self)
{
    freeReplyObject(self->info);
    if (self->redis != NULL)
        redisFree(self->redis);
    taskseal_redis_endpoint_free(self->endpoint);
    self->info = NULL;
    self->redis = NULL;
    self->endpoint = NULL;
}
