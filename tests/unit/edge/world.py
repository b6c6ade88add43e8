"""An edge over origins in memory."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from edgerollout.edge.edge import Edge
from edgerollout.edge.message import EdgeRequest, EdgeResponse
from edgerollout.edge.model import EdgeBehavior, EdgeDistribution, OriginSettings
from edgerollout.edge.origins import OriginUnreachable, folder_origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edgerollout.edge.functions import EdgeCall
    from edgerollout.edge.origins import Origin, OriginRequest
    from edgerollout.handlers.code import FunctionCode
    from edgerollout.handlers.events import EventType, Lines

HOST = "www.example.com"
SITE = OriginSettings("site", "site.s3.us-east-1.amazonaws.com", is_s3=True)


class HandClock:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self._passed = 0.0

    def now(self) -> datetime:
        return datetime(2026, 5, 1, tzinfo=UTC) + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        return self._passed

    def sleep(self, seconds: float) -> None:
        self._passed += seconds


@dataclass
class CountingOrigin:
    """Hands out prepared responses by path, or a file's bytes; remembers what it was asked."""

    files: dict[str, bytes] = field(default_factory=dict)
    responses: dict[str, EdgeResponse] = field(default_factory=dict)
    asked: list[OriginRequest] = field(default_factory=list)
    missing_status: int = 403
    is_down: bool = False

    def fetch(self, request: OriginRequest) -> EdgeResponse:
        self.asked.append(request)
        if self.is_down:
            raise OriginUnreachable("connection refused")
        if request.path in self.responses:
            return self.responses[request.path]
        return folder_origin(self.files, missing_status=self.missing_status).fetch(request)


@dataclass
class World:
    """One edge with one distribution, and everything a test looks at afterwards."""

    edge: Edge
    clock: HandClock
    origins: dict[str, CountingOrigin]
    runs: list[EdgeCall]
    distribution: EdgeDistribution

    @property
    def site(self) -> CountingOrigin:
        return self.origins["site"]

    def deploy(self, *behaviors: EdgeBehavior, **fields: object) -> None:
        """Deploy the distribution with these behaviors (the last is the default) and other fields."""
        changes = {"behaviors": behaviors, **fields} if behaviors else fields
        self.distribution = replace(self.distribution, **changes)  # type: ignore[arg-type]
        self.edge.deploy(self.distribution)

    def get(
        self, path: str, *, method: str = "GET", headers: Lines = (), host: str = HOST, **fields: object
    ) -> EdgeResponse:
        path, _, query = path.partition("?")
        request = EdgeRequest(method, host, path, query, headers=headers)
        return self.edge.handle(replace(request, **fields))  # type: ignore[arg-type]

    def ran(self) -> list[str]:
        return [run.event_type for run in self.runs]


@contextmanager
def open_world() -> Iterator[World]:
    """Two origins, one distribution with one behavior, nothing cached."""
    clock = HandClock()
    files = {
        "index.html": b"<p>home</p>",
        "a.html": b"<p>a</p>",
        "app.js": b"1",
        "error.html": b"<p>sorry</p>",
    }
    origins = {"site": CountingOrigin(files), "spare": CountingOrigin({"only-spare.html": b"spare"})}
    runs: list[EdgeCall] = []
    distribution = EdgeDistribution(
        "E1",
        "d111.cloudfront.net",
        behaviors=(behavior(),),
        origins=(SITE, OriginSettings("spare", "spare.s3.us-east-1.amazonaws.com", is_s3=True)),
        aliases=(HOST,),
        default_root_object="index.html",
    )

    def connect(settings: OriginSettings) -> Origin:
        return origins[settings.id]

    with Edge(clock, connect, runs.append) as edge:
        edge.deploy(distribution)
        yield World(edge, clock, origins, runs, distribution)


def behavior(
    pattern: str = "*", functions: Mapping[EventType, FunctionCode] | None = None, **fields: object
) -> EdgeBehavior:
    plain = EdgeBehavior(pattern, "site", functions=functions or {})
    return replace(plain, **fields)  # type: ignore[arg-type]
