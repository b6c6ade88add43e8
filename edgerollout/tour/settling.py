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

_REST = 0.05
"""Seconds between two looks at a page that found it the same."""

_SLOWER = 3.0
"""At least so many times as long as the slowest answer took: on a busy machine everything is late."""

_SILENT = 1.0
"""Seconds without an answer after which a URL counts as silent."""


async def settle(
    page: Page,
    watch: Watch,
    clock: Clock,
    own_origins: Collection[str],
    *,
    quiet: float,
    most: float,
    looked: bool = False,
) -> tuple[str, ...]:
    """Wait until the page is done, for at most `most` seconds.

    It is done as soon as two looks at it find all its documents and workers at rest. Where one of them does
    not tell, or something stirs all the time, it is done when nothing was requested for `quiet` seconds.
    With `looked`, one look is enough that finds it as it was when it last rested.

    Returns what was still running when the time was over: its effects were not seen.
    """
    began = asked = worked = clock.monotonic()
    slowest = 0.0
    found = watch.pending.rested if looked else None
    since = next_look = began
    longest = 0.0
    while True:
        now = clock.monotonic()
        over = now - began >= most
        is_calm = not watch.traffic.busy(now)
        is_quiet = is_calm and now - watch.traffic.changed >= quiet and now - began >= min(quiet, _ON_ITS_WAY)
        look = _LOOK
        if over or (is_calm and now >= next_look) or now - asked >= _ASK_ALL_THE_SAME:
            pending = await watch.pending.ask(page, own_origins)
            watch.traffic.unread = watch.pending.unread
            watch.traffic.read = watch.pending.read
            asked = clock.monotonic()
            if over:
                return () if is_quiet and not pending else tuple(_still(watch, clock, most, quiet=is_quiet))
            slowest = max(slowest, asked - now)
            worked = asked if pending else worked
            is_as_it_was = not pending and watch.traffic.is_as_it_was(now)
            # What a timer or a worker started takes a moment to reach the page.
            if is_quiet and is_as_it_was and asked - worked >= min(quiet, _ON_ITS_WAY):
                watch.pending.leave_restless()
                return ()
            rest = _rest(watch) if is_as_it_was else None
            if rest is None or rest != found:
                found, since = rest, asked
            elif now - since >= longest:
                watch.pending.rested = rest
                return ()
            longest = min(quiet, max(_REST, _SLOWER * slowest))
            look = min(max(watch.pending.due or 0.0, _LOOK), _LONGEST_LOOK)
            next_look = asked + (look if rest is None else longest)
        # This sleeps in the browser's event loop, not with the injected clock.
        await asyncio.sleep(look)


def _rest(watch: Watch) -> object:
    """What is the same twice while the page rests; None where not everything on it tells."""
    # Nobody counts the messages of workers that several pages share.
    if watch.pending.stirred is None or watch.service_worker or watch.traffic.shared_workers:
        return None
    return watch.pending.stirred, watch.traffic.changed


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
        yield f"it was still requesting more {after}, last {traffic.latest()} (endless = […] accepts it)"
