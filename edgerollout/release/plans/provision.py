"""What its means has to make in AWS before a release can be attached. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.policy.severity import Severity
from edgerollout.release.delivery.choice import carrier_of
from edgerollout.release.delivery.quota_checks import (
    DISTRIBUTIONS_PER_POLICY,
    POLICIES,
    POLICIES_QUOTA,
    about_distributions,
    room_for_policies,
)
from edgerollout.release.facts.arn import is_ours
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.live import handed_over
from edgerollout.release.facts.reads import ReadPoliciesQuota
from edgerollout.release.facts.unreadable import Unreadable
from edgerollout.release.plans.plan import CreateHeadersPolicy, RecreateHeadersPolicy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from edgerollout.release.delivery.means import Means
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.reads import Read
    from edgerollout.release.facts.release import Release
    from edgerollout.release.facts.snapshot import Behavior, Snapshot
    from edgerollout.release.facts.standing import LiveRelease


_Made = CreateHeadersPolicy | RecreateHeadersPolicy


def provided(
    means: Means,
    snapshot: Snapshot,
    release: Release | None,
    target: int | None,
    live: LiveRelease | None,
    excluded: frozenset[str],
    *,
    in_place: bool = False,
) -> tuple[CreateHeadersPolicy, ...]:
    """The steps that make it, where it is not there. Kept is what a rollback goes to next.

    `in_place`: only behaviors that carry something of ours get it.
    """
    if release is None:
        return ()
    says = means.provision(release, target, _behaviors(snapshot, excluded, in_place=in_place))
    earlier = None if live is None or live.release is None else live.release.previous
    # What Terraform is told may be attached by an apply at any moment.
    handed = handed_over(snapshot)
    kept = (target, release.previous, earlier, None if live is None else live.number, handed)
    numbers = frozenset(number for number in kept if number is not None)
    everywhere = (*snapshot.distributions, *snapshot.others)
    unneeded = means.unneeded(numbers, everywhere)
    return tuple(
        CreateHeadersPolicy(config, () if place else unneeded, variant)
        for place, (variant, config) in enumerate(says.items())
    )


def room_asked(snapshot: Snapshot, steps: Iterable[_Made]) -> frozenset[Read]:
    """The account's quota, where what every account may have is not enough."""
    return frozenset({ReadPoliciesQuota()} if _after(snapshot, steps) > POLICIES else ())


def about_room_for_policies(
    environment: Environment, snapshot: Snapshot, steps: Iterable[_Made]
) -> Iterator[Finding]:
    """What the account has no room for, or may have none; told before anything is written."""
    after, read, steps = _after(snapshot, steps), snapshot.policies_quota, tuple(steps)
    most = room_for_policies(read)
    if after > most:
        unread = f", unless AWS has raised it (not known: {read.why})" if isinstance(read, Unreadable) else ""
        yield Finding(
            Severity.WARNING if unread else Severity.ERROR,
            "policies-quota",
            f"the release would be response headers policy {after} of account {snapshot.account}, which has"
            f" room for {most}{unread}",
            f"Delete policies that nobody uses, or ask for more: Service Quotas, Amazon CloudFront,"
            f" {POLICIES_QUOTA}.",
        )
    count = len(snapshot.distributions)
    if steps and count > DISTRIBUTIONS_PER_POLICY and carrier_of(environment).file is not None:
        message, why = about_distributions(count)
        yield Finding(Severity.WARNING, "policy-distributions", message, why)


def _after(snapshot: Snapshot, steps: Iterable[_Made]) -> int:
    """How many policies the account has once these are made; 0 where none is."""
    made = tuple(steps)
    gone = sum(len(step.unneeded) for step in made if isinstance(step, CreateHeadersPolicy))
    return len(snapshot.policies) - gone + len(made) if made else 0


def cannot_be_provided(
    means: Means, snapshot: Snapshot, release: Release | None, target: int, excluded: frozenset[str]
) -> Iterator[Finding]:
    """An older release that misses something nobody can make again: its release.json cannot be read."""
    if release is None and means.lacks(target, _behaviors(snapshot, excluded, in_place=True)):
        yield Finding(
            Severity.ERROR,
            "policy-gone",
            f"the response headers policy of release {target} is gone, and its release.json, which has"
            " its content, cannot be read",
            "Name another release with --to N.",
        )


def _behaviors(
    snapshot: Snapshot, excluded: frozenset[str], *, in_place: bool
) -> tuple[tuple[str, Behavior], ...]:
    """The behaviors that get a release, each with its distribution's id."""
    arn = None if snapshot.function is None else snapshot.function.arn
    return tuple(
        (distribution.id, behavior)
        for distribution in snapshot.distributions
        for behavior in distribution.behaviors
        if behavior.path not in excluded
        and (
            not in_place
            or (arn is not None and any(is_ours(trigger.arn, arn) for trigger in behavior.triggers))
        )
    )
