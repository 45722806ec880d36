# SPDX-License-Identifier: MIT
"""Planted faults: for each target a patched copy of one source of the library, with which the fuzzer must end in a fault
within seconds, from the same seeds. So the targets' invariants and the sanitizers are seen to work."""

import concurrent.futures
import dataclasses
import json
import shlex
import shutil
import subprocess

import fuzzing
import harness

SECONDS = 60  # at most; on an idle machine each takes one or two


@dataclasses.dataclass
class Plant:
    target: str
    file: str  # of lib/core, lib/redis or lib/asynq, or ../tools/doctor
    right: str  # stands there once
    wrong: str
    what: str
    sign: str  # must stand in the fuzzer's log


PLANTS = (
    Plant("parse", "core/header.c", "if (len <= 5)", "if (len < 5)",
          "reads one byte past an envelope of five", "heap-buffer-overflow"),
    Plant("roundtrip", "core/header.c", "at = taskseal__put_u8(at, fields->bound);",
          "at = taskseal__put_u8(at, fields->bound & 7U);", "the writer loses a bit", "does not hold"),
    Plant("open", "core/opening.c", "if (len < written)", "if (intact && len < written)",
          "what failed to verify is not wiped", "does not hold"),
    Plant("authentic", "core/clock.c", "now >= expires_at", "now > expires_at",
          "opens in the second in which it expires", "does not hold"),
    Plant("message", "asynq/pieces.c", "stays = reader.next;\n    }\n    if (w != NULL)", "stays = reader.next + (reader.left > 0);\n    }\n    if (w != NULL)",
          "loses a byte behind a member of a bundle", "does not hold"),
    Plant("text", "core/text.c", "return err == TASKSEAL_ERR_NOT_SEALED ? TASKSEAL_ERR_MALFORMED : err;", "return err;",
          "a text that is marked as sealed is called plain", "does not hold"),
    Plant("keyring", "core/keyfile.c", 'return fault(r, "this key id stands on an earlier line too");',
          "return fault(r, id);", "a message repeats what the file holds", "does not hold"),
    Plant("keychange", "core/keyfile_change.c", "if (line != own)\n            taskseal__write_bytes(writer, text, (size_t)",
          "if (line != own && line != 3)\n            taskseal__write_bytes(writer, text, (size_t)", "loses a line",
          "does not hold"),
    Plant("protected", "core/protect.c", "crypto_verify_32(keys->commitment, sealed) != 0", "keys == NULL",
          "the commitment is not compared", "does not hold"),
    Plant("stream", "core/stream.c", "s->failure = err;", "s->failure = len == 0 ? err : TASKSEAL_OK;",
          "a failure is forgotten", "does not hold"),
    Plant("handshake", "redis/tls.c", "return taskseal__verify(context, &tls->expected, &tls->verdict);",
          "(void)taskseal__verify(context, &tls->expected, &tls->verdict);\n    return 1;",
          "the verdict on the certificates is not heard", "does not hold"),
    Plant("replies", "redis/login.c", "if (err == TASKSEAL_OK && reader->pos != reader->len)",
          "if (err == TASKSEAL_OK && reader->pos > reader->len)", "a reply that nobody asked for is kept for later",
          "does not hold"),
    Plant("hello", "../tools/doctor/probe/hello.c", "if (session > SESSION_MAX || len < LEAST + session ||",
          "if (session > SESSION_MAX ||", "takes a cipher that stands behind its record", "does not hold"),
    Plant("payload", "../tools/doctor/shapes.c", "at + own + follows < end", "at + own + follows <= end",
          "reads one byte past a payload", "heap-buffer-overflow"),
    Plant("uri", "redis/uri.c", 'return broken(error, "the password", rule);',
          'return broken(error, "the password", password.at);', "a message repeats the password", "does not hold"),
)


def patched(plant, folder):
    """The patched copy of the source."""
    text = (harness.ROOT / "lib" / plant.file).read_text()
    if text.count(plant.right) != 1:
        raise harness.Failure(f"fuzz/plants.py is out of date: lib/{plant.file} has not once: {plant.right}")
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / plant.file.rsplit("/", 1)[-1]
    copy.write_text(text.replace(plant.right, plant.wrong))
    return copy


def compiler_call(build, source, copy, into):
    """That of the build for `source`, but for the copy and another object."""
    for entry in json.loads((build / "compile_commands.json").read_text()):
        if (build / entry["file"]).resolve() == source.resolve():
            words = shlex.split(entry["command"])
            drop = {words.index(flag) + more for flag in ("-MQ", "-MF", "-o") if flag in words for more in (0, 1)}
            words = [word for at, word in enumerate(words) if at not in drop and word not in ("-MD", entry["file"])]
            return words + ["-iquote", str(source.parent), "-o", str(into), str(copy)]
    raise harness.Failure(f"{source} is in no compile_commands.json")


def linker_call(build, target, program, object_file):
    """That of the build for the target's program, with the object before the archive, which then does not give its own."""
    run = subprocess.run(["ninja", "-C", build, "-t", "commands", f"fuzz/fuzz-{target}"], capture_output=True, text=True,
                         check=True)
    words = shlex.split(run.stdout.splitlines()[-1])
    at = words.index("-o")
    return words[:at] + ["-o", str(program), str(object_file)] + words[at + 2:]


def make(plant, build):
    """The target's program with the fault in it."""
    folder = harness.BUILD / "planted" / plant.target
    source = harness.ROOT / "lib" / plant.file
    object_file, program = folder / "fault.o", folder / f"fuzz-{plant.target}"
    copy = patched(plant, folder)
    harness.quietly(compiler_call(build, source, copy, object_file), f"plant-{plant.target}", cwd=build)
    harness.quietly(linker_call(build, plant.target, program, object_file), f"plant-{plant.target}", cwd=build)
    return program


def check(build):
    """Every plant is found, by the sign that it leaves."""
    if {plant.target for plant in PLANTS} != set(harness.target_names()):
        raise harness.Failure("fuzz/plants.py needs one fault for every target")
    shutil.rmtree(harness.FOUND / "planted", ignore_errors=True)
    with concurrent.futures.ThreadPoolExecutor(fuzzing.JOBS) as pool:
        programs = list(pool.map(lambda plant: make(plant, build), PLANTS))
    limits = (f"-max_total_time={SECONDS}", "-seed=1")
    jobs = [fuzzing.Job(plant.target, program, limits, name=f"planted/{plant.target}", keep=False)
            for plant, program in zip(PLANTS, programs)]
    fuzzing.run(jobs, stop_at_fault=False)
    found = []
    for plant, job in zip(PLANTS, jobs):
        if job.status == 0 or plant.sign not in job.log.read_text(errors="replace"):
            raise harness.Failure(f"the fuzzer did not find the fault planted in {plant.file} ({plant.what}); see {job.log}")
        found.append(f"{plant.target} ({plant.what}) in {job.seconds:.1f} s")
    harness.evidence(f"a fault planted for each target is found: {', '.join(found)}")
