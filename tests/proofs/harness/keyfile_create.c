/* SPDX-License-Identifier: MIT */
#include "format.h"

#include <keyfile_create.c>

#include "failing.h"

static const char *g_id, *g_path;
static taskseal_key_type g_type;
static size_t g_made, g_wiped, g_freed, g_len;
static char *g_text;

const char *taskseal__secret_prefix(taskseal_key_type type)
{
    return type == TASKSEAL_KEY_DEDUPE ? "tsdup1_" : "tskek1_";
}

const char *taskseal__key_type_name(taskseal_key_type type)
{
    return type == TASKSEAL_KEY_DEDUPE              ? "dedupe"
           : type == TASKSEAL_KEY_AEGIS256          ? "aegis256"
           : type == TASKSEAL_KEY_XCHACHA20POLY1305 ? "xchacha20poly1305"
                                                    : NULL;
}

static taskseal_key_type any_type(void)
{
    return nondet_bool()   ? TASKSEAL_KEY_XCHACHA20POLY1305
           : nondet_bool() ? TASKSEAL_KEY_AEGIS256
                           : TASKSEAL_KEY_DEDUPE;
}

/* ---- A secret ---- */

static const uint8_t *g_secret;

taskseal_err taskseal__random(uint8_t *out, size_t len)
{
    CHECK(len == 32 && __CPROVER_w_ok(out, len), "there is room for a secret");
    g_secret = out;
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_NO_RANDOM;
}

char *known_encode(char *const to, const size_t cap, const unsigned char *const bin, const size_t len,
                   const int variant)
{
    CHECK(variant == sodium_base64_VARIANT_URLSAFE_NO_PADDING, "unpadded, URL-safe");
    CHECK(bin == g_secret && len == 32, "the secret, whole");
    CHECK(cap >= 44 && __CPROVER_w_ok(to, cap), "there is room for the digits and a NUL");
    for (size_t i = 0; i < 43; i++)
        to[i] = 'd';
    to[43] = '\0';
    g_made++;
    return to;
}

void wiped_secret(void *at, size_t len)
{
    CHECK(at == g_secret && len == 32, "the secret is wiped, whole");
    g_wiped++;
}

/* Seven bytes that name it, 43 digits, a NUL, in exactly the room for it. */
void proof_new_secret(void)
{
    char *text = any_bytes(TASKSEAL__SECRET_TEXT_BYTES);
    taskseal_err err = taskseal__new_secret(text, any_type());
    if (err != TASKSEAL_OK) {
        CHECK(g_made == 0, "without random bytes there is no secret");
        REACHED("no random bytes");
        return;
    }
    CHECK(g_made == 1 && g_wiped == 1, "made once, and wiped");
    CHECK(text[0] == 't' && text[6] == '_' && text[7] == 'd' && text[49] == 'd' && text[50] == '\0',
          "a prefix, 43 digits, a NUL");
    REACHED("a secret");
}

/* ---- The two lines ---- */

taskseal_err known_secret(char *text, taskseal_key_type type)
{
    CHECK(__CPROVER_w_ok(text, TASKSEAL__SECRET_TEXT_BYTES) && type == g_type,
          "there is room for the secret");
    for (size_t i = 0; i < 50; i++)
        text[i] = 's';
    text[50] = '\0';
    g_secret = (const uint8_t *)text;
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_NO_RANDOM;
}

void wiped_text(void *at, size_t len)
{
    CHECK(at == g_secret && len == 51, "the secret's text is wiped, whole");
    g_wiped++;
}

/* 255 bytes, the longest id. */
#define EIGHT(text) text text text text text text text text
static const char longest[] = EIGHT("0123456789abcdef") EIGHT("0123456789abcde") "0123456";

_Static_assert(sizeof longest - 1 == TASKSEAL_KEY_ID_MAX, "as long as an id may be");

static const char *any_id(void)
{
    char *id = any_bytes(TEXT_BOUND + 1);
    size_t len = nondet_size();
    ASSUME(len >= 1 && len <= TEXT_BOUND, "check_new_key has checked it; the bound of this proof");
    for (size_t i = 0; i < TEXT_BOUND; i++)
        ASSUME(i >= len || id[i] != '\0', "ids have no NUL but the one at their end");
    id[len] = '\0';
    g_len = len;
    return id;
}

static void check_new_key_text(void)
{
    char *text = any_bytes(NEW_TEXT_MAX);
    size_t len = 0, name_len = strlen(taskseal__key_type_name(g_type));
    taskseal_err err = put_new_key(text, &len, g_id, g_type);
    if (err != TASKSEAL_OK) {
        CHECK(err == TASKSEAL_ERR_NO_RANDOM && len == 0, "there is always room");
        REACHED("no random bytes");
        return;
    }
    CHECK(len == 18 + 1 + 4 + g_len + 1 + name_len + 1 + 6 + 1 + 50 + 1 && len < 512, "two lines, whole");
    CHECK(text[18] == '\n' && text[19] == 'k' && text[22] == ' ' && text[len - 1] == '\n', "in their form");
    CHECK(text[23] == g_id[0] && text[22 + g_len] == g_id[g_len - 1] && text[23 + g_len] == ' ',
          "with the id");
    CHECK(text[len - 51] == 's' && text[len - 2] == 's' && text[len - 52] == ' ', "the secret at the end");
    CHECK(g_wiped == 1, "no secret is left");
    REACHED_IF(name_len == 17, "two lines");
}

void proof_put_new_key(void)
{
    g_type = any_type();
    g_id = any_id();
    check_new_key_text();
}

/* The longest id and the longest type. */
void proof_put_new_key_longest(void)
{
    g_type = TASKSEAL_KEY_XCHACHA20POLY1305;
    g_id = longest;
    g_len = sizeof longest - 1;
    check_new_key_text();
}

/* ---- The file ---- */

taskseal_err taskseal__sodium_init(void)
{
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_NO_RANDOM;
}

static bool g_available, g_valid;

bool taskseal_key_type_available(taskseal_key_type type)
{
    CHECK(type == g_type, "the type that was given");
    return g_available;
}

bool taskseal__key_id_valid(const void *key_id, size_t len)
{
    CHECK(key_id == g_id && len == strlen(g_id), "the id, whole");
    return g_valid;
}

void *any_guarded(size_t size)
{
    g_text = nondet_bool() ? malloc(size) : NULL;
    return g_text;
}

void any_free(void *pointer)
{
    CHECK(pointer == g_text && pointer != NULL, "the memory of the text");
    g_freed++;
}

taskseal_err known_new_key(char *text, size_t *len, const char *key_id, taskseal_key_type type)
{
    CHECK(text == g_text && __CPROVER_w_ok(text, NEW_TEXT_MAX), "there is room for two lines");
    CHECK(g_valid && g_available && key_id == g_id && type == g_type, "of this id and type, both valid");
    g_made = nondet_bool();
    *len = g_len = nondet_size();
    ASSUME(g_len < NEW_TEXT_MAX, "proved by the proof put_new_key");
    return g_made == 1 ? TASKSEAL_OK : TASKSEAL_ERR_NO_RANDOM;
}

taskseal_err known_file(const char *path, const char *text, size_t len, taskseal_error *error)
{
    (void)error;
    CHECK(g_made == 1 && path == g_path && path[0] != '\0', "to this path");
    CHECK(text == g_text && len == g_len && __CPROVER_r_ok(text, len), "what was made");
    g_wiped++;
    return nondet_bool() ? TASKSEAL_OK : TASKSEAL_ERR_KEYFILE_EXISTS;
}

/* Nothing is written for a path, id or type that is not valid. */
void proof_keyfile_create(void)
{
    static char id[3], path[2];
    id[0] = nondet_char();
    id[1] = nondet_char();
    path[0] = nondet_char();
    g_id = nondet_bool() ? id : NULL;
    g_path = nondet_bool() ? path : NULL;
    g_type = nondet_bool() ? any_type() : 0;
    g_valid = nondet_bool();
    g_available = nondet_bool();
    taskseal_err err = taskseal_keyfile_create(g_path, g_id, g_type, NULL);
    CHECK(g_freed == (g_text != NULL), "its memory is freed, which wipes it");
    CHECK(err != TASKSEAL_OK || (g_wiped == 1 && g_freed == 1), "written");
    CHECK(err != TASKSEAL_OK || (g_id != NULL && g_path != NULL && g_type != 0), "a path, an id, a type");
    REACHED_IF(err == TASKSEAL_OK, "a file");
    REACHED_IF(err == TASKSEAL_ERR_BAD_ARGUMENT, "refused");
    REACHED_IF(err == TASKSEAL_ERR_NO_MEMORY, "no memory");
    REACHED_IF(err == TASKSEAL_ERR_KEYFILE_EXISTS, "not written");
}
