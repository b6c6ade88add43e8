"""The reads that a planner may ask for, as values, and how it asks.

A planner is a generator. It yields sets of reads that can run in parallel, gets back the snapshot with the
answers in it, and returns what it planned. It never reads anything itself.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from edgerollout.release.facts.snapshot import Snapshot


@dataclass(frozen=True)
class ReadRelease:
    """The release in a version, into `documents`."""

    number: int


@dataclass(frozen=True)
class ReadState:
    """The State of somebody else's version, by its ARN, into `foreign`."""

    arn: str


@dataclass(frozen=True)
class ReadTags:
    """The tags of one of the environment's distributions, by its id, into `tags`."""

    distribution: str


@dataclass(frozen=True)
class ReadHeadersPolicy:
    """A response headers policy, by its id, into `headers_policies`."""

    id: str


@dataclass(frozen=True)
class ReadRole:
    """The execution role that the configuration names, into `role`."""


@dataclass(frozen=True)
class ReadCspQuota:
    """How long a CSP may be that a response headers policy enforces, into `csp_quota`."""


@dataclass(frozen=True)
class ReadRuntimeUpdates:
    """When the function's next versions get a new runtime, into `runtime_updates`."""


@dataclass(frozen=True)
class ReadPricingPlans:
    """The resources on a flat-rate pricing plan, into `flat_rate`."""


@dataclass(frozen=True)
class ReadPoliciesQuota:
    """How many response headers policies the account may have, into `policies_quota`."""


@dataclass(frozen=True)
class ReadSite:
    """The answers of the environment's URLs now, into `site`."""


@dataclass(frozen=True)
class ReadBefore:
    """The environment that this one comes after, into `before`."""


@dataclass(frozen=True)
class ReadEvidence:
    """The evidence of a tour, into `evidence`."""


Read = (
    ReadRelease
    | ReadState
    | ReadTags
    | ReadHeadersPolicy
    | ReadRole
    | ReadRuntimeUpdates
    | ReadPricingPlans
    | ReadPoliciesQuota
    | ReadCspQuota
    | ReadSite
    | ReadBefore
    | ReadEvidence
)

T = TypeVar("T")

Planning = Generator[frozenset[Read], "Snapshot", T]
"""A running planner: it yields reads, gets back a snapshot with the answers, and returns what it planned."""


def releases(numbers: frozenset[int]) -> frozenset[Read]:
    """The reads of these versions."""
    return frozenset(ReadRelease(number) for number in numbers)


def knowing(
    planner: Planning[T], known: frozenset[Read], also: Callable[[Snapshot], Snapshot]
) -> Planning[T]:
    """The same planner, but reads that are `known` are not asked for: `also` puts their answers into each
    snapshot.
    """
    wanted = next(planner)
    while True:
        snapshot = yield wanted - known
        try:
            wanted = planner.send(also(snapshot))
        except StopIteration as done:
            planned: T = done.value
            return planned
