"""The tour itself: two browsers, a growing list of pages, and at the end everything that they saw."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edgerollout.tour import browser as browsers
from edgerollout.tour.alone import answers_again
from edgerollout.tour.fetched import fetched_chromium
from edgerollout.tour.lane import BrowserLane
from edgerollout.tour.model import (
    BrowserStarted,
    Gathered,
    HostStubbed,
    PageFinished,
    PageStarted,
    SelfTest,
)
from edgerollout.tour.origin import origin_of
from edgerollout.tour.pages import Itinerary, sitemap_pages
from edgerollout.tour.self_test import run_self_test
from edgerollout.tour.twin_tests import watch_twins
from edgerollout.tour.visit import visit

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.async_api import Playwright

    from edgerollout.clock import Clock
    from edgerollout.release.facts.evidence import WatchedHeader
    from edgerollout.tour.model import Browser, TourEvent, TourRequest, Visit

    Emit = Callable[[TourEvent], None]

LANES = 2
"""How many browsers run in parallel; with more than the cores of a small machine each page is slower."""

_USUAL_START = 2.0
"""The most seconds that a browser needs to start and to pass its test on an idle machine."""

_MOST_SLOWER = 4.0


def gather(request: TourRequest, *, clock: Clock, emit: Emit = lambda _: None) -> Gathered:
    """Tour the pages of `request` and return everything that was seen.

    `emit` gets the progress. Problems of pages never raise: they make the visits incomplete. Raises
    UsageError where Playwright or a browser is missing or a URL is not a page, EdgerolloutError where the
    browser does not start, KeyboardInterrupt after Ctrl-C. No browser stays running.
    """
    itinerary = Itinerary(
        request.urls, most=request.max_pages, origins=request.origins, private=request.private
    )
    browsers.require_playwright()
    request = replace(request, steps=dict(request.steps))
    return asyncio.run(_Tour(request, clock, emit, itinerary).run())


@dataclass
class _Tour:
    request: TourRequest
    clock: Clock
    emit: Emit
    itinerary: Itinerary
    stubbed: set[str] = field(default_factory=set)
    visits: dict[int, Visit] = field(default_factory=dict)
    partial: list[str] = field(default_factory=list)
    next_page: int = 0
    busy: int = 0
    nearby: frozenset[str] = frozenset()
    lanes: list[BrowserLane] = field(default_factory=list)
    watched: tuple[WatchedHeader, ...] = ()

    async def run(self) -> Gathered:
        from playwright.async_api import async_playwright

        started = self.clock.now()
        async with async_playwright() as playwright:
            try:
                browser, self_test = await self._walk(playwright)
                running = next((lane for lane in self.lanes if lane.browser.is_connected()), None)
                if self.request.mode == "deployed" and running is not None:
                    self.watched = await watch_twins(running, self.clock, self.visits.values())
            finally:
                for lane in self.lanes:
                    await lane.close()
        return Gathered(
            mode=self.request.mode,
            started=started,
            ended=self.clock.now(),
            browser=browser,
            self_test=self_test,
            asked=self.itinerary.asked,
            visits=tuple(self.visits[index] for index in sorted(self.visits)),
            partial=tuple(self.partial),
            stubbed=tuple(sorted(self.stubbed)),
            candidate=self.request.candidate.csp if self.request.candidate is not None else None,
            private=self.request.private,
            left_out=self.itinerary.left_out,
            watched=self.watched,
        )

    async def _walk(self, playwright: Playwright) -> tuple[Browser, SelfTest]:
        own = Path(playwright.chromium.executable_path)
        program = browsers.find_browser(browsers.given_browser(self.request), own, fetched_chromium())
        arguments = await asyncio.to_thread(browsers.switches, self.request)
        self.nearby = await asyncio.to_thread(browsers.nearby_origins, self.request)
        if self.request.sitemap:
            await asyncio.to_thread(self._read_sitemaps)
        wanted = 1 if len(self.itinerary.pages) == 1 and not self.request.crawl else LANES
        wanted = min(wanted, max(1, os.cpu_count() or 1))

        began = self.clock.monotonic()

        async def open_lane() -> tuple[BrowserLane, SelfTest]:
            lane = await BrowserLane.open(
                playwright, program, arguments, self.request, self.itinerary.origins, self.nearby
            )
            self.lanes.append(lane)
            return lane, await run_self_test(lane, self.clock)

        opened = await asyncio.gather(*(open_lane() for _ in range(wanted)))
        self._allow_for(self.clock.monotonic() - began)
        tests = [test for _, test in opened]
        missed = tuple(dict.fromkeys(name for test in tests for name in test.missed))
        kinds = tuple(kind for kind in tests[0].kinds if all(kind in test.kinds for test in tests))
        self_test = SelfTest(kinds, missed)
        browser = browsers.name_of(program, opened[0][0].browser.version)
        self.emit(BrowserStarted(browser, self_test, sandboxed=all(lane.sandboxed for lane, _ in opened)))
        async with asyncio.TaskGroup() as group:
            for lane, _ in opened:
                group.create_task(self._tour(lane, playwright, program, arguments))
        await self._visit_again()
        return browser, self_test

    def _allow_for(self, took: float) -> None:
        """Give pages and hosts more time where the browser itself started and passed its test slowly."""
        slower = min(_MOST_SLOWER, max(1.0, took / _USUAL_START))
        self.request = replace(
            self.request,
            page_timeout=self.request.page_timeout * slower,
            host_timeout=self.request.host_timeout * slower,
            settle_most=self.request.settle_most * slower,
            step_timeout=self.request.step_timeout * slower,
        )

    async def _tour(
        self, lane: BrowserLane, playwright: Playwright, program: Path, arguments: tuple[str, ...]
    ) -> None:
        """Visit page after page until all are visited and no more can be found."""
        while True:
            if self.next_page >= len(self.itinerary.pages):
                if self.busy == 0:
                    return
                # Another lane may still find pages.
                await asyncio.sleep(0.05)
                continue
            if not lane.browser.is_connected():
                lane = await BrowserLane.open(
                    playwright, program, arguments, self.request, self.itinerary.origins, self.nearby
                )
                self.lanes.append(lane)
            index = self.next_page
            self.next_page += 1
            self.busy += 1
            try:
                await self._page(lane, index)
            finally:
                self.busy -= 1

    async def _visit_again(self) -> None:
        """Visit the pages again that missed something of a host that answers by now."""
        missed: dict[str, str] = {}
        pages: dict[str, set[int]] = {}
        for index, found in self.visits.items():
            for file in found.unseen:
                host = urlsplit(file.url).hostname or ""
                if host in self.stubbed:
                    missed.setdefault(host, file.url)
                    pages.setdefault(host, set()).add(index)
        lane = next((lane for lane in reversed(self.lanes) if lane.browser.is_connected()), None)
        if not missed or lane is None:
            return
        await lane.interception.let_answer(missed)
        back = await answers_again(lane, missed, self.request)
        self.stubbed -= back
        for index in sorted(set().union(*(pages[host] for host in back))):
            await self._page(lane, index)

    async def _page(self, lane: BrowserLane, index: int) -> None:
        url = self.itinerary.pages[index]
        self.emit(PageStarted(url, index + 1, len(self.itinerary.pages)))
        before = set(self.stubbed)
        if before:
            await lane.interception.stub(before)
        visited = await visit(lane, url, self.request, self.clock, self.stubbed)
        for host in sorted(self.stubbed - before):
            self.emit(HostStubbed(host))
        found = visited.visit
        is_asked = index < len(self.itinerary.asked)
        if self.request.crawl and origin_of(found.final_url) in self.itinerary.origins:
            self.itinerary.found(visited.links, found.final_url)
        if visited.is_page or is_asked:
            self.visits[index] = found
        self.emit(
            PageFinished(
                url,
                index + 1,
                len(self.itinerary.pages),
                len(found.records),
                found.incomplete,
                found.took,
            )
        )

    def _read_sitemaps(self) -> None:
        from edgerollout.net.network import Network
        from edgerollout.probe.http import HttpProbe

        request = self.request
        network = Network(request.resolve, request.ca_file, request.ca_bundle, read=5.0, whole=8.0)
        probe = HttpProbe(network)

        def fetch(url: str) -> str:
            origin = origin_of(url)
            known = {name.partition(":")[0] for name in self.request.resolve}
            if self.request.only_resolved and origin.partition("://")[2].partition(":")[0] not in known:
                return ""
            headers = dict(self.request.headers) if origin in self.itinerary.origins else {}
            reply = probe.ask(url, headers=headers)
            return reply.body.decode("utf-8", "replace") if reply.status == 200 else ""

        for origin in sorted({origin_of(url) for url in self.itinerary.asked}):
            self.itinerary.found(sitemap_pages(origin, fetch), origin)
