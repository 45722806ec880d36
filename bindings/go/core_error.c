/* SPDX-License-Identifier: MIT
 * Made by bundle.py of lib/core/error.c; do not edit. */
/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <stdarg.h>
#include <stdio.h>

typedef enum { RETRYABLE, PERMANENT } permanence;

typedef struct {
    const char *name;
    const char *text;
    permanence permanence;
} description;

static description describe(taskseal_err err)
{
    switch (err) {
    case TASKSEAL_OK:
        return (description){"ok", "no error", RETRYABLE};
#define DESCRIBE(constant, value, permanence, short_name, text)                                              \
    case TASKSEAL_ERR_##constant:                                                                            \
        return (description){short_name, text, permanence};
        TASKSEAL_ERRORS(DESCRIBE)
#undef DESCRIBE
    }
    return (description){"unknown-error", "an error code that this version does not know", PERMANENT};
}

const char *taskseal_version(void)
{
    return TASKSEAL_VERSION;
}

const char *taskseal_err_name(taskseal_err err)
{
    return describe(err).name;
}

const char *taskseal_err_text(taskseal_err err)
{
    return describe(err).text;
}

bool taskseal_err_permanent(taskseal_err err)
{
    return describe(err).permanence == PERMANENT;
}

static void fill_in(taskseal_error *error, taskseal_err code, unsigned line, const char *format,
                    va_list arguments) TASKSEAL__PRINTF(4, 0);

static void fill_in(taskseal_error *error, taskseal_err code, unsigned line, const char *format,
                    va_list arguments)
{
    if (error == NULL)
        return;
    error->code = code;
    error->line = line;
    if (vsnprintf(error->message, sizeof error->message, format, arguments) < 0)
        error->message[0] = '\0';
}

taskseal_err taskseal__fail(taskseal_error *error, taskseal_err code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fill_in(error, code, 0, format, arguments);
    va_end(arguments);
    return code;
}

taskseal_err taskseal__fail_line(taskseal_error *error, taskseal_err code, unsigned line, const char *format,
                                 ...)
{
    va_list arguments;
    va_start(arguments, format);
    fill_in(error, code, line, format, arguments);
    va_end(arguments);
    return code;
}
