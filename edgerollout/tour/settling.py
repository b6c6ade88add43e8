"""Waits until a page has done all that it does by itself: no requests, no bytes arriving, no due timer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from playwright.async_api import Page

    from edgerollout.clock import Clock
    from edgerollout.tour.watch import Watch

_LOOK = 0.025
_LONGEST_LOOK = 0.25
_ASK_ALL_THE_SAME = 0.5
"""Seconds after which a page with arriving answers is asked whether it reads them."""

_ON_ITS_WAY = 0.3

_SILENT = 1.0
"""Seconds without an answer after which a URL counts as silent."""


async def settle(
    page: Page,
    watch: Watch,
    clock: Clock,
    own_origins: Collection[str],
    *,
    least: float,
    quiet: float,
    most: float,
) -> tuple[str, ...]:
    """Wait until the page is done, for at least `least` and at most `most` seconds; nothing new for `quiet`
    seconds.

    Returns what was still running when the time was over: its effects were not seen.
    """
    began = asked = worked = clock.monotonic()
    while True:
        now = clock.monotonic()
        over = now - began >= most
        is_quiet = not watch.traffic.busy(now) and now - watch.traffic.changed >= quiet
        look = _LOOK
        if over or (is_quiet and now - began >= least) or now - asked >= _ASK_ALL_THE_SAME:
            pending = await watch.pending.ask(page, own_origins)
            watch.traffic.unread = watch.pending.unread
            watch.traffic.read = watch.pending.read
            asked = clock.monotonic()
            if over:
                return () if is_quiet and not pending else tuple(_still(watch, clock, most, quiet=is_quiet))
            worked = asked if pending else worked
            # What a timer or a worker started takes a moment to reach the page.
            rests = not pending and asked - worked >= min(quiet, _ON_ITS_WAY)
            if is_quiet and now - began >= least and rests and watch.traffic.is_as_it_was(now):
                return ()
            look = min(max(watch.pending.due or 0.0, _LOOK), _LONGEST_LOOK)
        # This sleeps in the browser's event loop, not with the injected clock.
        await asyncio.sleep(look)


def _still(watch: Watch, clock: Clock, most: float, *, quiet: bool) -> Iterator[str]:
    """What still runs after `most` seconds."""
    after = f"after {most:g} s"
    traffic, pending = watch.traffic, watch.pending
    silent, flowing = (
        list(traffic.unanswered(clock.monotonic(), _SILENT)),
        list(dict.fromkeys((*traffic.flowing(), *pending.open))),
    )
    yield from (f"{url} did not answer" for url in silent)
    for url in flowing:
        yield f"{url} was still arriving {after}: its effects were not seen (endless = […] accepts it)"
    if pending.busy:
        yield f"{pending.busy} was still running code {after}"
    elif pending.due is not None:
        yield f"its timers were still running {after}"
    elif pending.unheard:
        yield f"a worker had not begun, or was not reached, {after}: what it does is not seen"
    elif not quiet and not silent and not flowing:
        yield f"it was still requesting more {after}"
