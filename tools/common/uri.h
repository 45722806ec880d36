/* SPDX-License-Identifier: MIT
 *
 * Where commands that connect take their URI from, and the parts of it that may be shown.
 */
#ifndef TASKSEAL_TOOLS_URI_H
#define TASKSEAL_TOOLS_URI_H

#include <stdbool.h>

#include "buffer.h"

/* At most one of the first three may be given; with none, the environment's TASKSEAL_URI counts. */
typedef struct uri_source {
    const char *argument; /* from the command line: must hold no password */
    const char *file;     /* that others can't read */
    int fd;               /* -1: none */
} uri_source;

/* Reads the URI into `uri`, which then ends with a NUL. Reports failures, never with the URI; a status of
 * report.h. */
int uri_read(const uri_source *source, buffer *uri);

enum { URI_PART_MAX = 512 };

/* "host:port", the user and the database's number of a URI that the library has accepted; cut if longer. */
void uri_server(const char *uri, char server[URI_PART_MAX]);
void uri_user(const char *uri, char user[URI_PART_MAX]);
void uri_database(const char *uri, char database[URI_PART_MAX]);

/* Whether a client's certificate is given, by which a server may know its user. */
bool uri_has_certificate(const char *uri);

/* The value of a parameter, decoded. False, and nothing is written, if it is absent or too long. */
bool uri_parameter(const char *uri, const char *name, char *value, size_t cap);

#endif
