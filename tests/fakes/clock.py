"""Time that passes only when somebody sleeps."""

from __future__ import annotations

import heapq
import itertools
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class FakeClock:
    """A clock whose `sleep` jumps ahead at once, running what was scheduled on the way, in order.

    Threads that sleep at the same time wait one after the other here: good for what happens, not
    for how long it takes in parallel.
    """

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._elapsed = 0.0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._lock = threading.RLock()
        self.slept: list[float] = []
        """Every sleep asked for, in seconds."""

    def now(self) -> datetime:
        with self._lock:
            return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        with self._lock:
            return self._elapsed

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass without anybody having slept."""
        with self._lock:
            until = self._elapsed + max(0.0, seconds)
        while (callback := self._next(until)) is not None:
            callback()
        with self._lock:
            self._elapsed = max(self._elapsed, until)

    def after(self, seconds: float, callback: Callable[[], None]) -> None:
        """Run `callback` when `seconds` have passed, in the thread that passes them."""
        with self._lock:
            heapq.heappush(self._due, (self._elapsed + seconds, next(self._order), callback))

    def _next(self, until: float) -> Callable[[], None] | None:
        with self._lock:
            if not self._due or self._due[0][0] > until:
                return None
            at, _, callback = heapq.heappop(self._due)
            self._elapsed = max(self._elapsed, at)
            return callback
