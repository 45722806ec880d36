# SPDX-License-Identifier: MIT
"""Planted faults: for each target a patched copy of one source of the library, with which the fuzzer must end in a fault
within seconds, from the same seeds. So the targets' invariants and the sanitizers are seen to work."""

import dataclasses
import json
import shlex
import subprocess

import fuzzing
import harness

SECONDS = 60  # at most; on an idle machine each takes one or two


@dataclasses.dataclass
class Plant:
    target: str
    file: str  # of lib/core or lib/redis
    right: str  # must occur once
    wrong: str
    what: str
    sign: str  # must stand in the fuzzer's log


PLANTS = (
    Plant("parse", "core/header.c", "if (len <= 5)", "if (len < 5)", "reads one byte past an envelope of five bytes",
          "heap-buffer-overflow"),
    Plant("roundtrip", "core/header.c", "at = taskseal__put_u8(at, fields->bound);",
          "at = taskseal__put_u8(at, fields->bound & 7U);", "the writer forgets a bit", "does not hold"),
    Plant("open", "core/opening.c", "if (len < written)", "if (len < written && intact)",
          "plaintext that failed to verify is left in the buffer", "does not hold"),
    Plant("authentic", "core/clock.c", "expires_at <= now", "expires_at < now",
          "an envelope opens in the second in which it expires", "does not hold"),
    Plant("text", "core/base64.c", "== 0 &&", "== 0 ||", "text is decoded that is not the one valid encoding", "does not hold"),
    Plant("keyring", "core/keyfile.c", 'return fault(r, "this key id stands on an earlier line too");',
          'return fault(r, word.at);', "a message holds what stands in the file", "does not hold"),
    Plant("keychange", "core/keyfile_change.c", "if (line != own)\n            taskseal__write_bytes(writer, text,",
          "if (line != own && line != 9)\n            taskseal__write_bytes(writer, text,", "a line gets lost",
          "does not hold"),
    Plant("protected", "core/protect.c", "crypto_verify_32(keys->commitment, sealed) != 0", "sealed_len == 0",
          "the commitment of a protected key file is not compared", "does not hold"),
    Plant("stream", "core/stream_open.c", "if (s->piece_len < taskseal__tag_len(s->cipher.suite))", "if (false)",
          "an envelope that was cut is opened on", "heap-buffer-overflow|does not hold|runtime error"),
    Plant("uri", "redis/percent.c", "(size_t)(", "1 + (size_t)(", "placeholder", "ERROR"),
)
