/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "print.h"

/* Longer than any sentence of the library plus a path of PATH_MAX plus any remark. */
enum { MESSAGE_MAX = 10240 };

static const char *current_subcommand;

void report_begin(const char *subcommand)
{
    current_subcommand = subcommand;
}

/* There is a line that the next one takes the place of. */
static bool line_is_over;

void report_over_end(void)
{
    if (line_is_over)
        fputs("\r\033[K", stderr);
    line_is_over = false;
}

void report_over(const char *format, ...)
{
    va_list arguments;

    report_over_end();
    line_is_over = true;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fflush(stderr);
}

static char last_name[64];
static char last_message[MESSAGE_MAX];

const char *report_last_name(void)
{
    return last_name;
}

const char *report_last_message(void)
{
    return last_message;
}

static void line(const char *name, const char *message)
{
    if (name != NULL) {
        snprintf(last_name, sizeof last_name, "%s", name);
        snprintf(last_message, sizeof last_message, "%s", message);
    }
    report_over_end();
    fputs("taskseal: ", stderr);
    if (current_subcommand != NULL)
        fprintf(stderr, "%s: ", current_subcommand);
    if (name != NULL)
        fprintf(stderr, "%s: ", name);
    print_safe(stderr, message);
    fputc('\n', stderr);
}

int report_usage(const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    line("usage", message);
    return STATUS_USAGE;
}

int report_file(const char *doing, const char *path, int errnum)
{
    char message[MESSAGE_MAX];

    snprintf(message, sizeof message, "can't %s %s: %s", doing, path, strerror(errnum));
    line("file", message);
    return STATUS_FILE;
}

int report_refusal(const char *name, const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    line(name, message);
    return STATUS_REFUSED;
}

int report_error(taskseal_err err, const char *detail)
{
    const bool has_detail = detail != NULL && detail[0] != '\0';

    line(taskseal_err_name(err), has_detail ? detail : taskseal_err_text(err));
    return report_status(err);
}

int report_error_at(taskseal_err err, const char *where, const char *remark)
{
    const bool has_remark = remark != NULL && remark[0] != '\0';
    char message[MESSAGE_MAX];

    snprintf(message, sizeof message, "%s: %s%s%s%s", where, taskseal_err_text(err), has_remark ? " (" : "",
             has_remark ? remark : "", has_remark ? ")" : "");
    return report_error(err, message);
}

void report_note(const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    line(NULL, message);
}

int report_status(taskseal_err err)
{
    switch (err) {
    case TASKSEAL_OK:
        return STATUS_OK;
    case TASKSEAL_ERR_BAD_ARGUMENT:
        return STATUS_USAGE;
    case TASKSEAL_ERR_KEYFILE_READ:
    case TASKSEAL_ERR_KEYFILE_WRITE:
        return STATUS_FILE;
    default:
        return taskseal_err_permanent(err) ? STATUS_REFUSED : STATUS_RETRY;
    }
}

int report_end(int status)
{
    errno = 0;
    const bool written = fflush(stdout) == 0 && !ferror(stdout);
    if (written)
        return status;
    const int failed = report_file("write", "standard output", errno != 0 ? errno : EIO);
    return status == STATUS_OK ? failed : status;
}
