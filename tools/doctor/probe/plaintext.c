/* SPDX-License-Identifier: MIT */
#include "plaintext.h"

#include <errno.h>
#include <string.h>

static const char question[] = "PING\r\n";

/* "+PONG", or an error such as "-NOAUTH Authentication required." */
static bool is_redis(const char *reply)
{
    return strncmp(reply, "+PONG", 5) == 0 ||
           (reply[0] == '-' && strspn(reply + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") >= 3);
}

/* Nothing there, or a firewall before it; other failures are ours. */
static bool is_shut(int failed)
{
    return failed == ECONNREFUSED || failed == ETIMEDOUT || failed == EHOSTUNREACH || failed == ENETUNREACH ||
           failed == ECONNRESET;
}

plaintext_answer plaintext_ask(const probe_target *target, unsigned port, char words[PLAINTEXT_WORDS_MAX])
{
    probe wire;
    size_t len = 0;

    words[0] = '\0';
    if (!probe_dial(&wire, target, port))
        return is_shut(wire.failed) ? PLAINTEXT_CLOSED : PLAINTEXT_SILENT;
    if (probe_send(&wire, question, sizeof question - 1)) {
        while (len + 1 < PLAINTEXT_WORDS_MAX && memchr(words, '\n', len) == NULL) {
            const size_t got = probe_receive(&wire, words + len, PLAINTEXT_WORDS_MAX - 1 - len);
            if (got == 0)
                break;
            len += got;
        }
    }
    probe_close(&wire);
    words[len] = '\0';
    words[strcspn(words, "\r\n")] = '\0';
    if (is_redis(words))
        return PLAINTEXT_SPOKEN;
    return wire.failed == ETIMEDOUT ? PLAINTEXT_SILENT : PLAINTEXT_NONE;
}
