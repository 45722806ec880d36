#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Prints 10,000 lines as a stranger might hand them in: most are tasks, and every thing that can be wrong is wrong
in some. The same lines every time. The last line of stderr tells how many are good, how many must be refused.

    foreign.py > FILE.jsonl
"""
import json
import random
import sys

LINES = 10000
rng = random.Random(7)
WORDS = "alpha bravo charlie delta echo foxtrot golf hotel índia жук 桃 🜚 \u2028 \\ \" / \t".split(" ")

BAD = {
    "not UTF-8": b'{"queue":"q","type":"t","payload":"caf\xe9 au lait"}',
    "UTF-8 that is too long": b'{"queue":"q","type":"t","payload":"\xc0\xaf"}',
    "a surrogate in UTF-8": b'{"queue":"q","type":"t","payload":"\xed\xa0\x80"}',
    "half a surrogate pair": b'{"queue":"q","type":"t","payload":"\\ud800"}',
    "cut": b'{"queue":"q","type":"t","payload":{"card":"4111111111111111"',
    "two values": b'{"queue":"q","type":"t","payload":1} {"queue":"q"}',
    "no JSON": b"<task>4111111111111111</task>",
    "an array": b'["queue","q"]',
    "a number": b"17",
    "a comment": b'{"queue":"q","type":"t","payload":1} // done',
    "single quotes": b"{'queue':'q','type':'t','payload':1}",
    "a final comma": b'{"queue":"q","type":"t","payload":1,}',
    "a NUL": b'{"queue":"q","type":"t","payload":"\x00"}',
    "no payload": b'{"queue":"q","type":"t"}',
    "no queue": b'{"type":"t","payload":1}',
    "no type": b'{"queue":"q","payload":1}',
    "an unknown key": b'{"queue":"q","type":"t","payload":1,"priority":9}',
    "two payloads": b'{"queue":"q","type":"t","payload":1,"payload":2}',
    "two keys in the payload": b'{"queue":"q","type":"t","payload":{"a":1,"a":2}}',
    "a queue that is a number": b'{"queue":1,"type":"t","payload":1}',
    "an empty queue": b'{"queue":"","type":"t","payload":1}',
    "a queue with braces": b'{"queue":"a}b{","type":"t","payload":1}',
    "a queue with a newline": b'{"queue":"a\\nb","type":"t","payload":1}',
    "a queue of 256 bytes": b'{"queue":"' + b"q" * 256 + b'","type":"t","payload":1}',
    "an id with an escape sequence": b'{"queue":"q","type":"t","id":"\\u001b[31m","payload":1}',
    "an id with a C1 control": b'{"queue":"q","type":"t","id":"\\u009b31m","payload":1}',
    "an id that is null": b'{"queue":"q","type":"t","id":null,"payload":1}',
    "an expiry of 0": b'{"queue":"q","type":"t","payload":1,"expires_in":0}',
    "an expiry in words": b'{"queue":"q","type":"t","payload":1,"expires_in":"1h"}',
    "half a second": b'{"queue":"q","type":"t","payload":1,"expires_in":1.5}',
    "a number beyond doubles": b'{"queue":"q","type":"t","payload":1e999}',
    "nested too deeply": b'{"queue":"q","type":"t","payload":' + b"[" * 3000 + b"]" * 3000 + b"}",
}
ODD = [ # good, however they look
    b'\t{ "payload" : -0.0 , "type" : "t" , "queue" : "odd" }  ',
    b'{"queue":"odd","type":"t","payload":12345678901234567890123456789012345678901234567890.10}',
    b'{"queue":"odd","type":"t","payload":1E+2}',
    b'{"queue":"odd","type":"t","payload":null}',
    b'{"queue":"odd","type":"t","payload":false}',
    b'{"queue":"odd","type":"t","payload":""}',
    b'{"queue":"odd","type":"t","payload":"tsl1.AAAAAAAAAAAAAAAA"}',
    b'{"queue":"odd","type":"t","payload":"a NUL \\u0000 and a quote \\" and } ] , : \\\\"}',
    b'{"queue":"odd","type":"t","payl\\u006fad":{"payload":[{"payload":"the inner payload is not it"}]}}',
    b'{"queue":"odd","type":"t","payload":' + b"[" * 1500 + b"]" * 1500 + b"}",
    b'{"queue":"odd","type":"t","payload":{"z":1,"a":1.10,"m":[],"":{}},"expires_in":3600.0}',
    b'{"queue":"-odd *?[x]^ \\u0439","type":"\\ud83d\\ude80 rocket","id":"id with spaces, \xe6\xa1\x83","payload":"strange names"}',
    b'{"queue":"odd","type":"t","id":"' + b"i" * 255 + b'","payload":"the longest id there may be"}',
    b'{"queue":"odd","type":"t","payload":"gone before anyone looks","expires_in":1}',
]


def ordinary(number):
    words = [rng.choice(WORDS) for _ in range(rng.randrange(1, 20))]
    payload = {"to": f"user.{number}@example.org", "token": f"{rng.getrandbits(160):040x}", "words": words,
               "amount": rng.randrange(100000) / 100, "nested": {"list": [number, None, True, {"deep": words[:3]}]}}
    line = {"queue": rng.choice(["bulk", "mail:high", "größe"]), "type": rng.choice(["send", "sync"]),
            "payload": rng.choice([payload, [payload], payload["token"], json.dumps(payload)])}
    if rng.random() < 0.3:
        line["id"] = f"t-{number}"
    if rng.random() < 0.1:
        line["expires_in"] = 86400
    return json.dumps(line, ensure_ascii=rng.random() < 0.5).encode()


def lines():
    """(line without its end, True if it is a task, None if it is to be skipped)"""
    good = bad = skipped = 0
    bad_lines, big = list(BAD.values()), b"x" * (1 << 20)
    for number in range(1, LINES + 1):
        place = number % 100
        if number == 5000:
            line, is_task = b'{"queue":"bulk","type":"big","payload":"' + big + b'"}', True
        elif place == 7 and number // 100 < len(ODD):
            line, is_task = ODD[number // 100], True
        elif place in (13, 29, 71):
            line, is_task = bad_lines[(3 * (number // 100) + place % 3) % len(bad_lines)], False
        elif place == 50:
            line, is_task = b'{"queue":"bulk","type":"send","id":"again","payload":"%d"}' % number, number == 50
        elif place == 99:
            line, is_task = rng.choice([b"", b"   ", b"\t\r"]), None
        else:
            line, is_task = ordinary(number), True
        good, bad, skipped = good + (is_task is True), bad + (is_task is False), skipped + (is_task is None)
        yield line
    print(f"{good} good, {bad} bad, {skipped} blank", file=sys.stderr)


if __name__ == "__main__":
    sys.stdout.buffer.write(b"\xef\xbb\xbf")
    for at, line in enumerate(lines()):
        sys.stdout.buffer.write(line + (b"\r\n" if at % 10 == 0 else b"" if at == LINES - 1 else b"\n"))
