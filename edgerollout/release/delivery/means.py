"""Means: by what a release reaches visitors, and what it occupies at a behavior for that.

A means sees a behavior as slots, each with what stands in it (`Trigger`). What is ours is named by the
release: the ARN of its version, whatever CloudFront holds there. What is not ours is named as CloudFront
names it. So the planners compare slots, and only the means knows what lies in the document.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from edgerollout.release.delivery.xml_spans import Element, Splice
    from edgerollout.release.facts.account_facts import Facts
    from edgerollout.release.facts.check import Check
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.finding import Finding
    from edgerollout.release.facts.reads import Read
    from edgerollout.release.facts.release import Release
    from edgerollout.release.facts.snapshot import Behavior, Distribution, Snapshot, Trigger, Version


@dataclass(frozen=True)
class Proposal:
    """A release about to be brought to the behaviors, for a means to judge.

    `publishes`: a version is made; else one that exists is attached, whatever $LATEST looks like by now.
    `replaceable`: what of others may be taken over (unqualified ARNs). `create`: what is missing is made.
    """

    snapshot: Snapshot
    release: Release
    function_arn: str
    excluded: frozenset[str]
    publishes: bool
    create: bool = False
    replaceable: frozenset[str] = frozenset()


class Means(Protocol):
    """One way to put a release's headers on responses."""

    @property
    def slot(self) -> str:
        """What a release takes at a behavior: an event, or the one place the means has."""
        ...

    def seen(self, behavior: Behavior) -> Behavior:
        """The behavior with what stands in the slots of this means as its `triggers`."""
        ...

    def splices(self, behavior: Element, after: tuple[Trigger, ...]) -> Iterable[Splice]:
        """The edit of a behavior's XML that leaves `after` in its slots, and every other byte as it was."""
        ...

    def cached(self, slot: str) -> bool:
        """Whether what stands in the slot goes into the cache with the response: a change is invalidated."""
        ...

    def reads(self, snapshot: Snapshot, excluded: frozenset[str], *, publishes: bool) -> frozenset[Read]:
        """What `findings` has to know; `publishes` as in a Proposal."""
        ...

    def findings(self, proposal: Proposal) -> Iterator[Finding]:
        """What AWS would refuse of it, and what would keep its headers from visitors."""
        ...

    def hindrances(
        self, version: Version, slots: Iterable[str], accepted: Version | None
    ) -> Iterator[Finding]:
        """What AWS would refuse if a rollback attaches an older version to these slots.

        `accepted` is a version that runs there now: what CloudFront took then, it takes again.
        """
        ...

    def checks(self, environment: Environment, distribution: Distribution, facts: Facts) -> Iterator[Check]:
        """What a check-up looks at in a distribution on behalf of this means."""
        ...

    def quotas(self, environment: Environment, facts: Facts) -> Iterator[Check]:
        """How near the account and the distributions are to the quotas of this means."""
        ...

    def provision(self, release: Release, number: int | None) -> Mapping[str, object] | None:
        """What has to be made before the release can stand in a slot: a policy's configuration, unnamed.

        None: nothing, or it is there. `number` is None for a release that is yet to be published.
        """
        ...

    def lacks(self, number: int) -> bool:
        """Whether what was made for a published release is not there any more."""
        ...

    def knowing(self, number: int, identity: str) -> Means:
        """This means, where what was made for release `number` has this id."""
        ...

    def unneeded(self, kept: frozenset[int], distributions: Iterable[Distribution]) -> tuple[str, ...]:
        """The ids of what was made for earlier releases and stands nowhere, but for those `kept`."""
        ...

    def variables(self, qualified_arn: str | None) -> Mapping[str, str | None]:
        """What another tool needs to attach a release, besides its version; by variable."""
        ...


def seen(distribution: Distribution, means: Means) -> Distribution:
    """The distribution with its behaviors as the means sees them."""
    return replace(distribution, behaviors=tuple(means.seen(behavior) for behavior in distribution.behaviors))
