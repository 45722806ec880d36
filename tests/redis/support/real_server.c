/* SPDX-License-Identifier: MIT */
#include "real_server.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <openssl/pem.h>
#include <signal.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { START_ATTEMPTS = 300 };

static const struct timespec attempt_pause = {.tv_nsec = 50000000};

static void give_up(const char *what)
{
    ck_abort_msg("real server: %s: %s", what, strerror(errno));
}

/* ---- Ports -------------------------------------------------------------------------------------------------- */

static struct sockaddr_in loopback(unsigned port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((unsigned short)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* Of those that the system does not give to connections: one of these could take it before the server does. */
unsigned real_server_free_port(void)
{
    enum { FIRST = 20000, COUNT = 12000, ATTEMPTS = 100 };
    for (int i = 0; i < ATTEMPTS; i++) {
        const unsigned port = FIRST + randombytes_uniform(COUNT);
        struct sockaddr_in address = loopback(port);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        bool is_free = fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) == 0;
        if (fd >= 0)
            (void)close(fd);
        if (is_free)
            return port;
    }
    give_up("no free port");
    return 0;
}

bool real_server_accepts(unsigned port)
{
    struct sockaddr_in address = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool connected = fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0;
    if (fd >= 0)
        (void)close(fd);
    return connected;
}

/* ---- Files -------------------------------------------------------------------------------------------------- */

static char *path_of(const real_server *s, const char *name)
{
    static char paths[8][128];
    static unsigned next;
    char *path = paths[next++ % 8];
    (void)snprintf(path, sizeof paths[0], "%s/%s", s->directory, name);
    return path;
}

static void write_identity(const real_server *s, const char *name, cert_spec spec, const identity *issuer)
{
    char file[32];
    identity who = issue(&spec, issuer);
    (void)snprintf(file, sizeof file, "%s.pem", name);
    write_certificates(path_of(s, file), who.certificate, NULL);
    (void)snprintf(file, sizeof file, "%s.key", name);
    write_key(path_of(s, file), who.key);
}

static void write_files(const real_server *s)
{
    cert_spec root_spec = spec_ca("real root");
    cert_spec other_spec = spec_ca("real root, another");
    other_spec.key_number = 4;
    identity root = issue(&root_spec, NULL);
    identity other = issue(&other_spec, NULL);
    write_certificates(path_of(s, "ca.pem"), root.certificate, NULL);
    write_identity(s, "server", spec_server("DNS:localhost,IP:127.0.0.1,IP:::1"), &root);
    write_identity(s, "client", spec_client("worker"), &root);
    write_identity(s, "foreign", spec_client("worker"), &other);
}

static void remove_files(const real_server *s)
{
    static const char *const names[] = {"ca.pem",      "server.pem", "server.key",  "client.pem",
                                        "client.key",  "foreign.pem", "foreign.key", "server.log",
                                        "server.conf", "crl.pem",    "nodes.conf",
                                        "appendonlydir/appendonly.aof.1.base.rdb",
                                        "appendonlydir/appendonly.aof.1.incr.aof",
                                        "appendonlydir/appendonly.aof.manifest"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        (void)unlink(path_of(s, names[i]));
    (void)rmdir(path_of(s, "appendonlydir"));
    (void)rmdir(s->directory);
}

/* ---- The process -------------------------------------------------------------------------------------------- */

static void write_configuration(const real_server *s, const char *settings)
{
    FILE *file = fopen(path_of(s, "server.conf"), "w");
    if (file == NULL)
        give_up("server.conf");
    (void)fprintf(file, "bind 127.0.0.1 -::1\nport %u\ntls-port %u\n", s->plain_port, s->port);
    (void)fprintf(file, "tls-cert-file %s\ntls-key-file %s\ntls-ca-cert-file %s\n", path_of(s, "server.pem"),
                  path_of(s, "server.key"), path_of(s, "ca.pem"));
    (void)fprintf(file, "dir %s\nlogfile %s\n", s->directory, path_of(s, "server.log"));
    (void)fprintf(file, "save \"\"\nappendonly no\nprotected-mode no\ndatabases 16\n%s\n", settings);
    if (fclose(file) != 0)
        give_up("server.conf");
}

static void become_server(const char *program, char *configuration)
{
    char *arguments[] = {(char *)(uintptr_t)program, configuration, NULL};
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0)
        (void)execv(program, arguments);
    _exit(127);
}

void real_server_restart(real_server *s)
{
    const char *program = getenv("TASKSEAL_TEST_SERVER");
    if (program == NULL)
        ck_abort_msg("TASKSEAL_TEST_SERVER must name a valkey-server or redis-server");
    s->process = fork();
    if (s->process < 0)
        give_up("fork");
    if (s->process == 0)
        become_server(program, path_of(s, "server.conf"));
    for (int i = 0; i < START_ATTEMPTS && !real_server_accepts(s->port); i++) {
        if (waitpid(s->process, NULL, WNOHANG) != 0)
            ck_abort_msg("%s did not start", program);
        (void)nanosleep(&attempt_pause, NULL);
    }
    if (!real_server_accepts(s->port))
        give_up("it does not accept connections");
}

identity real_server_root(const real_server *s)
{
    cert_spec spec = spec_ca("real root");
    identity root = {NULL, issue(&spec, NULL).key};
    FILE *file = fopen(path_of(s, "ca.pem"), "r");
    if (file == NULL || (root.certificate = PEM_read_X509(file, NULL, NULL, NULL)) == NULL)
        give_up("ca.pem");
    (void)fclose(file);
    return root;
}

real_server real_server_start(const char *settings)
{
    real_server s = {
        .directory = "/tmp/taskseal-server-XXXXXX", .port = real_server_free_port(), .plain_port = real_server_free_port()};
    if (mkdtemp(s.directory) == NULL)
        give_up("mkdtemp");
    write_files(&s);
    write_configuration(&s, settings);
    real_server_restart(&s);
    return s;
}

void real_server_kill(real_server *s)
{
    if (s->process > 0) {
        (void)kill(s->process, SIGKILL);
        (void)waitpid(s->process, NULL, 0); /* fails in a forked test, whose child it is not */
        while (real_server_accepts(s->port))
            (void)nanosleep(&attempt_pause, NULL);
    }
    s->process = 0;
}

void real_server_stop(real_server *s)
{
    real_server_kill(s);
    remove_files(s);
}

void real_server_uri(const real_server *s, char *out, size_t cap, const char *login, const char *host,
                     const char *path, const char *query)
{
    const char *timeout = strstr(query, "timeout_ms=") == NULL ? "&timeout_ms=20000" : "";
    (void)snprintf(out, cap, "rediss://%s%s:%u%s?cacert=%s/ca.pem%s%s", login, host, s->port, path,
                   s->directory, timeout, query);
}
