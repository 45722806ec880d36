#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Holds that no call of lib/redis escapes test_syscalls.c.

Usage: syscalls_controls.py ARCHIVE    as meson.build calls it
"""

import pathlib
import re
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent

# What lib/redis calls of others and what can't fail, or fails elsewhere: compare with CALLS in support/calls.h.
CANNOT_FAIL = {
    # memory and text
    "bcmp", "gai_strerror", "memchr", "memcmp", "memcpy", "memmove", "memset", "snprintf", "strchr", "strcmp", "strcpy",
    "strcspn", "strerror_r", "strftime", "strlen", "strncasecmp", "strncmp", "strspn", "strstr", "vsnprintf", "inet_ntop", "inet_pton",
    # wrapped beside the calls, because they undo what these do
    "free", "sodium_free",
    # give back what is theirs
    "freeReplyObject", "freeaddrinfo", "redisAsyncFree", "redisFree", "redisReaderFree", "sdsclear", "sdsfree",
    "closedir",
    # can fail only for arguments that are not ours; the clock exists; the directory is open
    "clock_gettime", "dirfd", "getpid", "pthread_attr_setdetachstate", "pthread_condattr_setclock", "pthread_sigmask", "sched_yield",
    "sigfillset",
    # what is initialised and not held
    "pthread_attr_destroy", "pthread_cond_broadcast", "pthread_cond_destroy", "pthread_condattr_destroy",
    "pthread_mutex_destroy", "pthread_mutex_lock", "pthread_mutex_unlock",
    # once for the process, by OpenSSL's and the C library's own memory: without it there is no endpoint (test_memory_load.c)
    "atexit", "pthread_atfork",
    # a lock that is made without them, or is no more after fork; what times out is exit's own
    "pthread_rwlock_init", "pthread_rwlock_rdlock", "pthread_rwlock_timedwrlock", "pthread_rwlock_unlock",
    # hardening: without it all works the same
    "sodium_mprotect_readonly",
    # compute: text into bytes and back in buffers that are large enough; what is no base64 is in test_trust.c
    "crypto_generichash_final", "crypto_generichash_init", "crypto_generichash_update", "crypto_hash_sha256",
    "sodium_base642bin", "sodium_bin2base64", "sodium_memcmp", "sodium_stackzero",
    # libsodium ends the process rather than return without random bytes
    "randombytes_random", "randombytes_uniform",
    # OpenSSL's: asked once for each thread, and failed by test_memory.c for lack of memory
    "RAND_bytes_ex", "RAND_priv_bytes_ex",
    # the counter is 0, so there is room, and it does not wait
    "eventfd_write",
    # hiredis's own way of handling an event: what it calls is ours, and failed there
    "redisAsyncRead", "redisAsyncWrite",
    # failed by test_memory.c, as all allocations of hiredis
    "redisAsyncConnectWithOptions", "redisConnectWithOptions", "redisReaderCreate", "redisReaderFeed", "redisReaderGetReply", "sdsempty",
    # failed by test_endpoint.c with files that are missing, unreadable or directories, and by test_reload.c for lack of
    # descriptors
    "fclose", "fdopen", "fstat", "open", "opendir", "readdir", "stat",
}
OF_OPENSSL = re.compile(r"(SSL|TLS|X509|BIO|ERR|EVP|OPENSSL|CRYPTO|OSSL|ASN1|GENERAL|NAME|OBJ|PEM|RSA|d2i|i2d)_")
OF_THE_COMPILER = re.compile(r"_*(errno_location|dso_handle|stack_chk_fail|GLOBAL_OFFSET_TABLE_|tls_get_addr|atomic_\w*)$|"
                             r"__(asan|ubsan|tsan|msan|sanitizer|sancov|gcov|llvm)_?|_?_?llvm_|__start_|__stop_|__odr_asan")


def plain(symbol):
    """The function behind a symbol's variant: checked by the compiler, for large files, for 64-bit times."""
    symbol = re.sub(r"^_*(\w+)_chk$", r"\1", symbol)
    symbol = re.sub(r"^__(strdup|xpg_strerror_r)$", r"\1", symbol)
    return re.sub(r"^(?:__)?(open|stat|fstat|fstatat|readdir|clock_gettime|pthread_cond_timedwait|pthread_rwlock_timedwrlock)(?:64)?(?:_time64|_2)?$", r"\1", symbol)


class Controls(unittest.TestCase):
    def test_every_call_of_connections_is_failed_or_cannot_fail(self):
        wrapped = set(re.findall(r'X\([A-Z_]+, +"([^"]+)"\)', (HERE / "support" / "calls.h").read_text()))
        output = subprocess.run(["nm", "--undefined-only", "--print-file-name", ARCHIVE], capture_output=True, text=True,
                                check=True).stdout
        pairs = [line.rsplit(None, 1) for line in output.splitlines() if " " in line]
        symbols = {plain(symbol.split("@")[0]) for place, symbol in pairs if "redis_" in place}
        calls = {symbol for symbol in symbols if not symbol.startswith("taskseal_") and not OF_OPENSSL.match(symbol)
                 and not OF_THE_COMPILER.match(symbol)}
        self.assertGreater(len(wrapped), 15)
        self.assertGreater(len(calls), 30)
        self.assertEqual([], sorted(calls - wrapped - CANNOT_FAIL),
                         "lib/redis calls these: add each to CALLS in support/calls.h and to the faults of test_syscalls.c, or "
                         "say in CANNOT_FAIL why it is none")
        self.assertEqual([], sorted(wrapped - calls), "lib/redis no longer calls these: remove them")


if __name__ == "__main__":
    ARCHIVE = sys.argv[1]
    unittest.main(argv=sys.argv[:1])
