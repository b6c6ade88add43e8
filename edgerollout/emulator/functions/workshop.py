"""Shared by Lambda's operations: find functions, refuse busy ones, finish updates after their window."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.emulator.functions.errors import invalid, not_found, refusal
from edgerollout.emulator.functions.state import (
    ACTIVE,
    LATEST,
    PENDING,
    RegionFunctions,
    Regions,
    StoredFunction,
    StoredVersion,
)
from edgerollout.emulator.names import FunctionArn

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.emulator.messages import Call
    from edgerollout.emulator.schedule import Schedule
    from edgerollout.emulator.settings import Settings

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PARTIAL = re.compile(
    r"(?:(?P<account>\d{12}):)?(?:function:)?(?P<name>[A-Za-z0-9_-]+)(?::(?P<qualifier>[\w$-]+))?"
)


@dataclass(frozen=True)
class Named:
    """A parsed FunctionName: a name, and the qualifier if the ARN has one."""

    name: str
    qualifier: str | None


@dataclass
class Workshop:
    """`replicated` says whether CloudFront still has replicas of a version ARN."""

    regions: Regions
    schedule: Schedule
    settings: Callable[[], Settings]
    replicated: Callable[[str, str], bool]

    def region(self, call: Call) -> RegionFunctions:
        return self.regions.of(call.account, call.region)

    def arn(self, call: Call, name: str) -> str:
        return FunctionArn(call.region, call.account, name).unqualified

    def named(self, call: Call) -> Named:
        """The requested function: by name, partial ARN or ARN. Raises ServiceError."""
        text = call.inputs["FunctionName"]
        arn = FunctionArn.parse(text)
        if arn is not None:
            if arn.account != call.account:
                raise refusal_access(call, text)
            if arn.region != call.region:
                raise refusal(
                    "ResourceNotFoundException",
                    f"Functions from '{arn.region}' are not reachable in this region ('{call.region}')",
                )
            return Named(arn.name, arn.qualifier)
        partial = _PARTIAL.fullmatch(text)
        if partial is None or not _NAME.fullmatch(partial["name"]):
            raise invalid(f"The function name is not valid: {text}")
        return Named(partial["name"], partial["qualifier"])

    def function(self, call: Call) -> StoredFunction:
        """Raises ResourceNotFoundException."""
        named = self.named(call)
        found = self.region(call).functions.get(named.name)
        if found is None:
            arn = self.arn(call, named.name)
            qualifier = call.inputs.get("Qualifier") or named.qualifier
            raise not_found(arn if qualifier is None else f"{arn}:{qualifier}")
        return found

    def qualifier(self, call: Call) -> str | None:
        return call.inputs.get("Qualifier") or self.named(call).qualifier

    def version(self, call: Call) -> StoredFunction | StoredVersion:
        """The target of the qualifier: a version, an alias's version, or the function for $LATEST."""
        found, qualifier = self.function(call), self.qualifier(call)
        if qualifier is None or qualifier == LATEST:
            return found
        number = found.aliases[qualifier]["FunctionVersion"] if qualifier in found.aliases else qualifier
        if number == LATEST:
            return found
        version = found.versions.get(int(number)) if number.isdecimal() else None
        if version is None:
            raise not_found(f"{found.arn}:{qualifier}")
        return version

    def refuse_busy(self, found: StoredFunction) -> None:
        """Raises ResourceConflictException while the function is being created or updated."""
        if found.state == PENDING:
            raise refusal(
                "ResourceConflictException",
                "The operation cannot be performed at this time. "
                "The function is currently in the following state: Pending",
            )
        if found.updating:
            raise refusal(
                "ResourceConflictException",
                "The operation cannot be performed at this time. "
                f"An update is in progress for resource: {found.arn}",
            )

    def refuse_stale(self, found: StoredFunction, revision: str | None) -> None:
        """Raises PreconditionFailedException if the caller's revision is not the current one."""
        if revision is not None and revision != found.revision_id:
            raise refusal(
                "PreconditionFailedException",
                "The Revision Id provided does not match the latest Revision Id. Call the "
                "GetFunction/GetAlias API to retrieve the latest Revision Id",
            )

    def begin_create(self, found: StoredFunction | StoredVersion) -> None:
        """Let the function or version become Active after the window."""

        def finish() -> None:
            found.state = ACTIVE

        self.schedule.after(self.settings().windows.function_seconds, finish)

    def begin_update(self, found: StoredFunction) -> None:
        """Let $LATEST's update become Successful after the window."""
        found.updating += 1

        def finish() -> None:
            found.updating -= 1

        self.schedule.after(self.settings().windows.function_seconds, finish)


def refusal_access(call: Call, resource: str) -> Exception:
    """Another account's function: no policy here ever allows it."""
    return refusal(
        "AccessDeniedException",
        f"User: arn:aws:iam::{call.account}:user/sandbox is not authorized to perform: "
        f"lambda:{call.operation} on resource: {resource}",
    )
