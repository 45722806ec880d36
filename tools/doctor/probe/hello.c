/* SPDX-License-Identifier: MIT */
#include "hello.h"

#include <string.h>
#include <sys/random.h>

enum { MESSAGE_MAX = 1024, RECORD_HEADER = 5, RECORD_ALERT = 21, RECORD_HANDSHAKE = 22, SERVER_HELLO = 2 };
enum { ALERT_WARNING = 1, ALERT_CLOSE = 0, ALERT_VERSION = 70, WARNINGS_MAX = 4 };

/* Of RFC 5746: it can't renegotiate, and says so, without which many servers refuse. */
static const uint16_t no_renegotiation = 0x00FF;

typedef struct writer {
    bool tls13;
    uint8_t data[MESSAGE_MAX];
    size_t len;
} writer;

static void put8(writer *to, unsigned value)
{
    to->data[to->len++] = (uint8_t)value;
}

static void put16(writer *to, unsigned value)
{
    put8(to, value >> 8);
    put8(to, value & 0xFF);
}

static void put_bytes(writer *to, const void *data, size_t len)
{
    memcpy(to->data + to->len, data, len);
    to->len += len;
}

/* Leaves room for a length of 16 bits, and fills it in when what it counts is there. */
static size_t begin16(writer *to)
{
    put16(to, 0);
    return to->len;
}

static void end16(writer *to, size_t begin)
{
    const size_t len = to->len - begin;

    to->data[begin - 2] = (uint8_t)(len >> 8);
    to->data[begin - 1] = (uint8_t)len;
}

static void put_list(writer *to, unsigned extension, const uint16_t *values, size_t count)
{
    put16(to, extension);
    const size_t outer = begin16(to);
    const size_t inner = begin16(to);
    for (size_t i = 0; i < count; i++)
        put16(to, values[i]);
    end16(to, inner);
    end16(to, outer);
}

/* Nobody computes anything from the share, the base point of x25519. A server that wants another group asks for it in
 * what has the form of a ServerHello, with the cipher that it takes. */
static void put_tls13(writer *to)
{
    static const uint8_t share[32] = {9};

    put_bytes(to, "\0\x2b\0\3\2\3\4", 7); /* supported_versions: TLS 1.3 */
    put16(to, 51);                        /* key_share */
    const size_t outer = begin16(to);
    const size_t list = begin16(to);
    put16(to, 0x001D);
    const size_t key = begin16(to);
    put_bytes(to, share, sizeof share);
    end16(to, key);
    end16(to, list);
    end16(to, outer);
}

static void put_name(writer *to, const char *name)
{
    put16(to, 0); /* server_name */
    const size_t outer = begin16(to);
    const size_t list = begin16(to);
    put8(to, 0);
    const size_t inner = begin16(to);
    put_bytes(to, name, strlen(name));
    end16(to, inner);
    end16(to, list);
    end16(to, outer);
}

/* Everything that a server may have a key for: what is left out here, it would refuse for want of it, and its ciphers
 * would stay unseen. No group of finite fields: a server that knows RFC 7919 would then use no other. */
static void put_extensions(writer *to, const char *name)
{
    /* x25519, P-256, P-384, P-521, x448; Brainpool; P-224, secp256k1 and the older ones */
    static const uint16_t groups[] = {0x001D, 0x0017, 0x0018, 0x0019, 0x001E, 0x001A, 0x001B, 0x001C, 0x0015,
                                      0x0016, 0x0013, 0x0014, 0x0012, 0x000D, 0x000E, 0x000B, 0x000C, 0x0009,
                                      0x000A, 0x0006, 0x0007, 0x0008, 0x0001, 0x0002, 0x0003};
    /* ECDSA, RSA-PSS (with keys of RSA and of RSA-PSS), RSA and DSA with SHA-2; Ed25519, Ed448; SHA-1; MD5 */
    static const uint16_t signatures[] = {0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0809, 0x080A,
                                          0x080B, 0x0401, 0x0501, 0x0601, 0x0402, 0x0502, 0x0602, 0x0807,
                                          0x0808, 0x0303, 0x0301, 0x0302, 0x0203, 0x0201, 0x0202, 0x0101};
    const size_t all = begin16(to);
    if (name[0] != '\0')
        put_name(to, name);
    put_list(to, 10, groups, sizeof groups / sizeof groups[0]);
    put_bytes(to, "\0\x0b\0\2\1\0", 6); /* ec_point_formats: uncompressed */
    put_list(to, 13, signatures, sizeof signatures / sizeof signatures[0]);
    put_bytes(to, "\0\x17\0\0", 4); /* extended_master_secret */
    if (to->tls13)
        put_tls13(to);
    end16(to, all);
}

static bool write_hello(writer *to, unsigned version, const uint16_t *ciphers, size_t count, const char *name)
{
    uint8_t random[32];

    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return false;
    put8(to, RECORD_HANDSHAKE);
    put16(to, version < VERSION_TLS10 ? version : VERSION_TLS10);
    const size_t record = begin16(to);
    put8(to, 1); /* ClientHello, whose length has 24 bits */
    put8(to, 0);
    const size_t message = begin16(to);
    put16(to, to->tls13 ? VERSION_TLS12 : version);
    put_bytes(to, random, sizeof random);
    put8(to, 0); /* no session */
    const size_t list = begin16(to);
    for (size_t i = 0; i < count; i++)
        put16(to, ciphers[i]);
    put16(to, no_renegotiation);
    end16(to, list);
    put_bytes(to, "\1\0", 2); /* no compression */
    if (version > VERSION_SSL3)
        put_extensions(to, name);
    end16(to, message);
    end16(to, record);
    return true;
}

/* Reads exactly `len` bytes. */
static bool receive_all(probe *wire, uint8_t *data, size_t len)
{
    for (size_t done = 0; done < len;) {
        const size_t got = probe_receive(wire, data + done, len - done);
        if (got == 0)
            return false;
        done += got;
    }
    return true;
}

/* Reads the head of the first record that is no warning: a server may say unrecognized_name before its ServerHello. */
static hello_answer read_head(probe *wire, uint8_t head[RECORD_HEADER])
{
    uint8_t alert[2];

    for (int warnings = 0; warnings < WARNINGS_MAX; warnings++) {
        if (!receive_all(wire, head, RECORD_HEADER))
            return wire->failed == 0 ? HELLO_REFUSED : HELLO_FAILED;
        if (head[0] == RECORD_HANDSHAKE && head[1] == 3)
            return HELLO_TAKEN;
        if (head[0] != RECORD_ALERT || head[1] != 3 || head[3] != 0 || head[4] != sizeof alert ||
            !receive_all(wire, alert, sizeof alert))
            return HELLO_FAILED;
        if (alert[0] != ALERT_WARNING || alert[1] == ALERT_CLOSE)
            return alert[1] == ALERT_VERSION ? HELLO_TOO_OLD : HELLO_REFUSED;
    }
    return HELLO_FAILED;
}

/* A ServerHello is type, 24 bits of length, version, 32 random bytes, session id, cipher. */
static hello_answer read_answer(probe *wire, unsigned *version, unsigned *cipher)
{
    enum { FIXED = 4 + 2 + 32 + 1, LEAST = FIXED + 2, SESSION_MAX = 32 };
    uint8_t head[RECORD_HEADER];
    uint8_t body[FIXED + SESSION_MAX + 2];

    const hello_answer first = read_head(wire, head);
    if (first != HELLO_TAKEN)
        return first;
    const size_t len = (size_t)head[3] << 8 | head[4];
    if (len < LEAST || !receive_all(wire, body, FIXED) || body[0] != SERVER_HELLO)
        return HELLO_FAILED;
    const size_t session = body[FIXED - 1];
    if (session > SESSION_MAX || len < LEAST + session || !receive_all(wire, body + FIXED, session + 2))
        return HELLO_FAILED;
    *version = (unsigned)body[4] << 8 | body[5];
    *cipher = (unsigned)body[FIXED + session] << 8 | body[FIXED + session + 1];
    return HELLO_TAKEN;
}

hello_answer hello_ask(const probe_target *target, unsigned version, const uint16_t *ciphers, size_t count,
                       unsigned *taken_version, unsigned *taken_cipher)
{
    writer hello = {.tls13 = version == VERSION_TLS13};
    probe wire;
    hello_answer answer = HELLO_FAILED;

    if (count > HELLO_CIPHERS_MAX || !write_hello(&hello, version, ciphers, count, target->name) ||
        !probe_dial(&wire, target, 0))
        return HELLO_FAILED;
    if (probe_send(&wire, hello.data, hello.len))
        answer = read_answer(&wire, taken_version, taken_cipher);
    probe_close(&wire);
    return answer;
}
