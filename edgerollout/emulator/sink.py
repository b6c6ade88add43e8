"""The interface by which the control plane informs the local edge."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgerollout.emulator.messages import Members


@dataclass(frozen=True)
class VersionCode:
    """A Lambda version as the edge runs it. `memory` in MB, `timeout` in seconds."""

    arn: str
    zip_bytes: bytes = field(repr=False)
    handler: str
    runtime: str
    memory: int
    timeout: int


@dataclass(frozen=True)
class DistributionView:
    """A distribution after a change.

    `config` is the DistributionConfig in boto3's shape, with AWS's defaults; `functions` has the code of
    every Lambda ARN in the config's behaviors. It is stored when the change is accepted, so that a version
    deleted later still runs. `response_policies` has the ResponseHeadersPolicyConfig for every id that they
    name.
    """

    id: str
    account: str
    etag: str
    domain_name: str
    aliases: tuple[str, ...]
    enabled: bool
    config: Members = field(repr=False)
    functions: Mapping[str, VersionCode] = field(repr=False)
    response_policies: Mapping[str, Members] = field(default_factory=dict, repr=False)


class EdgeSink(Protocol):
    """The data plane behind the control plane.

    It is called with the control plane's lock held, before anyone can read the new state: when a caller sees
    Deployed or Completed, the edge has the change already. So an implementation must not call the sandbox's
    own server from here; it stores what to do and returns.
    """

    def deployed(self, distribution: DistributionView) -> None:
        """A change of the distribution has reached every edge. Called once for each change, in order."""
        ...

    def invalidated(self, distribution_id: str, paths: tuple[str, ...]) -> None:
        """An invalidation has completed."""
        ...

    def removed(self, distribution_id: str) -> None:
        """The distribution was deleted."""
        ...


@runtime_checkable
class UnevenSink(EdgeSink, Protocol):
    """A data plane whose places can learn of a change at different times."""

    @property
    def places(self) -> int:
        """How many there are."""
        ...

    def reached(self, distribution: DistributionView, place: int) -> None:
        """A change has reached the place of that number, from 0; `deployed` comes when all have it."""
        ...


class NoEdge:
    """A sink for a control plane that runs alone."""

    def deployed(self, distribution: DistributionView) -> None:
        pass

    def invalidated(self, distribution_id: str, paths: tuple[str, ...]) -> None:
        pass

    def removed(self, distribution_id: str) -> None:
        pass
