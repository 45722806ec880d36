/* SPDX-License-Identifier: MIT
 *
 * Secrets that were given where something else belongs: messages must not repeat them.
 */
#ifndef TASKSEAL_TOOLS_SECRET_H
#define TASKSEAL_TOOLS_SECRET_H

/* Reports a `text` that holds a key's secret or a URI with credentials, without showing it: `what` ("-o",
 * say) takes `wanted`. To be asked before `text` is used or quoted. A status of report.h. */
int secret_check(const char *what, const char *wanted, const char *text);

#endif
