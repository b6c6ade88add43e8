"""A page toured, everything collected and a policy injected, against the same page loaded and left alone."""

from __future__ import annotations

import statistics
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bench.report import Report, Row
from edgerollout.clock import SystemClock
from edgerollout.config import load
from edgerollout.errors import UsageError
from edgerollout.sandbox.running import running_sandbox
from edgerollout.tour.browser import find_browser, given_browser, require_playwright, switches
from edgerollout.tour.gather import gather
from edgerollout.tour.model import Candidate, TourRequest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[1]
PAGES = ("", "app/", "app/tickets", "legacy/timetable.html")
MOST = 1.5
_MOST_ROUNDS = 3
"""Each page is loaded five times, so more would take minutes."""


def benchmark(pairs: int) -> Report:
    """Pages of the sandbox's site; the time of the two loads each of them gets."""
    title = "a page toured, beside its bare loads with the same settling"
    try:
        require_playwright()
        program = find_browser(None)
    except UsageError as error:
        return Report("tour", title, [], [f"left out: {error}"])
    project = load(ROOT / "config")
    environment = project.environments["testing"]
    candidate = Candidate(project.policy_of(environment).csp.effective)
    rounds = min(pairs, _MOST_ROUNDS)
    ours: list[float] = []
    theirs: list[float] = []
    violations = 0
    with running_sandbox([environment]) as sandbox:
        request = TourRequest(
            (),
            mode="candidate",
            candidate=candidate,
            crawl=False,
            sitemap=False,
            resolve=sandbox.resolver(),
            ca_file=sandbox.ca_file,
            only_resolved=True,
            browser=str(program),
        )
        for page in PAGES * rounds:
            url = environment.urls[0] + page
            (visit,) = gather(replace(request, urls=(url,)), clock=SystemClock()).visits
            ours.append(visit.took)
            violations += len(visit.records)
            theirs.append(_bare(url, request, program))
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    settling = 2 * request.settle_quiet
    rows = [
        Row("page toured, two loads", statistics.median(ours) * 1000, "ms"),
        Row("  loaded and left alone", statistics.median(theirs) * 1000, "ms"),
        Row("  ratio", ratio, "×", MOST),
        Row("  without the settling", statistics.median(ours) - settling, "s"),
    ]
    browser = given_browser(request) or program
    return Report("tour", title, rows, [f"{violations} records in {len(ours)} visits, by {browser}"])


def _bare(url: str, request: TourRequest, program: Path) -> float:
    """Seconds of the same two loads in a browser that nobody listens to."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(switches(request)))
        try:
            return _loads(browser, url, (request.settle_quiet, request.settle_quiet))
        finally:
            browser.close()


def _loads(browser: Browser, url: str, settling: tuple[float, ...]) -> float:
    warm = browser.new_page()
    warm.goto("about:blank")
    began = time.perf_counter()
    context = browser.new_context()
    for seconds in settling:
        page = context.new_page()
        page.goto(url, wait_until="load")
        page.wait_for_timeout(seconds * 1000)
        page.close()
    context.close()
    return time.perf_counter() - began
