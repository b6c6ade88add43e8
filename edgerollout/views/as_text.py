"""A document as lines for a terminal. It works in ASCII and in 40 columns, and never breaks a command."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from edgerollout.advice import Advice, CommandLine, Typed, advise, command_text
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
    TableRow,
    Title,
    Verdict,
    pieces,
)
from edgerollout.views.glyphs import TYPOGRAPHIC
from edgerollout.views.hint_lines import hint_lines
from edgerollout.views.ink import Line, Style, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from edgerollout.advice import Spell
    from edgerollout.views.document import Doc, Passage, Phrase
    from edgerollout.views.glyphs import Glyphs

_GAP = 2
_LABELS = 12
"""Smallest width of the labels of facts, in columns. It makes documents of one kind look alike."""
_LAST = 20
"""Smallest width of a table's last column. With less room than that, the cells of a row are stacked."""

_STYLES = {
    Marker.DONE: Style.PLAIN,
    Marker.FAILED: Style.BAD,
    Marker.WARNING: Style.WARNING,
    Marker.NOTE: Style.PLAIN,
    Marker.UNKNOWN: Style.MUTED,
    Marker.WAITING: Style.MUTED,
    Marker.ADDED: Style.ADDED,
    Marker.REMOVED: Style.REMOVED,
    Marker.CHANGED: Style.PLAIN,
    Marker.NONE: Style.PLAIN,
}
_VERDICTS = {
    **_STYLES,
    Marker.DONE: Style.GOOD,
    Marker.WAITING: Style.STRONG,
    Marker.NONE: Style.STRONG,
}


def as_text(document: Doc, width: int, glyphs: Glyphs, spell: Spell) -> tuple[Line, ...]:
    """The document as lines for `width` columns; `ink.wrapped` breaks lines that are longer."""
    drawn = _Drawn(width, glyphs, spell)
    title = () if document.title is None else (Title(document.title),)
    verdict = () if document.verdict is None else (document.verdict,)
    return tuple(drawn.parts((*title, *document.parts, *verdict, *document.advised)))


def sign(mark: Marker, glyphs: Glyphs) -> str:
    """The sign for a mark."""
    match mark:
        case Marker.DONE:
            return glyphs.done
        case Marker.FAILED:
            return glyphs.failed
        case Marker.WARNING:
            return glyphs.warning
        case Marker.NOTE:
            return glyphs.note
        case Marker.WAITING:
            return glyphs.waiting
        case Marker.UNKNOWN | Marker.ADDED | Marker.REMOVED | Marker.CHANGED | Marker.NONE:
            return str(mark.value)
        case _:
            assert_never(mark)


class _Drawn:
    """Parts as lines."""

    def __init__(self, width: int, glyphs: Glyphs, spell: Spell) -> None:
        self._width = width
        self._glyphs = glyphs
        self._spell = spell

    def parts(self, parts: Iterable[Passage]) -> Iterator[Line]:
        """The lines of all parts, with a blank line between two parts, except right below a heading."""
        before: Passage | None = None
        for part in parts:
            lines = tuple(self._part(part, headed=isinstance(before, Title)))
            if not lines:
                continue
            under = isinstance(before, Title) and not isinstance(part, Title | Fold | Verdict)
            advised = isinstance(part, Advised) and isinstance(before, Verdict | Advised)
            if before is not None and not under and not advised:
                yield Line("")
            yield from lines
            before = part

    def _part(self, part: Passage, *, headed: bool) -> Iterator[Line]:
        match part:
            case Title():
                yield self._line("", part.words, Style.STRONG, hang=2)
            case Paragraph():
                yield self._line("  " if headed else "", part.words, part.style, hang=2)
            case Labelled():
                yield from self._facts(part)
            case Table():
                yield from self._table(part)
            case Diff():
                for row in part.rows:
                    lead = f"  {row.mark.value} {'  ' * row.depth}"
                    style = Style.MUTED if row.mark is Marker.NONE else _STYLES[row.mark]
                    yield self._line(lead, Code(row.text), style, hang=len(lead) + 2)
            case List():
                for item in part.items:
                    yield from self._item(item, 2 if headed else 0, 4)
            case Verdict():
                lead = "" if part.mark is Marker.NONE else f"{sign(part.mark, self._glyphs)} "
                yield self._line(lead, part.words, _VERDICTS[part.mark], hang=len(lead))
            case Advised():
                yield from hint_lines(f"{part.label}:", part.hint, self._spell)
            case Fold():
                yield from self.parts((Title(part.title), *part.parts))
            case _:
                assert_never(part)

    def _facts(self, facts: Labelled) -> Iterator[Line]:
        known = [(label, words) for label, words in facts.rows if words is not None]
        column = max((len(label) + _GAP for label, _ in known), default=0)
        stacked = column + _LAST > self._width
        for label, words in known:
            lead = f"  {visible(label).ljust(max(column, _LABELS))}"
            if stacked:
                yield self._line("  ", label, Style.PLAIN, hang=4)
                lead = "    "
            yield self._line(lead, words, Style.PLAIN, hang=len(lead))

    def _item(self, item: Item, indent: int, step: int) -> Iterator[Line]:
        lead = " " * indent + ("" if item.mark is Marker.NONE else f"{sign(item.mark, self._glyphs)} ")
        hang = indent + 2
        if item.label is not None:
            lead += f"{item.label}: "
            hang = len(lead)
        style = _STYLES[item.mark] if item.style is None else item.style
        if item.label is not None and isinstance(item.words, Advice | CommandLine | Typed):
            advice = advise(item.words)
            yield from hint_lines(f"{item.label}:", advice, self._spell, indent=indent, style=style)
        else:
            yield self._line(lead, item.words, style, hang=hang)
        for child in item.under:
            yield from self._item(child, indent + step, 2)

    def _table(self, table: Table) -> Iterator[Line]:
        rows = table.folded
        signs = max((len(sign(row.mark, self._glyphs).strip()) for row in rows), default=0)
        lead = max(signs, 1) + 3 if signs or not table.titled else 2
        titles = [TableRow(table.columns, Marker.NONE, Style.STRONG)] if table.titled and rows else []
        shown = [*titles, *rows]
        texts = [tuple(self._words(cell)[0] for cell in row.cells) for row in shown]
        widths = _widths(texts, len(table.columns))
        start = lead + sum(widths[:-1]) + _GAP * (len(widths) - 1)
        # A long last cell continues below itself. A column far to the right has no room for that.
        beside = start + (widths[-1] if start > self._width // 2 else min(widths[-1], _LAST))
        if beside <= self._width:
            for row, cells in zip(shown, texts, strict=True):
                yield self._side_by_side(row, cells, widths, lead, table)
                if row.more is not None:
                    yield self._line(" " * start, row.more, Style.MUTED, hang=start)
        elif table.spare:
            yield from self._table(table.shorter)
            return
        else:
            for row in rows:
                yield from self._stacked(row, table)
        if table.note is not None:
            yield self._line("    ", table.note, Style.MUTED, hang=6)

    def _side_by_side(
        self, row: TableRow, cells: Sequence[str], widths: Sequence[int], lead: int, table: Table
    ) -> Line:
        text = f"  {sign(row.mark, self._glyphs)}".rstrip().ljust(lead)
        for name, cell, width in zip(table.columns, cells[:-1], widths, strict=False):
            text += (cell.rjust(width) if name in table.right else cell.ljust(width)) + " " * _GAP
        at = len(text)
        if len(cells) == len(widths) and table.columns[-1] in table.right:
            text += " " * (widths[-1] - len(cells[-1]))
        kept = tuple(command for cell in row.cells for command in self._words(cell)[1])
        style = _STYLES[row.mark] if row.style is None else row.style
        return Line((text + cells[-1]).rstrip(), style, hang=at, lead=at, kept=kept)

    def _stacked(self, row: TableRow, table: Table) -> Iterator[Line]:
        """The first cell on its own line, the others below it; if `titled` with the columns' names."""
        style = _STYLES[row.mark] if row.style is None else row.style
        first, *others = row.cells
        yield self._line(self._lead(row), first, style, hang=6)
        if table.titled and len(row.cells) == len(table.columns):
            column = max(map(len, table.columns[1:]), default=0) + _GAP
            for name, cell in zip(table.columns[1:], others, strict=True):
                if cell not in ("", "-"):
                    lead = f"      {name.ljust(column)}"
                    yield self._line(lead, cell, style, hang=len(lead))
        elif others:
            told = [self._words(cell) for cell in others]
            text = "  ".join(text for text, _ in told if text)
            kept = tuple(command for _, commands in told for command in commands)
            yield Line(f"      {text}", style, hang=8, lead=6, kept=kept)
        if row.more is not None:
            yield self._line("      ", row.more, Style.MUTED, hang=8)

    def _lead(self, row: TableRow) -> str:
        return f"  {sign(row.mark, self._glyphs)} "

    def _line(self, lead: str, words: Phrase, style: Style, *, hang: int) -> Line:
        text, kept = self._words(words)
        facts = text.split(f" {self._glyphs.dot} ")[1:]
        kept += tuple(f"{self._glyphs.dot} {fact}" for fact in facts if len(fact) + hang + 2 <= self._width)
        return Line((lead + text).rstrip(), style, hang=hang, lead=len(lead), kept=kept)

    def _words(self, phrase: Phrase) -> tuple[str, tuple[str, ...]]:
        """The text of a phrase, and the commands in it, which must not be broken."""
        text, kept = "", []
        for piece in pieces(phrase):
            match piece:
                case CommandLine() | Typed():
                    kept.append(f"`{visible(command_text(piece, self._spell))}`")
                    text += kept[-1]
                case Code() | Strong():
                    text += visible(piece.text)
                case str():
                    text += self._typeset(visible(piece))
                case _:
                    assert_never(piece)
        return text, tuple(kept)

    def _typeset(self, words: str) -> str:
        """Our own words with real arrows and dots where the stream can show them."""
        if self._glyphs is TYPOGRAPHIC:
            return words
        return (
            words.replace("→", self._glyphs.arrow)
            .replace("…", self._glyphs.ellipsis)
            .replace(" · ", f" {self._glyphs.dot} ")
        )


def _widths(texts: Sequence[tuple[str, ...]], columns: int) -> tuple[int, ...]:
    """The width of each column. A cell that spans columns does not make any of them wider."""
    widths = [0] * columns
    for cells in texts:
        spans = len(cells) < columns
        for at, cell in enumerate(cells[:-1] if spans else cells):
            widths[at] = max(widths[at], len(cell))
    return tuple(widths)
