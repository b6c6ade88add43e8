"""A lint for people: the findings under their lines, with what they mean and what to write instead."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, assert_never

from edgerollout.policy.severity import Severity
from edgerollout.views.ink import Line, Style, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.views.glyphs import Glyphs
    from edgerollout.views.lint_rows import LintReport, LintRow

_HANG = 4


def lint_lines(report: LintReport, glyphs: Glyphs) -> tuple[Line, ...]:
    """The report in lines, the count of each severity last."""
    return tuple(_lines(report, glyphs))


def _lines(report: LintReport, glyphs: Glyphs) -> Iterator[Line]:
    for place, rows in groupby(report.rows, key=_place):
        if place:
            yield Line(visible(place), Style.STRONG)
        for row in rows:
            yield from _row(row, glyphs)
        yield Line("")
    if report.count(Severity.ERROR):
        yield Line(f"{glyphs.failed} {report.summary}", Style.BAD)
    elif report.count(Severity.WARNING):
        yield Line(f"{glyphs.warning} {report.summary}", Style.WARNING)
    else:
        yield Line(f"{glyphs.done} {report.summary}", Style.GOOD)


def _place(row: LintRow) -> str:
    return "" if row.file is None else f"{row.file}:{row.line}" if row.line else row.file


def _row(row: LintRow, glyphs: Glyphs) -> Iterator[Line]:
    finding = row.finding
    sign, style = _sign(finding.severity, glyphs)
    subject = f"  {visible(row.where)}" if row.where else ""
    yield Line(f"  {sign} {finding.severity}: {finding.rule}{subject}", style, _HANG, 4)
    only = f" (in {', '.join(row.environments)})" if row.environments else ""
    yield Line(f"    {visible(finding.message)}{only}", hang=_HANG)
    if finding.hint is not None:
        yield Line(f"    {glyphs.arrow} {visible(finding.hint)}", Style.ADDED, _HANG + 2)


def _sign(severity: Severity, glyphs: Glyphs) -> tuple[str, Style]:
    match severity:
        case Severity.ERROR:
            return glyphs.failed, Style.BAD
        case Severity.WARNING:
            return glyphs.warning, Style.WARNING
        case Severity.NOTE:
            return glyphs.note, Style.MUTED
        case _:
            assert_never(severity)
