"""Lines of text, each with a style. Every text view is made of them.

Color alone never has a meaning: the words or the marker of a line say the same as its style.
"""

from __future__ import annotations

import enum
import re
import textwrap
import unicodedata
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Style(enum.Enum):
    """The kind of a line. The value is its ANSI SGR code; `rich_style` is rich's name for it."""

    PLAIN = ""
    STRONG = "1"
    MUTED = "2"
    ADDED = "32"
    REMOVED = "31"
    GOOD = "32;1"
    BAD = "31;1"
    WARNING = "33"

    @property
    def rich_style(self) -> str:
        return {
            Style.PLAIN: "",
            Style.STRONG: "bold",
            Style.MUTED: "dim",
            Style.ADDED: "green",
            Style.REMOVED: "red",
            Style.GOOD: "bold green",
            Style.BAD: "bold red",
            Style.WARNING: "yellow",
        }[self]


_GLUE = "\0"
"""Replaces a space at which a line must not break. `visible` removes this character from all text."""


@dataclass(frozen=True)
class Line:
    """A line. If it is wrapped, its next lines are indented by `hang` columns.

    The first `lead` columns (a marker, for example) stay with the word after them. A `whole` line is never
    wrapped: it is a command to copy. `kept` are the commands in the line that must not be broken.
    """

    text: str
    style: Style = Style.PLAIN
    hang: int = 0
    lead: int = 0
    whole: bool = False
    kept: tuple[str, ...] = ()


_QUOTED = re.compile("`[^`]*`")


def wrapped(lines: Iterable[Line], width: int | None) -> Iterator[Line]:
    """The lines, wrapped at `width` columns. Only a longer word makes a line wider: URLs are not cut.

    Text in backquotes counts as one word if it fits on a line, so that a command is not broken.
    """
    for line in lines:
        if width is None or line.whole or len(line.text) <= width:
            yield line
            continue
        body = line.text[line.lead :].lstrip(" ")
        lead = line.text[: len(line.text) - len(body)]
        for command in line.kept:
            body = body.replace(command, command.replace(" ", _GLUE))
        pieces = textwrap.wrap(
            _QUOTED.sub(partial(_in_one_piece, width - min(line.hang, width // 2)), body),
            width=width,
            initial_indent=lead,
            subsequent_indent=" " * min(line.hang, width // 2),
            break_long_words=False,
            break_on_hyphens=False,
        )
        yield from (Line(piece.replace(_GLUE, " "), line.style) for piece in pieces)


def _in_one_piece(room: int, quoted: re.Match[str]) -> str:
    return quoted[0].replace(" ", _GLUE) if len(quoted[0]) <= room else quoted[0]


def painted(line: Line, *, colour: bool) -> str:
    """The line with its ANSI codes, if `colour`."""
    if not colour or line.style is Style.PLAIN or not line.text:
        return line.text
    return f"\x1b[{line.style.value}m{line.text}\x1b[0m"


def visible(text: str) -> str:
    """`text` on one line, without characters that control a terminal or cannot be seen.

    Messages come from AWS, and header values from anywhere. They must not move the cursor, change the
    reading direction or start a new line in a log.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character in "\r\n\t\u2028\u2029":
        return " "
    if unicodedata.category(character) in ("Cc", "Cf", "Cs"):
        return f"\\u{ord(character):04x}"
    return character


def fitted(text: str, width: int, ellipsis: str = "…") -> str:
    """`text` in at most `width` columns; if it is longer, its end is cut."""
    if len(text) <= width:
        return text
    return text[: max(0, width - len(ellipsis))] + ellipsis if width > len(ellipsis) else text[:width]
