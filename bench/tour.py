"""Pages toured, alone and in a tour of several, beside bare loads of them; the memory of 200 pages."""

from __future__ import annotations

import contextlib
import os
import statistics
import threading
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
from edgerollout.tour.model import Candidate, PageFinished, PageStarted, TourRequest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from edgerollout.tour.model import TourEvent

ROOT = Path(__file__).parents[1]
PAGES = ("", "app/", "app/tickets", "legacy/timetable.html")
RATIO, SETTLING = 1.3, 0.7
"""A page may cost so many times its bare loads, and so many seconds more."""

MANY, SMALL = 200, "app/tickets"
MOST_MEMORY = 1500
_MOST_ROUNDS = 3
"""Each page is loaded six times, so more would take minutes."""


def benchmark(pairs: int) -> Report:
    """Pages of the sandbox's site; the time of the two loads each of them gets."""
    title = "a page toured, beside its bare loads; the memory of many pages"
    try:
        require_playwright()
        program = find_browser(None)
    except UsageError as error:
        return Report("tour", title, [], [f"left out: {error}"])
    project = load(ROOT / "config")
    environment = project.environments["testing"]
    candidate = Candidate(project.policy_of(environment).csp.effective)
    rounds = min(pairs, _MOST_ROUNDS)
    alone: list[float] = []
    together: list[float] = []
    bare: list[float] = []
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
        urls = tuple(environment.urls[0] + page for page in PAGES)
        for url in urls:
            # The handlers of the sandbox start with the first requests.
            _bare(url, replace(request, loads=1), program)
        for _ in range(rounds):
            for url in urls:
                (visit,) = gather(replace(request, urls=(url,)), clock=SystemClock()).visits
                alone.append(visit.took)
                violations += len(visit.records)
                bare.append(_bare(url, request, program))
            together.append(_pages(replace(request, urls=urls)) / len(urls))
        small = environment.urls[0] + SMALL
        memory = _most_memory(replace(request, urls=(small,)))
    over = statistics.median(took - RATIO * by_hand for took, by_hand in zip(alone, bare, strict=True))
    most = RATIO * statistics.mean(bare) + SETTLING
    rows = [
        Row("page toured alone, two loads", statistics.median(alone), "s"),
        Row("  its bare loads", statistics.median(bare), "s"),
        Row(f"  over {RATIO} × these", over, "s", SETTLING),
        Row("page of a tour of four, two browsers", statistics.median(together), "s", most),
        Row(f"{MANY} pages, most memory", memory, "MB", MOST_MEMORY),
    ]
    browser = given_browser(request) or program
    note = f"{violations} records in {len(alone)} visits, by {browser}; load {os.getloadavg()[0]:.1f}"
    return Report("tour", title, rows, [note])


def _pages(request: TourRequest) -> float:
    """Seconds from the beginning of the first page to the end of the last."""
    times: list[float] = []

    def heard(event: TourEvent) -> None:
        if isinstance(event, PageStarted | PageFinished):
            times.append(time.perf_counter())

    gather(request, clock=SystemClock(), emit=heard)
    return times[-1] - times[0]


def _most_memory(request: TourRequest) -> float:
    """MB that this process and all below it hold at most, shared pages counted in part, while many pages are
    toured."""
    urls = tuple(f"{request.urls[0]}?page={number}" for number in range(MANY))
    most, over = 0.0, threading.Event()

    def look() -> None:
        nonlocal most
        while not over.wait(0.5):
            most = max(most, sum(map(_proportional, _family(os.getpid()))))

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        visits = gather(replace(request, urls=urls, max_pages=MANY), clock=SystemClock()).visits
    finally:
        over.set()
        watcher.join()
    assert len(visits) == MANY
    return most


def _family(process: int) -> list[int]:
    """A process and those that it started, and those that they did."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    found = [process]
    for parent in found:
        found += children.get(parent, [])
    return found


def _proportional(process: int) -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1000
    return 0.0


def _bare(url: str, request: TourRequest, program: Path) -> float:
    """Seconds of the same two loads in a browser that nobody listens to."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(switches(request)))
        try:
            return _loads(browser, url, request.loads)
        finally:
            browser.close()


def _loads(browser: Browser, url: str, loads: int) -> float:
    warm = browser.new_page()
    warm.goto("about:blank")
    began = time.perf_counter()
    context = browser.new_context()
    for _ in range(loads):
        page = context.new_page()
        page.goto(url, wait_until="load")
        page.close()
    context.close()
    return time.perf_counter() - began
