"""What has to be made in AWS before a release can stand at a behavior, by its means. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.policy.severity import Severity
from edgerollout.release.facts.finding import Finding
from edgerollout.release.plans.plan import CreateHeadersPolicy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.release.delivery.means import Means
    from edgerollout.release.facts.release import Release
    from edgerollout.release.facts.snapshot import Snapshot
    from edgerollout.release.facts.standing import LiveRelease


def provided(
    means: Means, snapshot: Snapshot, release: Release | None, target: int | None, live: LiveRelease | None
) -> tuple[CreateHeadersPolicy, ...]:
    """The step that makes it, where it is not there. Kept is what a rollback goes to next."""
    says = None if release is None else means.provision(release, target)
    if release is None or says is None:
        return ()
    earlier = None if live is None or live.release is None else live.release.previous
    kept = (target, release.previous, earlier, None if live is None else live.number)
    numbers = frozenset(number for number in kept if number is not None)
    everywhere = (*snapshot.distributions, *snapshot.others)
    return (CreateHeadersPolicy(says, means.unneeded(numbers, everywhere)),)


def cannot_be_provided(means: Means, release: Release | None, target: int) -> Iterator[Finding]:
    """An older release that misses something nobody can make again: its release.json cannot be read."""
    if release is None and means.lacks(target):
        yield Finding(
            Severity.ERROR,
            "policy-gone",
            f"the response headers policy of release {target} is gone, and its release.json, which"
            " has what it said, cannot be read",
            "Name another release with --to N.",
        )
