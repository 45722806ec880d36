/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>

#include "commands.h"
#include "common/parse.h"
#include "common/print.h"
#include "common/report.h"
#include "key_change.h"

enum { KEY_NEW_FILE = KEY_OWN, KEY_NEW_FD, KEY_REMOVE };

static const command_option options[] = {
    KEYFILE_OPTIONS,
    {"new-passphrase-file", KEY_NEW_FILE, "FILE",
     "read the new passphrase from FILE, which others must not\n"
     "be able to read; else it is asked for, twice"},
    {"new-passphrase-fd", KEY_NEW_FD, "N", "read it from file descriptor N"},
    {"remove", KEY_REMOVE, NULL, "take the protection off"},
    {NULL, 0, NULL, NULL},
};

typedef struct settings {
    keyring_choice keyring;
    passphrase_source fresh;
    bool remove;
} settings;

static int take(void *state, int key, const char *value)
{
    settings *set = state;

    switch (key) {
    case KEY_NEW_FILE:
        set->fresh.file = value;
        return STATUS_OK;
    case KEY_NEW_FD:
        set->fresh.has_fd = true;
        return parse_descriptor("new-passphrase-fd", value, &set->fresh.fd);
    case KEY_REMOVE:
        set->remove = true;
        return STATUS_OK;
    default:
        return keyring_take(&set->keyring, key, value);
    }
}

static int get_fresh(const settings *set, buffer *fresh)
{
    if (set->remove)
        return STATUS_OK;
    if (passphrase_given(&set->fresh))
        return passphrase_read(&set->fresh, fresh);
    if (passphrase_can_ask())
        return passphrase_ask("New passphrase of the key file: ", true, fresh);
    return report_usage("no new passphrase: give --new-passphrase-file FILE or --new-passphrase-fd N "
                        "(there is no terminal to ask on), or --remove");
}

static int change_file(const settings *set)
{
    keyfile file;
    buffer fresh = BUFFER_EMPTY;

    int status = keyfile_choose(&file, &set->keyring);
    if (status == STATUS_OK)
        status = get_fresh(set, &fresh);
    taskseal_keyfile_change change = {.action = TASKSEAL_KEYFILE_PROTECT,
                                      .new_passphrase = {fresh.data, fresh.len}};
    if (status == STATUS_OK)
        status = keyfile_apply(&file, &change);
    if (status == STATUS_OK) {
        print_safe(stdout, file.path);
        printf(" is %s now.\n",
               set->remove ? "not protected by a passphrase" : "protected by the new passphrase");
        if (keyfile_has_old(&file))
            keyfile_tell_lying_around(&file);
    }
    buffer_free(&fresh);
    keyfile_free(&file);
    return status;
}

static int run(const command *self, int argc, char **argv)
{
    settings set = {.keyring = KEYRING_CHOICE_EMPTY,
                    .fresh = {"--new-passphrase-file", "--new-passphrase-fd", NULL, -1, false}};
    bool stop;

    const int status = command_parse(self, argc, argv, take, &set, &stop);
    if (status != STATUS_OK || stop)
        return status;
    if (optind < argc)
        return report_usage("no operand can be given: name the file with --keyring");
    if (set.remove && passphrase_given(&set.fresh))
        return report_usage("give a new passphrase or --remove, not both");
    return change_file(&set);
}

const command command_key_protect = {
    .name = "key protect",
    .operands = "",
    .summary = "protect the key file with a passphrase, change it, or take it off",
    .description =
        "Encrypts the key file under a passphrase (argon2id and XChaCha20-Poly1305), or under another\n"
        "one. Whatever loads it then needs the passphrase, and by default a second and 256 MiB.\n"
        "A passphrase is never taken from the command line. A file that had no passphrase is not kept\n"
        "as FILE.old.\n",
    .examples =
        "  taskseal key protect -k /etc/app/keyring\n"
        "  taskseal key protect --passphrase-file old --new-passphrase-file new -k /etc/app/keyring\n",
    .options = options,
    .run = run,
};
