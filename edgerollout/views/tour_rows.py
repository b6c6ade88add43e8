"""What the views of a tour share: its heading, and the table of pages and directives."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from edgerollout.release.facts.evidence import Mode
    from edgerollout.tour.judgement import JudgedPage, TourVerdict


@dataclass(frozen=True)
class TourHeading:
    """What was judged where: a tour of a mode, or reports; `release` is the deployed one's number.

    `writes` is True where the suggestions go into policy.toml by this very run; `writing` is the command that
    would do that, None where it is this one with --write.
    """

    environment: str | None
    mode: Mode | Literal["reports"]
    release: int | None
    writes: bool = False
    writing: str | None = None


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
