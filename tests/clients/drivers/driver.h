/* SPDX-License-Identifier: MIT
 * What every driver does alike. A driver connects as its client's documents say, logs in, sends PING, and prints what
 * came of it as a line of JSON. The runner gives it CLIENT_HOST, _PORT, _CA, _CRL, _USER, _PASSWORD, _URI, and with
 * CLIENT_AGAIN=1 has it use the connection again after the server was exchanged. */
#ifndef TASKSEAL_TESTS_CLIENTS_DRIVER_H
#define TASKSEAL_TESTS_CLIENTS_DRIVER_H

#include <stdbool.h>

const char *driver_setting(const char *name);
void driver_say(const char *outcome, const char *error);

/* Says that the first connection stands, and waits until the server was exchanged. */
void driver_wait(void);

#endif
