"""What a page and its workers still have to do, by their own word: timers that are due, code that runs."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import re
import secrets
from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING

from edgerollout.tour.endless import Endless
from edgerollout.tour.origin import origin_of
from edgerollout.tour.protocol import Json, Lost, flag, items, number, part, text, texts

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from playwright.async_api import BrowserContext, Frame, Page

    from edgerollout.tour.protocol import ProtocolSession

_ANSWER_SECONDS = 1.0
"""Whoever does not answer within them is busy."""

_COMMENT = re.compile(r"(?:^|\s)// .*$")

_STARTING_SECONDS = 3.0
"""A worker that was made and is not heard of by then was refused."""

_MOST_FRAMES = 50
_MOST_LATE = 5


@dataclass(frozen=True)
class LateTimer:
    """A timer that nobody waits for: due in so many seconds, or one that repeats. `place` is where it was
    set, "" where unknown."""

    seconds: float
    place: str
    repeats: bool

    def __str__(self) -> str:
        where = f", set in {self.place}" if self.place else ""
        if self.repeats:
            return f"what a timer does that repeats every {self.seconds:g} s{where}"
        return f"what a timer does after {self.seconds:g} s{where}"


@dataclass
class Pending:
    """Asks the documents and workers of one load. `due` is None where nothing is pending, else the seconds
    until the last timer that is awaited; `busy` names who runs code without a pause."""

    endless: Endless = field(default_factory=Endless)
    name: str = field(default_factory=lambda: f"p{secrets.token_hex(12)}")
    workers: dict[str, tuple[ProtocolSession, str, float]] = field(default_factory=dict)
    """Target of a worker → its session, its URL, and when it was first heard of."""
    joined: int = 0
    """Workers that were ever heard of in this load."""
    late: dict[str, LateTimer] = field(default_factory=dict)
    due: float | None = None
    busy: str = ""
    unread: set[str] = field(default_factory=set)
    """URLs of answers whose bodies nobody has asked for."""
    open: set[str] = field(default_factory=set)
    """URLs that workers wait for, or whose bodies they read."""
    read: set[str] = field(default_factory=set)
    """URLs of answers whose bodies somebody did ask for."""
    _started: int = 0
    _since: float = 0.0
    _deaf: bool = False
    """Whether a worker did not know what it was asked, or has not begun its own script."""

    async def prepare(self, context: BrowserContext) -> None:
        """Have every document of `context` count its timers."""
        await context.add_init_script(self.script())

    async def join(self, session: ProtocolSession, target: str, url: str) -> None:
        """Have a worker count its timers, from its first line where it has not begun yet."""
        self.workers[target] = (session, url, asyncio.get_running_loop().time())
        self.joined += 1
        await self._tell(session)

    async def _tell(self, session: ProtocolSession) -> None:
        with contextlib.suppress(Lost):
            await session.tell("Runtime.evaluate", {"expression": self.script(), "silent": True})

    def script(self) -> str:
        """What a document or a worker is told; one line."""
        return _script().replace("__NAME__", self.name)

    def preface(self) -> str:
        """The same, in front of a worker's own script."""
        return self.script().removesuffix("();") + "(true);"

    def forget(self) -> None:
        """Another load begins."""
        self.workers.clear()
        self.joined = 0
        self.late.clear()

    async def ask(self, page: Page, own_origins: Collection[str]) -> bool:
        """Whether anything is pending in the site's own documents and workers; `due` and `busy` say what."""
        frames = [frame for frame in page.frames[:_MOST_FRAMES] if _is_own(frame, own_origins)]
        self.due, self.busy = None, ""
        self._started, self._since, self._deaf = 0, _STARTING_SECONDS, False
        self.unread.clear()
        self.open.clear()
        self.read.clear()
        await asyncio.gather(
            *(self._ask_frame(frame) for frame in frames),
            *(self._ask_worker(target) for target in tuple(self.workers)),
        )
        return self._is_any()

    def _is_any(self) -> bool:
        is_starting = self._deaf or (self._started > self.joined and self._since < _STARTING_SECONDS)
        return self.due is not None or bool(self.busy or self.open) or is_starting

    async def _ask_frame(self, frame: Frame) -> None:
        from playwright.async_api import Error

        try:
            told = await asyncio.wait_for(frame.evaluate(f"() => window.{self.name}?.()"), _ANSWER_SECONDS)
        except TimeoutError:
            self.busy = frame.url
        except Error:
            # It went away, or is no document yet: whatever comes in its place is asked again.
            return
        else:
            self._note(told if isinstance(told, dict) else {})

    async def _ask_worker(self, target: str) -> None:
        session, url, since = self.workers[target]
        words = {"expression": f"self.{self.name}?.()", "returnByValue": True, "silent": True}
        try:
            told = await asyncio.wait_for(session.send("Runtime.evaluate", words), _ANSWER_SECONDS)
        except TimeoutError:
            self.busy = url or "a worker"
        except Lost:
            self.workers.pop(target, None)
        else:
            state = part(told, "result", "value")
            if not state:
                # It was told before it could listen.
                await self._tell(session)
                self._deaf = True
            elif not flag(state, "ran") and asyncio.get_running_loop().time() - since < _STARTING_SECONDS:
                self._deaf = True
            self.open.update(url for url in texts(state, "open") if not self.endless.covers(url))
            self._note(state)

    def _note(self, told: Mapping[str, object]) -> None:
        due = number(told, "due", default=-1)
        if due >= 0:
            self.due = max(self.due or 0.0, due / 1000)
        if started := number(told, "started"):
            self._started += started
            self._since = min(self._since, number(told, "since") / 1000)
        self.unread.update(texts(told, "unread"))
        self.read.update(texts(told, "read"))
        for worker in items(told, "late"):
            self._name(worker)

    def _name(self, told: Json) -> None:
        seconds = told.get("seconds")
        if not isinstance(seconds, int | float) or len(self.late) >= _MOST_LATE:
            return
        timer = LateTimer(round(seconds, 1), text(told, "place"), flag(told, "repeats"))
        self.late.setdefault(str(timer), timer)


def _is_own(frame: Frame, own_origins: Collection[str]) -> bool:
    """Whether a frame is the site's: its own URL says so, or it has none and stands in one that is."""
    origin = origin_of(frame.url)
    if origin or frame.parent_frame is None:
        return origin in own_origins or frame.parent_frame is None
    return _is_own(frame.parent_frame, own_origins)


@functools.cache
def _script() -> str:
    """In one line and without comments: it goes in front of scripts whose lines are to stay what they are."""
    lines = resources.files("edgerollout.tour").joinpath("page_state.js").read_text(encoding="utf-8")
    return " ".join(_COMMENT.sub("", line).strip() for line in lines.splitlines())
