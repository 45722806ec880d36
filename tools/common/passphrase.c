/* SPDX-License-Identifier: MIT */
#include "passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <sodium.h>
#include <taskseal/taskseal.h>

#include "private.h"
#include "report.h"

/* ---- From a file or a descriptor ---- */

static int check_length(const char *where, const buffer *passphrase)
{
    if (passphrase->len == 0)
        return report_refusal("keyfile-passphrase", "%s: the passphrase is empty", where);
    if (passphrase->len > TASKSEAL_PASSPHRASE_MAX)
        return report_refusal("keyfile-passphrase", "%s: the passphrase is longer than %u bytes", where,
                              TASKSEAL_PASSPHRASE_MAX);
    return STATUS_OK;
}

static int read_descriptor(int fd, const char *where, buffer *into)
{
    const int failed = buffer_read(into, fd, TASKSEAL_PASSPHRASE_MAX + 1, TASKSEAL_PASSPHRASE_MAX + 1);

    if (failed == EFBIG)
        return report_refusal("keyfile-passphrase", "%s: the passphrase is longer than %u bytes", where,
                              TASKSEAL_PASSPHRASE_MAX);
    if (failed != 0)
        return report_file("read", where, failed);
    if (into->len > 0 && into->data[into->len - 1] == '\n')
        into->len--;
    return check_length(where, into);
}

bool passphrase_given(const passphrase_source *source)
{
    return source->file != NULL || source->has_fd;
}

int passphrase_read(const passphrase_source *source, buffer *into)
{
    const private_kind kind = {source->file_option, "the path of a file that holds the passphrase",
                               source->fd_option};
    int fd = -1;

    if (source->file != NULL && source->has_fd)
        return report_usage("give %s or %s, not both", source->file_option, source->fd_option);
    if (source->has_fd)
        return read_descriptor(source->fd, source->fd_option, into);
    if (source->file == NULL)
        return STATUS_OK;
    int status = private_open(&kind, source->file, &fd);
    if (status == STATUS_OK) {
        status = read_descriptor(fd, source->file, into);
        close(fd);
    }
    return status;
}

/* ---- From the terminal ---- */

/* What must not end or stop the process while the terminal is silent. */
static const int caught[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
enum { CAUGHT = sizeof caught / sizeof caught[0] };

static volatile sig_atomic_t arrived;

static void note_signal(int number)
{
    arrived = number;
}

static int open_terminal(void)
{
    return open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
}

bool passphrase_can_ask(void)
{
    const int fd = open_terminal();

    if (fd < 0)
        return false;
    close(fd);
    return true;
}

/* Reads a line, less its newline. 0, an errno, or EINTR if a signal has arrived. Signals are blocked, but while it
 * waits: one that came between a look at `arrived` and a read would go unnoticed until the next key is typed. */
static int read_line(int fd, const sigset_t *while_waiting, buffer *into)
{
    for (;;) {
        struct pollfd waiting = {.fd = fd, .events = POLLIN};
        if (into->len == into->cap)
            return EFBIG;
        const int ready = ppoll(&waiting, 1, NULL, while_waiting);
        if (arrived != 0)
            return EINTR;
        if (ready < 0 && errno != EINTR)
            return errno;
        if (ready < 0)
            continue;
        const ssize_t got = read(fd, into->data + into->len, 1);
        if (got < 0)
            return errno;
        if (got == 0 || into->data[into->len] == '\n')
            return 0;
        into->len++;
    }
}

/* Reads a line that the terminal does not show. A signal takes effect only once the terminal shows again what is
 * typed. */
static int read_unseen(int fd, buffer *into)
{
    struct sigaction before[CAUGHT];
    sigset_t blocked;
    sigset_t unblocked;
    const struct sigaction note = {.sa_handler = note_signal};
    struct termios shown;
    struct termios silent;

    if (tcgetattr(fd, &shown) != 0)
        return errno;
    silent = shown;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK);
    silent.c_lflag |= ECHONL;
    arrived = 0;
    sigemptyset(&blocked);
    for (size_t i = 0; i < CAUGHT; i++)
        sigaddset(&blocked, caught[i]);
    sigprocmask(SIG_BLOCK, &blocked, &unblocked);
    for (size_t i = 0; i < CAUGHT; i++)
        sigaction(caught[i], &note, &before[i]);
    int failed = tcsetattr(fd, TCSAFLUSH, &silent) == 0 ? 0 : errno;
    if (failed == 0) {
        failed = read_line(fd, &unblocked, into);
        tcsetattr(fd, TCSAFLUSH, &shown);
    }
    for (size_t i = 0; i < CAUGHT; i++)
        sigaction(caught[i], &before[i], NULL);
    sigprocmask(SIG_SETMASK, &unblocked, NULL);
    if (arrived != 0)
        raise(arrived);
    return failed;
}

static int ask_once(int fd, const char *prompt, buffer *into)
{
    if (!buffer_reserve(into, TASKSEAL_PASSPHRASE_MAX + 1))
        return report_error(TASKSEAL_ERR_NO_MEMORY, NULL);
    if (write(fd, prompt, strlen(prompt)) < 0)
        return report_file("write", "the terminal", errno);
    const int failed = read_unseen(fd, into);
    if (failed != 0 && failed != EFBIG)
        return report_file("read", "the terminal", failed);
    return check_length("the terminal", into);
}

static int ask_again(int fd, const buffer *first)
{
    buffer second = BUFFER_EMPTY;

    int status = ask_once(fd, "The same again: ", &second);
    if (status == STATUS_OK &&
        (first->len != second.len || sodium_memcmp(first->data, second.data, first->len) != 0))
        status = report_refusal("keyfile-passphrase", "the two passphrases differ: nothing is changed");
    buffer_free(&second);
    return status;
}

int passphrase_ask(const char *prompt, bool again, buffer *into)
{
    const int fd = open_terminal();

    if (fd < 0)
        return report_file("open", "the terminal", errno);
    int status = ask_once(fd, prompt, into);
    if (status == STATUS_OK && again)
        status = ask_again(fd, into);
    close(fd);
    return status;
}
