/* SPDX-License-Identifier: MIT
 *
 * What the doctor has found: one verdict for each check, with its evidence and what to do.
 */
#ifndef TASKSEAL_TOOLS_DOCTOR_FINDINGS_H
#define TASKSEAL_TOOLS_DOCTOR_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "../common/report.h"

/* From the best to the worst. */
typedef enum verdict {
    VERDICT_OK,
    VERDICT_INFO,
    VERDICT_UNKNOWN, /* it could not be found out, and the evidence says why */
    VERDICT_WARN,
    VERDICT_FAIL,
    VERDICTS
} verdict;

extern const char *const verdict_names[VERDICTS];

enum { EVIDENCE_MAX = 4096 /* every cipher fits */, FIX_MAX = 700, FINDINGS_MAX = 32 };

typedef struct finding {
    const char *check; /* a name that never changes meaning */
    verdict verdict;
    char evidence[EVIDENCE_MAX];
    char fix[FIX_MAX]; /* "": nothing is to be done */
} finding;

typedef struct findings {
    finding list[FINDINGS_MAX];
    size_t count;
} findings;

/* A new one, without evidence and fix. */
finding *findings_add(findings *all, const char *check, verdict how);

/* What stands between `text`, an evidence or a fix, and what is added to it: "; ", or "" if there is none yet. */
const char *finding_between(const char *text);

/* Each adds to what is there; what does not fit is cut, and "..." says so. */
void text_add(char *text, size_t cap, const char *format, ...) PRINTF_LIKE(3, 4);
void finding_evidence(finding *one, const char *format, ...) PRINTF_LIKE(2, 3);
void finding_fix(finding *one, const char *format, ...) PRINTF_LIKE(2, 3);

/* Adds how a parameter is set: now, and in the configuration file. */
void finding_fix_set(finding *one, const char *parameter, const char *value);

/* Makes the verdict worse, never better. */
void finding_worsen(finding *one, verdict how);

verdict findings_worst(const findings *all);

#endif
