/* SPDX-License-Identifier: MIT
 *
 * The `taskseal` command: finds the subcommand and runs it.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <sodium.h>

#include "commands.h"
#include "common/report.h"

/* clang-format off: one a line */
const command *const commands[] = {
    &command_keygen,     &command_key,
    &command_seal,       &command_open,
    &command_inspect,    &command_rewrap,
    &command_reseal,     &command_dedupe,
    &command_connect,    &command_doctor,
    &command_completion, &command_version,
    &command_help,       NULL,
};
/* clang-format on */

/* No core dump may hold keys or payloads. Linux takes a limit of 1 byte, and only that, to mean "none" for
 * dumps that go to a program as well as for files. (PR_SET_DUMPABLE would also take /dev/fd/N, and so the
 * shell's <(...), away from users other than root.) */
static void forbid_core_dumps(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_CORE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max < 1 ? limit.rlim_max : 1;
    limit.rlim_max = limit.rlim_cur;
    setrlimit(RLIMIT_CORE, &limit);
}

/* A reader that goes away, and a file size limit, become write errors that are reported. */
static void make_signals_errors(void)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};

    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGXFSZ, &ignore, NULL);
}

/* Were standard output or standard error closed, the next file opened would take its number, and messages
 * would land in that file. What fills the gap fails like a closed descriptor: it can't be read as input, or
 * written as output. */
static void fill_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            _exit(STATUS_FILE);
    }
}

static int dispatch(int argc, char **argv)
{
    if (argc < 2)
        return report_usage("no subcommand; see 'taskseal --help'");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return command_help.run(&command_help, 1, argv);
    if (strcmp(argv[1], "--version") == 0)
        return command_version.run(&command_version, 1, argv);
    const command *found = command_find(commands, argv[1]);
    if (found == NULL)
        return command_report_unknown(commands, argv[1], "--help");
    report_begin(found->name);
    return found->run(found, argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
    fill_standard_descriptors();
    forbid_core_dumps();
    make_signals_errors();
    if (sodium_init() < 0)
        return report_error(TASKSEAL_ERR_NO_RANDOM, NULL);
    return report_end(dispatch(argc, argv));
}
