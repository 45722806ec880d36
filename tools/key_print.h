/* SPDX-License-Identifier: MIT
 *
 * Keys of a keyring in words. Never their secrets, which the library does not tell.
 */
#ifndef TASKSEAL_TOOLS_KEY_PRINT_H
#define TASKSEAL_TOOLS_KEY_PRINT_H

#include <stdio.h>

#include <taskseal/taskseal.h>

/* A queue as key files have it: bytes that don't stand for themselves are %XX (K 14). */
void print_queue(FILE *to, taskseal_bytes queue);

/* "mail,invoices", or "*" for every queue. */
void print_queues(FILE *to, const taskseal_key *key);

/* How many columns that takes. */
size_t queues_width(const taskseal_key *key);

/* "2026-11-21T20:00:00Z", or "-" for 0. */
void print_limit(FILE *to, uint64_t time);

/* A JSON array of the queues, or null for every queue. */
void print_json_queues(FILE *to, const taskseal_key *key);

/* A JSON string, or null for 0. */
void print_json_limit(FILE *to, uint64_t time);

#endif
