"""Groups the causes of a verdict: causes with the same host and the same advice are shown once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edgerollout.tour.origin import origin_of
from edgerollout.views.tour_wording import shown_url

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edgerollout.tour.cause import Cause, Spot
    from edgerollout.tour.judgement import CauseRow
    from edgerollout.tour.suggestion import CauseAdvice


@dataclass(frozen=True)
class Entry:
    """Rows that differ only in the URL on a host; never empty. Most entries have a single row."""

    rows: tuple[CauseRow, ...]

    @property
    def cause(self) -> Cause:
        """The cause of the first row, shown for all rows."""
        return self.rows[0].cause

    @property
    def advice(self) -> CauseAdvice:
        return self.rows[0].advice

    @property
    def place(self) -> str:
        """The directive to which a source would be added."""
        return self.rows[0].place or self.cause.directive

    @property
    def sightings(self) -> tuple[tuple[str, int], ...]:
        """Pages, with the number of violations on each."""
        counts: Counter[str] = Counter()
        for row in self.rows:
            counts.update(dict(row.cause.sightings))
        return tuple(counts.items())

    @property
    def pages(self) -> tuple[str, ...]:
        return tuple(page for page, _ in self.sightings)

    @property
    def spots(self) -> tuple[Spot, ...]:
        """Places in the code that made the request; files without a line only if no line is known."""
        every = dict.fromkeys(spot for row in self.rows for spot in row.cause.spots)
        return tuple(spot for spot in every if spot.line) or tuple(every)


_PLACE = 30


def from_where(entry: Entry) -> str:
    """The line of code that asked for it, else the page, by its path; and on how many more pages."""
    url = shown_url(str(entry.spots[0]) if entry.spots else next(iter(entry.pages), ""))
    told = (urlsplit(url).path if "://" in url else url) or url
    more = f" +{len(entry.pages) - 1}" if len(entry.pages) > 1 else ""
    return f"{told if len(told) <= _PLACE else '…' + told[-_PLACE:]}{more}"


def entries_of(rows: Iterable[CauseRow]) -> tuple[Entry, ...]:
    """The rows in groups, in the order of the first row of each group."""
    groups: dict[tuple[object, ...], list[CauseRow]] = {}
    for number, row in enumerate(rows):
        groups.setdefault(_kind(row, number), []).append(row)
    return tuple(Entry(tuple(group)) for group in groups.values())


def _kind(row: CauseRow, number: int) -> tuple[object, ...]:
    cause = row.cause
    blocked = origin_of(cause.blocked)
    if cause.kind != "url" or blocked is None:
        return (number,)
    target = origin_of(cause.target) or cause.target
    return (cause.directive, blocked, target, cause.origin, cause.confirmed, row.advice)
