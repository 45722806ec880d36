/* SPDX-License-Identifier: MIT */
#include "bad_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "failing.h"

#define DRIBBLE_MS 20

/* Whatever OPENSSL_CONF says, which a test makes hostile. */
#define SIGNATURES "ECDSA+SHA256:ECDSA+SHA384:ed25519:rsa_pss_rsae_sha256:RSA+SHA256:ECDSA+SHA1:RSA+SHA1"

struct server {
    server_spec spec;
    SSL_CTX *tls;
    int listener;
    unsigned short port;
    pthread_t thread;
    pthread_mutex_t lock;
    int connection; /* guarded by lock; -1: none */
    bool stopping;  /* guarded by lock */
    server_seen seen;
};

#define NEED(condition)                                                                                      \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            give_up(#condition, __LINE__);                                                                   \
    } while (0)

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void give_up(const char *what, int line)
{
    fprintf(stderr, "bad_server.c:%d: %s: %s\n", line, what, strerror(errno));
    ERR_print_errors_fp(stderr);
    exit(1);
}

static const char *or_default(const char *text, const char *otherwise)
{
    return text != NULL ? text : otherwise;
}

/* ---- Below TLS ---------------------------------------------------------------------------------------------- */

/* Waits until the client goes away or the server is stopped, keeping what comes. */
static void listen_on(server *s, int fd)
{
    char data[2048];
    ssize_t got;
    while ((got = recv(fd, data, sizeof data, 0)) > 0) {
        size_t room = s->seen.raw_len < sizeof s->seen.raw ? sizeof s->seen.raw - s->seen.raw_len : 0;
        if (room > 0)
            memcpy(s->seen.raw + s->seen.raw_len, data, (size_t)got < room ? (size_t)got : room);
        s->seen.raw_len += (size_t)got;
    }
}

/* True if there is something to read, or the end, within `ms`. */
static bool readable(int fd, int ms)
{
    struct pollfd entry = {.fd = fd, .events = POLLIN};
    return poll(&entry, 1, ms) > 0;
}

static void dribble_record(int fd)
{
    static const char header[] = {22, 3, 3, 0x40, 0};
    char sink[2048];
    (void)recv(fd, sink, sizeof sink, 0); /* the ClientHello */
    (void)send(fd, header, sizeof header, MSG_NOSIGNAL);
    while (!readable(fd, DRIBBLE_MS) && send(fd, "\x02", 1, MSG_NOSIGNAL) == 1)
        continue;
}

/* A client ignores it (RFC 5246, 7.4.1.1), so the handshake goes on as long as they come. */
static void ask_for_hello(int fd)
{
    static const char request[] = {22, 3, 3, 0, 4, 0, 0, 0, 0};
    char requests[2000 * sizeof request];
    (void)recv(fd, requests, sizeof requests, 0); /* the ClientHello */
    for (size_t i = 0; i < sizeof requests; i += sizeof request)
        memcpy(requests + i, request, sizeof request);
    while (send(fd, requests, sizeof requests, MSG_NOSIGNAL) == (ssize_t)sizeof requests)
        continue;
}

/* `len` bytes of the alert protocol (21) or of the handshake (22) as the first record. */
static void answer_hello(int fd, unsigned char type, const void *data, unsigned char len)
{
    const unsigned char header[] = {type, 3, 3, 0, len};
    char sink[4096];
    (void)recv(fd, sink, sizeof sink, 0); /* the ClientHello */
    (void)send(fd, header, sizeof header, MSG_NOSIGNAL | MSG_MORE);
    (void)send(fd, data, len, MSG_NOSIGNAL);
    (void)readable(fd, 10000); /* or the close might overtake it */
}

static void speak_plaintext(server *s, int fd)
{
    static const char answer[] = "-ERR unknown command\r\n";
    if (readable(fd, 10000))
        (void)send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL);
    listen_on(s, fd);
}

/* ---- Over TLS ----------------------------------------------------------------------------------------------- */

static void send_slowly(SSL *ssl, int fd, const char *text, size_t len)
{
    for (size_t i = 0; i < len && !readable(fd, DRIBBLE_MS); i++) {
        if (SSL_write(ssl, text + i, 1) != 1)
            return;
    }
}

/* Encrypts `text` in records of changing sizes, and sends these in segments that end within headers, within bodies and at
 * their ends; also several records at once. */
static bool send_pieces(SSL *ssl, int fd, const char *text, size_t len)
{
    static const size_t record_sizes[] = {1, 5, 300, 16384, 2, 8000}, segment_sizes[] = {1, 4, 5, 6, 17, 1400, 3, 40000};
    static unsigned turn;
    char wire[40000];
    BIO *out = SSL_get_wbio(ssl);
    for (size_t at = 0; at < len;) {
        size_t record = record_sizes[turn % COUNT(record_sizes)], sent;
        record = record < len - at ? record : len - at;
        if (SSL_write_ex(ssl, text + at, record, &sent) != 1)
            return false;
        at += sent;
        if (++turn % 4 == 0 && at < len)
            continue; /* the next one leaves with it */
        size_t segment = segment_sizes[turn / 2 % COUNT(segment_sizes)];
        for (int got; (got = BIO_read(out, wire, (int)segment)) > 0; segment = segment < 3 ? segment + 1 : 40000)
            if (send(fd, wire, (size_t)got, MSG_NOSIGNAL) != got)
                return false;
    }
    return true;
}

static void send_without_end(SSL *ssl)
{
    char chunk[16384];
    memset(chunk, 'A', sizeof chunk);
    while (SSL_write(ssl, chunk, sizeof chunk) > 0)
        continue;
}

static bool say(const server *s, SSL *ssl, int fd, const char *text, size_t len)
{
    return s->spec.behaviour == PIECES ? send_pieces(ssl, fd, text, len) : SSL_write(ssl, text, (int)len) > 0;
}

/* False: the connection is to end. */
static bool answer(server *s, SSL *ssl, int fd, const redisReply *command)
{
    const server_spec *spec = &s->spec;
    const char *name =
        command->type == REDIS_REPLY_ARRAY && command->elements > 0 ? command->element[0]->str : "";
    const char *reply = NULL;
    s->seen.commands++;
    if (spec->behaviour == CHANGE_KEYS && SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED) != 1)
        return false;
    if (strcasecmp(name, "AUTH") == 0)
        reply = or_default(spec->auth_reply, "+OK\r\n");
    else if (strcasecmp(name, "PING") == 0)
        reply = or_default(spec->ping_reply, "+PONG\r\n");
    else if (strcasecmp(name, "SELECT") == 0)
        reply = or_default(spec->select_reply, "+OK\r\n");
    if (reply == NULL) {
        reply = or_default(spec->reply, "+OK\r\n");
        size_t len = spec->reply_len > 0 ? spec->reply_len : strlen(reply);
        if (spec->behaviour == DRIBBLE_REPLIES)
            send_slowly(ssl, fd, reply, len);
        else if (len > 0 && !say(s, ssl, fd, reply, len))
            return false;
        if (spec->behaviour == ENDLESS_REPLIES)
            send_without_end(ssl);
    } else if (!say(s, ssl, fd, reply, strlen(reply))) {
        return false;
    }
    return spec->close_after == 0 || s->seen.commands < spec->close_after;
}

static void serve_commands(server *s, SSL *ssl, int fd)
{
    char data[4096];
    redisReader *reader = redisReaderCreate();
    bool going = reader != NULL;
    while (going) {
        void *command = NULL;
        if (redisReaderGetReply(reader, &command) != REDIS_OK)
            break;
        if (command != NULL) {
            going = answer(s, ssl, fd, command);
            freeReplyObject(command);
            continue;
        }
        int got = SSL_read(ssl, data, sizeof data);
        going = got > 0 && redisReaderFeed(reader, data, (size_t)got) == REDIS_OK;
    }
    redisReaderFree(reader);
    (void)SSL_shutdown(ssl);
}

static void reset(int fd)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static void serve_tls(server *s, int fd)
{
    SSL *ssl = SSL_new(s->tls);
    NEED(ssl != NULL && SSL_set_fd(ssl, fd) == 1);
    if (SSL_accept(ssl) == 1) {
        if (s->spec.behaviour == RESET_AFTER_HANDSHAKE)
            reset(fd);
        else if (s->spec.behaviour == SILENT_AFTER_HANDSHAKE)
            listen_on(s, fd);
        else {
            if (s->spec.behaviour == PIECES)
                SSL_set0_wbio(ssl, BIO_new(BIO_s_mem()));
            serve_commands(s, ssl, fd);
        }
    }
    SSL_free(ssl);
    ERR_clear_error();
}

/* ---- The thread --------------------------------------------------------------------------------------------- */

static void serve(server *s, int fd)
{
    switch (s->spec.behaviour) {
    case CLOSE_AT_ONCE:
        break;
    case CLOSE_AFTER_HELLO: {
        char sink[4096];
        (void)recv(fd, sink, sizeof sink, 0);
        break;
    }
    case SAY_NOTHING:
        listen_on(s, fd);
        break;
    case DRIBBLE:
        dribble_record(fd);
        break;
    case ASK_FOR_HELLO:
        ask_for_hello(fd);
        break;
    case ALERT:
        answer_hello(fd, 21, (const unsigned char[]){2, s->spec.alert}, 2);
        break;
    case GARBLE:
        answer_hello(fd, 22, "\x63\0\0\0", 4);
        break;
    case SPEAK_PLAINTEXT:
        speak_plaintext(s, fd);
        break;
    default:
        serve_tls(s, fd);
    }
}

/* Registers `fd`, so that server_stop can end what waits on it. False if the server is stopping. */
static bool set_connection(server *s, int fd)
{
    (void)pthread_mutex_lock(&s->lock);
    bool going = !s->stopping;
    s->connection = fd;
    (void)pthread_mutex_unlock(&s->lock);
    return going;
}

static void *run(void *argument)
{
    server *s = argument;
    failing_exempt_thread();
    for (;;) {
        int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            return NULL;
        int yes = 1;
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        bool going = set_connection(s, fd);
        if (going) {
            s->seen.connections++;
            serve(s, fd);
        }
        going = set_connection(s, -1) && going;
        (void)close(fd);
        if (!going)
            return NULL;
    }
}

static void set_up_tls(server *s)
{
    const server_spec *spec = &s->spec;
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    NEED(tls != NULL);
    SSL_CTX_set_security_level(tls, 0); /* it must be able to do wrong */
    NEED(SSL_CTX_set_min_proto_version(tls, spec->min_version != 0 ? spec->min_version : TLS1_2_VERSION) ==
         1);
    NEED(SSL_CTX_set_max_proto_version(tls, spec->max_version) == 1);
    NEED(spec->ciphers == NULL || SSL_CTX_set_cipher_list(tls, spec->ciphers) == 1);
    NEED(spec->groups == NULL || SSL_CTX_set1_groups_list(tls, spec->groups) == 1);
    NEED(SSL_CTX_set1_sigalgs_list(tls, SIGNATURES) == 1);
    (void)SSL_CTX_set_dh_auto(tls, 1);
    NEED(SSL_CTX_use_certificate(tls, spec->leaf.certificate) == 1);
    NEED(SSL_CTX_use_PrivateKey(tls, spec->leaf.key) == 1);
    (void)SSL_CTX_set_mode(tls, SSL_MODE_NO_AUTO_CHAIN);
    for (size_t i = 0; i < 2; i++)
        NEED(spec->chain[i] == NULL || SSL_CTX_add1_chain_cert(tls, spec->chain[i]) == 1);
    if (spec->client_ca != NULL) {
        SSL_CTX_set_verify(tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        NEED(X509_STORE_add_cert(SSL_CTX_get_cert_store(tls), spec->client_ca) == 1);
        NEED(SSL_CTX_set_session_id_context(tls, (const unsigned char *)"test", 4) == 1);
    }
    s->tls = tls;
}

static void set_up_listener(server *s, unsigned short port)
{
    int yes = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    NEED(s->listener >= 0);
    NEED(setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0);
    NEED(bind(s->listener, (const struct sockaddr *)&address, sizeof address) == 0);
    NEED(listen(s->listener, 64) == 0);
    NEED(getsockname(s->listener, (struct sockaddr *)&address, &size) == 0);
    s->port = ntohs(address.sin_port);
}

/* The thread blocks SIGPIPE for itself only: the client under test must do without. */
server *server_start(const server_spec *spec, unsigned short port)
{
    sigset_t pipe_only, before;
    server *s = calloc(1, sizeof *s);
    NEED(s != NULL);
    s->spec = *spec;
    s->connection = -1;
    NEED(pthread_mutex_init(&s->lock, NULL) == 0);
    set_up_tls(s);
    set_up_listener(s, port);
    (void)sigemptyset(&pipe_only);
    (void)sigaddset(&pipe_only, SIGPIPE);
    (void)pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
    NEED(pthread_create(&s->thread, NULL, run, s) == 0);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return s;
}

unsigned short server_port(const server *s)
{
    return s->port;
}

server_seen server_stop(server *s)
{
    (void)pthread_mutex_lock(&s->lock);
    s->stopping = true;
    if (s->connection >= 0)
        (void)shutdown(s->connection, SHUT_RDWR);
    (void)shutdown(s->listener, SHUT_RDWR); /* ends accept */
    (void)pthread_mutex_unlock(&s->lock);
    (void)pthread_join(s->thread, NULL);
    server_seen seen = s->seen;
    (void)close(s->listener);
    SSL_CTX_free(s->tls);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
    return seen;
}
