/* SPDX-License-Identifier: MIT
 * Where key files come from: what is read, and the texts that are composed. */
#include "format.h"

#include <source.c>

#include "failing.h"

char *strerror(int number)
{
    (void)number;
    return "";
}

static char *g_out, *g_value, *g_rest;
static size_t g_len, g_value_len, g_read, g_freed;
static bool g_fine;

void *any_guarded(size_t size)
{
    g_out = nondet_bool() ? malloc(size) : NULL;
    return g_out;
}

void any_free(void *pointer)
{
    CHECK(pointer == g_out, "the memory of the text");
    g_freed++;
}

/* ---- Variables and credentials ---- */

char *getenv(const char *name)
{
    CHECK(name[0] != '\0', "a name");
    return g_value;
}

size_t known_length(const char *text)
{
    CHECK(text == g_value, "of the variable");
    return g_value_len;
}

void *known_copy(void *to, const void *from, size_t len)
{
    CHECK(to == g_out && __CPROVER_w_ok(to, len), "there is room for the text");
    CHECK(from == g_value && len == g_value_len + 1 && __CPROVER_r_ok(from, len),
          "the variable, with its NUL");
    g_read++;
    return to;
}

/* Variables of every length, to 1 MiB copied, with their NUL. */
void proof_read_variable(void)
{
    size_t len = 0, ignored;
    char *text = NULL;
    const char *variable = any_string(2, &ignored);
    g_value_len = nondet_size();
    ASSUME(g_value_len < SIZE_MAX / 4, "no text fills the memory");
    g_value = nondet_bool() ? any_bytes(g_value_len <= TASKSEAL__KEYFILE_MAX ? g_value_len + 1 : 1) : NULL;
    taskseal_err err = read_variable(variable, "env:", &text, &len, NULL);
    CHECK(err == TASKSEAL_OK ? text == g_out && len == g_value_len && g_read == 1 : g_read == 0, "all of it");
    CHECK(err != TASKSEAL_OK || len <= 1048576, "no more than 1 MiB");
    CHECK(err == TASKSEAL_OK || text == NULL, "or nothing");
    REACHED_IF(err == TASKSEAL_OK && len == 1048576, "the longest");
    REACHED_IF(err == TASKSEAL_ERR_KEYFILE_READ && g_value != NULL, "too long");
    REACHED_IF(err == TASKSEAL_ERR_NO_MEMORY, "no memory");
}

static const char *g_credential;
static size_t g_credential_len;

taskseal_err known_path(const char *path, const char *name, bool credential, char **text, size_t *len,
                        taskseal_error *error)
{
    size_t i = nondet_size();
    (void)name, (void)text, (void)len, (void)error;
    CHECK(credential, "by the rules of credentials");
    CHECK(__CPROVER_r_ok(path, g_value_len + g_credential_len + 2), "as long as both parts and a slash");
    CHECK(i >= g_value_len || path[i] == g_value[i], "the folder");
    CHECK(path[g_value_len] == '/', "a slash");
    CHECK(i > g_credential_len || path[g_value_len + 1 + i] == g_credential[i], "the name, to its NUL");
    CHECK(g_value[0] == '/' && g_credential[0] != '.', "absolute, and not hidden");
    CHECK(i >= g_credential_len || g_credential[i] != '/', "in that folder");
    g_read++;
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_KEYFILE_READ;
}

void proof_read_credential(void)
{
    size_t len = 0;
    char *text = NULL;
    g_credential = any_string(4, &g_credential_len);
    g_value = any_string(4, &g_value_len);
    if (nondet_bool())
        g_value = NULL;
    taskseal_err err = read_credential(g_credential, "credential:", &text, &len, NULL);
    CHECK(err != TASKSEAL_OK || g_read == 1, "read");
    REACHED_IF(err == TASKSEAL_OK && g_value_len == 4 && g_credential_len == 4, "the longest");
    REACHED_IF(err == TASKSEAL_ERR_NO_MEMORY, "no memory");
    REACHED_IF(err == TASKSEAL_ERR_BAD_ARGUMENT, "refused");
    REACHED_IF(g_value == NULL && g_credential_len == 4 && err == TASKSEAL_ERR_KEYFILE_READ, "no folder");
}

/* ---- Files ---- */

bool any_read(int fd, char *buffer, size_t cap, size_t *len)
{
    CHECK(fd == 3 && buffer == g_out && __CPROVER_w_ok(buffer, cap), "there is room for what is read");
    CHECK(cap == g_len + 1, "one byte more, to see the end");
    *len = g_read = nondet_size();
    ASSUME(g_read <= cap, "proved by the proof read_all");
    return nondet_bool();
}

void proof_read_text(void)
{
    char *text;
    size_t len;
    bool known = nondet_bool();
    g_len = nondet_size();
    ASSUME(g_len <= TASKSEAL__KEYFILE_MAX, "check_file refuses longer ones");
    taskseal_err err = read_text(3, "f", g_len, known, &text, &len, NULL);
    CHECK(err != TASKSEAL_OK || (text == g_out && len == g_read && g_freed == 0), "what was read");
    CHECK(err != TASKSEAL_OK || (known ? len == g_len : len <= g_len), "to its end");
    CHECK(err == TASKSEAL_OK || (text == NULL && g_freed == (g_out != NULL)), "or nothing");
    REACHED_IF(err == TASKSEAL_OK && len == 1048576, "the longest");
    REACHED_IF(err == TASKSEAL_OK && !known && len == 0, "nothing to read");
    REACHED_IF(err != TASKSEAL_OK && g_read == g_len + 1, "it goes on");
}

static struct stat g_status;

uid_t geteuid(void)
{
    return nondet_unsigned();
}

void proof_check_file(void)
{
    bool credential = nondet_bool();
    g_status.st_mode = nondet_unsigned();
    g_status.st_uid = nondet_unsigned();
    g_status.st_gid = nondet_unsigned();
    g_status.st_size = nondet_i64();
    taskseal_err err = check_file(&g_status, "f", credential, NULL);
    unsigned others = g_status.st_mode & 077;
    bool root = g_status.st_uid == 0 && g_status.st_gid == 0;
    CHECK(err != TASKSEAL_OK || (g_status.st_size >= 0 && g_status.st_size <= 1048576), "0 bytes to 1 MiB");
    CHECK(err != TASKSEAL_OK || (g_status.st_mode & S_IFMT) == S_IFREG, "a regular file");
    CHECK(err != TASKSEAL_OK || others == 0 || (others == 040 && credential && root), "nobody else's");
    REACHED_IF(err == TASKSEAL_OK && g_status.st_size == 1048576, "the longest");
    REACHED_IF(err == TASKSEAL_OK && others == 040, "a credential of root's");
    REACHED_IF(err == TASKSEAL_ERR_KEYFILE_READ && g_status.st_size < 0, "no length");
}

int fstat(int fd, struct stat *status)
{
    CHECK(fd == 3, "the file itself");
    status->st_size = g_status.st_size;
    return nondet_bool() ? 0 : -1;
}

taskseal_err any_file(const struct stat *status, const char *name, bool credential, taskseal_error *error)
{
    (void)name, (void)credential, (void)error;
    g_fine = nondet_bool();
    ASSUME(!g_fine || (status->st_size >= 0 && status->st_size <= 1048576), "proved by the proof check_file");
    return g_fine ? TASKSEAL_OK : TASKSEAL_ERR_KEYFILE_PERMISSIONS;
}

taskseal_err known_text(int fd, const char *name, size_t size, bool known, char **text, size_t *len,
                        taskseal_error *error)
{
    (void)name, (void)text, (void)len, (void)error;
    CHECK(fd == 3 && known && g_fine && size == (size_t)g_status.st_size,
          "as long as the file, which was checked");
    g_read++;
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_KEYFILE_READ;
}

void proof_read_checked(void)
{
    char *text;
    size_t len;
    struct stat status;
    g_status.st_size = nondet_i64();
    taskseal_err err = read_checked(3, "f", nondet_bool(), &text, &len, &status, NULL);
    CHECK(err != TASKSEAL_OK || g_read == 1, "read");
    REACHED_IF(err == TASKSEAL_OK, "read");
    REACHED_IF(err == TASKSEAL_ERR_KEYFILE_PERMISSIONS, "refused");
}

/* ---- Which kind ---- */

/* CBMC has no strspn of its own. */
size_t strspn(const char *text, const char *accepted)
{
    size_t len = 0;
    CHECK(accepted[0] == 'a' && accepted[25] == 'z' && accepted[26] == '\0', "the letters");
    while (text[len] >= 'a' && text[len] <= 'z')
        len++;
    return len;
}

static const char *g_source;
static size_t g_source_len, g_kind;

static taskseal_err kind(size_t prefix, const char *rest, const char *name)
{
    CHECK(rest == g_source + prefix && prefix <= g_source_len && name == g_source,
          "what stands behind the colon");
    CHECK(g_kind == 0, "one kind");
    g_kind = 1 + prefix;
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_KEYFILE_READ;
}

taskseal_err descriptor_kind(const char *rest, const char *name, char **text, size_t *len,
                             taskseal_error *error)
{
    (void)text, (void)len, (void)error;
    return kind(3, rest, name);
}

taskseal_err variable_kind(const char *rest, const char *name, char **text, size_t *len,
                           taskseal_error *error)
{
    (void)text, (void)len, (void)error;
    return kind(4, rest, name);
}

taskseal_err credential_kind(const char *rest, const char *name, char **text, size_t *len,
                             taskseal_error *error)
{
    (void)text, (void)len, (void)error;
    return kind(11, rest, name);
}

taskseal_err path_kind(const char *path, const char *name, bool credential, char **text, size_t *len,
                       taskseal_error *error)
{
    (void)text, (void)len, (void)error;
    CHECK(!credential && path[0] != '\0', "by the rules of files");
    return kind(0, path, name);
}

/* Every source: a kind by its prefix, and no path that looks as a kind does. */
void proof_source_kinds(void)
{
    char *text;
    size_t len, letters = 0;
    g_source = any_string(12, &g_source_len);
    taskseal_err err = taskseal__source_read(g_source, &text, &len, NULL);
    while (g_source[letters] >= 'a' && g_source[letters] <= 'z')
        letters++;
    bool named = letters > 0 && g_source[letters] == ':';
    CHECK(text == NULL && len == 0, "nothing, until something is read");
    CHECK(g_kind <= 1 || (named && g_kind == letters + 2), "the kind of this prefix");
    CHECK(g_kind != 1 || (!named && g_source_len > 0), "a path");
    CHECK(g_kind != 0 || err == TASKSEAL_ERR_BAD_ARGUMENT, "or refused");
    REACHED_IF(g_kind == 12 && g_source_len == 12, "a credential");
    REACHED_IF(g_kind == 0 && letters == 11, "another kind");
    REACHED_IF(g_kind == 1 && g_source_len == 12, "a path");
}

/* ---- Messages ---- */

static taskseal_error g_error;
static char g_first, g_any;
static size_t g_at;

/* In place of snprintf: the message is a copy, whole, because what snprintf reads must not be what it writes. */
int named_message(char *to, size_t cap, const char *format, ...)
{
    va_list arguments;
    CHECK(to == g_error.message && cap == sizeof g_error.message && cap == 400, "the message, with its size");
    CHECK(strcmp(format, "%.150s: %s") == 0, "name and message, the name cut where it is long");
    va_start(arguments, format);
    const char *name = va_arg(arguments, const char *);
    const char *message = va_arg(arguments, const char *);
    va_end(arguments);
    CHECK(name == g_source && !__CPROVER_same_object(name, to), "the name");
    CHECK(!__CPROVER_same_object(message, to) && __CPROVER_r_ok(message, cap), "a copy of the message");
    CHECK(message[g_at] == g_any && message[399] == '\0', "all of it, with its NUL");
    g_read++;
    return nondet_int();
}

void proof_source_name(void)
{
    for (size_t i = 0; i < 399; i++)
        g_error.message[i] = nondet_char();
    g_error.line = nondet_unsigned();
    g_at = nondet_size();
    ASSUME(g_at < 400, "any byte of the message");
    g_any = g_error.message[g_at];
    g_first = g_error.message[0];
    g_source = "n";
    taskseal__source_name(nondet_bool() ? &g_error : NULL, g_source);
    CHECK(g_read == 0 || g_error.line != 0, "only to what names a line");
    CHECK(g_error.message[0] == g_first || g_read == 1, "or as it was");
    CHECK(g_error.message[399] == '\0', "it ends");
    REACHED_IF(g_read == 1, "named");
    REACHED_IF(g_read == 0, "as it was");
}
