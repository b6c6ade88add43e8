"""What a page and its workers still have to do, as they report it: due timers, running code."""

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

    from playwright.async_api import Frame, Page

    from edgerollout.tour.protocol import ProtocolSession

_ANSWER_SECONDS = 1.0
"""Seconds: a document or worker that does not answer within them is busy."""

_COMMENT = re.compile(r"(?:^|\s)// .*$")

_STARTING_SECONDS = 3.0
"""Seconds: a worker that was made but does not report within them was refused."""

_FOREIGN_SECONDS = 0.25
_SOON_FOR_FOREIGN = range(501)
"""Milliseconds: what another site's frame is about to do within them may reach the page."""

_MOST_FRAMES = 50
_MOST_LATE = 5


@dataclass(frozen=True)
class LateTimer:
    """A timer that the tour does not wait for: it is due in `seconds`, or it repeats. `place` is where it was
    set, "" where unknown.
    """

    seconds: float
    place: str
    repeats: bool
    job: str = ""
    """Not a timer but work of the browser for the page, by the method that began it."""

    def __str__(self) -> str:
        where = f", set in {self.place}" if self.place else ""
        if self.job:
            where = f", called in {self.place}" if self.place else ""
            return f"{self.job}(), which had not ended after {self.seconds:g} s{where}"
        if self.repeats:
            return f"a timer that repeats every {self.seconds:g} s{where}"
        return f"a timer after {self.seconds:g} s{where}"


@dataclass
class Pending:
    """Asks the documents and workers of one load. `due` is None where nothing is pending, else the seconds
    until the last awaited timer; `busy` names a document or worker that runs code without a pause.
    """

    endless: Endless = field(default_factory=Endless)
    name: str = field(default_factory=lambda: f"p{secrets.token_hex(12)}")
    workers: dict[str, tuple[ProtocolSession, str, float]] = field(default_factory=dict)
    """Target of a worker → its session, its URL, and the time when it was first seen."""
    announced: set[str] = field(default_factory=set)
    """Targets of the workers that the browser has made in this load and has not ended."""
    joined: set[str] = field(default_factory=set)
    """Targets of the workers that were ever asked something in this load."""
    unheard: bool = False
    """Whether a worker has not told yet what it does: it is not reached, or has not begun its own script."""
    late: dict[str, LateTimer] = field(default_factory=dict)
    due: float | None = None
    busy: str = ""
    unread: set[str] = field(default_factory=set)
    """URLs of answers whose bodies nobody reads."""
    open: set[str] = field(default_factory=set)
    """URLs that workers wait for, or whose bodies they read."""
    read: set[str] = field(default_factory=set)
    """URLs of answers whose bodies somebody reads."""
    stirred: tuple[tuple[str, int], ...] | None = None
    """How often anything has stirred in each document and worker; None where not all of them told, or one
    said that it is not calm.
    """
    rested: object = None
    """What was found when the page was last at rest."""
    restless: set[Frame] = field(default_factory=set)
    """Frames of other sites that always have something due: the page is not held by them a second time."""
    _all_tell: bool = True
    _held_by: set[Frame] = field(default_factory=set)
    _stirred: list[tuple[str, int]] = field(default_factory=list)
    _started: int = 0
    _since: float = 0.0
    _prefaced: set[str] = field(default_factory=set)
    """Targets of the workers whose scripts say themselves when they begin."""

    async def join(self, session: ProtocolSession, target: str, url: str) -> None:
        """Make a worker count its timers, from its first line where it has not started yet."""
        self.workers[target] = (session, url, asyncio.get_running_loop().time())
        self.joined.add(target)
        await self._tell(session)

    async def _tell(self, session: ProtocolSession) -> None:
        with contextlib.suppress(Lost):
            await session.tell("Runtime.evaluate", {"expression": self.script(), "silent": True})

    def script(self) -> str:
        """The script for a document or a worker; one line."""
        return _script().replace("__NAME__", self.name)

    def ended(self, target: str) -> None:
        """The browser has ended a target."""
        self.announced.discard(target)
        self.workers.pop(target, None)

    def preface(self, target: str) -> str:
        """The same, in front of the own script of the worker `target`."""
        self._prefaced.add(target)
        return self.script().removesuffix("();") + "(true);"

    def forget(self) -> None:
        """Reset the state for another load."""
        self.workers.clear()
        self.announced.clear()
        self.joined.clear()
        self.late.clear()
        self.stirred = self.rested = None
        self.restless.clear()

    def leave_restless(self) -> None:
        """Do not wait again for the frames of other sites that were not at rest this time."""
        self.restless |= self._held_by

    async def ask(self, page: Page, own_origins: Collection[str]) -> bool:
        """Whether anything is pending in the site's own documents and workers; `due` and `busy` say what."""
        self._ask_anew()
        # What a worker has told its page before its answer has reached the page before this asks there.
        await asyncio.gather(*(self._ask_worker(target) for target in tuple(self.workers)))
        frames = page.frames
        asked = (self._ask_frame(frame, own_origins, page) for frame in frames[:_MOST_FRAMES])
        await asyncio.gather(*asked)
        # A busy machine may take long to lead us to a worker that has begun already.
        self.unheard |= not self.announced <= self.joined
        is_starting = self._started > len(self.joined) and self._since < _STARTING_SECONDS
        is_known = self._all_tell and len(frames) <= _MOST_FRAMES
        self.stirred = tuple(sorted(self._stirred)) if is_known else None
        return self.due is not None or bool(self.busy or self.open) or self.unheard or is_starting

    def _ask_anew(self) -> None:
        self.due, self.busy = None, ""
        self._started, self._since, self.unheard = 0, _STARTING_SECONDS, False
        self._all_tell = True
        self._stirred.clear()
        self._held_by.clear()
        self.unread.clear()
        self.open.clear()
        self.read.clear()

    async def _ask_frame(self, frame: Frame, own_origins: Collection[str], page: Page) -> None:
        from playwright.async_api import Error

        is_own, is_main = _is_own(frame, own_origins), frame == page.main_frame
        question = f"() => window.{self.name}?.{'soon?.' if is_main else ''}()"
        try:
            told = await asyncio.wait_for(
                frame.evaluate(question), _ANSWER_SECONDS if is_own else _FOREIGN_SECONDS
            )
        except TimeoutError:
            self._all_tell = False
            self.busy = frame.url if is_own else self.busy
        except Error:
            # It is gone, or not a document yet: its successor is asked again.
            self._all_tell = False
        else:
            state = told if isinstance(told, dict) else {}
            if is_own:
                self._all_tell &= flag(state, "calm")
                self._stirred.append((frame.url, number(state, "stirred")))
                self._note(state)
            elif number(state, "due", default=-1) in _SOON_FOR_FOREIGN and frame not in self.restless:
                self._all_tell = False
                self._held_by.add(frame)

    async def _ask_worker(self, target: str) -> None:
        session, url, since = self.workers[target]
        words = {"expression": f"self.{self.name}?.()", "returnByValue": True, "silent": True}
        try:
            told = await asyncio.wait_for(session.send("Runtime.evaluate", words), _ANSWER_SECONDS)
        except TimeoutError:
            self.busy = url or "a worker"
        except Lost:
            # One that has ended is told of by the browser; any other did not take the question.
            self._all_tell = False
            if target in self.announced:
                self.unheard = True
            else:
                self.workers.pop(target, None)
        else:
            state = part(told, "result", "value")
            if not state:
                # It got the script before it could listen.
                await self._tell(session)
                self.unheard = True
            elif not flag(state, "ran") and (
                target in self._prefaced or asyncio.get_running_loop().time() - since < _STARTING_SECONDS
            ):
                self.unheard = True
            self._stirred.append((target, number(state, "stirred")))
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
        timer = LateTimer(round(seconds, 1), text(told, "place"), flag(told, "repeats"), text(told, "job"))
        self.late.setdefault(str(timer), timer)


def _is_own(frame: Frame, own_origins: Collection[str]) -> bool:
    """Whether a frame is the site's: its own URL says so, or it has none and is in a frame of the site."""
    origin = origin_of(frame.url)
    if origin or frame.parent_frame is None:
        return origin in own_origins or frame.parent_frame is None
    return _is_own(frame.parent_frame, own_origins)


@functools.cache
def _script() -> str:
    """The script in one line and without comments: it is put before scripts whose line numbers must stay the
    same.
    """
    lines = resources.files("edgerollout.tour").joinpath("page_state.js").read_text(encoding="utf-8")
    return " ".join(_COMMENT.sub("", line).strip() for line in lines.splitlines())
