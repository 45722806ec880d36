/* SPDX-License-Identifier: MIT */
#include "role.h"

#include <stdio.h>
#include <string.h>

#include "role_lines.h"

enum { WORD_MAX = 320, WORDS_TEXT_MAX = 700 };

static const char any_queue[] = "{*}";
static const char no_queue[] = "taskseal-doctor"; /* no queue has this name, and none gets it */

const char *const role_names[ROLES] = {"", "producer", "worker", "operator", "scheduler", "inspector"};
static const char *const layout_names[] = {"", "examples", "asynq"};

/* The pattern for one queue. */
static void for_queue(const char *pattern, size_t len, const char *queue, char out[WORD_MAX])
{
    const char *at = queue != NULL ? memmem(pattern, len, any_queue, strlen(any_queue)) : NULL;

    if (at == NULL)
        snprintf(out, WORD_MAX, "%.*s", (int)len, pattern);
    else
        snprintf(out, WORD_MAX, "%.*s{%s}%.*s", (int)(at - pattern), pattern, queue,
                 (int)(len - (size_t)(at - pattern) - strlen(any_queue)), at + strlen(any_queue));
}

/* Takes the next word of a list off it; NULL at its end. */
static const char *next_word(const char **list, size_t *len)
{
    const char *word = *list + strspn(*list, " ");

    *len = strcspn(word, " ");
    *list = word + *len;
    return *len > 0 ? word : NULL;
}

/* ---- Printing ---- */

static const role_line *line_of(role which, layout keys)
{
    for (size_t i = 0; i < role_line_count; i++) {
        if (role_lines[i].role == which && role_lines[i].layout == keys)
            return &role_lines[i];
    }
    return NULL;
}

bool role_known(const doctor *self)
{
    return line_of(self->role, self->layout) != NULL;
}

/* No comments: an ACL file takes none. The hash is left for the reader to put in, and a server refuses the line until
 * then. */
void role_print(const doctor *self)
{
    const role_line *line = line_of(self->role, self->layout);
    const char *list = line->keys;
    size_t len;

    printf("user default off ~* &* +@all\nuser %s on #SHA256-OF-ITS-PASSWORD resetchannels -@all +ping",
           self->acl_user != NULL ? self->acl_user : role_names[self->role]);
    if (line->channels != NULL)
        printf(" %s", line->channels);
    for (const char *word = next_word(&list, &len); word != NULL; word = next_word(&list, &len)) {
        char key[WORD_MAX];
        for_queue(word, len, self->queue, key);
        printf(" %s", key);
    }
    list = line->commands;
    for (const char *word = next_word(&list, &len); word != NULL; word = next_word(&list, &len))
        printf(" +%.*s", (int)len, word);
    fputc('\n', stdout);
}

/* ---- Testing ---- */

static bool lists(const char *list, const char *name)
{
    size_t len;

    for (const char *word = next_word(&list, &len); word != NULL; word = next_word(&list, &len)) {
        if (strlen(name) == len && strncmp(word, name, len) == 0)
            return true;
    }
    return false;
}

/* A key that the pattern stands for: "%R~{*}:t:*" gives "{taskseal-doctor}:t:x". */
static void sample_key(const doctor *self, const char *pattern, size_t len, char key[WORD_MAX])
{
    const char *tilde = memchr(pattern, '~', len);
    const size_t skip = tilde != NULL ? (size_t)(tilde - pattern) + 1 : 0;

    for_queue(pattern + skip, len - skip, self->queue != NULL ? self->queue : no_queue, key);
    const size_t end = strlen(key);
    if (end > 0 && key[end - 1] == '*')
        key[end - 1] = 'x';
}

static right ask_on(doctor *self, const role_command *command, const char *key)
{
    const char *words[RIGHT_WORDS_MAX] = {0};

    for (size_t i = 0; i < RIGHT_WORDS_MAX && command->words[i] != NULL; i++)
        words[i] = strcmp(command->words[i], "K") == 0 ? key : command->words[i];
    return right_ask(self, self->acl_user, words, CARE_QUEUE);
}

typedef struct tally {
    char refused[WORDS_TEXT_MAX]; /* what it needs */
    char beyond[WORDS_TEXT_MAX];
    size_t asked;
    size_t unknown;
} tally;

static void note(tally *to, right found, bool needed, const char *what)
{
    char *list = needed ? to->refused : to->beyond;
    const size_t len = strlen(list);

    to->asked++;
    to->unknown += found == RIGHT_UNKNOWN;
    if ((needed && (found == RIGHT_NO || found == RIGHT_ABSENT)) || (!needed && found == RIGHT_YES))
        snprintf(list + len, WORDS_TEXT_MAX - len, "%s%s", len > 0 ? ", " : "", what);
}

/* An ACL is commands times keys: so each command on one key, and each key with one command, are all of it. */
static void ask_commands(doctor *self, const role_line *line, tally *to)
{
    const char *list = line->keys;
    char key[WORD_MAX];
    size_t len;
    const char *first = next_word(&list, &len);

    sample_key(self, first, len, key);
    for (size_t i = 0; i < role_command_count; i++) {
        const role_command *this = &role_commands[i];
        /* Subscribing can't be queued, and may be asked by DRYRUN only. */
        if (strcmp(this->name, "subscribe") == 0 && self->dryrun != WAY_OPEN)
            continue;
        note(to, ask_on(self, this, key), lists(line->commands, this->name), this->name);
    }
}

/* Behind the ~ of "~a" or "%R~a". */
static const char *behind_tilde(const char *pattern)
{
    const char *tilde = strchr(pattern, '~');

    return tilde != NULL ? tilde + 1 : pattern;
}

static bool has_pattern(const role_line *line, const char *word, size_t word_len)
{
    const char *list = line->keys;
    const char *wanted = behind_tilde(word);
    size_t len;

    word_len -= (size_t)(wanted - word);
    for (const char *own = next_word(&list, &len); own != NULL; own = next_word(&list, &len)) {
        const char *its = behind_tilde(own);
        if (len - (size_t)(its - own) == word_len && strncmp(its, wanted, word_len) == 0)
            return true;
    }
    return false;
}

/* Every pattern of the layout that some role has; the role's own must be open, the others shut. */
static void ask_keys(doctor *self, const role_line *line, tally *to)
{
    const role_command *command = &role_commands[0];

    while (!lists(line->commands, command->name) || strcmp(command->words[1], "K") != 0)
        command++;
    for (size_t i = 0; i < role_line_count; i++) {
        const char *list = role_lines[i].keys;
        size_t len;
        if (role_lines[i].layout != line->layout || role_lines[i].role == ROLE_OPERATOR)
            continue;
        for (const char *word = next_word(&list, &len); word != NULL; word = next_word(&list, &len)) {
            char key[WORD_MAX];
            sample_key(self, word, len, key);
            if (strstr(to->refused, key) == NULL && strstr(to->beyond, key) == NULL)
                note(to, ask_on(self, command, key), has_pattern(line, word, len), key);
        }
    }
    note(to, ask_on(self, command, "taskseal-doctor:none"), false, "taskseal-doctor:none");
}

static void tell(doctor *self, finding *one, const char *bad, verdict how, const char *good, const tally *all)
{
    const char *who = self->acl_user != NULL ? self->acl_user : self->user;

    if (bad[0] != '\0') {
        finding_worsen(one, how);
        finding_evidence(one, "%s %s: %s (%s)", who, how == VERDICT_FAIL ? "may not" : "may also", bad,
                         right_way(self));
        finding_fix(
            one,
            "ACL SETUSER %s reset, then the line that 'taskseal doctor --role %s --layout %s' prints, with "
            "the hash of its password",
            who, role_names[self->role], layout_names[self->layout]);
    } else {
        finding_evidence(one, "%s %s: %zu questions, %s", who, good, all->asked, right_way(self));
    }
    if (all->unknown > 0) {
        finding_worsen(one, VERDICT_UNKNOWN);
        finding_evidence(one, "; %zu not answered", all->unknown);
    }
}

void check_role(doctor *self)
{
    const role_line *line = line_of(self->role, self->layout);
    tally all = {.asked = 0};

    if (line == NULL || self->redis == NULL)
        return;
    ask_commands(self, line, &all);
    ask_keys(self, line, &all);
    tell(self, findings_add(&self->found, "role-needs", VERDICT_OK), all.refused, VERDICT_FAIL,
         "may do all that its role needs", &all);
    tell(self, findings_add(&self->found, "role-excess", VERDICT_OK), all.beyond, VERDICT_WARN,
         "may do nothing else with queues", &all);
}
