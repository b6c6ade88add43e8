"""Headers that only report: what they would break is told, and a twin that says nothing is no proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edgerollout.clock import SystemClock
from edgerollout.release.facts.evidence import WatchedHeader
from edgerollout.tour.gather import gather
from tests.browser.kinds.pages import APP, THIRD
from tests.browser.kinds.site import running_site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.kinds.site import Site

A, T = f"https://{APP}", f"https://{THIRD}"
JS = {"content-type": "text/javascript"}
TWINS = {
    "cross-origin-embedder-policy-report-only": "require-corp",
    "cross-origin-opener-policy-report-only": "same-origin",
    "integrity-policy-report-only": "blocked-destinations=(script)",
    "permissions-policy-report-only": "geolocation=()",
}
CALM = f"<iframe src={A}/framed></iframe><p>own frame and worker: <script>new Worker('/own.js')</script>"
BROKEN = {
    "cross-origin-embedder-policy-report-only": f"<img src={T}/bare.png>",
    "cross-origin-opener-policy-report-only": (
        f"<script>const w = open('{T}/page'); setInterval(() => w.closed, 30)</script>"
    ),
    "integrity-policy-report-only": "<script src=/own.js></script>",
    "permissions-policy-report-only": (
        "<script>navigator.geolocation.getCurrentPosition(() => {}, () => {})</script>"
    ),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("authority")) as running:
        running.answers[APP, "/calm"] = (200, TWINS, f"<!doctype html><body>{CALM}")
        running.answers[APP, "/broken"] = (200, TWINS, f"<!doctype html><body>{''.join(BROKEN.values())}")
        running.answers[APP, "/framed"] = (200, TWINS, "<p>inside")
        running.answers[APP, "/own.js"] = (200, JS, "1")
        running.answers[THIRD, "/page"] = (200, {}, "<p>elsewhere")
        running.answers[THIRD, "/bare.png"] = (200, {"content-type": "image/png"}, "x")
        yield running


def test_each_twin_passes_its_test_and_tells_what_its_header_would_break_and_nothing_else(
    site: Site,
) -> None:
    """On the other page the site frames itself and starts a worker, which COEP's twin takes for trouble."""
    request = site.request(
        (f"{A}/broken", f"{A}/calm"),
        settle_quiet=0.3,
    )
    gathered = gather(request, clock=SystemClock())
    broken, calm = gathered.visits
    assert {breakage.header for breakage in broken.breakages} == set(TWINS)
    assert calm.breakages == ()
    assert (broken.opened, calm.opened) == (True, False)
    assert gathered.watched == tuple(
        WatchedHeader(name.removesuffix("-report-only")) for name in sorted(TWINS)
    )
    assert (broken.incomplete, calm.incomplete) == ((), ())
