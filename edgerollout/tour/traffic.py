"""What a page asks the network for, through every redirect, and which policies each document came with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edgerollout.tour.interception import ENFORCED, REPORT_ONLY
from edgerollout.tour.model import Request
from edgerollout.tour.protocol import Json, number, part, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.clock import Clock
    from edgerollout.tour.protocol import Session

_LONG_LIVED = frozenset({"eventsource", "websocket", "ping", "cspviolationreport"})
"""Requests that a page may keep open for as long as it lives, or whose end it does not wait for."""

_HARMLESS = frozenset({"image", "media", "font", "manifest", "texttrack", "other", "prefetch"})
"""Nothing comes of these but themselves: one that never arrives hides nothing else."""

_READ_OR_NOT = frozenset({"fetch", "xhr", "other"})
"""Requests that the browser never calls finished where the page does not read what came."""

_PATIENCE_FOR_HARMLESS = 2.0
"""Seconds for which a page is not quiet while one of those is under way."""

_DEEPEST = 50
"""Frames within frames."""

_MOST = 5000
"""Requests of one load that are kept."""


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


@dataclass(frozen=True)
class Policies:
    """The values of the two CSP headers of one document or worker script."""

    url: str
    report_only: tuple[str, ...] = ()
    enforced: tuple[str, ...] = ()


@dataclass
class Traffic:
    """The requests of one load, as told by the sessions that it follows."""

    main_frame: str = ""
    status: int | None = None
    final_url: str = ""
    changed: float = 0.0
    """When a request last began or ended, on a monotonic clock."""
    policies: dict[str, Policies] = field(default_factory=dict)
    """URL of a document or script → what it came with."""
    frames: dict[str, str] = field(default_factory=dict)
    """Frame → URL of its document."""
    parents: dict[str, str] = field(default_factory=dict)
    """Frame → the frame that it is in."""
    omitted: int = 0
    _exchanges: dict[str, _Exchange] = field(default_factory=dict)
    _done: list[_Exchange] = field(default_factory=list)

    def follow(self, session: Session, clock: Clock, *, worker: bool = False) -> None:
        """Listen to a session's network; the domain is enabled by the caller. What a worker asks for is
        said to be its frame's too."""

        def at(event: Json) -> str:
            # A worker's script is asked for in its parent's session and arrives in its own.
            return text(event, "requestId")

        def sent(event: Json) -> None:
            self.changed = clock.monotonic()
            self._sent(at(event), event, self.changed, worker=worker)

        def received(event: Json) -> None:
            self._received(at(event), event)

        def finished(event: Json) -> None:
            self.changed = clock.monotonic()
            self._end(at(event), self.changed, "")

        def failed(event: Json) -> None:
            self.changed = clock.monotonic()
            reason = text(event, "blockedReason") or text(event, "errorText")
            self._end(at(event), self.changed, reason)

        def socket(event: Json) -> None:
            exchange = _Exchange([text(event, "url")], "websocket", "script", "", "", clock.monotonic())
            self._keep(at(event), exchange)

        def framed(event: Json) -> None:
            self.parents[text(event, "frameId")] = text(event, "parentFrameId")

        session.on("Page.frameAttached", framed)
        session.on("Network.requestWillBeSent", sent)
        session.on("Network.responseReceived", received)
        session.on("Network.loadingFinished", finished)
        session.on("Network.loadingFailed", failed)
        session.on("Network.webSocketCreated", socket)

    def _sent(self, key: str, event: Json, now: float, *, worker: bool) -> None:
        url = text(event, "request", "url")
        known = self._exchanges.get(key)
        if known is not None and part(event, "redirectResponse"):
            known.chain.append(url)
            return
        destination = (text(event, "type") or "other").lower()
        document, frame = text(event, "documentURL"), text(event, "frameId")
        if destination == "other" and _is_prefetch(event):
            destination = "prefetch"
        elif destination == "document":
            # Named is the document that it leads to; asked for it has whoever wrote the frame, if any.
            is_page = frame == self.main_frame and not worker
            document = "" if is_page else text(event, "initiator", "url") or self.final_url
        initiator = text(event, "initiator", "type").lower() or "other"
        self._keep(key, _Exchange([url], destination, initiator, frame, document, now))

    def _keep(self, key: str, exchange: _Exchange) -> None:
        before = self._exchanges.pop(key, None)
        if before is not None:
            self._done.append(before)
        if len(self._exchanges) + len(self._done) >= _MOST:
            self.omitted += 1
            return
        self._exchanges[key] = exchange

    def _received(self, key: str, event: Json) -> None:
        url = text(event, "response", "url")
        exchange = self._exchanges.get(key)
        if exchange is not None:
            exchange.status = number(event, "response", "status")
        kind, frame = text(event, "type"), text(event, "frameId")
        if kind in {"Document", "Other", "Script"}:
            headers = part(event, "response", "headers")
            self.policies[url.partition("#")[0]] = Policies(
                url, tuple(_values(headers, REPORT_ONLY)), tuple(_values(headers, ENFORCED))
            )
        if kind == "Document" and frame:
            self.frames[frame] = url
            if frame == self.main_frame:
                self.status, self.final_url = number(event, "response", "status"), url

    def _end(self, key: str, now: float, failure: str) -> None:
        exchange = self._exchanges.get(key)
        if exchange is not None:
            exchange.ended, exchange.failure = now, failure

    def arrived(self, url: str, now: float) -> None:
        """A worker runs: its script has come, though often no session is told so."""
        for exchange in self._exchanges.values():
            if exchange.ended is None and exchange.chain[-1] == url:
                exchange.ended = now

    def note(self, url: str, destination: str, document: str, now: float) -> None:
        """Put down a request that a browser with a window would make and this one does not."""
        exchange = _Exchange([url], destination, "parser", "", document, now, ended=now)
        self._keep(f"{destination} {url}", exchange)

    def busy(self, now: float) -> bool:
        """Whether the page still waits for something that it will not wait for for ever."""
        return any(
            one.ended is None
            and one.destination not in _LONG_LIVED
            and not (one.status is not None and one.destination in _READ_OR_NOT)
            and (one.destination not in _HARMLESS or now - one.began < _PATIENCE_FOR_HARMLESS)
            for one in self._exchanges.values()
        )

    def unanswered(self, now: float, seconds: float) -> Iterator[str]:
        """URLs that got no answer within `seconds` and may hide what follows from them."""
        for one in self._exchanges.values():
            silent = one.ended is None and one.status is None and now - one.began >= seconds
            if silent and one.destination not in _HARMLESS | _LONG_LIVED:
                yield one.chain[-1]

    def framings(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Each framed document and the URLs of the documents around it, from the inside out."""
        for frame, url in self.frames.items():
            around: list[str] = []
            outer = self.parents.get(frame, "")
            while outer and len(around) < _DEEPEST:
                around.append(self.final_url if outer == self.main_frame else self.frames.get(outer, ""))
                outer = self.parents.get(outer, "")
            if around:
                yield url, tuple(one for one in around if one)

    def requests(self, load: int) -> tuple[Request, ...]:
        """Everything asked for, in the order it began."""
        everything = sorted((*self._done, *self._exchanges.values()), key=lambda one: one.began)
        return tuple(
            Request(
                chain=tuple(one.chain),
                destination=one.destination,
                initiator=one.initiator,
                document=one.document,
                status=one.status,
                failure=one.failure,
                load=load,
            )
            for one in everything
        )


def _is_prefetch(event: Json) -> bool:
    headers = part(event, "request", "headers")
    return any(name.lower() in {"purpose", "sec-purpose"} and "prefetch" in str(value)
               for name, value in headers.items())  # fmt: skip


def _values(headers: Json, name: str) -> Iterator[str]:
    """The values of a header; several of one name come joined by line ends."""
    for key, value in headers.items():
        if key.lower() == name and isinstance(value, str):
            yield from (line for line in value.split("\n") if line.strip())
