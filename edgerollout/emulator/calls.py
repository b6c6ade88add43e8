"""The call log: the caller, the operation and the result. No headers, no bodies, no secrets."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import asdict, dataclass

_KEPT = 50_000


@dataclass(frozen=True)
class LoggedCall:
    """`time` is ISO 8601 by the sandbox's clock; `error` the AWS error code; status 0 means no answer.

    `about` is the subject in the query string: a version, or the ARN of a resource.
    """

    time: str
    account: str
    region: str
    service: str
    operation: str
    path: str
    status: int
    error: str | None
    about: str | None = None


class CallLog:
    """The last calls, oldest first. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: deque[LoggedCall] = deque(maxlen=_KEPT)

    def note(self, call: LoggedCall) -> None:
        with self._lock:
            self._calls.append(call)

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()

    def calls(self) -> list[LoggedCall]:
        with self._lock:
            return list(self._calls)

    def to_json(self) -> list[dict[str, object]]:
        return [asdict(call) for call in self.calls()]
