"""Lambda's state of an account in a region."""

from __future__ import annotations

import base64
import hashlib
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edgerollout.emulator.messages import Members

LATEST = "$LATEST"
PENDING = "Pending"
ACTIVE = "Active"


def code_sha256(code: bytes) -> str:
    """Base64 of the zip's SHA-256, as every Lambda answer shows it."""
    return base64.b64encode(hashlib.sha256(code).digest()).decode("ascii")


def modified(moment: datetime) -> str:
    """LastModified is text in Lambda, in this format."""
    utc = moment.astimezone(UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%S.") + f"{utc.microsecond // 1000:03d}+0000"


def new_revision() -> str:
    return str(uuid.uuid4())


@dataclass
class StoredVersion:
    """A published version. Only its state ever changes."""

    function_arn: str
    number: int
    configuration: Members
    code: bytes = field(repr=False)
    last_modified: str
    revision_id: str = field(default_factory=new_revision)
    state: str = PENDING

    @property
    def arn(self) -> str:
        return f"{self.function_arn}:{self.number}"

    def members(self) -> Members:
        return {
            **self.configuration,
            "FunctionArn": self.arn,
            "Version": str(self.number),
            "CodeSize": len(self.code),
            "CodeSha256": code_sha256(self.code),
            "LastModified": self.last_modified,
            "RevisionId": self.revision_id,
            "State": self.state,
            **(
                {"StateReason": "The function is being created.", "StateReasonCode": "Creating"}
                if self.state == PENDING
                else {}
            ),
            "LastUpdateStatus": "Successful",
        }


@dataclass
class StoredFunction:
    """A function: $LATEST, its versions, and their aliases and permissions.

    `uploads` counts stored code; `updating` counts unfinished updates; `published` is
    the state that the newest version was made from.
    """

    arn: str
    configuration: Members
    code: bytes = field(repr=False)
    last_modified: str
    state: str = PENDING
    updating: int = 0
    uploads: int = 1
    revision_id: str = field(default_factory=new_revision)
    published: tuple[int, str, Members] | None = None
    versions: dict[int, StoredVersion] = field(default_factory=dict)
    aliases: dict[str, dict[str, Any]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    statements: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.arn.rpartition(":")[2]

    def touch(self, now: datetime) -> None:
        """Record a change of $LATEST."""
        self.revision_id = new_revision()
        self.last_modified = modified(now)

    def members(self, *, qualified: bool = False) -> Members:
        """$LATEST's configuration; `qualified` adds $LATEST to the ARN."""
        answer: dict[str, Any] = {
            **self.configuration,
            "FunctionArn": f"{self.arn}:{LATEST}" if qualified else self.arn,
            "Version": LATEST,
            "CodeSize": len(self.code),
            "CodeSha256": code_sha256(self.code),
            "LastModified": self.last_modified,
            "RevisionId": self.revision_id,
            "State": self.state,
        }
        if self.state == PENDING:
            answer["StateReason"] = "The function is being created."
            answer["StateReasonCode"] = "Creating"
        elif self.updating:
            answer["LastUpdateStatus"] = "InProgress"
            answer["LastUpdateStatusReason"] = "The function is being created."
            answer["LastUpdateStatusReasonCode"] = "Creating"
        else:
            answer["LastUpdateStatus"] = "Successful"
        return answer


@dataclass
class RegionFunctions:
    """The functions of one account in one region.

    `numbers` is the last version number of a name: it outlives versions and functions, because Lambda never
    uses a number twice.
    """

    functions: dict[str, StoredFunction] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    def take_number(self, name: str) -> int:
        self.numbers[name] = self.numbers.get(name, 0) + 1
        return self.numbers[name]


@dataclass
class Regions:
    """Every account's functions, by account and region."""

    regions: dict[tuple[str, str], RegionFunctions] = field(default_factory=dict)

    def of(self, account: str, region: str) -> RegionFunctions:
        return self.regions.setdefault((account, region), RegionFunctions())

    def __iter__(self) -> Iterator[tuple[str, str, RegionFunctions]]:
        for (account, region), found in self.regions.items():
            yield account, region, found
