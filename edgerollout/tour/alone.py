"""How long a page needs by itself on this machine, with nobody who watches it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgerollout.clock import Clock
    from edgerollout.tour.lane import BrowserLane
    from edgerollout.tour.model import TourRequest

_RESTS = """async () => {
  for (let turns = 0; turns < 5; turns += 1) {
    const began = performance.now();
    await scheduler.postTask(() => {}, { delay: 50 });
    if (performance.now() - began > 100) turns = 0;
  }
}"""
"""Ends when the page has run no long piece of code for a quarter of a second."""

_PART = 0.4
"""A host that is asked once more gets this part of the usual time."""


async def seconds_alone(lane: BrowserLane, url: str, request: TourRequest, clock: Clock) -> float:
    """Seconds until the page is loaded and its code rests; 0 where that takes more than the usual time."""
    from playwright.async_api import Error

    async with lane.unwatched(request) as context:
        page = await context.new_page()
        began = clock.monotonic()
        try:
            async with asyncio.timeout(request.settle_most):
                await page.goto(url, wait_until="load", timeout=0)
                await page.evaluate(_RESTS)
        except (Error, TimeoutError):
            return 0.0
        return clock.monotonic() - began


async def answers_again(lane: BrowserLane, urls: dict[str, str], request: TourRequest) -> frozenset[str]:
    """Which hosts answer by now, of those that did not: host → a URL that was asked of it."""
    from playwright.async_api import Error

    async with lane.unwatched(request) as context:
        page = await context.new_page()

        async def answers(host: str) -> str:
            ask = "url => fetch(url, { mode: 'no-cors', cache: 'no-store' }).then(() => true, () => false)"
            try:
                seconds = request.host_timeout * _PART
                return host if await asyncio.wait_for(page.evaluate(ask, urls[host]), seconds) else ""
            except (Error, TimeoutError):
                return ""

        return frozenset(filter(None, await asyncio.gather(*map(answers, urls))))
