/* SPDX-License-Identifier: MIT */
#include "failing.h"

#include <hiredis/hiredis.h>
#include <openssl/crypto.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local bool exempt;
static atomic_bool counting;
static atomic_long counted;
static atomic_long fail_at;

static bool fails_now(void)
{
    return !exempt && atomic_load(&counting) && atomic_fetch_add(&counted, 1) == atomic_load(&fail_at);
}

static void *take(size_t size)
{
    return fails_now() ? NULL : malloc(size);
}

static void *take_zeroed(size_t count, size_t size)
{
    return fails_now() ? NULL : calloc(count, size);
}

static void *take_more(void *old, size_t size)
{
    return fails_now() ? NULL : realloc(old, size);
}

static char *take_string(const char *text)
{
    return fails_now() ? NULL : strdup(text);
}

static void *openssl_take(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return take(size);
}

static void *openssl_take_more(void *old, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return take_more(old, size);
}

static void openssl_give(void *old, const char *file, int line)
{
    (void)file;
    (void)line;
    free(old);
}

bool failing_install(void)
{
    hiredisAllocFuncs functions = {.mallocFn = take,
                                   .callocFn = take_zeroed,
                                   .reallocFn = take_more,
                                   .strdupFn = take_string,
                                   .freeFn = free};
    if (CRYPTO_set_mem_functions(openssl_take, openssl_take_more, openssl_give) != 1)
        return false;
    (void)hiredisSetAllocators(&functions);
    return true;
}

void failing_exempt_thread(void)
{
    exempt = true;
}

void failing_begin(long at)
{
    atomic_store(&fail_at, at);
    atomic_store(&counted, 0);
    atomic_store(&counting, true);
}

void failing_end(void)
{
    atomic_store(&counting, false);
}

long failing_count(void)
{
    return atomic_load(&counted);
}
