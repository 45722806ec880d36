#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Makes data/*.txt of published test vectors. README.md names their origin.

Usage: convert.py FOLDER    FOLDER holds the files of SOURCES, under these names
       convert.py --check   compares only what needs no FOLDER: data/blake2b-lengths.txt

What can't be run with libsodium's interface becomes a line `skip` with its number and reason, so that the runner
counts it. A file of another content than the pinned one is refused.
"""

import hashlib
import json
import pathlib
import re
import sys

DATA = pathlib.Path(__file__).resolve().parent / "data"

WYCHEPROOF = "Wycheproof (C2SP) of 2026-09-02, commit 3fa63dd0344a, testvectors_v1; Apache-2.0"
SOURCES = {
    "chacha20_poly1305_test.json":
        (WYCHEPROOF, "fe61d25f90e1bde4461d00eafe61049e5f29bd999f36b766df9cda90906ad53d"),
    "xchacha20_poly1305_test.json":
        (WYCHEPROOF, "a79de072571b90eb40c3a63ce0c7f75dcb4b62323c8870228e1f61dcc61d63a9"),
    "aes_gcm_test.json":
        (WYCHEPROOF, "985e5ecc172e181eaf49e89508b9470dcf478002eb7e8559c707eb42dc97dfe7"),
    "aegis256_test.json":
        (WYCHEPROOF, "b5f9b1c171563e76b9fca3906297ee2b6afe7526754f401227d1ac669ad569c9"),
    "aegis-256-test-vectors.json":
        ("draft-irtf-cfrg-aegis-aead, test-vectors, as in the Rust crate aegis 0.9.20; MIT",
         "47c32959f9162f78aa48e133288aad63b7442a9929103b7cc9173630112a111e"),
    "blake2-kat.h":
        ("the BLAKE2 authors' known answers, as in libb2 0.98.1; CC0-1.0",
         "94d339733e2ef7db6bcdaa5c9596c22589fc026e7a3aef91d4bded5442ab4465"),
    "blake2bmac.vec":
        ("Botan 3.7.1, src/tests/data/mac, which names OpenSSL and Linux as origins; BSD-2-Clause",
         "f4a7c67f39482cd0bfd056dab2879069f567c315b272d6673bdfb1c57448cdba"),
    "argon2-test.c":
        ("phc-winner-argon2 20190702, src/test.c; CC0-1.0 or Apache-2.0",
         "6a8eb32be02dcb8dc9651fd74e5bc2e0e3ce69cf11f7dc6cea78638aaffbeb05"),
}


class Unusable(Exception):
    """The input is not what this script was written for."""


def read(folder, name):
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        raise Unusable(f"{folder / name}: {error.strerror}; README.md says where it is from") from error
    if hashlib.sha256(content).hexdigest() != SOURCES[name][1]:
        raise Unusable(f"{folder / name}: not the pinned file; compare its version with README.md")
    return content.decode("utf-8")


def head(set_name, source):
    """The first lines of a file made of `source`."""
    if source is None:
        origin = ["# made with Python's hashlib (BLAKE2's reference code), because nobody publishes these lengths"]
    else:
        origin = [f"# {source}: {SOURCES[source][0]}", f"# sha256 {SOURCES[source][1]}"]
    return ["# Made by convert.py; do not edit. README.md describes the lines.", *origin, f"set {set_name}"]


def text(value):
    """Hex as a word: the empty string is a dash."""
    return value.lower() or "-"


# ---- AEAD ---------------------------------------------------------------------------------------------

def aead_line(number, result, test, tag):
    return " ".join(["vector", str(number), result] +
                    [text(test[field]) for field in ("key", "iv", "aad", "msg", "ct")] + [text(tag)])


def wycheproof(folder, source, set_name, iv_bits, tag_bits=128):
    """All groups of keys of 256 bits with nonces of iv_bits; the rest is skipped."""
    lines = head(set_name, source)
    for number, group in enumerate(json.loads(read(folder, source))["testGroups"]):
        tests = group["tests"]
        size = {name: group[name] for name in ("keySize", "ivSize", "tagSize")}
        if size != {"keySize": 256, "ivSize": iv_bits, "tagSize": tag_bits}:
            reason = " ".join(f"{name}={bits}" for name, bits in size.items())
            lines.append(f"skip group-{number} {len(tests)} {reason}: not a size of libsodium's function")
            continue
        for test in tests:
            if test["result"] not in ("valid", "invalid"):
                raise Unusable(f"{source}: test {test['tcId']} is {test['result']}")
            lines.append(aead_line(test["tcId"], test["result"], test, test["tag"]))
    return lines


def aegis_draft(folder):
    """The vectors with tags of 256 bits. Those that must fail have no message: it is given as empty."""
    source = "aegis-256-test-vectors.json"
    lines = head("aegis256", source)
    for number, test in enumerate(json.loads(read(folder, source))):
        if "key" not in test:
            lines.append(f"skip vector-{number} 1 {test['name']}: of an inner function that libsodium does not offer")
            continue
        test = {"iv": test["nonce"], "aad": test["ad"], "msg": "", **test}
        lines.append(aead_line(number, "invalid" if "error" in test else "valid", test, test["tag256"]))
    return lines


# ---- BLAKE2b ------------------------------------------------------------------------------------------

def counting(length):
    return bytes(i & 0xFF for i in range(length)).hex()


def blake2b_known_answers(folder):
    """Key 00 .. 3f, messages of 0 to 255 bytes 00 01 02 ..., digests of 64 bytes."""
    content = read(folder, "blake2-kat.h")
    table = re.search(r"blake2b_keyed_kat\[KAT_LENGTH\]\[BLAKE2B_OUTBYTES\] =\n\{(.*?)\n\};", content, re.DOTALL)
    answers = ["".join(re.findall(r"0x([0-9A-F]{2})", block)) for block in table[1].split("}")]
    answers = [answer for answer in answers if answer]
    if [len(answer) for answer in answers] != [128] * 256:
        raise Unusable("blake2-kat.h: not 256 digests of 64 bytes")
    return head("blake2b", "blake2-kat.h") + [
        f"vector {length} {counting(64)} {text(counting(length))} {text(answer)}" for length, answer in enumerate(answers)]


def blake2b_mac(folder):
    lines, size, fields, number, unused = head("blake2b", "blake2bmac.vec"), 0, {}, 0, {}
    known = {line.split(" ", 2)[2] for line in blake2b_known_answers(folder) if line.startswith("vector")}
    for line in read(folder, "blake2bmac.vec").splitlines():
        section = re.fullmatch(r"\[BLAKE2b\((\d+)\)\]", line)
        field = re.fullmatch(r"(Key|In|Out) =\s*([0-9A-Fa-f]*)", line)
        if section:
            size = int(section[1])
        elif field:
            fields[field[1]] = field[2]
        if len(fields) < 3:
            continue
        number += 1
        key_len = len(fields["Key"]) // 2
        if size not in (256, 512):
            unused.setdefault(f"digests-of-{size}-bits", []).append("not a length that the library uses")
        elif key_len < 16:
            unused.setdefault(f"keys-of-{key_len}-bytes", []).append("libsodium's minimum is 16 bytes")
        else:
            vector = f"{text(fields['Key'])} {text(fields['In'])} {text(fields['Out'])}"
            if vector in known:
                unused.setdefault("known-answers", []).append("the same as in blake2b-kat.txt")
            else:
                lines.append(f"vector {number} {vector}")
        fields = {}
    return lines + [f"skip {what} {len(why)} {why[0]}" for what, why in sorted(unused.items())]


def blake2b_lengths():
    """What the library computes: keys of 32 bytes, digests of 16, 32 and 64, messages around each block's end."""
    lines, key = head("blake2b", None), bytes(range(100, 132))
    for size in (16, 32, 64):
        for length in (0, 1, 15, 16, 17, 63, 64, 65, 127, 128, 129, 255, 256, 257, 1024):
            message = bytes.fromhex(counting(length))
            digest = hashlib.blake2b(message, key=key, digest_size=size).hexdigest()
            lines.append(f"vector {len(lines) - 2} {key.hex()} {text(message.hex())} {digest}")
    return lines


# ---- Argon2id -----------------------------------------------------------------------------------------

def argon2id(folder):
    content = read(folder, "argon2-test.c")
    content = content[content.index("Test Argon2id version number"):]
    calls = re.findall(r'hashtest\(version, (\d+), (\d+), (\d+), "([^"]*)", "([^"]*)",\s*"([0-9a-f]+)",'
                       r'((?:\s*"[^"]*")+), Argon2_id\)', content)
    lines = head("argon2id", "argon2-test.c")
    for number, (_, _, _, password, _, _, pieces) in enumerate(calls, 1):
        encoded = "".join(re.findall(r'"([^"]*)"', pieces))
        lines.append(f"vector {number} {password} {encoded}")
    return lines + ["skip rfc9106-5.3 1 has a secret and associated data, which libsodium's crypto_pwhash does not offer"]


# ---- Main ---------------------------------------------------------------------------------------------

def files(folder):
    return {
        "chacha20-poly1305.txt":
            wycheproof(folder, "chacha20_poly1305_test.json", "chacha20-poly1305", 96),
        "xchacha20-poly1305.txt":
            wycheproof(folder, "xchacha20_poly1305_test.json", "xchacha20-poly1305", 192),
        "aes256-gcm.txt": wycheproof(folder, "aes_gcm_test.json", "aes256-gcm", 96),
        "aegis256-folded.txt": wycheproof(folder, "aegis256_test.json", "aegis256-folded", 256),
        "aegis256.txt": aegis_draft(folder),
        "blake2b-kat.txt": blake2b_known_answers(folder),
        "blake2b-mac.txt": blake2b_mac(folder),
        "argon2id.txt": argon2id(folder),
    }


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    lengths = "\n".join(blake2b_lengths()) + "\n"
    if sys.argv[1] == "--check":
        same = (DATA / "blake2b-lengths.txt").read_text() == lengths
        sys.exit(None if same else "data/blake2b-lengths.txt is not what hashlib computes")
    try:
        made = files(pathlib.Path(sys.argv[1]))
    except Unusable as error:
        sys.exit(f"convert.py: {error}")
    (DATA / "blake2b-lengths.txt").write_text(lengths)
    for name, lines in made.items():
        (DATA / name).write_text("\n".join(lines) + "\n")
        print(f"{name}: {sum(line.startswith('vector') for line in lines)} vectors")


if __name__ == "__main__":
    main()
