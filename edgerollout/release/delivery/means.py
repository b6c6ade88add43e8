"""Means: the ways by which a release reaches visitors, and the slot that each needs at a behavior.

A means sees a behavior as slots, each with its content (`Trigger`). Our content has the ARN of the release's
version as its name, whatever CloudFront has in the document. Other content has CloudFront's own name. So the
planners only compare slots, and only the means knows the document.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, Union

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


NEW = "new"
"""Stands for a version that is not published yet."""

ToldValue = Union[str, "Mapping[str, str]", None]
"""A variable's value."""


@dataclass(frozen=True)
class Proposal:
    """A release that is about to be attached to the behaviors, for a means to check.

    `publishes`: a new version is made; otherwise an existing one is attached, and $LATEST does not matter.
    `replaceable`: functions of others that may be taken over (unqualified ARNs). `create`: a missing role and
    function are made.
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
        """The slot of a release at a behavior: an event, or the only slot of the means."""
        ...

    def seen(self, behavior: Behavior) -> Behavior:
        """The behavior with the content of this means' slots as its `triggers`."""
        ...

    def splices(self, behavior: Element, after: tuple[Trigger, ...]) -> Iterable[Splice]:
        """The edit of a behavior's XML that puts `after` into its slots, and keeps every other byte."""
        ...

    def cached(self, slot: str) -> bool:
        """Whether the slot's headers are cached with the response, so that a change needs an invalidation."""
        ...

    def reads(self, snapshot: Snapshot, excluded: frozenset[str], *, publishes: bool) -> frozenset[Read]:
        """What `findings` has to read; `publishes` as in a Proposal."""
        ...

    def findings(self, proposal: Proposal) -> Iterator[Finding]:
        """What AWS would refuse, and what would keep the headers from visitors."""
        ...

    def hindrances(
        self, version: Version, slots: Iterable[str], accepted: Version | None
    ) -> Iterator[Finding]:
        """What AWS would refuse if a rollback attaches an older version to these slots.

        `accepted` is a version that runs there now: what CloudFront accepted then, it accepts again.
        """
        ...

    def checks(self, environment: Environment, distribution: Distribution, facts: Facts) -> Iterator[Check]:
        """The checks of a distribution for this means."""
        ...

    def quotas(self, environment: Environment, facts: Facts) -> Iterator[Check]:
        """How near the account and the distributions are to the quotas of this means."""
        ...

    def at(self, distribution: str) -> Means:
        """This means, for the behaviors of one distribution, by its id."""
        ...

    def among(self, distributions: Iterable[Distribution], number: int | None) -> Means:
        """This means, where all these get release `number`: what is made for it may serve so many only."""
        ...

    def provision(
        self, release: Release, number: int | None, behaviors: Iterable[tuple[str, Behavior]]
    ) -> Mapping[str, Mapping[str, object]]:
        """What has to be made before the release can stand in the slots of these behaviors: the
        configurations of policies, unnamed, by variant.

        Empty: nothing, or it is there. `number` is None for a release that is yet to be published.
        `behaviors` come with the ids of their distributions.
        """
        ...

    def lacks(self, number: int, behaviors: Iterable[tuple[str, Behavior]]) -> bool:
        """Whether what was made for a published release is not there any more."""
        ...

    def knowing(self, number: int, made: Mapping[str, str], given: Mapping[str, str]) -> Means:
        """This means, where what was made for release `number` has these ids, by variant; and what is given
        back has these new ones, by the old ones.
        """
        ...

    def unneeded(self, kept: frozenset[int], distributions: Iterable[Distribution]) -> tuple[str, ...]:
        """The ids of what was made for releases that are in no slot, without those `kept`."""
        ...

    def variables(self, qualified_arn: str | None) -> Mapping[str, ToldValue]:
        """The values that another tool needs to attach a release, besides its version; by variable. Of a
        version that is still to be published (`NEW`), it is that word in their place.
        """
        ...


def seen(distribution: Distribution, means: Means) -> Distribution:
    """The distribution, with its behaviors as the means sees them."""
    return replace(distribution, behaviors=tuple(means.seen(behavior) for behavior in distribution.behaviors))
