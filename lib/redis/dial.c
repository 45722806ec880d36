/* SPDX-License-Identifier: MIT */
#include "dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../core/error.h"

static int finish_connect(int fd, taskseal__deadline deadline)
{
    int pending = 0;
    socklen_t size = sizeof pending;
    switch (taskseal__wait(fd, POLLOUT, deadline)) {
    case TASKSEAL__TIMED_OUT:
        return ETIMEDOUT;
    case TASKSEAL__WAIT_FAILED:
        return errno;
    case TASKSEAL__READY:
        break;
    }
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &pending, &size) == 0 ? pending : errno;
}

/* Returns 0 and the descriptor, or an errno. */
static int dial_one(const struct addrinfo *address, taskseal__deadline deadline, int *out)
{
    int yes = 1;
    int failure = 0;
    int fd =
        socket(address->ai_family, address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, address->ai_protocol);
    if (fd < 0)
        return errno;
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) != 0)
        failure = errno;
    else if (connect(fd, address->ai_addr, address->ai_addrlen) != 0)
        failure = errno == EINPROGRESS || errno == EINTR ? finish_connect(fd, deadline) : errno;
    if (failure != 0)
        (void)close(fd);
    else
        *out = fd;
    return failure;
}

static int64_t count(const struct addrinfo *address)
{
    int64_t n = 0;
    for (; address != NULL; address = address->ai_next)
        n++;
    return n;
}

taskseal_err taskseal__dial(const struct addrinfo *addresses, const char *where, taskseal__deadline deadline,
                            int *fd, taskseal_error *error)
{
    int failure = 0;
    *fd = -1;
    for (const struct addrinfo *address = addresses; address != NULL; address = address->ai_next) {
        int64_t now = taskseal__monotonic_us();
        int64_t share = deadline > now ? (deadline - now) / count(address) : 0;
        failure = dial_one(address, now + share, fd);
        if (failure == 0)
            return TASKSEAL_OK;
    }
    if (failure == ETIMEDOUT && taskseal__monotonic_us() >= deadline)
        return taskseal__fail(error, TASKSEAL_ERR_TIMEOUT,
                              "%s: the deadline passed while connecting: the host does not answer; check "
                              "address, route and firewall",
                              where);
    char words[64] = "";
    return taskseal__fail(error, TASKSEAL_ERR_CONNECT,
                          "%s: the TCP connection could not be made: %s; check that the server runs and "
                          "listens on this port",
                          where, strerror_r(failure, words, sizeof words));
}
