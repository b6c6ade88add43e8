"""What its means has to make in AWS before a release can be attached. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.policy.severity import Severity
from edgerollout.release.delivery.quota_checks import (
    DISTRIBUTIONS_PER_POLICY,
    POLICIES,
    POLICIES_QUOTA,
    about_distributions,
)
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.live import handed_over
from edgerollout.release.facts.reads import ReadPoliciesQuota
from edgerollout.release.facts.unreadable import Unreadable
from edgerollout.release.plans.plan import CreateHeadersPolicy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from edgerollout.release.delivery.means import Means
    from edgerollout.release.facts.reads import Read
    from edgerollout.release.facts.release import Release
    from edgerollout.release.facts.snapshot import Snapshot
    from edgerollout.release.facts.standing import LiveRelease


def provided(
    means: Means, snapshot: Snapshot, release: Release | None, target: int | None, live: LiveRelease | None
) -> tuple[CreateHeadersPolicy, ...]:
    """The step that makes it, where it is missing. The step keeps what the next rollback needs."""
    says = None if release is None else means.provision(release, target)
    if release is None or says is None:
        return ()
    earlier = None if live is None or live.release is None else live.release.previous
    # What Terraform is told may be attached by an apply at any moment.
    handed = handed_over(snapshot)
    kept = (target, release.previous, earlier, None if live is None else live.number, handed)
    numbers = frozenset(number for number in kept if number is not None)
    everywhere = (*snapshot.distributions, *snapshot.others)
    return (CreateHeadersPolicy(says, means.unneeded(numbers, everywhere)),)


def room_asked(snapshot: Snapshot, steps: Iterable[CreateHeadersPolicy]) -> frozenset[Read]:
    """The account's quota, where what every account may have is not enough."""
    return frozenset({ReadPoliciesQuota()} if _after(snapshot, steps) > POLICIES else ())


def about_room_for_policies(snapshot: Snapshot, steps: Iterable[CreateHeadersPolicy]) -> Iterator[Finding]:
    """What the account has no room for, or may have none; told before anything is written."""
    after, read, steps = _after(snapshot, steps), snapshot.policies_quota, tuple(steps)
    most = POLICIES if read is None or isinstance(read, Unreadable) else int(read)
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
    if steps and count > DISTRIBUTIONS_PER_POLICY:
        message, why = about_distributions(count)
        yield Finding(Severity.WARNING, "policy-distributions", message, why)


def _after(snapshot: Snapshot, steps: Iterable[CreateHeadersPolicy]) -> int:
    """How many policies the account has once these are made; 0 where none is."""
    made = tuple(steps)
    gone = sum(len(step.unneeded) for step in made)
    return len(snapshot.policies) - gone + len(made) if made else 0


def cannot_be_provided(means: Means, release: Release | None, target: int) -> Iterator[Finding]:
    """An error for an older release whose policy is gone and cannot be made again."""
    if release is None and means.lacks(target):
        yield Finding(
            Severity.ERROR,
            "policy-gone",
            f"the response headers policy of release {target} is gone, and its release.json, which has"
            " its content, cannot be read",
            "Name another release with --to N.",
        )
