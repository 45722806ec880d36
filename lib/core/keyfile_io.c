/* SPDX-License-Identifier: MIT
 * Key files on disk: reading one that only its owner can read, making one that appears whole. */
#include "error.h"
#include "keyfile.h"
#include "keyring.h"
#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Reading ---- */

/* The file itself is asked, not its name, so it can't be exchanged in between. */
static taskseal_err check_file(int fd, const char *path, size_t *size, taskseal_error *error)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return taskseal__fail(error, TASKSEAL_ERR_KEYFILE_READ, "%s: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return taskseal__fail(error, TASKSEAL_ERR_KEYFILE_READ, "%s: a key file must be a regular file",
                              path);
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return taskseal__fail(error, TASKSEAL_ERR_KEYFILE_PERMISSIONS,
                              "%s: its mode is %04o, so that others can read or change it: chmod 600 it, and "
                              "replace its keys if others could log in",
                              path, (unsigned)(status.st_mode & 07777));
    if (status.st_uid != geteuid() && status.st_uid != 0)
        return taskseal__fail(error, TASKSEAL_ERR_KEYFILE_PERMISSIONS,
                              "%s: it belongs to user %ju, not to this process's user %ju or root", path,
                              (uintmax_t)status.st_uid, (uintmax_t)geteuid());
    if (status.st_size < 0 || status.st_size > TASKSEAL__KEYFILE_MAX)
        return taskseal__fail(error, TASKSEAL_ERR_KEYFILE_READ, "%s: a key file holds at most 1 MiB", path);
    *size = (size_t)status.st_size;
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

static taskseal_err load_fd(taskseal_keyring **out, int fd, const char *path, taskseal_error *error)
{
    size_t size = 0;
    size_t len;
    taskseal_err err = check_file(fd, path, &size, error);
    if (err != TASKSEAL_OK)
        return err;
    char *text = sodium_malloc(size + 1);
    if (text == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY, "%s: no memory to read it", path);
    if (!read_all(fd, text, size + 1, &len))
        err = taskseal__fail(error, TASKSEAL_ERR_KEYFILE_READ, "%s: %s", path, strerror(errno));
    else if (len != size)
        err = taskseal__fail(error, TASKSEAL_ERR_KEYFILE_READ, "%s: it changed while it was read", path);
    else
        err = taskseal_keyring_parse(out, text, len, error);
    sodium_free(text); /* wipes */
    return err;
}

/* Puts the path before a message that knows only the line. */
static void name_path(taskseal_error *error, const char *path)
{
    char message[sizeof error->message];
    if (error == NULL || error->line == 0)
        return;
    memcpy(message, error->message, sizeof message);
    if (snprintf(error->message, sizeof error->message, "%.150s: %s", path, message) < 0)
        error->message[0] = '\0';
}

taskseal_err taskseal_keyring_load(taskseal_keyring **out, const char *path, taskseal_error *error)
{
    if (out == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT, "no place for the keyring was given");
    *out = NULL;
    if (path == NULL || path[0] == '\0')
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT,
                              "no path of a key file was given: is the variable set that should hold it?");
    taskseal_err err = taskseal__sodium_init();
    if (err != TASKSEAL_OK)
        return taskseal__fail(error, err, "%s", taskseal_err_text(err));
    /* Non-blocking, so that a FIFO of that name can't stop us before we see what it is. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return taskseal__fail(error, TASKSEAL_ERR_KEYFILE_READ, "%s: %s", path, strerror(errno));
    err = load_fd(out, fd, path, error);
    close(fd);
    if (err != TASKSEAL_OK)
        name_path(error, path);
    return err;
}

/* ---- Creating ---- */

static taskseal_err write_failed(const char *path, taskseal_error *error)
{
    return taskseal__fail(error, TASKSEAL_ERR_KEYFILE_WRITE, "%s: %s", path, strerror(errno));
}

static bool write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t done = write(fd, text, len);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        text += done;
        len -= (size_t)done;
    }
    return true;
}

/* Writes the whole file under a name of its own, and makes it durable. */
static taskseal_err write_temporary(char *temporary, const char *path, const char *text, size_t len,
                                    taskseal_error *error)
{
    int fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
    if (fd < 0)
        return write_failed(path, error);
    taskseal_err err = TASKSEAL_OK;
    if (fchmod(fd, S_IRUSR | S_IWUSR) != 0 || !write_all(fd, text, len) || fsync(fd) != 0)
        err = write_failed(path, error);
    if (close(fd) != 0 && err == TASKSEAL_OK)
        err = write_failed(path, error);
    if (err != TASKSEAL_OK)
        (void)unlink(temporary);
    return err;
}

/* Makes the new name durable: a key that is lost in a power cut takes what it sealed with it. Best effort,
 * because not every file system can. */
static void sync_directory(const char *path, char *scratch)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    memcpy(scratch, path, len);
    memcpy(scratch + len, ".", sizeof ".");
    int fd = open(scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
}

/* link() gives the file its name only if nothing has that name. */
static taskseal_err publish(const char *temporary, const char *path, taskseal_error *error)
{
    taskseal_err err = TASKSEAL_OK;
    if (link(temporary, path) != 0)
        err = errno == EEXIST ? taskseal__fail(error, TASKSEAL_ERR_KEYFILE_EXISTS,
                                               "%s exists and is kept: choose another name", path)
                              : write_failed(path, error);
    (void)unlink(temporary);
    return err;
}

static taskseal_err write_file(const char *path, const char *text, size_t len, taskseal_error *error)
{
    static const char suffix[] = ".XXXXXX"; /* longer than what sync_directory puts behind a path */
    size_t path_len = strlen(path);
    char *temporary = malloc(path_len + sizeof suffix);
    if (temporary == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY, "%s: no memory to write it", path);
    memcpy(temporary, path, path_len);
    memcpy(temporary + path_len, suffix, sizeof suffix);
    taskseal_err err = write_temporary(temporary, path, text, len, error);
    if (err == TASKSEAL_OK)
        err = publish(temporary, path, error);
    if (err == TASKSEAL_OK)
        sync_directory(path, temporary);
    free(temporary);
    return err;
}

/* Room for the two lines of a new key file. */
enum { NEW_TEXT_MAX = 512 };

static taskseal_err put_new_key(char text[NEW_TEXT_MAX], size_t *len, const char *key_id,
                                taskseal_key_type type)
{
    uint8_t secret[TASKSEAL_KEY_BYTES];
    char digits[TASKSEAL__SECRET_DIGITS + 1];
    taskseal_err err = taskseal__random(secret, sizeof secret);
    if (err != TASKSEAL_OK)
        return err;
    (void)sodium_bin2base64(digits, sizeof digits, secret, sizeof secret,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    int written = snprintf(text, NEW_TEXT_MAX, "%s\nkey %s %s active %s%s\n", TASKSEAL__KEYFILE_FIRST_LINE,
                           key_id, taskseal__key_type_name(type), taskseal__secret_prefix(type), digits);
    sodium_memzero(secret, sizeof secret);
    sodium_memzero(digits, sizeof digits);
    if (written < 0 || written >= NEW_TEXT_MAX)
        return TASKSEAL_ERR_BAD_ARGUMENT;
    *len = (size_t)written;
    return TASKSEAL_OK;
}

static taskseal_err check_new_key(const char *path, const char *key_id, taskseal_key_type type,
                                  taskseal_error *error)
{
    if (path == NULL || path[0] == '\0')
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT, "no path for the key file was given");
    if (key_id == NULL || !taskseal__key_id_valid(key_id, strlen(key_id)))
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT,
                              "a key id must be 1 to 255 of [0-9A-Za-z._:/@+-], the first one a letter or "
                              "digit");
    if (taskseal__key_type_name(type) == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_BAD_ARGUMENT,
                              "the key type is none of xchacha20poly1305, aegis256, dedupe");
    if (!taskseal_key_type_available(type))
        return taskseal__fail(error, TASKSEAL_ERR_SUITE_UNAVAILABLE,
                              "a key of type aegis256 needs a build with libsodium 1.0.19 or newer");
    return TASKSEAL_OK;
}

taskseal_err taskseal_keyfile_create(const char *path, const char *key_id, taskseal_key_type type,
                                     taskseal_error *error)
{
    size_t len;
    taskseal_err err = check_new_key(path, key_id, type, error);
    if (err != TASKSEAL_OK)
        return err;
    err = taskseal__sodium_init();
    if (err != TASKSEAL_OK)
        return taskseal__fail(error, err, "%s", taskseal_err_text(err));
    char *text = sodium_malloc(NEW_TEXT_MAX);
    if (text == NULL)
        return taskseal__fail(error, TASKSEAL_ERR_NO_MEMORY, "%s: no memory to write it", path);
    err = put_new_key(text, &len, key_id, type);
    if (err != TASKSEAL_OK)
        err = taskseal__fail(error, err, "%s: %s", path, taskseal_err_text(err));
    else
        err = write_file(path, text, len, error);
    sodium_free(text); /* wipes */
    return err;
}
