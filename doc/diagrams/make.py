#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Draws doc/diagrams/NAME.svg from doc/diagrams/NAME.json, for every NAME.

The data: `title`, and `bands` from top to bottom. A band is a list of groups that stand side by side, each with
`name`, `width` (a share of the band) and `rows` of boxes [name, what it does]. Dependencies run downwards.

Byte layouts and derivations have a `kind`, and are drawn by layouts.py.

Usage: make.py [--check]     --check writes nothing and fails if a drawing differs from its data
"""

import json
import pathlib
import sys
import textwrap
from html import escape

import layouts

HERE = pathlib.Path(__file__).resolve().parent
WIDTH, MARGIN, GAP = 1000, 16, 8
TITLE_HEIGHT, LABEL_HEIGHT, BOX_HEIGHT = 40, 24, 54
CHARACTER = 5.6  # average width of one, in the small type
STYLE = """
  text { font-family: system-ui, sans-serif; fill: #1f2933 }
  .title { font-size: 16px; font-weight: 600 }
  .group { font-size: 12px; font-weight: 600; font-family: ui-monospace, monospace }
  .name { font-size: 12px; font-weight: 600; text-anchor: middle }
  .says { font-size: 10px; text-anchor: middle }
  .frame { fill: #f5f7fa; stroke: #9aa5b1 }
  .box { fill: #ffffff; stroke: #52606d }
"""


def text(kind, x, y, words):
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'


def rectangle(kind, x, y, width, height):
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="4"/>'


def draw_box(name, says, x, y, width):
    yield rectangle("box", x, y, width, BOX_HEIGHT)
    yield text("name", x + width / 2, y + 17, name)
    lines = textwrap.wrap(says, max(1, int((width - 6) / CHARACTER)))
    if len(lines) > 2:
        raise ValueError(f"{name}: '{says}' needs more than two lines")
    for number, line in enumerate(lines):
        yield text("says", x + width / 2, y + 32 + 13 * number, line)


def group_height(group):
    return LABEL_HEIGHT + len(group["rows"]) * (BOX_HEIGHT + GAP)


def draw_group(group, x, y, width, height):
    yield rectangle("frame", x, y, width, height)
    yield text("group", x + GAP, y + 16, group["name"])
    for number, row in enumerate(group["rows"]):
        box_width = (width - GAP) / len(row) - GAP
        for place, (name, says) in enumerate(row):
            yield from draw_box(name, says, x + GAP + place * (box_width + GAP),
                                y + LABEL_HEIGHT + number * (BOX_HEIGHT + GAP), box_width)


def draw(data):
    """The whole drawing as text."""
    parts, y = [text("title", MARGIN, 26, data["title"])], TITLE_HEIGHT
    for band in data["bands"]:
        height = max(group_height(group) for group in band)
        shares = sum(group["width"] for group in band)
        room, x = WIDTH - 2 * MARGIN - GAP * (len(band) - 1), MARGIN
        for group in band:
            width = room * group["width"] / shares
            parts += draw_group(group, x, y, width, height)
            x += width + GAP
        y += height + GAP
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + GAP}" role="img" '
            f'aria-label="{escape(data["title"])}">\n<style>{STYLE}</style>\n'
            f'<rect width="{WIDTH}" height="{y + GAP}" fill="#ffffff"/>\n' + "\n".join(parts) + "\n</svg>\n")


def main(check):
    sources = sorted(HERE.glob("*.json"))
    if not sources:
        sys.exit("make.py: no data in " + str(HERE))
    for source in sources:
        data, target = json.loads(source.read_text()), source.with_suffix(".svg")
        drawing = layouts.draw(data) if "kind" in data else draw(data)
        if not check:
            target.write_text(drawing)
        elif not target.exists() or target.read_text() != drawing:
            sys.exit(f"{target.name} differs from {source.name}: run doc/diagrams/make.py")


if __name__ == "__main__":
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    main(check=bool(sys.argv[1:]))
