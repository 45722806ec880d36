/* SPDX-License-Identifier: MIT
 * Short-lived threads of our own, for what can't be done without waiting. */
#ifndef TASKSEAL_REDIS_THREAD_H
#define TASKSEAL_REDIS_THREAD_H

#include <stdbool.h>

/* Starts a detached thread that takes no signals: handlers belong to the application's own threads. False if none can
 * be had. */
bool taskseal__thread_start(void *(*run)(void *), void *argument);

#endif
