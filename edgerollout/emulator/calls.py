"""The call log: who called what, and how it ended. No headers, no bodies, no secrets."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import asdict, dataclass

_KEPT = 50_000


@dataclass(frozen=True)
class LoggedCall:
    """`time` is ISO 8601 by the sandbox's clock; `error` the AWS error code; status 0 means no answer.

    `about` is what the query string says of whom is asked for: a version, or a resource by its ARN.
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
