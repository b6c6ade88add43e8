"""Lambda in memory: states, versions, deduplication, guards."""

from __future__ import annotations

import base64
import hashlib
import itertools
import math
import re
import threading
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from edgerollout.release.facts.snapshot import Function, Version
from edgerollout.rollout.ports import (
    AlreadyExists,
    AwsFailure,
    Busy,
    NotFound,
    PreconditionFailed,
    Referenced,
    Replicated,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edgerollout.release.facts.arn import VersionArn
    from edgerollout.release.plans.plan import CreateFunction
    from tests.fakes.clock import FakeClock
    from tests.fakes.faults import Faults
    from tests.fakes.roles import FakeRoles
    from tests.fakes.windows import Windows

LONGEST_DESCRIPTION = 256
MOST_TAGS = 50
_KEY, _VALUE = re.compile(r"[\w .:/=+@-]{1,128}"), re.compile(r"[\w .:/=+@-]{0,256}")


@dataclass
class _Published:
    version: Version
    bundle: bytes
    configuration: Function
    active_at: datetime


@dataclass
class _Stored:
    latest: Function
    bundle: bytes
    busy_until: datetime
    active_at: datetime
    dirty: bool = True
    """Whether $LATEST changed since the last publish."""
    published: dict[int, _Published] = field(default_factory=dict)
    next_number: int = 1
    aliases: dict[str, frozenset[int]] = field(default_factory=dict)


class FakeLambda:
    """Fulfils `ports.Lambda`. `add` and `add_version` put functions there, `upload` is another writer."""

    def __init__(
        self, account: str, clock: FakeClock, faults: Faults, windows: Windows, roles: FakeRoles
    ) -> None:
        self._account = account
        self._clock = clock
        self._faults = faults
        self._windows = windows
        self._roles = roles
        self._stored: dict[str, _Stored] = {}
        self._tags: dict[str, dict[str, str]] = {}
        self._replicas: dict[str, datetime | None] = {}
        """Version ARN → when its replicas are gone; None while CloudFront names it."""
        self._revisions = itertools.count(1)
        self._lock = threading.RLock()
        self.tags_readable = True
        self.code_readable = True
        self.identical_upload_makes_version = True
        """Sources disagree about what AWS does when the same zip is uploaded again."""

    # --- what tests do ---------------------------------------------------------------------------

    def add(self, step: CreateFunction, role_arn: str, bundle: bytes = b"", *, age: float = 86_400.0) -> str:
        """A function that has been there for `age` seconds. Returns its unqualified ARN."""
        made = self._clock.now() - timedelta(seconds=age)
        arn = f"arn:aws:lambda:us-east-1:{self._account}:function:{step.name}"
        latest = Function(
            name=step.name,
            arn=arn,
            runtime=step.runtime,
            entry=step.entry,
            role_arn=role_arn,
            memory=step.memory,
            timeout=step.timeout,
            code_sha256=sha256(bundle),
            revision_id=self._revision(),
        )
        self._stored[step.name] = _Stored(latest, bundle, busy_until=made, active_at=made)
        self._tags[arn] = {}
        return arn

    def add_version(self, name: str, bundle: bytes, description: str, *, age: float = 3600.0) -> str:
        """A version published `age` seconds ago. Returns its ARN."""
        stored = self._stored[name]
        self._change(stored, bundle=bundle)
        stored.busy_until = self._clock.now()
        published = self._clock.now() - timedelta(seconds=age)
        version = self._publish(stored, description, published, active_at=published)
        return f"{stored.latest.arn}:{version.number}"

    def upload(self, name: str, bundle: bytes) -> None:
        """Another writer's UpdateFunctionCode, over already."""
        stored = self._stored[name]
        self._change(stored, bundle=bundle)
        stored.busy_until = self._clock.now()

    def reconfigure(self, name: str, **changes: object) -> None:
        """Set fields of $LATEST (as in snapshot.Function) as another writer would."""
        stored = self._stored[name]
        stored.latest = replace(stored.latest, **changes)  # type: ignore[arg-type]
        stored.dirty = True

    def lose_version(self, name: str, number: int) -> None:
        """Take a version away; its number never comes back."""
        del self._stored[name].published[number]

    def add_alias(self, name: str, alias: str, *versions: int) -> None:
        """A name for a version (for two while it shifts traffic)."""
        self._stored[name].aliases[alias] = frozenset(versions)

    def replicate(self, attached: frozenset[str]) -> None:
        """CloudFront names these version ARNs now; replicas of those it no longer names go after a window."""
        self._replicas |= dict.fromkeys(attached)
        gone = self._clock.now() + timedelta(seconds=self._windows.replica_seconds)
        for arn, until in self._replicas.items():
            if until is None and arn not in attached:
                self._replicas[arn] = gone

    def tags(self, name: str) -> dict[str, str]:
        return dict(self._tags[self._stored[name].latest.arn])

    def why_not_at_the_edge(self, version: VersionArn, event: str) -> str | None:
        """CloudFront's words for not taking this version as a trigger, None when it takes it."""
        stored = self._stored.get(version.function)
        published = None if stored is None else stored.published.get(version.version)
        if published is None:
            return f"The function does not exist. ARN: {version}"
        configuration = published.configuration
        trusted = self._roles.trusted(configuration.role_arn)
        if trusted is not None and not {"lambda.amazonaws.com", "edgelambda.amazonaws.com"} <= trusted:
            return (
                "The function execution role must be assumable with edgelambda.amazonaws.com as well as "
                f"lambda.amazonaws.com principals. Update the IAM role and try again. Role: "
                f"{configuration.role_arn}"
            )
        if configuration.environment_variables:
            return f"The function cannot have environment variables. Function: {version}"
        if configuration.layers:
            return f"The function cannot have a layer. Function: {version}"
        if configuration.architectures != ("x86_64",):
            return "Lambda@Edge does not support functions with an architecture of arm64"
        limit = 5 if event.startswith("viewer-") else 30
        if configuration.timeout > limit:
            return (
                "The function timeout is larger than the maximum allowed for functions that are triggered "
                f"by a CloudFront event: {configuration.timeout} Max allowed: {limit}"
            )
        return None

    # --- the port --------------------------------------------------------------------------------

    def function(self, name: str) -> Function | None:
        stored = self._faults.perform("lambda:GetFunction", lambda: self._stored.get(name))
        if stored is None:
            return None
        versions = self.versions(name)
        state, last_update = self._state(stored)
        return replace(
            stored.latest,
            state=state,
            last_update_status=last_update,
            versions=versions,
            tags=dict(self._tags[stored.latest.arn]) if self.tags_readable else None,
        )

    def state(self, name: str, version: int | None = None) -> tuple[str, str]:
        operation = "lambda:GetFunctionConfiguration"

        def body() -> tuple[str, str]:
            stored = self._find(name, operation)
            if version is None:
                return self._state(stored)
            published = self._version(stored, version, operation)
            active = self._clock.now() >= published.active_at
            return ("Active" if active else "Pending"), "Successful"

        return self._faults.perform(operation, body)

    def code(self, name: str, version: int) -> bytes:
        operation = "lambda:GetFunction"

        def body() -> bytes:
            if not self.code_readable:
                raise AwsFailure(
                    operation, "AccessDeniedException", "not authorized to perform: lambda:GetFunction"
                )
            return self._version(self._find(name, operation), version, operation).bundle

        return self._faults.perform(operation, body)

    def create(self, step: CreateFunction, role_arn: str, bundle: bytes) -> str:
        operation = "lambda:CreateFunction"

        def body() -> str:
            with self._lock:
                if step.name in self._stored:
                    raise AlreadyExists(
                        operation, "ResourceConflictException", f"Function already exist: {step.name}"
                    )
                if not self._roles.assumable(role_arn, self._windows.role_seconds):
                    raise Busy(
                        operation,
                        "InvalidParameterValueException",
                        "The role defined for the function cannot be assumed by Lambda.",
                    )
                arn = self.add(step, role_arn, bundle, age=0.0)
                stored = self._stored[step.name]
                stored.active_at = self._clock.now() + timedelta(seconds=self._windows.function_seconds)
                stored.busy_until = stored.active_at
                return arn

        return self._faults.perform(operation, body)

    def update_configuration(self, name: str, wanted: CreateFunction, role_arn: str) -> None:
        operation = "lambda:UpdateFunctionConfiguration"

        def body() -> None:
            with self._lock:
                stored = self._idle(name, operation)
                self._change(stored)
                stored.latest = replace(
                    stored.latest,
                    runtime=wanted.runtime,
                    entry=wanted.entry,
                    memory=wanted.memory,
                    timeout=wanted.timeout,
                    role_arn=role_arn,
                )

        self._faults.perform(operation, body)

    def update_code(self, name: str, bundle: bytes, revision_id: str | None) -> str:
        operation = "lambda:UpdateFunctionCode"

        def body() -> str:
            with self._lock:
                stored = self._idle(name, operation)
                if revision_id is not None and revision_id != stored.latest.revision_id:
                    raise PreconditionFailed(
                        operation,
                        "PreconditionFailedException",
                        "The Revision Id provided does not match the latest Revision Id.",
                    )
                same = stored.bundle == bundle and not self.identical_upload_makes_version
                self._change(stored, bundle=bundle, matters=not same)
                return stored.latest.code_sha256

        return self._faults.perform(operation, body)

    def try_code(self, name: str, bundle: bytes) -> str:
        operation = "lambda:UpdateFunctionCode"

        def body() -> str:
            self._idle(name, operation)
            return base64.b64encode(hashlib.sha256(bundle).digest()).decode()

        return self._faults.perform(operation, body)

    def publish(self, name: str, code_sha256: str, description: str) -> Version:
        operation = "lambda:PublishVersion"

        def body() -> Version:
            with self._lock:
                stored = self._idle(name, operation)
                if len(description) > LONGEST_DESCRIPTION:
                    raise AwsFailure(
                        operation, "InvalidParameterValueException", "Description is longer than 256"
                    )
                if code_sha256 != stored.latest.code_sha256:
                    raise PreconditionFailed(
                        operation,
                        "InvalidParameterValueException",
                        f"CodeSHA256 ({code_sha256}) is different from current CodeSHA256 in $LATEST "
                        f"({stored.latest.code_sha256}). Please try again with the CodeSHA256 in $LATEST.",
                    )
                if not stored.dirty and stored.published:
                    return stored.published[max(stored.published)].version
                active = self._clock.now() + timedelta(seconds=self._windows.function_seconds)
                return self._publish(stored, description, self._clock.now(), active_at=active)

        return self._faults.perform(operation, body)

    def versions(self, name: str) -> tuple[Version, ...]:
        operation = "lambda:ListVersionsByFunction"
        stored = self._find(name, operation)
        # $LATEST is one of the 50 of the first page.
        for _ in range(1, math.ceil((len(stored.published) + 1) / 50)):
            self._faults.perform(operation, lambda: None)
        return self._faults.perform(
            operation, lambda: tuple(stored.published[number].version for number in sorted(stored.published))
        )

    def aliases(self, name: str) -> Mapping[str, frozenset[int]]:
        operation = "lambda:ListAliases"
        return self._faults.perform(operation, lambda: dict(self._find(name, operation).aliases))

    def delete_version(self, name: str, version: int) -> None:
        operation = "lambda:DeleteFunction"

        def body() -> None:
            stored = self._find(name, operation)
            self._version(stored, version, operation)
            used = [alias for alias, targets in stored.aliases.items() if version in targets]
            if used:
                raise Referenced(
                    operation,
                    "ResourceConflictException",
                    f"Version {version} cannot be deleted because it is being referenced by alias: {used[0]}",
                )
            arn = f"{stored.latest.arn}:{version}"
            if arn in self._replicas:
                until = self._replicas[arn]
                if until is None or self._clock.now() < until:
                    raise Replicated(
                        operation,
                        "InvalidParameterValueException",
                        f"Lambda was unable to delete {arn} because it is a replicated function. Please see"
                        " our documentation for Deleting Lambda@Edge Functions and Replicas.",
                    )
            del stored.published[version]

        self._faults.perform(operation, body)

    def tag(self, function_arn: str, tags: Mapping[str, str]) -> None:
        operation = "lambda:TagResource"

        def body() -> None:
            there = self._tagged(function_arn, operation)
            wrong = [
                key for key, value in tags.items() if not (_KEY.fullmatch(key) and _VALUE.fullmatch(value))
            ]
            if wrong or len({*there, *tags}) > MOST_TAGS:
                words = f"Invalid tag: {wrong[0]}" if wrong else "Number of tags exceeds resource tag limit."
                raise AwsFailure(operation, "InvalidParameterValueException", words)
            there.update(tags)

        self._faults.perform(operation, body)

    def untag(self, function_arn: str, keys: Sequence[str]) -> None:
        def body() -> None:
            tags = self._tagged(function_arn, "lambda:UntagResource")
            for key in keys:
                tags.pop(key, None)

        self._faults.perform("lambda:UntagResource", body)

    # --- within ----------------------------------------------------------------------------------

    def _find(self, name: str, operation: str) -> _Stored:
        found = self._stored.get(name)
        if found is None:
            raise NotFound(operation, "ResourceNotFoundException", f"Function not found: {name}")
        return found

    def _version(self, stored: _Stored, number: int, operation: str) -> _Published:
        found = stored.published.get(number)
        if found is None:
            raise NotFound(
                operation, "ResourceNotFoundException", f"Function not found: {stored.latest.arn}:{number}"
            )
        return found

    def _tagged(self, arn: str, operation: str) -> dict[str, str]:
        if arn not in self._tags:
            raise NotFound(operation, "ResourceNotFoundException", f"Function not found: {arn}")
        return self._tags[arn]

    def _idle(self, name: str, operation: str) -> _Stored:
        stored = self._find(name, operation)
        if self._clock.now() < stored.busy_until:
            raise Busy(
                operation,
                "ResourceConflictException",
                "The operation cannot be performed at this time. An update is in progress for resource: "
                f"{stored.latest.arn}",
            )
        return stored

    def _state(self, stored: _Stored) -> tuple[str, str]:
        now = self._clock.now()
        return (
            "Active" if now >= stored.active_at else "Pending",
            "Successful" if now >= stored.busy_until else "InProgress",
        )

    def _change(self, stored: _Stored, *, bundle: bytes | None = None, matters: bool = True) -> None:
        if bundle is not None:
            stored.bundle = bundle
            stored.latest = replace(stored.latest, code_sha256=sha256(bundle))
        stored.latest = replace(stored.latest, revision_id=self._revision())
        stored.dirty = stored.dirty or matters
        stored.busy_until = self._clock.now() + timedelta(seconds=self._windows.function_seconds)

    def _publish(
        self, stored: _Stored, description: str, published_at: datetime, *, active_at: datetime
    ) -> Version:
        version = Version(
            number=stored.next_number,
            description=description,
            code_sha256=stored.latest.code_sha256,
            published_at=published_at,
            runtime=stored.latest.runtime,
            size=len(stored.bundle),
        )
        stored.next_number += 1
        stored.published[version.number] = _Published(version, stored.bundle, stored.latest, active_at)
        stored.dirty = False
        stored.latest = replace(stored.latest, revision_id=self._revision())
        return version

    def _revision(self) -> str:
        return f"revision-{next(self._revisions)}"


def sha256(bundle: bytes) -> str:
    """CodeSha256 as Lambda says it."""
    return base64.b64encode(hashlib.sha256(bundle).digest()).decode()
