"""The same promises over two worlds: the fakes, and the real adapter talking to the sandbox."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import pytest

from edgerollout.release.plans.plan import CreateFunction
from edgerollout.rollout.ports import Aws, LostAnswer
from tests.fakes.aws import FakeAws
from tests.fakes.clock import FakeClock
from tests.fakes.documents import document
from tests.fakes.windows import Windows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.aws.session import AwsAccount
    from edgerollout.emulator.server import RunningServer
    from edgerollout.release.facts.events import Event

WINDOWS = Windows(deploy_seconds=180, invalidation_seconds=60, function_seconds=4, role_seconds=8)

_accounts = itertools.count(200_000_000_001)


class World(Protocol):
    """An account to keep promises in, and the few things only a test does to it."""

    clock: FakeClock

    @property
    def aws(self) -> Aws: ...

    def add_distribution(self, xml: bytes) -> str:
        """Put a distribution there and let it become Deployed. Returns its id."""
        ...

    def add_role(self, name: str) -> None:
        """A role that somebody else made."""
        ...

    def tag(self, distribution_id: str, tags: dict[str, str]) -> None:
        """Tag a distribution, as its owner would."""
        ...

    def add_alias(self, function: str, alias: str, version: int, other: int | None = None) -> None:
        """A name for a version; with `other` it shifts some of the traffic there."""
        ...

    def lose_the_answer(self, operation: str) -> None:
        """Carry out the next call of `operation`, and answer with a 500."""
        ...


@dataclass
class FakeWorld:
    clock: FakeClock = field(default_factory=FakeClock)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.aws = FakeAws(self.clock, account=str(next(_accounts)), windows=WINDOWS)

    def add_distribution(self, xml: bytes) -> str:
        return self.aws.cloudfront.add(f"EFAKE{next(self.numbers):09d}", xml)

    def add_role(self, name: str) -> None:
        self.aws.roles.add(name)

    def tag(self, distribution_id: str, tags: dict[str, str]) -> None:
        self.aws.cloudfront.tags_of[distribution_id] = tags

    def add_alias(self, function: str, alias: str, version: int, other: int | None = None) -> None:
        self.aws.functions.add_alias(function, alias, version, *(() if other is None else (other,)))

    def lose_the_answer(self, operation: str) -> None:
        lost = LostAnswer(operation, "InternalError", "We encountered an internal error.")
        self.aws.faults.fail(operation, lost, after_commit=True)


@dataclass
class SandboxWorld:
    server: RunningServer
    clock: FakeClock
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        from edgerollout.aws.session import connect

        self.aws: AwsAccount = connect(
            account_hint=str(next(_accounts)),
            profile=None,
            role_arn=None,
            endpoint_url=self.server.endpoint_url,
            clock=self.clock,
            emit=self.events.append,
            sandbox_secret=self.server.secret,
        )

    def add_distribution(self, xml: bytes) -> str:
        from edgerollout.aws.cloudfront import _PLACEHOLDER

        # The adapter creates no distributions; its own client does it here, with the raw document.
        client = self.aws.cloudfront._client

        def send(params: dict[str, object], **_: object) -> None:
            params["body"] = xml

        client.meta.events.register("before-call.cloudfront.CreateDistribution", send, "raw")
        try:
            made = client.create_distribution(DistributionConfig=_PLACEHOLDER)
        finally:
            client.meta.events.unregister("before-call.cloudfront.CreateDistribution", send, "raw")
        self.clock.advance(WINDOWS.deploy_seconds)
        return made["Distribution"]["Id"]

    def add_role(self, name: str) -> None:
        from edgerollout.aws.roles import _trust

        self.aws.roles._client.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(_trust()))

    def tag(self, distribution_id: str, tags: dict[str, str]) -> None:
        client = self.aws.cloudfront._client
        items = [{"Key": key, "Value": value} for key, value in tags.items()]
        arn = client.get_distribution(Id=distribution_id)["Distribution"]["ARN"]
        client.tag_resource(Resource=arn, Tags={"Items": items})

    def add_alias(self, function: str, alias: str, version: int, other: int | None = None) -> None:
        self.aws.functions._client.create_alias(
            FunctionName=function,
            Name=alias,
            FunctionVersion=str(version),
            RoutingConfig={"AdditionalVersionWeights": {} if other is None else {str(other): 0.1}},
        )

    def lose_the_answer(self, operation: str) -> None:
        from edgerollout.emulator.faults import FaultRule

        self.server.faults.add(FaultRule(operation, code="InternalError", status=500, after_commit=True))


@pytest.fixture(scope="session")
def server() -> Iterator[RunningServer]:
    from edgerollout.emulator import server as sandbox
    from edgerollout.emulator.settings import Windows as SandboxWindows

    running = sandbox.start(
        clock=FakeClock(),
        windows=SandboxWindows(
            deploy_seconds=WINDOWS.deploy_seconds,
            invalidation_seconds=WINDOWS.invalidation_seconds,
            function_seconds=WINDOWS.function_seconds,
            role_seconds=WINDOWS.role_seconds,
            replica_seconds=WINDOWS.replica_seconds,
        ),
    )
    yield running
    running.stop()


@pytest.fixture
def sandbox(server: RunningServer) -> Iterator[SandboxWorld]:
    clock = server.plane.schedule._clock
    assert isinstance(clock, FakeClock)
    yield SandboxWorld(server, clock)
    server.faults.clear()


@pytest.fixture(params=["fake", pytest.param("sandbox", marks=pytest.mark.sandbox)])
def world(request: pytest.FixtureRequest) -> World:
    if request.param == "fake":
        return FakeWorld()
    made: SandboxWorld = request.getfixturevalue("sandbox")
    return made


@dataclass(frozen=True)
class Prepared:
    """A function that is ready to be published from, and the bundle in its $LATEST."""

    name: str
    arn: str
    role_arn: str
    bundle: bytes
    code_sha256: str


def step(name: str = "headers", role: str = "edge") -> CreateFunction:
    return CreateFunction(name, role, "python3.13", "index.handler", 128, 5)


def zipped(text: str) -> bytes:
    """A small zip, told apart by `text`."""
    import io
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("index.py", (1980, 1, 1, 0, 0, 0)), f"handler = {text!r}\n")
    return buffer.getvalue()


@pytest.fixture
def prepared(world: World) -> Prepared:
    from tests.fakes.functions import sha256

    role = world.aws.roles.create("edge")
    world.clock.advance(WINDOWS.role_seconds)
    bundle = zipped("one")
    arn = world.aws.functions.create(step(), role.arn, bundle)
    world.clock.advance(WINDOWS.function_seconds)
    return Prepared("headers", arn, role.arn, bundle, sha256(bundle))


@pytest.fixture
def site(world: World) -> str:
    """A Deployed distribution with two ordered behaviors and no triggers."""
    return world.add_distribution(document(2, alias=None))
