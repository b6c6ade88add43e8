"""Tests the twins of headers that only report: a silent twin looks like a header that breaks nothing.

Each twin that a tour relies on is tested with a deliberate violation. One that no page could violate, or
whose violations no browser reports, counts as not observed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.policy import fields
from edgerollout.policy.fields import Malformed, Word
from edgerollout.policy.staging import COEP, COOP, INTEGRITY, PERMISSIONS, STAGED, twin_of
from edgerollout.release.facts.evidence import WatchedHeader
from edgerollout.tour.self_test import watch_test

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from edgerollout.clock import Clock
    from edgerollout.tour.lane import BrowserLane
    from edgerollout.tour.model import Visit

# Names under .invalid have no address (RFC 6761 §6.4): nothing of this leaves the browser.
_HOST = "https://twins.edgerollout.invalid"
_ELSEWHERE = "https://elsewhere.edgerollout.invalid"
_HTML = ("content-type", "text/html; charset=utf-8")
_SCRIPT = ("content-type", "text/javascript")

_WATCHING = f"const w = open('{_ELSEWHERE}/'); setInterval(() => w.closed, 20)"
_ASKING = "navigator.geolocation.getCurrentPosition(() => {}, () => {})"

_TESTS: Mapping[str, tuple[str, str]] = {
    INTEGRITY: ("blocked-destinations=(script)", "<script src=/script.js></script>"),
    PERMISSIONS: ("geolocation=()", f"<script>{_ASKING}</script>"),
    COEP: ("require-corp", f"<iframe src={_ELSEWHERE}/></iframe>"),
    COOP: ("same-origin", f"<script>{_WATCHING}</script>"),
}
"""Header → the value of its twin, and the page that violates it."""

_PATIENCE = 5.0

_SILENT_FEATURES = ("publickey-credentials-create", "publickey-credentials-get", "unload")
"""Features whose violations Chromium does not report while they are only observed."""


async def watch_twins(
    lane: BrowserLane, clock: Clock, visits: Collection[Visit]
) -> tuple[WatchedHeader, ...]:
    """The headers that the visited pages observe, each with the reason why that tells nothing, if it does."""
    found = []
    for name in STAGED:
        values = {value for visit in visits for header, value in visit.headers if header == twin_of(name)}
        if values:
            unheard = untold(name, values, visits)
            if unheard is None and not await _is_heard(lane, clock, name):
                unheard = "this browser did not report a deliberate violation"
            found.append(WatchedHeader(name, unheard))
    return tuple(found)


def untold(name: str, values: Collection[str], visits: Collection[Visit]) -> str | None:
    """What of these values no browser reports, or no page tried; None: nothing."""
    return next(_untold(name, values, visits), None)


def _untold(name: str, values: Collection[str], visits: Collection[Visit]) -> Iterator[str]:
    if name == COOP:
        if any(value.startswith("noopener-allow-popups") for value in values):
            yield "browsers do not report on noopener-allow-popups"
        if not any(visit.opened for visit in visits):
            yield "no toured page opened a window, so nothing was tried"
    if name == COEP and any(value.startswith("credentialless") for value in values):
        yield "browsers do not report which files miss the visitor's cookies (credentialless)"
    if name == PERMISSIONS:
        for value in values:
            given = fields.dictionary(value)
            for feature in _SILENT_FEATURES:
                member = None if isinstance(given, Malformed) else given.get(feature)
                if member is not None and not {Word("*"), Word("self")} & set(member.items):
                    yield f"browsers do not report on {feature}"


async def _is_heard(lane: BrowserLane, clock: Clock, name: str) -> bool:
    """Whether this browser reports a deliberate violation of a header that is only observed."""
    value, body = _TESTS[name]
    files = (
        (f"{_HOST}/", (_HTML, (twin_of(name), value)), f"<!doctype html>{body}"),
        (f"{_HOST}/script.js", (_SCRIPT,), "1"),
        (f"{_ELSEWHERE}/", (_HTML,), "<p>elsewhere"),
    )
    watch = await watch_test(lane, clock, files, lambda watch: bool(watch.twins), _PATIENCE)
    return any(report.header == twin_of(name) for report in watch.twins)
