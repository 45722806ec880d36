/* SPDX-License-Identifier: MIT
 * Loaded into a program by LD_PRELOAD, appends the secrets of its TLS sessions to the file KEYLOG, so that a capture can be
 * read. Nothing of this is in the library. */
#include <dlfcn.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((visibility("default"))) SSL_CTX *SSL_CTX_new_ex(OSSL_LIB_CTX *library, const char *query,
                                                               const SSL_METHOD *method);

typedef SSL_CTX *maker(OSSL_LIB_CTX *library, const char *query, const SSL_METHOD *method);

static void note(const SSL *ssl, const char *line)
{
    (void)ssl;
    const char *path = getenv("KEYLOG");
    int fd = path != NULL ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    char text[512];
    size_t len = strlen(line);
    if (fd < 0 || len + 1 > sizeof text)
        abort();
    memcpy(text, line, len);
    text[len] = '\n';
    if (write(fd, text, len + 1) != (ssize_t)(len + 1))
        abort();
    (void)close(fd);
}

SSL_CTX *SSL_CTX_new_ex(OSSL_LIB_CTX *library, const char *query, const SSL_METHOD *method)
{
    maker *real = NULL;
    *(void **)&real = dlsym(RTLD_NEXT, "SSL_CTX_new_ex"); /* as POSIX says */
    SSL_CTX *context = real != NULL ? real(library, query, method) : NULL;
    if (context != NULL)
        SSL_CTX_set_keylog_callback(context, note);
    return context;
}
