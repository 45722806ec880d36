#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Searches the memory and the core dumps of a process for keys and payloads: while its keyring lives, and after it
was freed. Every search is shown to find what is there. Prints TAP.

Usage: leftovers.py PROGRAM UNWIPED; both are leftovers.c, the second one with a sodium_memzero that does nothing. Needs
Linux, and gcore (package gdb) for the dumps.
"""

import base64
import glob
import hashlib
import os
import pathlib
import resource
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "vectors"))
import primitives  # noqa: E402

MARK = bytes(b"leftovers"[i % 9] ^ (i & 7) for i in range(32))
TYPES = {1: ("xchacha20poly1305", primitives.XChaCha20Poly1305Aead, 24), 2: ("aegis256", primitives.Aegis256Aead, 32)}
PREAMBLE, COMMITMENT = slice(0, 24), slice(24, 56)

# ---- What is looked for ----

def needles(secret, step):
    """Pieces of 16 bytes, so that a part of a secret is found too."""
    return [secret[at:at + 16] for at in range(0, len(secret) - 15, step)]


def derive(kek, key_type, key_id, sealed, payload):
    """Every secret of an envelope of one stanza, computed apart from the library."""
    _, aead, nonce_length = TYPES[key_type]
    wrap_key = primitives.blake2b(kek, b"taskseal1-wrap%02x" % key_type + key_id, 32)
    body = sealed[57 + 4 + len(key_id):]
    nonce, wrapped = body[:nonce_length], body[nonce_length:nonce_length + 32 + aead.tag_length]
    dek = aead.decrypt(wrap_key, nonce, sealed[0:56] + bytes([key_type, len(key_id)]) + key_id, wrapped)
    context = b"".join(len(field).to_bytes(4, "big") + field for field in (b"mail", b"42"))
    okm = primitives.blake2b(dek, b"taskseal1-chunks" + sealed[PREAMBLE] + context, 64)
    assert okm[32:] == sealed[COMMITMENT], "these are not the envelope's keys"
    return {"KEK": kek, "key text": base64.urlsafe_b64encode(kek).rstrip(b"="), "wrap key": wrap_key, "DEK": dek,
            "payload key": okm[:32], "payload": payload}


def found(memory, values):
    """The names of those values of which a piece is in the memory."""
    return {name for name, value in values.items() if any(needle in memory for needle in needles(value, 8))}


# ---- Where ----

def memory_of(pid):
    """All that a process can read of itself, guarded pages too."""
    parts = []
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            span, permissions, *_ = line.split()
            if "r" not in permissions or "[v" in line:  # vvar, vdso, vsyscall: the kernel's
                continue
            begin, end = (int(address, 16) for address in span.split("-"))
            memory.seek(begin)
            while begin < end:
                part = memory.read(end - begin)
                if not part:
                    break
                parts.append(part)
                begin += len(part)
    return b"".join(parts)


def dump_of(pid, folder, *options):
    """What gcore writes."""
    subprocess.run(["gcore", *options, "-o", f"{folder}/dump", str(pid)], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    path = pathlib.Path(f"{folder}/dump.{pid}")
    dump = path.read_bytes()
    path.unlink()
    return dump


def kernel_dumps_here():
    """True if the kernel writes a core into the process's own folder."""
    pattern = pathlib.Path("/proc/sys/kernel/core_pattern").read_text(encoding="utf-8").strip()
    return pattern != "" and not pattern.startswith(("|", "@")) and "/" not in pattern and \
        resource.getrlimit(resource.RLIMIT_CORE)[1] == resource.RLIM_INFINITY


class Process:
    """leftovers, at its station 'live'; step() takes it to the next one."""

    def __init__(self, program, folder, suite, kept=None):
        arguments = [os.path.abspath(program), str(suite), "keyring", "payload", "sealed"]

        def allow_cores():
            limit = resource.getrlimit(resource.RLIMIT_CORE)[1]
            resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))

        if kept is not None:
            (folder / "kept").write_bytes(kept)
            arguments.append("kept")
        self.process = subprocess.Popen(arguments, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
                                        preexec_fn=allow_cores)
        self.pid = self.process.pid
        self.expect(b"live\n")

    def expect(self, station):
        said = self.process.stdout.readline()
        if said != station:
            raise RuntimeError(f"{said!r} instead of {station!r}, status {self.process.wait()}")

    def step(self, station=b""):
        self.process.stdin.write(b"\n")
        if station:
            self.expect(station)
        else:
            self.process.stdin.close()
            if self.process.wait() != 0:
                raise RuntimeError(f"status {self.process.returncode}")


# ---- The checks ----

class Checks:
    def __init__(self):
        self.results = []

    def check(self, name, faults):
        self.results.append(not faults)
        print(f"{'ok' if not faults else 'not ok'} {len(self.results)} - {name}", flush=True)
        for fault in sorted(faults):
            print(f"# {fault}")

    def absent(self, name, memory, values):
        """Nothing of the values is in the memory, in which the mark is."""
        self.check(name, {f"found: {hit}" for hit in found(memory, values)} | (set() if MARK in memory else {"no mark"}))


def prepare(folder, key_type, size):
    kek, block = secrets.token_bytes(32), b"{" + secrets.token_bytes(31)
    text = f"taskseal-keyring 1\nkey k {TYPES[key_type][0]} active tskek1_{base64.urlsafe_b64encode(kek).decode().rstrip('=')}\n"
    (folder / "payload").write_bytes(block * (size // len(block)))
    (folder / "keyring").write_text(text, encoding="ascii")
    (folder / "keyring").chmod(0o600)
    return kek, block + block[:23]  # a piece of the payload, wherever it is cut


def prepare_change(folder):
    """A key file to change and to protect, with the keyring's key, and its passphrase."""
    words = base64.b64encode(secrets.token_bytes(33))
    (folder / "passphrase").write_bytes(words)
    shutil.copy(folder / "keyring", folder / "changed")
    return words


def search_kind(checks, program, folder, suite, key_type, dumps):
    kek, payload = prepare(folder, key_type, 20000)
    kind = f"suite {suite:02}, key type {key_type}"
    changed = {"passphrase": prepare_change(folder)} if (suite, key_type) == (1, 1) else {}
    process = Process(program, folder, suite)
    values = derive(kek, key_type, b"k", (folder / "sealed").read_bytes(), payload) | changed
    for name in changed:
        (folder / name).unlink()
    memory = memory_of(process.pid)
    checks.check(f"{kind}: the search of a live process finds its wrap key", {"not found"} - found(
        memory, {"not found": values["wrap key"]}))
    others = {name: value for name, value in values.items() if name != "wrap key"}
    checks.absent(f"{kind}: a live process holds nothing else", memory, others)
    if dumps:
        checks.absent(f"{kind}: a dump of a live process (gcore) holds nothing", dump_of(process.pid, folder), values)
        checks.check(f"{kind}: a dump that does not leave out guarded pages (gcore -a) holds the wrap key",
                     {"not found"} - found(dump_of(process.pid, folder, "-a"), {"not found": values["wrap key"]}))
    process.step(b"freed\n")
    checks.absent(f"{kind}: a process that freed its keyring holds nothing", memory_of(process.pid), values)
    if dumps:
        checks.absent(f"{kind}: a dump of it (gcore -a) holds nothing", dump_of(process.pid, folder, "-a"), values)
    process.step()
    return values


def search_control(checks, program, folder, values, dumps):
    """The same values in ordinary memory, where they must be found."""
    process = Process(program, folder, 1, kept=b"".join(values.values()))
    checks.check("control: secrets in ordinary memory are found", set(values) - found(memory_of(process.pid), values))
    if dumps:
        checks.check("control: secrets in ordinary memory are found in a dump (gcore)",
                     set(values) - found(dump_of(process.pid, folder), values))
    process.step(b"freed\n")
    process.step()


def search_unwiped(checks, program, folder):
    """A library that does not wipe, whose keys must be found after all."""
    kek, payload = prepare(folder, 1, 20000)
    process = Process(program, folder, 1)
    values = derive(kek, 1, b"k", (folder / "sealed").read_bytes(), payload)
    process.step(b"freed\n")
    left = found(memory_of(process.pid), values)
    checks.check("control: keys of a library that wipes nothing are found", set() if left else {"found nothing"})
    print(f"# found there: {', '.join(sorted(left))}")
    process.step()


def crash(program, folder, kept):
    """The core that the kernel writes of a live process."""
    process = Process(program, folder, 1, kept)
    process.process.send_signal(signal.SIGABRT)
    process.process.wait()
    core = next(iter(glob.glob(f"{folder}/*core*")), None)
    if core is None:
        return b""
    dump = pathlib.Path(core).read_bytes()
    os.unlink(core)
    return dump


def search_crash(checks, program, folder):
    kek, payload = prepare(folder, 1, 20000)
    dump = crash(program, folder, None)
    values = derive(kek, 1, b"k", (folder / "sealed").read_bytes(), payload)
    checks.absent("a core that the kernel writes of a crash holds nothing", dump, values)
    kept = crash(program, folder, b"".join(values.values()))
    checks.check("control: secrets in ordinary memory are found in such a core", set(values) - found(kept, values))


def main(program, unwiped):
    checks, dumps, kinds, values = Checks(), shutil.which("gcore") is not None, 0, {}
    has_aegis = subprocess.run([program, "--has-aegis256"], check=False).returncode == 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for key_type in (1, 2) if has_aegis else (1,):
            for suite in (1, 2, 3) if has_aegis else (1, 2):
                found_values = search_kind(checks, program, folder, suite, key_type, dumps and suite == key_type)
                values, kinds = values or found_values, kinds + 1
        search_control(checks, program, folder, values, dumps)
        search_unwiped(checks, unwiped, folder)
        crashed = kernel_dumps_here()
        if crashed:
            search_crash(checks, program, folder)
    if not dumps:
        print("# skipped: dumps by gcore, which is not installed (package gdb)")
    if not crashed:
        print("# skipped: cores by the kernel, which writes them elsewhere here (core_pattern) or may not (RLIMIT_CORE)")
    print(f"1..{len(checks.results)}")
    where = "memory" + (", gcore" if dumps else "") + (", the kernel's core" if crashed else "")
    holds = "0 bytes of KEK, key text, wrap key, DEK, payload key, payload, passphrase" if all(checks.results) else "SECRETS FOUND"
    print(f"# evidence: 17: {kinds} kinds of envelopes, {where}: {holds} after free; live keys are in no dump; controls found")
    return 0 if all(checks.results) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
