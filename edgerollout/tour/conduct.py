"""What went wrong and what worked in one load of a page, in words that are the same in every load."""

from __future__ import annotations

import asyncio
import functools
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from edgerollout.tour.cause import without_query, words_without_queries
from edgerollout.tour.origin import origin_of
from edgerollout.tour.protocol import Json, part, text, texts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from playwright.async_api import Frame, Page

    from edgerollout.tour.model import PageRequest

_ANSWER_SECONDS = 2.0
_MOST_FRAMES = 20
_LONGEST = 300

_UNTOLD = frozenset({"ping", "cspviolationreport", "prefetch", "websocket", "eventsource", "preflight"})
"""Kinds of requests whose end a load does not wait for."""

_GIVEN_UP = frozenset({"net::ERR_ABORTED", "csp"})
"""Failures that the page or the tour itself caused, and those by the policy, which are reported as
violations.
"""

HEADER_OF = {
    "integrity-violation": "integrity-policy",
    "permissions-policy-violation": "permissions-policy",
    "potential-permissions-policy-violation": "permissions-policy",
    "coep": "cross-origin-embedder-policy",
    "coop": "cross-origin-opener-policy",
    "document-policy-violation": "document-policy",
}
"""The type of a browser's report about a header other than the CSP → that header."""

_SAID_BY = ("featureId", "policyId", "blockedURL", "destination", "message")


@dataclass(frozen=True, order=True)
class RequestedFile:
    """A file that a page asked for: as what (`image`), and where, without its query."""

    destination: str
    url: str

    def __str__(self) -> str:
        return f"{self.destination} {self.url}"


@dataclass(frozen=True)
class Happening:
    """What went wrong or worked: `said` of a file, or of the page where `file` is None."""

    said: str
    file: RequestedFile | None = None

    def __str__(self) -> str:
        return self.said if self.file is None else f"{self.file} {self.said}"


@dataclass(frozen=True)
class Conduct:
    """One load. `troubles` are what went wrong, `worked` what worked. Another load of the same page with the
    same result has the same happenings.
    """

    troubles: frozenset[Happening] = frozenset()
    worked: frozenset[Happening] = frozenset()


def of_requests(requests: Iterable[PageRequest]) -> Conduct:
    """How the requests of a load ended."""
    troubles: set[Happening] = set()
    worked: set[Happening] = set()
    for request in requests:
        if request.destination in _UNTOLD or not request.chain[0].startswith("http"):
            continue
        file = RequestedFile(request.destination, without_query(request.chain[0]))
        if request.failure and request.failure not in _GIVEN_UP:
            troubles.add(Happening(f"failed: {request.failure}", file))
        elif (request.status or 0) >= 400:
            troubles.add(Happening(f"was answered with {request.status}", file))
        elif request.status is not None and not request.failure:
            worked.add(Happening("was loaded", file))
    return Conduct(frozenset(troubles), frozenset(worked))


def said_by_report(report: Json) -> str:
    """The text of a report to the page, "" for one that is not about such a header."""
    kind, body = text(report, "type"), part(report, "body")
    if kind not in HEADER_OF:
        return ""
    words = (text(body, name) for name in _SAID_BY)
    told = ", ".join(dict.fromkeys(words_without_queries(word) for word in words if word))
    return f"{kind} report: {told}"[:_LONGEST]


def said_by_console(entry: Json) -> str:
    """The browser's own warning or error on the console, "" for anything else."""
    if text(entry, "level") not in {"warning", "error"} and text(entry, "source") != "security":
        return ""
    said = text(entry, "text")
    # Failed requests come from the network, violations of the CSP from their own channels.
    if "Content Security Policy" in said or said.startswith("Failed to load resource"):
        return ""
    where = without_query(text(entry, "url"))
    return f"console: {words_without_queries(said)}{f' ({where})' if where else ''}"[:_LONGEST]


async def ask(page: Page, own_origins: Collection[str], name: str) -> frozenset[Happening]:
    """What works in the site's own documents: what they show, know and reach. `name` is the function in the
    page that returns their state.
    """
    frames = [frame for frame in page.frames[:_MOST_FRAMES] if origin_of(frame.url) in own_origins]
    answers = await asyncio.gather(*(_ask(frame, name) for frame in frames))
    found: set[Happening] = set()
    for frame, answer in zip(frames, answers, strict=True):
        whose = "" if frame == page.main_frame else f"in the frame {without_query(frame.url)}: "
        said = (f"{whose}{words_without_queries(text)}"[:_LONGEST] for text in texts(answer, "worked"))
        found.update(map(Happening, said))
    return frozenset(found)


async def _ask(frame: Frame, name: str) -> Mapping[str, object]:
    from playwright.async_api import Error

    try:
        told = await asyncio.wait_for(frame.evaluate(_script().replace("__NAME__", name)), _ANSWER_SECONDS)
    except (Error, TimeoutError):
        return {}
    return told if isinstance(told, dict) else {}


@functools.cache
def _script() -> str:
    return resources.files("edgerollout.tour").joinpath("conduct.js").read_text(encoding="utf-8")
