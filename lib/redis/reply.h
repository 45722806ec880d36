/* SPDX-License-Identifier: MIT
 * Error replies, told apart by their first word. */
#ifndef TASKSEAL_REDIS_REPLY_H
#define TASKSEAL_REDIS_REPLY_H

#include <taskseal/redis.h>

/* Copies the first word of an error reply ("WRONGPASS"): capital letters only, else "?". The rest of the line may
 * quote the command's arguments, among them passwords. */
void taskseal__reply_word(const redisReply *reply, char *out, size_t cap);

#endif
