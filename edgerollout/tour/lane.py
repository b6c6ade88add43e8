"""One browser of a tour, which visits one page at a time."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from edgerollout.config.tour_settings import DESKTOP
from edgerollout.tour.browser import launch
from edgerollout.tour.interception import Interception
from edgerollout.tour.protocol import Json, Lost, ProtocolSession, Targets, Tasks, TopSession, part, text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Browser, BrowserContext, Page, Playwright

    from edgerollout.tour.model import TourRequest
    from edgerollout.tour.watch import Watch

_CLOSING_SECONDS = 5.0

_LOCAL_NETWORK = ("local-network-access", "local-network", "loopback-network")
"""Permissions to call hosts of a private network."""


class BrowserLane:
    """A running browser with its interception. `watch` is the present listener, if there is one."""

    def __init__(
        self,
        browser: Browser,
        session: ProtocolSession,
        request: TourRequest,
        origins: frozenset[str],
        nearby: frozenset[str],
    ) -> None:
        self.browser = browser
        self.sandboxed = True
        self.tasks = Tasks()
        self.watch: Watch | None = None
        self._session = session
        self._nearby = nearby
        self._parents: dict[str, str] = {}
        """Target → the one that it is below, if any."""
        self.targets = Targets(self.tasks, self._welcome)
        self.interception = Interception(
            session,
            self.tasks,
            own_origins=origins,
            candidate=request.candidate,
            strip_enforced=request.strip_enforced,
            headers=request.headers,
            reported=self._reported,
            pinged=self._pinged,
            preface=lambda target: self.watch.pending.preface(target) if self.watch is not None else "",
        )

    @classmethod
    async def open(
        cls,
        playwright: Playwright,
        program: Path,
        arguments: tuple[str, ...],
        request: TourRequest,
        origins: frozenset[str],
        nearby: frozenset[str] = frozenset(),
    ) -> BrowserLane:
        """Start a browser; `nearby` are those of the site's origins that are in a private network.

        Raises EdgerolloutError where it does not start.
        """
        browser, sandboxed = await launch(playwright, program, arguments)
        lane = cls(browser, TopSession(await browser.new_browser_cdp_session()), request, origins, nearby)
        lane.sandboxed = sandboxed
        await lane._begin()
        return lane

    async def _begin(self) -> None:
        self._session.on("Target.targetCreated", self._target)
        self._session.on("Target.targetInfoChanged", self._target)
        self._session.on("Target.targetDestroyed", self._destroyed)
        self.targets.listen(self._session)
        await self._session.send("Target.setDiscoverTargets", {"discover": True})
        await self.interception.start()

    async def close(self) -> None:
        """End the browser. A second call does nothing."""
        from playwright.async_api import Error

        await self.tasks.finish(0)
        with contextlib.suppress(Error, TimeoutError):
            await asyncio.wait_for(self.browser.close(), _CLOSING_SECONDS)

    @contextlib.asynccontextmanager
    async def context(
        self, watch: Watch, request: TourRequest | None = None, load: int = 1
    ) -> AsyncIterator[BrowserContext]:
        """A new visitor, or the one with the stored state of `request`, to whom `watch` listens; with the
        screen of that load.
        """
        context = await self._visitor(request, load)
        self.watch = watch
        self.interception.failed.clear()
        try:
            await watch.prepare(context)
            yield context
        finally:
            await self._end(context)

    @contextlib.asynccontextmanager
    async def unwatched(self, request: TourRequest) -> AsyncIterator[BrowserContext]:
        """The same visitor once more, to whom nobody listens."""
        context = await self._visitor(request, 1)
        try:
            yield context
        finally:
            await self._close(context)

    async def _visitor(self, request: TourRequest | None, load: int) -> BrowserContext:
        screen = DESKTOP if request is None else request.devices[(load - 1) % len(request.devices)]
        return await self.browser.new_context(
            accept_downloads=False,
            storage_state=request.storage_state if request is not None else None,
            color_scheme="dark" if request is not None and request.dark else "light",
            viewport={"width": screen.width, "height": screen.height},
            device_scale_factor=screen.scale,
            is_mobile=screen.is_phone,
            has_touch=screen.is_phone,
        )

    async def _end(self, context: BrowserContext) -> None:
        await self.tasks.finish(1)
        self.watch = None
        await self._close(context)

    async def _close(self, context: BrowserContext) -> None:
        from playwright.async_api import Error

        with contextlib.suppress(Error, TimeoutError):
            await asyncio.wait_for(context.close(), _CLOSING_SECONDS)

    async def attach(self, context: BrowserContext, page: Page, url: str) -> ProtocolSession:
        """Listen to a page and to everything below it."""
        session = TopSession(await context.new_cdp_session(page))
        info = part(await session.send("Target.getTargetInfo"), "targetInfo")
        if self.interception.answers_documents:
            await self._allow_the_nearby(text(info, "browserContextId"))
        if self.watch is not None:
            # The main frame has the id of its target.
            self.watch.traffic.main_frame = text(info, "targetId")
            await self.watch.welcome(session, {**info, "url": url})
        await self.targets.follow(session)
        return session

    async def _allow_the_nearby(self, visitor: str) -> None:
        """Let the site's own pages call hosts of their network: they may, where they have an address."""
        wanted = [
            {
                "permission": {"name": name},
                "setting": "granted",
                "origin": origin,
                "browserContextId": visitor,
            }
            for origin in self._nearby
            for name in _LOCAL_NETWORK
        ]
        # No version of Chromium knows all these names.
        asked = (self._session.send("Browser.setPermission", words) for words in wanted)
        await asyncio.gather(*asked, return_exceptions=True)

    async def _welcome(self, session: ProtocolSession, info: Json) -> None:
        if self.watch is not None:
            await self.watch.welcome(session, info)

    def _target(self, event: Json) -> None:
        info = part(event, "targetInfo")
        target = text(info, "targetId")
        is_new = target not in self._parents
        self._parents[target] = text(info, "parentId")
        if self.watch is None:
            return
        self.watch.renamed(info)
        # Windows that the page opened have workers of their own, which nobody asks.
        if (
            is_new
            and text(info, "type") == "worker"
            and self._page_of(target) == self.watch.traffic.main_frame
        ):
            self.watch.pending.announced.add(target)
        # Pages share it, so it belongs to none of them.
        if text(info, "type") == "shared_worker" and info.get("attached") is not True:
            self.tasks.begin(self._attach_to(text(info, "targetId")))

    def _page_of(self, target: str) -> str:
        """The target at the top, above this one."""
        while above := self._parents.get(target, ""):
            target = above
        return target

    def _destroyed(self, event: Json) -> None:
        target = text(event, "targetId")
        self._parents.pop(target, None)
        if self.watch is not None:
            self.watch.pending.ended(target)

    async def _attach_to(self, target: str) -> None:
        with contextlib.suppress(Lost):
            await self._session.send("Target.attachToTarget", {"targetId": target, "flatten": False})

    def _reported(self, body: str) -> None:
        if self.watch is not None:
            self.watch.reported(body)

    def _pinged(self, url: str, frame: str) -> None:
        if self.watch is not None:
            self.watch.pinged(url, frame)
