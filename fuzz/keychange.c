/* SPDX-License-Identifier: MIT
 * Input: eight bytes that choose a change, then the text of a key file. What comes out is a valid key file in which that
 * key alone has changed, as it was asked, and all other lines are the same bytes in the same order. A second time the
 * change does nothing, or is refused. No message depends on a secret. */
#include "keyfile.h"

#include "core/keyfile.h"
#include "core/keyfile_change.h"

#include <sodium.h>

enum { CONTROLS = 8 };

/* ---- The change ---- */

typedef struct {
    char id[TASKSEAL_KEY_ID_MAX + 1];
    taskseal_bytes queues[3];
    taskseal_keyfile_change change;
} chosen;

static uint64_t choose_time(uint8_t control)
{
    static const uint64_t times[] = {
        0, 1, 1767225600, 1798761599, 4102444800, TASKSEAL_TIME_MAX, TASKSEAL_TIME_MAX + 1};
    return times[control % (sizeof times / sizeof times[0])];
}

static void choose(chosen *c, const uint8_t *control, const taskseal__keyfile *file)
{
    static const taskseal_bytes names[] = {
        {"mail", 4}, {"a,b %", 5}, {"\0\xFF\n", 3}, {"\xC3\xA9", 2}, {"~", 1}};
    static const taskseal_key_type types[] = {0, TASKSEAL_KEY_AEGIS256, TASKSEAL_KEY_DEDUPE,
                                              TASKSEAL_KEY_XCHACHA20POLY1305};
    const taskseal_keyfile_action action = (taskseal_keyfile_action)(1 + control[0] % 6);
    const bool limits = action == TASKSEAL_KEYFILE_ADD || action == TASKSEAL_KEYFILE_LIMIT;
    const bool strange = control[7] == 0xFF; /* also what the action does not take */
    size_t which = control[1] % (file->key_count + 1);
    (void)snprintf(c->id, sizeof c->id, "%s", which < file->key_count ? file->keys[which].id : "new-key");
    c->change = (taskseal_keyfile_change){.action = action, .key_id = c->id};
    if (limits || strange) {
        for (size_t i = 0; i < control[2] % 4U; i++)
            c->queues[c->change.queue_count++] = names[(control[6] / 4U + i) % 5];
        c->change.queues = c->change.queue_count > 0 ? c->queues : NULL;
        c->change.not_before = choose_time(control[3]);
    }
    if (limits || strange || action == TASKSEAL_KEYFILE_DEMOTE)
        c->change.not_after = choose_time(control[4]);
    if (action == TASKSEAL_KEYFILE_ADD || strange)
        c->change.type = types[control[6] % 4];
    if (action == TASKSEAL_KEYFILE_LIMIT || strange)
        c->change.flags = control[5] % 4;
}

/* ---- What came of it ---- */

static bool same_bytes(taskseal_bytes a, taskseal_bytes b)
{
    return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

static bool same_queues(const taskseal_bytes *a, size_t a_count, const taskseal_bytes *b, size_t b_count)
{
    bool same = a_count == b_count;
    for (size_t i = 0; i < a_count && same; i++)
        same = same_bytes(a[i], b[i]);
    return same;
}

static bool same_secret(const taskseal_key *a, const taskseal_key *b)
{
    if (a->secret == NULL || b->secret == NULL)
        return a->secret == b->secret;
    return memcmp(a->secret, b->secret, TASKSEAL_KEY_BYTES) == 0;
}

static void check_limits(const taskseal_keyfile_change *change, const taskseal_key *was,
                         const taskseal_key *is)
{
    const bool any_time = (change->flags & TASKSEAL_KEYFILE_ANY_TIME) != 0;
    if (change->queue_count > 0 || (change->flags & TASKSEAL_KEYFILE_ANY_QUEUE) != 0)
        HOLDS(same_queues(is->queues, is->queue_count, change->queues, change->queue_count));
    else
        HOLDS(same_queues(is->queues, is->queue_count, was->queues, was->queue_count));
    HOLDS(is->not_before == (change->not_before != 0 ? change->not_before : any_time ? 0 : was->not_before));
    HOLDS(is->not_after == (change->not_after != 0 ? change->not_after : any_time ? 0 : was->not_after));
    HOLDS(is->state == was->state && same_secret(was, is));
}

static void check_changed(const taskseal_keyfile_change *change, const taskseal_key *was,
                          const taskseal_key *is)
{
    HOLDS(is->type == was->type);
    if (change->action != TASKSEAL_KEYFILE_LIMIT)
        HOLDS(same_queues(is->queues, is->queue_count, was->queues, was->queue_count) &&
              is->not_before == was->not_before);
    switch (change->action) {
    case TASKSEAL_KEYFILE_PROMOTE:
        HOLDS(is->state == TASKSEAL_KEY_ACTIVE && same_secret(was, is) && is->not_after == was->not_after);
        break;
    case TASKSEAL_KEYFILE_DEMOTE:
        HOLDS(is->state == TASKSEAL_KEY_OPEN_ONLY && same_secret(was, is) && is->not_after != 0);
        HOLDS(was->not_after == 0 || is->not_after <= was->not_after);
        HOLDS(change->not_after == 0 || is->not_after <= change->not_after);
        break;
    case TASKSEAL_KEYFILE_RETIRE:
        HOLDS(is->state == TASKSEAL_KEY_RETIRED && was->state == TASKSEAL_KEY_OPEN_ONLY);
        break;
    case TASKSEAL_KEYFILE_COMPROMISE:
        HOLDS(is->state == TASKSEAL_KEY_COMPROMISED && was->state != TASKSEAL_KEY_COMPROMISED);
        break;
    case TASKSEAL_KEYFILE_LIMIT:
        check_limits(change, was, is);
        break;
    case TASKSEAL_KEYFILE_ADD:
    case TASKSEAL_KEYFILE_PROTECT:
        HOLDS(false);
    }
}

static const taskseal_key *find(const taskseal__keyfile *file, const char *id, unsigned *line)
{
    for (size_t i = 0; i < file->key_count; i++)
        if (strcmp(file->keys[i].id, id) == 0) {
            *line = file->lines[i];
            return &file->keys[i];
        }
    *line = 0;
    return NULL;
}

static void check_added(const taskseal_keyfile_change *change, const taskseal__keyfile *file)
{
    const taskseal_key *key = &file->keys[file->key_count - 1];
    HOLDS(strcmp(key->id, change->key_id) == 0 && key->state == TASKSEAL_KEY_OPEN_ONLY);
    HOLDS(key->type == (change->type != 0 ? change->type : TASKSEAL_KEY_XCHACHA20POLY1305));
    HOLDS(same_queues(key->queues, key->queue_count, change->queues, change->queue_count));
    HOLDS(key->not_before == change->not_before && key->not_after == change->not_after);
}

/* The next line but number `skipped`, without its LF; false at the end. */
static bool next_line(const char **at, const char *end, unsigned *number, unsigned skipped,
                      taskseal_bytes *line)
{
    do {
        if (*at == end)
            return false;
        const char *feed = memchr(*at, '\n', (size_t)(end - *at));
        *line = (taskseal_bytes){*at, (size_t)((feed != NULL ? feed : end) - *at)};
        *at = feed != NULL ? feed + 1 : end;
    } while (++*number == skipped);
    return true;
}

static void check_lines(taskseal_bytes old, unsigned old_skipped, taskseal_bytes new, unsigned new_skipped)
{
    const char *a = old.data;
    const char *b = new.data;
    unsigned a_number = 0;
    unsigned b_number = 0;
    for (;;) {
        taskseal_bytes a_line;
        taskseal_bytes b_line;
        bool more = next_line(&a, (const char *)old.data + old.len, &a_number, old_skipped, &a_line);
        HOLDS(next_line(&b, (const char *)new.data + new.len, &b_number, new_skipped, &b_line) == more);
        if (!more)
            break;
        HOLDS(same_bytes(a_line, b_line));
    }
    HOLDS(((const char *)new.data)[new.len - 1] == '\n');
}

static void check_first_of_its_type(const taskseal__keyfile *file, const taskseal_key *key)
{
    const taskseal_key *first = file->keys;
    while (first->type != key->type)
        first++;
    HOLDS(first == key);
}

static void check_file(const taskseal_keyfile_change *change, const taskseal__keyfile *file,
                       taskseal_bytes text, taskseal_bytes changed)
{
    taskseal__keyfile now;
    taskseal_error error;
    unsigned old_line;
    unsigned new_line;
    HOLDS(taskseal__keyfile_read(&now, changed.data, changed.len, &error) == TASKSEAL_OK);
    const taskseal_key *was = find(file, change->key_id, &old_line);
    const taskseal_key *is = find(&now, change->key_id, &new_line);
    HOLDS(is != NULL && (was == NULL) == (change->action == TASKSEAL_KEYFILE_ADD));
    HOLDS(now.key_count == file->key_count + (was == NULL ? 1 : 0));
    if (was == NULL)
        check_added(change, &now);
    else
        check_changed(change, was, is);
    if (change->action == TASKSEAL_KEYFILE_PROMOTE)
        check_first_of_its_type(&now, is);
    else
        HOLDS(was == NULL || old_line == new_line);
    check_lines(text, old_line, changed, new_line);
    taskseal__keyfile_forget(&now);
}

static void check_again(const taskseal_keyfile_change *change, taskseal_bytes changed)
{
    char *again;
    size_t len;
    taskseal_error error;
    taskseal_err err = taskseal__change_text(change, changed.data, changed.len, &again, &len, &error);
    if (change->action == TASKSEAL_KEYFILE_PROMOTE || change->action == TASKSEAL_KEYFILE_DEMOTE ||
        change->action == TASKSEAL_KEYFILE_LIMIT)
        HOLDS(err == TASKSEAL_OK && same_bytes((taskseal_bytes){again, len}, changed));
    else
        HOLDS(err == TASKSEAL_ERR_KEYFILE_CHANGE && again == NULL && len == 0);
    sodium_free(again);
}

/* ---- The target ---- */

static taskseal_err apply(const taskseal_keyfile_change *change, const taskseal__keyfile *file,
                          taskseal_bytes text, taskseal_error *error)
{
    char *changed = (char *)(uintptr_t)text.data; /* to see that it is set */
    size_t len = 1;
    taskseal_err err = taskseal__change_text(change, text.data, text.len, &changed, &len, error);
    HOLDS((err == TASKSEAL_OK) == (changed != NULL) && (err == TASKSEAL_OK) == (len != 0));
    if (err == TASKSEAL_OK) {
        const taskseal_bytes now = {changed, len};
        check_file(change, file, text, now);
        check_again(change, now);
    }
    sodium_free(changed);
    return err;
}

static void check_change(const uint8_t *control, char *text, size_t size, const taskseal__keyfile *file)
{
    taskseal_error error = {TASKSEAL_OK, 0, ""};
    taskseal_error other = {TASKSEAL_OK, 0, ""};
    chosen c = {.id = ""};
    char *changed;
    size_t len;
    choose(&c, control, file);
    if (taskseal__change_check(&c.change, &error) != TASKSEAL_OK)
        return;
    reached_depth();
    taskseal_err err = apply(&c.change, file, (taskseal_bytes){text, size}, &error);
    if (err == TASKSEAL_OK)
        return;
    HOLDS(err == TASKSEAL_ERR_UNKNOWN_KEY || err == TASKSEAL_ERR_KEYFILE_CHANGE ||
          err == TASKSEAL_ERR_SUITE_UNAVAILABLE);
    check_error(&error, err, text, size);
    if (strstr(c.id, "tskek1_") != NULL || strstr(c.id, "tsdup1_") != NULL)
        return; /* an id that looks like a secret, and that the caller named: messages may repeat it */
    change_secrets(text, size);
    HOLDS(taskseal__change_text(&c.change, text, size, &changed, &len, &other) == err && changed == NULL);
    HOLDS(strcmp(other.message, error.message) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    taskseal__keyfile file;
    if (size < CONTROLS)
        return 0;
    HOLDS(sodium_init() >= 0);
    size -= CONTROLS;
    char *text = must_allocate(size);
    memcpy(text, data + CONTROLS, size);
    if (taskseal__keyfile_read(&file, text, size, NULL) == TASKSEAL_OK)
        check_change(data, text, size, &file);
    taskseal__keyfile_forget(&file);
    free(text);
    return 0;
}
