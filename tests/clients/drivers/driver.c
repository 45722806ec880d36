/* SPDX-License-Identifier: MIT */
#include "driver.h"

#include <stdio.h>
#include <stdlib.h>

const char *driver_setting(const char *name)
{
    const char *value = getenv(name);
    return value != NULL ? value : "";
}

void driver_say(const char *outcome, const char *error)
{
    printf("{\"outcome\":\"%s\",\"error\":\"", outcome);
    for (const char *at = error; *at != '\0'; at++)
        putchar(*at == '"' || *at == '\\' || (unsigned char)*at < ' ' ? ' ' : *at);
    puts("\"}");
    (void)fflush(stdout);
}

void driver_wait(void)
{
    driver_say("first", "");
    (void)getchar();
}
