"""What visitors of the sandbox see during a rollout: the old policy, and then the new one."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from edgerollout.clock import Clock
    from edgerollout.probe.http import HttpProbe

REPORT_ONLY = "content-security-policy-report-only"
_GLANCE = 0.2
"""Seconds between two requests to the site."""


@dataclass(frozen=True)
class VisitorSighting:
    """What a visitor saw for the first time, `at` seconds after the start."""

    at: float
    place: str
    fresh: bool
    cache: str


def watched(
    probe: HttpProbe, clock: Clock, places: Mapping[str, str], work: Callable[[], None]
) -> Sequence[VisitorSighting]:
    """Request `places` (name → URL) while `work` runs. Returns every change of the answers.

    An answer is fresh when its report-only policy differs from the one before `work` began.
    """
    before = {name: probe.headers(url).values(REPORT_ONLY) for name, url in places.items()}
    sightings: list[VisitorSighting] = []
    began = clock.monotonic()
    done = threading.Event()

    def glance() -> None:
        for name, url in places.items():
            answer = probe.headers(url)
            fresh = answer.values(REPORT_ONLY) != before[name]
            last = next((sighting for sighting in reversed(sightings) if sighting.place == name), None)
            if answer.status is not None and (last is None or last.fresh != fresh):
                sightings.append(VisitorSighting(clock.monotonic() - began, name, fresh, answer.cache or ""))

    def look() -> None:
        while not done.wait(_GLANCE):
            glance()

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        work()
    finally:
        done.set()
        watcher.join(timeout=10)
    glance()
    return sightings
