"""A document as Markdown, for a pull request and the job summary. Markup inside a text is escaped."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, assert_never

from edgerollout.advice import CommandLine, Typed, command_text
from edgerollout.views.as_text import sign
from edgerollout.views.document import (
    Advised,
    Code,
    Diff,
    Fold,
    Item,
    Labelled,
    List,
    Marker,
    Paragraph,
    Strong,
    Table,
    Title,
    Verdict,
    pieces,
)
from edgerollout.views.glyphs import TYPOGRAPHIC
from edgerollout.views.hint_lines import hint_pieces
from edgerollout.views.ink import visible
from edgerollout.views.markdown import code, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from edgerollout.advice import Spell
    from edgerollout.views.document import DiffRow, Doc, Passage, Phrase, Plain

_TICKS = re.compile(r"`{3,}")


def as_markdown(document: Doc, spell: Spell) -> str:
    """The document, ending in a line end."""
    verdict = () if document.verdict is None else (document.verdict,)
    written = _Written(spell)
    title = () if document.title is None else (f"## {written.words(document.title)}",)
    return "\n\n".join((*title, *written.parts((*verdict, *document.parts, *document.advised)))) + "\n"


class _Written:
    """Parts as Markdown, without the blank lines between them."""

    def __init__(self, spell: Spell) -> None:
        self._spell = spell

    def parts(self, parts: Iterable[Passage]) -> Iterator[str]:
        """The Markdown of each part; empty parts are left out."""
        for part in parts:
            if text := "\n".join(self._part(part)):
                yield text

    def words(self, phrase: Phrase, *, cell: bool = False) -> str:
        """A phrase. In a table cell `|` is escaped, even in code: it would end the cell."""
        return "".join(self._piece(piece, cell=cell) for piece in pieces(phrase)).strip(" ")

    def _piece(self, piece: Plain, *, cell: bool) -> str:
        match piece:
            case str():
                return plain(piece)
            case Code():
                return code(piece.text, cell=cell)
            case Strong():
                return f"**{plain(piece.text)}**"
            case CommandLine() | Typed():
                return code(command_text(piece, self._spell), cell=cell)
            case _:
                assert_never(piece)

    def _part(self, part: Passage) -> Iterator[str]:
        match part:
            case Title():
                yield f"### {self.words(part.words)}"
            case Paragraph():
                yield self.words(part.words)
            case Labelled():
                known = ((label, words) for label, words in part.rows if words is not None)
                yield from (f"- {plain(label)}: {self.words(words)}" for label, words in known)
            case Table():
                yield from self._table(part)
            case Diff():
                yield from _block("diff", [_diff(row) for row in part.rows])
            case List():
                yield from (line for item in part.items for line in self._item(item, ""))
            case Verdict():
                yield f"{_marked(part.mark)}**{plain(self._read(part.words))}**"
            case Advised():
                yield from self._advised(part)
            case Fold():
                yield from self._fold(part)
            case _:
                assert_never(part)

    def _advised(self, part: Advised) -> Iterator[str]:
        label = f"**{plain(part.label)}:**"
        for text, is_command in hint_pieces(part.hint, self._spell):
            if label:
                yield f"{label}\n" if is_command else f"{label} {plain(text)}"
            elif not is_command:
                yield f"\n{plain(text)}"
            if is_command:
                yield from _block("sh", [text])
            label = ""

    def _fold(self, fold: Fold) -> Iterator[str]:
        # This text is HTML, not Markdown: a backslash would escape nothing.
        opened = " open" if fold.opened else ""
        yield f"<details{opened}><summary>{escape(visible(fold.title))}</summary>"
        yield from (f"\n{text}" for text in self.parts(fold.parts))
        yield "\n</details>"

    def _read(self, phrase: Phrase) -> str:
        """A phrase without markup, for text that is already bold."""
        return "".join(
            piece
            if isinstance(piece, str)
            else piece.text
            if isinstance(piece, Code | Strong)
            else command_text(piece, self._spell)
            for piece in pieces(phrase)
        ).strip(" ")

    def _item(self, item: Item, indent: str) -> Iterator[str]:
        label = "" if item.label is None else f"{plain(item.label)}: "
        yield f"{indent}- {_marked(item.mark)}{label}{self.words(item.words)}"
        for child in item.under:
            yield from self._item(child, indent + "  ")

    def _table(self, table: Table) -> Iterator[str]:
        rows = table.folded
        if rows:
            marked = any(row.mark is not Marker.NONE for row in rows)
            mark = ("",) if marked else ()
            rule = ("---",) * (len(mark) + len(table.columns))
            yield _row((*mark, *map(plain, table.columns)))
            yield f"|{'|'.join(rule)}|"
            for row in rows:
                cells = [self.words(cell, cell=True) for cell in row.cells]
                if row.more is not None:
                    cells[-1] += f"<br>{self.words(row.more, cell=True)}"
                cells += [""] * (len(table.columns) - len(cells))
                yield _row((sign(row.mark, TYPOGRAPHIC), *cells) if marked else cells)
        if table.note is not None:
            yield from ("", self.words(table.note)) if rows else (self.words(table.note),)


def _marked(mark: Marker) -> str:
    return "" if mark is Marker.NONE else f"{sign(mark, TYPOGRAPHIC)} "


def _diff(row: DiffRow) -> str:
    # In a diff block `!` marks a changed line; `~` has no meaning there.
    mark = "!" if row.mark is Marker.CHANGED else row.mark.value
    return f"{mark} {'  ' * row.depth}{visible(row.text)}".rstrip()


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _block(language: str, lines: Sequence[str]) -> Iterator[str]:
    """The lines unchanged, between fences longer than any run of backquotes in them."""
    longest = max((len(run) for line in lines for run in _TICKS.findall(line)), default=2)
    fence = "`" * (longest + 1)
    yield fence + language
    yield from lines
    yield fence
