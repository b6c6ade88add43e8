"""The screen of a terminal after a program has written to it, and an SVG picture of it.

It knows what edgerollout's views write: text, colors, erased lines. The picture loads no font: each piece of
text has a width, so the columns are right in every font.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from html import escape

_WIDTH, _HEIGHT, _MARGIN = 8.4, 19, 18
_TOP = 40
"""The position of the first line, below the window's bar."""
_PALETTE = {
    30: "#565f89",
    31: "#f7768e",
    32: "#9ece6a",
    33: "#e0af68",
    34: "#7aa2f7",
    35: "#bb9af7",
    36: "#7dcfff",
}
_PLAIN, _DIM, _BACKGROUND, _BAR = "#c8d0e8", "#7d87ab", "#1a1b26", "#24283b"
_SEQUENCE = re.compile(r"\x1b\[([?0-9;]*)([A-Za-z])|\x1b\].*?(?:\x07|\x1b\\)")


@dataclass(frozen=True)
class Style:
    """How characters look."""

    bold: bool = False
    dim: bool = False
    color: int | None = None
    """30 to 36, the terminal's number."""

    def after(self, codes: str) -> Style:
        """The style after a terminal has read `ESC [ codes m`."""
        style = self
        for code in map(int, codes.split(";") if codes else ("0",)):
            match code:
                case 0:
                    style = Style()
                case 1:
                    style = replace(style, bold=True)
                case 2:
                    style = replace(style, dim=True)
                case 22:
                    style = replace(style, bold=False, dim=False)
                case 39:
                    style = replace(style, color=None)
                case _ if 30 <= code <= 36 or 90 <= code <= 96:
                    style = replace(style, color=code % 60 if code < 90 else code - 60)
        return style

    @property
    def fill(self) -> str:
        if self.color is not None:
            return _PALETTE[self.color]
        return _DIM if self.dim else _PLAIN


@dataclass
class Screen:
    """Lines of characters, each with its style, and where the next one goes."""

    lines: list[list[tuple[str, Style]]] = field(default_factory=lambda: [[]])
    row: int = 0
    column: int = 0
    style: Style = Style()

    def write(self, text: str) -> None:
        """Show `text` as a terminal does."""
        end = 0
        for found in _SEQUENCE.finditer(text):
            self._characters(text[end : found.start()])
            self._control(found[1] or "", found[2])
            end = found.end()
        self._characters(text[end:])

    def _control(self, numbers: str, kind: str | None) -> None:
        match kind:
            case "m":
                self.style = self.style.after(numbers)
            case "A":
                self.row = max(0, self.row - int(numbers or 1))
            case "K":
                self.lines[self.row] = [] if numbers == "2" else self.lines[self.row][: self.column]
            case "J":
                self.lines[self.row] = self.lines[self.row][: self.column]
                del self.lines[self.row + 1 :]
            case _:  # the cursor is shown or hidden, a title is set
                pass

    def _characters(self, text: str) -> None:
        for character in text:
            match character:
                case "\n":
                    self.row += 1
                    self.column = 0
                    if self.row == len(self.lines):
                        self.lines.append([])
                case "\r":
                    self.column = 0
                case _:
                    line = self.lines[self.row]
                    line += [(" ", Style())] * (self.column - len(line))
                    line[self.column : self.column + 1] = [(character, self.style)]
                    self.column += 1

    def text(self) -> list[str]:
        """The lines without their styles."""
        return ["".join(character for character, _ in line).rstrip() for line in self.lines]


def svg(screen: Screen, *, columns: int, title: str) -> str:
    """A window with what the screen shows. `title` is for people who cannot see it."""
    lines = screen.lines
    while lines and not "".join(character for character, _ in lines[-1]).strip():
        lines = lines[:-1]
    width = round(columns * _WIDTH + 2 * _MARGIN)
    height = _TOP + len(lines) * _HEIGHT + _MARGIN
    dots = "".join(
        f'<circle cx="{20 + 18 * number}" cy="15" r="5" fill="{color}"/>'
        for number, color in enumerate(("#f7768e", "#e0af68", "#9ece6a"))
    )
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" rx="8" fill="{_BACKGROUND}"/>',
        f'<path d="M0 30V8a8 8 0 0 1 8-8H{width - 8}a8 8 0 0 1 8 8V30z" fill="{_BAR}"/>{dots}',
        '<g font-family="ui-monospace,SFMono-Regular,Menlo,DejaVu Sans Mono,monospace" font-size="14">',
        *(_line(line, _TOP + (number + 0.8) * _HEIGHT) for number, line in enumerate(lines)),
        "</g>",
        "</svg>",
    ]
    return "\n".join(line for line in drawn if line) + "\n"


def _line(line: list[tuple[str, Style]], y: float) -> str:
    """A line as words of one style, each where its column is: viewers differ in what they make of spaces."""
    drawn: list[str] = []
    start = 0
    while start < len(line):
        end = start
        while end < len(line) and line[end][1] == line[start][1]:
            end += 1
        style = line[start][1]
        weight = ' font-weight="600"' if style.bold else ""
        text = "".join(character for character, _ in line[start:end])
        drawn += [
            f'<text x="{_MARGIN + (start + match_.start()) * _WIDTH:.1f}" y="{y:.1f}" fill="{style.fill}"'
            f'{weight} textLength="{len(match_[0]) * _WIDTH:.1f}">{escape(match_[0])}</text>'
            for match_ in re.finditer(r"\S+(?: \S+)*", text)
        ]
        start = end
    return "".join(drawn)
