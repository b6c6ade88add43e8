"""Does a tour's evidence allow enforcing a policy? Every reason why not, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edgerollout.errors import Refused
from edgerollout.policy.wording import listed
from edgerollout.release.facts.evidence import (
    CLOCK_SKEW,
    WITHOUT_CSP,
    Evidence,
    digest_seen,
    endpoint_words,
    sha256_of,
)
from edgerollout.release.facts.lasting import lasting
from edgerollout.release.facts.release import SHORT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime, timedelta

    from edgerollout.policy.headers import Header
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.evidence import Mode
    from edgerollout.release.facts.release import Release
    from edgerollout.release.status.status import Status


_SHOWN = 3
"""The most pages and violations in a reason."""

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class ExpectedEvidence:
    """What evidence has to be about. Digests are 64 hex digits.

    `digest` is that of the policy to be enforced, `seen` the one that pages show (`digest_seen`). `pages` are
    the URLs that must have been visited. `endpoint` is AWS, SANDBOX, or the URL of this run's endpoint.
    `release` and `live_since` count only for the `mode` deployed: nothing is deployed for a candidate.
    """

    environment: str
    account: str
    distributions: frozenset[str]
    endpoint: str
    digest: str
    seen: str
    pages: tuple[str, ...]
    max_age: timedelta
    now: datetime
    release: int | None = None
    live_since: datetime | None = None
    mode: Mode = "deployed"
    observed: str | None = None
    """The digest of the headers that pages must observe; None: of none."""


@dataclass(frozen=True)
class JudgedEvidence:
    """A file of evidence, and the reasons why it is not accepted (none: it is). `evidence` None: it cannot be
    read.

    `to_the_point`: it is about the expected site, policy and time; only what it found can speak against it.
    """

    sha256: str
    evidence: Evidence | None
    reasons: tuple[str, ...]
    to_the_point: bool = False

    @property
    def accepted(self) -> bool:
        return self.evidence is not None and not self.reasons

    def unheard(self, observed: Iterable[Header]) -> Mapping[str, str]:
        """Those of these headers that the tour did not really observe, and why."""
        told = () if self.evidence is None else self.evidence.observed
        found = {header.name: header.unheard for header in told}
        told_why = {
            header.name: found.get(header.name, "the evidence says nothing of it") for header in observed
        }
        return {name: why for name, why in told_why.items() if why is not None}


def expected_of(
    environment: Environment, status: Status, live: Release, *, endpoint: str, now: datetime
) -> ExpectedEvidence:
    """The evidence that allows enforcing what the environment's live release observes.

    Raises Refused while nothing is live.
    """
    if status.live is None:
        raise Refused(f"nothing is live in {environment.name}, so no evidence can be about it")
    return ExpectedEvidence(
        environment=environment.name,
        account=environment.account,
        distributions=frozenset(distribution.id for distribution in status.distributions),
        endpoint=endpoint,
        release=status.live.number,
        digest=live.report_only_digest or WITHOUT_CSP,
        seen=digest_seen(live.report_only),
        # Where the time since when the release is live is unknown, no evidence is new enough.
        live_since=status.live_since or now,
        pages=environment.urls,
        max_age=environment.gates.evidence_max_age,
        now=now,
        observed=live.observed_digest,
    )


def judge_file(content: bytes, expected: ExpectedEvidence) -> JudgedEvidence:
    """Read a file of evidence and judge it. What cannot be read is a reason, not an error."""
    sha256 = sha256_of(content)
    try:
        evidence = Evidence.from_bytes(content)
    except Refused as error:
        return JudgedEvidence(sha256, None, (str(error),))
    beside = _beside_the_point(evidence, expected)
    return JudgedEvidence(sha256, evidence, judge_evidence(evidence, expected), to_the_point=not beside)


def judge_evidence(evidence: Evidence, expected: ExpectedEvidence) -> tuple[str, ...]:
    """Why the evidence is not accepted: each reason says what was found and what was expected."""
    return (*_beside_the_point(evidence, expected), *_not_whole(evidence, expected))


def _beside_the_point(evidence: Evidence, expected: ExpectedEvidence) -> tuple[str, ...]:
    return (
        *evidence.contradictions(),
        *_of_something_else(evidence, expected),
        *_out_of_time(evidence, expected),
    )


def _of_something_else(evidence: Evidence, expected: ExpectedEvidence) -> Iterator[str]:
    if evidence.mode != expected.mode:
        wanted = "of the deployed site" if expected.mode == "deployed" else f"of a {expected.mode}"
        yield f"it is of a {evidence.mode} tour, only one {wanted} counts"
    if evidence.endpoint != expected.endpoint:
        yield (
            f"it was gathered on {endpoint_words(evidence.endpoint)},"
            f" this is {endpoint_words(expected.endpoint)}"
        )
    if evidence.environment != expected.environment:
        yield f"it is of environment {evidence.environment}, this is {expected.environment}"
    if evidence.account != expected.account:
        yield f"it is of account {evidence.account}, {expected.environment} is in {expected.account}"
    if set(evidence.distributions) != expected.distributions:
        yield (
            f"it is of {_distributions(evidence.distributions)},"
            f" {expected.environment} has {_distributions(expected.distributions)}"
        )
    if expected.release is not None and evidence.release != expected.release:
        yield f"it is of release {evidence.release or '(none)'}, release {expected.release} is live"
    if evidence.digest != expected.digest:
        state = "is observed" if expected.mode == "deployed" else "would be enforced"
        yield f"it is of policy {evidence.digest[:SHORT]}, {expected.digest[:SHORT]} {state}"
    if expected.observed is not None:
        others = [page for page in evidence.pages if page.observed != expected.observed]
        if others:
            yield f"{_some((page.url for page in others), 'page')} did not have the headers that are observed"
    others = [page for page in evidence.pages if page.digest is not None and page.digest != expected.seen]
    if others:
        yield (
            f"{_some((page.url for page in others), 'page')} had policy {(others[0].digest or '')[:SHORT]},"
            f" expected was {expected.seen[:SHORT]}"
        )


def _out_of_time(evidence: Evidence, expected: ExpectedEvidence) -> Iterator[str]:
    now = expected.now
    latest = max(evidence.started, evidence.ended)
    if latest > now + CLOCK_SKEW:
        yield f"it is from the future: the tour ended at {_time(latest)}, now it is {_time(now)}"
    if expected.live_since is not None and evidence.started < expected.live_since:
        yield (
            f"the tour began at {_time(evidence.started)}, release {expected.release} is live since"
            f" {_time(expected.live_since)}"
        )
    if now - evidence.started > expected.max_age:
        age = lasting(now - evidence.started)
        yield (
            f"it is stale: the tour began at {_time(evidence.started)}, {age} ago,"
            f" allowed are {lasting(expected.max_age)} (gates.evidence_max_age)"
        )


def _not_whole(evidence: Evidence, expected: ExpectedEvidence) -> Iterator[str]:
    if not evidence.self_test_passed:
        yield "its detector found nothing in the self-test: the self-test failed"
    if not evidence.pages:
        yield "no page was visited"
    if evidence.partial:
        yield f"the tour is partial: {_some(evidence.partial, 'reason')}"
    incomplete = [page for page in evidence.pages if not page.complete]
    if incomplete:
        yield (
            f"{_some((page.url for page in incomplete), 'page')} could not be seen completely:"
            f" {incomplete[0].reason}"
        )
    bare = [page.url for page in evidence.pages if page.digest is None]
    if bare:
        yield f"{_some(bare, 'page')} had no report-only policy, expected was {expected.seen[:SHORT]}"
    visited = {_same_page(page.url) for page in evidence.pages}
    missing = [
        url for url in dict.fromkeys((*expected.pages, *evidence.asked)) if _same_page(url) not in visited
    ]
    if missing:
        yield f"{_some(missing, 'page')} should have been visited, but was not"
    if not evidence.clean:
        yield f"{_violations(evidence)}, expected were none"


def _violations(evidence: Evidence) -> str:
    shown = evidence.rows[:_SHOWN]
    words = [f"{row.directive} by {row.blocked} on {row.page}" for row in shown]
    rest = evidence.violations - sum(row.count for row in shown)
    if rest and words:
        words.append(f"{rest} more")
    count = "1 violation was" if evidence.violations == 1 else f"{evidence.violations} violations were"
    return f"{count} seen" + (f" ({listed(words)})" if words else "")


def _distributions(ids: Iterable[str]) -> str:
    names = sorted(set(ids))
    return listed(names) if names else "no distribution"


def _some(names: Iterable[str], noun: str) -> str:
    every = list(names)
    shown = every[:_SHOWN]
    more = [f"{len(every) - _SHOWN} other {noun}s"] if len(every) > _SHOWN else []
    return listed([*shown, *more])


def _same_page(url: str) -> str:
    """A page's URL in one spelling: lower-case scheme and host, no default port, no query and no fragment,
    which evidence leaves out.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    scheme, host = parts.scheme.lower(), parts.hostname or ""
    where = host if port in (None, _PORTS.get(scheme)) else f"{host}:{port}"
    return f"{scheme}://{where}{parts.path or '/'}"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
