/* SPDX-License-Identifier: MIT
 *
 * How the command ends: its exit statuses, and the one form that its error messages have,
 *
 *     taskseal: SUBCOMMAND: ERROR-NAME: what is wrong, where, and what to do
 */
#ifndef TASKSEAL_TOOLS_REPORT_H
#define TASKSEAL_TOOLS_REPORT_H

#include <taskseal/taskseal.h>

/* Documented in taskseal(1); their values never change meaning. */
enum {
    STATUS_OK = 0,
    STATUS_REFUSED = 1, /* the same input fails again */
    STATUS_USAGE = 2,
    STATUS_RETRY = 3, /* it may succeed later */
    STATUS_FILE = 4,  /* a local file, pipe or descriptor failed */
    STATUS_WARNED = 5 /* of doctor: nothing worse than warnings was found */
};

#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))

/* Names the subcommand in all messages that follow. */
void report_begin(const char *subcommand);

/* Each prints one line on stderr and returns the exit status that goes with it. Control characters in what
 * the caller passes are escaped, so that no file name or certificate can drive the terminal. */
int report_usage(const char *format, ...) PRINTF_LIKE(1, 2);
int report_file(const char *doing, const char *path, int errnum);
int report_refusal(const char *name, const char *format, ...) PRINTF_LIKE(2, 3);

/* An error of the library, in the words of `detail` if it has any. */
int report_error(taskseal_err err, const char *detail);

/* The same, saying that `where` (a file, say) is what failed, and, in parentheses, `remark`; NULL or empty:
 * none. */
int report_error_at(taskseal_err err, const char *where, const char *remark);

/* The name and the message of the last error, for those who report it in another form too; "": none yet. */
const char *report_last_name(void);
const char *report_last_message(void);

/* A line that is no error. */
void report_note(const char *format, ...) PRINTF_LIKE(1, 2);

/* The exit status that an error of the library stands for. */
int report_status(taskseal_err err);

/* Writes a line on standard error, which must be a terminal, that the next message or the next call writes over;
 * and takes it off. */
void report_over(const char *format, ...) PRINTF_LIKE(1, 2);
void report_over_end(void);

/* Flushes stdout and turns a failure to write it (a full disk, say) into a status: the last thing to do. */
int report_end(int status);

#endif
