/* SPDX-License-Identifier: MIT
 *
 * What the doctor found, for people, for programs and for Prometheus.
 */
#ifndef TASKSEAL_TOOLS_DOCTOR_PRINT_H
#define TASKSEAL_TOOLS_DOCTOR_PRINT_H

#include <stdio.h>

#include "doctor.h"

/* One verdict a line, and a line that counts them. */
void doctor_print(const doctor *self);

void doctor_print_json(const doctor *self);

/* The text format of Prometheus; `seconds`: how long it took. */
void doctor_print_metrics(FILE *to, const doctor *self, double seconds);

#endif
