"""The part of Chrome's DevTools protocol that the tour uses: sessions, sessions below them, messages.

Playwright gives access to the session of a page, but not to sessions of the frames and workers below it. So
those are attached in the old way, with messages inside messages (`flatten: false`).
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from playwright.async_api import CDPSession

Json = Mapping[str, object]
Handler = Callable[[Json], None]

_EMPTY: Json = {}

_ANSWER_SECONDS = 10.0
"""Seconds: a target that is gone, or whose renderer hangs, never answers."""


class ProtocolSession(Protocol):
    """A session with one target: a page, a frame of another process, a worker."""

    async def send(self, method: str, params: Json | None = None) -> Json:
        """Send a command and wait for its answer. Raises `Lost` where no answer came."""
        ...

    async def tell(self, method: str, params: Json | None = None) -> None:
        """Send a command, in the order of all commands, without waiting for an answer. Raises `Lost`."""
        ...

    def on(self, event: str, handler: Handler) -> None:
        """Call `handler` with the parameters of each such event."""
        ...


class Lost(Exception):
    """The target is gone, or refused the command."""


def part(message: Json, *path: str) -> Json:
    """The object at `path`, an empty one where there is none."""
    found: object = message
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return cast("Json", found) if isinstance(found, Mapping) else _EMPTY


def text(message: Json, *path: str) -> str:
    """The string at `path`, "" where there is none."""
    found = part(message, *path[:-1]).get(path[-1])
    return found if isinstance(found, str) else ""


def number(message: Json, *path: str, default: int = 0) -> int:
    """The number at `path`, rounded down."""
    found = part(message, *path[:-1]).get(path[-1])
    return int(found) if isinstance(found, int | float) and not isinstance(found, bool) else default


def flag(message: Json, *path: str) -> bool:
    """Whether `true` is at `path`."""
    return part(message, *path[:-1]).get(path[-1]) is True


def items(message: Json, *path: str) -> tuple[Json, ...]:
    """The objects of the list at `path`."""
    found = part(message, *path[:-1]).get(path[-1])
    return (
        tuple(element for element in found if isinstance(element, Mapping)) if isinstance(found, list) else ()
    )


def texts(message: Json, *path: str) -> tuple[str, ...]:
    """The strings of the list at `path`."""
    found = part(message, *path[:-1]).get(path[-1])
    return tuple(element for element in found if isinstance(element, str)) if isinstance(found, list) else ()


class TopSession:
    """A session that Playwright opened: of a page, or of the browser itself."""

    def __init__(self, session: CDPSession) -> None:
        self._session = session

    async def send(self, method: str, params: Json | None = None) -> Json:
        from playwright.async_api import Error

        try:
            answer = await asyncio.wait_for(self._session.send(method, dict(params or {})), _ANSWER_SECONDS)
        except (Error, TimeoutError) as error:
            raise Lost(f"{method}: {error}") from error
        return cast("Json", answer)

    async def tell(self, method: str, params: Json | None = None) -> None:
        await self.send(method, params)

    def on(self, event: str, handler: Handler) -> None:
        self._session.on(event, handler)


class ChildSession:
    """A session of a target below another session, whose messages it carries."""

    def __init__(self, parent: ProtocolSession, session_id: str) -> None:
        self._parent = parent
        self.session_id = session_id
        self.is_gone = False
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Json]] = {}
        self._handlers: dict[str, list[Handler]] = {}

    async def send(self, method: str, params: Json | None = None) -> Json:
        number_ = next(self._numbers)
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[number_] = answer
        try:
            await self._post(number_, method, params)
            return await asyncio.wait_for(answer, _ANSWER_SECONDS)
        except TimeoutError as error:
            raise Lost(f"{method}: no answer") from error
        finally:
            self._waiting.pop(number_, None)
            answer.cancel()

    async def tell(self, method: str, params: Json | None = None) -> None:
        await self._post(next(self._numbers), method, params)

    async def _post(self, number_: int, method: str, params: Json | None) -> None:
        if self.is_gone:
            raise Lost(f"{method}: its target is gone")
        message = json.dumps({"id": number_, "method": method, "params": dict(params or {})})
        await self._parent.send(
            "Target.sendMessageToTarget", {"sessionId": self.session_id, "message": message}
        )

    def on(self, event: str, handler: Handler) -> None:
        self._handlers.setdefault(event, []).append(handler)

    def leave(self) -> None:
        """The target is gone: everything that waits for its answer fails now."""
        self.is_gone = True
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(Lost("its target is gone"))

    def receive(self, raw: str) -> None:
        """Handle one message that came through the parent."""
        try:
            message = json.loads(raw)
        except ValueError:
            return
        if not isinstance(message, dict):
            return
        answer = self._waiting.get(number(message, "id"))
        if answer is None:
            for handler in self._handlers.get(text(message, "method"), ()):
                handler(part(message, "params"))
        elif not answer.done():
            if "error" in message:
                answer.set_exception(Lost(text(message, "error", "message")))
            else:
                answer.set_result(part(message, "result"))


class Tasks:
    """Tasks that an event started and nobody waits for; when a target is gone, its tasks end quietly."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def begin(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.ensure_future(_quietly(work))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def finish(self, seconds: float) -> None:
        """Give running tasks this many seconds, then end them."""
        if self._running:
            _, late = await asyncio.wait(tuple(self._running), timeout=seconds)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=1)


async def _quietly(work: Awaitable[None]) -> None:
    with contextlib.suppress(Lost):
        await work


AUTO_ATTACH: Json = {"autoAttach": True, "waitForDebuggerOnStart": True, "flatten": False}


class Targets:
    """Attaches to everything below a session, at any depth, before it runs its first line."""

    def __init__(self, tasks: Tasks, welcome: Callable[[ProtocolSession, Json], Awaitable[None]]) -> None:
        """`welcome` is awaited with each new session and its TargetInfo; after that the target may run."""
        self._tasks = tasks
        self._welcome = welcome

    async def follow(self, session: ProtocolSession) -> None:
        """Attach to everything below `session`, now and later."""
        self.listen(session)
        await session.tell("Target.setAutoAttach", AUTO_ATTACH)

    def listen(self, session: ProtocolSession) -> None:
        """Welcome everything that `session` is attached to, now or later."""
        children: dict[str, ChildSession] = {}

        def attached(event: Json) -> None:
            child = ChildSession(session, text(event, "sessionId"))
            children[child.session_id] = child
            self._tasks.begin(self._greet(child, part(event, "targetInfo")))

        def received(event: Json) -> None:
            child = children.get(text(event, "sessionId"))
            if child is not None:
                child.receive(text(event, "message"))

        def detached(event: Json) -> None:
            child = children.pop(text(event, "sessionId"), None)
            if child is not None:
                child.leave()

        session.on("Target.attachedToTarget", attached)
        session.on("Target.receivedMessageFromTarget", received)
        session.on("Target.detachedFromTarget", detached)

    async def _greet(self, child: ChildSession, info: Json) -> None:
        # Playwright also lets it run, so this does not wait for an answer.
        try:
            await self._welcome(child, info)
            await self.follow(child)
        finally:
            await child.tell("Runtime.runIfWaitingForDebugger")
