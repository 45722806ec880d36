#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""taskseal inspect: what it shows, in each form, without a key."""

import json
import os
import re
import sys

from harness import (FILE, OK, REFUSED, USAGE, bad, check, equal, flip, good, keyring, main, read, run, test, write)

TIME = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ"


def sealed(env, *options, payload=b"x" * 1234):
    return good("seal", *options, data=payload, env=env)


@test
def a_line_says_it_all():
    data = sealed(keyring(), "--queue", "mail", "--type", "reset", "--id", "42", "--expires-in", "1h")
    line = good("inspect", data=data).decode()
    pattern = (rf"sealed v1 · chacha20poly1305 · key mail-k01 · sealed {TIME} · expires {TIME} · "
               rf"bound queue,type,id · 1,234 B payload · id {data[24:32].hex()}… \(unverified\)\n")
    check(re.fullmatch(pattern, line), line)


@test
def a_line_says_what_is_not_bound_never_expires_and_is_padded():
    data = sealed(keyring(), "--pad", "--purpose", "result", payload=b"x")
    line = good("inspect", data=data).decode()
    for part in [" · expires never · ", " · bound nothing · ", " · purpose result · ", " · 256 B padded payload · "]:
        check(part in line, line)


@test
def a_line_names_every_key():
    keyring("one", "one-k01")
    keyring("two", "two-k01")
    write("both", read("one") + read("two").split(b"\n")[-2] + b"\n")
    data = good("seal", "-k", "both", "--to", "two-k01", "--to", "one-k01")
    check(" · keys one-k01,two-k01 · " in good("inspect", data=data).decode(), "keys")
    equal([key["id"] for key in json.loads(good("inspect", "--json", data=data))["keys"]], ["one-k01", "two-k01"])


@test
def the_long_form_has_a_field_a_line():
    data = sealed(keyring(), "--id", "42")
    lines = dict(re.split("  +", line, 1) for line in good("inspect", "--long", data=data).decode().splitlines())
    equal(lines["key"], "mail-k01 (xchacha20poly1305)")
    equal(lines["bound to"], "id")
    equal(lines["payload"], "1,234 bytes")
    equal(lines["envelope"], "1,407 bytes")
    equal(lines["message id"], data[24:56].hex())
    check(lines["verified"].startswith("no"), lines["verified"])


@test
def json_has_the_documented_values():
    data = sealed(keyring(), "--queue", "mail", "--extra", "x", "--expires-in", "1h")
    found = json.loads(good("inspect", "--json", data=data))
    check(re.fullmatch(TIME, found["sealed_at"]) and re.fullmatch(TIME, found["expires_at"]), str(found))
    equal(found["expires_at_unix"], found["sealed_at_unix"] + 3600)
    for volatile in ["sealed_at", "expires_at", "sealed_at_unix", "expires_at_unix"]:
        del found[volatile]
    equal(found, {
        "verified": False, "input": "-", "form": "binary", "line": 1, "version": 1, "suite": 1,
        "suite_name": "chacha20poly1305", "purpose": "payload",
        "keys": [{"id": "mail-k01", "type": 1, "type_name": "xchacha20poly1305"}], "bound": ["queue", "extra"],
        "padded": False, "payload_bytes": 1234, "header_bytes": 157, "envelope_bytes": 1407,
        "message_id": data[24:56].hex()})


@test
def json_says_null_for_no_expiry():
    found = json.loads(good("inspect", "--json", data=sealed(keyring(), "--pad")))
    equal((found["expires_at"], found["expires_at_unix"], found["padded"]), (None, None, True))


@test
def the_text_form_is_known_by_its_prefix():
    env = keyring()
    text = sealed(env, "--text")
    for data in [text, text + b"\n"]:
        found = json.loads(good("inspect", "--json", data=data))
        equal((found["form"], found["line"], found["envelope_bytes"]), ("text", 1, 1407))
        check(good("inspect", data=data).startswith(b"sealed v1 "), "named, although there is but one")


@test
def text_forms_may_stand_on_a_line_each():
    env = keyring()
    lines = [sealed(env, "--text", payload=b"x" * size) for size in [1, 2, 3]]
    found = [json.loads(line) for line in good("inspect", "--json", data=b"\n".join(lines)).splitlines()]
    equal([(one["line"], one["payload_bytes"]) for one in found], [(1, 1), (2, 2), (3, 3)])


@test
def a_bad_line_is_named_and_the_others_are_shown():
    text = sealed(keyring(), "--text")
    done = run("inspect", data=text + b"\nrubbish\n" + text[:-1] + b"!\n" + text + b"\n")
    equal(done.returncode, REFUSED)
    equal(len(done.stdout.splitlines()), 2)
    errors = done.stderr.decode().splitlines()
    equal(len(errors), 2)
    check(errors[0].startswith("taskseal: inspect: not-sealed: standard input, line 2: "), errors[0])
    check(errors[1].startswith("taskseal: inspect: malformed: standard input, line 3: "), errors[1])


@test
def several_files_are_named():
    env = keyring()
    write("a", sealed(env))
    write("b", sealed(env))
    shown = good("inspect", "a", "b").decode().splitlines()
    equal([line.split(" ")[0] for line in shown], ["a:", "b:"])
    equal([json.loads(line)["input"] for line in good("inspect", "--json", "a", "b").splitlines()], ["a", "b"])
    check(b"input       a\n" in good("inspect", "--long", "a", "b"), "not named")


@test
def the_status_is_that_of_the_first_failure():
    write("good", sealed(keyring()))
    write("plain", b"{}")
    done = run("inspect", "none", "plain", "good")
    equal((done.returncode, len(done.stdout.splitlines())), (FILE, 1))
    done = run("inspect", "good", "plain", "none")
    equal((done.returncode, len(done.stdout.splitlines())), (REFUSED, 1))
    check(b"taskseal: inspect: not-sealed: plain: " in done.stderr, repr(done.stderr))


@test
def each_kind_of_refusal_has_its_name():
    data = sealed(keyring())
    bad(REFUSED, "inspect: not-sealed: ", "inspect", data=b"")
    bad(REFUSED, "inspect: not-sealed: ", "inspect", data=flip(data, 0))
    bad(REFUSED, "inspect: unsupported-version: ", "inspect", data=flip(data, 4))
    bad(REFUSED, "inspect: unsupported-suite: ", "inspect", data=data[:5] + b"\x09" + data[6:])
    bad(REFUSED, "inspect: malformed: ", "inspect", data=data[:100])
    bad(REFUSED, "inspect: malformed: ", "inspect", data=b"tsl1.")
    good("inspect", data=data)


@test
def it_needs_no_key_and_believes_what_it_reads():
    data = bytearray(sealed(keyring()))
    data[8:16] = (4102444800).to_bytes(8, "big")
    check(b"sealed 2100-01-01T00:00:00Z" in good("inspect", data=bytes(data)), "another time")


@test
def file_names_can_not_drive_the_terminal_or_break_json():
    env = keyring()
    names = [b"a\x1b[2J", "b\u009b".encode(), b'c"\\\n', b"d\xff\xc0\xaf\xed\xa0\x80\xe0\x80\xaf\xf0\x80\x80\x80\xf4\x90\x80\x80\xe2\x82A",
             "e-ä€😀".encode()]
    for name in names:
        write(name, sealed(env))
    shown = good("inspect", *names)
    check(b"\x1b" not in shown and "\u009b".encode() not in shown, repr(shown))
    equal(len(shown.splitlines()), len(names))
    check("e-ä€😀: ".encode() in shown, repr(shown))
    found = [json.loads(line)["input"] for line in good("inspect", "--json", *names).splitlines()]
    equal(found, ["a\x1b[2J", "b\u009b", 'c"\\\n', "d" + "\ufffd" * 19 + "A", "e-ä€😀"])


@test
def bytes_that_are_not_utf8_are_escaped_for_people():
    env = keyring()
    names = {b"\x9b2J\x9f": b"\\x9B2J\\x9F", b"\xc2": b"\\xC2", b"\xc2\xc2\x9b": b"\\xC2\\x9B",
             b"\xe4\x9b": b"\\xE4\\x9B", b"\xc0\x9b": b"\\xC0\\x9B",
             b"\xf0\x9f\x98": b"\\xF0\\x9F\\x98", "Û".encode(): "Û".encode()}
    write("other", sealed(env))
    for name, escaped in names.items():
        write(name, sealed(env))
        check(good("inspect", name, "other").startswith(escaped + b": sealed v1 "), repr(name))
        check(b" " + escaped + b"\n" in good("inspect", "--long", name, "other"), repr(name))
        os.remove(name)
        done = run("inspect", name)
        check(done.stderr.startswith(b"taskseal: inspect: file: can't open " + escaped + b": "), repr(done.stderr))


@test
def json_holds_no_raw_control_character():
    env = keyring()
    controls = [*range(1, 0x20), *range(0x7F, 0xA0)]
    name = "".join(chr(control) for control in controls) + "\u00a0ä"
    write(name, sealed(env))
    shown = good("inspect", "--json", name).decode()
    for control in controls:
        check(f"\\u{control:04x}" in shown, f"no escape for {control:#x}")
        check(chr(control) not in shown.rstrip("\n"), f"{control:#x} is raw")
    check("\u00a0ä" in shown, shown)
    equal(json.loads(shown)["input"], name)


@test
def json_and_long_exclude_each_other():
    bad(USAGE, "inspect: usage: give --json or --long, not both", "inspect", "--json", "--long")


@test
def a_large_envelope_is_inspected():
    data = sealed(keyring(), payload=b"x" * 5000000)
    check(" · 5,000,000 B payload · " in good("inspect", data=data).decode(), "another size")
    equal(run("inspect", data=data, env=dict(os.environ, LC_ALL="C")).returncode, OK)


if __name__ == "__main__":
    sys.exit(main())
