/* SPDX-License-Identifier: MIT
 * Input: two bytes of choices, and what a server sends: bytes as they are, or changes to the records of a real server
 * (server.h). Only a real server of the right name, whose handshake came through whole, is ever verified; every other
 * ends in an error that doc/errors.md has for it; the client sends TLS records only, and nothing of its caller's before. */
#include "fuzz.h"

#include <errno.h>
#include <openssl/ssl.h>

#include "redis/names.h"
#include "redis/tls.h"
#include "redis/trust_load.h"
#include "server.h"

enum {
    LIVE = 1,
    TLS12 = 2,
    WRONG_NAME = 4,
    ASKS_CLIENT = 8,
    RESETS = 16,
    KNOWN = 32,
    BREAKS = 64,
    CONTROL = 2
};

static const char canary[] = "AUTH-canary-5f1c9e";
static SSL_CTX *clients[2]; /* without a certificate, and with one that the server does not know */

static void set_up(void)
{
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    fuzz_server_files files;
    if (clients[0] != NULL)
        return;
    fuzz_server_write(&files);
    taskseal__sources sources = {.cacert = files.ca};
    HOLDS(taskseal__trust_load(&clients[0], &sources, NULL, &error) == TASKSEAL_OK);
    sources.cert = files.cert;
    sources.key = files.key;
    HOLDS(taskseal__trust_load(&clients[1], &sources, NULL, &error) == TASKSEAL_OK);
    fuzz_server_remove(&files);
}

/* All that a server can cause. Memory does not fail here, and a deadline is not reached. */
static bool is_expected(taskseal_err err)
{
    switch (err) {
    case TASKSEAL_ERR_NOT_TLS:
    case TASKSEAL_ERR_PEER_CLOSED:
    case TASKSEAL_ERR_TLS_PROTOCOL:
    case TASKSEAL_ERR_TLS_DAMAGED:
    case TASKSEAL_ERR_NAME_MISMATCH:
    case TASKSEAL_ERR_CERT_UNTRUSTED:
    case TASKSEAL_ERR_CERT_SELF_SIGNED:
    case TASKSEAL_ERR_CERT_EXPIRED:
    case TASKSEAL_ERR_CERT_NOT_YET_VALID:
    case TASKSEAL_ERR_CERT_PURPOSE:
    case TASKSEAL_ERR_CERT_WEAK:
    case TASKSEAL_ERR_CERT_INVALID:
    case TASKSEAL_ERR_CLIENT_CERT_REQUIRED:
    case TASKSEAL_ERR_CLIENT_CERT_REFUSED:
    case TASKSEAL_ERR_IO:
        return true;
    default:
        return false;
    }
}

static void check_message(const taskseal_error *error, unsigned choices)
{
    HOLDS(is_expected(error->code));
    HOLDS(error->code != TASKSEAL_ERR_IO || (choices & BREAKS) != 0);
    HOLDS(error->code != TASKSEAL_ERR_CLIENT_CERT_REFUSED || (choices & KNOWN) != 0);
    HOLDS(error->code != TASKSEAL_ERR_CLIENT_CERT_REQUIRED || (choices & KNOWN) == 0);
    HOLDS(strncmp(error->message, "h:1: ", 5) == 0);
    for (const char *c = error->message; *c != '\0'; c++)
        HOLDS(*c >= ' ' && *c <= '~');
}

/* Records of TLS as RFC 8446 has them, whole unless the socket broke, and nothing of the caller's in clear. */
static void check_sent(const fuzz_server *server)
{
    const uint8_t *at = server->sent;
    size_t left = server->sent_len;
    while (left > 0) {
        if (server->broken && left < 5)
            break;
        HOLDS(left >= 5 && at[0] >= 20 && at[0] <= 23 && at[1] == 3);
        size_t len = 5 + ((size_t)at[3] << 8 | at[4]);
        HOLDS(len <= 5 + 16384 + 256 && (len <= left || server->broken));
        if (len > left)
            break;
        at += len;
        left -= len;
    }
    HOLDS(memmem(server->sent, server->sent_len, canary, sizeof canary - 1) == NULL);
}

/* Both sides saw the same bytes: what the client took for the server's Finished is the one that it made. */
static void check_verified(taskseal__tls *tls, fuzz_server *server, unsigned choices)
{
    uint8_t ours[64], theirs[64];
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    char data[256];
    reached_depth();
    HOLDS((choices & LIVE) != 0 && (choices & WRONG_NAME) == 0);
    HOLDS(tls->verified && tls->verdict.passed && SSL_get_verify_result(tls->ssl) == X509_V_OK);
    size_t len = SSL_get_peer_finished(tls->ssl, ours, sizeof ours);
    HOLDS(len >= 12 && SSL_get_finished(server->ssl, theirs, sizeof theirs) == len);
    HOLDS(memcmp(ours, theirs, len) == 0);
    server->ended = server->error != 0;
    tls->patience_us = INT64_MAX / 4;
    HOLDS(taskseal__tls_read(tls, data, sizeof data, false, &error) <= 0 && tls->verified);
    ssize_t sent = taskseal__tls_write(tls, canary, sizeof canary - 1, true, &error);
    HOLDS(sent == (ssize_t)(sizeof canary - 1) || (sent == -1 && is_expected(error.code)));
    HOLDS(taskseal__tls_read(tls, data, sizeof data, true, &error) == -1);
    check_message(&error, choices);
}

static void check_refused(taskseal__tls *tls, const fuzz_server *server, unsigned choices,
                          const taskseal_error *error)
{
    taskseal_error again = {TASKSEAL_OK, 0, ""};
    char byte;
    size_t sent = server->sent_len;
    check_message(error, choices);
    HOLDS(!tls->verified && tls->ssl == NULL && tls->wire.fd == -1 && server->closed == 1);
    HOLDS(taskseal__tls_write(tls, canary, sizeof canary - 1, true, &again) == -1);
    HOLDS(again.code == TASKSEAL_ERR_NOT_VERIFIED);
    HOLDS(taskseal__tls_read(tls, &byte, 1, true, &again) == -1 && again.code == TASKSEAL_ERR_NOT_VERIFIED);
    HOLDS(server->sent_len == sent);
    if (tls->verdict.code != TASKSEAL_OK)
        reached_depth();
    if ((choices & LIVE) != 0 && !server->changed) {
        bool refused_client = (choices & ASKS_CLIENT) != 0 && (choices & TLS12) != 0;
        taskseal_err client =
            (choices & KNOWN) != 0 ? TASKSEAL_ERR_CLIENT_CERT_REFUSED : TASKSEAL_ERR_CLIENT_CERT_REQUIRED;
        HOLDS((choices & WRONG_NAME) != 0 ? error->code == TASKSEAL_ERR_NAME_MISMATCH
                                          : refused_client && error->code == client);
    }
    if ((choices & LIVE) == 0 && server->first >= 0)
        HOLDS((error->code == TASKSEAL_ERR_NOT_TLS) == (server->first < 20 || server->first > 23) ||
              server->second != 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const taskseal__expected expected = {.name = "localhost"};
    taskseal__tls tls;
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    set_up();
    unsigned choices = size > 0 ? data[0] : 0;
    unsigned piece = size > 1 ? data[1] : 0;
    const size_t skip = size < CONTROL ? size : CONTROL;
    fuzz_server *server = fuzz_server_new(data + skip, size - skip, piece);
    if ((choices & LIVE) != 0)
        fuzz_server_go_live(server, (choices & TLS12) != 0, (choices & WRONG_NAME) != 0,
                            (choices & ASKS_CLIENT) != 0);
    server->error = (choices & RESETS) != 0 ? ECONNRESET : (choices & BREAKS) != 0 ? EIO : 0;
    SSL_CTX *client = clients[(choices & KNOWN) != 0 ? 1 : 0];
    taskseal_err err =
        taskseal__tls_open(&tls, client, FUZZ_SERVER_FD, &expected, "h:1", TASKSEAL__NO_DEADLINE, &error);
    if (err == TASKSEAL_OK)
        check_verified(&tls, server, choices);
    else
        check_refused(&tls, server, choices, &error);
    taskseal__tls_close(&tls);
    HOLDS(server->closed == 1);
    check_sent(server);
    fuzz_server_free(server);
    return 0;
}
