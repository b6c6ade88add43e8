"""Find distributions on which a policy would be enforced that was never observed there. Pure.

An environment has one release, so a distribution that is added to an environment which enforces gets an
enforced policy at once. Nobody has seen what it blocks there. A browser can try the policy on that site
(`tour --candidate`), or somebody takes the responsibility (`--override unobserved`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, advise
from edgerollout.policy.severity import Severity
from edgerollout.policy.wording import listed
from edgerollout.release.delivery.choice import means_of
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.live import attached
from edgerollout.release.facts.release import Release
from edgerollout.release.facts.site_today import answers_for, enforces

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from edgerollout.policy.csp import LayeredCsp
    from edgerollout.release.checks.judgement import ExpectedEvidence
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.release import Override
    from edgerollout.release.facts.snapshot import Behavior, Distribution, Snapshot

UNOBSERVED = "unobserved"
"""The name that sets the check aside: `--override unobserved`."""


@dataclass(frozen=True)
class Tried:
    """A file of evidence of a candidate tour, with the endpoint and the time of the run that reads it."""

    content: bytes
    endpoint: str
    now: datetime


@dataclass(frozen=True)
class Added:
    """A distribution that would get an unobserved policy enforced. `reasons`: why the given evidence is not
    accepted.
    """

    distribution: Distribution
    reasons: tuple[str, ...] = ()


def added_unobserved(
    environment: Environment,
    snapshot: Snapshot,
    release: Release,
    *,
    earlier: Sequence[int | None],
    replaceable: frozenset[str] = frozenset(),
    tried: Tried | None = None,
) -> tuple[Added, ...]:
    """The distributions that have no release and would get an enforced policy that was not observed
    there.

    It leaves out a distribution where

    - one of the releases `earlier` (the one to be finished, the live one) was made for the
      distribution and enforces the same policy: it comes there, or comes back;
    - the site enforces that policy today, so an adoption keeps it;
    - `tried` is clean evidence of a candidate tour of that policy on the distribution's own pages.

    `replaceable` are the unqualified ARNs of somebody else's functions whose slots are taken over.
    """
    policy = release.enforced
    if policy is None:
        return ()
    found = []
    for distribution in snapshot.distributions:
        gets_it = any(_gets_it(environment, behavior, replaceable) for behavior in distribution.behaviors)
        if _carries_ours(environment, snapshot, distribution) or not gets_it:
            continue
        made_for = (snapshot.documents.get(number) for number in earlier if number is not None)
        if any(_enforces_there(document, policy, distribution) for document in made_for):
            continue
        if _enforced_today(policy, distribution, snapshot):
            continue
        reasons = () if tried is None else _judged(environment, snapshot, policy, distribution, tried)
        if tried is None or reasons:
            found.append(Added(distribution, reasons))
    return tuple(found)


def check_unobserved(
    environment: Environment, added: Sequence[Added], aside: Override | None, *, publishes: bool
) -> tuple[Finding, ...]:
    """A finding for each distribution that would get an unobserved policy enforced: an error, unless set
    aside.

    `publishes`: whether this command can make a release that carries the override.
    """
    return tuple(_finding(environment, addition, aside, publishes=publishes) for addition in added)


def about_added_behaviors(
    environment: Environment, snapshot: Snapshot, release: Release, replaceable: frozenset[str] = frozenset()
) -> tuple[Finding, ...]:
    """A warning for each distribution that carries a release, but has behaviors without one that get an
    enforced policy: colleagues added them, or their path was excluded until now.
    """
    if release.enforced is None or snapshot.function is None:
        return ()
    excluded = frozenset(environment.exclude)
    found = []
    for distribution in snapshot.distributions:
        carrying = {
            behavior.path for _, behavior, _, _ in attached((distribution,), snapshot.function.arn, excluded)
        }
        bare = [
            behavior.path
            for behavior in distribution.behaviors
            if behavior.path not in carrying and _gets_it(environment, behavior, replaceable)
        ]
        if carrying and bare:
            found.append(
                Finding(
                    Severity.WARNING,
                    "behaviors-unobserved",
                    f"{distribution.name}: {listed(bare)} had no release so far; the policy"
                    " that is enforced"
                    " was not observed there",
                    "Look at these pages once they have it.",
                    distribution.id,
                )
            )
    return tuple(found)


def _finding(environment: Environment, added: Added, aside: Override | None, *, publishes: bool) -> Finding:
    distribution, name = added.distribution, environment.name
    message = (
        f"{distribution.name} has no release, and would get a policy enforced that was never observed there"
    )
    if added.reasons:
        message += f"; the evidence is not accepted:  {'; '.join(added.reasons)}"
    if aside is not None and publishes:
        message += f" (set aside: {aside.reason})"
        return Finding(Severity.WARNING, UNOBSERVED, message, distribution=distribution.id)
    if not publishes:
        return Finding(
            Severity.ERROR,
            UNOBSERVED,
            message,
            advise("Publish it there: ", CommandLine("publish", name)),
            distribution.id,
        )
    page = (
        "" if _pages_of(environment, distribution) else f"Name a page of it under environments.{name}.urls. "
    )
    file = f"candidate-{name}.json"
    hint = advise(
        f"{page}Try the policy there: ",
        CommandLine("tour", name, "--candidate", "--live", "--evidence", file),
        ", then ",
        CommandLine("publish", name, "--evidence", file),
    )
    return Finding(Severity.ERROR, UNOBSERVED, message, hint, distribution.id, override=UNOBSERVED)


def _carries_ours(environment: Environment, snapshot: Snapshot, distribution: Distribution) -> bool:
    function = snapshot.function
    if function is None:
        return False
    return any(attached((distribution,), function.arn, frozenset(environment.exclude)))


def _gets_it(environment: Environment, behavior: Behavior, replaceable: frozenset[str]) -> bool:
    """Whether the behavior's slot is free or taken over. The caller checks for slots that are ours."""
    if behavior.path in environment.exclude:
        return False
    there = behavior.at(means_of(environment).slot)
    return there is None or there.holder in replaceable


def _enforces_there(document: object, policy: LayeredCsp, distribution: Distribution) -> bool:
    """Whether a readable release was made for the distribution and enforces the policy."""
    return (
        isinstance(document, Release)
        and document.enforced_digest == policy.digest
        and distribution.id in (document.distributions or ())
    )


def _enforced_today(policy: LayeredCsp, distribution: Distribution, snapshot: Snapshot) -> bool:
    """Whether the distribution's pages were read, and all of them enforce the policy already."""
    answers = [
        answer
        for answer in snapshot.site
        if not answer.by_cloudfront and answers_for(distribution, answer.url)
    ]
    return bool(answers) and all(enforces(answer, policy.effective) for answer in answers)


def _pages_of(environment: Environment, distribution: Distribution) -> tuple[str, ...]:
    return tuple(url for url in environment.urls if answers_for(distribution, url))


def _judged(
    environment: Environment,
    snapshot: Snapshot,
    policy: LayeredCsp,
    distribution: Distribution,
    tried: Tried,
) -> tuple[str, ...]:
    """Why the evidence does not count for the distribution; empty where it does."""
    from edgerollout.release.checks.judgement import ExpectedEvidence
    from edgerollout.release.facts.evidence import digest_seen

    expected = ExpectedEvidence(
        environment=environment.name,
        account=environment.account,
        distributions=frozenset(distribution.id for distribution in snapshot.distributions),
        endpoint=tried.endpoint,
        digest=policy.digest,
        seen=digest_seen(policy),
        pages=_pages_of(environment, distribution),
        max_age=environment.gates.evidence_max_age,
        now=tried.now,
        mode="candidate",
    )
    return tuple(_reasons(expected, tried, distribution))


def _reasons(expected: ExpectedEvidence, tried: Tried, distribution: Distribution) -> Iterator[str]:
    from edgerollout.release.checks.judgement import judge_file

    yield from judge_file(tried.content, expected).reasons
    if not expected.pages:
        yield f"no URL of {expected.environment} is a page of {distribution.name}"
