"""What a command has to say, before it is text or Markdown: a title, parts, a verdict, commands.

Who makes a document says what is what and never how it looks. `as_text` draws it for a terminal,
`as_markdown` for a pull request and the job summary; both make text from AWS and the web harmless.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import TypeAlias

from edgerollout.advice import Advice, CommandLine, Hint, Typed
from edgerollout.views.ink import Style


class Marker(enum.Enum):
    """What stands before a row or an item. The last four are those of a diff."""

    DONE = "done"
    FAILED = "failed"
    WARNING = "warning"
    NOTE = "note"
    UNKNOWN = "?"
    WAITING = "waiting"
    ADDED = "+"
    REMOVED = "-"
    CHANGED = "~"
    NONE = " "


@dataclass(frozen=True)
class Code:
    """A path, a digest, a header's value: shown letter by letter."""

    text: str


@dataclass(frozen=True)
class Strong:
    """A word that stands out in Markdown."""

    text: str


Piece: TypeAlias = str | Code | Typed | Strong | CommandLine | Advice
Plain: TypeAlias = str | Code | Typed | Strong | CommandLine
Phrase: TypeAlias = Piece | tuple[Piece, ...]
"""Words on one line. A command in it is spelled when it is drawn, and never broken."""


@dataclass(frozen=True)
class Title:
    """The title of what follows, down to the next one."""

    words: Phrase


@dataclass(frozen=True)
class Paragraph:
    """A sentence or two."""

    words: Phrase
    style: Style = Style.PLAIN


@dataclass(frozen=True)
class Labelled:
    """What belongs to a label each; those of None are left out."""

    rows: tuple[tuple[str, Phrase | None], ...]


@dataclass(frozen=True)
class TableRow:
    """A row of a table. Where cells are missing the last one spans the rest; `more` stands below it."""

    cells: tuple[Phrase, ...]
    mark: Marker = Marker.NONE
    style: Style | None = None
    more: Phrase | None = None


_FEW = 3
"""Rows that are shown one by one in any case."""


@dataclass(frozen=True)
class Table:
    """Rows side by side; on a narrow terminal a few lines each. The last column may be long.

    `titled`: text has the columns' names, too (Markdown always does). `right` names the columns that are
    aligned to the right. `fold`: what a row is; many that differ in the first cell alone are counted.
    `spare`: the last column is left out of text where it has no room.
    """

    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    titled: bool = False
    right: tuple[str, ...] = ()
    fold: str | None = None
    note: Phrase | None = None
    spare: bool = False

    @property
    def folded(self) -> tuple[TableRow, ...]:
        """The rows to show: all of them, or one that counts them."""
        first = self.rows[0] if self.rows else None
        alike = {(row.cells[1:], row.mark) for row in self.rows}
        if self.fold is None or first is None or len(self.rows) <= _FEW or len(alike) > 1:
            return self.rows
        return (TableRow((f"{len(self.rows)} {self.fold}s", *first.cells[1:]), first.mark, first.style),)

    @property
    def shorter(self) -> Table:
        """Without the last column."""
        rows = tuple(replace(row, cells=row.cells[:-1]) for row in self.rows)
        return replace(self, columns=self.columns[:-1], rows=rows, spare=False)


@dataclass(frozen=True)
class DiffRow:
    """What comes, goes or changes; `depth` says how deep it lies, 0 are headings."""

    mark: Marker
    depth: int
    text: str


@dataclass(frozen=True)
class Diff:
    """Before and after."""

    rows: tuple[DiffRow, ...]


@dataclass(frozen=True)
class Item:
    """A line of a list, and what lies under it. `label` says what the words are: `next`, `why`."""

    words: Phrase
    mark: Marker = Marker.NONE
    style: Style | None = None
    label: str | None = None
    under: tuple[Item, ...] = ()


@dataclass(frozen=True)
class List:
    """One thing after the other."""

    items: tuple[Item, ...]


@dataclass(frozen=True)
class Verdict:
    """How it came out, in a sentence: the last line of text, the first of Markdown."""

    words: Phrase
    mark: Marker = Marker.NONE


@dataclass(frozen=True)
class Advised:
    """What to do, in words and commands; each command is on a line of its own. `label`: `next`, `undo`."""

    label: str
    hint: Hint


@dataclass(frozen=True)
class Fold:
    """Parts that Markdown shows on a click, or at once if `opened`; in text they have a heading."""

    title: str
    parts: tuple[Passage, ...]
    opened: bool = False


Passage: TypeAlias = Title | Paragraph | Labelled | Table | Diff | List | Verdict | Advised | Fold


@dataclass(frozen=True)
class Doc:
    """All that is said. Without a title it goes on from what is there."""

    title: Phrase | None
    parts: tuple[Passage, ...]
    verdict: Verdict | None = None
    advised: tuple[Advised, ...] = ()


def pieces(phrase: Phrase) -> tuple[Plain, ...]:
    """The pieces of a phrase in a row; the backquotes that advice has around a command are not among them."""
    found: list[Plain] = []
    for piece in phrase if isinstance(phrase, tuple) else (phrase,):
        parts = piece.parts if isinstance(piece, Advice) else (piece,)
        found += parts
    for at, piece in enumerate(found):
        if not isinstance(piece, CommandLine | Typed) or at in (0, len(found) - 1):
            continue
        before, after = found[at - 1], found[at + 1]
        match before, after:
            case str(), str() if before.endswith("`") and after.startswith("`"):
                found[at - 1], found[at + 1] = before[:-1], after[1:]
    return tuple(piece for piece in found if piece != "")
