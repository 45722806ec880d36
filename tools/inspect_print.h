/* SPDX-License-Identifier: MIT
 *
 * An inspected envelope, printed on stdout for people and as JSON.
 */
#ifndef TASKSEAL_TOOLS_INSPECT_PRINT_H
#define TASKSEAL_TOOLS_INSPECT_PRINT_H

#include <stdbool.h>

#include <taskseal/taskseal.h>

typedef struct inspection {
    const char *input;   /* the file, or "-" */
    bool text;           /* came in text form */
    size_t line;         /* from 1, in text form */
    bool named;          /* there are several: people want to see which one this is */
    size_t envelope_len; /* in binary form */
    taskseal_info info;
} inspection;

void inspection_print_line(const inspection *seen);
void inspection_print_long(const inspection *seen);

/* One object on one line. Its keys are documented in taskseal(1) and never change meaning. */
void inspection_print_json(const inspection *seen);

#endif
