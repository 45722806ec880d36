/* SPDX-License-Identifier: MIT */
#include "role.h"

#include <stdio.h>
#include <string.h>

#include "role_lines.h"
#include "rules.h"

enum { WORD_MAX = 320, WORDS_TEXT_MAX = 3000 };

static const char any_queue[] = "{*}";
static const char no_queue[] = "taskseal-doctor"; /* no queue has this name, and none gets it */

const char *const role_names[ROLES] = {"",       "producer",  "worker",   "operator",
                                       "rotate", "scheduler", "inspector"};
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

void role_fix(const doctor *self, finding *one, const char *who)
{
    const bool shared = strcmp(who, "default") == 0; /* it keeps its rights: the server needs them */

    finding_fix(one, "%s 'taskseal doctor --role %s --layout %s",
                shared ? "let every client log in as a user of its own, with the line that"
                       : "give the line that",
                role_names[self->role != ROLE_NONE ? self->role : ROLE_WORKER], layout_names[self->layout]);
    if (self->queue != NULL)
        finding_fix(one, " --queue %s", self->queue);
    finding_fix(one, " --acl-user %s' prints, with the hash of its password%s", shared ? "NAME" : who,
                shared ? ", and see default-user"
                       : ", in place of its own in the ACL file, and then: ACL LOAD");
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
static void sample_key(const char *queue, const char *pattern, size_t len, char key[WORD_MAX])
{
    const char *tilde = memchr(pattern, '~', len);
    const size_t skip = tilde != NULL ? (size_t)(tilde - pattern) + 1 : 0;

    for_queue(pattern + skip, len - skip, queue != NULL ? queue : no_queue, key);
    const size_t end = strlen(key);
    if (end > 0 && key[end - 1] == '*')
        key[end - 1] = 'x';
}

static bool takes_key(const role_command *command)
{
    for (size_t i = 0; i < RIGHT_WORDS_MAX && command->words[i] != NULL; i++) {
        if (strcmp(command->words[i], "K") == 0)
            return true;
    }
    return false;
}

/* The keys of a queue that is there are never in a transaction, not even in one that is to be forgotten. */
static right ask_on(doctor *self, const role_command *command, const char *key)
{
    const char *words[RIGHT_WORDS_MAX] = {0};

    for (size_t i = 0; i < RIGHT_WORDS_MAX && command->words[i] != NULL; i++)
        words[i] = strcmp(command->words[i], "K") == 0 ? key : command->words[i];
    return right_ask(self, self->acl_user, words, self->queue != NULL ? CARE_DRYRUN : CARE_QUEUE);
}

typedef struct tally {
    char refused[WORDS_TEXT_MAX]; /* what it needs */
    char beyond[WORDS_TEXT_MAX];
    size_t asked;
    size_t unknown;
} tally;

static void add_word(char *list, const char *between, const char *word)
{
    text_add(list, WORDS_TEXT_MAX, "%s%s", list[0] != '\0' ? between : "", word);
}

/* Key "": whatever the key. */
static void add_words(char *list, const char *words, const char *key)
{
    add_word(list, ", ", words);
    if (key[0] != '\0')
        add_word(list, " on ", key);
}

/* Whether "a, b, c" holds the name. */
static bool tells(const char *list, const char *name)
{
    const size_t len = strlen(name);

    for (const char *at = strstr(list, name); at != NULL; at = strstr(at + 1, name)) {
        if ((at == list || at[-1] == ' ') && (at[len] == ',' || at[len] == '\0'))
            return true;
    }
    return false;
}

/* Whether the answer is another than it should be. */
static bool is_wrong(tally *to, right found, bool needed)
{
    to->asked++;
    to->unknown += found == RIGHT_UNKNOWN;
    return needed ? found == RIGHT_NO || found == RIGHT_ABSENT : found == RIGHT_YES;
}

/* Each command on a key of the role: selectors, and patterns for reading or writing alone, give some commands on some
 * keys. What the first key has told is not told again. */
static void ask_own_key(doctor *self, const role_line *line, const char *key, bool first, tally *to)
{
    char missing[WORDS_TEXT_MAX] = "";
    char beyond[WORDS_TEXT_MAX] = "";
    size_t good = 0; /* of those that it needs there */

    for (size_t i = 0; i < role_command_count; i++) {
        const role_command *this = &role_commands[i];
        const bool needed = lists(line->commands, this->name);
        if (!first && (!takes_key(this) || tells(needed ? to->refused : to->beyond, this->name)))
            continue;
        /* Subscribing can't be queued, and may be asked by DRYRUN only. */
        if (strcmp(this->name, "subscribe") == 0 && self->dryrun != WAY_OPEN)
            continue;
        if (is_wrong(to, ask_on(self, this, key), needed))
            add_word(needed ? missing : beyond, first ? ", " : "/", this->name);
        else
            good += needed && takes_key(this);
    }
    if (missing[0] != '\0')
        add_words(to->refused, good > 0 ? missing : "all", first && good > 0 ? "" : key);
    if (beyond[0] != '\0')
        add_words(to->beyond, beyond, first ? "" : key);
}

/* A key that the role does not have: one command that is permitted there is enough. */
static void ask_other_key(doctor *self, const char *key, tally *to)
{
    for (size_t i = 0; i < role_command_count; i++) {
        if (takes_key(&role_commands[i]) && is_wrong(to, ask_on(self, &role_commands[i], key), false)) {
            add_word(to->beyond, ", ", key);
            return;
        }
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

/* One pattern: the role's own must be open, another role's shut; and of other queues all, if the role is of one. */
static void ask_pattern(doctor *self, const role_line *line, const char *word, size_t len, tally *to)
{
    char first[WORD_MAX];
    char key[WORD_MAX];
    const char *list = line->keys;
    size_t first_len;
    const char *own = next_word(&list, &first_len);

    sample_key(self->queue, own, first_len, first);
    sample_key(self->queue, word, len, key);
    if (has_pattern(line, word, len))
        ask_own_key(self, line, key, strcmp(key, first) == 0, to);
    else
        ask_other_key(self, key, to);
    if (self->queue == NULL || memmem(word, len, any_queue, strlen(any_queue)) == NULL)
        return;
    sample_key(no_queue, word, len, key);
    ask_other_key(self, key, to);
}

static bool is_asked(const role_line *other, const role_line *line)
{
    return other->layout == line->layout && other->role != ROLE_OPERATOR;
}

/* Every pattern of the layout that some role has, once. */
static void ask_all(doctor *self, const role_line *line, tally *to)
{
    const char *list = line->keys;
    size_t len;

    for (const char *word = next_word(&list, &len); word != NULL; word = next_word(&list, &len))
        ask_pattern(self, line, word, len, to);
    for (size_t i = 0; i < role_line_count; i++) {
        if (!is_asked(&role_lines[i], line))
            continue;
        list = role_lines[i].keys;
        for (const char *word = next_word(&list, &len); word != NULL; word = next_word(&list, &len)) {
            bool before = has_pattern(line, word, len);
            for (size_t k = 0; k < i; k++)
                before = before || (is_asked(&role_lines[k], line) && has_pattern(&role_lines[k], word, len));
            if (!before)
                ask_pattern(self, line, word, len, to);
        }
    }
    ask_other_key(self, "taskseal-doctor:none", to);
}

static void tell(doctor *self, finding *one, const char *bad, verdict how, const char *good, const tally *all)
{
    const char *who = self->acl_user != NULL ? self->acl_user : self->user;

    if (bad[0] != '\0') {
        finding_worsen(one, how);
        finding_evidence(one, "%s %s: %s (%s)", who, how == VERDICT_FAIL ? "may not" : "may also", bad,
                         right_way(self));
        role_fix(self, one, who);
    } else if (all->unknown < all->asked) {
        finding_evidence(one, "%s%s %s: %zu questions, %s", all->unknown > 0 ? "as far as known " : "", who,
                         good, all->asked, right_way(self));
    } else {
        finding_evidence(one, "what %s may do can't be asked: %s", who, right_way(self));
    }
    if (all->unknown > 0) {
        finding_worsen(one, VERDICT_UNKNOWN);
        finding_evidence(one, "; %zu of %zu questions not answered", all->unknown, all->asked);
        finding_fix(one, "%s%s, and ask about this one by --acl-user %s", finding_between(one->fix),
                    fix_login, who);
    }
}

/* Also true where that can't be asked: by ACL GETUSER, else by DRYRUN. */
static bool is_there(doctor *self, const rules *said)
{
    if (said->known || said->missing)
        return said->known;
    redisReply *reply = ask(self, 4, (const char *[]){"ACL", "DRYRUN", self->acl_user, "PING"});
    const bool missing =
        reply != NULL && reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "ERR User", 8) == 0;

    freeReplyObject(reply);
    return !missing;
}

/* DRYRUN answers for who is off as for who is on. */
static void judge_on(doctor *self, finding *one, const rules *said, const char *who)
{
    if (said->known && !said->on) {
        finding_worsen(one, VERDICT_FAIL);
        finding_evidence(one, "; but %s is off: it can't log in", who);
        finding_fix(one, "%sACL SETUSER %s on, and the same in the ACL file", finding_between(one->fix), who);
    } else if (!said->known && self->acl_user != NULL && one->verdict != VERDICT_UNKNOWN) {
        finding_denied(one, "ACL GETUSER, which tells whether it is on");
    }
}

static void judge_password(doctor *self, finding *one, const rules *said, const char *who)
{
    if (!said->nopass)
        return;
    finding_evidence(one, "; and everybody may log in as %s, which has no password (nopass)", who);
    if (one->verdict != VERDICT_WARN) { /* else it is there */
        finding_fix(one, "%s", finding_between(one->fix));
        role_fix(self, one, who);
    }
    finding_worsen(one, VERDICT_FAIL);
}

void check_role(doctor *self)
{
    const role_line *line = line_of(self->role, self->layout);
    tally all = {.asked = 0};

    if (line == NULL || self->redis == NULL)
        return;
    const char *who = self->acl_user != NULL ? self->acl_user : self->user;
    const rules said = rules_read(self, who);
    if (self->acl_user != NULL && !is_there(self, &said)) {
        finding *one = findings_add(&self->found, "role-needs", VERDICT_FAIL);
        finding_evidence(one, "the server has no user %s", self->acl_user);
        role_fix(self, one, self->acl_user);
        return;
    }
    ask_all(self, line, &all);
    finding *needs = findings_add(&self->found, "role-needs", VERDICT_OK);
    tell(self, needs, all.refused, VERDICT_FAIL, "may do all that its role needs", &all);
    judge_on(self, needs, &said, who);
    finding *excess = findings_add(&self->found, "role-excess", VERDICT_OK);
    tell(self, excess, all.beyond, VERDICT_WARN, "may do nothing else with queues", &all);
    judge_password(self, excess, &said, who);
}
