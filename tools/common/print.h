/* SPDX-License-Identifier: MIT
 *
 * Values as people and JSON readers want them.
 */
#ifndef TASKSEAL_TOOLS_PRINT_H
#define TASKSEAL_TOOLS_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Text with control characters (C0, DEL, C1) and bytes that are not UTF-8 written as \xNN. */
void print_safe(FILE *to, const char *text);

/* A JSON string with its quotes. Control characters are escaped; bytes that are not UTF-8 become U+FFFD. */
void print_json_string(FILE *to, const char *text);

enum { TIME_TEXT_MAX = 24, COUNT_TEXT_MAX = 32 };

/* "2026-11-21T20:00:00Z", of Unix seconds up to TASKSEAL_TIME_MAX. */
void format_time(uint64_t seconds, char text[TIME_TEXT_MAX]);

/* "1,234,567". */
void format_count(uint64_t count, char text[COUNT_TEXT_MAX]);

#endif
