/* SPDX-License-Identifier: MIT */
#include "server.h"

#include <errno.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../tests/redis/support/certs.h"
#include "fuzz.h"
#include "redis/deadline.h"

enum { CHANGE = 5, HEAD = 5, READY_MAX = 1 << 17, SENT_MAX = 1 << 17 };

static fuzz_server *one;

/* ---- Identities, made once ------------------------------------------------------------------------------------ */

static identity root;
static SSL_CTX *contexts[2]; /* of the right name, and of another */

static void make_identities(void)
{
    if (root.certificate != NULL)
        return;
    cert_spec ca = spec_ca("fuzz");
    root = issue(&ca, NULL);
    for (int i = 0; i < 2; i++) {
        cert_spec leaf = spec_server(i == 0 ? "DNS:localhost" : "DNS:evil.example.com");
        identity server = issue(&leaf, &root);
        contexts[i] = SSL_CTX_new(TLS_server_method());
        HOLDS(contexts[i] != NULL && SSL_CTX_use_certificate(contexts[i], server.certificate) == 1 &&
              SSL_CTX_use_PrivateKey(contexts[i], server.key) == 1);
        SSL_CTX_set_session_cache_mode(contexts[i], SSL_SESS_CACHE_OFF);
        HOLDS(SSL_CTX_set_num_tickets(contexts[i], 0) == 1);
    }
}

static void make_file(char path[40])
{
    (void)snprintf(path, 40, "/tmp/taskseal-fuzz-XXXXXX");
    int fd = mkstemp(path);
    HOLDS(fd >= 0 && close(fd) == 0);
}

void fuzz_server_write(fuzz_server_files *files)
{
    make_identities();
    cert_spec ca = spec_ca("another"), client = spec_client("client");
    ca.key_number = 1;
    client.key_number = 2;
    identity other = issue(&ca, NULL), stranger = issue(&client, &other);
    make_file(files->ca);
    make_file(files->cert);
    make_file(files->key);
    write_certificates(files->ca, root.certificate, NULL);
    write_certificates(files->cert, stranger.certificate, NULL);
    write_key(files->key, stranger.key);
}

void fuzz_server_remove(const fuzz_server_files *files)
{
    HOLDS(unlink(files->ca) == 0 && unlink(files->cert) == 0 && unlink(files->key) == 0);
}

/* ---- Its life ------------------------------------------------------------------------------------------------- */

static void enqueue(fuzz_server *s, const uint8_t *bytes, size_t len)
{
    if (len > READY_MAX - s->ready_len)
        len = READY_MAX - s->ready_len;
    if (len > 0)
        memcpy(s->ready + s->ready_len, bytes, len);
    s->ready_len += len;
}

fuzz_server *fuzz_server_new(const uint8_t *script, size_t len, unsigned piece)
{
    HOLDS(one == NULL);
    one = must_allocate(sizeof *one);
    *one =
        (fuzz_server){.script = script, .script_len = len, .piece = piece & 0x7F, .first = -1, .second = -1};
    one->again = one->may_wait = (piece & 0x80) != 0;
    one->ready = must_allocate(READY_MAX);
    one->held = must_allocate(READY_MAX);
    one->sent = must_allocate(SENT_MAX);
    enqueue(one, script, len);
    return one;
}

void fuzz_server_go_live(fuzz_server *s, bool tls12, bool wrong_name, bool asks_client)
{
    make_identities();
    s->ready_len = 0;
    s->ssl = SSL_new(contexts[wrong_name ? 1 : 0]);
    s->in = BIO_new(BIO_s_mem());
    s->out = BIO_new(BIO_s_mem());
    HOLDS(s->ssl != NULL && s->in != NULL && s->out != NULL);
    SSL_set_bio(s->ssl, s->in, s->out);
    SSL_set_accept_state(s->ssl);
    if (tls12)
        HOLDS(SSL_set_max_proto_version(s->ssl, TLS1_2_VERSION) == 1);
    if (asks_client)
        SSL_set_verify(s->ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
}

void fuzz_server_free(fuzz_server *s)
{
    HOLDS(s == one);
    SSL_free(s->ssl);
    free(s->ready);
    free(s->held);
    free(s->sent);
    free(s);
    one = NULL;
}

/* ---- Changes to its records ------------------------------------------------------------------------------------- */

static void insert_record(fuzz_server *s, unsigned type, size_t len, uint8_t value)
{
    uint8_t record[HEAD + 256] = {(uint8_t)type, 3, 3, 0, (uint8_t)len};
    memset(record + HEAD, value, len);
    enqueue(s, record, HEAD + len);
}

static void insert_alert(fuzz_server *s, uint8_t level, uint8_t alert)
{
    const uint8_t record[] = {21, 3, 3, 0, 2, level, alert};
    enqueue(s, record, sizeof record);
}

/* Makes one change to a record; what is left of it, and comes next, is its new length. */
static size_t change_record(fuzz_server *s, const uint8_t *change, uint8_t *record, size_t len)
{
    const size_t place = (size_t)change[2] << 8 | change[3];
    s->changed = true;
    switch (change[1] % 8) {
    case 0:
        record[place % len] ^= (uint8_t)(change[4] | (change[4] == 0));
        return len;
    case 1:
        return 0;
    case 2:
        enqueue(s, record, len);
        return len;
    case 3: /* behind the next */
        memcpy(s->held, record, len);
        s->held_len = len;
        return 0;
    case 4: /* shorter, and it says so */
        len = HEAD + place % (len - HEAD + 1);
        record[3] = (uint8_t)((len - HEAD) >> 8);
        record[4] = (uint8_t)(len - HEAD);
        return len;
    case 5: /* cut, and nothing more */
        s->ended = true;
        return place % len;
    case 6:
        insert_record(s, 20 + change[2] % 4, change[3], change[4]);
        return len;
    default:
        insert_alert(s, 1 + change[2] % 2, change[4]);
        return len;
    }
}

static void pass_record(fuzz_server *s, uint8_t *record, size_t len)
{
    size_t held_len = s->held_len;
    for (size_t at = 0; at + CHANGE <= s->script_len && len > 0 && !s->ended; at += CHANGE) {
        if (s->script[at] == s->records)
            len = change_record(s, s->script + at, record, len);
    }
    s->records++;
    enqueue(s, record, len);
    if (held_len > 0 && !s->ended) {
        enqueue(s, s->held, held_len);
        s->held_len = s->held_len == held_len ? 0 : s->held_len;
    }
}

/* Lets the live server answer what the client has sent so far. */
static void turn(fuzz_server *s)
{
    uint8_t *made;
    if (s->ssl == NULL || s->ended)
        return;
    (void)ERR_set_mark(); /* its errors are not the client's */
    if (!SSL_is_init_finished(s->ssl))
        (void)SSL_do_handshake(s->ssl);
    (void)ERR_pop_to_mark();
    long len = BIO_get_mem_data(s->out, &made);
    for (long at = 0; at + HEAD <= len && !s->ended;) {
        long record = HEAD + (long)(made[at + 3] << 8 | made[at + 4]);
        HOLDS(at + record <= len);
        pass_record(s, made + at, (size_t)record);
        at += record;
    }
    (void)BIO_reset(s->out);
}

/* ---- What the library calls --------------------------------------------------------------------------------------- */

ssize_t __wrap_recv(int fd, void *data, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *data, size_t len, int flags);
int __wrap_close(int fd);
int __real_close(int fd);
taskseal__waited __wrap_taskseal__wait(int fd, short events, taskseal__deadline deadline);

ssize_t __wrap_recv(int fd, void *data, size_t len, int flags)
{
    fuzz_server *s = one;
    (void)flags;
    HOLDS(fd == FUZZ_SERVER_FD && s->closed == 0);
    if (s->ready_at == s->ready_len)
        turn(s);
    size_t left = s->ready_len - s->ready_at;
    if (left > 0 && s->again) {
        s->again = false;
        errno = EAGAIN;
        return -1;
    }
    s->again = s->piece > 0 && left > s->piece;
    if (s->piece > 0 && left > s->piece)
        left = s->piece;
    if (left > len)
        left = len;
    if (left > 0) {
        memcpy(data, s->ready + s->ready_at, left);
        if (s->first < 0) {
            s->first = s->ready[0];
            s->second = left > 1 ? s->ready[1] : 3;
        }
    }
    s->ready_at += left;
    if (left == 0 && s->error != 0) {
        errno = s->error;
        return -1;
    }
    return (ssize_t)left;
}

ssize_t __wrap_send(int fd, const void *data, size_t len, int flags)
{
    fuzz_server *s = one;
    HOLDS(fd == FUZZ_SERVER_FD && s->closed == 0 && (flags & MSG_NOSIGNAL) != 0);
    HOLDS(len <= SENT_MAX - s->sent_len);
    if (s->error != 0 && s->sent_len > 0 && s->ready_at == s->ready_len && s->ended) {
        errno = s->error == ECONNRESET ? EPIPE : s->error;
        s->broken = true;
        return -1;
    }
    s->again_send = !s->again_send && s->may_wait;
    if (s->again_send) {
        errno = EAGAIN;
        return -1;
    }
    memcpy(s->sent + s->sent_len, data, len);
    s->sent_len += len;
    if (s->ssl != NULL)
        HOLDS(BIO_write(s->in, data, (int)len) == (int)len);
    return (ssize_t)len;
}

int __wrap_close(int fd)
{
    if (fd != FUZZ_SERVER_FD)
        return __real_close(fd);
    one->closed++;
    return 0;
}

taskseal__waited __wrap_taskseal__wait(int fd, short events, taskseal__deadline deadline)
{
    HOLDS(fd == FUZZ_SERVER_FD && (events == POLLIN || events == POLLOUT) && deadline > 0);
    return TASKSEAL__READY;
}
