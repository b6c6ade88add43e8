"""Several runs whose AWS calls happen one at a time, in an order that dice decide."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

    from edgerollout.emulator.front import Arrival
    from edgerollout.emulator.messages import Response

ASLEEP = 0.2
"""Seconds without a call after which a run is taken for waiting; the others go on without it."""
SWAP = "cloudfront:UpdateDistribution"
READS = ("Get", "List")
STUCK = 120.0
"""Seconds after which nobody is believed to go on."""


@dataclass
class _Held:
    """A call that waits for its turn."""

    run: str
    arrival: Arrival
    free: threading.Event = field(default_factory=threading.Event)

    @property
    def looks(self) -> bool:
        """Does it change nothing?"""
        return self.arrival.operation.partition(":")[2].startswith(READS)


class Actor:
    """Meets the calls of one run: each is held until it is its turn."""

    def __init__(self, scheduler: Scheduler, name: str) -> None:
        self._scheduler = scheduler
        self.name = name

    def known(self, pid: int) -> None:
        """Its calls say whose they are."""

    def call(self, arrival: Arrival, carry_out: Callable[[], Response]) -> Response:
        self._scheduler.hold(_Held(self.name, arrival))
        try:
            return carry_out()
        finally:
            self._scheduler.done(self.name)


class Scheduler:
    """Lets one call go at a time. `order` is what went, in order.

    Turns taken evenly would hardly ever put somebody between a run's look and its write. So the dice also
    decide how long runs go on alone, how often who is about to write is held back, and when who comes
    `late` begins.
    """

    def __init__(self, dice: random.Random, late: str) -> None:
        self._dice = dice
        self._late, self._comes = late, dice.randrange(5)
        """It begins when so many calls of `SWAP` have come in, or when the others are through."""
        self._swaps = 0
        self._holds_back = dice.choice((0.0, 0.5, 0.95))
        """How likely who is about to write lets others go first."""
        self._bursts = dice.choice((0.0, 0.8, 0.97))
        """How likely the run that went goes on."""
        self._changed = threading.Condition()
        self._held: list[_Held] = []
        self._under_way: str | None = None
        self._last: dict[str, float] = {}
        self.order: list[str] = []

    def actor(self, name: str) -> Actor:
        return Actor(self, name)

    def hold(self, held: _Held) -> None:
        with self._changed:
            self._swaps += held.arrival.operation == SWAP
            self._held.append(held)
            self._changed.notify_all()
        assert held.free.wait(STUCK), "its turn never came"

    def done(self, run: str) -> None:
        with self._changed:
            self._under_way = None
            self._last[run] = time.monotonic()
            self._changed.notify_all()

    def drive(self, ended: Mapping[str, Callable[[], bool]]) -> None:
        """Give turns until every run has ended, as `ended` tells by name."""
        begun = time.monotonic()
        self._last = dict.fromkeys(ended, begun)
        gone: str | None = None
        until = begun + 2 * STUCK
        while not all(over() for over in ended.values()):
            assert time.monotonic() < until, f"stuck after {self.order}"
            with self._changed:
                if self._under_way is not None or not self._everybody_is_held(ended):
                    self._changed.wait(0.01)
                    continue
                gone = self._next(gone)
                mine = [held for held in self._held if held.run == gone]
                next_one = min(mine, key=lambda held: (held.arrival.operation, held.arrival.path))
                self._held.remove(next_one)
                self._under_way = gone
                where = next_one.arrival.path.rpartition("/distribution/")[2].partition("/")[0]
                self.order.append(f"{gone} {next_one.arrival.operation} {where[-20:]}")
                next_one.free.set()

    def _next(self, gone: str | None) -> str:
        """Whose turn it is, after that of `gone`."""
        waiting = sorted({held.run for held in self._held})
        if self._swaps < self._comes and len(waiting) > 1:
            waiting = [text for text in waiting if text != self._late]
        looking = {held.run for held in self._held if held.looks}
        if looking & set(waiting) and self._dice.random() < self._holds_back:
            waiting = [text for text in waiting if text in looking]
        if gone in waiting and self._dice.random() < self._bursts:
            return gone
        return self._dice.choice(waiting)

    def _everybody_is_held(self, ended: Mapping[str, Callable[[], bool]]) -> bool:
        if not self._held:
            return False
        held, now = {held.run for held in self._held}, time.monotonic()
        return all(
            name in held or over() or now - self._last[name] > self._patience(name)
            for name, over in ended.items()
        )

    def _patience(self, name: str) -> float:
        """A run that has called nothing yet is still starting."""
        started = any(text.startswith(f"{name} ") for text in self.order)
        return ASLEEP if started else 25 * ASLEEP
