"""Visits one page as a visitor would, twice, to its end, and says why it was not seen completely."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edgerollout.tour import conduct
from edgerollout.tour.alone import seconds_alone
from edgerollout.tour.cause import without_query
from edgerollout.tour.comparison import Comparison, compare
from edgerollout.tour.endless import Endless
from edgerollout.tour.header_kinds import known_differences
from edgerollout.tour.interception import REPORT_PATH
from edgerollout.tour.matching import misframed, unreported
from edgerollout.tour.model import Visit
from edgerollout.tour.on_page import (
    MOST_LINKS,
    answer_dialog,
    ask,
    close,
    leave,
    links_of,
    picture,
)
from edgerollout.tour.origin import origin_of
from edgerollout.tour.protocol import Lost, text
from edgerollout.tour.scrolling import scroll_through
from edgerollout.tour.settling import settle
from edgerollout.tour.steps import Wait
from edgerollout.tour.steps_taken import said, take
from edgerollout.tour.traffic import Policies
from edgerollout.tour.twins import breakages
from edgerollout.tour.unseen import unseen_file
from edgerollout.tour.untried import untried
from edgerollout.tour.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from playwright.async_api import BrowserContext, Page

    from edgerollout.clock import Clock
    from edgerollout.tour.lane import BrowserLane
    from edgerollout.tour.model import Box, PageRequest, TourRequest, UnseenFile

_MOST_RESTARTS = 3
"""The most loads that are started again because a host did not answer."""

_LONGER = 4.0
"""A page gets so many times as long as it needs by itself, with nobody who watches it,"""

_MOST_PATIENCE = 8.0
"""and at most so many times the usual time."""

_SLICE = 0.1
"""Seconds that are counted at a time; where this program is busy they take longer."""

_MOST_STRETCH = 4.0

_DOCUMENT = """() => ({
  type: document.contentType,
  title: document.title,
  manifest: document.querySelector('link[rel~=manifest]')?.href,
})"""


class _Silent(Exception):
    """Third-party hosts that do not answer, and hide what would follow."""

    def __init__(self, hosts: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(hosts)))
        self.hosts = hosts


class _NotSeen(Exception):
    """The page could not be loaded at all, for the reason given."""


@dataclass
class Visited:
    """A visit and the links that it found. `is_page` is False for anything but HTML: a download, an image."""

    visit: Visit
    links: tuple[str, ...] = ()
    is_page: bool = True


@dataclass
class _Visiting:
    """The running visit of one page."""

    lane: BrowserLane
    url: str
    request: TourRequest
    clock: Clock
    stubbed: set[str]
    watch: Watch
    incomplete: dict[str, None] = field(default_factory=dict)
    too_late: dict[str, None] = field(default_factory=dict)
    """What the running load did not do within its time."""
    patience: float = 1.0
    """How many times the usual time the page gets."""
    arrived_files: set[str] = field(default_factory=set)
    """URLs, without queries, that came from where they are, and not from the tour in place of a host."""
    not_tried: dict[str, None] = field(default_factory=dict)
    unseen: dict[UnseenFile, None] = field(default_factory=dict)
    requests: list[PageRequest] = field(default_factory=list)
    links: dict[str, None] = field(default_factory=dict)
    main: Policies = field(default_factory=lambda: Policies(""))
    seen: list[Policies] = field(default_factory=list)
    status: int | None = None
    arrived: str = ""
    """The document of the running load, before any step led elsewhere."""
    is_page: bool = True
    not_injected: bool = False
    """Whether a document should have got the policy but did not."""
    title: str = ""
    worked: frozenset[conduct.Happening] = frozenset()
    conducts: list[conduct.Conduct] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    opened: bool = False
    """Whether the page opened a window that it can reach."""
    screenshot: bytes | None = None
    boxes: Mapping[str, Box] = field(default_factory=dict)
    opening: asyncio.Future[Page] | None = None
    """The empty page of the next load: it takes a browser long, so it opens while this load is looked at."""

    def short_of(self, reason: str) -> None:
        self.incomplete.setdefault(reason)

    async def run(self) -> None:
        number, restarts = 1, 0
        while number <= self.request.loads:
            async with self.lane.context(self.watch, self.request, number) as context:
                while number <= self.request.loads:
                    booked = len(self.requests)
                    try:
                        await self._load(context, number)
                    except _Silent as silent:
                        self.stubbed.update(silent.hosts)
                        await self.lane.interception.stub(silent.hosts)
                        restarts += 1
                        if restarts <= _MOST_RESTARTS:
                            self._discard(booked)
                            continue
                        self.short_of(f"more and more hosts do not answer, the last ones: {silent}")
                    except _NotSeen as error:
                        self.short_of(str(error))
                        return
                    if not self.is_page:
                        return
                    if self.too_late and await self._needs_longer():
                        self._discard(booked)
                        continue
                    self.incomplete |= self.too_late
                    number += 1
                    if self._wants_new_visitor():
                        break

    async def _needs_longer(self) -> bool:
        """Whether the page needs that long by itself on this machine; then it gets more time, once."""
        if self.patience > 1.0:
            return False
        needs = await seconds_alone(self.lane, self.url, self.request, self.clock)
        self.patience = max(1.0, min(_MOST_PATIENCE, _LONGER * needs / self.request.settle_most))
        return self.patience > 1.0

    def _discard(self, booked: int) -> None:
        """Forget how the last load ended: it is done again. What it violated stays true."""
        del self.requests[booked:], self.conducts[-1:]

    def _wants_new_visitor(self) -> bool:
        """Whether each load has one: what was clicked away may not appear again for one who returns."""
        return bool(self.request.steps.get(self.url)) or len(self.request.devices) > 1

    async def _load(self, context: BrowserContext, number: int) -> None:
        from playwright.async_api import Error

        self.watch.next_load(number)
        self.too_late = {}
        self.arrived = ""
        crashed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        page = await self._empty_page(context)
        page.on("crash", lambda _: None if crashed.done() else crashed.set_result(None))
        page.on("dialog", lambda dialog: self.lane.tasks.begin(answer_dialog(dialog)))
        page.on("pageerror", lambda error: self.watch.trouble(f"uncaught: {said(error)}"))
        popups: list[Page] = []
        page.on("popup", lambda popup: popups.append(popup))  # noqa: PLW0108  # Playwright marks it
        work = asyncio.ensure_future(self._through(context, page, number))
        try:
            waited = await _first_of((work, crashed), self._seconds())
            if crashed.done():
                raise _NotSeen("the page crashed the browser's renderer")
            if not work.done():
                self.too_late.setdefault(f"the page was not done after {waited:.0f} s")
            else:
                await work
        except Error as error:
            raise _NotSeen(said(error)) from error
        except Lost as error:
            raise _NotSeen(f"the page stopped answering ({error})") from error
        finally:
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError, Error, Lost, _NotSeen, _Silent):
                await work
            self.opened = self.opened or bool(popups)
            for popup in popups:
                self.lane.tasks.begin(close(popup))
            self._book(number)
            # The last load ends with its context, which is faster.
            if number < self.request.loads or crashed.done() or self.incomplete or self.too_late:
                await close(page)

    async def _empty_page(self, context: BrowserContext) -> Page:
        from playwright.async_api import Error

        opening, self.opening = self.opening, None
        with contextlib.suppress(Error):
            if opening is not None:
                return await opening
        return await context.new_page()

    def _open_another(self, context: BrowserContext) -> None:
        self.opening = asyncio.ensure_future(context.new_page())
        # Where no load comes any more, the page ends with its context.
        self.opening.add_done_callback(lambda opened: opened.cancelled() or opened.exception())

    def _seconds(self) -> float:
        """How long a load may take, with the page's steps."""
        steps = self.request.steps.get(self.url, ())
        waits = sum(step.seconds for step in steps if isinstance(step, Wait))
        return self.patience * (self.request.page_timeout + self.request.step_timeout * len(steps)) + waits

    async def _through(self, context: BrowserContext, page: Page, number: int) -> None:
        session = await self.lane.attach(context, page, self.url)
        if self.request.candidate is not None:
            # Answers of a service worker never pass the place where the policy is injected.
            await session.send("Network.setBypassServiceWorker", {"bypass": True})
        await self._arrive(page)
        still = await self._settle(page)
        self._look_for_silence()
        self.too_late |= dict.fromkeys(still)
        await self._note_page(page, number)
        await self._note_links(page, number)

        async def settled(*, looked: bool = False) -> bool:
            still = await self._settle(page, looked=looked)
            self.too_late |= dict.fromkeys(still)
            return not still

        below = await scroll_through(page, self.watch.pending.name, lambda: settled(looked=True))
        if below:
            self.not_tried.setdefault(below)
        await self._note_links(page, number)
        for step in self.request.steps.get(self.url, ()):
            failure = await take(page, step, self.patience * self.request.step_timeout)
            if failure is not None:
                self.short_of(failure)
            await settled()
            await self._note_links(page, number)
        if number == self.request.loads:
            self.not_tried.update(dict.fromkeys(await untried(page, self.watch.pending.name)))
        if self.request.compares:
            origins = self.lane.interception.own_origins
            self.worked = await conduct.ask(page, origins, self.watch.pending.name)
        if number == 1 and self.request.takes_screenshots and self.watch.records():
            self.screenshot, self.boxes = await picture(page, self.watch.name)
        # Not earlier: a browser that opens a page may not paint another.
        if number < self.request.loads and not self._wants_new_visitor():
            self._open_another(context)
        await leave(page)

    async def _arrive(self, page: Page) -> None:
        from playwright.async_api import Error
        from playwright.async_api import TimeoutError as PlaywrightTimeout

        try:
            await page.goto(self.url, wait_until="commit", timeout=self.request.page_timeout * 1000)
        except PlaywrightTimeout as error:
            raise _NotSeen(f"no answer within {self.request.page_timeout:g} s") from error
        except Error as error:
            if "Download is starting" in str(error):
                self.is_page = False
                raise _NotSeen("is a download, not a page") from error
            raise
        try:
            within = self.patience * self.request.host_timeout
            await page.wait_for_load_state("domcontentloaded", timeout=within * 1000)
        except PlaywrightTimeout:
            self._look_for_silence()
            self.too_late.setdefault(f"the document did not end within {within:g} s")

    async def _settle(self, page: Page, *, looked: bool = False) -> tuple[str, ...]:
        return await settle(
            page,
            self.watch,
            self.clock,
            self.lane.interception.own_origins,
            looked=looked,
            quiet=self.request.settle_quiet,
            most=self.patience * self.request.settle_most,
        )

    def _look_for_silence(self) -> None:
        """Raise _Silent for third-party hosts for which the page waits."""
        waited = min(self.request.host_timeout, self.request.settle_most) * 0.9
        hosts: set[str] = set()
        for url in self.watch.traffic.unanswered(self.clock.monotonic(), waited):
            host = urlsplit(url).hostname or ""
            if origin_of(url) in self.lane.interception.own_origins:
                self.short_of(f"{url} did not answer")
            elif host and host not in self.stubbed:
                hosts.add(host)
        if hosts:
            raise _Silent(frozenset(hosts))

    async def _note_page(self, page: Page, number: int) -> None:
        traffic = self.watch.traffic
        url = page.url.partition("#")[0]
        told = await ask(page, _DOCUMENT)
        document = told if isinstance(told, dict) else {}
        if number == 1:
            self.is_page = document.get("type") in ("text/html", "application/xhtml+xml", None)
            if not self.is_page:
                self.short_of("is not an HTML page")
                return
            self.status = traffic.status
            self.title = text(document, "title")[:200]
        # The URL to which the server led; a single-page app may have changed it since.
        self.arrived = traffic.final_url or url
        if manifest := text(document, "manifest"):
            # Browsers without a window never fetch it.
            traffic.note(manifest, "manifest", url, self.clock.monotonic())

    async def _note_links(self, page: Page, number: int) -> None:
        """Record the pages to which this one leads now: by links, and by the URLs that it gave itself."""
        if number > 1 or not self.request.crawl or len(self.links) >= MOST_LINKS:
            return
        self.links.update(dict.fromkeys(await links_of(page, self.watch.pending.name)))

    def _book(self, number: int) -> None:
        """Record the result of a load."""
        watch, traffic = self.watch, self.watch.traffic
        watch.settle_places()
        self.not_injected = self.not_injected or bool(self.lane.interception.failed)
        self.not_tried.update(dict.fromkeys(watch.pending.late))
        final = self.arrived or traffic.final_url or self.url
        policies = traffic.policies.get(final.partition("#")[0])
        if policies is None:
            policies = next(
                (policy for policy in traffic.policies.values() if policy.url == final), Policies(final)
            )
        self.seen.append(policies)
        self.main = policies
        requests = traffic.requests(number)
        self.requests += requests
        self.arrived_files.update(
            without_query(request.chain[-1])
            for request in requests
            if (request.status or 500) < 500
            and not request.failure
            and urlsplit(request.chain[-1]).hostname not in self.stubbed
        )
        ended = conduct.of_requests(requests)
        troubles = ended.troubles.union(map(conduct.Happening, watch.troubles))
        self.conducts.append(conduct.Conduct(troubles, ended.worked | self.worked))
        self.worked = frozenset()
        origins = self.lane.interception.own_origins
        for url, headers in traffic.headers.items():
            if origin_of(url) in origins:
                self.headers |= headers
        watch.omitted += traffic.omitted
        framed = list(misframed(traffic.framings(), traffic.policies, page=self.url, own_origins=origins))
        watch.correct_framing(framed)
        for record in framed:
            watch.add(record)
        for record in unreported(
            requests,
            traffic.policies,
            watch.records(),
            page=self.url,
            main=policies,
            own_origins=origins,
        ):
            watch.add(record)

    async def load_without(self, headers: frozenset[str]) -> conduct.Conduct | None:
        """Load the page again, as a new visitor, without these headers."""
        request = replace(self.request, loads=1, screenshots=False, crawl=False)
        watch = Watch(self.url, self.clock, Endless.of(request.endless, self.url))
        again = _Visiting(
            self.lane, self.url, request, self.clock, self.stubbed, watch, patience=self.patience
        )
        await self.lane.interception.leave_out(headers)
        try:
            await again.run()
        finally:
            await self.lane.interception.leave_out(None)
        return None if again.incomplete else again.conducts[-1]

    def known_differences(self) -> Iterator[str]:
        """Effects of its headers that no comparison shows."""
        troubles = frozenset().union(*(load.troubles for load in self.conducts))
        return known_differences(self.headers, troubles, self.lane.interception.own_origins)

    def judge(self) -> None:
        """Find out what was not seen of the page."""
        self.incomplete.update(dict.fromkeys(self._shortcomings()))

    def _shortcomings(self) -> Iterator[str]:
        origins = self.lane.interception.own_origins
        if self.incomplete and self.status is None:
            return
        if self.status is not None and self.status >= 400:
            yield f"answered {self.status}"
        if self.main.url and origin_of(self.main.url) not in origins:
            yield f"leads to {origin_of(self.main.url) or self.main.url}, which is another site"
        elif self.request.candidate is not None:
            names = {
                REPORT_PATH in value
                for policies in self.seen
                for value in (*policies.report_only, *policies.enforced)
            }
            if names != {True} or self.not_injected:
                yield "the policy could not be injected"
        elif len({(policies.report_only, policies.enforced) for policies in self.seen}) > 1:
            yield "its two loads came with different policies"
        for request in self.requests:
            missing = unseen_file(request, own_origins=origins, stubbed=self.stubbed)
            # With the same screen one load shows what another one shows.
            shown = without_query(request.chain[-1]) in self.arrived_files and len(self.request.devices) == 1
            if missing is None or shown:
                continue
            if origin_of(missing.url) not in origins:
                self.unseen.setdefault(missing)
            yield missing.reason


async def visit(
    lane: BrowserLane, url: str, request: TourRequest, clock: Clock, stubbed: set[str]
) -> Visited:
    """Visit `url`. `stubbed` are hosts for which the tour answers; new ones are added to it.

    Everything that the page does is in the visit; its problems are never raised.
    """
    began = clock.monotonic()
    watch = Watch(url, clock, Endless.of(request.endless, url))
    visiting = _Visiting(lane, url, request, clock, stubbed, watch)
    await visiting.run()
    visiting.judge()
    compared = Comparison()
    if request.compares and request.loads > 1 and visiting.is_page and not visiting.incomplete:
        compared = await compare(url, visiting.headers, visiting.conducts, visiting.load_without)
        if compared.incomplete:
            visiting.short_of(compared.incomplete)
    candidate = request.candidate
    report_only, enforced = visiting.main.report_only, visiting.main.enforced
    if candidate is not None:
        sent = candidate.csp if candidate.enforced else candidate.csp.for_report_only()
        written = (sent.header_value(),)
        report_only, enforced = ((), written) if candidate.enforced else (written, ())
    return Visited(
        Visit(
            url=url,
            final_url=visiting.main.url or url,
            status=visiting.status,
            report_only=report_only,
            enforced=enforced,
            records=watch.records(),
            requests=tuple(visiting.requests),
            service_worker=watch.service_worker,
            incomplete=tuple(visiting.incomplete),
            screenshot=visiting.screenshot,
            took=clock.monotonic() - began,
            title=visiting.title,
            omitted=watch.omitted,
            not_tried=tuple(visiting.not_tried),
            unseen=tuple(visiting.unseen),
            breakages=(
                *compared.breakages,
                *breakages(watch.twins, url, visiting.headers, lane.interception.own_origins),
            ),
            differences=(*compared.notes, *visiting.known_differences()),
            headers=tuple(visiting.headers.items()),
            boxes=visiting.boxes,
            opened=visiting.opened,
            inline=watch.inline,
        ),
        tuple(visiting.links),
        visiting.is_page,
    )


async def _first_of(futures: tuple[asyncio.Future[None], ...], seconds: float) -> float:
    """Wait until one of them is done, for `seconds` of this program's own turns; returns the seconds it took.

    Time in which another page kept it busy does not count; `_MOST_STRETCH` times as long is the limit.
    """
    slices = max(1, round(seconds / _SLICE))
    loop = asyncio.get_running_loop()
    began = loop.time()
    for _ in range(slices):
        done, _ = await asyncio.wait(futures, timeout=_SLICE, return_when=asyncio.FIRST_COMPLETED)
        if done or loop.time() - began > _MOST_STRETCH * seconds:
            break
    return loop.time() - began
