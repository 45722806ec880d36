/* SPDX-License-Identifier: MIT
 * The parameters of a connection URI. */
#ifndef TASKSEAL_REDIS_URI_QUERY_H
#define TASKSEAL_REDIS_URI_QUERY_H

#include "percent.h"
#include "uri.h"

/* Parses what is behind the '?' (query.at is NULL where there is none) into uri->trust, name and
 * timeout_ms. URI_INVALID, NO_MEMORY. */
TASKSEAL_MUST_USE taskseal_err taskseal__uri_query(taskseal__uri *uri, taskseal__span query,
                                                   taskseal_error *error);

#endif
