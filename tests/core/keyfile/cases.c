/* SPDX-License-Identifier: MIT */
#include "cases.h"

#define TEXT(literal)                                                                                        \
    {                                                                                                        \
        literal, sizeof(literal) - 1                                                                         \
    }

#define KEY          FIRST "key k " ACTIVE "\n"
#define FIRST_LINE   "line 1: the first line must be `taskseal-keyring 1`"
#define NOT_PLAIN    "line 1: it holds a CR or a byte order mark"
#define CONTROL_BYTE "it holds a CR, a tab or a NUL"
#define BEGINNING    "a line is empty, a comment that begins with #, or begins with `key `"
#define ID           "the key id must be 1 to 255 of"
#define TYPE         "the key type must be xchacha20poly1305, aegis256 or dedupe"
#define STATE        "the key state must be active, open-only, retired or compromised"
#define SECRET       "the secret must be tskek1_ and 43 characters"
#define NO_SECRET    "a retired or compromised key has `-` in place of its secret"
#define ATTRIBUTES   "behind the secret only queues=, not-before= and not-after= may stand"
#define QUEUE        "a queue name is 1 to 65535 bytes"
#define TIME         "a time is written as 2026-11-21T00:00:00Z"
#define LAST_SPACE   "a space at the end of the line"
#define NO_KEY       "the file ends without a key"

#define ONE(secret) FIRST "key k xchacha20poly1305 active " secret "\n"

const keyfile_case keyfile_cases[] = {
    /* The file */
    {"K 3", TEXT(""), 1, FIRST_LINE, TEXT(KEY)},
    {"K 3", TEXT("\n" KEY), 1, FIRST_LINE, TEXT(FIRST "\nkey k " ACTIVE "\n")},
    {"K 3", TEXT("taskseal-keyring 01\nkey k " ACTIVE "\n"), 1, FIRST_LINE, TEXT(KEY)},
    {"K 3", TEXT("taskseal-keyring 1 \nkey k " ACTIVE "\n"), 1, FIRST_LINE, TEXT(KEY)},
    {"K 3", TEXT(" taskseal-keyring 1\nkey k " ACTIVE "\n"), 1, FIRST_LINE, TEXT(KEY)},
    {"K 3", TEXT("taskseal-keyring 1\r\nkey k " ACTIVE "\n"), 1, NOT_PLAIN, TEXT(KEY)},
    {"K 3", TEXT("Taskseal-keyring 1\nkey k " ACTIVE "\n"), 1, FIRST_LINE, TEXT(KEY)},
    {"K 3", TEXT("\xef\xbb\xbf" KEY), 1, NOT_PLAIN, TEXT(KEY)},
    {"K 3", TEXT("key k " ACTIVE "\n"), 1, FIRST_LINE, TEXT(KEY)},
    {"K 5", TEXT("taskseal-keyring 1"), 1, NO_KEY, TEXT("taskseal-keyring 1\nkey k " ACTIVE)},
    {"K 5", TEXT(FIRST "# none\n\n"), 3, NO_KEY, TEXT(FIRST "# one\n\nkey k " ACTIVE "\n")},

    /* Lines */
    {"K 2", TEXT(FIRST "key k " ACTIVE "\r\n"), 2, CONTROL_BYTE, TEXT(KEY)},
    {"K 2", TEXT(FIRST "# a\rb\nkey k " ACTIVE "\n"), 2, CONTROL_BYTE,
     TEXT(FIRST "# a b\nkey k " ACTIVE "\n")},
    {"K 2", TEXT(FIRST "# a\tb\nkey k " ACTIVE "\n"), 2, CONTROL_BYTE,
     TEXT(FIRST "# a b\nkey k " ACTIVE "\n")},
    {"K 2", TEXT(FIRST "# a\0b\nkey k " ACTIVE "\n"), 2, CONTROL_BYTE,
     TEXT(FIRST "# a b\nkey k " ACTIVE "\n")},
    {"K 2", TEXT(FIRST "key\tk " ACTIVE "\n"), 2, CONTROL_BYTE, TEXT(KEY)},
    {"K 2", TEXT(FIRST "key k\0 " ACTIVE "\n"), 2, CONTROL_BYTE, TEXT(KEY)},
    {"K 2", TEXT(KEY "\0"), 3, CONTROL_BYTE, TEXT(KEY "\n")},
    {"K 4", TEXT(FIRST " \nkey k " ACTIVE "\n"), 2, LAST_SPACE, TEXT(FIRST "\nkey k " ACTIVE "\n")},
    {"K 4", TEXT(FIRST " # comment\nkey k " ACTIVE "\n"), 2, BEGINNING,
     TEXT(FIRST "# comment \nkey k " ACTIVE "\n")},
    {"K 4", TEXT(FIRST "Key k " ACTIVE "\n"), 2, BEGINNING, TEXT(KEY)},
    {"K 4", TEXT(FIRST "keys k " ACTIVE "\n"), 2, BEGINNING, TEXT(KEY)},
    {"K 4", TEXT(FIRST " key k " ACTIVE "\n"), 2, BEGINNING, TEXT(KEY)},
    {"K 4", TEXT(FIRST "#\n\n" CANARY "\n"), 4, BEGINNING, TEXT(FIRST "#\n\nkey k " ACTIVE "\n")},

    /* Fields */
    {"K 6", TEXT(FIRST "key  k " ACTIVE "\n"), 2, ID, TEXT(KEY)},
    {"K 6", TEXT(FIRST "key k  " ACTIVE "\n"), 2, TYPE, TEXT(KEY)},
    {"K 6", TEXT(FIRST "key k xchacha20poly1305  active " CANARY "\n"), 2, STATE, TEXT(KEY)},
    {"K 6", TEXT(FIRST "key k xchacha20poly1305 active  " CANARY "\n"), 2, SECRET, TEXT(KEY)},
    {"K 6", TEXT(WITH("  queues=a")), 2, ATTRIBUTES, TEXT(WITH(" queues=a"))},
    {"K 6", TEXT(WITH(" ")), 2, LAST_SPACE, TEXT(WITH(""))},
    {"K 6", TEXT(WITH(" queues=a ")), 2, LAST_SPACE, TEXT(WITH(" queues=a"))},
    {"K 6", TEXT(FIRST "key\n"), 2, ID, TEXT(KEY)},
    {"K 6", TEXT(FIRST "key k\n"), 2, TYPE, TEXT(KEY)},
    {"K 6", TEXT(FIRST "key k xchacha20poly1305\n"), 2, STATE, TEXT(KEY)},
    {"K 6", TEXT(FIRST "key k xchacha20poly1305 active\n"), 2, SECRET, TEXT(KEY)},
    {"K 6", TEXT(FIRST "key k xchacha20poly1305 retired\n"), 2, NO_SECRET,
     TEXT(FIRST "key k xchacha20poly1305 retired -\n")},

    /* Id, type, state */
    {"K 7", TEXT(FIRST "key .k " ACTIVE "\n"), 2, ID, TEXT(FIRST "key k. " ACTIVE "\n")},
    {"K 7", TEXT(FIRST "key k! " ACTIVE "\n"), 2, ID, TEXT(FIRST "key k_:/@+- " ACTIVE "\n")},
    {"K 7", TEXT(FIRST "key k\xc3\xbc " ACTIVE "\n"), 2, ID, TEXT(FIRST "key ku " ACTIVE "\n")},
    {"K 7", TEXT(KEY "key k xchacha20poly1305 retired -\n"), 3, "this key id stands on an earlier line too",
     TEXT(KEY "key K xchacha20poly1305 retired -\n")},
    {"K 8", TEXT(FIRST "key k aes256 active " CANARY "\n"), 2, TYPE, TEXT(KEY)},
    {"K 8", TEXT(FIRST "key k XChaCha20Poly1305 active " CANARY "\n"), 2, TYPE, TEXT(KEY)},
    {"K 8", TEXT(FIRST "key k xchacha20poly1305x active " CANARY "\n"), 2, TYPE, TEXT(KEY)},
    {"K 8", TEXT(FIRST "key k " CANARY " active xchacha20poly1305\n"), 2, TYPE, TEXT(KEY)},
    {"K 9", TEXT(FIRST "key k xchacha20poly1305 Active " CANARY "\n"), 2, STATE, TEXT(KEY)},
    {"K 9", TEXT(FIRST "key k xchacha20poly1305 open " CANARY "\n"), 2, STATE,
     TEXT(FIRST "key k xchacha20poly1305 open-only " CANARY "\n")},
    {"K 9", TEXT(FIRST "key k xchacha20poly1305 " CANARY " active\n"), 2, STATE, TEXT(KEY)},

    /* Secret */
    {"K 10", TEXT(ONE(CANARY_DIGITS)), 2, SECRET, TEXT(KEY)},
    {"K 10", TEXT(ONE("tskek2_" CANARY_DIGITS)), 2, SECRET, TEXT(KEY)},
    {"K 10", TEXT(ONE("TSKEK1_" CANARY_DIGITS)), 2, SECRET, TEXT(KEY)},
    {"K 10", TEXT(ONE(CANARY "A")), 2, SECRET, TEXT(KEY)},
    {"K 10", TEXT(ONE(CANARY "=")), 2, SECRET, TEXT(KEY)},
    {"K 10", TEXT(ONE("tskek1_Q0FOQVJZLWNhbmFyeS1DQU5BUlktY2FuYXJ5LUNBTk")), 2, SECRET, TEXT(KEY)},
    {"K 10", TEXT(ONE("tskek1_Q0FOQVJZLWNhbmFyeS1DQU5BUlktY2FuYXJ5LUNBTkF")), 2, SECRET, TEXT(KEY)},
    {"K 10", TEXT(ONE("tskek1_Q0FOQVJZ+WNhbmFyeS1DQU5BUlktY2FuYXJ5LUNBTkE")), 2, SECRET,
     TEXT(ONE("tskek1_Q0FOQVJZ-WNhbmFyeS1DQU5BUlktY2FuYXJ5LUNBTkE"))},
    {"K 10", TEXT(ONE("tskek1_Q0FOQVJZ/WNhbmFyeS1DQU5BUlktY2FuYXJ5LUNBTkE")), 2, SECRET,
     TEXT(ONE("tskek1_Q0FOQVJZ_WNhbmFyeS1DQU5BUlktY2FuYXJ5LUNBTkE"))},
    {"K 10", TEXT(ONE("tskek1_Q0FOQVJZ\x80WNhbmFyeS1DQU5BUlktY2FuYXJ5LUNBTkE")), 2, SECRET, TEXT(KEY)},
    {"K 10", TEXT(ONE("-")), 2, SECRET, TEXT(KEY)},
    {"K 10", TEXT(ONE("tskek1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")), 2, "the secret is all zero",
     TEXT(ONE("tskek1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"))},
    {"K 11", TEXT(FIRST "key k xchacha20poly1305 retired " CANARY "\n"), 2, NO_SECRET,
     TEXT(FIRST "key k xchacha20poly1305 retired -\n")},
    {"K 11", TEXT(FIRST "key k xchacha20poly1305 compromised " CANARY "\n"), 2, NO_SECRET,
     TEXT(FIRST "key k xchacha20poly1305 compromised -\n")},

    /* Attributes */
    {"K 12", TEXT(WITH(" " CANARY)), 2, ATTRIBUTES, TEXT(WITH(""))},
    {"K 12", TEXT(WITH(" # comment")), 2, ATTRIBUTES, TEXT(WITH(""))},
    {"K 12", TEXT(WITH(" Queues=a")), 2, ATTRIBUTES, TEXT(WITH(" queues=a"))},
    {"K 12", TEXT(WITH(" queues=a queues=b")), 2, ATTRIBUTES, TEXT(WITH(" queues=a,b"))},
    {"K 12", TEXT(WITH(" not-before=2026-01-01T00:00:00Z queues=a")), 2, ATTRIBUTES,
     TEXT(WITH(" queues=a not-before=2026-01-01T00:00:00Z"))},
    {"K 12", TEXT(WITH(" not-after=2026-01-01T00:00:00Z not-before=2025-01-01T00:00:00Z")), 2, ATTRIBUTES,
     TEXT(WITH(" not-before=2025-01-01T00:00:00Z not-after=2026-01-01T00:00:00Z"))},
    {"K 12", TEXT(WITH(" not-after=2026-01-01T00:00:00Z not-after=2026-01-01T00:00:00Z")), 2, ATTRIBUTES,
     TEXT(WITH(" not-after=2026-01-01T00:00:00Z"))},
    {"K 12", TEXT(WITH(" not-before")), 2, ATTRIBUTES, TEXT(WITH(" not-before=2026-01-01T00:00:00Z"))},

    /* Queues */
    {"K 13", TEXT(WITH(" queues=")), 2, QUEUE, TEXT(WITH(" queues=a"))},
    {"K 13", TEXT(WITH(" queues=a,")), 2, QUEUE, TEXT(WITH(" queues=a,b"))},
    {"K 13", TEXT(WITH(" queues=,a")), 2, QUEUE, TEXT(WITH(" queues=b,a"))},
    {"K 13", TEXT(WITH(" queues=a,,b")), 2, QUEUE, TEXT(WITH(" queues=a,c,b"))},
    {"K 13", TEXT(WITH(" queues=a,b,a")), 2, "a queue is twice in the list", TEXT(WITH(" queues=a,b,A"))},
    {"K 14", TEXT(WITH(" queues=a!b")), 2, QUEUE, TEXT(WITH(" queues=a%21b"))},
    {"K 14", TEXT(WITH(" queues=\xc3\xbc")), 2, QUEUE, TEXT(WITH(" queues=%C3%BC"))},
    {"K 14", TEXT(WITH(" queues=%c3%bc")), 2, QUEUE, TEXT(WITH(" queues=%C3%BC"))},
    {"K 14", TEXT(WITH(" queues=%61")), 2, QUEUE, TEXT(WITH(" queues=a"))},
    {"K 14", TEXT(WITH(" queues=a%2D")), 2, QUEUE, TEXT(WITH(" queues=-"))},
    {"K 14", TEXT(WITH(" queues=%")), 2, QUEUE, TEXT(WITH(" queues=%25"))},
    {"K 14", TEXT(WITH(" queues=a%2")), 2, QUEUE, TEXT(WITH(" queues=a%20"))},
    {"K 14", TEXT(WITH(" queues=%G0")), 2, QUEUE, TEXT(WITH(" queues=%F0"))},
    {"K 14", TEXT(WITH(" queues=%0G")), 2, QUEUE, TEXT(WITH(" queues=%00"))},
    {"K 14", TEXT(WITH(" queues=%/0")), 2, QUEUE, TEXT(WITH(" queues=%00"))},
    {"K 14", TEXT(WITH(" queues=%0:")), 2, QUEUE, TEXT(WITH(" queues=%09"))},
    {"K 14", TEXT(WITH(" queues=a,%2")), 2, QUEUE, TEXT(WITH(" queues=a,%2C"))},

    /* Times */
    {"K 15", TEXT(WITH(" not-before=")), 2, TIME, TEXT(WITH(" not-before=2026-01-01T00:00:00Z"))},
    {"K 15", TEXT(WITH(" not-before=2026-01-01")), 2, TIME, TEXT(WITH(" not-before=2026-01-01T00:00:00Z"))},
    {"K 15", TEXT(WITH(" not-before=2026-01-01t00:00:00Z")), 2, TIME,
     TEXT(WITH(" not-before=2026-01-01T00:00:00Z"))},
    {"K 15", TEXT(WITH(" not-before=2026-01-01T00:00:00z")), 2, TIME,
     TEXT(WITH(" not-before=2026-01-01T00:00:00Z"))},
    {"K 15", TEXT(WITH(" not-before=2026-01-01T00:00:00+00:00")), 2, TIME,
     TEXT(WITH(" not-before=2026-01-01T00:00:00Z"))},
    {"K 15", TEXT(WITH(" not-before=2026-01-01T00:00:00.5Z")), 2, TIME,
     TEXT(WITH(" not-before=2026-01-01T00:00:05Z"))},
    {"K 15", TEXT(WITH(" not-before=202a-01-01T00:00:00Z")), 2, TIME,
     TEXT(WITH(" not-before=2026-01-01T00:00:00Z"))},
    {"K 15", TEXT(WITH(" not-before=2026-00-01T00:00:00Z")), 2, TIME,
     TEXT(WITH(" not-before=2026-01-01T00:00:00Z"))},
    {"K 15", TEXT(WITH(" not-before=2026-13-01T00:00:00Z")), 2, TIME,
     TEXT(WITH(" not-before=2026-12-01T00:00:00Z"))},
    {"K 15", TEXT(WITH(" not-before=2026-04-00T00:00:00Z")), 2, TIME,
     TEXT(WITH(" not-before=2026-04-01T00:00:00Z"))},
    {"K 15", TEXT(WITH(" not-before=2026-04-31T00:00:00Z")), 2, TIME,
     TEXT(WITH(" not-before=2026-04-30T00:00:00Z"))},
    {"K 15", TEXT(WITH(" not-before=2026-02-29T00:00:00Z")), 2, TIME,
     TEXT(WITH(" not-before=2028-02-29T00:00:00Z"))},
    {"K 15", TEXT(WITH(" not-before=2100-02-29T00:00:00Z")), 2, TIME,
     TEXT(WITH(" not-before=2000-02-29T00:00:00Z"))},
    {"K 15", TEXT(WITH(" not-before=2026-01-01T24:00:00Z")), 2, TIME,
     TEXT(WITH(" not-before=2026-01-01T23:00:00Z"))},
    {"K 15", TEXT(WITH(" not-before=2026-01-01T00:60:00Z")), 2, TIME,
     TEXT(WITH(" not-before=2026-01-01T00:59:00Z"))},
    {"K 15", TEXT(WITH(" not-before=2026-01-01T00:00:60Z")), 2, TIME,
     TEXT(WITH(" not-before=2026-01-01T00:00:59Z"))},
    {"K 15", TEXT(WITH(" not-before=1969-12-31T23:59:59Z")), 2, TIME,
     TEXT(WITH(" not-before=1970-01-01T00:00:01Z"))},
    {"K 15", TEXT(WITH(" not-before=1970-01-01T00:00:00Z")), 2, TIME,
     TEXT(WITH(" not-before=1970-01-01T00:00:01Z"))},
    {"K 15", TEXT(WITH(" not-after=10000-01-01T00:00:00Z")), 2, TIME,
     TEXT(WITH(" not-after=9999-12-31T23:59:59Z"))},
    {"K 15", TEXT(WITH(" not-after=2026-01-01T0/:00:00Z")), 2, TIME,
     TEXT(WITH(" not-after=2026-01-01T00:00:00Z"))},
    {"K 15", TEXT(WITH(" not-before=2026-01-01T00:00:01Z not-after=2026-01-01T00:00:00Z")), 2,
     "not-after lies before not-before",
     TEXT(WITH(" not-before=2026-01-01T00:00:01Z not-after=2026-01-01T00:00:01Z"))},
};

const size_t keyfile_case_count = sizeof keyfile_cases / sizeof keyfile_cases[0];
