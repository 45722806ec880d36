#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes the vector files into data/, or with --check tells whether they are what it would write.

Released vectors are frozen: a change of this program that changes a released file is a mistake.
"""

import pathlib
import sys

from chapters import (damage, dedupes, examples, good, keys, looking, malformed, order, policy, reseals, rewrapping, seals,
                      streams)

CHAPTERS = {"good": good, "malformed": malformed, "keys": keys, "policy": policy, "damage": damage,
            "order": order, "rewrap": rewrapping, "looking": looking, "pieces": streams,
            "seal": seals, "reseal": reseals, "dedupe": dedupes, "examples": examples}
DATA = pathlib.Path(__file__).parent / "data"


def main():
    checking = sys.argv[1:] == ["--check"]
    wrong = 0
    total = refused = 0
    print(f"1..{len(CHAPTERS)}")
    for number, (name, module) in enumerate(CHAPTERS.items(), 1):
        book = module.chapter()
        path = DATA / f"{name}.txt"
        if not checking:
            path.write_text(book.text())
        same = path.exists() and path.read_text() == book.text()
        print(f"{'ok' if same else 'not ok'} {number} - {name}.txt is what generate.py makes: "
              f"{len(book.records)} vectors", flush=True)
        wrong += not same
        total += len(book.records)
        refused += sum(r.refused() for r in book.records)
    print(f"# {total} vectors, {refused} of them refused")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
