"""Faults and throttles on demand, for tests of a rollout."""

from __future__ import annotations

import enum
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


class FaultKind(enum.Enum):
    """What the caller experiences."""

    ERROR = "error"
    RESET = "reset"
    """The connection is reset without an answer."""
    DELAY = "delay"
    """The answer comes `seconds` late; if the client waits less, it is a time-out."""
    HTML = "html"
    """An HTML page with `status`, as of a proxy, replaces the answer."""
    EMPTY = "empty"
    """Only `status` is sent, without a body."""
    CUT = "cut"
    """The answer ends half-way through its Content-Length. The operation is always carried out."""
    MISSING = "missing"
    """The answer lacks `member`, in its body or headers. The operation is always carried out."""
    TRICKLE = "trickle"
    """The answer's body is sent byte by byte, `seconds` before each."""
    LIE = "lie"
    """UpdateDistribution answers with 200 and a new ETag, but drops every Lambda association."""


BROKEN = frozenset({FaultKind.HTML, FaultKind.EMPTY, FaultKind.CUT, FaultKind.MISSING, FaultKind.TRICKLE})
"""The kinds with an answer that AWS would not write."""


@dataclass(frozen=True)
class FaultRule:
    """One fault: which calls, how often, and whether the operation is carried out first.

    `operation` is "UpdateDistribution" or "cloudfront:UpdateDistribution"; `path_contains` narrows it
    to one resource. The first `skip` matching calls pass, then the next `times` fail.
    """

    operation: str
    kind: FaultKind = FaultKind.ERROR
    code: str = "ServiceUnavailable"
    status: int = 503
    message: str = "CloudFront encountered an internal error. Please try again."
    seconds: float = 0.0
    times: int = 1
    skip: int = 0
    after_commit: bool = False
    path_contains: str = ""
    member: str = ""

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> FaultRule:
        """Raises ValueError for unknown members or kinds and for wrong types."""
        known = cls.__dataclass_fields__
        for name, value in document.items():
            if name not in known:
                raise ValueError(f"unknown member {name!r}; known are {', '.join(known)}")
            wanted = str if name == "kind" else type(getattr(cls, name, ""))
            if not isinstance(value, (int, float) if wanted is float else wanted):
                raise ValueError(f"{name!r} cannot be {value!r}")
        if not document.get("operation"):
            raise ValueError("a fault needs an operation")
        rule = cls(**{**document, "kind": FaultKind(document.get("kind", "error"))})
        if rule.kind is FaultKind.MISSING and not rule.member:
            raise ValueError("a fault of kind 'missing' needs a member")
        if rule.kind is FaultKind.LIE and rule.operation.rpartition(":")[2] != "UpdateDistribution":
            raise ValueError("a fault of kind 'lie' is for UpdateDistribution")
        return rule

    def to_json(self) -> dict[str, object]:
        return {**self.__dict__, "kind": self.kind.value}

    def matches(self, service: str, operation: str, path: str) -> bool:
        return self.operation in (operation, f"{service}:{operation}") and self.path_contains in path


@dataclass(frozen=True)
class Throttle:
    """At most `per_second` calls a second, `burst` at once."""

    per_second: float
    burst: int = 1


class Faults:
    """The rules in force. Thread-safe."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._rules: list[FaultRule] = []
        self._throttles: dict[str, Throttle] = {}
        self._tokens: dict[tuple[str, str], tuple[float, datetime]] = {}

    def add(self, rule: FaultRule) -> None:
        with self._lock:
            self._rules.append(rule)

    def clear(self) -> None:
        """Forget all faults and throttles."""
        with self._lock:
            self._rules.clear()
            self._throttles.clear()
            self._tokens.clear()

    def throttle(self, operation: str, throttle: Throttle) -> None:
        """Limit "service:Operation" for each account on its own."""
        with self._lock:
            self._throttles[operation] = throttle

    def rules(self) -> list[FaultRule]:
        """What is still to come."""
        with self._lock:
            return list(self._rules)

    def take(self, service: str, operation: str, path: str) -> FaultRule | None:
        """The fault of this call, counted down; None when it passes."""
        with self._lock:
            for place, rule in enumerate(self._rules):
                if not rule.matches(service, operation, path):
                    continue
                if rule.skip:
                    self._rules[place] = replace(rule, skip=rule.skip - 1)
                    return None
                if rule.times <= 1:
                    del self._rules[place]
                else:
                    self._rules[place] = replace(rule, times=rule.times - 1)
                return rule
            return None

    def throttled(self, account: str, service: str, operation: str) -> bool:
        """Whether this call exceeds its rate, by a token bucket for each account and operation."""
        with self._lock:
            throttle = self._throttles.get(f"{service}:{operation}") or self._throttles.get(operation)
            if throttle is None:
                return False
            key, now = (account, f"{service}:{operation}"), self._now()
            tokens, since = self._tokens.get(key, (float(throttle.burst), now))
            tokens = min(float(throttle.burst), tokens + (now - since).total_seconds() * throttle.per_second)
            self._tokens[key] = (tokens - 1 if tokens >= 1 else tokens, now)
            return tokens < 1
