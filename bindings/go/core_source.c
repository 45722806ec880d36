/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/source.c; do not edit. */
/* SPDX-License-Identifier: MIT */
#include "core.h"


#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- Files ---- */

static taskseal_err read_failed(const char *name, taskseal_error *error)
{
    return taskseal__fail(error, TASKSEAL_ERR_KEYFILE_READ, "%s: %s", name, strerror(errno));
}

/* systemd grants a credential of root's to a service's user by an access control list, whose mask shows as the
 * permission of root's group. */
static bool is_private(const struct stat *status, bool credential)
{
    mode_t allowed = credential && status->st_uid == 0 && status->st_gid == 0 ? S_IRGRP : 0;
    return (status->st_mode & (S_IRWXG | S_IRWXO) & ~allowed) == 0;
}

/* The file itself is asked, not its name, so it can't be exchanged in between. */
static taskseal_err check_file(const struct stat *status, const char *name, bool credential,
                               taskseal_error *error)
{
    if (!S_ISREG(status->st_mode))
        return taskseal__fail(error, TASKSEAL_ERR_KEYFILE_READ, "%s: a key file must be a regular file",
                              name);
    if (!is_private(status, credential))
        return taskseal__fail(error, TASKSEAL_ERR_KEYFILE_PERMISSIONS,
                              "%s: its mode is %04o, so that others can read or change it: chmod 600 it, and "
                              "replace its keys if others could log in",
                              name, (unsigned)(status->st_mode & 07777));
    if (status->st_uid != geteuid() && status->st_uid != 0)
        return taskseal__fail(error, TASKSEAL_ERR_KEYFILE_PERMISSIONS,
                              "%s: it belongs to user %ju, not to this process's user %ju or root", name,
                              (uintmax_t)status->st_uid, (uintmax_t)geteuid());
    if (status->st_size < 0 || status->st_size > TASKSEAL__KEYFILE_MAX)
        return taskseal__fail(error, TASKSEAL_ERR_KEYFILE_READ, "%s: a key file holds at most 1 MiB", name);
    return TASKSEAL_OK;
}

/* Reads at most `cap` bytes; *len < cap says that the file ended. */
static bool read_all(int fd, char *buffer, size_t cap, size_t *len)
{
    *len = 0;
    while (*len < cap) {
        ssize_t got = read(fd, buffer + *len, cap - *len);
        if (got == 0)
            return true;
        if (got > 0)
            *len += (size_t)got;
        else if (errno != EINTR)
            return false;
    }
    return true;
}

/* Reads to the end, which is after `size` bytes, or, if it is not known, after at most as many. */
static taskseal_err read_text(int fd, const char *name, size_t size, bool size_known, char **text,
                              size_t *len, taskseal_error *error)
{
    taskseal_err err = TASKSEAL_OK;
    *text = sodium_malloc(size + 1);
    if (*text == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY, "%s: no memory to read it", name);
    if (!read_all(fd, *text, size + 1, len))
        err = read_failed(name, error);
    else if (size_known && *len != size)
        err = taskseal__fail(error, TASKSEAL_ERR_KEYFILE_READ, "%s: it changed while it was read", name);
    else if (*len > size)
        err = taskseal__fail(error, TASKSEAL_ERR_KEYFILE_READ, "%s: a key file holds at most 1 MiB", name);
    if (err == TASKSEAL_OK)
        return TASKSEAL_OK;
    sodium_free(*text); /* wipes */
    *text = NULL;
    return err;
}

static taskseal_err read_checked(int fd, const char *name, bool credential, char **text, size_t *len,
                                 struct stat *status, taskseal_error *error)
{
    if (fstat(fd, status) != 0)
        return read_failed(name, error);
    taskseal_err err = check_file(status, name, credential, error);
    return err == TASKSEAL_OK ? read_text(fd, name, (size_t)status->st_size, true, text, len, error) : err;
}

taskseal_err taskseal__source_read_file(int fd, const char *name, char **text, size_t *len,
                                        struct stat *status, taskseal_error *error)
{
    *text = NULL;
    return read_checked(fd, name, false, text, len, status, error);
}

static taskseal_err read_path(const char *path, const char *name, bool credential, char **text, size_t *len,
                              taskseal_error *error)
{
    struct stat status;
    /* Non-blocking, so that a FIFO of that name can't stop us before we see what it is. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return read_failed(name, error);
    taskseal_err err = read_checked(fd, name, credential, text, len, &status, error);
    close(fd);
    return err;
}

/* ---- The other kinds of sources ---- */

/* A file that has a name is held to the rules of files. What has none (a pipe, a memfd) can't be opened by others. */
static taskseal_err read_descriptor(const char *digits, const char *name, char **text, size_t *len,
                                    taskseal_error *error)
{
    struct stat status;
    int fd = 0;
    size_t count = strlen(digits);
    bool valid = count >= 1 && count <= 6 && (digits[0] != '0' || count == 1);
    for (size_t i = 0; i < count && valid; i++) {
        valid = digits[i] >= '0' && digits[i] <= '9';
        fd = fd * 10 + (digits[i] - '0');
    }
    if (!valid)
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT,
                              "behind `fd:` the number of an open descriptor is to stand, as in fd:3");
    if (fstat(fd, &status) != 0)
        return read_failed(name, error);
    if (S_ISREG(status.st_mode) && status.st_nlink > 0)
        return read_checked(fd, name, false, text, len, &status, error);
    return read_text(fd, name, TASKSEAL__KEYFILE_MAX, false, text, len, error);
}

static taskseal_err read_variable(const char *variable, const char *name, char **text, size_t *len,
                                  taskseal_error *error)
{
    if (variable[0] == '\0')
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT,
                              "behind `env:` the name of an environment variable is to stand");
    const char *value = getenv(variable);
    if (value == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_KEYFILE_READ, "%s: this environment variable is not set",
                              name);
    *len = strlen(value);
    if (*len > TASKSEAL__KEYFILE_MAX)
        return taskseal__fail(error, TASKSEAL_ERR_KEYFILE_READ, "%s: a key file holds at most 1 MiB", name);
    *text = sodium_malloc(*len + 1);
    if (*text == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY, "%s: no memory to read it", name);
    memcpy(*text, value, *len + 1);
    return TASKSEAL_OK;
}

static taskseal_err read_credential(const char *credential, const char *name, char **text, size_t *len,
                                    taskseal_error *error)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    if (credential[0] == '\0' || credential[0] == '.' || strchr(credential, '/') != NULL)
        return taskseal__fail(
            error, TASKSEAL_ERR_BAD_ARGUMENT,
            "behind `credential:` the name that LoadCredential= gives is to stand, without a "
            "slash");
    if (folder == NULL || folder[0] != '/')
        return taskseal__fail(error, TASKSEAL_ERR_KEYFILE_READ,
                              "%s: CREDENTIALS_DIRECTORY holds no absolute path: does the service have "
                              "LoadCredential=%s:...?",
                              name, credential);
    size_t size = strlen(folder) + 1 + strlen(credential) + 1;
    char *path = malloc(size);
    if (path == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY, "%s: no memory to read it", name);
    (void)snprintf(path, size, "%s/%s", folder, credential);
    taskseal_err err = read_path(path, name, true, text, len, error);
    free(path);
    return err;
}

/* ---- Which kind ---- */

/* NULL, or what stands behind "kind:". */
static const char *behind(const char *source, const char *kind)
{
    size_t len = strlen(kind);
    return strncmp(source, kind, len) == 0 ? source + len : NULL;
}

/* Kinds that a later version may know look so: they are not taken for files. */
static bool names_a_kind(const char *source)
{
    size_t len = strspn(source, "abcdefghijklmnopqrstuvwxyz");
    return len > 0 && source[len] == ':';
}

taskseal_err taskseal__source_read(const char *source, char **text, size_t *len, taskseal_error *error)
{
    const char *rest;
    *text = NULL;
    *len = 0;
    if (source == NULL || source[0] == '\0')
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT,
                              "no path of a key file was given: is the variable set that should hold it?");
    if ((rest = behind(source, "fd:")) != NULL)
        return read_descriptor(rest, source, text, len, error);
    if ((rest = behind(source, "env:")) != NULL)
        return read_variable(rest, source, text, len, error);
    if ((rest = behind(source, "credential:")) != NULL)
        return read_credential(rest, source, text, len, error);
    if (names_a_kind(source))
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT,
                              "%.100s: a key file comes from a path, fd:, env: or credential:; for a file of "
                              "that name write ./%.100s",
                              source, source);
    return read_path(source, source, false, text, len, error);
}

taskseal_err taskseal__source_check_end(const char *text, size_t len, taskseal_error *error)
{
    unsigned lines = 1;
    if (len == 0 || text[len - 1] == '\n')
        return TASKSEAL_OK;
    for (size_t i = 0; i < len; i++)
        lines += text[i] == '\n';
    return taskseal__fail_line(error, TASKSEAL_ERR_KEYFILE_MALFORMED, lines,
                               "line %u: it has no line feed: was the end of the file cut off?", lines);
}

void taskseal__source_name(taskseal_error *error, const char *name)
{
    char message[sizeof error->message];
    if (error == NULL || error->line == 0)
        return;
    memcpy(message, error->message, sizeof message);
    if (snprintf(error->message, sizeof error->message, "%.150s: %s", name, message) < 0)
        error->message[0] = '\0';
}
