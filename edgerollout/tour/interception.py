"""Intercepts between the browser and the network: injects a policy, receives reports, answers for hosts.

It works on the browser itself, not on a page: only there it sees the scripts of nested, shared and service
workers, and the app's own pages inside another site's frame. So each browser visits one page at a time.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edgerollout.policy.csp import Csp
from edgerollout.tour.header_kinds import COMPARED, NOT_OBSERVABLE, OF_FILES
from edgerollout.tour.origin import origin_of
from edgerollout.tour.protocol import Json, Lost, items, number, part, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from edgerollout.tour.model import Candidate
    from edgerollout.tour.protocol import ProtocolSession, Tasks

ENFORCED = "content-security-policy"
REPORT_ONLY = "content-security-policy-report-only"

REPORT_PATH = "/__edgerollout_csp"
"""The path to which injected policies report, on the app's own host; the browser's request ends here."""

_REPORT_SAMPLE = "'report-sample'"
_SAMPLED = frozenset(
    {
        "default-src", "script-src", "script-src-elem", "script-src-attr", "style-src", "style-src-elem",
        "style-src-attr",
    }
)  # fmt: skip

_OF_THE_OLD_BODY = frozenset({"content-length", "content-encoding", "transfer-encoding"})
"""Headers that are wrong for a decoded body."""

_FILES = ("Script", "Stylesheet", "Image", "Font", "Fetch", "XHR")

_TARGET = re.compile(r"[0-9A-F]{32}")
"""The field with the id of a request's target: a document or a worker."""

_LARGEST_BODY = 32 * 1024 * 1024
"""Bytes. A larger answer is not a page, and passes unchanged."""


def injected(csp: Csp, origin: str) -> str:
    """The injected header value: the policy, with a sample of what it blocks and with reports to us."""
    directives = [
        (name, (*sources, _REPORT_SAMPLE) if name in _SAMPLED and _REPORT_SAMPLE not in sources else sources)
        for name, sources in csp.without(("report-uri", "report-to"))
    ]
    return Csp((*directives, ("report-uri", (origin + REPORT_PATH,)))).header_value()


class Interception:
    """What happens to requests and responses of one browser.

    `reported` is given the body of each violation report that would have left; none does. `pinged` is
    given the URL and the frame of each beacon: those sent by a page that is being left show nowhere else.
    `preface` is what the worker of a target runs first: it may begin before anybody listens to it.
    """

    def __init__(
        self,
        session: ProtocolSession,
        tasks: Tasks,
        *,
        own_origins: Iterable[str],
        candidate: Candidate | None,
        strip_enforced: bool,
        headers: tuple[tuple[str, str], ...],
        reported: Callable[[str], None],
        pinged: Callable[[str, str], None],
        preface: Callable[[str], str],
    ) -> None:
        self._session = session
        self._tasks = tasks
        self.own_origins = frozenset(own_origins)
        self._candidate = candidate
        self._strip = strip_enforced
        self._headers = headers
        self._reported = reported
        self._pinged = pinged
        self._preface = preface
        self._stubbed: set[str] = set()
        self._pages: dict[str, tuple[tuple[tuple[str, str], ...], bytes]] = {}
        self._without: frozenset[str] | None = None
        self.failed: list[str] = []
        """Documents that should have got the policy but did not."""
        session.on("Fetch.requestPaused", lambda event: tasks.begin(self._paused(event)))

    async def start(self) -> None:
        """Intercept from now on. Call it again after `stub` or `serve`."""
        patterns: list[Json] = [
            {"urlPattern": "*", "resourceType": kind, "requestStage": "Request"}
            for kind in ("CSPViolationReport", "Ping")
        ]
        files = _FILES if self._changes_files() else ()
        # Scripts of workers have no own kind of request.
        for kind in ("Other", *(("Document", *files) if self.answers_documents else ())):
            patterns += [
                {"urlPattern": f"{origin}/*", "resourceType": kind, "requestStage": "Response"}
                for origin in sorted(self.own_origins)
            ]
        if self._headers:
            patterns += [
                {"urlPattern": f"{origin}/*", "requestStage": "Request"}
                for origin in sorted(self.own_origins)
            ]
        patterns += [
            {"urlPattern": f"*://{host}{port}/*", "requestStage": "Request"}
            for host in sorted(self._stubbed)
            for port in ("", ":*")
        ]
        patterns += [{"urlPattern": url, "requestStage": "Request"} for url in self._pages]
        await self._session.send("Fetch.enable", {"patterns": patterns})

    @property
    def answers_documents(self) -> bool:
        """Whether documents come from here, not from the network."""
        return self._candidate is not None or self._strip or self._without is not None

    def _changes_files(self) -> bool:
        named = {header.name for header in self._candidate.headers} if self._candidate is not None else set()
        return bool(OF_FILES & (named | (self._without or frozenset())))

    async def leave_out(self, headers: frozenset[str] | None) -> None:
        """Remove these headers from the site's own responses from now on; None removes nothing."""
        self._without = headers
        await self.start()

    async def stub(self, hosts: Iterable[str]) -> None:
        """From now on answer for these hosts at once, with nothing."""
        self._stubbed.update(hosts)
        await self.start()

    async def let_answer(self, hosts: Iterable[str]) -> None:
        """From now on these hosts answer themselves again."""
        self._stubbed.difference_update(hosts)
        await self.start()

    async def serve(self, url: str, headers: Iterable[tuple[str, str]], body: bytes) -> None:
        """From now on answer `url` with this, without the network."""
        self._pages[url] = (tuple(headers), body)
        await self.start()

    async def forget(self, urls: Iterable[str]) -> None:
        """Stop serving these."""
        for url in urls:
            self._pages.pop(url, None)
        await self.start()

    async def _paused(self, event: Json) -> None:
        request_id = text(event, "requestId")
        is_answer = "responseStatusCode" in event or "responseErrorReason" in event
        try:
            if is_answer:
                await self._answered(request_id, event)
            else:
                await self._asked(request_id, event)
        except Lost:
            # Whatever went wrong: a request that stays paused would hang its page. If its page has given it
            # up, this fails, too.
            await self._session.send("Fetch.continueRequest", {"requestId": request_id})
            if is_answer:
                self.failed.append(text(event, "request", "url"))

    async def _asked(self, request_id: str, event: Json) -> None:
        url = text(event, "request", "url")
        if text(event, "resourceType") == "Ping":
            self._pinged(url, text(event, "frameId"))
        if text(event, "resourceType") == "CSPViolationReport":
            self._reported(_body_of(event))
            await self._fulfil(request_id, 204, (), b"")
        elif url in self._pages:
            headers, body = self._pages[url]
            await self._fulfil(request_id, 200, headers, body)
        elif (urlsplit(url).hostname or "") in self._stubbed:
            await self._fulfil(request_id, 200, (("access-control-allow-origin", "*"),), b"")
        elif self._headers and origin_of(url) in self.own_origins:
            await self._session.send(
                "Fetch.continueRequest", {"requestId": request_id, "headers": self._with_headers(event)}
            )
        else:
            await self._session.send("Fetch.continueRequest", {"requestId": request_id})

    def _with_headers(self, event: Json) -> list[Json]:
        sent = event.get("request")
        before = sent.get("headers") if isinstance(sent, dict) else None
        own = {name.lower() for name, _ in self._headers}
        kept = before.items() if isinstance(before, dict) else ()
        return [
            *(
                {"name": str(name), "value": str(value)}
                for name, value in kept
                if str(name).lower() not in own
            ),
            *({"name": name, "value": value} for name, value in self._headers),
        ]

    async def _answered(self, request_id: str, event: Json) -> None:
        url, status = text(event, "request", "url"), number(event, "responseStatusCode")
        headers = [
            (text(header, "name"), text(header, "value")) for header in items(event, "responseHeaders")
        ]
        wanted = tuple(self._changed(headers, url))
        length = next((value for name, value in headers if name.lower() == "content-length"), "0")
        too_large = length.isdecimal() and int(length) > _LARGEST_BODY
        # Redirects have no readable body, and their policy has no effect; errors have no answer.
        preface = self._preface(text(event, "networkId")) if _is_worker_s(event) else ""
        untouched = wanted == tuple(headers) and self._without is None and not preface
        if status == 0 or 300 <= status < 400 or untouched or too_large:
            if too_large:
                self.failed.append(url)
            await self._session.send("Fetch.continueRequest", {"requestId": request_id})
            return
        answer = await self._session.send("Fetch.getResponseBody", {"requestId": request_id})
        raw = text(answer, "body")
        body = base64.b64decode(raw) if answer.get("base64Encoded") is True else raw.encode("utf-8")
        if preface:
            # It goes into the first line, so that line numbers stay the same.
            strict = body.lstrip().startswith((b"'use strict'", b'"use strict"'))
            body = (b"'use strict';" if strict else b"") + preface.encode() + body
        kept = tuple((name, value) for name, value in wanted if name.lower() not in _OF_THE_OLD_BODY)
        await self._fulfil(request_id, status, kept, body)

    def _changed(self, headers: list[tuple[str, str]], url: str) -> Iterable[tuple[str, str]]:
        """The headers that the browser is to see."""
        dropped = {ENFORCED} if self._strip else set()
        added: list[tuple[str, str]] = []
        without = self._without or frozenset()
        if self._candidate is not None:
            dropped = {ENFORCED, REPORT_ONLY}
            there = {name.lower() for name, _ in headers}
            for header in self._candidate.headers:
                if header.name in NOT_OBSERVABLE and header.name not in COMPARED:
                    continue
                if header.action == "keep" and header.name in there:
                    continue
                dropped.add(header.name)
                if header.action != "remove" and header.name not in without:
                    added.append((header.name, header.value))
            name = ENFORCED if self._candidate.enforced else REPORT_ONLY
            added.append((name, injected(self._candidate.csp, origin_of(url))))
        gone = dropped | without
        yield from ((name, value) for name, value in headers if name.lower() not in gone)
        yield from added

    async def _fulfil(
        self, request_id: str, status: int, headers: Iterable[tuple[str, str]], body: bytes
    ) -> None:
        await self._session.send(
            "Fetch.fulfillRequest",
            {
                "requestId": request_id,
                "responseCode": status,
                "responseHeaders": [{"name": name, "value": value} for name, value in headers],
                "body": base64.b64encode(body).decode("ascii"),
            },
        )


def _is_worker_s(event: Json) -> bool:
    """Whether an answer is a valid script of a dedicated or shared worker."""
    headers = {name.lower(): value for name, value in part(event, "request", "headers").items()}
    types = [text(header, "value") for header in items(event, "responseHeaders")
             if text(header, "name").lower() == "content-type"]  # fmt: skip
    return (
        text(event, "resourceType") == "Other"
        and number(event, "responseStatusCode") == 200
        and _TARGET.fullmatch(text(event, "networkId")) is not None
        and headers.get("service-worker") != "script"
        and any("javascript" in content_type.lower() for content_type in types)
    )


def _body_of(event: Json) -> str:
    sent = text(event, "request", "postData")
    if sent:
        return sent
    parts = items(event, "request", "postDataEntries")
    return b"".join(base64.b64decode(text(part, "bytes")) for part in parts).decode("utf-8", "replace")
