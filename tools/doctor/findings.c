/* SPDX-License-Identifier: MIT */
#include "findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const verdict_names[VERDICTS] = {"ok", "info", "unknown", "warn", "fail"};

finding *findings_add(findings *all, const char *check, verdict how)
{
    if (all->count == FINDINGS_MAX)
        abort(); /* there are fewer checks */
    finding *fresh = &all->list[all->count++];
    *fresh = (finding){.check = check, .verdict = how};
    return fresh;
}

PRINTF_LIKE(3, 0) static void append(char *text, size_t cap, const char *format, va_list values)
{
    static const char mark[] = "...";
    const size_t len = strlen(text);
    const int needed = vsnprintf(text + len, cap - len, format, values);

    if (needed < 0 || (size_t)needed >= cap - len)
        memcpy(text + cap - sizeof mark, mark, sizeof mark);
}

const char *finding_between(const char *text)
{
    return text[0] != '\0' ? "; " : "";
}

void text_add(char *text, size_t cap, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    append(text, cap, format, values);
    va_end(values);
}

void finding_evidence(finding *one, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    append(one->evidence, sizeof one->evidence, format, values);
    va_end(values);
}

void finding_fix(finding *one, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    append(one->fix, sizeof one->fix, format, values);
    va_end(values);
}

void finding_fix_set(finding *one, const char *parameter, const char *value)
{
    finding_fix(one, "CONFIG SET %s %s, and in the configuration file: %s %s", parameter, value, parameter,
                value);
}

void finding_worsen(finding *one, verdict how)
{
    if (how > one->verdict)
        one->verdict = how;
}

verdict findings_worst(const findings *all)
{
    verdict worst = VERDICT_OK;

    for (size_t i = 0; i < all->count; i++)
        worst = all->list[i].verdict > worst ? all->list[i].verdict : worst;
    return worst;
}
