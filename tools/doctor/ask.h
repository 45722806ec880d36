/* SPDX-License-Identifier: MIT
 *
 * Questions to the server over the verified connection, none of which changes it.
 */
#ifndef TASKSEAL_TOOLS_DOCTOR_ASK_H
#define TASKSEAL_TOOLS_DOCTOR_ASK_H

#include "doctor.h"

typedef enum answer {
    ANSWER_GIVEN,
    ANSWER_DENIED, /* this user may not ask */
    ANSWER_ABSENT  /* this server has no such thing */
} answer;

enum { ANSWER_MAX = 1024 }; /* `bind` takes 16 addresses */

/* The reply, or NULL if the connection is lost, which later calls survive. */
redisReply *ask(doctor *self, int argc, const char **argv);

/* The value of a configuration parameter. */
answer ask_config(doctor *self, const char *name, char value[ANSWER_MAX]);

/* A field of INFO. */
answer ask_info(doctor *self, const char *name, char value[ANSWER_MAX]);

/* CONFIG's value, or INFO's where CONFIG may not be asked. */
answer ask_either(doctor *self, const char *config, const char *info, char value[ANSWER_MAX]);

/* Whom the doctor should log in as, to see more. */
extern const char fix_login[];

/* Makes it "unknown", for want of CONFIG GET or INFO. */
void finding_denied(finding *one, const char *what);

#endif
