# SPDX-License-Identifier: MIT
"""The list of mutants that no test can kill, because they behave as the source does. A block for each line:

    FILE FUNCTION
    - the line as it is
    + the line of a mutant
    + of another one
    = why they behave alike

Blocks are apart by an empty line. Lines are compared without regard to spaces."""

import measure


def normal(text):
    return " ".join(text.split())


def blocks(path):
    """(line number, lines) of each block; comments are left out."""
    at, lines = 0, []
    for number, line in enumerate([*path.read_text().splitlines(), ""], 1):
        if line.startswith("#"):
            continue
        if line.strip():
            at = at if lines else number
            lines.append(line.strip())
        elif lines:
            yield at, lines
            lines = []


def read(path, mutants):
    """{key: reason}; fails where an entry is not well formed or fits no mutant."""
    known, found, faults = {mutant.key for mutant in mutants}, {}, []
    for at, lines in blocks(path):
        place = f"{path.name}:{at}"
        head, marks = lines[0].split(), "".join(line[0] for line in lines[1:])
        if len(head) != 2 or marks.strip("-+=") or not marks.startswith("-+") or marks.count("-") != 1 \
                or not marks.endswith("=") or marks.count("=") != marks.count("=", marks.index("=")):
            faults.append(f"{place}: not FILE FUNCTION, then one -, then +, then =")
            continue
        before = normal(lines[1][1:])
        reason = normal(" ".join(line[1:] for line in lines if line[0] == "="))
        for line in lines[2:]:
            if line[0] != "+":
                continue
            key = head[0], head[1], before, normal(line[1:])
            if key not in known:
                faults.append(f"{place}: no mutant of {head[1]} in {head[0]} reads `{key[3]}`")
            elif key in found:
                faults.append(f"{place}: listed twice: `{key[3]}`")
            elif not reason:
                faults.append(f"{place}: no reason is given")
            found[key] = reason
    if faults:
        raise measure.Failure("\n".join(faults))
    return found
