/* SPDX-License-Identifier: MIT */
#include "proxy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { QUEUE_MAX = 1 << 16, SETTLE_S = 20 };

struct proxy {
    int listener;
    unsigned port, server_port;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stopping; /* all below is guarded by lock */
    bool over;     /* the armed connection is */
    proxy_plan plan;
    proxy_seen seen;
};

/* One direction of the connection that is served. */
typedef struct flow {
    int from, to;
    bool ended;    /* `from` has sent all */
    bool cut;      /* what comes is thrown away */
    bool slow;     /* a byte now and then */
    bool told;     /* `to` knows that this direction has ended */
    size_t passed; /* bytes that `to` was given */
    size_t queued;
    unsigned char queue[QUEUE_MAX];
} flow;

typedef struct connection {
    proxy *proxy;
    proxy_plan plan;
    bool fired, over;
    flow flows[2]; /* by direction */
} connection;

/* ---- The fault ---------------------------------------------------------------------------------------------- */

static void note_fired(connection *c)
{
    c->fired = true;
    (void)pthread_mutex_lock(&c->proxy->lock);
    c->proxy->seen.fired = true;
    (void)pthread_mutex_unlock(&c->proxy->lock);
}

static void note_withheld(connection *c, size_t len)
{
    (void)pthread_mutex_lock(&c->proxy->lock);
    c->proxy->seen.withheld += len;
    (void)pthread_mutex_unlock(&c->proxy->lock);
}

static void reset_on_close(int fd)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static void flip(connection *c, flow *f)
{
    proxy_seen *seen = &c->proxy->seen;
    f->queue[0] ^= (unsigned char)(1U << (c->plan.after % 8));
    (void)pthread_mutex_lock(&c->proxy->lock);
    for (size_t i = 0; i < seen->sent[c->plan.where].count && i < RECORDS_MAX; i++) {
        if (seen->sent[c->plan.where].begin[i] <= c->plan.after)
            seen->flipped_at = c->plan.after - seen->sent[c->plan.where].begin[i];
    }
    (void)pthread_mutex_unlock(&c->proxy->lock);
}

static void fire(connection *c, flow *f)
{
    note_fired(c);
    switch (c->plan.fault) {
    case STALLS:
        f->cut = true;
        break;
    case DRIBBLES:
        f->slow = true;
        break;
    case RESETS:
        reset_on_close(f->from);
        reset_on_close(f->to);
        c->over = true;
        break;
    case HALF_CLOSES:
        (void)shutdown(f->to, SHUT_WR);
        f->cut = f->told = true;
        break;
    case CLOSES:
        c->over = true;
        break;
    case FLIPS:
        flip(c, f);
        break;
    default:
        break;
    }
}

static bool is_due(const connection *c, const flow *f)
{
    return !c->fired && c->plan.fault != NO_FAULT && f == &c->flows[c->plan.where] && f->passed == c->plan.after &&
           (c->plan.fault != FLIPS || f->queued > 0);
}

/* ---- Passing on --------------------------------------------------------------------------------------------- */

/* Takes what there is from the sender. */
static void take(connection *c, flow *f, direction where)
{
    size_t room = QUEUE_MAX - f->queued;
    ssize_t got = recv(f->from, f->queue + f->queued, room, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        f->ended = true;
        return;
    }
    proxy_seen *seen = &c->proxy->seen;
    (void)pthread_mutex_lock(&c->proxy->lock);
    records_feed(&seen->sent[where], f->queue + f->queued, (size_t)got);
    if (where == TO_SERVER) {
        size_t kept = PROXY_KEPT - seen->kept < (size_t)got ? PROXY_KEPT - seen->kept : (size_t)got;
        memcpy(seen->client + seen->kept, f->queue + f->queued, kept);
        seen->kept += kept;
    }
    (void)pthread_mutex_unlock(&c->proxy->lock);
    f->queued += (size_t)got;
}

/* Gives the receiver as much as may pass now. */
static void give(connection *c, flow *f, bool tick)
{
    if (is_due(c, f))
        fire(c, f);
    while (f->queued > 0 && !f->cut && !c->over) {
        size_t len = f->queued;
        if (!c->fired && c->plan.fault != NO_FAULT && f == &c->flows[c->plan.where] &&
            c->plan.after - f->passed < len)
            len = c->plan.after - f->passed;
        if (f->slow)
            len = tick ? 1 : 0;
        if (len == 0 && c->fired)
            return;
        ssize_t sent = len > 0 ? send(f->to, f->queue, len, MSG_NOSIGNAL) : 0;
        if (sent < 0) {
            f->cut = true; /* it has gone */
            break;
        }
        f->passed += (size_t)sent;
        f->queued -= (size_t)sent;
        memmove(f->queue, f->queue + sent, f->queued);
        tick = false;
        if (is_due(c, f))
            fire(c, f);
    }
    if (f->cut && f->queued > 0) {
        note_withheld(c, f->queued);
        f->queued = 0;
    }
}

/* A client that has gone ends the connection; a server's end is passed on unless the fault keeps it back. */
static void settle_ends(connection *c)
{
    flow *from_server = &c->flows[TO_CLIENT], *from_client = &c->flows[TO_SERVER];
    if (from_client->ended && (from_client->queued == 0 || from_client->slow))
        c->over = true;
    if (from_server->ended && from_server->queued == 0 && !from_server->cut && !from_server->told) {
        (void)shutdown(from_server->to, SHUT_WR);
        from_server->told = true;
    }
}

static bool is_ticking(const connection *c)
{
    return (c->flows[0].slow && c->flows[0].queued > 0) || (c->flows[1].slow && c->flows[1].queued > 0);
}

static bool is_stopping(proxy *p)
{
    (void)pthread_mutex_lock(&p->lock);
    bool stopping = p->stopping;
    (void)pthread_mutex_unlock(&p->lock);
    return stopping;
}

static void serve(connection *c)
{
    give(c, &c->flows[TO_SERVER], false); /* a fault before any byte */
    give(c, &c->flows[TO_CLIENT], false);
    while (!c->over && !is_stopping(c->proxy)) {
        struct pollfd entries[2];
        for (int i = 0; i < 2; i++) {
            flow *f = &c->flows[i];
            bool listens = !f->ended && f->queued < QUEUE_MAX;
            entries[i] = (struct pollfd){.fd = listens ? f->from : -1, .events = POLLIN};
        }
        int ready = poll(entries, 2, is_ticking(c) ? DRIBBLE_PAUSE_MS : 200);
        for (int i = 0; i < 2 && !c->over; i++) {
            if (ready > 0 && entries[i].revents != 0)
                take(c, &c->flows[i], (direction)i);
            give(c, &c->flows[i], ready == 0);
        }
        settle_ends(c);
    }
}

/* ---- Connections -------------------------------------------------------------------------------------------- */

static int connect_to(unsigned port)
{
    int yes = 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((unsigned short)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        (void)close(fd);
        return -1;
    }
    if (fd >= 0)
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return fd;
}

static void *run(void *argument)
{
    proxy *p = argument;
    static _Thread_local connection c; /* its queues are large */
    for (;;) {
        int yes = 1;
        int client = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC);
        if (client < 0)
            return NULL;
        (void)setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        int server = connect_to(p->server_port);
        (void)pthread_mutex_lock(&p->lock);
        memset(&c, 0, sizeof c);
        c.proxy = p;
        c.plan = p->plan;
        p->plan = (proxy_plan){.fault = NO_FAULT};
        (void)pthread_mutex_unlock(&p->lock);
        c.flows[TO_SERVER].from = c.flows[TO_CLIENT].to = client;
        c.flows[TO_CLIENT].from = c.flows[TO_SERVER].to = server;
        if (server >= 0)
            serve(&c);
        (void)close(client);
        if (server >= 0)
            (void)close(server);
        (void)pthread_mutex_lock(&p->lock);
        p->over = true;
        (void)pthread_cond_broadcast(&p->changed);
        (void)pthread_mutex_unlock(&p->lock);
    }
}

/* ---- For the test ------------------------------------------------------------------------------------------- */

proxy *proxy_start(unsigned server_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    proxy *p = calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    p->server_port = server_port;
    p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (p->listener < 0 || bind(p->listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(p->listener, 16) != 0 || getsockname(p->listener, (struct sockaddr *)&address, &size) != 0)
        goto failed;
    p->port = ntohs(address.sin_port);
    if (pthread_mutex_init(&p->lock, NULL) != 0 || pthread_cond_init(&p->changed, NULL) != 0 ||
        pthread_create(&p->thread, NULL, run, p) != 0)
        goto failed;
    return p;

failed:
    if (p->listener >= 0)
        (void)close(p->listener);
    free(p);
    return NULL;
}

unsigned proxy_port(const proxy *p)
{
    return p->port;
}

void proxy_arm(proxy *p, proxy_plan plan)
{
    (void)pthread_mutex_lock(&p->lock);
    p->plan = plan;
    p->over = false;
    memset(&p->seen, 0, sizeof p->seen);
    (void)pthread_mutex_unlock(&p->lock);
}

void proxy_look(proxy *p, proxy_seen *seen)
{
    (void)pthread_mutex_lock(&p->lock);
    *seen = p->seen;
    (void)pthread_mutex_unlock(&p->lock);
}

bool proxy_settle(proxy *p, proxy_seen *seen)
{
    struct timespec until;
    int waited = 0;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += SETTLE_S;
    (void)pthread_mutex_lock(&p->lock);
    while (!p->over && waited == 0)
        waited = pthread_cond_timedwait(&p->changed, &p->lock, &until);
    bool over = p->over;
    *seen = p->seen;
    (void)pthread_mutex_unlock(&p->lock);
    return over;
}

void proxy_stop(proxy *p)
{
    if (p == NULL)
        return;
    (void)pthread_mutex_lock(&p->lock);
    p->stopping = true;
    (void)pthread_mutex_unlock(&p->lock);
    (void)shutdown(p->listener, SHUT_RDWR); /* ends accept */
    (void)pthread_join(p->thread, NULL);
    (void)close(p->listener);
    (void)pthread_cond_destroy(&p->changed);
    (void)pthread_mutex_destroy(&p->lock);
    free(p);
}
