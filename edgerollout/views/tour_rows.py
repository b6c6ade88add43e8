"""What the views of a tour share: its heading, and the table of pages and directives."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgerollout.advice import Advice
    from edgerollout.tour.gains import Gain
    from edgerollout.tour.judgement import JudgedPage, TourVerdict
    from edgerollout.tour.next_step import Looked


@dataclass(frozen=True)
class TourHeading:
    """What was judged where: a tour of a mode, or reports; `release` is the deployed one's number.

    `gains` is where the suggestions go to, `written` whether they are in policy.toml by now. `next_step` is
    None where there is none.
    """

    environment: str | None
    mode: Looked
    release: int | None
    gains: tuple[Gain, ...] = ()
    written: bool = False
    next_step: Advice | None = None


@dataclass(frozen=True)
class PageTable:
    """How often each page violates each directive, that where a source would go. Rows are pages, cells in
    the order of `directives`."""

    directives: tuple[str, ...]
    rows: tuple[tuple[JudgedPage, tuple[int, ...]], ...]


def page_table(verdict: TourVerdict) -> PageTable:
    """The table of a verdict, without columns of zeros."""
    cells: Counter[tuple[str, str]] = Counter()
    for row in verdict.rows:
        for page, count in row.cause.sightings:
            cells[(page, row.place or row.cause.directive)] += count
    directives = tuple(sorted({directive for _, directive in cells}))
    return PageTable(
        directives,
        tuple((page, tuple(cells[(page.url, one)] for one in directives)) for page in verdict.pages),
    )
