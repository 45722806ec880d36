/* SPDX-License-Identifier: MIT
 *
 * The values of options. Each function reports, naming the option, what it can't take, and returns a
 * status of report.h; on failure the output is not touched.
 */
#ifndef TASKSEAL_TOOLS_PARSE_H
#define TASKSEAL_TOOLS_PARSE_H

#include <taskseal/taskseal.h>

/* "90", "90s", "15m", "12h", "7d" or "2w", of at least a second, in seconds. */
int parse_duration(const char *option, const char *text, uint64_t *seconds);

/* "2026-11-21T20:00:00Z", in Unix seconds. */
int parse_time(const char *option, const char *text, uint64_t *seconds);

int parse_suite(const char *option, const char *text, taskseal_suite *suite);
int parse_key_type(const char *option, const char *text, taskseal_key_type *type);
int parse_purpose(const char *option, const char *text, taskseal_purpose *purpose);

/* "queue,type,id,extra" (any of them) or "none", as for taskseal_open_options.insist. */
int parse_insist(const char *option, const char *text, unsigned *insist);

/* A field of the context: 1..65535 bytes. */
int parse_field(const char *option, const char *text, taskseal_bytes *field);

/* A whole number from 0. */
int parse_count(const char *option, const char *text, uint64_t *count);

/* A file descriptor that is open. */
int parse_descriptor(const char *option, const char *text, int *fd);

#endif
