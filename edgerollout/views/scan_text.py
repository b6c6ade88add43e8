"""A scan for people: all URLs side by side, then every test of each with why and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.views.ink import Line, Style, visible
from edgerollout.views.scan_rows import (
    Failed,
    bonus_words,
    both_words,
    letter_words,
    modifier_words,
    notes,
    score_words,
    side_by_side,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgerollout.policy.grade.observatory import Tested
    from edgerollout.views.glyphs import Glyphs
    from edgerollout.views.scan_rows import Graded, Scanned

_CELL = 5
"""Columns of a modifier."""

_NARROW = 72
"""Columns below which a test's name has a line of its own."""


def scan_lines(results: Sequence[Scanned], width: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """The scan in lines."""
    return tuple(_lines(results, width, glyphs))


def _lines(results: Sequence[Scanned], width: int, glyphs: Glyphs) -> Iterator[Line]:
    if len(results) > 1:
        yield from _overview(results, width, glyphs)
    for position, one in enumerate(results):
        if position or len(results) > 1:
            yield Line("")
        if isinstance(one, Failed):
            yield Line(visible(one.url), Style.STRONG)
            yield Line(f"  {glyphs.failed} {visible(one.why)}", Style.BAD, hang=4)
            if one.hint is not None:
                yield Line(f"    {one.hint}", hang=4)
        else:
            yield from _graded(one, width, glyphs)


def _overview(results: Sequence[Scanned], width: int, glyphs: Glyphs) -> Iterator[Line]:
    """Every URL with a number, and by those numbers the tests in which they differ."""
    column = max(len(visible(one.url)) for one in results)
    for number, one in enumerate(results, 1):
        lead = f"{number:>2} {visible(one.url).ljust(column)}  "
        if isinstance(one, Failed):
            yield Line(f"{lead}{glyphs.failed} {visible(one.why)}", Style.BAD, hang=5)
        else:
            yield Line(f"{lead}{both_words(one.now)}", hang=5)
    rows = side_by_side(results)
    column = max((len(name) for name, _ in rows), default=0)
    if not rows or 3 + column + _CELL * len(results) > width:
        return
    yield Line("")
    heads = "".join(str(number).rjust(_CELL) for number in range(1, len(results) + 1))
    yield Line(f"   {'where they differ'.ljust(column)}{heads}", Style.MUTED, hang=5)
    for name, cells in rows:
        yield Line(f"   {name.ljust(column)}{''.join(cell.rjust(_CELL) for cell in cells)}".rstrip(), hang=5)


def _graded(one: Graded, width: int, glyphs: Glyphs) -> Iterator[Line]:
    grade, letter = one.now.observatory, one.now.letter
    yield Line(visible(one.url), Style.STRONG)
    if one.seen.page.url != one.url:
        yield Line(f"  graded at {visible(one.seen.page.url)}", Style.MUTED, hang=4)
    yield Line(f"  Observatory {score_words(grade)}, algorithm {grade.algorithm}", Style.STRONG)
    yield Line(f"  securityheaders style {letter.grade}", Style.STRONG)
    if one.grades.if_enforced is not None:
        yield Line(f"  once enforced: {both_words(one.grades.if_enforced)}", hang=4)
    if one.after is not None:
        yield Line(f"  with the release: {both_words(one.after.now)}", hang=4)
        if one.after.if_enforced is not None:
            yield Line(f"  and once it enforces: {both_words(one.after.if_enforced)}", hang=4)
    yield Line("")
    column = max(len(test.test) for test in grade.tests)
    for test in grade.tests:
        yield from _test(test, column if width >= _NARROW else None, glyphs)
    if (bonus := bonus_words(grade)) is not None:
        yield Line(f"  {bonus}", hang=2)
    yield Line("")
    yield Line(f"  securityheaders style {letter.grade}, its rules in part inferred:", hang=4)
    yield from (Line(f"    {text}", hang=6) for text in letter_words(letter))
    remarks = notes(one)
    if remarks:
        yield Line("")
        yield from (Line(f"  {glyphs.note} {visible(text)}", Style.WARNING, hang=4) for text in remarks)


def _test(test: Tested, column: int | None, glyphs: Glyphs) -> Iterator[Line]:
    mark, style = (glyphs.done, Style.PLAIN) if test.passes else (glyphs.failed, Style.REMOVED)
    modifier = modifier_words(test.modifier).rjust(3)
    if column is None:
        yield Line(f"  {mark} {modifier} {test.test}", style)
        indent = 6
        yield Line(f"{' ' * indent}{test.reason}", style, hang=indent)
    else:
        indent = column + 11
        yield Line(f"  {mark} {modifier}  {test.test.ljust(column)}  {test.reason}", style, hang=indent)
    if test.missing and test.advice:
        gain = f"{glyphs.arrow} {test.advice} (up to +{test.missing})"
        yield Line(f"{' ' * indent}{gain}", Style.MUTED, hang=indent)
