"""Draws the line of a file that has a problem, with carets under the wrong part."""

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
"""How many times `room` characters are read on each side of the mark; combining characters take no column."""

_LEAST = 16
"""Smallest width of the text, even on a very narrow terminal."""


def excerpt_lines(excerpt: Excerpt, number: int, columns: int, glyphs: Glyphs) -> Iterator[Line]:
    """Line `number` and the carets below it, in `columns`; a longer line is cut around the carets."""
    gutter = f"  {number} | "
    room = max(columns - len(gutter), _LEAST)
    # A line may be very long: text that far from the mark is cut off in any case.
    first, last = max(excerpt.start - _FAR * room, 0), min(excerpt.start + _FAR * room, excerpt.end)
    cells = [_cell(character, glyphs) for character in excerpt.text[first : excerpt.start + _FAR * room]]
    # A mark may point behind the last character: there, something is missing.
    cells += [" "] * (last - first - len(cells))
    text, before, marked = _cut(cells, excerpt.start - first, last - first, room, glyphs)
    yield Line(f"{gutter}{text}".rstrip(" "), whole=True)
    yield Line(f"{' ' * (len(gutter) - 2)}| {' ' * before}{'^' * marked}", Style.BAD, whole=True)


def display_width(text: str) -> int:
    """The columns of `text` on a terminal: wide characters take two, combining ones none."""
    return sum(_width(character) for character in text)


def _cut(cells: Sequence[str], start: int, end: int, room: int, glyphs: Glyphs) -> tuple[str, int, int]:
    """The text that fits, the number of columns before the mark, and the number of columns of the mark."""
    widths = [display_width(cell) for cell in cells]
    first, last = 0, len(cells)
    cut = len(glyphs.ellipsis)
    if sum(widths) > room:
        # A third of the room is for the text before the mark. A long mark loses its end first.
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
    """The index of the first cell before `at` from which all cells up to `at` fit."""
    while at > 0 and widths[at - 1] <= room:
        room -= widths[at - 1]
        at -= 1
    return at


def _forth(widths: Sequence[int], at: int, room: int) -> int:
    """The index after the last cell that fits, counted from `at`."""
    while at < len(widths) and widths[at] <= room:
        room -= widths[at]
        at += 1
    return at


def _cell(character: str, glyphs: Glyphs) -> str:
    """A character as the stream will write it."""
    if character == "\t":
        return _TAB
    shown = visible(character)
    # The stream escapes a character that it cannot write, which would move the carets.
    return shown.encode("ascii", "backslashreplace").decode("ascii") if glyphs is ASCII else shown


def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
