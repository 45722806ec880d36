/* SPDX-License-Identifier: MIT
 * Reads a key file from standard input and prints what the library says of it: "ok" or the error, and the
 * line. */
#include <stdio.h>

#include <taskseal/taskseal.h>

int main(void)
{
    static char text[65536];
    taskseal_keyring *ring;
    taskseal_error error = {0};
    size_t len = fread(text, 1, sizeof text, stdin);
    taskseal_err err = taskseal_keyring_parse(&ring, text, len, &error);
    taskseal_keyring_free(ring);
    printf("%s %u\n", taskseal_err_name(err), error.line);
    return 0;
}
