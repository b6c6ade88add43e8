"""Two ways of doing a thing, timed side by side: what the machine does besides hits both alike."""

from __future__ import annotations

import resource
import statistics
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True)
class Spent:
    """Seconds of the wall clock, and seconds of processor time of the commands that were run."""

    wall: float
    processor: float


@dataclass(frozen=True)
class Pairs:
    """What each run took, pair by pair."""

    ours: tuple[Spent, ...]
    theirs: tuple[Spent, ...]

    @property
    def ratio(self) -> float:
        """The median of the pairs' ratios by the wall clock."""
        return statistics.median(a.wall / b.wall for a, b in zip(self.ours, self.theirs, strict=True))

    @property
    def processor_ratio(self) -> float:
        """The same by processor time: steadier on a machine with other work to do."""
        return statistics.median(
            a.processor / b.processor for a, b in zip(self.ours, self.theirs, strict=True)
        )

    @property
    def milliseconds(self) -> tuple[float, float]:
        """The median of ours and of theirs by the wall clock."""
        ours, theirs = (statistics.median(spent.wall for spent in side) for side in (self.ours, self.theirs))
        return ours * 1000, theirs * 1000


def timed(action: Callable[[], object]) -> Spent:
    """What `action` and the commands it runs take."""
    before, began = _processor(), time.perf_counter()
    action()
    return Spent(time.perf_counter() - began, _processor() - before)


def measure(count: int, ours: Callable[[], Spent], theirs: Callable[[], Spent]) -> Pairs:
    """`count` pairs after one that warms caches up; each side goes first in every other pair.

    Both return what they took, so that what they prepare does not count.
    """
    ours()
    theirs()
    pairs: list[tuple[Spent, Spent]] = []
    for number in range(count):
        if number % 2:
            second, first = theirs(), ours()
        else:
            first, second = ours(), theirs()
        pairs.append((first, second))
    return Pairs(tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs))


def run(command: Sequence[str]) -> None:
    """Run a command that must succeed, its output thrown away."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _processor() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime
