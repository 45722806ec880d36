#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""taskseal keygen."""

import os
import re
import stat
import sys

from harness import FILE, REFUSED, USAGE, bad, check, equal, good, main, read, suites, test, write


@test
def it_makes_a_private_key_file_and_says_nothing():
    equal(good("keygen", "mail-k01", "ring"), b"")
    equal(stat.S_IMODE(os.stat("ring").st_mode), 0o600)
    check(re.fullmatch(rb"taskseal-keyring 1\n(#.*\n)*"
                       rb"key mail-k01 xchacha20poly1305 active tskek1_[0-9A-Za-z_-]{43}\n", read("ring")),
          "not the documented form")


@test
def every_type_in_its_help_can_be_made():
    text = good("keygen", "--help").decode()
    types = [name for name in ["xchacha20poly1305", "aegis256", "dedupe"] if name in text]
    equal(types, ["xchacha20poly1305", "aegis256", "dedupe"])
    for name in types:
        if name != "aegis256" or "aegis256" in suites():
            good("keygen", "--type", name, "x", name)
            check(f"\nkey x {name} active ".encode() in read(name), name)


@test
def no_two_keys_are_alike():
    good("keygen", "mail-k01", "one")
    good("keygen", "mail-k01", "two")
    check(read("one") != read("two"), "the same key twice")


@test
def a_file_that_exists_is_kept():
    write("ring", b"precious")
    bad(REFUSED, "keygen: keyfile-exists: ", "keygen", "mail-k01", "ring")
    equal(read("ring"), b"precious")


@test
def a_dangling_link_counts_as_existing():
    os.symlink("elsewhere", "ring")
    bad(REFUSED, "keygen: keyfile-exists: ", "keygen", "mail-k01", "ring")
    equal(os.listdir("."), ["ring"])


@test
def a_missing_directory_is_a_file_error_that_leaves_nothing():
    bad(FILE, "keygen: keyfile-write: ", "keygen", "mail-k01", "none/ring")
    equal(os.listdir("."), [])


@test
def a_bad_key_id_is_a_usage_error_that_leaves_nothing():
    for key_id in ["", "-a", "a b", "ä", "a" * 256]:
        bad(USAGE, "keygen: bad-argument: ", "keygen", "--", key_id, "ring")
    equal(os.listdir("."), [])


@test
def the_longest_key_id_is_taken():
    good("keygen", "a" * 255, "ring")


@test
def operands_must_be_two():
    for operands in [[], ["mail-k01"], ["mail-k01", "ring", "more"]]:
        bad(USAGE, "keygen: usage: give a KEY-ID and a FILE", "keygen", *operands)
    equal(os.listdir("."), [])


@test
def the_type_can_be_chosen_where_it_is_available():
    arguments = ["keygen", "--type", "aegis256", "mail-k01", "ring"]
    if "aegis256" in suites():
        good(*arguments)
        check(b"key mail-k01 aegis256 active " in read("ring"), "another type")
    else:
        bad(REFUSED, "keygen: suite-unavailable: ", *arguments)
        equal(os.listdir("."), [])


@test
def an_unknown_type_is_a_usage_error():
    bad(USAGE, "keygen: usage: --type takes xchacha20poly1305, aegis256 or dedupe, not 'rsa'", "keygen", "--type", "rsa",
        "mail-k01", "ring")


if __name__ == "__main__":
    sys.exit(main())
