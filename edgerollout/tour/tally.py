"""Adds reports up, each cause once, with memory that does not grow with their number."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgerollout.tour.allowance import is_allowed
from edgerollout.tour.cause import HASHABLE, Cause, Spot, blocked_of, bones, kind_of, without_query
from edgerollout.tour.json_stream import CutShort, Garbage
from edgerollout.tour.judgement import HeaderBreakage, JudgedPage, TourVerdict, judge_causes
from edgerollout.tour.model import Record
from edgerollout.tour.noise import FOREIGN, noise_of_visitors
from edgerollout.tour.origin import origin_of
from edgerollout.tour.reports import HeaderReport
from edgerollout.tour.sighting import SHOWN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from edgerollout.policy.csp import Csp
    from edgerollout.tour.suggestion import SuggestionChoices

MOST_CAUSES = 5_000
"""The most separate causes. Of further ones only the origin is kept, for the same number; then they are only
counted.
"""

MOST_PAGES = 20
"""The most pages of one cause; reports from others count as `(other pages)`."""

MOST_ADDRESSES = 2_000
"""The most pages of all causes."""

OTHER_PAGES = "(other pages)"
OLD_POLICY = "reports by other policies, about inline code that cannot be identified"
ALLOWED = "reports about what the policy allows now"
OTHER_REPORTS = "reports about something else than a policy"


@dataclass
class _Sum:
    """What is kept about a cause while adding up."""

    cause: Cause
    pages: Counter[str]
    spots: dict[Spot, None]


class Tally:
    """Judges reports with `policy` as they come: what it allows now is no longer a violation.

    `own` are the site's origins; without any, every document counts as the site's.
    """

    def __init__(self, policy: Csp, own: Collection[str], *, most: int = MOST_CAUSES) -> None:
        self.reports = 0
        self.garbage = 0
        self.garbage_starts: list[str] = []
        self.cut_short: str | None = None
        self.omitted = 0
        self.dropped: Counter[str] = Counter()
        self._policy = policy
        self._bones = bones(policy)
        self._own = frozenset(own)
        self._most = most
        self._most_addresses = min(MOST_ADDRESSES, most)
        self._sums: dict[tuple[object, ...], _Sum] = {}
        self._of_headers: dict[tuple[str, str], dict[str, None]] = {}
        self._coarse = 0
        self._addresses: dict[str, str] = {}
        self._allowed: dict[tuple[object, ...], bool] = {}

    def add_all(self, found: Iterable[Record | HeaderReport | str | Garbage | CutShort]) -> None:
        """Add what `reports.read_reports` found."""
        for record in found:
            match record:
                case Record():
                    self.add(record)
                case HeaderReport():
                    self._add_of_header(record)
                case Garbage(start=start):
                    self.garbage += 1
                    if len(self.garbage_starts) < SHOWN:
                        self.garbage_starts.append(start)
                case CutShort(why=why):
                    self.cut_short = why
                case str():
                    self.dropped[OTHER_REPORTS] += 1

    def _add_of_header(self, report: HeaderReport) -> None:
        self.reports += 1
        if self._own and origin_of(report.page) not in self._own:
            self.dropped[FOREIGN] += 1
            return
        if len(self._addresses) < self._most_addresses:
            self._addresses.setdefault(report.page, report.page)
        key = (report.header, report.problem)
        if key not in self._of_headers and len(self._of_headers) >= self._most:
            self.omitted += 1
            return
        pages = self._of_headers.setdefault(key, {})
        if len(pages) < MOST_PAGES:
            pages[self._addresses.get(report.page, OTHER_PAGES)] = None

    def add(self, record: Record) -> None:
        """Add one report."""
        self.reports += 1
        reason = noise_of_visitors(record, self._own)
        if reason is not None:
            self.dropped[reason] += 1
            return
        if len(self._addresses) < self._most_addresses:
            self._addresses.setdefault(record.page, record.page)
        cause = _cause(record)
        key = _key(cause)
        found = self._sums.get(key)
        if found is None:
            reason = self._needless(cause, key)
            if reason is not None:
                self.dropped[reason] += 1
                return
            found = self._new(cause, key)
        if found is None:
            self.omitted += 1
            return
        found.pages[self._page(record.page, found)] += 1
        if len(found.spots) < SHOWN:
            found.spots.update(dict.fromkeys(cause.spots))

    def _page(self, page: str, found: _Sum) -> str:
        """The name under which a page is counted; it is one string object for all causes."""
        if page not in found.pages and len(found.pages) >= MOST_PAGES:
            return OTHER_PAGES
        return self._addresses.get(page, OTHER_PAGES)

    def _needless(self, cause: Cause, key: tuple[object, ...]) -> str | None:
        """Why a report is not about the present policy; None where it is."""
        if len(self._allowed) > self._most:
            self._allowed.clear()
        if key not in self._allowed:
            self._allowed[key] = is_allowed(self._policy, cause)
        if self._allowed[key]:
            return ALLOWED
        unknown = cause.kind in HASHABLE and not cause.hash
        return OLD_POLICY if unknown and cause.policy and bones(cause.policy) != self._bones else None

    def _new(self, cause: Cause, key: tuple[object, ...]) -> _Sum | None:
        """The sum of a new cause; None when there is no room left."""
        if len(self._sums) - self._coarse >= self._most:
            cause = replace(cause, blocked=origin_of(cause.blocked) or cause.blocked, sample="", spots=())
            key = ("coarse", *_key(cause))
            if key in self._sums:
                return self._sums[key]
            if self._coarse >= self._most:
                return None
            self._coarse += 1
        # Its policy is no longer needed.
        made = _Sum(replace(cause, policy=""), Counter(), {})
        self._sums[key] = made
        return made

    def verdict(self, choices: SuggestionChoices) -> TourVerdict:
        """The judgement of the policy, from all added reports. It is complete when every report was read."""
        causes = [
            replace(total.cause, sightings=tuple(total.pages.most_common()), spots=tuple(total.spots))
            for total in self._sums.values()
        ]
        causes.sort(key=lambda cause: (cause.directive, -cause.count, cause.blocked))
        counts: Counter[str] = Counter(dict.fromkeys(self._addresses, 0))
        for cause in causes:
            counts.update(dict(cause.sightings))
        return judge_causes(
            causes,
            self._policy,
            choices=choices,
            pages=[JudgedPage(page, count) for page, count in counts.most_common()],
            partial=tuple(self._partial()),
            dropped=self.dropped,
            omitted=self.omitted,
            breakages=tuple(
                HeaderBreakage(header, "", problem, tuple(pages))
                for (header, problem), pages in sorted(self._of_headers.items())
            ),
        )

    def _partial(self) -> list[str]:
        reasons = []
        if not self.reports:
            reasons.append("it has no report of a violation")
        elif not self._addresses:
            reasons.append("none of its reports is about the site's own documents")
        if self.garbage:
            several = "stretches are" if self.garbage > 1 else "stretch is"
            reasons.append(f"{self.garbage:,} {several} not a report, such as {self.garbage_starts[0]!r}")
        if self.cut_short is not None:
            reasons.append(f"the file ends too early: {self.cut_short}")
        if self.omitted:
            reasons.append(f"{self.omitted:,} reports of further causes were counted, not checked")
        return reasons


def _cause(record: Record) -> Cause:
    kind = kind_of(record)
    spot = () if not record.source else (Spot(without_query(record.source), record.line, record.column),)
    return Cause(
        directive=record.directive,
        kind=kind,
        blocked=blocked_of(record),
        disposition="report",
        origin=origin_of(record.document),
        sightings=(),
        sample=record.sample,
        spots=spot,
        documents=(record.document,),
        policy=record.original_policy,
    )


def _key(cause: Cause) -> tuple[object, ...]:
    """What two reports of the same cause share: not the policy, because all are judged with the present
    one.
    """
    inline = (cause.sample, cause.spots) if cause.kind in HASHABLE else ()
    sink = cause.sample.partition("|")[0] if cause.kind == "trusted-types" else ""
    return (cause.directive, cause.kind, cause.blocked, cause.origin, inline, sink)
