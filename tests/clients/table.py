#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The tables that the results make: all of it for doc/clients.md, a short form for README.md. As a program it writes
those of results.json into both documents; tests/docs holds that they are there."""

import json
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SHORT = ("wrong-host", "cn-only", "dns-by-address", "expired", "unknown-ca", "revoked", "ca-as-leaf", "rsa-1024",
         "no-forward-secrecy", "silent", "dribble", "close", "again-host")


def rows_of(results, names=None):
    return [row for row in results["rows"] if names is None or row["name"] in names]


def cell(results, row, client):
    """The letter; bold where it is not what a client should do; with a ring where the good twin fails as well."""
    found = results["cells"][row["name"]].get(client)
    if found is None:
        return "–"
    text, good = found["outcome"], not row["twin"]
    if found.get("in_clear"):
        text += "!"
    if row["twin"] and text != "–" and results["cells"][row["twin"]][client]["outcome"] != "A":
        text += "°"
    wrong = text.rstrip("°") not in (("A", "–") if good else ("R", "–"))
    return f"**{text}**" if wrong else text


def heading(client):
    name, comma, rest = client["title"].partition(", ")
    return f"{name} {client['version']}{comma}{rest}"


def markdown(head, body):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(line) + " |" for line in body]) + "\n"


def full(results):
    """A table for each few clients, so that one is not wider than a page."""
    clients, parts = results["clients"], []
    for start in range(0, len(clients), 6):
        some = clients[start:start + 6]
        parts.append(markdown(["server"] + [heading(client) for client in some],
                              [[row["title"]] + [cell(results, row, client["name"]) for client in some]
                               for row in rows_of(results)]))
    return "\n".join(parts)


def short(results):
    """Clients whose letters are all the same share a column, in the order of the first of each."""
    rows, columns = rows_of(results, SHORT), {}
    for client in results["clients"]:
        letters = tuple(cell(results, row, client["name"]) for row in rows)
        columns.setdefault(letters, []).append(heading(client))
    return markdown(["server"] + ["; ".join(names) for names in columns.values()],
                    [[row["title"]] + [letters[at] for letters in columns] for at, row in enumerate(rows)])


def plain(results):
    """For a terminal: a line for each row, a letter for each client under its number."""
    clients = results["clients"]
    lines = [f"{at:>3}  {heading(client)} ({client['origin']})" for at, client in enumerate(clients, 1)]
    lines += ["", " " * 50 + "".join(f"{at:>5}" for at in range(1, len(clients) + 1))]
    for row in rows_of(results):
        letters = [cell(results, row, client["name"]).strip("*") for client in clients]
        lines.append(f"{row['title']:<50}" + "".join(f"{letter:>5}" for letter in letters))
    return "\n".join(lines) + "\n"


# ---- The documents -------------------------------------------------------------------------------------------------

BEGIN, END = "<!-- clients: table -->\n", "<!-- clients: end -->\n"


def kept():
    return json.loads((HERE / "results.json").read_text(encoding="utf-8"))


def dated(results, table):
    engines = ", ".join(f"{name} {version}" for name, version in results["engines"].items())
    return f"Measured {results['date']} on Debian 12; {engines}.\n\n{table}"


def documents(results):
    return {ROOT / "README.md": f"Measured {results['date']}:\n\n{short(results)}",
            ROOT / "doc/clients.md": dated(results, full(results))}


def replaced(text, table):
    before, rest = text.split(BEGIN)
    return before + BEGIN + table + END + rest.split(END)[1]


if __name__ == "__main__":
    for path, text in documents(kept()).items():
        path.write_text(replaced(path.read_text(encoding="utf-8"), text), encoding="utf-8")
