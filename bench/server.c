/* SPDX-License-Identifier: MIT */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "certs.h"

/* A port that was free a moment ago; 0 if none could be had. */
static unsigned free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    unsigned port = 0;
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, len) == 0 &&
        getsockname(fd, (struct sockaddr *)&address, &len) == 0)
        port = ntohs(address.sin_port);
    if (fd >= 0)
        close(fd);
    return port;
}

/* In the child: becomes the server. It dies with the bench, whatever ends that. */
static _Noreturn void become_server(const bench_server *server, const char *program, const char *port)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int log = -1;
    if (chdir(server->directory) == 0)
        log = open("log", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (log >= 0 && dup2(log, STDOUT_FILENO) >= 0 && dup2(log, STDERR_FILENO) >= 0)
        execlp(program, program, "--port", "0", "--tls-port", port, "--bind", "127.0.0.1", "--tls-cert-file",
               "server.pem", "--tls-key-file", "server.key", "--tls-ca-cert-file", "ca.pem",
               "--tls-auth-clients", "no", "--save", "", "--appendonly", "no", "--daemonize", "no",
               (char *)NULL);
    fprintf(stderr, "%s: %s\n", program, strerror(errno));
    _exit(127);
}

bool server_start(bench_server *server, const char *program)
{
    char port[8];
    unsigned number = free_port();
    server->pid = -1;
    snprintf(server->directory, sizeof server->directory, "/tmp/taskseal-bench-XXXXXX");
    if (number == 0 || mkdtemp(server->directory) == NULL) {
        perror("bench: a port and a directory for the server");
        server->directory[0] = '\0';
        return false;
    }
    if (!certs_make(server->directory))
        return false;
    snprintf(port, sizeof port, "%u", number & 0xffffU);
    snprintf(server->uri, sizeof server->uri, "rediss://127.0.0.1:%s/?cacert=%s/ca.pem", port,
             server->directory);
    server->pid = fork();
    if (server->pid == 0)
        become_server(server, program, port);
    if (server->pid < 0)
        perror("bench: fork");
    return server->pid > 0;
}

static void print_log(const bench_server *server)
{
    char path[128];
    char line[512];
    snprintf(path, sizeof path, "%s/log", server->directory);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return;
    while (fgets(line, sizeof line, file) != NULL)
        fprintf(stderr, "server: %s", line);
    fclose(file);
}

bool server_alive(bench_server *server)
{
    if (server->pid > 0 && waitpid(server->pid, NULL, WNOHANG) == 0)
        return true;
    server->pid = -1;
    print_log(server);
    return false;
}

void server_stop(bench_server *server)
{
    static const char *const files[] = {"ca.pem", "server.pem", "server.key", "log"};
    char path[128];
    if (server->pid > 0) {
        kill(server->pid, SIGTERM);
        waitpid(server->pid, NULL, 0);
        server->pid = -1;
    }
    if (server->directory[0] == '\0')
        return;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", server->directory, files[i]);
        unlink(path);
    }
    if (rmdir(server->directory) != 0)
        perror(server->directory);
    server->directory[0] = '\0';
}
