"""The output of a command, before it becomes text or Markdown: a title, parts, a verdict, commands.

Code that makes a document says what each part means, never how it looks. `as_text` draws it for a terminal,
`as_markdown` for a pull request and the job summary. Both remove control characters and markup from text that
comes from AWS or the web.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import TypeAlias

from edgerollout.advice import Advice, CommandLine, Hint, Typed
from edgerollout.views.ink import Style


class Marker(enum.Enum):
    """The mark before a row or an item. `ADDED`, `REMOVED` and `CHANGED` are for diffs."""

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
    """A path, a digest, a header's value: shown exactly as it is."""

    text: str


@dataclass(frozen=True)
class Strong:
    """A word that stands out in Markdown."""

    text: str


Piece: TypeAlias = str | Code | Typed | Strong | CommandLine | Advice
Plain: TypeAlias = str | Code | Typed | Strong | CommandLine
Phrase: TypeAlias = Piece | tuple[Piece, ...]
"""Words on one line. A command in them becomes text only when it is drawn, and is never broken."""


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
    """Labels, each with its words. A row with None instead of words is left out."""

    rows: tuple[tuple[str, Phrase | None], ...]


@dataclass(frozen=True)
class TableRow:
    """A row of a table. If cells are missing, the last cell spans the rest. `more` is shown below the row."""

    cells: tuple[Phrase, ...]
    mark: Marker = Marker.NONE
    style: Style | None = None
    more: Phrase | None = None


_FEW = 3
"""Up to this many rows are never folded."""


@dataclass(frozen=True)
class Table:
    """Rows with cells side by side; on a narrow terminal a row takes a few lines. A last cell may be long.

    `titled`: text shows the columns' names, too (Markdown always does). `right` names the columns that are
    aligned to the right. `fold` is the word for a row, such as "page": if all rows differ only in their
    first cell, and are many, the table shows only their number. `spare`: text leaves out the last column if
    there is no room for it.
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
        """The rows to show: all of them, or a single row with their number."""
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
    """A line that is added, removed or changed. `depth` is its level; 0 is a heading."""

    mark: Marker
    depth: int
    text: str


@dataclass(frozen=True)
class Diff:
    """Before and after."""

    rows: tuple[DiffRow, ...]


@dataclass(frozen=True)
class Item:
    """An item of a list, with the items under it. `label` says what the words are: `next`, `why`."""

    words: Phrase
    mark: Marker = Marker.NONE
    style: Style | None = None
    label: str | None = None
    under: tuple[Item, ...] = ()


@dataclass(frozen=True)
class List:
    """Items, one below the other."""

    items: tuple[Item, ...]


@dataclass(frozen=True)
class Verdict:
    """The result, in a sentence: the last line of the text, the first of the Markdown."""

    words: Phrase
    mark: Marker = Marker.NONE


@dataclass(frozen=True)
class Advised:
    """What to do, in words and commands. Each command has its own line. `label`: `next`, `undo`."""

    label: str
    hint: Hint


@dataclass(frozen=True)
class Fold:
    """Parts that Markdown shows on a click, or at once if `opened`. Text shows them under a heading."""

    title: str
    parts: tuple[Passage, ...]
    opened: bool = False


Passage: TypeAlias = Title | Paragraph | Labelled | Table | Diff | List | Verdict | Advised | Fold


@dataclass(frozen=True)
class Doc:
    """The whole output of a command. Without a title it continues the output before it."""

    title: Phrase | None
    parts: tuple[Passage, ...]
    verdict: Verdict | None = None
    advised: tuple[Advised, ...] = ()


def pieces(phrase: Phrase) -> tuple[Plain, ...]:
    """The pieces of a phrase, in order, without the backquotes that advice puts around a command."""
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
