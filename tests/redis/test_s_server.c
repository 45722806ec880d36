/* SPDX-License-Identifier: MIT
 * `openssl s_server` as a server whose handshake is not ours. It knows no Redis, so where all is verified the login fails,
 * and never before. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/place.h"
#include "support/real_server.h"

#define VERIFIED TASKSEAL_ERR_SERVER_ERROR

static int loopback(unsigned short port, struct sockaddr_in *address)
{
    *address = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static bool accepts(unsigned short port)
{
    struct sockaddr_in address;
    int fd = loopback(port, &address);
    bool connected = connect(fd, (const struct sockaddr *)&address, sizeof address) == 0;
    (void)close(fd);
    return connected;
}

/* `-rev` sends every line back reversed. */
static pid_t start(const char *version)
{
    char port[32];
    (void)snprintf(port, sizeof port, "127.0.0.1:%u", here.port);
    write_certificates(place_path("leaf.pem"), here.leaf.certificate, NULL);
    write_certificates(place_path("middle.pem"), here.middle.certificate, NULL);
    write_key(place_path("leaf.key"), here.leaf.key);
    pid_t process = fork();
    ck_assert_int_ge(process, 0);
    if (process == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (freopen("/dev/null", "r+", stdout) != NULL && freopen("/dev/null", "w", stderr) != NULL)
            (void)execlp("openssl", "openssl", "s_server", "-rev", "-accept", port, "-cert",
                         place_path("leaf.pem"), "-key", place_path("leaf.key"), "-cert_chain",
                         place_path("middle.pem"), version, (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 300 && !accepts(here.port); i++) {
        ck_assert_msg(waitpid(process, NULL, WNOHANG) == 0, "openssl s_server did not start");
        (void)nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
    return process;
}

/* ---- Cases ---------------------------------------------------------------------------------------------------- */

typedef struct row {
    const char *name;
    void (*make)(crl_spec *of_middle);
    const char *version; /* of s_server */
    const char *query;
    taskseal_err expected;
} row;

static void good(crl_spec *list)
{
    (void)list;
}

static void revoked(crl_spec *list)
{
    list->revoked = here.leaf.certificate;
}

static void stale(crl_spec *list)
{
    list->valid_from = -7200;
    list->valid_to = -3600;
}

static void early(crl_spec *list)
{
    list->valid_from = 3600;
    list->valid_to = 7200;
}

static void forged(crl_spec *list)
{
    list->signer = here.root.key;
}

static void missing(crl_spec *list)
{
    list->issuer = here.root;
}

#define LISTS "&crl=@/crl.pem"
#define PIN   "&pin=sha256:dpL8sQJ2TtOrFv/3YuzS8OsHZ0tFWTMRFxnBJ5E8cO0="

static const row rows[] = {
    {"nothing more", good, "-tls1_3", "", VERIFIED},
    {"lists", good, "-tls1_3", LISTS, VERIFIED},
    {"lists in TLS 1.2", good, "-tls1_2", LISTS, VERIFIED},
    {"revoked", revoked, "-tls1_3", LISTS, TASKSEAL_ERR_CERT_REVOKED},
    {"revoked in TLS 1.2", revoked, "-tls1_2", LISTS, TASKSEAL_ERR_CERT_REVOKED},
    {"stale", stale, "-tls1_3", LISTS, TASKSEAL_ERR_CRL_UNUSABLE},
    {"early", early, "-tls1_3", LISTS, TASKSEAL_ERR_CRL_UNUSABLE},
    {"forged", forged, "-tls1_3", LISTS, TASKSEAL_ERR_CRL_UNUSABLE},
    {"missing", missing, "-tls1_3", LISTS, TASKSEAL_ERR_CRL_UNUSABLE},
    {"pin", good, "-tls1_3", PIN, TASKSEAL_ERR_PIN_MISMATCH},
    {"version", good, "-tls1_3", "&tls=1.3", VERIFIED},
    {"old version", good, "-tls1_2", "&tls=1.3", TASKSEAL_ERR_TLS_PROTOCOL},
};

START_TEST(s_server_is_judged_like_any_other)
{
    const row *r = &rows[_i];
    taskseal_error error;
    crl_spec lists[] = {{.issuer = here.root}, {.issuer = here.middle}};
    r->make(&lists[1]);
    write_crls(place_path("crl.pem"), lists, COUNT_OF(lists));
    here.port = (unsigned short)real_server_free_port();
    pid_t process = start(r->version);
    taskseal_err err = place_try(r->query, &error);
    (void)kill(process, SIGKILL);
    (void)waitpid(process, NULL, 0);
    ck_assert_msg(err == r->expected, "%s: got %s: %s", r->name, taskseal_err_name(err), error.message);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("s_server");
    TCase *tests = tcase_create("s_server");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, place_set_up, place_tear_down);
    tcase_add_loop_test(tests, s_server_is_judged_like_any_other, 0, (int)COUNT_OF(rows));
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
