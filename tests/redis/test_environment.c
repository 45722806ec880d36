/* SPDX-License-Identifier: MIT
 * Environment variables that weaken OpenSSL must not reach taskseal. OpenSSL reads them once, so each case runs in a process
 * of its own: this program again, as a probe. In every probe plain OpenSSL is the control: it IS weakened, so the variable
 * did its work. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <arpa/inet.h>

#include "support/lab.h"

static const char hostile_configuration[] =
    "openssl_conf = top\n"
    "[top]\n"
    "ssl_conf = ssl\n"
    "[ssl]\n"
    "system_default = weak\n"
    "[weak]\n"
    "MinProtocol = TLSv1\n"
    "MaxProtocol = TLSv1.2\n"
    "CipherString = ALL:@SECLEVEL=0\n"
    "SignatureAlgorithms = RSA+SHA256:RSA+SHA1:ECDSA+SHA256:ECDSA+SHA1\n"
    "Options = UnsafeLegacyRenegotiation,UnsafeLegacyServerConnect\n";

/* ---- Probes: exit 0 if all is as it should be ---------------------------------------------------------------- */

static char words[600];

static int expect(bool condition, const char *what)
{
    if (!condition)
        (void)fprintf(stderr, "probe: %s; %s\n", what, words);
    return condition ? 0 : 1;
}

static taskseal_err taskseal_says(const lab *l)
{
    redisContext *redis = NULL;
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    taskseal_err err = lab_connect(l, &redis, &error);
    redisFree(redis);
    (void)snprintf(words, sizeof words, "taskseal says: %s: %s", taskseal_err_name(err), error.message);
    return err;
}

/* What an application of OpenSSL gets that verifies the chain against `ca`, or against the default store if NULL. */
static bool openssl_accepts(const server *s, const char *ca)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(server_port(s)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
    int loaded = ca != NULL ? SSL_CTX_load_verify_file(tls, ca) : SSL_CTX_set_default_verify_paths(tls);
    SSL *ssl = SSL_new(tls);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool accepted = loaded == 1 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
                    SSL_set_fd(ssl, fd) == 1 && SSL_connect(ssl) == 1;
    SSL_free(ssl);
    SSL_CTX_free(tls);
    (void)close(fd);
    return accepted;
}

static int probe_weakness(const char *what)
{
    char ca[128];
    taskseal_err expected = TASKSEAL_ERR_TLS_PROTOCOL;
    scenario s = scenario_good();
    s.login = "";
    s.leaf.key = s.root.key = KEY_RSA2048;
    s.leaf.usage = NULL;
    if (strcmp(what, "tls1.1") == 0) {
        s.server.min_version = TLS1_VERSION;
        s.server.max_version = TLS1_1_VERSION;
    } else if (strcmp(what, "cipher") == 0) {
        s.server.max_version = TLS1_2_VERSION;
        s.server.ciphers = "AES128-GCM-SHA256";
    } else if (strcmp(what, "rsa1024") == 0) {
        s.leaf.key = KEY_RSA1024;
        expected = TASKSEAL_ERR_CERT_WEAK;
    } else if (strcmp(what, "sha1") == 0) {
        s.leaf.digest = "SHA1";
        expected = TASKSEAL_ERR_CERT_WEAK;
    }
    lab l = lab_start(&s, 0);
    (void)snprintf(ca, sizeof ca, "%s/ca.pem", l.directory);
    int failed = expect(openssl_accepts(l.server, ca), "the control: OpenSSL should have been weakened");
    failed += expect(taskseal_says(&l) == expected, "taskseal should have refused");
    (void)server_stop(l.server);
    return failed;
}

static int probe_good(const char *unused)
{
    taskseal_redis_peer peer;
    redisContext *redis = NULL;
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    scenario s = scenario_good();
    (void)unused;
    lab l = lab_start(&s, 0);
    int failed = expect(lab_connect(&l, &redis, &error) == TASKSEAL_OK, error.message);
    failed += expect(failed == 0 && taskseal_redis_peer_info(redis, &peer) == TASKSEAL_OK &&
                         strstr(peer.cipher, "GCM") != NULL,
                     "the cipher is not as without the variable");
    redisFree(redis);
    (void)server_stop(l.server);
    return failed;
}

/* The lab's root stands in SSL_CERT_FILE or SSL_CERT_DIR, which `how` names. */
static int probe_store(const char *how)
{
    char path[200], uri[300];
    scenario s = scenario_good();
    lab l = lab_start(&s, 0);
    if (strcmp(how, "file") == 0) {
        (void)snprintf(path, sizeof path, "%s/ca.pem", l.directory);
        (void)setenv("SSL_CERT_FILE", path, 1);
    } else {
        (void)snprintf(path, sizeof path, "%s/%08lx.0", l.directory,
                       X509_NAME_hash_ex(X509_get_subject_name(l.root.certificate), NULL, NULL, NULL));
        write_certificates(path, l.root.certificate, NULL);
        (void)setenv("SSL_CERT_DIR", l.directory, 1);
    }
    int failed =
        expect(openssl_accepts(l.server, NULL), "the control: OpenSSL should trust the variable's store");
    bool has_system = access(X509_get_default_cert_file(), R_OK) == 0;
    (void)snprintf(uri, sizeof uri, "rediss://localhost:%u?cacert=system", server_port(l.server));
    (void)snprintf(l.uri, sizeof l.uri, "%s", uri);
    failed +=
        expect(taskseal_says(&l) == (has_system ? TASKSEAL_ERR_CERT_UNTRUSTED : TASKSEAL_ERR_TRUST_CONFIG),
               "taskseal should not trust it as `system`");
    if (strcmp(how, "file") != 0)
        (void)unlink(path);
    (void)server_stop(l.server);
    return failed;
}

/* ---- Tests ---------------------------------------------------------------------------------------------------- */

static const char *program;

static const struct {
    const char *name;
    int (*probe)(const char *argument);
    const char *argument;
    bool configured; /* with the hostile OPENSSL_CONF */
} cases[] = {
    {"TLS 1.1 stays refused", probe_weakness, "tls1.1", true},
    {"no forward secrecy stays refused", probe_weakness, "cipher", true},
    {"RSA of 1024 bits stays refused", probe_weakness, "rsa1024", true},
    {"SHA-1 stays refused", probe_weakness, "sha1", true},
    {"a good server stays accepted", probe_good, "", true},
    {"SSL_CERT_FILE is not trusted", probe_store, "file", false},
    {"SSL_CERT_DIR is not trusted", probe_store, "directory", false},
};

START_TEST(the_environment_weakens_nothing)
{
    extern char **environ;
    char number[8], path[] = "/tmp/taskseal-conf-XXXXXX";
    char *arguments[] = {(char *)(uintptr_t)program, number, NULL};
    int status = -1;
    pid_t child = 0;
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, hostile_configuration, sizeof hostile_configuration - 1),
                     (ssize_t)sizeof hostile_configuration - 1);
    (void)close(fd);
    (void)snprintf(number, sizeof number, "%d", _i);
    if (cases[_i].configured)
        (void)setenv("OPENSSL_CONF", path, 1);
    else
        (void)unsetenv("OPENSSL_CONF");
    ck_assert_int_eq(posix_spawn(&child, program, NULL, NULL, arguments, environ), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    (void)unlink(path);
    (void)unsetenv("OPENSSL_CONF");
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: the probe failed", cases[_i].name);
}
END_TEST

int main(int argc, char **argv)
{
    program = argv[0];
    if (argc == 2) {
        size_t number = strtoul(argv[1], NULL, 10);
        return number < COUNT_OF(cases) ? cases[number].probe(cases[number].argument) : 2;
    }
    Suite *suite = suite_create("environment");
    TCase *tests = tcase_create("environment");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, the_environment_weakens_nothing, 0, (int)COUNT_OF(cases));
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
