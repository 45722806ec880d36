/* SPDX-License-Identifier: MIT */
#include "explain.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "names.h"
#include "print.h"
#include "report.h"
#include "shared.h"

/* Room for the most key ids that an envelope and the command line can name; what exceeds it is cut off. */
typedef struct remark {
    char text[4096];
    size_t len;
} remark;

static void add(remark *to, const char *format, ...) PRINTF_LIKE(2, 3);

static void add(remark *to, const char *format, ...)
{
    const size_t room = sizeof to->text - to->len;
    va_list arguments;

    va_start(arguments, format);
    const int length = vsnprintf(to->text + to->len, room, format, arguments);
    va_end(arguments);
    if (length > 0)
        to->len += (size_t)length < room ? (size_t)length : room - 1;
}

/* Begins what is the envelope's word, which may be a forger's. */
static void add_says(remark *to)
{
    add(to, "the envelope says, unverified: ");
}

/* ---- Context ---- */

static void add_fields(remark *to, unsigned fields)
{
    const char *comma = "";

    for (const named_value *field = bound_names; field->name != NULL; field++) {
        if ((fields & field->value) == 0)
            continue;
        add(to, "%s%s", comma, field->name);
        comma = ",";
    }
    if (fields == 0)
        add(to, "nothing");
}

/* Whether only the values can be at fault: all that it is bound to is given, and all that must be bound is. */
static bool is_about_values(const taskseal_info *info, const taskseal_open_options *options)
{
    const unsigned given = context_given(&options->context);
    const unsigned insisted =
        options->insist != 0 ? options->insist & ~(unsigned)TASKSEAL_INSIST_NONE : given;

    return (info->bound & ~given) == 0 && (insisted & ~info->bound) == 0;
}

static void add_bindings(remark *to, const taskseal_info *info, const taskseal_open_options *options)
{
    add_says(to);
    add(to, "bound to ");
    add_fields(to, info->bound);
    add(to, "; given: ");
    add_fields(to, context_given(&options->context));
    if (options->insist != 0) {
        add(to, "; insisted on: ");
        add_fields(to, options->insist & ~(unsigned)TASKSEAL_INSIST_NONE);
    }
    if (is_about_values(info, options))
        add(to, "; so at least one of the values given differs from what it was sealed with");
}

static void add_missing_queue(remark *to, taskseal_err err, const taskseal_context *context)
{
    if (err == TASKSEAL_ERR_KEY_WRONG_QUEUE && context->queue.data == NULL)
        add(to, "%s--queue is not given", to->len > 0 ? "; " : "");
}

/* ---- Keys ---- */

/* True if it is about which keys there are and what they may do. */
static bool is_about_keys(taskseal_err err)
{
    return err == TASKSEAL_ERR_UNKNOWN_KEY || err == TASKSEAL_ERR_KEY_RETIRED ||
           err == TASKSEAL_ERR_KEY_COMPROMISED || err == TASKSEAL_ERR_KEY_WRONG_QUEUE ||
           err == TASKSEAL_ERR_KEY_OUTSIDE_WINDOW || err == TASKSEAL_ERR_KEY_NOT_ACTIVE ||
           err == TASKSEAL_ERR_KEY_WRONG_USE;
}

static void add_sealed_at(remark *to, const taskseal_info *info)
{
    char sealed_at[TIME_TEXT_MAX];

    format_time(info->sealed_at, sealed_at);
    add(to, "sealed %s", sealed_at);
}

static void add_keys(remark *to, taskseal_err err, const taskseal_info *info)
{
    add_says(to);
    add(to, info->stanza_count == 1 ? "key " : "keys ");
    for (size_t i = 0; i < info->stanza_count; i++)
        add(to, "%s%s", i > 0 ? ", " : "", info->stanzas[i].key_id);
    if (err == TASKSEAL_ERR_KEY_OUTSIDE_WINDOW) {
        add(to, ", ");
        add_sealed_at(to, info);
    }
}

static bool names_key(const taskseal_info *info, const char *key_id)
{
    for (size_t i = 0; i < info->stanza_count; i++) {
        if (strcmp(info->stanzas[i].key_id, key_id) == 0)
            return true;
    }
    return false;
}

/* What to do about a key of --to that is not active. */
static void add_state(remark *to, const taskseal_keyring *ring, const char *key_id)
{
    taskseal_key key;

    for (size_t i = 0; taskseal_keyring_key(ring, i, &key); i++) {
        if (strcmp(key.id, key_id) == 0 && key.state == TASKSEAL_KEY_OPEN_ONLY)
            add(to, ", which is open-only: 'taskseal key promote' makes it active; or choose another");
    }
}

/* The first key of --to that alone meets with the same error. */
static const char *recipient_at_fault(taskseal_err err, const taskseal_seal_options *options)
{
    taskseal_seal_options alone = *options;

    alone.key_count = 1;
    for (size_t i = 0; i < options->key_count; i++) {
        alone.key_ids = &options->key_ids[i];
        if (taskseal_seal_size(&alone, 0, NULL, NULL) == err)
            return options->key_ids[i];
    }
    return NULL;
}

/* ---- Times ---- */

static void add_times(remark *to, const taskseal_info *info)
{
    char expires_at[TIME_TEXT_MAX] = "never";
    char now[TIME_TEXT_MAX];

    if (info->expires_at != 0)
        format_time(info->expires_at, expires_at);
    format_time((uint64_t)time(NULL), now);
    add_says(to);
    add_sealed_at(to, info);
    add(to, ", expires %s; this clock says %s", expires_at, now);
}

static void add_max_age(remark *to, const taskseal_open_options *options)
{
    if (options->max_age != 0)
        add(to, "; --max-age is %" PRIu64 " s", options->max_age);
    else
        add(to, "; --max-age is not given");
}

/* ---- One subcommand each ---- */

static void remark_on_open(remark *to, taskseal_err err, const taskseal_info *info,
                           const taskseal_open_options *options)
{
    switch (err) {
    case TASKSEAL_ERR_CONTEXT_MISMATCH:
    case TASKSEAL_ERR_CONTEXT_REQUIRED:
        add_bindings(to, info, options);
        break;
    case TASKSEAL_ERR_EXPIRED:
    case TASKSEAL_ERR_NOT_YET_VALID:
        add_times(to, info);
        add_max_age(to, options);
        break;
    case TASKSEAL_ERR_WRONG_PURPOSE:
        add_says(to);
        add(to, "purpose %s; accepted: %s", name_of(purpose_names, info->purpose),
            name_of(purpose_names, (unsigned)options->purpose));
        break;
    case TASKSEAL_ERR_SUITE_DENIED:
    case TASKSEAL_ERR_SUITE_UNAVAILABLE:
        add_says(to);
        add(to, "suite %s", name_of(suite_names, info->suite));
        break;
    default:
        if (is_about_keys(err) || err == TASKSEAL_ERR_AUTHENTICATION_FAILED)
            add_keys(to, err, info);
        add_missing_queue(to, err, &options->context);
        break;
    }
}

int explain_open(taskseal_err err, const char *input, const buffer *sealed,
                 const taskseal_open_options *options)
{
    remark why = {.len = 0};
    taskseal_info info;

    if (taskseal_inspect(sealed->data, sealed->len, &info) == TASKSEAL_OK)
        remark_on_open(&why, err, &info, options);
    return report_error_at(err, input, why.text);
}

static void remark_on_rewrap(remark *to, taskseal_err err, const taskseal_info *info,
                             const taskseal_rewrap_options *options)
{
    if (err == TASKSEAL_ERR_EXPIRED || err == TASKSEAL_ERR_NOT_YET_VALID)
        add_times(to, info);
    if (!is_about_keys(err) && err != TASKSEAL_ERR_AUTHENTICATION_FAILED)
        return;
    add_keys(to, err, info);
    if (options->from_key_id != NULL)
        add(to, "; --from is %s", options->from_key_id);
    if (options->to_key_id != NULL)
        add(to, "; --to is %s", options->to_key_id);
}

int explain_rewrap(taskseal_err err, const char *input, const buffer *sealed,
                   const taskseal_rewrap_options *options)
{
    const char *from = options->from_key_id;
    remark why = {.len = 0};
    taskseal_info info;

    if (taskseal_inspect(sealed->data, sealed->len, &info) != TASKSEAL_OK)
        return report_error_at(err, input, NULL);
    /* The keyring holds that key (keyring_check): it is this envelope that the key has no part in, and no
     * key that is still spreading will change that. */
    if (err == TASKSEAL_ERR_UNKNOWN_KEY && from != NULL && !names_key(&info, from)) {
        add_keys(&why, err, &info);
        return report_refusal(taskseal_err_name(err), "%s: the envelope does not name '%s' (--from) (%s)",
                              input, from, why.text);
    }
    remark_on_rewrap(&why, err, &info, options);
    return report_error_at(err, input, why.text);
}

int explain_seal(taskseal_err err, const char *input, const taskseal_seal_options *options)
{
    remark why = {.len = 0};

    if (is_about_keys(err)) {
        const char *key_id = recipient_at_fault(err, options);
        if (key_id != NULL)
            add(&why, "--to is %s", key_id);
        if (key_id != NULL && err == TASKSEAL_ERR_KEY_NOT_ACTIVE)
            add_state(&why, options->keyring, key_id);
        add_missing_queue(&why, err, &options->context);
    }
    return report_error_at(err, input, why.text);
}

/* The key that --to names is told too: opening comes first, and when it is done the error is about sealing. */
int explain_reseal(taskseal_err err, const char *input, const buffer *sealed,
                   const taskseal_reseal_options *options)
{
    remark why = {.len = 0};
    taskseal_info info;

    if (taskseal_inspect(sealed->data, sealed->len, &info) == TASKSEAL_OK)
        remark_on_open(&why, err, &info, &options->open);
    for (size_t i = 0; is_about_keys(err) && i < options->key_count; i++)
        add(&why, "%s%s", i == 0 ? "; --to is " : ", ", options->key_ids[i]);
    return report_error_at(err, input, why.text);
}

int explain_dedupe(taskseal_err err, const char *input, const taskseal_dedupe_options *options)
{
    const taskseal_context context = {.queue = options->queue};
    remark why = {.len = 0};

    /* The library's text is about sealing. (A key that is named makes tags in any state that has a secret.) */
    if (err == TASKSEAL_ERR_KEY_NOT_ACTIVE && options->key_id == NULL)
        add(&why,
            "%s: no active key of type dedupe is in the keyring: 'taskseal key add --type dedupe' makes one, "
            "'taskseal key promote' makes it active",
            input);
    if (why.len > 0)
        return report_error(err, why.text);
    if (is_about_keys(err) && options->key_id != NULL)
        add(&why, "--key is %s", options->key_id);
    add_missing_queue(&why, err, &context);
    return report_error_at(err, input, why.text);
}
