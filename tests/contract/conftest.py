"""A sandbox with a clock that stands still, and AWS's own SDK to ask it."""

from __future__ import annotations

import io
import itertools
import json
import zipfile
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from edgerollout.emulator.server import RunningServer, start
from edgerollout.emulator.settings import Settings, Windows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edgerollout.emulator.sink import DistributionView

ACCOUNT = "123456789012"
OTHER_ACCOUNT = "222222222222"
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
WINDOWS = Windows(
    deploy_seconds=300, invalidation_seconds=60, function_seconds=0, role_seconds=0, replica_seconds=3600
)
EDGE_TRUST = ("lambda.amazonaws.com", "edgelambda.amazonaws.com")


class StandingClock:
    """Time passes when told to."""

    def __init__(self) -> None:
        self._now = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._now.timestamp()

    def sleep(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


@dataclass
class RecordedEdge:
    """What the data plane was told, in order."""

    told: list[tuple[str, Any]] = field(default_factory=list)
    places: int = 2

    def reached(self, distribution: DistributionView, place: int) -> None:
        self.told.append((f"reached {place}", distribution))

    def deployed(self, distribution: DistributionView) -> None:
        self.told.append(("deployed", distribution))

    def invalidated(self, distribution_id: str, paths: tuple[str, ...]) -> None:
        self.told.append(("invalidated", (distribution_id, paths)))

    def removed(self, distribution_id: str) -> None:
        self.told.append(("removed", distribution_id))

    def about(self, distribution_id: str) -> list[tuple[str, Any]]:
        def subject(told: Any) -> str:
            return told if isinstance(told, str) else told[0] if isinstance(told, tuple) else told.id

        return [(what, told) for what, told in self.told if subject(told) == distribution_id]


@dataclass
class Refusal:
    """An error as boto3 shows it."""

    code: str
    status: int
    message: str


class Aws:
    """The sandbox as its callers see it, and short ways to make what most tests need."""

    def __init__(self, server: RunningServer, clock: StandingClock, edge: RecordedEdge) -> None:
        self.server = server
        self.clock = clock
        self.edge = edge
        self._clients: dict[tuple[str, str, str], Any] = {}
        self._numbers = itertools.count(1)

    def client(self, service: str, account: str = ACCOUNT, region: str = "us-east-1", **options: Any) -> Any:
        key = (service, account, region)
        if options or key not in self._clients:
            made = boto3.client(
                service,
                endpoint_url=self.server.endpoint_url,
                region_name=region,
                aws_access_key_id=f"AKIA{account}",
                aws_secret_access_key=self.server.secret,
                config=Config(retries={"total_max_attempts": 1}, **options),
            )
            if options:
                return made
            self._clients[key] = made
        return self._clients[key]

    @staticmethod
    def zipped(text: str, name: str = "index.py") -> bytes:
        """A zip with fixed dates, so that equal files are equal bytes."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr(zipfile.ZipInfo(name), text)
        return buffer.getvalue()

    @staticmethod
    def trigger(arn: str, event: str = "origin-response", **members: Any) -> dict[str, Any]:
        return {"LambdaFunctionARN": arn, "EventType": event, **members}

    @property
    def now(self) -> datetime:
        return self.server.plane.schedule.now()

    @property
    def cloudfront(self) -> Any:
        return self.client("cloudfront")

    @property
    def functions(self) -> Any:
        return self.client("lambda")

    @property
    def iam(self) -> Any:
        return self.client("iam")

    def name(self, prefix: str = "f") -> str:
        return f"{prefix}-{next(self._numbers)}"

    def pass_time(self, seconds: float) -> None:
        self.clock.sleep(seconds)
        self.server.plane.tick()

    def adjust(self, **changes: Any) -> None:
        """Change windows, switches or quotas by their fields' names, until the test ends."""
        settings = self.server.plane.settings
        for part in ("windows", "switches", "quotas"):
            current = getattr(settings, part)
            mine = {name: value for name, value in changes.items() if hasattr(current, name)}
            settings = replace(settings, **{part: replace(current, **mine)})
        self.server.plane.settings = settings

    def reset(self) -> None:
        self.server.plane.settings = Settings(windows=WINDOWS)
        self.server.faults.clear()

    def refusal(self, call: Callable[..., Any], **inputs: Any) -> Refusal:
        """The error that `call` must end in."""
        with pytest.raises(ClientError) as caught:
            call(**inputs)
        response = caught.value.response
        return Refusal(
            response["Error"]["Code"],
            response["ResponseMetadata"]["HTTPStatusCode"],
            response["Error"]["Message"],
        )

    def role(self, services: tuple[str, ...] = EDGE_TRUST, account: str = ACCOUNT) -> str:
        document = {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": list(services)}, "Action": "sts:AssumeRole"}
            ],
        }
        made = self.client("iam", account).create_role(
            RoleName=self.name("role"), AssumeRolePolicyDocument=json.dumps(document)
        )
        return made["Role"]["Arn"]

    def function(self, *, role: str | None = None, **inputs: Any) -> str:
        """A new function's name; Active, and not published."""
        name = self.name()
        self.functions.create_function(
            **{
                "FunctionName": name,
                "Runtime": "python3.13",
                "Role": role or self.role(),
                "Handler": "index.handler",
                "Code": {"ZipFile": self.zipped(f"NAME = {name!r}")},
                **inputs,
            }
        )
        return name

    def version(self, name: str | None = None, **inputs: Any) -> str:
        """The ARN of a version, just published of `name` or of a new function."""
        published = self.functions.publish_version(FunctionName=name or self.function(**inputs))
        self.server.plane.tick()
        return published["FunctionArn"]

    def config(
        self, *associations: dict[str, Any], paths: tuple[str, ...] = (), **members: Any
    ) -> dict[str, Any]:
        """A DistributionConfig; `associations` go on the default behavior and on those of `paths`."""
        behavior: dict[str, Any] = {
            "TargetOriginId": "site",
            "ViewerProtocolPolicy": "redirect-to-https",
            "CachePolicyId": CACHING_OPTIMIZED,
            "LambdaFunctionAssociations": {"Quantity": len(associations), "Items": list(associations)},
        }
        config: dict[str, Any] = {
            "CallerReference": self.name("reference"),
            "Comment": "",
            "Enabled": True,
            "Origins": {
                "Quantity": 1,
                "Items": [
                    {
                        "Id": "site",
                        "DomainName": "site.s3.us-east-1.amazonaws.com",
                        "S3OriginConfig": {"OriginAccessIdentity": ""},
                    }
                ],
            },
            "DefaultCacheBehavior": behavior,
            "CacheBehaviors": {
                "Quantity": len(paths),
                "Items": [{"PathPattern": path, **behavior} for path in paths],
            },
        }
        return {**config, **members}

    def distribution(self, *associations: dict[str, Any], account: str = ACCOUNT, **members: Any) -> str:
        """A new distribution's id, still InProgress."""
        made = self.client("cloudfront", account).create_distribution(
            DistributionConfig=self.config(*associations, **members)
        )
        return made["Distribution"]["Id"]

    def deployed_distribution(self, *associations: dict[str, Any], **members: Any) -> str:
        identity = self.distribution(*associations, **members)
        self.pass_time(WINDOWS.deploy_seconds)
        return identity

    def edit(self, identity: str, change: Callable[[dict[str, Any]], None]) -> Any:
        """Read, change, write back; the update's answer."""
        read = self.cloudfront.get_distribution_config(Id=identity)
        change(read["DistributionConfig"])
        return self.cloudfront.update_distribution(
            Id=identity, IfMatch=read["ETag"], DistributionConfig=read["DistributionConfig"]
        )

    def invalidate(self, identity: str, *paths: str, reference: str | None = None) -> Any:
        return self.cloudfront.create_invalidation(
            DistributionId=identity,
            InvalidationBatch={
                "CallerReference": reference or self.name("invalidation"),
                "Paths": {"Quantity": len(paths), "Items": list(paths)},
            },
        )


@pytest.fixture(scope="session")
def running_aws() -> Iterator[Aws]:
    clock, edge = StandingClock(), RecordedEdge()
    server = start(clock=clock, windows=WINDOWS, sink=edge, pause=lambda _: None)
    yield Aws(server, clock, edge)
    server.stop()


@pytest.fixture
def aws(running_aws: Aws) -> Iterator[Aws]:
    """The session's sandbox with its settings as they were, whatever the last test did to them."""
    running_aws.reset()
    yield running_aws
    running_aws.reset()
