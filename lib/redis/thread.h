/* SPDX-License-Identifier: MIT
 * Short-lived threads of our own, for what can't be done without waiting. */
#ifndef TASKSEAL_REDIS_THREAD_H
#define TASKSEAL_REDIS_THREAD_H

#include <stdbool.h>

/* Starts a detached thread that takes no signals: handlers belong to the application's own threads. False if none can
 * be had. */
bool taskseal__thread_start(void *(*run)(void *), void *argument);

/* ---- The end of the process ---------------------------------------------------------------------------------
 *
 * exit has OpenSSL free what it has, also under a thread that uses it. So a thread of ours uses OpenSSL between the two
 * calls below only, and steps out wherever it waits. exit waits until all are out, which takes milliseconds, and lets
 * none in again. */

/* To be called once, after OpenSSL has arranged its own end. False if memory can't be had. */
bool taskseal__thread_mind_exit(void);

void taskseal__thread_begin(void);
void taskseal__thread_end(void);

/* Around what waits. Any thread may call them: they do nothing outside of the two above. */
bool taskseal__thread_step_out(void);
void taskseal__thread_step_in(bool was_in);

#endif
