"""Connects the local edge with the control plane: it serves what is Deployed and forgets what is
invalidated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.edge.config_reader import edge_distribution
from edgerollout.edge.edge import PLACES, Edge
from edgerollout.handlers.code import FunctionCode
from edgerollout.sandbox.edge_origins import Origins
from edgerollout.sandbox.sample_site import backend, third_parties

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from edgerollout.clock import Clock
    from edgerollout.edge.message import EdgeRequest, EdgeResponse
    from edgerollout.edge.model import EdgeDistribution
    from edgerollout.emulator.plane import ControlPlane
    from edgerollout.emulator.sink import DistributionView
    from edgerollout.sandbox.blueprint import Blueprint


class EdgeBridge:
    """The data plane of one sandbox: an EdgeSink for its control plane, and the server behind its edge ports.

    The two need each other: the control plane is made with this object, and `follow` gives it the control
    plane.
    """

    def __init__(self, clock: Clock, permit: Callable[[Iterable[str]], None]) -> None:
        """`permit` gets each host before it is served, for its certificate."""
        self._permit = permit
        self._origins = Origins()
        self._time = _SandboxTime(clock)
        self._plane: ControlPlane | None = None
        self._arriving: dict[tuple[str, str], EdgeDistribution] = {}
        """(id, ETag) → a change that has reached some places and is not Deployed."""
        self.edge = Edge(self._time, self._origins.connect)

    def follow(self, plane: ControlPlane) -> None:
        """From now on use the control plane's time, which can be moved forward."""
        self._plane = plane
        self._time.plane = plane

    def add_surroundings(self, blueprint: Blueprint) -> None:
        """Serve the other hosts from which the sites of a blueprint load. Hosts of the project come first."""
        for site in blueprint.sites:
            self._origins.add_backend(site.backend_host, backend())
        for host, files in third_parties(blueprint.api_hosts).items():
            if host in blueprint.hosts:
                self.edge.remove(f"host:{host}")
            else:
                self._permit((host,))
                self.edge.deploy(self._origins.add_public_host(host, files))

    def handle(self, request: EdgeRequest) -> EdgeResponse:
        """Answer a viewer's request, after everything that is due has happened."""
        if self._plane is not None:
            self._plane.tick()
        return self.edge.handle(request)

    @property
    def places(self) -> int:
        return len(PLACES)

    def reached(self, distribution: DistributionView, place: int) -> None:
        key = (distribution.id, distribution.etag)
        made = self._arriving.get(key) or self._made(distribution)
        self._arriving[key] = made
        self.edge.reach(made, PLACES[place])

    def deployed(self, distribution: DistributionView) -> None:
        early = self._arriving.pop((distribution.id, distribution.etag), None)
        made = early or self._made(distribution)
        self._permit(made.aliases)
        self.edge.deploy(made)

    def _made(self, distribution: DistributionView) -> EdgeDistribution:
        functions = {
            arn: FunctionCode(
                code=version.zip_bytes,
                handler=version.handler,
                runtime=version.runtime,
                timeout=version.timeout,
                memory=version.memory,
                arn=arn,
            )
            for arn, version in distribution.functions.items()
        }
        return edge_distribution(
            distribution.id,
            distribution.domain_name,
            distribution.config,
            functions,
            response_policies=distribution.response_policies,
        )

    def invalidated(self, distribution_id: str, paths: tuple[str, ...]) -> None:
        self.edge.invalidate(distribution_id, paths)

    def removed(self, distribution_id: str) -> None:
        self.edge.remove(distribution_id)


class _SandboxTime:
    """The control plane's clock, once there is one; cached objects age when it is moved forward."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.plane: ControlPlane | None = None

    def now(self) -> datetime:
        return self._clock.now() if self.plane is None else self.plane.schedule.now()

    def monotonic(self) -> float:
        ahead = (self.now() - self._clock.now()).total_seconds()
        return self._clock.monotonic() + ahead

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)
