/* SPDX-License-Identifier: MIT
 * The functions that put errors into words, for proofs that are about something else: they give the code back.
 * To be included behind the file under proof. The words have proofs of their own, in error.c. */
#ifndef TASKSEAL_PROOF_FAILING_H
#define TASKSEAL_PROOF_FAILING_H

taskseal_err taskseal__fail(taskseal_error *error, taskseal_err code, const char *format, ...)
{
    (void)error, (void)format;
    return code;
}

taskseal_err taskseal__fail_line(taskseal_error *error, taskseal_err code, unsigned line, const char *format,
                                 ...)
{
    (void)error, (void)line, (void)format;
    return code;
}

const char *taskseal_err_text(taskseal_err err)
{
    (void)err;
    return "";
}

#endif
