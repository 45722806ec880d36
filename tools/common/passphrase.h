/* SPDX-License-Identifier: MIT
 *
 * Passphrases of key files: from a private file, from a descriptor, or from whoever sits at the terminal. Never from
 * the command line.
 */
#ifndef TASKSEAL_TOOLS_PASSPHRASE_H
#define TASKSEAL_TOOLS_PASSPHRASE_H

#include <stdbool.h>

#include "buffer.h"

typedef struct passphrase_source {
    const char *file_option; /* "--passphrase-file" */
    const char *fd_option;   /* "--passphrase-fd" */
    const char *file;        /* NULL: not given */
    int fd;
    bool has_fd;
} passphrase_source;

/* True if the passphrase's source is given. */
bool passphrase_given(const passphrase_source *source);

/* Reads the passphrase, less one final newline, into an empty buffer; leaves that empty if no source is given.
 * Reports failures; a status of report.h. */
int passphrase_read(const passphrase_source *source, buffer *into);

/* True if there is a terminal to ask on. */
bool passphrase_can_ask(void);

/* Asks for it on the terminal, without showing what is typed; `again`: twice, and both must be the same. Reports
 * failures; a status of report.h. */
int passphrase_ask(const char *prompt, bool again, buffer *into);

#endif
