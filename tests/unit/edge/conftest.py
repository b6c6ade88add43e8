"""An edge over origins in memory, with functions that are real: they run in their own processes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from edgerollout.edge.edge import Edge
from edgerollout.edge.message import EdgeRequest, EdgeResponse
from edgerollout.edge.model import EdgeBehavior, EdgeDistribution, OriginSettings
from edgerollout.edge.origins import OriginUnreachable, folder_origin
from edgerollout.handlers.code import FunctionCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from edgerollout.edge.functions import FunctionRun
    from edgerollout.edge.origins import Origin, OriginRequest
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
    runs: list[FunctionRun]
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


@pytest.fixture
def world() -> Iterator[World]:
    clock = HandClock()
    files = {
        "index.html": b"<p>home</p>",
        "a.html": b"<p>a</p>",
        "app.js": b"1",
        "error.html": b"<p>sorry</p>",
    }
    origins = {"site": CountingOrigin(files), "spare": CountingOrigin({"only-spare.html": b"spare"})}
    runs: list[FunctionRun] = []
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


@pytest.fixture
def function(tmp_path: Path) -> Callable[..., FunctionCode]:
    """Makes a Python function version; `body` sees `request` and, at response events, `response`."""
    made = 0

    def make(body: str, *, timeout: float = 5) -> FunctionCode:
        nonlocal made
        made += 1
        folder = tmp_path / f"function-{made}"
        folder.mkdir()
        lines = [
            "def handler(event, context):",
            "    cf = event['Records'][0]['cf']",
            "    request, response = cf['request'], cf.get('response')",
            *(f"    {line}" for line in body.splitlines()),
        ]
        (folder / "index.py").write_text("\n".join(lines))
        arn = f"arn:aws:lambda:us-east-1:123456789012:function:test:{made}"
        return FunctionCode(folder, "index.handler", "python3.13", timeout=timeout, arn=arn)

    return make


@pytest.fixture
def sets(function: Callable[..., FunctionCode]) -> Callable[[str], FunctionCode]:
    """Makes a function that sets X-Release to a value."""

    def make(value: str) -> FunctionCode:
        return function(
            f"response['headers']['x-release'] = [{{'key': 'X-Release', 'value': '{value}'}}]\n"
            "return response"
        )

    return make
