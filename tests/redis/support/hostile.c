/* SPDX-License-Identifier: MIT */
#include "hostile.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab.h"

static const char configuration[] = "openssl_conf = top\n"
                                    "[top]\n"
                                    "ssl_conf = ssl\n"
                                    "[ssl]\n"
                                    "system_default = weak\n"
                                    "[weak]\n"
                                    "MinProtocol = TLSv1\n"
                                    "CipherString = ALL:COMPLEMENTOFALL:@SECLEVEL=0\n"
                                    "SignatureAlgorithms = RSA+SHA256:RSA+SHA1:ECDSA+SHA256:ECDSA+SHA1:RSA-PSS+SHA256\n"
                                    "Options = UnsafeLegacyRenegotiation,UnsafeLegacyServerConnect\n";

bool hostile_write(const char *path)
{
    FILE *file = fopen(path, "w");
    bool written = file != NULL && fputs(configuration, file) >= 0;
    return file != NULL && fclose(file) == 0 && written;
}

int hostile_run(char **argv)
{
    extern char **environ;
    static char inside[] = "--in-hostile";
    char path[] = "/tmp/taskseal-hostile-XXXXXX";
    pid_t child = 0;
    int status = 1, fd = mkstemp(path);
    if (fd < 0)
        return 1;
    (void)close(fd);
    if (!hostile_write(path))
        return 1;
    (void)setenv("OPENSSL_CONF", path, 1);
    for (char **argument = argv + 1; *argument != NULL; argument++) {
        if (strcmp(*argument, "--hostile") == 0)
            *argument = inside;
    }
    if (posix_spawn(&child, argv[0], NULL, NULL, argv, environ) == 0)
        (void)waitpid(child, &status, 0);
    (void)unlink(path);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static void trust_attacker(const lab *l)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/served.ca", l->directory);
    write_certificates(path, l->root.certificate, NULL);
    (void)setenv("SSL_CERT_FILE", path, 1);
    (void)setenv("SSL_CERT_DIR", l->directory, 1);
}

void hostile_trust(void)
{
    lab_also = trust_attacker;
}
