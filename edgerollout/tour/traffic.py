"""A page's requests, through every redirect, and the policies of each document."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edgerollout.policy.staging import STAGED, twin_of
from edgerollout.tour.endless import Endless
from edgerollout.tour.header_kinds import COMPARED, NOT_OBSERVABLE
from edgerollout.tour.interception import ENFORCED, REPORT_ONLY
from edgerollout.tour.model import PageRequest
from edgerollout.tour.protocol import Json, number, part, text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from edgerollout.clock import Clock
    from edgerollout.tour.protocol import ProtocolSession

_LONG_LIVED = frozenset({"eventsource", "websocket", "ping", "cspviolationreport"})
"""Kinds of requests that a page may keep open all the time, or whose end it does not wait for."""

_HARMLESS = frozenset({"image", "media", "font", "manifest", "texttrack", "other", "prefetch"})
"""Files that load nothing else: one that never arrives hides nothing."""

_PATIENCE_FOR_HARMLESS = 2.0
"""Seconds for which a page is not quiet while one of those sends nothing."""

_PATIENCE_FOR_UNREAD = 1.0
"""Seconds to wait for the rest of an answer whose body nobody reads."""

_PATIENCE_FOR_WORKERS = 3.0
"""The same for a worker's answer, which may have been requested before anybody listened."""

_POLLED, _POLLING_SECONDS = 3, 2.0
"""A URL that is requested more often than that, again and again for so long, is requested for ever."""

_DEEPEST = 50
"""Frames within frames."""

_BREAKING = frozenset({*COMPARED, *NOT_OBSERVABLE, *map(twin_of, STAGED)})

_MOST = 5000
"""The most requests of one load."""


@dataclass
class _Exchange:
    chain: list[str]
    destination: str
    initiator: str
    frame: str
    document: str
    began: float
    status: int | None = None
    failure: str = ""
    ended: float | None = None
    flowed: float = 0.0
    """When its last bytes came."""
    is_awaited: bool = True
    """Whether a page waits for it: it is not an endless stream, and not requested again and again."""
    by_worker: bool = False


@dataclass(frozen=True)
class Policies:
    """The values of the two CSP headers of one document or worker script."""

    url: str
    report_only: tuple[str, ...] = ()
    enforced: tuple[str, ...] = ()


@dataclass
class Traffic:
    """The requests of one load, from the sessions that it follows."""

    main_frame: str = ""
    status: int | None = None
    final_url: str = ""
    changed: float = 0.0
    """When a request last began or ended, on a monotonic clock."""
    policies: dict[str, Policies] = field(default_factory=dict)
    """URL of a document or script → its policies."""
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    """URL of a document → its headers that can break something."""
    frames: dict[str, str] = field(default_factory=dict)
    """Frame → URL of its document."""
    parents: dict[str, str] = field(default_factory=dict)
    """Frame → the frame that it is in."""
    omitted: int = 0
    endless: Endless = field(default_factory=Endless)
    unread: Collection[str] = ()
    """URLs whose answers have come but whose bodies nobody reads: they may never be reported as finished."""
    read: Collection[str] = ()
    """URLs whose bodies somebody reads."""
    _asked: dict[tuple[str, str], tuple[int, float]] = field(default_factory=dict)
    shared_workers: set[str] = field(default_factory=set)
    """URLs of the running shared workers, which an earlier load may have started."""
    _workers: set[str] = field(default_factory=set)
    _exchanges: dict[str, _Exchange] = field(default_factory=dict)
    _done: list[_Exchange] = field(default_factory=list)

    def follow(self, session: ProtocolSession, clock: Clock, kind: str) -> None:
        """Listen to the network of a session to a target of this kind (`page`, `worker`, …); the caller
        enables the domain. Requests of a worker are also reported for its frame.
        """

        def at(event: Json) -> str:
            # A worker's script is requested in its parent's session and arrives in its own.
            return text(event, "requestId")

        def sent(event: Json) -> None:
            self._sent(at(event), event, clock.monotonic(), kind)

        def received(event: Json) -> None:
            self._received(at(event), event, clock.monotonic(), kind)

        def flowed(event: Json) -> None:
            exchange = self._exchanges.get(at(event))
            if exchange is not None:
                exchange.flowed = clock.monotonic()

        def finished(event: Json) -> None:
            self._end(at(event), clock.monotonic(), "")

        def failed(event: Json) -> None:
            reason = text(event, "blockedReason") or text(event, "errorText")
            self._end(at(event), clock.monotonic(), reason)

        def socket(event: Json) -> None:
            exchange = _Exchange([text(event, "url")], "websocket", "script", "", "", clock.monotonic())
            self._keep(at(event), exchange)

        def framed(event: Json) -> None:
            self.parents[text(event, "frameId")] = text(event, "parentFrameId")

        session.on("Page.frameAttached", framed)
        session.on("Network.requestWillBeSent", sent)
        session.on("Network.responseReceived", received)
        session.on("Network.dataReceived", flowed)
        session.on("Network.loadingFinished", finished)
        session.on("Network.loadingFailed", failed)
        session.on("Network.webSocketCreated", socket)

    def _sent(self, key: str, event: Json, now: float, kind: str) -> None:
        url = text(event, "request", "url")
        known = self._exchanges.get(key)
        if known is not None and part(event, "redirectResponse"):
            known.chain.append(url)
            self.changed = now
            return
        destination = (text(event, "type") or "other").lower()
        document, frame = text(event, "documentURL"), text(event, "frameId")
        if destination == "other" and _is_prefetch(event):
            destination = "prefetch"
        elif destination == "document":
            # The event names the target document; the request comes from the document with the frame, if
            # there is one.
            is_page = frame == self.main_frame and "worker" not in kind
            document = "" if is_page else text(event, "initiator", "url") or self.final_url
        initiator = text(event, "initiator", "type").lower() or "other"
        exchange = _Exchange([url], destination, initiator, frame, document, now)
        exchange.by_worker = "worker" in kind
        exchange.is_awaited = not self._is_polled(exchange) and not self.endless.covers(url)
        if exchange.is_awaited:
            self.changed = now
        self._keep(key, exchange)

    def _is_polled(self, exchange: _Exchange) -> bool:
        """Whether the page requests the same URL again and again; each call counts."""
        what = (exchange.destination, exchange.chain[0])
        times, since = self._asked.get(what, (0, exchange.began))
        if len(self._asked) < _MOST:
            self._asked[what] = (times + 1, since)
        return times >= _POLLED and exchange.began - since >= _POLLING_SECONDS

    def _keep(self, key: str, exchange: _Exchange) -> None:
        before = self._exchanges.pop(key, None)
        if before is not None:
            self._done.append(before)
        if len(self._exchanges) + len(self._done) >= _MOST:
            self.omitted += 1
            return
        self._exchanges[key] = exchange

    def _received(self, key: str, event: Json, now: float, kind: str) -> None:
        url = text(event, "response", "url")
        if "worker" in kind and key not in self._exchanges and url.startswith("http"):
            # It was requested before anybody listened to that worker.
            asked = (text(event, "type") or "other").lower()
            self._keep(key, _Exchange([url], asked, "script", "", "", now, by_worker=True))
        exchange = self._exchanges.get(key)
        if exchange is not None:
            exchange.status, exchange.flowed = number(event, "response", "status"), now
        kind, frame = text(event, "type"), text(event, "frameId")
        if kind in {"Document", "Other", "Script"}:
            headers = part(event, "response", "headers")
            self.policies[url.partition("#")[0]] = Policies(
                url, tuple(_values(headers, REPORT_ONLY)), tuple(_values(headers, ENFORCED))
            )
        if kind == "Document":
            sent = part(event, "response", "headers")
            self.headers[url.partition("#")[0]] = {
                name.lower(): str(value) for name, value in sent.items() if name.lower() in _BREAKING
            }
        if kind == "Document" and frame:
            self.frames[frame] = url
            if frame == self.main_frame:
                self.status, self.final_url = number(event, "response", "status"), url

    def _end(self, key: str, now: float, failure: str) -> None:
        exchange = self._exchanges.get(key)
        if exchange is not None:
            exchange.ended, exchange.failure = now, failure
            if exchange.is_awaited:
                self.changed = now

    def runs(self, url: str, kind: str, now: float) -> None:
        """A worker with this script was started; its first requests show only when they are answered."""
        self.changed = now
        (self.shared_workers if kind == "shared_worker" else self._workers).add(url)

    def _is_of_worker(self, exchange: _Exchange) -> bool:
        """Whether it is the script of a running worker: perhaps no session reports its arrival."""
        return exchange.chain[-1] in self._workers or exchange.chain[-1] in self.shared_workers

    def note(self, url: str, destination: str, document: str, now: float) -> None:
        """Record a request that a browser with a window would make, but this one does not."""
        exchange = _Exchange([url], destination, "parser", "", document, now, ended=now)
        self._keep(f"{destination} {url}", exchange)

    def busy(self, now: float) -> bool:
        """Whether the page still waits for something that will end."""
        return any(self._keeps_waiting(exchange, now) for exchange in self._waiting())

    def _keeps_waiting(self, exchange: _Exchange, now: float) -> bool:
        if exchange.chain[-1] in self._workers:
            # The worker itself is asked whether it has begun.
            return False
        still = now - max(exchange.began, exchange.flowed)
        if exchange.destination in _HARMLESS or self._is_of_worker(exchange):
            return exchange.destination != "media" and still < _PATIENCE_FOR_HARMLESS
        return not self._is_left(exchange) or still < (
            _PATIENCE_FOR_WORKERS if exchange.by_worker else _PATIENCE_FOR_UNREAD
        )

    def _is_left(self, exchange: _Exchange) -> bool:
        first, last = (exchange.chain[index].partition("#")[0] for index in (0, -1))
        # A worker may have started before anybody listened, so silence means nothing there. Of an answer
        # that no script may read, the page knows only what it asked for.
        return exchange.status is not None and (
            last not in self.read if exchange.by_worker else last in self.unread or first in self.unread
        )

    def is_as_it_was(self, now: float) -> bool:
        """Whether nothing has begun or ended since `now`."""
        return self.changed <= now and not self.busy(now)

    def flowing(self) -> Iterator[str]:
        """URLs whose answer has started but not ended, and that may load more."""
        for exchange in self._waiting():
            if (
                exchange.status is not None
                and exchange.destination not in _HARMLESS
                and not self._is_left(exchange)
            ):
                yield exchange.chain[-1]

    def _waiting(self) -> Iterator[_Exchange]:
        for exchange in self._exchanges.values():
            if exchange.ended is None and exchange.is_awaited and exchange.destination not in _LONG_LIVED:
                yield exchange

    def latest(self) -> str:
        """The URL that the page requested last, of those that it waits for."""
        awaited = (exchange.chain[-1] for exchange in self._exchanges.values() if exchange.is_awaited)
        return next(reversed(list(awaited)), "nothing")

    def unanswered(self, now: float, seconds: float) -> Iterator[str]:
        """URLs that got no answer within `seconds` and may hide what they would load."""
        for exchange in self._waiting():
            silent = exchange.status is None and now - exchange.began >= seconds
            if silent and exchange.destination not in _HARMLESS and not self._is_of_worker(exchange):
                yield exchange.chain[-1]

    def framings(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Each framed document, with the URLs of the documents around it, from inside to outside."""
        for frame, url in self.frames.items():
            around: list[str] = []
            outer = self.parents.get(frame, "")
            while outer and len(around) < _DEEPEST:
                around.append(self.final_url if outer == self.main_frame else self.frames.get(outer, ""))
                outer = self.parents.get(outer, "")
            if around:
                yield url, tuple(frame for frame in around if frame)

    def requests(self, load: int) -> tuple[PageRequest, ...]:
        """All requests, in the order of their start."""
        everything = sorted((*self._done, *self._exchanges.values()), key=lambda exchange: exchange.began)
        return tuple(
            PageRequest(
                chain=tuple(exchange.chain),
                destination=exchange.destination,
                initiator=exchange.initiator,
                document=exchange.document,
                status=exchange.status,
                failure=exchange.failure,
                load=load,
            )
            for exchange in everything
        )


def _is_prefetch(event: Json) -> bool:
    headers = part(event, "request", "headers")
    return any(name.lower() in {"purpose", "sec-purpose"} and "prefetch" in str(value)
               for name, value in headers.items())  # fmt: skip


def _values(headers: Json, name: str) -> Iterator[str]:
    """The values of a header; the browser joins several of one name with line feeds."""
    for key, value in headers.items():
        if key.lower() == name and isinstance(value, str):
            yield from (line for line in value.split("\n") if line.strip())
