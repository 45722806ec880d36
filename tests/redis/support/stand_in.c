/* SPDX-License-Identifier: MIT */
#include "stand_in.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hostile.h"
#include "real_server.h"

static struct {
    const char *program;
    pid_t process;
    unsigned port, plain_port; /* of Valkey and Redis, which stay */
    char directory[64];
} here;

const char *stand_in_name(const char *program)
{
    const char *slash = strrchr(program, '/');
    return slash != NULL ? slash + 1 : program;
}

bool stand_in_knows_no_redis(void)
{
    return strcmp(stand_in_name(here.program), "openssl") == 0;
}

const char *stand_in_cannot(const scenario *s)
{
    const server_spec *spec = &s->server;
    if (spec->behaviour != SERVE || spec->close_after != 0)
        return "misbehaves below or in TLS";
    if (spec->auth_reply != NULL || spec->ping_reply != NULL || spec->select_reply != NULL)
        return "its replies are its own";
    if (spec->groups != NULL && !stand_in_knows_no_redis())
        return "no setting for groups";
    return NULL;
}

/* ---- Files and processes -------------------------------------------------------------------------------------- */

static const char *path_of(const char *name)
{
    static char paths[8][128];
    static unsigned next;
    char *path = paths[next++ % 8];
    (void)snprintf(path, sizeof paths[0], "%s/%s", here.directory, name);
    return path;
}

static void write_files(const server_spec *spec)
{
    write_certificates(path_of("served.pem"), spec->leaf.certificate, spec->chain[0]);
    write_key(path_of("served.key"), spec->leaf.key);
    write_certificates(path_of("served.ca"), spec->client_ca != NULL ? spec->client_ca : spec->leaf.certificate, NULL);
    if (spec->chain[0] != NULL)
        write_certificates(path_of("served.chain"), spec->chain[0], NULL);
    ck_assert(hostile_write(path_of("lax.conf")));
}

static void await_port(unsigned port)
{
    const struct timespec pause = {.tv_nsec = 5000000};
    for (int i = 0; i < 2000 && !real_server_accepts(port); i++) {
        ck_assert_msg(waitpid(here.process, NULL, WNOHANG) == 0, "%s did not start", here.program);
        (void)nanosleep(&pause, NULL);
    }
}

static void spawn(const char *const *arguments)
{
    here.process = fork();
    ck_assert_int_ge(here.process, 0);
    if (here.process != 0)
        return;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)setenv("OPENSSL_CONF", path_of("lax.conf"), 1);
    if (freopen("/dev/null", "r+", stdout) != NULL && freopen("/dev/null", "w", stderr) != NULL)
        (void)execv(here.program, (char *const *)(uintptr_t)arguments);
    _exit(127);
}

void stand_in_stop(void)
{
    if (here.process > 0) {
        (void)kill(here.process, SIGKILL);
        (void)waitpid(here.process, NULL, 0);
    }
    here.process = 0;
}

/* ---- s_server ------------------------------------------------------------------------------------------------- */

static const char *version_name(int version)
{
    return version == TLS1_VERSION ? "TLSv1" : version == TLS1_1_VERSION ? "TLSv1.1" : version == TLS1_2_VERSION ? "TLSv1.2"
                                                                                                                 : "TLSv1.3";
}

static unsigned short serve_s_server(const server_spec *spec, unsigned short port)
{
    char address[32], ciphers[200];
    const char *arguments[40] = {"openssl", "s_server", "-rev", "-quiet", "-accept", address, "-cert", path_of("served.pem"),
                                 "-key", path_of("served.key"), "-cipher", ciphers, "-min_protocol",
                                 version_name(spec->min_version != 0 ? spec->min_version : TLS1_2_VERSION), "-max_protocol",
                                 version_name(spec->max_version), NULL};
    size_t n = 16;
    /* It sends what it is told to, and does not lengthen its chain from what this system trusts. */
    arguments[n++] = "-no-CAfile";
    arguments[n++] = "-no-CApath";
    arguments[n++] = "-no-CAstore";
    stand_in_stop();
    if (port == 0)
        port = (unsigned short)real_server_free_port();
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", port);
    (void)snprintf(ciphers, sizeof ciphers, "%s:@SECLEVEL=0", spec->ciphers != NULL ? spec->ciphers : "DEFAULT");
    if (spec->chain[0] != NULL) {
        arguments[n++] = "-cert_chain";
        arguments[n++] = path_of("served.chain");
    }
    if (spec->groups != NULL) {
        arguments[n++] = "-groups";
        arguments[n++] = spec->groups;
    }
    if (spec->client_ca != NULL) {
        static const char *const demand[] = {"-Verify", "1", "-verify_return_error", "-CAfile"};
        for (size_t i = 0; i < COUNT_OF(demand); i++)
            arguments[n++] = demand[i];
        arguments[n++] = path_of("served.ca");
    }
    arguments[n] = NULL;
    spawn(arguments);
    await_port(port);
    return port;
}

/* ---- Valkey and Redis ----------------------------------------------------------------------------------------- */

static void start_redis(void)
{
    const char *arguments[] = {here.program, path_of("served.conf"), NULL};
    FILE *file = fopen(path_of("served.conf"), "w");
    ck_assert_ptr_nonnull(file);
    here.port = real_server_free_port();
    here.plain_port = real_server_free_port();
    (void)fprintf(file,
                  "bind 127.0.0.1\nport %u\ntls-port %u\ntls-cert-file %s\ntls-key-file %s\ntls-ca-cert-file %s\n"
                  "tls-auth-clients no\ndir %s\nsave \"\"\nuser worker on >" PASSWORD " ~* &* +@all\n",
                  here.plain_port, here.port, path_of("served.pem"), path_of("served.key"), path_of("served.ca"),
                  here.directory);
    ck_assert_int_eq(fclose(file), 0);
    spawn(arguments);
    await_port(here.port);
}

/* Its TLS is set up anew; 0 if it refuses. */
static unsigned short serve_redis(const server_spec *spec)
{
    char versions[40], ciphers[200];
    const char *words[] = {"CONFIG", "SET", "tls-cert-file", path_of("served.pem"), "tls-key-file", path_of("served.key"),
                           "tls-ca-cert-file", path_of("served.ca"), "tls-auth-clients", spec->client_ca != NULL ? "yes" : "no",
                           "tls-protocols", versions, "tls-ciphers", ciphers};
    if (here.process == 0)
        start_redis();
    (void)snprintf(versions, sizeof versions, "%s", spec->max_version <= TLS1_1_VERSION && spec->max_version != 0 ? "TLSv1 TLSv1.1"
                                                    : spec->max_version == TLS1_2_VERSION ? "TLSv1.2"
                                                                                          : "TLSv1.2 TLSv1.3");
    (void)snprintf(ciphers, sizeof ciphers, "%s:@SECLEVEL=0", spec->ciphers != NULL ? spec->ciphers : "DEFAULT");
    redisContext *redis = redisConnect("127.0.0.1", (int)here.plain_port);
    ck_assert(redis != NULL && redis->err == 0);
    redisReply *reply = redisCommandArgv(redis, (int)COUNT_OF(words), words, NULL);
    bool taken = reply != NULL && reply->type == REDIS_REPLY_STATUS;
    if (!taken)
        printf("# %s: %s\n", stand_in_name(here.program), reply != NULL ? reply->str : redis->errstr);
    freeReplyObject(reply);
    redisFree(redis);
    return taken ? (unsigned short)here.port : 0;
}

static unsigned short serve(const server_spec *spec, const char *directory, unsigned short port)
{
    (void)snprintf(here.directory, sizeof here.directory, "%s", directory);
    write_files(spec);
    return stand_in_knows_no_redis() ? serve_s_server(spec, port) : serve_redis(spec);
}

void stand_in_use(const char *program)
{
    here.program = program;
    lab_elsewhere = serve;
}

void stand_in_leave(void)
{
    lab_elsewhere = NULL;
}
