"""When a run has to end early: a deadline, or the user's request to stop.

It checks both at safe points only.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from edgerollout.errors import Interrupted, StillInProgress

if TYPE_CHECKING:
    from edgerollout.clock import Clock


class OutOfTime(StillInProgress):
    """The deadline passed while CloudFront was working; CloudFront continues by itself."""


class Stop:
    """The user's request to stop: set by the first Ctrl-C or SIGTERM, checked by the engine.

    The engine never stops between a write and the record of its result; CloudFront continues what was sent.
    """

    def __init__(self) -> None:
        self._asked = threading.Event()

    def ask(self) -> None:
        """Ask the run to stop at its next safe point, and wake it if it sleeps."""
        self._asked.set()

    @property
    def asked(self) -> bool:
        return self._asked.is_set()

    def wait(self, seconds: float) -> None:
        """Let `seconds` pass in real time, or less when asked to stop."""
        self._asked.wait(seconds)

    def check(self) -> None:
        """Raise Interrupted when asked to stop: this is a safe point."""
        if self.asked:
            raise Interrupted("stopped at a safe point")


class Deadline:
    """The moment after which the run no longer waits. `seconds` None: there is no deadline."""

    def __init__(self, clock: Clock, seconds: float | None) -> None:
        self._clock = clock
        self._at = None if seconds is None else clock.monotonic() + seconds

    @property
    def passed(self) -> bool:
        return self._at is not None and self._clock.monotonic() >= self._at

    def left(self, most: float) -> float:
        """Seconds until the deadline, but at most `most`."""
        if self._at is None:
            return most
        return max(0.0, min(most, self._at - self._clock.monotonic()))
