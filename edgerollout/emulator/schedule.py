"""The sandbox's time and its events. No threads: the next request runs due events."""

from __future__ import annotations

import heapq
import itertools
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.clock import Clock


class Schedule:
    """A clock that can be advanced, and its events.

    Every request calls `run_due` before it reads or writes anything. So state that depends on time is always
    current, also with a fake clock.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead = timedelta(0)
        self._events: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def now(self) -> datetime:
        """The sandbox's wall clock, UTC: the given clock plus the time by which it was advanced."""
        return self._clock.now() + self._ahead

    def advance(self, seconds: float) -> None:
        """Move the sandbox's time forward without waiting."""
        self._ahead += timedelta(seconds=seconds)

    def after(self, seconds: float, happen: Callable[[], None]) -> None:
        """Let the first `run_due` that is at least `seconds` from now call `happen`."""
        due = self.now() + timedelta(seconds=seconds)
        heapq.heappush(self._events, (due, next(self._order), happen))

    def run_due(self) -> None:
        """Call everything that is due, in order of time, then of planning."""
        now = self.now()
        while self._events and self._events[0][0] <= now:
            heapq.heappop(self._events)[2]()
