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
static atomic_long live;

static bool fails_now(void)
{
    return !exempt && atomic_load(&counting) && atomic_fetch_add(&counted, 1) == atomic_load(&fail_at);
}

static void *alive(void *memory)
{
    if (memory != NULL && !exempt)
        (void)atomic_fetch_add(&live, 1);
    return memory;
}

static void *take(size_t size)
{
    return fails_now() ? NULL : alive(malloc(size));
}

static void *take_zeroed(size_t count, size_t size)
{
    return fails_now() ? NULL : alive(calloc(count, size));
}

static void *take_more(void *old, size_t size)
{
    if (fails_now())
        return NULL;
    return old == NULL ? alive(realloc(NULL, size)) : realloc(old, size);
}

static char *take_string(const char *text)
{
    return fails_now() ? NULL : alive(strdup(text));
}

static void give(void *old)
{
    if (old != NULL && !exempt)
        (void)atomic_fetch_sub(&live, 1);
    free(old);
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
    give(old);
}

bool failing_install(void)
{
    hiredisAllocFuncs functions = {.mallocFn = take,
                                   .callocFn = take_zeroed,
                                   .reallocFn = take_more,
                                   .strdupFn = take_string,
                                   .freeFn = give};
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

long failing_live(void)
{
    return atomic_load(&live);
}
