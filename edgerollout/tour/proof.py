"""From a judged tour to evidence: never cleaner or more complete than what was seen."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import edgerollout
from edgerollout.policy.effective import policies_of
from edgerollout.policy.staging import twin_of
from edgerollout.release.facts.evidence import (
    ROWS,
    WITHOUT_CSP,
    Evidence,
    ToldViolation,
    TouredPage,
    WatchedHeader,
)
from edgerollout.release.facts.release import observed_digest
from edgerollout.tour.cause import bones, without_query, words_without_queries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgerollout.policy.csp import Csp
    from edgerollout.policy.headers import Header
    from edgerollout.release.facts.evidence import Disposition
    from edgerollout.tour.judgement import TourVerdict
    from edgerollout.tour.model import Gathered, Visit

NO_POLICY = "no report-only policy was seen here"
SEVERAL_POLICIES = "it had another report-only policy with another query"
ENFORCED_ONLY = "the toured policy is enforced; evidence is about a policy that only reports"


@dataclass(frozen=True)
class Subject:
    """What was toured, according to AWS: evidence is only about this.

    `release` is the live release's number, None where nothing was deployed for the tour; `digest` the
    policy digest (64 hex) of the observed policy as the release has it.
    """

    environment: str
    account: str
    distributions: tuple[str, ...]
    endpoint: str
    release: int | None
    digest: str
    observed: tuple[Header, ...] = ()
    """The headers that the release observes."""


def evidence_of(gathered: Gathered, verdict: TourVerdict, subject: Subject) -> Evidence:
    """The evidence of a tour.

    Its violations include what other policies blocked on the site's pages: where an enforced policy stops a
    page, what would follow is not seen. Queries are left out, because they may be secrets.
    """
    rows = _rows(verdict)
    counts: Counter[str] = Counter()
    for row in rows:
        counts[row.page] += row.count
    visits: dict[str, list[Visit]] = {}
    for visit in gathered.visits:
        visits.setdefault(without_query(visit.url), []).append(visit)
    pages = tuple(_page(url, group, counts[url], verdict, subject) for url, group in visits.items())
    listed = rows[:ROWS]
    total = sum(page.violations for page in pages)
    partial = list(verdict.partial)
    if verdict.disposition != "report":
        partial.append(ENFORCED_ONLY)
    return Evidence(
        tool=edgerollout.__version__,
        mode=gathered.mode,
        environment=subject.environment,
        account=subject.account,
        distributions=subject.distributions,
        endpoint=subject.endpoint,
        release=subject.release,
        digest=subject.digest,
        asked=tuple(dict.fromkeys(map(without_query, gathered.asked))),
        pages=pages,
        rows=listed,
        omitted=total - sum(row.count for row in listed),
        partial=tuple(map(words_without_queries, partial)),
        browser_name=gathered.browser.name,
        browser_version=gathered.browser.version,
        started=gathered.started,
        ended=gathered.ended,
        self_test_passed=gathered.self_test.passed,
        kinds=gathered.self_test.kinds,
        accepted_unseen=verdict.accepted_unseen,
        observed=tuple(_watched(header.name, gathered) for header in subject.observed),
    )


def _watched(name: str, gathered: Gathered) -> WatchedHeader:
    found = next((header for header in gathered.watched if header.name == name), None)
    return WatchedHeader(name, f"no page sent {twin_of(name)}") if found is None else found


def _rows(verdict: TourVerdict) -> tuple[ToldViolation, ...]:
    """Every violation, and every other problem that a header causes, page by page."""
    found: Counter[tuple[str, str, str, Disposition]] = Counter()
    for cause in (*(row.cause for row in verdict.rows), *verdict.others):
        for page, count in cause.sightings:
            found[(cause.directive, cause.name, without_query(page), cause.disposition)] += count
    for breakage in verdict.breakages:
        for page in breakage.pages:
            disposition: Disposition = "report" if breakage.observed else "enforce"
            found[(breakage.header, breakage.problem, without_query(page), disposition)] += 1
    return tuple(ToldViolation(*key, count) for key, count in found.items())


def _page(
    url: str, visits: Sequence[Visit], violations: int, verdict: TourVerdict, subject: Subject
) -> TouredPage:
    """One page; it has several visits where URLs differ only in the query, which must not be written."""
    addresses = {visit.url for visit in visits}
    reasons = [reason for page in verdict.pages if page.url in addresses for reason in page.reasons]
    digests = {_digest_seen(visit, verdict.policy) for visit in visits}
    if subject.digest == WITHOUT_CSP:
        digests = {seen or WITHOUT_CSP for seen in digests}
    observed = {_observed_seen(visit, subject.observed) for visit in visits}
    digest = digests.pop() if len(digests) == 1 else None
    if digest is None:
        reasons.append(NO_POLICY if not digests else SEVERAL_POLICIES)
    omitted = sum(visit.omitted for visit in visits)
    why = words_without_queries("; ".join(dict.fromkeys(reasons)))
    return TouredPage(
        url, digest, violations + omitted, why or None, observed.pop() if len(observed) == 1 else None
    )


def _observed_seen(visit: Visit, observed: Sequence[Header]) -> str | None:
    """The digest of those headers that a page observes, with the values that it has."""
    there = dict(visit.headers)
    return observed_digest(
        replace(header, value=there[twin_of(header.name)])
        for header in observed
        if twin_of(header.name) in there
    )


def _digest_seen(visit: Visit, policy: Csp) -> str | None:
    """The digest of a page's report-only policy; of several policies that of the toured one, if it is among
    them.
    """
    found = policies_of(visit.report_only)
    ours = next((csp for csp in found if bones(csp) == bones(policy)), None)
    return (ours or found[0]).digest() if found else None
