"""Watches one page: all messages of all channels about it, as a limited number of records."""

from __future__ import annotations

import asyncio
import functools
import secrets
from dataclasses import dataclass, replace
from importlib import resources
from typing import TYPE_CHECKING

from edgerollout.tour import readings
from edgerollout.tour.conduct import said_by_console, said_by_report
from edgerollout.tour.endless import Endless
from edgerollout.tour.pending import Pending
from edgerollout.tour.protocol import Json, items, number, part, text
from edgerollout.tour.traffic import Traffic
from edgerollout.tour.twins import TwinReport, by_console, by_report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.async_api import BrowserContext

    from edgerollout.clock import Clock
    from edgerollout.tour.model import Record
    from edgerollout.tour.protocol import ProtocolSession

MOST_RECORDS = 4000
"""The most records of one page; more are only counted."""

MOST_INLINE = 20_000
"""The most hashes of inline code of one page."""

MOST_EVENTS = 500
"""The most violations that one document reports completely by events."""


@dataclass
class _Where:
    """The document or worker of a session; its URL may become known only after its first messages."""

    target: str
    url: str = ""


class Watch:
    """The listener of one visit. `load` is the number of the running load."""

    def __init__(self, page: str, clock: Clock, endless: Endless | None = None) -> None:
        self.page = page
        self.load = 1
        self.omitted = 0
        self.service_worker = False
        self._endless = endless or Endless()
        self.traffic = Traffic(endless=self._endless)
        self.pending = Pending(self._endless)
        self.inline: dict[str, str] = {}
        """The hash of each piece of inline code that the documents had, and the start of its text."""
        self.troubles: set[str] = set()
        """What went wrong in this load, apart from requests and violations."""
        self.twins: dict[TwinReport, None] = {}
        """What headers that only report would break, in any load."""
        self._clock = clock
        self._records: list[tuple[Record, _Where | None]] = []
        self._wheres: dict[str, _Where] = {}
        self._name = f"f{secrets.token_hex(12)}"

    @property
    def name(self) -> str:
        """The name of the listener in the page: nobody else knows it."""
        return self._name

    async def prepare(self, context: BrowserContext) -> None:
        """Make every document of `context` report its violations here."""

        def heard(source: object, message: str) -> None:
            del source
            self._events(message)

        await context.expose_binding(self._name, heard)
        await context.add_init_script(f"{_listener(self._name)}\n{self.pending.script()}")

    async def welcome(self, session: ProtocolSession, info: Json) -> None:
        """Listen to a target; the page itself is one, too."""
        kind = text(info, "type")
        self.service_worker = self.service_worker or kind == "service_worker"
        where = _Where(text(info, "targetId"), text(info, "url"))
        self._wheres[where.target] = where
        session.on("Audits.issueAdded", lambda event: self._issue(part(event, "issue"), where))
        session.on("Log.entryAdded", lambda event: self._entry(part(event, "entry"), where))
        if "worker" in kind:
            self.traffic.runs(where.url, kind, self._clock.monotonic())
        self.traffic.follow(session, self._clock, kind)
        # Not every kind of target has every domain.
        domains = (f"{domain}.enable" for domain in ("Network", "Audits", "Log", "Page"))
        await asyncio.gather(*map(session.tell, domains), return_exceptions=True)
        # A service worker sleeps when it has nothing to do.
        if kind in {"worker", "shared_worker"}:
            await self.pending.join(session, where.target, where.url)

    def renamed(self, info: Json) -> None:
        """A target's URL has become known."""
        where = self._wheres.get(text(info, "targetId"))
        # At the end a page goes to about:blank, which is not the document of its messages.
        if where is not None and where.target != self.traffic.main_frame and text(info, "url"):
            where.url = text(info, "url")
            if "worker" in text(info, "type"):
                self.traffic.runs(where.url, text(info, "type"), self._clock.monotonic())

    def next_load(self, number_: int) -> None:
        """From now on messages belong to the next load."""
        self.load = number_
        # A shared worker keeps running in the next load.
        shared = self.traffic.shared_workers
        self.traffic = Traffic(endless=self._endless, shared_workers=shared)
        self.pending.forget()
        self.troubles = set()
        self._wheres.clear()

    def reported(self, body: str) -> None:
        """A report that was on its way to report-uri."""
        for record in readings.from_report(body, self.page):
            self.add(record)

    def pinged(self, url: str, frame: str) -> None:
        """A beacon of a frame, which may have been left already."""
        document = self.traffic.frames.get(frame) or self.traffic.final_url or self.page
        self.traffic.note(url, "ping", document, self._clock.monotonic())

    def add(self, record: Record, where: _Where | None = None) -> None:
        if len(self._records) >= MOST_RECORDS:
            self.omitted += 1
        else:
            if where is not None and where.target == self.traffic.main_frame and self.traffic.final_url:
                # A step may lead the page elsewhere later on.
                record = self._placed(record, where)
            self._records.append((replace(record, load=self.load), where))

    def records(self) -> tuple[Record, ...]:
        """All records so far, each with its document if that is known."""
        return tuple(self._placed(record, where) for record, where in self._records)

    def correct_framing(self, found: Sequence[Record]) -> None:
        """Replace the browser's records of forbidden framing by our own `found` ones, which name the framing
        page.

        The browser names the framed document, as if that were forbidden.
        """
        for truth in found[:1]:
            self._records = [
                (replace(record, document=truth.document, blocked=truth.blocked), where)
                if record.directive == truth.directive
                and record.load == self.load
                and record.channel != "redirect"
                else (record, where)
                for record, where in self._records
            ]

    def settle_places(self) -> None:
        """Fix the documents of this load's records, before the next load forgets them."""
        self._records = [(self._placed(record, where), None) for record, where in self._records]

    def _placed(self, record: Record, where: _Where | None) -> Record:
        if where is None or record.document:
            return record
        # Frames of one site share a session; where the source is another document, it is that one.
        source = record.source.partition("#")[0]
        documents = {url.partition("#")[0] for url in self.traffic.frames.values()}
        if source.startswith(("about:", "blob:")) or source in documents:
            return replace(record, document=source)
        is_page = where.target == self.traffic.main_frame
        own = self.traffic.final_url if is_page else where.url
        return replace(record, document=own or where.url or self.page)

    def _issue(self, issue: Json, where: _Where) -> None:
        details = part(issue, "details", "contentSecurityPolicyIssueDetails")
        ancestor = self.traffic.frames.get(text(details, "frameAncestor", "frameId"), "")
        record = readings.from_issue(issue, self.page, "", ancestor)
        if record is not None:
            self.add(record, where)

    def _entry(self, entry: Json, where: _Where) -> None:
        record = readings.from_log(entry, self.page, "")
        if record is not None:
            self.add(record, where)
        elif (twin := by_console(entry)) is not None:
            self._twin(twin)
        else:
            self.trouble(said_by_console(entry))

    def _report(self, report: Json) -> None:
        if (twin := by_report(report)) is not None:
            self._twin(twin)
        else:
            self.trouble(said_by_report(report))

    def _twin(self, twin: TwinReport) -> None:
        if len(self.twins) < MOST_EVENTS:
            self.twins.setdefault(twin)

    def trouble(self, said: str) -> None:
        """Record that something went wrong; "" means nothing."""
        if said and len(self.troubles) < MOST_EVENTS:
            self.troubles.add(said)

    def _events(self, message: str) -> None:
        told = readings.batch(message)
        for event in items(told, "events"):
            for record in readings.from_event(event, self.page):
                self.add(record)
        for item in items(told, "inline"):
            found = readings.inline_code(item)
            if found is not None and len(self.inline) < MOST_INLINE:
                self.inline.setdefault(*found)
        for report in items(told, "reports"):
            self._report(report)
        self.omitted += max(0, number(told, "beyond"))


@functools.cache
def _listener_text() -> str:
    return resources.files("edgerollout.tour").joinpath("listener.js").read_text(encoding="utf-8")


def _listener(name: str) -> str:
    return _listener_text().replace("__NAME__", name).replace("__BOUND__", str(MOST_EVENTS))
