"""Find distributions on which another tool's deployment seems to have put its own state back. Pure.

AWS does not say who changed a distribution. But suppose that another tool manages it, it was changed after
our newest release was published, and it does not carry that release although nobody rolled it back. Then that
tool most likely changed it: its configuration has the version of its own last deployment, or none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, advise
from edgerollout.policy.severity import Severity
from edgerollout.release.delivery.choice import carrier_of, means_of
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.ledger import LedgerLine
from edgerollout.release.facts.live import detached, invalidated_for, withdrawn
from edgerollout.release.status.owner import known_owner, remedy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.snapshot import Distribution, Function, Snapshot, Version
    from edgerollout.release.facts.standing import LiveRelease
    from edgerollout.release.status.owner import Owner


@dataclass(frozen=True)
class Reverted:
    """A distribution that should carry `release` everywhere, but does not; `carries` are the releases that it
    has.

    `behind` are the behaviors without it, when other behaviors of the distribution have it.
    """

    id: str
    name: str
    release: int
    carries: tuple[int, ...]
    owner: Owner
    behind: tuple[str, ...] = ()

    def __str__(self) -> str:
        older = [str(number) for number in self.carries if number != self.release]
        now = f"{' and '.join(older)} again" if older else "none of ours"
        where = f"{', '.join(self.behind)} of {self.name}" if self.behind else self.name
        carries = "carry" if len(self.behind) > 1 else "carries"
        return (
            f"{where} {carries} {now}, not {self.release}, and the distribution was changed after that was"
            f" published: a {self.owner.tool} run seems to have put its own state back"
        )


def reverted(environment: Environment, snapshot: Snapshot) -> tuple[Reverted, ...]:
    """The distributions on which another tool seems to have taken back our newest release.

    Empty where another tool owns the triggers by agreement, or the tags were not read.
    """
    function = snapshot.function
    newest = None if function is None else _newest(function)
    if function is None or newest is None or carrier_of(environment).agreed:
        return ()
    found = (
        _reverted(environment, snapshot, distribution, function, newest)
        for distribution in snapshot.distributions
    )
    return tuple(distribution for distribution in found if distribution is not None)


def check_reverted(environment: Environment, snapshot: Snapshot) -> Iterator[Finding]:
    """A warning for each distribution of `reverted`."""
    for back in reverted(environment, snapshot):
        hint = remedy(back.owner, environment.name, partly=bool(back.behind))
        yield Finding(Severity.WARNING, "reverted", str(back), hint, back.id)


def check_lost(
    environment: Environment, snapshot: Snapshot, live: LiveRelease | None, target: int | None
) -> Iterator[Finding]:
    """A warning if a publish starts from nothing, although a release enforced a policy and nobody rolled it
    back.
    """
    function = snapshot.function
    newest = None if function is None or live is not None else _newest(function)
    line = None if newest is None else LedgerLine.parse(newest.description)
    if newest is None or line is None or line.enforced is None or newest.number == target:
        return
    yield Finding(
        Severity.WARNING,
        "enforced-before",
        f"release {newest.number} enforced a policy here and is attached nowhere any more; this release"
        " observes it at most",
        advise(
            "To enforce it again once it is proven: ", CommandLine("promote", environment.name, "--enforce")
        ),
    )


def _newest(function: Function) -> Version | None:
    """The newest release that nobody rolled back."""
    over = withdrawn(function)
    for version in reversed(function.versions):
        if version.number <= detached(function):
            return None
        if version.number not in over and LedgerLine.parse(version.description) is not None:
            return version
    return None


def _reverted(
    environment: Environment,
    snapshot: Snapshot,
    distribution: Distribution,
    function: Function,
    newest: Version,
) -> Reverted | None:
    owner = known_owner(snapshot.tags.get(distribution.id))
    wanted = [behavior for behavior in distribution.behaviors if behavior.path not in environment.exclude]
    triggers = [behavior.at(means_of(environment).slot) for behavior in wanted]
    versions = [None if trigger is None else trigger.version for trigger in triggers]
    carries = [
        version.version if version is not None and version.function_arn == function.arn else None
        for version in versions
    ]
    if owner is None or all(number == newest.number for number in carries):
        return None
    since = newest.published_at
    if newest.number in carries:
        # It was there: only a change after its own rollout can have taken it back.
        made = snapshot.invalidations.get(distribution.id)
        if made is None or not invalidated_for(made, newest.number):
            return None
        since = made.created_at
    if distribution.last_modified <= since:
        return None
    known = sorted({number for number in carries if number is not None})
    behind = [
        behavior.path
        for behavior, number in zip(wanted, carries, strict=True)
        if newest.number in carries and number != newest.number
    ]
    return Reverted(distribution.id, distribution.name, newest.number, tuple(known), owner, tuple(behind))
