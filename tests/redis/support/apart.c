/* SPDX-License-Identifier: MIT */
#include "apart.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void serve_apart(const scenario *s, int pipe)
{
    char byte;
    lab l = lab_start(s, 0);
    bool going = write(pipe, l.uri, sizeof l.uri) == (ssize_t)sizeof l.uri;
    while (going)
        going = read(pipe, &byte, 1) > 0; /* until the parent closes its end */
    (void)server_stop(l.server);
    exit(0); /* which removes its files */
}

apart apart_start(const scenario *s)
{
    apart a;
    int ends[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    (void)fflush(stdout);
    a.process = fork();
    ck_assert_int_ge(a.process, 0);
    if (a.process == 0) {
        (void)close(ends[0]);
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve_apart(s, ends[1]);
    }
    (void)close(ends[1]);
    a.pipe = ends[0];
    ck_assert_int_eq(recv(a.pipe, a.uri, sizeof a.uri, MSG_WAITALL), sizeof a.uri);
    return a;
}

void apart_stop(apart *a)
{
    (void)shutdown(a->pipe, SHUT_RDWR); /* other servers may hold copies */
    (void)close(a->pipe);
    ck_assert_int_eq(waitpid(a->process, NULL, 0), a->process);
}
