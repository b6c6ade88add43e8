"""Tests the detector with known violations: a detector that sees nothing here would call any site clean."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, TypeAlias

from edgerollout.tour.model import SelfTest
from edgerollout.tour.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edgerollout.clock import Clock
    from edgerollout.tour.lane import BrowserLane
    from edgerollout.tour.model import Channel, Record

TestFile: TypeAlias = tuple[str, tuple[tuple[str, str], ...], str]
"""URL, headers and body of a file that the tour serves itself."""

# Names under .invalid have no address (RFC 6761 §6.4): nothing of this leaves the browser.
_HOST = "https://self-test.edgerollout.invalid"
_ELSEWHERE = "https://elsewhere.edgerollout.invalid"
_PAGE = f"{_HOST}/"

_HEADERS = (
    ("content-type", "text/html; charset=utf-8"),
    ("content-security-policy-report-only", f"default-src 'self'; report-uri {_HOST}/reports"),
)
_SCRIPT_HEADERS = (("content-type", "text/javascript"), _HEADERS[1])

_FILES = (
    (
        _PAGE,
        _HEADERS,
        f"<!doctype html><script>1</script><script src=/start.js></script><img src={_ELSEWHERE}/image.png>",
    ),
    (f"{_HOST}/start.js", _SCRIPT_HEADERS, "new Worker('/worker.js')"),
    (f"{_HOST}/worker.js", _SCRIPT_HEADERS, f"fetch('{_ELSEWHERE}/data.json').catch(() => {{}})"),
)

_PAGE_CHANNELS: tuple[Channel, ...] = ("dom", "audits", "report")
_EXPECTED: tuple[tuple[str, str, str, tuple[Channel, ...]], ...] = (
    ("inline-script", "script-src-elem", "inline", _PAGE_CHANNELS),
    ("third-party-image", "img-src", f"{_ELSEWHERE}/image.png", _PAGE_CHANNELS),
    # Events of pages do not cover workers.
    ("worker-request", "connect-src", f"{_ELSEWHERE}/data.json", ("audits", "report")),
)
"""Kind, directive, what is blocked, and the channels that must all report it. The console is not among them:
its text changes with the browser, and only hashes depend on it.
"""

_PATIENCE = 10.0


async def run_self_test(lane: BrowserLane, clock: Clock) -> SelfTest:
    """Test the detector in this browser."""
    # If the page does not even load, everything counts as missed.
    watch = await watch_test(lane, clock, _FILES, lambda watch: not _missed(watch.records()), _PATIENCE)
    missed = _missed(watch.records())
    partly = {name.partition(" ")[0] for name in missed}
    return SelfTest(tuple(kind for kind, *_ in _EXPECTED if kind not in partly), missed)


async def watch_test(
    lane: BrowserLane, clock: Clock, files: Sequence[TestFile], done: Callable[[Watch], bool], seconds: float
) -> Watch:
    """What the browser says of a page that the tour serves itself: the first of `files`.

    It ends when `done`, or after `seconds`.
    """
    from playwright.async_api import Error

    page_url = files[0][0]
    watch = Watch(page_url, clock)
    for url, headers, body in files:
        await lane.interception.serve(url, headers, body.encode())
    try:
        async with lane.context(watch) as context:
            page = await context.new_page()
            await lane.attach(context, page, page_url)
            with contextlib.suppress(Error):
                await page.goto(page_url, wait_until="domcontentloaded", timeout=seconds * 1000)
                began = clock.monotonic()
                while not done(watch) and clock.monotonic() - began < seconds:
                    await asyncio.sleep(0.02)
    finally:
        await lane.interception.forget(url for url, _, _ in files)
    return watch


def _missed(records: tuple[Record, ...]) -> tuple[str, ...]:
    """What was not reported, and by which channel."""
    told = {(record.channel, record.directive, record.blocked) for record in records}
    return tuple(
        f"{kind} (by {channel})"
        for kind, directive, blocked, channels in _EXPECTED
        for channel in channels
        if (channel, directive, blocked) not in told
    )
