#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""taskseal seal and taskseal open: what goes through them, and what is refused."""

import os
import sys
import time

from harness import (OK, REFUSED, RETRY, USAGE, bad, check, equal, flip, good, keyring, main, read, run, suites,
                     test, write)

CONTEXT = ["--queue", "mail", "--type", "reset", "--id", "42", "--extra", "tenant-7"]
ALL_BYTES = bytes(range(256))


def through(payload, env, seal=(), unseal=()):
    """Seals and opens `payload`."""
    sealed = good("seal", *seal, data=payload, env=env)
    return good("open", *unseal, data=sealed, env=env)


@test
def payloads_of_any_size_come_back():
    env = keyring()
    for size in [0, 1, 16383, 16384, 16385, 65535, 65536, 131072, 1048576]:
        payload = (b"p" + os.urandom(size))[:size] # one that does not begin as an envelope does
        check(through(payload, env, CONTEXT, CONTEXT) == payload, f"{size} bytes differ")


@test
def every_byte_value_comes_back_in_every_suite():
    env = keyring()
    for suite in suites():
        equal(through(ALL_BYTES, env, ["--suite", suite], ["--suite", suite]), ALL_BYTES)


@test
def a_suite_that_is_not_available_is_refused():
    env = keyring()
    for suite in {"aes256gcm", "aegis256"} - set(suites()):
        bad(REFUSED, "seal: suite-unavailable: ", "seal", "--suite", suite, env=env)


@test
def files_and_pipes_are_the_same_to_it():
    env = keyring()
    write("payload", ALL_BYTES)
    good("seal", "payload", "-o", "sealed", env=env)
    equal(good("open", "sealed", env=env), ALL_BYTES)
    equal(good("open", "-", "-o", "-", data=read("sealed"), env=env), ALL_BYTES)
    good("open", "sealed", "--output", "opened", env=env)
    equal(read("opened"), ALL_BYTES)


@test
def the_overhead_is_that_of_the_format():
    env = keyring()
    equal(len(good("seal", data=b"x" * 100, env=env)), 273)


@test
def two_seals_of_one_payload_differ():
    env = keyring()
    check(good("seal", data=b"x", env=env) != good("seal", data=b"x", env=env), "the same envelope twice")


@test
def the_keyring_option_goes_before_the_environment():
    env = keyring("one", "one-k01")
    keyring("two", "two-k01")
    sealed = good("seal", "--keyring", "two", data=b"x", env=env)
    bad(RETRY, "open: unknown-key: ", "open", data=sealed, env=env)
    equal(good("open", "-k", "two", data=sealed, env=env), b"x")


@test
def without_a_keyring_it_is_a_usage_error():
    bad(USAGE, "seal: usage: no keyring: give --keyring FILE or set TASKSEAL_KEYRING", "seal")
    bad(USAGE, "open: usage: no keyring: give --keyring FILE or set TASKSEAL_KEYRING", "open")


@test
def the_text_form_goes_through():
    env = keyring()
    text = good("seal", "--text", data=ALL_BYTES, env=env)
    check(text.startswith(b"tsl1.") and not text.endswith(b"\n"), repr(text))
    equal(good("open", data=text, env=env), ALL_BYTES)


@test
def one_newline_after_the_text_form_is_let_pass_and_only_one():
    env = keyring()
    text = good("seal", "--text", data=b"x", env=env)
    equal(good("open", data=text + b"\n", env=env), b"x")
    for tail in [b"\n\n", b"\r\n", b" ", b"="]:
        bad(REFUSED, "open: malformed: ", "open", data=text + tail, env=env)


@test
def a_newline_after_the_binary_form_is_damage():
    env = keyring()
    sealed = good("seal", data=b"x", env=env)
    bad(REFUSED, "open: damaged: ", "open", data=sealed + b"\n", env=env)


@test
def another_queue_type_id_or_extra_is_refused():
    env = keyring()
    sealed = good("seal", *CONTEXT, data=b"x", env=env)
    equal(good("open", *CONTEXT, data=sealed, env=env), b"x")
    for index in range(1, len(CONTEXT), 2):
        other = CONTEXT.copy()
        other[index] += "x"
        bad(REFUSED, "open: context-mismatch: ", "open", *other, data=sealed, env=env)


@test
def a_bound_field_that_is_not_given_is_refused():
    env = keyring()
    sealed = good("seal", *CONTEXT, data=b"x", env=env)
    for index in range(0, len(CONTEXT), 2):
        fewer = CONTEXT[:index] + CONTEXT[index + 2:]
        bad(REFUSED, "open: context-required: ", "open", *fewer, data=sealed, env=env)


@test
def what_is_given_must_be_bound_unless_less_is_insisted_on():
    env = keyring()
    sealed = good("seal", "--queue", "mail", data=b"x", env=env)
    given = ["open", "--queue", "mail", "--id", "42"]
    bad(REFUSED, "open: context-mismatch: ", *given, data=sealed, env=env)
    bad(REFUSED, "open: context-mismatch: ", *given, "--insist", "queue,id", data=sealed, env=env)
    equal(good(*given, "--insist", "queue", data=sealed, env=env), b"x")
    equal(good(*given, "--insist", "none", data=sealed, env=env), b"x")


@test
def what_is_insisted_on_must_be_given():
    env = keyring()
    bad(USAGE, "open: usage: --insist names a field that is not given", "open", "--insist", "queue,id", "--id",
        "42", env=env)


@test
def an_expiry_after_the_year_9999_is_a_usage_error():
    env = keyring()
    bad(USAGE, "seal: bad-argument: the envelope would expire after the year 9999\n", "seal", "--expires-in", "253402300799", env=env)


@test
def an_empty_field_is_a_usage_error():
    env = keyring()
    for option in ["queue", "type", "id", "extra"]:
        for subcommand in ["seal", "open"]:
            bad(USAGE, f"{subcommand}: usage: --{option} is empty", subcommand, f"--{option}", "", env=env)


@test
def a_field_holds_65535_bytes_and_no_more():
    env = keyring()
    longest = ["--extra", "x" * 65535]
    equal(through(b"x", env, longest, longest), b"x")
    bad(USAGE, "seal: usage: --extra is 65536 bytes; at most 65535", "seal", "--extra", "x" * 65536, env=env)


@test
def an_expired_envelope_is_refused():
    env = keyring()
    soon = good("seal", "--expires-in", "1s", data=b"x", env=env)
    later = good("seal", "--expires-in", "2w", data=b"x", env=env)
    time.sleep(2)
    bad(REFUSED, "open: expired: ", "open", data=soon, env=env)
    equal(good("open", data=later, env=env), b"x")


@test
def an_envelope_older_than_the_maximum_age_is_refused():
    env = keyring()
    sealed = good("seal", data=b"x", env=env)
    time.sleep(3)
    bad(REFUSED, "open: expired: ", "open", "--max-age", "1", data=sealed, env=env)
    equal(good("open", "--max-age", "1h", data=sealed, env=env), b"x")


@test
def an_expiry_can_be_given_as_a_time():
    env = keyring()
    sealed = good("seal", "--expires-at", "9999-12-31T23:59:59Z", data=b"x", env=env)
    equal(good("open", data=sealed, env=env), b"x")
    bad(USAGE, "seal: usage: --expires-at is not in the future", "seal", "--expires-at", "2001-01-01T00:00:00Z", env=env)


@test
def a_time_that_is_none_is_a_usage_error():
    env = keyring()
    for text in ["", "tomorrow", "2026-02-30T00:00:00Z", "2026-1-2T00:00:00Z", "2026-01-02T00:00:00",
                 "2026-01-02 00:00:00Z", "2026-01-02T00:00:00Zx", "10000-01-01T00:00:00Z", "1969-12-31T23:59:59Z",
                 "2026-01-02T00:00:60Z", " 2026-01-02T00:00:00Z"]:
        bad(USAGE, "seal: usage: --expires-at takes a time in UTC", "seal", "--expires-at", text, env=env)


@test
def a_duration_that_is_none_is_a_usage_error():
    env = keyring()
    for text in ["", "0", "0s", "-1", "1y", "1 h", "h", "1.5h", "99999999999999999999", "18446744073709551617", "253402300799w"]:
        bad(USAGE, "seal: usage: --expires-in takes a number of seconds", "seal", f"--expires-in={text}", env=env)


@test
def only_one_expiry_can_be_given():
    env = keyring()
    bad(USAGE, "seal: usage: give --expires-in or --expires-at, not both", "seal", "--expires-in", "1h",
        "--expires-at", "9999-12-31T23:59:59Z", env=env)


@test
def another_purpose_is_refused():
    env = keyring()
    for purpose in ["payload", "result", "error", "reference"]:
        sealed = good("seal", "--purpose", purpose, data=b"x", env=env)
        equal(good("open", "--purpose", purpose, data=sealed, env=env), b"x")
        other = "result" if purpose == "payload" else "payload"
        bad(REFUSED, "open: wrong-purpose: ", "open", "--purpose", other, data=sealed, env=env)


@test
def an_unknown_word_is_a_usage_error_that_lists_the_known_ones():
    env = keyring()
    bad(USAGE, "seal: usage: --suite takes chacha20poly1305, aes256gcm or aegis256, not 'des'", "seal", "--suite",
        "des", env=env)
    bad(USAGE, "open: usage: --purpose takes payload, result, error or reference, not 'x'", "open", "--purpose",
        "x", env=env)
    for text in ["", "queue,", "queue,none", "all"]:
        bad(USAGE, "open: usage: --insist takes none, or some of queue,type,id,extra", "open", "--insist", text,
            env=env)


@test
def a_suite_that_is_not_accepted_is_refused():
    env = keyring()
    sealed = good("seal", data=b"x", env=env)
    bad(REFUSED, "open: suite-denied: ", "open", "--suite", "aes256gcm", data=sealed, env=env)
    equal(good("open", "--suite", "aes256gcm", "--suite", "chacha20poly1305", data=sealed, env=env), b"x")


@test
def padding_hides_the_length():
    env = keyring()
    lengths = {len(good("seal", "--pad", data=b"x" * size, env=env)) for size in [0, 1, 100, 255]}
    equal(len(lengths), 1)
    equal(through(b"x" * 100, env, ["--pad"]), b"x" * 100)


@test
def an_envelope_can_be_sealed_to_several_keys():
    env = keyring("one", "one-k01")
    keyring("two", "two-k01")
    write("both", read("one") + read("two").split(b"\n")[-2] + b"\n")
    sealed = good("seal", "-k", "both", "--to", "two-k01", "--to", "one-k01", data=b"x", env=env)
    equal(good("open", "-k", "one", data=sealed), b"x")
    equal(good("open", "-k", "two", data=sealed), b"x")
    only_two = good("seal", "-k", "both", "--to", "two-k01", data=b"x")
    bad(RETRY, "open: unknown-key: ", "open", "-k", "one", data=only_two)


@test
def recipients_are_known_distinct_and_at_most_eight():
    env = keyring()
    bad(USAGE, "seal: unknown-key: ", "seal", "--to", "other-k01", data=b"x", env=env)
    bad(USAGE, "seal: usage: --to mail-k01 is given twice", "seal", "--to", "mail-k01", "--to", "mail-k01", data=b"x", env=env)
    bad(USAGE, "seal: usage: --to can be given at most 8 times", "seal", *[f"--to=k{i}" for i in range(9)], data=b"x", env=env)


@test
def a_key_that_is_not_active_does_not_seal():
    env = keyring()
    sealed = good("seal", data=b"x", env=env)
    write("ring", read("ring").replace(b" active ", b" open-only "))
    bad(REFUSED, "seal: key-not-active: ", "seal", data=b"x", env=env)
    equal(good("open", data=sealed, env=env), b"x")


@test
def sealing_twice_is_refused_unless_asked_for():
    env = keyring()
    for form in [[], ["--text"]]:
        once = good("seal", *form, data=b"x", env=env)
        bad(REFUSED, "seal: looks-sealed: ", "seal", data=once, env=env)
        equal(through(once, env, ["--allow-sealed"]), once)


@test
def what_is_not_sealed_is_refused():
    env = keyring()
    for plain in [b"", b"{}", b"\0" * 500, b"tsl2.AAAA"]:
        bad(REFUSED, "open: not-sealed: ", "open", data=plain, env=env)


@test
def every_damaged_byte_and_every_cut_is_refused():
    env = keyring()
    sealed = good("seal", "--queue", "mail", data=b"secret", env=env)
    for index in range(len(sealed)):
        for wrong in [flip(sealed, index), sealed[:index]]:
            done = run("open", "--queue", "mail", data=wrong, env=env)
            check(done.returncode in (REFUSED, RETRY) and not done.stdout, f"byte {index}: {done}")
    equal(run("open", "--queue", "mail", data=sealed, env=env).returncode, OK)


@test
def verbose_tells_what_was_verified():
    env = keyring()
    sealed = good("seal", data=b"secret", env=env)
    done = run("open", "-v", data=sealed, env=env)
    equal((done.returncode, done.stdout), (OK, b"secret"))
    check(done.stderr.startswith(b"taskseal: open: verified: key mail-k01, sealed 20"), repr(done.stderr))
    check(sealed[24:56].hex().encode() in done.stderr, "not the message id")


@test
def no_error_repeats_payload_or_key():
    env = keyring()
    secret = read("ring").split()[-1]
    payload = b"card 4111111111111111"
    sealed = good("seal", "--text", data=payload, env=env)
    for arguments, data in [(["open"], sealed[:-1]), (["open", "--queue", "q"], sealed), (["open"], payload),
                            (["seal"], sealed), (["rewrap", "--to", "none"], sealed), (["inspect"], payload)]:
        done = run(*arguments, data=data, env=env)
        check(done.returncode != OK, arguments)
        for hidden in [payload, secret, sealed]:
            check(hidden not in done.stderr and hidden not in done.stdout, arguments)


@test
def more_than_one_file_is_a_usage_error():
    for subcommand in ["seal", "open", "rewrap"]:
        bad(USAGE, f"{subcommand}: usage: at most one FILE can be given, not 2", subcommand, "a", "b")


if __name__ == "__main__":
    sys.exit(main())
