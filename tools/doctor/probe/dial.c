/* SPDX-License-Identifier: MIT */
#include "dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ms(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* No name goes with an address: RFC 6066 has none in SNI. */
static void take_name(probe_target *target, const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];
    const bool is_address = inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;

    snprintf(target->name, sizeof target->name, "%s", is_address ? "" : host);
}

bool probe_of_socket(probe_target *target, int fd, const char *host)
{
    *target = (probe_target){.len = sizeof target->address};
    take_name(target, host);
    return getpeername(fd, (struct sockaddr *)&target->address, &target->len) == 0;
}

bool probe_resolve(probe_target *target, const char *host, unsigned port)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    char service[16];

    *target = (probe_target){0};
    snprintf(service, sizeof service, "%u", port);
    if (getaddrinfo(host, service, &hints, &found) != 0)
        return false;
    memcpy(&target->address, found->ai_addr, found->ai_addrlen);
    target->len = found->ai_addrlen;
    freeaddrinfo(found);
    take_name(target, host);
    return true;
}

int probe_others(const probe_target *target, const char *host, char *text, size_t cap)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char own[PROBE_NAME_MAX];
    int count = 0;

    text[0] = '\0';
    probe_words(target, 1, own, sizeof own);
    if (getaddrinfo(host, NULL, &hints, &found) != 0)
        return -1;
    for (const struct addrinfo *at = found; at != NULL; at = at->ai_next) {
        probe_target other = {.len = at->ai_addrlen};
        char words[PROBE_NAME_MAX];
        const size_t len = strlen(text);
        memcpy(&other.address, at->ai_addr, at->ai_addrlen);
        probe_words(&other, 1, words, sizeof words);
        if (strcmp(words, own) == 0)
            continue;
        words[strlen(words) - strlen(":1")] = '\0';
        snprintf(text + len, cap - len, "%s%s", count++ > 0 ? ", " : "", words);
    }
    freeaddrinfo(found);
    return count;
}

static in_port_t *port_of(struct sockaddr_storage *address)
{
    return address->ss_family == AF_INET6 ? &((struct sockaddr_in6 *)address)->sin6_port
                                          : &((struct sockaddr_in *)address)->sin_port;
}

unsigned probe_port(const probe_target *target)
{
    struct sockaddr_storage copy = target->address;

    return ntohs(*port_of(&copy));
}

void probe_host(const probe_target *target, char *text, size_t cap)
{
    if (getnameinfo((const struct sockaddr *)&target->address, target->len, text, (socklen_t)cap, NULL, 0,
                    NI_NUMERICHOST) != 0)
        snprintf(text, cap, "?");
}

void probe_words(const probe_target *target, unsigned port, char *text, size_t cap)
{
    char host[INET6_ADDRSTRLEN];
    const bool six = target->address.ss_family == AF_INET6;

    probe_host(target, host, sizeof host);
    snprintf(text, cap, "%s%s%s:%u", six ? "[" : "", host, six ? "]" : "",
             port != 0 ? port : probe_port(target));
}

bool probe_wait(probe *self, short events)
{
    for (;;) {
        const uint64_t now = now_ms();
        struct pollfd wanted = {.fd = self->fd, .events = events};
        const int ready = now < self->deadline ? poll(&wanted, 1, (int)(self->deadline - now)) : 0;
        if (ready > 0)
            return true;
        if (ready < 0 && errno == EINTR)
            continue;
        self->failed = ready == 0 ? ETIMEDOUT : errno;
        return false;
    }
}

bool probe_dial(probe *self, const probe_target *target, unsigned port)
{
    struct sockaddr_storage address = target->address;
    socklen_t len = sizeof self->failed;

    *self = (probe){.fd = -1, .deadline = now_ms() + PROBE_PATIENCE_MS};
    if (port != 0)
        *port_of(&address) = htons((in_port_t)port);
    self->fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (self->fd < 0) {
        self->failed = errno;
        return false;
    }
    if (connect(self->fd, (const struct sockaddr *)&address, target->len) != 0) {
        self->failed = errno;
        if (errno == EINPROGRESS && probe_wait(self, POLLOUT) &&
            getsockopt(self->fd, SOL_SOCKET, SO_ERROR, &self->failed, &len) != 0)
            self->failed = errno;
    }
    if (self->failed != 0)
        probe_close(self);
    return self->failed == 0;
}

bool probe_send(probe *self, const void *data, size_t len)
{
    const char *at = data;

    while (len > 0) {
        const ssize_t put = send(self->fd, at, len, MSG_NOSIGNAL);
        if (put < 0 && errno == EAGAIN) {
            if (!probe_wait(self, POLLOUT))
                return false;
        } else if (put < 0 && errno != EINTR) {
            self->failed = errno;
            return false;
        } else if (put > 0) {
            at += put;
            len -= (size_t)put;
        }
    }
    return true;
}

size_t probe_receive(probe *self, void *data, size_t cap)
{
    for (;;) {
        const ssize_t got = probe_wait(self, POLLIN) ? recv(self->fd, data, cap, 0) : -1;
        if (got >= 0)
            return (size_t)got;
        if (self->failed != 0)
            return 0;
        if (errno != EINTR && errno != EAGAIN) {
            self->failed = errno;
            return 0;
        }
    }
}

void probe_close(probe *self)
{
    if (self->fd >= 0)
        close(self->fd);
    self->fd = -1;
}
