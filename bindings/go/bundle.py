#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Copies the core's C sources into the Go package, which compiles them itself.

Usage: bundle.py [--check]

cgo compiles only C files that stand in the package's own folder, `go get` and `go mod vendor` bring only that
folder, and the build cache looks at nothing else (README.md, "Why copies"). So each lib/core/NAME.c becomes
core_NAME.c here, a compilation unit as it is there; the core's own headers become core.h, the public ones taskseal.h.
Nothing but the #include lines changes. With --check nothing is written: files that are not current are named.
"""

import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CORE = ROOT / "lib/core"
PUBLIC = ROOT / "include/taskseal"
OWN = re.compile(r'^#include (?:"([a-z_0-9]+)\.h"|<taskseal/([a-z_]+)\.h>)\n', re.MULTILINE)
LICENCE = "/* SPDX-License-Identifier: MIT\n"
NOTICE = LICENCE + " * Made by bundle.py of {}; do not edit. */\n"


def included(text):
    """The names of ours that a text includes, without their suffix."""
    return [own or public for own, public in OWN.findall(text)]


def in_order(folder, names):
    """These headers of a folder, and those that they include, each after what it needs."""
    order = []

    def visit(name):
        path = folder / f"{name}.h"
        if name in order or not path.exists():
            return
        for needed in included(path.read_text()):
            visit(needed)
        order.append(name)

    for name in names:
        visit(name)
    return order


def merged(folder, names, prologue):
    """Headers as one, in their order, each with its guard."""
    parts = [NOTICE.format(f"the headers of {folder.relative_to(ROOT)}") + prologue]
    for name in in_order(folder, names):
        parts.append(OWN.sub("", (folder / f"{name}.h").read_text()))
    return "\n".join(parts)


def source(path):
    """A source file whose includes of ours are core.h alone."""
    text = path.read_text()
    if not OWN.search(text):
        raise SystemExit(f"bundle.py: {path} includes no header of ours")
    first = OWN.search(text)
    text = text[:first.start()] + '#include "core.h"\n' + OWN.sub("", text[first.end():])
    return NOTICE.format(path.relative_to(ROOT)) + text


def listed():
    """The sources that the library is built of."""
    names = re.findall(r"'([a-z_0-9]+)\.c'", (CORE / "meson.build").read_text())
    found = sorted(path.stem for path in CORE.glob("*.c"))
    if sorted(names) != found:
        raise SystemExit("bundle.py: lib/core/meson.build and lib/core/*.c do not agree")
    return found


def bundle():
    """Every file that is to be here, by its name."""
    headers = sorted(path.stem for path in CORE.glob("*.h"))
    files = {
        "taskseal.h": merged(PUBLIC, ["taskseal"], ""),
        "core.h": merged(CORE, headers, '#include "taskseal.h"\n'),
    }
    for name in listed():
        files[f"core_{name}.c"] = source(CORE / f"{name}.c")
    return files


def main():
    wanted = bundle()
    here = {path.name for path in HERE.glob("core_*.c")} | {"core.h", "taskseal.h"}
    stale = sorted(name for name in here | set(wanted)
                   if not (HERE / name).exists() or (HERE / name).read_text() != wanted.get(name))
    if sys.argv[1:] == ["--check"]:
        for name in stale:
            print(f"bindings/go/{name} is not current: run bindings/go/bundle.py")
        print(f"{len(wanted) - len(set(stale) & set(wanted))} of {len(wanted)} copies are current")
        sys.exit(1 if stale else 0)
    if sys.argv[1:]:
        sys.exit(__doc__)
    for name in stale:
        if name in wanted:
            (HERE / name).write_text(wanted[name])
        else:
            (HERE / name).unlink()
    print(f"{len(wanted)} files, {len(stale)} changed")


if __name__ == "__main__":
    main()
