/* SPDX-License-Identifier: MIT
 * Failures of a TLS session, told apart. */
#ifndef TASKSEAL_REDIS_FAULT_H
#define TASKSEAL_REDIS_FAULT_H

#include "tls.h"

/* Says why the last call on `tls` failed, from the wire, the verdict and OpenSSL's error queue. Never
 * TASKSEAL_OK. */
taskseal_err taskseal__fault(const taskseal__tls *tls, taskseal_error *error);

/* The deadline passed in tls->phase. */
taskseal_err taskseal__fault_timeout(const taskseal__tls *tls, taskseal_error *error);

/* True if OpenSSL's error queue holds an alert that the peer sent. */
bool taskseal__fault_is_alert(void);

#endif
