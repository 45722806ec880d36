/* SPDX-License-Identifier: MIT
 *
 * The lines of the roles, as data.
 */
#ifndef TASKSEAL_TOOLS_DOCTOR_ROLE_LINES_H
#define TASKSEAL_TOOLS_DOCTOR_ROLE_LINES_H

#include "doctor.h"
#include "rights.h"

typedef struct role_line {
    layout layout;
    role role;
    const char *keys;     /* patterns as ACLs have them, with a space between; {*} stands for any queue */
    const char *channels; /* NULL: none */
    const char *commands; /* without their + */
} role_line;

extern const role_line role_lines[];
extern const size_t role_line_count;

/* How a command is called, so that the server can tell whether it may be; "K" stands for a key. */
typedef struct role_command {
    const char *name;
    const char *words[RIGHT_WORDS_MAX];
} role_command;

extern const role_command role_commands[];
extern const size_t role_command_count;

#endif
