# SPDX-License-Identifier: MIT
"""Draws byte layouts and derivations, light or dark as the reader's screen is.

`"kind": "strips"`: `rows` of `cells` that stand side by side. A cell has `name`, `says`, `width` (a share of the row), and
may have `at` (the offset of its first byte) and `kind`: plain, key, secret, public or quiet. A row may have `label`, `note`
(a line below it), `width` (a share of the drawing) and `zoom`: the number of the cell that the next row shows in full.

`"kind": "flow"`: `boxes` with `name`, `says`, `kind` and their place `x`, `y`, `width` in columns and rows, and `arrows`
[from, to] or [from, to, label] by box name; an arrow leaves at the bottom or the right and arrives at the top or the left."""

import textwrap
from html import escape

WIDTH, MARGIN, TITLE = 1000, 16, 40
CELL, GAP, LABEL = 48, 30, 18
COLUMN, ROW, BOX = 80, 92, 54
CHARACTER = 5.5  # average width of one, in the small type
STYLE = """
  text { font-family: system-ui, sans-serif; fill: #1f2933 }
  .title { font-size: 16px; font-weight: 600 }
  .label { font-size: 12px; font-weight: 600 }
  .at { font-size: 10px; font-family: ui-monospace, monospace; fill: #52606d }
  .name { font-size: 12px; font-weight: 600; text-anchor: middle }
  .says { font-size: 10px; text-anchor: middle }
  .note { font-size: 11px; fill: #52606d }
  .label, .note, .at { paint-order: stroke; stroke: #ffffff; stroke-width: 4px }
  .ground { fill: #ffffff }
  rect { stroke: #52606d }
  .ground { stroke: none }
  .plain { fill: #ffffff }
  .key { fill: #e3f0e3 }
  .secret { fill: #fbe6dc }
  .public { fill: #e2ecf7 }
  .quiet { fill: #eef1f4; stroke-dasharray: 4 3 }
  .line { stroke: #52606d; fill: none }
  .zoom { stroke: #9aa5b1; stroke-dasharray: 3 3; fill: none }
  .tip { fill: #52606d }
  @media (prefers-color-scheme: dark) {
    text { fill: #e4e7eb }
    .at, .note { fill: #9aa5b1 }
    .label, .note, .at { stroke: #14181d }
    .ground { fill: #14181d }
    rect { stroke: #9aa5b1 }
    .ground { stroke: none }
    .plain { fill: #1f2630 }
    .key { fill: #1e3a28 }
    .secret { fill: #4a2b1d }
    .public { fill: #1d3350 }
    .quiet { fill: #262d36 }
    .line { stroke: #9aa5b1 }
    .zoom { stroke: #616e7c }
    .tip { fill: #9aa5b1 }
  }
"""


def text(kind, x, y, words):
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'


def box(name, says, kind, x, y, width, height):
    """A rectangle with a name and at most three short lines."""
    yield f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'
    lines = textwrap.wrap(says, max(1, int((width - 6) / CHARACTER)))
    if len(lines) > 2 or len(name) * 1.28 * CHARACTER > width:
        raise ValueError(f"{name}: '{says}' does not fit into {width:.0f}")
    top = y + height / 2 + (4 if not lines else 0) - 6 * max(0, len(lines) - 1)
    yield text("name", x + width / 2, top - (2 if lines else 0), name)
    for number, line in enumerate(lines):
        yield text("says", x + width / 2, top + 12 + 12 * number, line)


# ---- Strips --------------------------------------------------------------------------------------------


def places(row):
    """The left edge and the width of each cell."""
    room, shares = (WIDTH - 2 * MARGIN) * row.get("width", 1), sum(cell["width"] for cell in row["cells"])
    left = MARGIN
    for cell in row["cells"]:
        width = room * cell["width"] / shares
        yield left, width
        left += width


def draw_row(row, y):
    if "label" in row:
        yield text("label", MARGIN, y + 12, row["label"])
        y += LABEL
    if any("at" in cell for cell in row["cells"]):
        for cell, (x, _) in zip(row["cells"], places(row)):
            yield text("at", x + 2, y + 10, str(cell.get("at", "")))
        y += 14
    for cell, (x, width) in zip(row["cells"], places(row)):
        yield from box(cell["name"], cell.get("says", ""), cell.get("kind", "plain"), x, y, width, CELL)
    if "note" in row:
        yield text("note", MARGIN, y + CELL + 15, row["note"])


def row_height(row):
    with_offsets = any("at" in cell for cell in row["cells"])
    return CELL + LABEL * ("label" in row) + 14 * with_offsets + 20 * ("note" in row)


def draw_zoom(row, following, y):
    """Dashed lines from a cell down to the ends of the next row."""
    x, width = list(places(row))[row["zoom"]]
    top = y + row_height(row) - 20 * ("note" in row)
    left, right = MARGIN, sum(list(places(following))[-1])
    bottom = y + row_height(row) + GAP + LABEL * ("label" in following) + 14 * any("at" in c for c in following["cells"])
    yield f'<path class="zoom" d="M{x:.1f} {top:.1f} L{left:.1f} {bottom:.1f}"/>'
    yield f'<path class="zoom" d="M{x + width:.1f} {top:.1f} L{right:.1f} {bottom:.1f}"/>'


def draw_strips(data):
    parts, y = [], TITLE
    for row, following in zip(data["rows"], data["rows"][1:] + [None]):
        if "zoom" in row:
            parts += draw_zoom(row, following, y)
        parts += draw_row(row, y)
        y += row_height(row) + GAP
    return parts, y - GAP + MARGIN


# ---- Flows ---------------------------------------------------------------------------------------------


def draw_arrow(start, end, label=None):
    """Down, straight if the two overlap; or to the right."""
    if end["y"] > start["y"]:
        x1, y1 = start["left"] + start["wide"] / 2, start["top"] + BOX
        x2, y2 = min(max(x1, end["left"] + 30), end["left"] + end["wide"] - 30), end["top"]
        if start["left"] < x2 < start["left"] + start["wide"]:
            x1 = x2
        points, tip = f"M{x1:.1f} {y1:.1f} L{x2:.1f} {y2 - 6:.1f}", f"M{x2 - 4:.1f} {y2 - 7:.1f} h8 l-4 7 z"
    else:
        x1, y1 = start["left"] + start["wide"], start["top"] + BOX / 2
        x2, y2 = end["left"], end["top"] + BOX / 2
        points, tip = f"M{x1:.1f} {y1:.1f} L{x2 - 6:.1f} {y2:.1f}", f"M{x2 - 7:.1f} {y2 - 4:.1f} v8 l7 -4 z"
    yield f'<path class="line" d="{points}"/><path class="tip" d="{tip}"/>'
    if label:
        yield text("note", (x1 + x2) / 2 + 6, (y1 + y2) / 2 + 1, label)


def draw_flow(data):
    boxes = {one["name"]: {**one, "left": MARGIN + one["x"] * COLUMN, "top": TITLE + one["y"] * ROW,
                           "wide": one["width"] * COLUMN - 12} for one in data["boxes"]}
    parts = []
    for start, end, *label in data["arrows"]:
        parts += draw_arrow(boxes[start], boxes[end], *label)
    for one in boxes.values():
        parts += box(one["name"], one["says"], one.get("kind", "plain"), one["left"], one["top"], one["wide"], BOX)
    bottom = max(one["top"] for one in boxes.values()) + BOX
    for note in data.get("notes", []):
        bottom += 20
        parts.append(text("note", MARGIN, bottom, note))
    return parts, bottom + MARGIN


def draw(data):
    """The whole drawing as text."""
    parts, height = {"strips": draw_strips, "flow": draw_flow}[data["kind"]](data)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img" '
            f'aria-label="{escape(data["title"])}">\n<style>{STYLE}</style>\n'
            f'<rect class="ground" width="{WIDTH}" height="{height:.0f}"/>\n'
            + "\n".join([text("title", MARGIN, 26, data["title"]), *parts]) + "\n</svg>\n")
