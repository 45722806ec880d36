/* SPDX-License-Identifier: MIT
 * Takes the place of sodium_memzero, by the linker, and wipes nothing: the control of leftovers.py. */
#include <stddef.h>

void __wrap_sodium_memzero(void *memory, size_t len);

void __wrap_sodium_memzero(void *memory, size_t len)
{
    (void)memory;
    (void)len;
}
