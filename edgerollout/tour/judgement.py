"""The meaning of a tour or of reports: each cause once, what to do about it, and the policy after that."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from edgerollout.policy.csp import Csp, canonical_source
from edgerollout.policy.effective import allows
from edgerollout.policy.staging import is_twin
from edgerollout.tour.allowance import is_allowed
from edgerollout.tour.cause import bones, without_query
from edgerollout.tour.header_kinds import NOT_OBSERVABLE
from edgerollout.tour.insertion import Addition, additions, apply, place_for
from edgerollout.tour.matching import directive_for
from edgerollout.tour.merging import join_pages, merge_records
from edgerollout.tour.minimal import fewest
from edgerollout.tour.noise import noise
from edgerollout.tour.origin import origin_of
from edgerollout.tour.suggestion import (
    Allow,
    CauseAdvice,
    Decide,
    Rework,
    Settled,
    SuggestionChoices,
    advise,
    surroundings,
)
from edgerollout.tour.unused import unused

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from edgerollout.release.facts.evidence import Disposition
    from edgerollout.tour.cause import Cause
    from edgerollout.tour.model import Gathered, Record, UnseenFile, Visit

BLOCKED_BY_ENFORCED = "the enforced policy blocked something here: its effects were not seen"


@dataclass(frozen=True)
class CauseRow:
    """A cause and what to do about it. `place` is the directive where a source would go, None: nowhere."""

    cause: Cause
    advice: CauseAdvice
    place: str | None


@dataclass(frozen=True)
class Suggestion:
    """One source that the policy should gain, and the causes that need it."""

    directive: str
    source: str
    asked_by: tuple[Cause, ...]
    notes: tuple[str, ...] = ()

    @property
    def causes(self) -> int:
        return len(self.asked_by)

    @property
    def pages(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(page for cause in self.asked_by for page in cause.pages))


@dataclass(frozen=True)
class JudgedPage:
    """One page: violations of the judged policy in one load, and why it was not seen completely."""

    url: str
    violations: int
    reasons: tuple[str, ...] = ()
    not_tried: tuple[str, ...] = ()
    """What the page may do but did not do here; this does not make it incomplete."""
    differences: tuple[str, ...] = ()
    """Differences to a load without its headers that no single header explains."""
    accepted_unseen: tuple[str, ...] = ()
    """Third-party hosts that did not answer, which the team accepts."""

    @property
    def complete(self) -> bool:
        return not self.reasons


@dataclass(frozen=True)
class HeaderBreakage:
    """Something that a header breaks, on these pages. `value` is "" where browsers reported it."""

    header: str
    value: str
    problem: str
    pages: tuple[str, ...]

    @property
    def observed(self) -> bool:
        """Whether the header only reports: it would break this once it is enforced."""
        return is_twin(self.header)


@dataclass(frozen=True)
class TourVerdict:
    """The judgement of a policy.

    `policy` is the one that was toured, `disposition` whether it only reported. `rows` are the causes that it
    forbids, `others` what other policies forbid on the site's own documents (one that is enforced meanwhile,
    a page's <meta>). `before` is the policy that the suggestions extend, `after` the same with all of them.
    `dropped` counts records that are not about the site, by reason. `omitted` counts records beyond a limit:
    they were not checked, so nothing with omissions is clean. `partial` says why the whole is incomplete.
    """

    policy: Csp
    disposition: Disposition
    rows: tuple[CauseRow, ...]
    others: tuple[Cause, ...]
    before: Csp
    after: Csp
    suggestions: tuple[Suggestion, ...]
    pages: tuple[JudgedPage, ...]
    partial: tuple[str, ...] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)
    omitted: int = 0
    unused: tuple[tuple[str, str], ...] = ()
    """Sources of `before` that no page used, each with its directive; empty where not everything was seen."""
    breakages: tuple[HeaderBreakage, ...] = ()
    """What headers other than the CSP break, each thing once."""
    asks: tuple[tuple[str, str], ...] = ()
    """Headers whose harm a tour cannot see, each with the question to ask."""

    @property
    def digest(self) -> str:
        """The digest of the toured policy."""
        return self.policy.digest()

    @property
    def violations(self) -> int:
        """How many violations of the judged policy there were, counting one load of each page."""
        return sum(row.cause.count for row in self.rows) + self.omitted

    @property
    def clean(self) -> bool:
        return not self.rows and not self.omitted and not self.breakages

    @property
    def complete(self) -> bool:
        """Whether every page was seen completely: only then clean has a meaning."""
        return bool(self.pages) and not self.partial and all(page.complete for page in self.pages)

    @property
    def accepted_unseen(self) -> tuple[str, ...]:
        """Hosts that did not answer, but that the team accepts."""
        return tuple(sorted({host for page in self.pages for host in page.accepted_unseen}))

    @property
    def passed(self) -> bool:
        """Whether the policy would break nothing, and everything was seen."""
        return self.clean and self.complete

    @property
    def additions(self) -> tuple[Addition, ...]:
        """What each directive gains from the suggestions; new ones with what they copy."""
        return additions(self.before, self.wanted)

    @property
    def wanted(self) -> tuple[tuple[str, str], ...]:
        """The suggestions as directive and source."""
        return tuple((suggestion.directive, suggestion.source) for suggestion in self.suggestions)

    @property
    def open(self) -> tuple[CauseRow, ...]:
        """Rows without a suggestion: they need a decision, or a change of the page."""
        return tuple(row for row in self.rows if isinstance(row.advice, Decide | Rework))


def judge(
    gathered: Gathered,
    policy: Csp,
    *,
    own: Iterable[str] = (),
    disposition: Disposition = "report",
    before: Csp | None = None,
    choices: SuggestionChoices | None = None,
    accept_unseen: Collection[str] = (),
) -> TourVerdict:
    """Judge what a tour saw of `policy`.

    `own` are origins of the site, besides those of the requested pages. `disposition` is "enforce" where
    `policy` was toured as enforced. `before` is the policy to extend, where it is not the toured one.
    `accept_unseen` are hosts whose silence makes no page incomplete, as far as `policy` allows the requests
    to them.
    """
    origins = frozenset(origin for url in (*gathered.asked, *own) if (origin := origin_of(url)))
    dropped: Counter[str] = Counter()
    causes: list[Cause] = []
    for visit in gathered.visits:
        causes += merge_records(_of_the_site(visit, origins, dropped), visit.requests, policy)
    texts = {code: text for visit in gathered.visits for code, text in visit.inline.items()}
    causes = [replace(join_page, code=texts.get(join_page.hash, "")) for join_page in join_pages(causes)]
    ours = [cause for cause in causes if _is_of(cause, policy, disposition)]
    others = tuple(cause for cause in causes if not _is_of(cause, policy, disposition))
    pages = _pages(gathered, ours, others, disposition, _Accepted(policy, frozenset(accept_unseen), origins))
    before = policy if before is None else before
    partial = _partial(gathered)
    # What an enforced policy blocks hides everything that would have followed.
    is_whole = bool(pages) and not partial and all(page.complete for page in pages)
    is_whole = is_whole and not (disposition == "enforce" and ours)
    return _verdict(
        policy,
        disposition,
        ours,
        others=others,
        before=before,
        choices=choices or SuggestionChoices(),
        pages=pages,
        partial=partial,
        dead=unused(before, gathered.visits, origins) if is_whole else (),
        dropped=dropped,
        omitted=sum(visit.omitted for visit in gathered.visits),
        breakages=_breakages(gathered),
        asks=_asks(gathered),
    )


def judge_causes(
    causes: Iterable[Cause],
    policy: Csp,
    *,
    choices: SuggestionChoices | None = None,
    pages: Iterable[JudgedPage] = (),
    partial: tuple[str, ...] = (),
    dropped: Mapping[str, int] | None = None,
    omitted: int = 0,
    breakages: tuple[HeaderBreakage, ...] = (),
) -> TourVerdict:
    """Judge causes that do not come from a tour, such as reports: all of them count as violations of
    `policy`.
    """
    return _verdict(
        policy,
        "report",
        list(causes),
        others=(),
        before=policy,
        choices=choices or SuggestionChoices(),
        pages=tuple(pages),
        partial=partial,
        dropped=dropped or {},
        omitted=omitted,
        breakages=breakages,
    )


def _verdict(
    policy: Csp,
    disposition: Disposition,
    causes: list[Cause],
    *,
    others: tuple[Cause, ...],
    before: Csp,
    choices: SuggestionChoices,
    pages: tuple[JudgedPage, ...],
    partial: tuple[str, ...],
    dropped: Mapping[str, int],
    omitted: int,
    breakages: tuple[HeaderBreakage, ...] = (),
    asks: tuple[tuple[str, str], ...] = (),
    dead: tuple[tuple[str, str], ...] = (),
) -> TourVerdict:
    forbidden = [cause for cause in causes if not is_allowed(before, cause)]
    around = surroundings(before, forbidden, choices, dead=dead)
    advised = {cause: advise(cause, around) for cause in forbidden}
    settled = _settled(policy, before)
    rows = tuple(_row(cause, advised.get(cause, settled), before) for cause in causes)
    needs = {cause: advice.sources for cause, advice in advised.items() if isinstance(advice, Allow)}
    wanted = fewest(before, needs)
    return TourVerdict(
        policy=policy,
        disposition=disposition,
        rows=rows,
        others=others,
        before=before,
        after=apply(before, wanted),
        suggestions=_suggestions(wanted, rows),
        pages=pages,
        partial=partial,
        dropped=dict(dropped),
        omitted=omitted,
        unused=dead,
        breakages=breakages,
        asks=asks,
    )


def _row(cause: Cause, advice: CauseAdvice, before: Csp) -> CauseRow:
    source = advice.sources[0] if isinstance(advice, Allow | Decide) and advice.sources else ""
    return CauseRow(cause, advice, place_for(before, cause.directive, source))


def _settled(policy: Csp, before: Csp) -> CauseAdvice:
    """The advice for what was reported, but is allowed by the policy that the suggestions extend."""
    if bones(policy) == bones(before):
        return Rework("the policy's text allows it, but the browser reports it: check the page")
    return Settled("the present policy already allows it: publish that")


def _suggestions(wanted: Iterable[tuple[str, str]], rows: Iterable[CauseRow]) -> tuple[Suggestion, ...]:
    """The suggested sources, each with the causes that need it; a broader one also counts for those it
    covers.
    """
    asking: dict[tuple[str, str], list[CauseRow]] = {}
    for row in rows:
        if isinstance(row.advice, Allow) and row.place is not None:
            for source in row.advice.sources:
                asking.setdefault((row.place, canonical_source(row.place, source)), []).append(row)
    found = []
    for directive, source in wanted:
        asked = asking.get((directive, canonical_source(directive, source)), [])
        notes = dict.fromkeys(note for row in asked for note in _notes_on(row.advice, source))
        found.append(Suggestion(directive, source, tuple(row.cause for row in asked), tuple(notes)))
    return tuple(sorted(found, key=lambda suggestion: (suggestion.directive, suggestion.source)))


def _notes_on(advice: CauseAdvice, source: str) -> tuple[str, ...]:
    """The notes of an advice, for the last of its sources, which they are about."""
    return advice.notes if isinstance(advice, Allow) and advice.sources[-1:] == (source,) else ()


def _of_the_site(visit: Visit, own: Collection[str], dropped: Counter[str]) -> list[Record]:
    kept = []
    for record in visit.records:
        reason = noise(record, own)
        if reason is None:
            kept.append(record)
        else:
            dropped[reason] += 1
    return kept


def _is_of(cause: Cause, policy: Csp, disposition: Disposition) -> bool:
    """Whether a cause is a violation of this policy with this disposition."""
    return cause.disposition == disposition and (not cause.policy or bones(cause.policy) == bones(policy))


@dataclass(frozen=True)
class _Accepted:
    """Hosts that may stay silent where the policy allows the requests to them."""

    policy: Csp
    hosts: frozenset[str]
    own: frozenset[str]

    def among(self, visit: Visit) -> dict[str, str]:
        """The accepted reasons, each with its host."""
        refused = {file.reason for file in visit.unseen if self._host(file) is None}
        found = {file.reason: self._host(file) or "" for file in visit.unseen}
        return {reason: host for reason, host in found.items() if reason not in refused}

    def _host(self, unseen: UnseenFile) -> str | None:
        host = origin_of(unseen.url).partition("://")[2].partition(":")[0]
        directive = directive_for(unseen.destination)
        if host not in self.hosts or directive is None or origin_of(unseen.url) in self.own:
            return None
        own = next(iter(self.own), "")
        return host if allows(self.policy, directive, unseen.url, self_origin=own, redirected=False) else None


def _pages(
    gathered: Gathered,
    ours: Iterable[Cause],
    others: Iterable[Cause],
    disposition: Disposition,
    accepted: _Accepted,
) -> tuple[JudgedPage, ...]:
    counts: Counter[str] = Counter()
    for cause in ours:
        counts.update(dict(cause.sightings))
    blocked = {
        page
        for cause in others
        if disposition == "report" and cause.disposition == "enforce"
        for page in cause.pages
    }
    pages: dict[str, JudgedPage] = {}
    for visit in gathered.visits:
        silent = accepted.among(visit)
        reasons = [
            reason
            for reason in visit.incomplete
            if reason not in silent and not _is_dead_link(visit, reason, gathered.asked)
        ]
        if visit.url in blocked:
            reasons.append(BLOCKED_BY_ENFORCED)
        if visit.omitted:
            reasons.append(f"{visit.omitted:,} further records of violations were not checked")
        pages[visit.url] = JudgedPage(
            visit.url,
            counts[visit.url] + visit.omitted,
            tuple(reasons),
            visit.not_tried,
            visit.differences,
            tuple(dict.fromkeys(silent.values())),
        )
    return tuple(pages.values())


def _breakages(gathered: Gathered) -> tuple[HeaderBreakage, ...]:
    found: dict[tuple[str, str, str], list[str]] = {}
    for visit in gathered.visits:
        for breakage in visit.breakages:
            found.setdefault((breakage.header, breakage.value, breakage.problem), []).append(visit.url)
    return tuple(HeaderBreakage(*told, tuple(pages)) for told, pages in found.items())


def _asks(gathered: Gathered) -> tuple[tuple[str, str], ...]:
    sent = {name for visit in gathered.visits for name, _ in visit.headers}
    unheard = ((header.name, header.unheard) for header in gathered.watched if header.unheard is not None)
    return (*unheard, *((name, question) for name, question in NOT_OBSERVABLE.items() if name in sent))


def _is_dead_link(visit: Visit, reason: str, asked: Collection[str]) -> bool:
    """Whether the only problem is a link to a missing page, whose error page was seen."""
    gone = visit.status is not None and 400 <= visit.status < 500
    return gone and visit.url not in asked and reason == f"answered {visit.status}"


def _partial(gathered: Gathered) -> tuple[str, ...]:
    """Why the whole tour is incomplete: its own reasons, a failed detector, pages that were not visited."""
    reasons = list(gathered.partial)
    if not gathered.self_test.passed:
        missed = ", ".join(gathered.self_test.missed) or "everything"
        reasons.append(f"the detector failed its test, it missed {missed}: finding nothing means nothing")
    if not gathered.visits:
        reasons.append("no page was visited")
    visited = {visit.url for visit in gathered.visits}
    missing = [url for url in gathered.asked if url not in visited]
    shown = dict.fromkeys(without_query(url) for url in missing)
    reasons += [f"{url} was not visited" for url in shown]
    return tuple(reasons)
