/* SPDX-License-Identifier: MIT
 * Uses the library rightly, or with one fault that a detector has to report: the control of the sanitizers and of
 * Valgrind. Usage: faulty clean|leak|overflow|misaligned|descriptor */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <taskseal/taskseal.h>

static const taskseal_key key = {.id = "k",
                                 .type = TASKSEAL_KEY_XCHACHA20POLY1305,
                                 .state = TASKSEAL_KEY_ACTIVE,
                                 .secret = (const uint8_t *)"0123456789abcdef0123456789ABCDEF"};

/* Seals with a key whose queue is `size` bytes long and said to have 4. */
static taskseal_err seal_for(size_t size)
{
    uint8_t out[1024];
    size_t len;
    taskseal_keyring *ring = NULL;
    char *queue = malloc(size);
    const taskseal_bytes queues[] = {{queue, 4}};
    taskseal_key limited = key;
    if (queue == NULL)
        return TASKSEAL_ERR_NO_MEMORY;
    memcpy(queue, "mail", size);
    limited.queues = queues;
    limited.queue_count = 1;
    taskseal_err err = taskseal_keyring_new(&ring, &limited, 1, NULL);
    const taskseal_seal_options options = {.keyring = ring, .context = {.queue = taskseal_str("mail")}};
    if (err == TASKSEAL_OK && size == 4)
        err = taskseal_seal(&options, "payload", 7, out, sizeof out, &len);
    taskseal_keyring_free(ring);
    free(queue);
    return err;
}

/* Keyrings whose only pointer goes; that of the last may still stand somewhere on the stack. */
static taskseal_err leak(void)
{
    taskseal_keyring *ring;
    taskseal_err err = TASKSEAL_OK;
    for (int i = 0; i < 8 && err == TASKSEAL_OK; i++)
        err = taskseal_keyring_new(&ring, &key, 1, NULL);
    return err;
}

/* A key that stands at an odd address, which C forbids. */
static taskseal_err misalign(void)
{
    static _Alignas(taskseal_key) char room[sizeof key + 1];
    taskseal_keyring *ring;
    memcpy(room + 1, &key, sizeof key);
    taskseal_err err = taskseal_keyring_new(&ring, (const taskseal_key *)(const void *)(room + 1), 1, NULL);
    taskseal_keyring_free(ring);
    return err;
}

static taskseal_err run(const char *what)
{
    if (strcmp(what, "clean") == 0)
        return seal_for(4);
    if (strcmp(what, "overflow") == 0)
        return seal_for(3);
    if (strcmp(what, "leak") == 0)
        return leak();
    if (strcmp(what, "misaligned") == 0)
        return misalign();
    if (strcmp(what, "descriptor") == 0)
        return open("/dev/null", O_RDONLY) >= 0 ? TASKSEAL_OK : TASKSEAL_ERR_IO;
    return TASKSEAL_ERR_BAD_ARGUMENT;
}

int main(int argc, char **argv)
{
    taskseal_err err = argc == 2 ? run(argv[1]) : TASKSEAL_ERR_BAD_ARGUMENT;
    if (err != TASKSEAL_OK)
        fprintf(stderr, "faulty: %s\n", taskseal_err_name(err));
    return err == TASKSEAL_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
