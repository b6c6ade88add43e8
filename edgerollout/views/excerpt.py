"""Draws the line of a file that a problem is about, with carets under what is meant."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from edgerollout.views.glyphs import ASCII
from edgerollout.views.ink import Line, Style, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgerollout.errors import Excerpt
    from edgerollout.views.glyphs import Glyphs

_TAB = "    "
_FAR = 8
"""How many times the room a mark may be away from what is looked at: combining characters take none."""

_LEAST = 16
"""Columns that the text gets at least, however narrow the terminal."""


def excerpt_lines(excerpt: Excerpt, number: int, columns: int, glyphs: Glyphs) -> Iterator[Line]:
    """Line `number` and the carets below it, in `columns`; a longer line is cut around the carets."""
    gutter = f"  {number} | "
    room = max(columns - len(gutter), _LEAST)
    # A line may be long: what is that far from the mark is cut off in any case.
    first, last = max(excerpt.start - _FAR * room, 0), min(excerpt.start + _FAR * room, excerpt.end)
    cells = [_cell(character, glyphs) for character in excerpt.text[first : excerpt.start + _FAR * room]]
    # Behind the last character there is a place as well: where something is missing.
    cells += [" "] * (last - first - len(cells))
    text, before, marked = _cut(cells, excerpt.start - first, last - first, room, glyphs)
    yield Line(f"{gutter}{text}".rstrip(" "), whole=True)
    yield Line(f"{' ' * (len(gutter) - 2)}| {' ' * before}{'^' * marked}", Style.BAD, whole=True)


def display_width(text: str) -> int:
    """The columns of `text` on a terminal: wide characters take two, combining ones none."""
    return sum(_width(character) for character in text)


def _cut(cells: Sequence[str], start: int, end: int, room: int, glyphs: Glyphs) -> tuple[str, int, int]:
    """What fits of the cells, and in it the columns before the mark and those of the mark."""
    widths = [display_width(cell) for cell in cells]
    first, last = 0, len(cells)
    cut = len(glyphs.ellipsis)
    if sum(widths) > room:
        # A third of the room for what comes before the mark; its end goes first when it is long.
        first = _back(widths, start, room // 3)
        last = _forth(widths, first, room - (cut if first else 0))
        if last == len(cells):
            first = _back(widths, last, room - cut)
        else:
            last = _forth(widths, first, room - cut - (cut if first else 0))
        if last <= start:
            first, last = start, max(_forth(widths, start, room - 2 * cut), start + 1)
    lead = glyphs.ellipsis if first else ""
    tail = glyphs.ellipsis if last < len(cells) else ""
    before = len(lead) + sum(widths[first:start])
    marked = max(sum(widths[start : min(end, last)]), 1)
    return lead + "".join(cells[first:last]) + tail, before, marked


def _back(widths: Sequence[int], at: int, room: int) -> int:
    """The first of the cells before `at` that fit."""
    while at > 0 and widths[at - 1] <= room:
        room -= widths[at - 1]
        at -= 1
    return at


def _forth(widths: Sequence[int], at: int, room: int) -> int:
    """The end of the cells from `at` on that fit."""
    while at < len(widths) and widths[at] <= room:
        room -= widths[at]
        at += 1
    return at


def _cell(character: str, glyphs: Glyphs) -> str:
    """A character as it is shown, the way the stream will write it."""
    if character == "\t":
        return _TAB
    shown = visible(character)
    # What this stream cannot carry is escaped when it is written, which would move the carets.
    return shown.encode("ascii", "backslashreplace").decode("ascii") if glyphs is ASCII else shown


def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
