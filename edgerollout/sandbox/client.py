"""Talks to a running sandbox over its admin path, from this process or another one."""

from __future__ import annotations

import http.client
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from edgerollout.advice import CommandLine, advise
from edgerollout.emulator.calls import LoggedCall
from edgerollout.emulator.faults import FaultRule
from edgerollout.emulator.settings import Windows
from edgerollout.errors import EdgerolloutError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ADMIN = "/_sandbox"


class SandboxSilent(EdgerolloutError):
    """The sandbox does not answer, or no longer answers."""


@dataclass(frozen=True)
class Identity:
    """The identity of a sandbox: the token of its process, and the digests of its seeds."""

    identity: str
    pid: int
    seeded: tuple[str, ...]


@dataclass(frozen=True)
class DistributionState:
    """One distribution of the sandbox; `status` is InProgress or Deployed."""

    account: str
    id: str
    domain_name: str
    aliases: tuple[str, ...]
    status: str
    enabled: bool
    invalidations_in_progress: int


@dataclass(frozen=True)
class FunctionState:
    """One Lambda function of the sandbox and its version numbers."""

    account: str
    region: str
    name: str
    versions: tuple[int, ...]


@dataclass(frozen=True)
class SandboxState:
    """The content of the sandbox. `now` is its own time, which may have been moved forward."""

    now: datetime
    windows: Windows
    distributions: tuple[DistributionState, ...]
    functions: tuple[FunctionState, ...]


class SandboxClient:
    """One sandbox, by its endpoint and secret access key. `timeout` is in seconds.

    Every method raises SandboxSilent when there is no answer, and UsageError with the sandbox's message when
    it refuses.
    """

    def __init__(self, endpoint_url: str, secret: str, *, timeout: float = 10.0) -> None:
        self._endpoint_url = endpoint_url
        self._secret = secret
        self._timeout = timeout

    def identity(self) -> Identity:
        answer = self._ask("GET", "identity")
        return Identity(answer["identity"], answer["pid"], tuple(answer["seeded"]))

    def state(self) -> SandboxState:
        answer = self._ask("GET", "state")
        return SandboxState(
            now=datetime.fromisoformat(answer["now"]),
            windows=Windows(**answer["windows"]),
            distributions=tuple(
                DistributionState(**{**distribution, "aliases": tuple(distribution["aliases"])})
                for distribution in answer["distributions"]
            ),
            functions=tuple(
                FunctionState(**{**function, "versions": tuple(function["versions"])})
                for function in answer["functions"]
            ),
        )

    def set_windows(self, windows: Windows) -> None:
        """Set the windows for everything that begins from now on."""
        self._ask("PUT", "windows", asdict(windows))

    def faults(self) -> tuple[FaultRule, ...]:
        """The faults that are still to come."""
        return tuple(FaultRule.from_json(rule) for rule in self._ask("GET", "faults"))

    def add_fault(self, rule: FaultRule) -> None:
        self._ask("POST", "faults", rule.to_json())

    def clear_faults(self) -> None:
        """Forget faults and throttles."""
        self._ask("DELETE", "faults")

    def calls(self) -> tuple[LoggedCall, ...]:
        """The calls since the sandbox was seeded, oldest first."""
        return tuple(LoggedCall(**call) for call in self._ask("GET", "calls"))

    def clear_calls(self) -> None:
        self._ask("DELETE", "calls")

    def advance(self, seconds: float) -> datetime:
        """Move the sandbox's time forward. Returns the new time."""
        return datetime.fromisoformat(self._ask("POST", "advance", {"seconds": seconds})["now"])

    def seed(self, config: Path) -> None:
        """Make it add what the configuration in that folder names and the sandbox lacks."""
        self._ask("POST", "seed", {"config": str(config)})

    def shutdown(self) -> None:
        """Ask it to end, which it does after its answer."""
        self._ask("POST", "shutdown")

    # The documents come from the sandbox, of this or another version: the callers above give them types.
    def _ask(self, method: str, name: str, document: Mapping[str, object] | None = None) -> Any:
        where = urlsplit(self._endpoint_url)
        connection = http.client.HTTPConnection(
            where.hostname or "127.0.0.1", where.port, timeout=self._timeout
        )
        try:
            body = None if document is None else json.dumps(document)
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._secret}"}
            connection.request(method, f"{ADMIN}/{name}", body, headers)
            response = connection.getresponse()
            answer = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise SandboxSilent(
                f"the sandbox at {self._endpoint_url} does not answer",
                why=str(error) or type(error).__name__,
                hint=advise("`", CommandLine("sandbox", None, "up"), "` starts it"),
            ) from error
        finally:
            connection.close()
        if response.status != http.client.OK:
            refusal = answer.get("error", "") if isinstance(answer, dict) else ""
            raise UsageError(f"the sandbox refuses to {method} {name}", why=str(refusal) or None)
        return answer
