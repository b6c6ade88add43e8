"""One sandbox for all cases of a test process; accounts in it whose state is remembered and put back."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edgerollout.emulator.faults import FaultKind, FaultRule
from edgerollout.emulator.front import ConnectionReset, at_once
from edgerollout.emulator.server import start
from edgerollout.emulator.settings import Windows
from tests.functional.project import Project, Result
from tests.json_output import parsed

from .edge import Edge, Site

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from edgerollout.emulator.front import Around
    from edgerollout.emulator.plane import AccountState
    from tests.command_line import Command

AT_ONCE = Windows(deploy_seconds=0, invalidation_seconds=0, function_seconds=0, replica_seconds=0)
ORIGIN_SECRET = "origin-verify-5b1c7d"
ACCESS_SECRET = "access-key-77aa01"
SESSION_SECRET = "session-token-90ffe3"
SECRETS = (ORIGIN_SECRET, ACCESS_SECRET, SESSION_SECRET, "X-Amz-Signature", "X-Amz-Security-Token")
"""What no output may ever show. Distributions, commands and downloads carry them."""
_REPLACED, _WITHDRAWN = "edgerollout:replaced:", "edgerollout:withdrawn:"
_KILL, _KILL_UNHEARD = -1.0, -2.0
"""Delays of so many seconds stand for a SIGKILL: AWS does what it was asked, or never hears of it."""
_accounts = itertools.count(710_000_000_001)


@dataclass(frozen=True, order=True)
class Call:
    """The n-th call of an operation in one run."""

    operation: str
    nth: int

    def __str__(self) -> str:
        return f"{self.operation} #{self.nth}"


class World:
    """The sandbox, its edge and a site. AWS takes no time."""

    def __init__(self, edge: Edge | None = None, site: Site | None = None, around: Around = at_once) -> None:
        self.edge = edge or Edge()
        self.site = site or Site(self.edge)
        self.server = start(
            secret=ACCESS_SECRET, windows=AT_ONCE, sink=self.edge, pause=self._pause, around=around
        )
        self._victim: Command | None = None
        self._victim_known = threading.Event()
        self._came = False

    def close(self) -> None:
        self.server.stop()
        self.site.close()

    def let_die(self, command: Command) -> tuple[str, bool]:
        """Let a command run into the death that `death_at` prepared: its stdout, and whether it died."""
        self._victim = command
        self._victim_known.set()
        out, _ = command.communicate(timeout=300)
        self.server.faults.clear()
        return out, self._came

    def death_at(self, call: Call, *, after_commit: bool) -> None:
        """The next command dies at this call: before AWS hears of it, or when AWS has done it."""
        self._victim, self._victim_known, self._came = None, threading.Event(), False
        seconds = _KILL if after_commit else _KILL_UNHEARD
        self.server.faults.add(
            FaultRule(
                call.operation,
                FaultKind.DELAY,
                seconds=seconds,
                skip=call.nth - 1,
                after_commit=after_commit,
            )
        )

    def _pause(self, seconds: float) -> None:
        if seconds >= 0:
            time.sleep(seconds)
            return
        assert self._victim_known.wait(60)
        assert self._victim is not None
        self._came = True
        os.kill(self._victim.pid, signal.SIGKILL)
        while exists(self._victim.pid):
            time.sleep(0.002)
        if seconds == _KILL_UNHEARD:
            raise ConnectionReset


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@dataclass(frozen=True)
class Ending:
    """All that counts once a command is through."""

    triggers: Mapping[str, Mapping[str, Mapping[str, str]]]
    carried: Mapping[str, Mapping[str, set[str | None]]]
    """Distribution → path → versions whose headers responses carry."""
    invalidated_for: Mapping[str, Sequence[str]]
    """Caller references up to the ETag, oldest first."""
    versions: Sequence[int]
    tags: Mapping[str, str]
    status: Mapping[str, Any]

    def differences(self, other: Ending) -> list[str]:
        """What is otherwise than in `other`, a line each."""
        return list(_differences("", vars(self), vars(other)))


def _differences(where: str, item: Any, other: Any) -> Iterator[str]:
    if isinstance(item, dict) and isinstance(other, dict):
        for name in sorted({*item, *other}, key=str):
            yield from _differences(f"{where}.{name}", item.get(name), other.get(name))
    elif item != other:
        yield f"{where.removeprefix('.')} is {item!r}, not {other!r}"


@dataclass(frozen=True)
class _Remembered:
    state: AccountState
    roles: frozenset[str]


class Account(Project):
    """A project, and its account as it was at `remember`."""

    def __init__(self, world: World, folder: Path) -> None:
        number = str(next(_accounts))
        super().__init__(
            folder,
            number,
            world.server,
            extra={
                "AWS_ACCESS_KEY_ID": f"AKIA{number}",
                "AWS_SECRET_ACCESS_KEY": ACCESS_SECRET,
                "AWS_SESSION_TOKEN": SESSION_SECRET,
                "HTTP_PROXY": world.site.proxy_url,
                "NO_PROXY": "127.0.0.1",
            },
        )
        self.world = world
        self.ids: list[str] = []
        self._remembered: _Remembered | None = None

    def add_distribution(self, alias: str | None = None, paths: tuple[str, ...] = ("/api/*",)) -> str:
        """A distribution whose origin is reached with a secret header."""
        header = {"HeaderName": "X-Origin-Verify", "HeaderValue": ORIGIN_SECRET}
        origin = {
            "Id": "bucket",
            "DomainName": "www.origin.example",
            "CustomHeaders": {"Quantity": 1, "Items": [header]},
            "CustomOriginConfig": {
                "HTTPPort": 80,
                "HTTPSPort": 443,
                "OriginProtocolPolicy": "https-only",
                "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]},
            },
        }
        made = self.distribution(alias, paths, Origins={"Quantity": 1, "Items": [origin]})
        self.ids.append(made)
        return made

    def attach(self, distribution: str, arn: str) -> None:
        """Have a function on the default behavior, as a colleague would."""
        trigger = {"LambdaFunctionARN": arn, "EventType": "origin-response"}
        self.change(distribution, {"LambdaFunctionAssociations": {"Quantity": 1, "Items": [trigger]}})

    def team_has_a_policy(self, distribution: str) -> None:
        """A response headers policy of the team's own on the default behavior."""
        header = {"Header": "X-Team", "Value": "a", "Override": True}
        says = {"Name": f"team-{self.account}", "CustomHeadersConfig": {"Quantity": 1, "Items": [header]}}
        made = self.cloudfront.create_response_headers_policy(ResponseHeadersPolicyConfig=says)
        self.change(distribution, {"ResponseHeadersPolicyId": made["ResponseHeadersPolicy"]["Id"]})

    def must(self, *arguments: str, code: int = 0) -> Result:
        """Run a command that ends with this code."""
        result = self.run(*arguments)
        assert result.code == code, f"{arguments} ended with {result.code}\n{result.out}\n{result.err}"
        return result

    def remember(self) -> None:
        """Take what there is as the state that `put_back` restores."""
        self._remembered = _Remembered(self.server.plane.remember(self.account), self._roles())

    def put_back(self) -> None:
        """Have account, edge and project folder be as they were."""
        assert self._remembered is not None
        self.server.faults.clear()
        self.server.plane.put_back(self._remembered.state)
        iam = self.client("iam")
        for role in self._roles() - self._remembered.roles:
            for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
                iam.delete_role_policy(RoleName=role, PolicyName=policy)
            for policy in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
                iam.detach_role_policy(RoleName=role, PolicyArn=policy["PolicyArn"])
            iam.delete_role(RoleName=role)
        for identity in self.ids:
            self.world.edge.settle(identity, self._config(identity))
        shutil.rmtree(self.folder / ".edgerollout", ignore_errors=True)

    def versions(self) -> list[int]:
        """The function's numbered versions; none where there is no function."""
        try:
            return super().versions()
        except self.functions.exceptions.ResourceNotFoundException:
            return []

    def _roles(self) -> frozenset[str]:
        """The roles that somebody made."""
        found = self.client("iam").list_roles()["Roles"]
        return frozenset(
            item["RoleName"] for item in found if not item["Path"].startswith("/aws-service-role/")
        )

    def _config(self, distribution: str) -> Mapping[str, Any]:
        config: Mapping[str, Any] = self.cloudfront.get_distribution_config(Id=distribution)[
            "DistributionConfig"
        ]
        return config

    def tags(self) -> dict[str, str]:
        """The tags of the function that say anything; none where there is no function.

        What a release replaced is of no interest once it is back: a kill between the last two calls leaves
        such a tag, which only takes room.
        """
        try:
            found = self.functions.get_function(FunctionName=self.function)
        except self.functions.exceptions.ResourceNotFoundException:
            return {}
        tags = found.get("Tags", {})
        over = {f"{_REPLACED}{number}" for number in self.versions() if f"{_WITHDRAWN}{number}" in tags}
        return {key: value for key, value in tags.items() if key.rpartition(":")[0] not in over}

    def ending(self) -> Ending:
        """How everything stands now."""
        self.server.plane.tick()
        return Ending(
            triggers={identity: self.world.edge.standing(self._config(identity)) for identity in self.ids},
            carried={identity: self.world.edge.sees(identity) for identity in self.ids},
            invalidated_for={
                identity: [_without_etag(ref) for ref in self.invalidations(identity)]
                for identity in self.ids
            },
            versions=self.versions(),
            tags=self.tags(),
            status=_without_times(self.must("status", "-e", "testing", "-o", "json").document),
        )

    def calls_of(self, *command: str) -> tuple[Result, list[Call]]:
        """Run a command to its end: how it ended, and its calls in order."""
        self.forget_calls()
        result = self.run(*command)
        seen, calls = Counter[str](), []
        for call in self.server.calls.calls():
            if call.account == self.account:
                name = f"{call.service}:{call.operation}"
                seen[name] += 1
                calls.append(Call(name, seen[name]))
        return result, calls


def _without_etag(reference: str) -> str:
    return reference.rpartition("-")[0]


_TIMES = {
    "generated_at",
    "live_since",
    "since",
    "last_modified",
    "published_at",
    "at",
    "observed_since",
    "age_s",
}


def _without_times(document: Any) -> Any:
    match document:
        case dict():
            return {name: _without_times(value) for name, value in document.items() if name not in _TIMES}
        case list():
            return [_without_times(item) for item in document]
        case _:
            return document


def events_of(out: str) -> list[dict[str, Any]]:
    """The events on the stdout of a command, whose last line a kill may have cut."""
    found = []
    for line in out.splitlines():
        try:
            found.append(parsed(line))
        except ValueError:
            continue
    return found
