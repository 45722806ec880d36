#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Makes the seeds of the fuzz targets: corpus/TARGET/NAME. Usage: fuzz/seeds.py

Envelopes are those of tests/vectors, so that fuzzing begins behind the magic, the wrap, the MAC and the tags; key files
and URIs are written out here. What fuzzing finds is kept beside them as corpus/TARGET/found-NAME, which this
program leaves alone.
"""

import base64
import hashlib
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
VECTORS = HERE.parent / "tests" / "vectors"
sys.path.insert(0, str(VECTORS))

import layout  # noqa: E402
import records  # noqa: E402

NOW = 1800000060  # the clock of the targets
PIECES = ((1, 0, 2, 0), (13, 200, 77, 0), (255, 255, 255, 255), (168, 40, 168, 41))  # sizes, as stream.c reads them
LONGEST = 600  # the fuzzer makes long ones by itself
CHAPTERS = {  # target: the files of vectors whose inputs it gets
    "open": ("good", "keys", "policy", "damage"),
    "parse": ("malformed", "looking"),
}
# Worth their length.
LONG = {"open": ("suite-1-size-16384", "suite-3-size-16384"), "parse": ("header-of-4096-bytes", "header-of-4097-bytes")}

SECRETS = ("tskek1_ouzlX3qtOtzg9FsNt5C7SJxUuOvhO7NUBqxPzbbGduw", "tskek1__aBRtphvj9iAOJ7fbztT1hXAd6jmL6pwbnq2SqWMaYU")
DEDUPE_SECRET = "tsdup1_TiY2fUzcDyjXHBm0QwOGZzyjVcFkgkNvXhLWbwPbDBs"
KEY = f"key k xchacha20poly1305 active {SECRETS[0]}"
KEY_LINES = {
    "none": "# nothing\n",
    "one": f"{KEY}\n",
    "no-final-newline": KEY,
    "comment-and-blank": f"# made by hand\n\n{KEY}\n",
    "two": f"{KEY}\nkey k2 xchacha20poly1305 open-only {SECRETS[1]}\n",
    "aegis": f"key k aegis256 active {SECRETS[0]}\n",
    "dedupe": f"key d dedupe active {DEDUPE_SECRET}\n{KEY}\n",
    "dedupe-with-kek": f"key d dedupe active {SECRETS[0]}\n",
    "tombstones": f"{KEY}\nkey k2 aegis256 retired -\nkey k3 xchacha20poly1305 compromised -\n",
    "tombstone-with-secret": f"key k xchacha20poly1305 retired {SECRETS[0]}\n",
    "same-id": f"{KEY}\n{KEY}\n",
    "id-is-a-secret": f"key {SECRETS[0]} xchacha20poly1305 active {SECRETS[1]}\n",
    "id-is-a-secret-twice": 2 * f"key {SECRETS[0]} xchacha20poly1305 retired -\n",
    "fields-swapped": f"key k {SECRETS[0]} active xchacha20poly1305\n",
    "zero": f"key k xchacha20poly1305 active tskek1_{43 * 'A'}\n",
    "unused-bits": f"key k xchacha20poly1305 active {SECRETS[0][:-1]}x\n",
    "short-secret": f"key k xchacha20poly1305 active {SECRETS[0][:-1]}\n",
    "queues": f"{KEY} queues=mail,sms%20out,%00,%FF\n",
    "queue-twice": f"{KEY} queues=mail,mail\n",
    "queue-is-a-secret": f"{KEY} queues={SECRETS[1]}\n",
    "queue-spelt-wrong": f"{KEY} queues=%61\n",
    "window": f"{KEY} not-before=2026-01-01T00:00:00Z not-after=2026-12-31T23:59:59Z\n",
    "window-reversed": f"{KEY} not-before=2027-01-01T00:00:00Z not-after=2026-12-31T23:59:59Z\n",
    "leap-day": f"{KEY} not-after=2100-02-29T00:00:00Z\n",
    "all-attributes": f"{KEY} queues=q not-before=1970-01-01T00:00:01Z not-after=9999-12-31T23:59:59Z\n",
    "attributes-disordered": f"{KEY} not-after=2026-12-31T23:59:59Z queues=q\n",
    "carriage-return": f"{KEY}\r\n",
    "tab": f"{KEY}\t\n",
    "final-space": f"{KEY} \n",
}

# For keychange: promoted keys move, demoted and retired ones stay where they are.
MANY = f"""# before
key d dedupe active {DEDUPE_SECRET}

key k xchacha20poly1305 active {SECRETS[0]} queues=mail,sms%20out
# between
key k2 xchacha20poly1305 open-only {SECRETS[1]} not-before=2026-01-01T00:00:00Z not-after=2099-12-31T23:59:59Z
key k3 xchacha20poly1305 open-only {SECRETS[1]} not-after=2020-12-31T23:59:59Z
key k4 xchacha20poly1305 retired -
key k5 xchacha20poly1305 compromised - queues=mail
# behind"""

# Made by the library, with the passphrase `pass` and the least cost: a key file, nothing, and what is no key file.
PROTECTED = "taskseal-keyring-protected 1\nargon2id 1 8 "
PROTECTED_LINES = {
    "key-file": "A2OTE9FX9yOnYXFcuxnAoA\ndXwSWhMHr1SoVwF3oWbiMfjVH8zbZSxrthzSjsDMZEXhjzJU-IWtz1e0d5OfNHrOj5QqMIEk3TCzjZkLLQ"
                "6rbDmZPMjI4GynPLJ_YYGUfOaMsp7oFtaAVoNEaVeH3OxTYxydM62RdTGUNk1KrRGzXSXbcVhJvAqtX8jJagSBfimLAMT37RGboudXI9r"
                "8aDx9sFGtO7E\n",
    "nothing": "X2xOokB3ZZPxwyLaUvsdAw\nTNJyR5yLBsSxM1NMptcnszcbZVGcY_wPXGs4N1Dw0TG77yQiJsKdCPiPOoH1ATs3\n",
    "no-key-file": "iHt1FxenepW06bKmTAZrRw\nbfZUswmVqqNnJrORg78RLkNirc5YS7qF4MVcwT6eOI-IjTUxcPbBeA4Yfn6mtF3sEqU\n",
}

PIN = "sha256:dpL8sQJ2TtOrFv/3YuzS8OsHZ0tFWTMRFxnBJ5E8cO0="
URIS = {
    "least": "rediss://h?cacert=c",
    "all": "valkeys://u:p@db-1.example.:6380/15?cacert=/a/b.pem&cert=c.pem&key=k.pem&name=n.example&timeout_ms=250",
    "ipv4": "rediss://10.1.2.3:7?cacert=system",
    "ipv6": "REDISS://[2001:db8::7]:6380/2?cacert=c&name=fe80::1",
    "ipv6-zone": "rediss://[fe80::1%25eth0]?cacert=c",
    "ipv6-open": "rediss://[::1?cacert=c",
    "password-alone": "rediss://:hunter2@h?cacert=c",
    "user-alone": "rediss://worker@h?cacert=c",
    "login-empty": "rediss://:@h?cacert=c",
    "escapes": "rediss://u%40x:%25%2f%3F%23%40hunter2@h/%31?cacert=a%20b",
    "escape-cut": "rediss://u:hunter2%4@h?cacert=c",
    "escape-nul": "rediss://u:hunter2%00@h?cacert=c",
    "password-with-at": "rediss://u:hun@ter2@h?cacert=c",
    "password-with-slash": "rediss://u:hun/ter2@h?cacert=c",
    "password-with-question": "rediss://u:hun?ter2=1@h?cacert=c",
    "password-with-hash": "rediss://u:hun#ter2@h?cacert=c",
    "password-with-space": "rediss://u:hun ter2@h?cacert=c",
    "password-with-bracket": "rediss://u:hun[ter2@h?cacert=c",
    "plaintext": "redis://u:hunter2@h",
    "no-scheme": "u:hunter2@h:6379",
    "no-host": "rediss://u:hunter2@?cacert=c",
    "port-0": "rediss://u:hunter2@h:0?cacert=c",
    "final-dot": "rediss://h.example.?cacert=c",
    "final-dot-in-name": "rediss://h?cacert=c&name=n.example.",
    "legacy-address": "rediss://0x7f.1?cacert=c",
    "database-long": "rediss://h/1234567890?cacert=c",
    "parameter-unknown": "rediss://u:hunter2@h?cacert=c&verify=none",
    "parameter-twice": "rediss://u:hunter2@h?cacert=c&cacert=d",
    "parameter-empty": "rediss://u:hunter2@h?cacert=&",
    "cert-without-key": "rediss://u:hunter2@h?cacert=c&cert=d",
    "timeout-0": "rediss://u:hunter2@h?cacert=c&timeout_ms=0",
    "trust": f"rediss://u:p@h?cacert=c&crl=/l.pem&tls=1.3&pin={PIN},{PIN}",
    "pin-cut": f"rediss://u:hunter2@h?cacert=c&pin={PIN},",
    "tls-old": "rediss://u:hunter2@h?cacert=c&tls=1.1",
    "pins-8": f"rediss://h?cacert=c&pin={','.join([PIN] * 8)}",
    "pins-9": f"rediss://h?cacert=c&pin={','.join([PIN] * 9)}",
    "pin-of-another-kind": "rediss://u:hunter2@h?cacert=c&pin=sha1:dpL8sQJ2TtOrFv/3YuzS8OsHZ0s=",
    "crl-twice": "rediss://u:hunter2@h?cacert=c&crl=l&crl=m",
    "tls-1.2": "rediss://h?cacert=c&tls=1.2&crl=%2Fl.pem",
}

# Handshakes: choices (live, TLS 1.2, wrong name, asks for a client certificate; resets at the end; the client has a
# certificate; recv and send fail at the end), the size of pieces, and then a server's
# bytes, or changes to a live server's records: number, change, place (two bytes), value.
LIVE, TLS12, WRONG_NAME, ASKS_CLIENT, RESETS, KNOWN, BREAKS = 1, 2, 4, 8, 16, 32, 64
LIVES = {"13": LIVE, "12": LIVE | TLS12, "wrong-name-13": LIVE | WRONG_NAME, "wrong-name-12": LIVE | TLS12 | WRONG_NAME,
         "client-13": LIVE | ASKS_CLIENT, "client-12": LIVE | TLS12 | ASKS_CLIENT, "known-13": LIVE | ASKS_CLIENT | KNOWN,
         "known-12": LIVE | TLS12 | ASKS_CLIENT | KNOWN, "resets-13": LIVE | RESETS, "resets-12": LIVE | TLS12 | RESETS,
         "breaks-13": LIVE | BREAKS, "breaks-12": LIVE | TLS12 | BREAKS, "breaks-client": LIVE | ASKS_CLIENT | BREAKS | RESETS}
CHANGES = ("flipped", "dropped", "twice", "swapped", "shortened", "cut", "inserted", "alert")
ALERTS = (0, 40, 42, 70, 80, 86, 116)
SERVER_HELLO = bytes.fromhex(
    "160303007a0200007603030102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2000000000000000000000000000000000"
    "0000000000000000000000000000000000130200002e002b0002030400330024001d00209fd7ad6dcff4298dd3f96d5b1b2af910a0535b1488d7f8fa"
    "bb349a982880b615")
HELLO_12 = bytes.fromhex("160303002c0200002803030102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2000c02f000000")
RAW = {
    "nothing": b"",
    "plaintext": b"-ERR Protocol error\r\n",
    "http": b"HTTP/1.1 400 Bad Request\r\n",
    "not-a-version": b"\x16\x02\x00\x00\x05",
    "alert": bytes((21, 3, 3, 0, 2, 2, 40)),
    "server-hello-13": SERVER_HELLO,
    "server-hello-13-and-data": SERVER_HELLO + b"\x14\x03\x03\x00\x01\x01" + b"\x17\x03\x03\x00\x20" + bytes(32),
    "server-hello-12": HELLO_12,
    "hello-12-done": HELLO_12 + b"\x16\x03\x03\x00\x04\x0e\x00\x00\x00",
    "certificate-empty": HELLO_12 + b"\x16\x03\x03\x00\x07\x0b\x00\x00\x03\x00\x00\x00",
    "too-long": b"\x16\x03\x03\xff\xff" + bytes(64),
    "data-first": b"\x17\x03\x03\x00\x05+PONG",
    "server-hello-11": HELLO_12[:9] + b"\x03\x02" + HELLO_12[11:],
}

# Replies: choices (login, with AUTH, with SELECT, pushes are kept), the size of pieces, and what the server sends.
IN = 7
REPLIES = {
    "status": (0, b"+OK\r\n"), "error": (0, b"-ERR no\r\n"), "integer": (0, b":-12\r\n"),
    "string": (0, b"$5\r\na\0b\r\n\r\n$0\r\n\r\n"), "nil": (0, b"$-1\r\n*-1\r\n_\r\n"),
    "array": (0, b"*3\r\n:1\r\n$1\r\na\r\n*1\r\n+b\r\n"), "empty-array": (0, b"*0\r\n+OK\r\n"),
    "resp3": (0, b"%1\r\n+k\r\n,1.5\r\n~2\r\n#t\r\n#f\r\n(123456789012345678901\r\n=8\r\ntxt:some\r\n"),
    "push": (0, b">2\r\n+message\r\n+x\r\n+OK\r\n"), "push-kept": (8, b">2\r\n+message\r\n+x\r\n+OK\r\n"),
    "deep": (0, b"*1\r\n" * 63 + b"+x\r\n"), "too-deep": (0, b"*1\r\n" * 65 + b"+x\r\n"),
    "elements-most": (0, b"*4096\r\n+a\r\n"), "elements-too-many": (0, b"*4097\r\n"),
    "elements-together": (0, b"*2\r\n*4095\r\n" + b"*4095\r\n" * 2),
    "elements-huge": (0, b"*100000000\r\n"), "elements-overflow": (0, b"*9223372036854775807\r\n"),
    "string-huge": (0, b"$536870912\r\nabc"), "string-negative": (0, b"$-2\r\n"), "no-type": (0, b"hello\r\n"),
    "cut": (0, b"$10\r\nabc"), "line-open": (0, b"+abc"), "double-inf": (0, b",inf\r\n,nan\r\n"),
    "login": (IN, b"+OK\r\n+PONG\r\n+OK\r\n"), "login-then": (IN, b"+OK\r\n+PONG\r\n+OK\r\n"),
    "ping-only": (1, b"+PONG\r\n"), "wrongpass": (IN, b"-WRONGPASS invalid pair\r\n"),
    "auth-quoted": (IN, b"-ERR unknown command, with args beginning with: worker Sesame-42-open\r\n"),
    "auth-integer": (IN, b":1\r\n"), "noauth": (1, b"-NOAUTH Authentication required.\r\n"),
    "noperm": (IN, b"+OK\r\n-NOPERM no ping\r\n"), "loading": (IN, b"+OK\r\n-LOADING Valkey is loading\r\n"),
    "select-refused": (IN, b"+OK\r\n+PONG\r\n-ERR DB index is out of range\r\n"),
    "more-than-asked": (1, b"+PONG\r\n+PONG\r\n"), "login-no-redis": (IN, b"HTTP/1.1 400 Bad Request\r\n"),
    "login-array": (IN, b"*1\r\n+OK\r\n"), "login-long": (1, b"*4096\r\n" + b"+PONG\r\n" * 8),
}


# Hellos: choices (a PING without TLS; the connection breaks at the end, takes nothing, can't be made; the version that is
# offered, from SSL 3.0; an address has no name), the size of pieces, and what the server sends.
PING, FAILS, UNSENT, SHUT, ADDRESS = 1, 2, 4, 8, 128
WARNING, REFUSAL = bytes((21, 3, 1, 0, 2, 1, 112)), bytes((21, 3, 3, 0, 2, 2, 40))
SESSION_HELLO = HELLO_12[:3] + b"\0\x4a\2\0\0\x46" + HELLO_12[9:43] + b"\x20" + bytes(range(32)) + b"\0\x05\0"
HELLOS = {
    "nothing": b"", "refused": REFUSAL, "too-old": REFUSAL[:6] + b"\x46", "warning-alone": WARNING, "warned": WARNING + HELLO_12,
    "warned-often": 9 * WARNING + HELLO_12, "hello": HELLO_12, "hello-13": SERVER_HELLO, "session": SESSION_HELLO,
    "session-too-long": HELLO_12[:43] + b"\x21" + HELLO_12[44:] + bytes(64), "hello-cut": HELLO_12[:20], "session-cut": SESSION_HELLO[:60],
    "record-too-short": HELLO_12[:4] + b"\x10" + HELLO_12[5:], "no-hello": HELLO_12[:5] + b"\1" + HELLO_12[6:],
    "long-alert": b"\x15\3\3\0\3\2\x28\0", "plaintext": b"-ERR Protocol error\r\n",
}
PINGS = {
    "pong": b"+PONG\r\n", "noauth": b"-NOAUTH Authentication required.\r\n", "denied": b"-DENIED Redis is running in protected mode\r\n" * 3,
    "http": b"HTTP/1.1 400 Bad Request\r\n", "tls-alert": REFUSAL, "nul": b"-NO\0AUTH\r\n", "no-line": b"+PON", "silent": b"",
    "minus": b"-no\r\n", "pieces": b"+PONG and more than anybody has asked for, without the end of a line, on and on and on",
}

# What waits in queues: a choice (a message of Asynq), and its bytes.
PAYLOADS = {
    "nothing": b"", "card": b"paid with 4111 1111 1111 1111 today", "card-dashes": b"5500-0000-0000-0004", "card-plain": b'{"pan":"378282246310005"}',
    "no-card": b"4111 1111 1111 1112", "card-too-long": b"41111111111111111111111", "zeros": b"0000000000000000", "decimal": b"1.4111111111111111",
    "token": b"Authorization: Bearer abcdefghijklmnop", "jwt": b"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.c2ln", "token-short": b"ghp_short",
    "key": b"-----BEGIN RSA PRIVATE KEY-----\nMIIE", "no-key": b"-----BEGIN CERTIFICATE-----", "kek": b"tskek1_AAAAAAAAAAAAAAAAAAAAAA",
    "password": b'{"password": "hunter2"}', "field": b"user=a&PASSWD=b", "no-field": b"the password is not here", "field-at-end": b"secret=",
    "mail": b"write to ann.o+news@mail.example.com.", "no-mail": b"a @ b x@y @mention a@b.1", "magic-alone": b"\xc1TSL", "prefix-alone": b"tsl1.",
}


def envelopes(target):
    """The chapters' inputs: one for each rule, answer, suite, flags and bound fields."""
    seen = {}
    for chapter in ("good",) + CHAPTERS[target]:
        earlier = {}
        for record in records.read((VECTORS / "data" / f"{chapter}.txt").read_text()):
            data = earlier[record.name] = records.evaluate(record.get("sealed", ""), earlier)
            wanted = chapter in CHAPTERS[target] and len(data) <= LONGEST
            if wanted or record.name in LONG[target]:
                kind = (chapter, record.get("comment"), record.get("expect"), data[5:8], len(data) > LONGEST)
                seen.setdefault(kind, (f"{chapter}-{record.name}", data))
    return dict(seen.values())


def authentic_seeds(opening):
    """Envelopes with plaintext where their chunks are, for that target encrypts it; and times on the border."""
    seeds = {}
    for record in records.read((VECTORS / "data" / "good.txt").read_text()):
        if record.name.startswith("padded-"):
            data = records.evaluate(record.get("sealed"), {})
            envelope = layout.parse(data)
            stream = layout.pad(records.evaluate(record.get("payload"), {}))
            tag = bytes(len(data) - envelope.header_length() - len(stream))
            seeds[record.name] = data[:envelope.header_length()] + stream + tag
    # 970 bytes are padded to 992: where the mark stands, 1024 are too many.
    of_1024 = seeds["padded-1000-suite-1"]
    seeds["padded-beyond-its-length"] = of_1024[:-1040] + bytes(970) + b"\x80" + bytes(1024 - 971 + 16)
    plain = opening["good-suite-1-type-1-size-0"]
    for name, sealed_at, expires_at in (("latest-seal-time", NOW + 300, 0), ("expiry-now", NOW - 60, NOW)):
        seeds[name] = plain[:8] + sealed_at.to_bytes(8, "big") + expires_at.to_bytes(8, "big") + plain[24:]
    return seeds


def roundtrip_seeds():
    """Choices: the least of each, the greatest, and some."""
    seeds = {"choices-least": bytes(64), "choices-greatest": b"\xff" * 400}
    return seeds | {f"choices-{n}": hashlib.shake_128(bytes([n])).digest(50 * n) for n in range(1, 13)}


def stream_seeds(opening):
    """Envelopes to open whole, with chunks more, and broken in every way; payloads to seal; in pieces of all sizes."""
    seeds = {}
    kept = [name for name in sorted(opening) if name.startswith(("good-", "policy-"))]
    for number, name in enumerate(kept):
        more = 2 if number % 8 == 0 else 1 if number % 8 == 1 else 7
        control = bytes([more << 3 | number % 8 | (number & 0x40), 0, number * 5 % 256, number, *PIECES[number % 4]])
        if len(opening[name]) <= LONGEST:
            seeds[name] = control + opening[name]
    plain = opening["good-suite-1-type-1-size-0"]
    for fault in range(8):
        for more in (0, 1, 2):
            control = bytes([more << 3 | fault | 0x40 * (fault % 2), 0, 100, 100, *PIECES[(fault + more) % 4]])
            seeds[f"fault-{fault}-chunks-{more}"] = control + plain[:-16] + b"{}" + plain[-16:]
            if fault % 4 == 0:
                seeds[f"seals-{fault}-chunks-{more}"] = bytes([control[0] | 0x80, fault]) + control[2:] + b"payload"
    seeds["seals-sealed"] = bytes([0xB8, 0, 0, 0, 1, 0, 2, 0]) + plain
    seeds["seals-sealed-allowed"] = bytes([0xB9, 0, 0, 0, 1, 0, 2, 0]) + plain
    seeds["seals-nothing"] = bytes([0xB8, 0, 0, 0, 1, 0, 2, 0])
    return seeds


def change_seeds(keyrings):
    """Every action on some keys of a long file, and on those of the short ones."""
    seeds = {}
    first = b"taskseal-keyring 1\n"
    for action in range(6):
        for key in range(action % 3, 7, 3):
            control = bytes([action, key, action + key, 2, 3 + key % 3, key, 4 * key + action % 4, 0])
            seeds[f"many-{action}-{key}"] = control + first + MANY.encode()
    seeds["strange"] = bytes([2, 1, 1, 1, 1, 1, 1, 255]) + first + MANY.encode()
    for number, name in enumerate(sorted(keyrings)):
        seeds[f"file-{name}"] = bytes([number % 6, 0, number, number, number, number, number, 0]) + keyrings[name]
    return seeds


def protected_seeds(keyrings):
    """Protected files and their faults; and texts to protect."""
    seeds = {name: (PROTECTED + lines).encode() for name, lines in PROTECTED_LINES.items()}
    whole = (PROTECTED + PROTECTED_LINES["key-file"]).encode()
    seeds |= {
        "cut": whole[:-60],
        "two-passes": whole.replace(b"id 1 8", b"id 2 8"),
        "costly": whole.replace(b"id 1 8", b"id 3 262144"),
        "too-costly": whole.replace(b"id 1 8", b"id 11 8"),
        "leading-zero": whole.replace(b"id 1 8", b"id 1 08"),
        "damaged": whole[:-10] + b"A" + whole[-9:],
        "another-line": whole + b"\n",
    }
    return seeds | {f"plain-{name}": keyrings[name] for name in ("one", "empty", "two")}


def handshake_seeds():
    """Live servers, whole and in pieces; each change at some records; and bytes that no live server sends."""
    seeds = {f"raw-{name}": bytes((0, number % 3 * 7)) + data for number, (name, data) in enumerate(RAW.items())}
    for number, (name, choices) in enumerate(LIVES.items()):
        seeds[f"live-{name}"] = bytes((choices, number % 2 * 0xD0))
        for change, word in enumerate(CHANGES):
            record, place = (change + number) % 5, 37 * (change + 1) * (number + 1)
            value = ALERTS[(change + number) % len(ALERTS)]
            seeds[f"live-{name}-{word}"] = bytes((choices, 0, record, change, place >> 8, place & 255, value))
    return seeds


def reply_seeds():
    """Each whole and in pieces of a byte or of seven."""
    return {name: bytes((choices, (0, 1, 7)[number % 3])) + data for number, (name, (choices, data)) in enumerate(REPLIES.items())}


def hello_seeds():
    """Each with another version and in other pieces; connections that fail."""
    seeds = {name: bytes((16 * (number % 5) | FAILS * (number % 2), (0, 1, 7)[number % 3])) + data
             for number, (name, data) in enumerate(HELLOS.items())}
    seeds |= {f"ping-{name}": bytes((PING | FAILS * (number % 2), (0, 1, 7)[number % 3])) + data
              for number, (name, data) in enumerate(PINGS.items())}
    return seeds | {"shut": bytes((SHUT, 0)), "unsent": bytes((UNSENT, 0)) + HELLO_12, "address": bytes((ADDRESS, 0)) + HELLO_12,
                    "ping-shut": bytes((PING | SHUT, 0)), "ping-unsent": bytes((PING | UNSENT, 0))}


def payload_seeds(opening):
    """Plaintext of each kind and what looks nearly like it; envelopes, whole, cut and within something; messages, whole and cut."""
    sealed = opening["good-suite-1-type-1-size-0"]
    several = max((data for name, data in opening.items() if name.startswith("good-") and len(data) <= LONGEST), key=lambda data: data[56])
    seeds = PAYLOADS | {"sealed": sealed, "keys": several, "sealed-text": text_form(sealed), "sealed-cut": sealed[:40],
                        "text-cut": text_form(sealed)[:-9], "within": b'{"payload":"' + text_form(sealed) + b'"}', "binary-within": b"x" + sealed}
    messages = {name: b"\x0a\4mail\x12" + bytes((len(data),)) + data for name, data in seeds.items() if len(data) < 128}
    messages |= {"fixed": b"\x09--------\x15----\x12\1a\x18\xff\x7f", "group": b"\x0b\x12\1a", "cut": b"\x0a\4ma", "fixed-cut": b"\x09--",
                 "length-cut": b"\x12\xff", "varint-endless": b"\xff" * 11, "length-huge": b"\x12" + b"\xff" * 9 + b"\1", "twice": b"\x12\1a\x12\2bc",
                 "sealed": b"\x12" + bytes((len(sealed) & 127 | 128, len(sealed) >> 7)) + sealed}
    return {name: b"\0" + data for name, data in seeds.items()} | {f"message-{name}": b"\1" + data for name, data in messages.items()}


def text_seeds(opening):
    """Text forms of every length modulo 3, and their faults."""
    sealed = opening["good-suite-1-type-1-size-0"]
    texts = {f"cut-{n}": text_form(sealed[:len(sealed) - n]) for n in range(3)}
    whole = texts["cut-0"]
    texts |= {
        "prefix": b"tsl1.",
        "no-prefix": whole[5:],
        "upper-case": b"TSL1." + whole[5:],
        "line-break": whole + b"\n",
        "padded": whole + b"=",
        "space": whole[:40] + b" " + whole[41:],
        "unused-bits": text_form(sealed[:-1])[:-1] + b"_",
        "plain-inside": text_form(b"{}"),
        "newer-version": text_form(sealed[:4] + b"\2" + sealed[5:]),
        "two-pieces": text_form(sealed + bytes(4500)),
        "binary": sealed,
        "json": b'{"to":"ann@example.com"}',
    }
    return texts


def text_form(data):
    return b"tsl1." + base64.urlsafe_b64encode(data).rstrip(b"=")


def message_seeds(opening):
    """Tasks of Asynq's with envelopes, and what is no message."""
    def string(data):
        length, varint = len(data), b""
        while length > 0x7f:
            varint, length = varint + bytes([length & 0x7f | 0x80]), length >> 7
        return varint + bytes([length]) + data

    def field(number, data):
        return bytes([number << 3 | 2]) + string(data)

    head, tail = field(1, b"reset"), field(3, b"id") + field(4, b"mail") + b"\x28\x19\x40\x88\x0e"
    unknown = b"\x98\x06\xff\x01\xa1\x06" + bytes(8) + b"\xad\x06" + bytes(4)
    chosen = ("good-suite-1-type-1-size-0", "good-only-suite-1-allowed", "good-padded-0-suite-1")
    seeds = {name: head + field(2, opening[name]) + tail for name in chosen}
    whole = seeds[chosen[0]]
    text, member = b"panic [a.go:1]: " + text_form(opening[chosen[0]]), lambda kind, data: string(kind) + string(data)
    bundle = b"tskbundle1\n" + string(b"ann") + member(b"a", opening[chosen[1]]) + member(b"b", b"{}") + member(b"", opening[chosen[2]])
    seeds |= {"error-text": whole + field(7, text), "error-cut": whole + field(7, text[:-1]), "error-other": head + field(7, b"tsl1.x"),
              "error-plain": whole + field(7, b"redacted"), "bundle": head + field(2, bundle) + tail + field(7, text),
              "bundle-cut": head + field(2, bundle[:-1]), "bundle-odd": head + field(2, bundle + string(b"a")),
              "bundle-none": head + field(2, b"tskbundle1\n"), "long-length": head + b"\x12\x84\x00\xc1TSL" + field(7, text)}
    return seeds | {"unknown-fields": unknown + whole + unknown, "twice": whole + whole, "plain": head + field(2, b"{}") + tail,
                    "none": head + tail, "cut": whole[:-1], "field-0": b"\2\1a", "group": whole + b"\x13",
                    "long-varint": b"\x08" + b"\xff" * 9 + b"\2", "beyond": b"\x12" + b"\xff" * 9 + b"\1"}


def corpus():
    """{target: {name: bytes}}"""
    opening = envelopes("open")
    first = b"taskseal-keyring 1\n"
    keyrings = {name: first + lines.encode() for name, lines in KEY_LINES.items()}
    keyrings |= {"empty": b"", "first-line-newer": b"taskseal-keyring 2\n" + KEY.encode(), "byte-order-mark": b"\xef\xbb\xbf" + first,
                 "first-line-other": b"keyring\n", "protected": (PROTECTED + PROTECTED_LINES["nothing"]).encode()}
    return {"message": message_seeds(opening), "open": opening, "parse": envelopes("parse"), "text": text_seeds(opening),
            "authentic": authentic_seeds(opening), "stream": stream_seeds(opening),
            "keychange": change_seeds(keyrings), "protected": protected_seeds(keyrings), "keyring": keyrings, "roundtrip": roundtrip_seeds(),
            "handshake": handshake_seeds(), "replies": reply_seeds(), "hello": hello_seeds(), "payload": payload_seeds(opening),
            "uri": {name: uri.encode() for name, uri in URIS.items()}}


def main():
    for target, seeds in corpus().items():
        folder = HERE / "corpus" / target
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            if not old.name.startswith("found-"):
                old.unlink()
        for name, data in seeds.items():
            (folder / name).write_bytes(data)
        print(f"{target}: {len(seeds)} seeds, {sum(map(len, seeds.values()))} bytes")


if __name__ == "__main__":
    main()
