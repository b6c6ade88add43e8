"""Asks a URL for every kind of response: a miss, a hit, a 304, a redirect, a 404, a HEAD.

CloudFront's `x-cache` and the status decide which kind an answer is. A kind that did not come is reported
with the reason.
"""

from __future__ import annotations

import concurrent.futures
import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from edgerollout.probe.targets import LeftOut

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from edgerollout.net.answer import HttpAnswer
    from edgerollout.probe.targets import Site, Target

AT_ONCE = 8
"""URLs to ask at the same time."""

_TRIES = 3
"""Requests for one URL until its answer should be cached: a POP has more than one cache."""


_LINKS = 6
"""Further pages of a behavior to ask, for a redirect and a miss."""


class AnswerKind(enum.StrEnum):
    """The kind of a response."""

    MISS = "miss"
    HIT = "hit"
    NOT_MODIFIED = "304"
    REDIRECT = "redirect"
    NOT_FOUND = "404"
    """An error page, with any status: S3 answers 403 for a missing file, a single-page app 200."""
    HEAD = "head"
    HTTPS_REDIRECT = "https-redirect"
    """CloudFront's own redirect from http to https."""
    ERROR = "error"
    """No answer, or a status of 500 or more."""


@dataclass(frozen=True)
class SurveyAnswer:
    """An answer for a target. `probed.url` is the requested URL, which may be different from the target's."""

    target: Target
    kind: AnswerKind
    probed: HttpAnswer


class Asks(Protocol):
    """The part of a probe that a survey needs."""

    def ask(
        self, url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None
    ) -> HttpAnswer: ...


@dataclass(frozen=True)
class Surveyed:
    """The result for one target."""

    answers: tuple[SurveyAnswer, ...]
    left_out: tuple[LeftOut, ...]


def survey(
    probe: Asks,
    site: Site,
    targets: Iterable[Target],
    token: str,
    *,
    links: Iterable[str] = (),
    asked: Mapping[str, HttpAnswer] | None = None,
) -> dict[Target, Surveyed]:
    """Ask every target, several at a time; `token` is a name that no page of the site has.

    `links` are further URLs of the site. `asked` are URLs that were asked
    for the first time a moment ago, with their answers: now they would come from the cache.
    """
    every, further, known = tuple(targets), tuple(links), asked or {}

    def visit(target: Target) -> Surveyed:
        here = [link for link in further if site.place_of(link) == target.place and link != target.url]
        return _Visitor(probe, site, target, token, here[:_LINKS]).visit(known.get(target.url))

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE, thread_name_prefix="survey") as pool:
        return dict(zip(every, pool.map(visit, every), strict=True))


class _Visitor:
    def __init__(self, probe: Asks, site: Site, target: Target, token: str, links: list[str]) -> None:
        self._probe = probe
        self._site = site
        self._target = target
        self._token = token
        self._links = links
        self._answers: list[SurveyAnswer] = []
        self._left_out: list[LeftOut] = []

    def visit(self, asked: HttpAnswer | None) -> Surveyed:
        first = asked or self._get(self._target.url)
        kind = kind_of(first)
        self._answer(kind, first)
        if first.status is not None and kind is not AnswerKind.HTTPS_REDIRECT:
            match kind:
                case AnswerKind.MISS | AnswerKind.HIT:
                    self._other_of_miss_and_hit(kind, first)
                    self._not_modified(first)
                    self._elsewhere()
                    self._not_found()
                case AnswerKind.NOT_FOUND | AnswerKind.ERROR:
                    self._leave_out(
                        "the page answers with an error",
                        AnswerKind.MISS,
                        AnswerKind.HIT,
                        AnswerKind.NOT_MODIFIED,
                    )
                case _:
                    self._not_found()
            self._answer(AnswerKind.HEAD, self._get(self._target.url, method="HEAD"))
            self._https_redirect()
        return Surveyed(tuple(self._answers), tuple(self._left_out))

    def _other_of_miss_and_hit(self, kind: AnswerKind, first: HttpAnswer) -> None:
        if kind is AnswerKind.HIT:
            fresh = self._get(_with_query(self._target.url, self._token))
            if kind_of(fresh) is AnswerKind.MISS:
                self._answer(AnswerKind.MISS, fresh)
            return
        for _ in range(_TRIES - 1):
            again = self._get(self._target.url)
            if kind_of(again) is AnswerKind.HIT:
                self._answer(AnswerKind.HIT, again)
                return
        why = f"asked {_TRIES} times, it never came from the cache ({first.cache or 'no x-cache'})"
        self._leave_out(why, AnswerKind.HIT)

    def _not_modified(self, first: HttpAnswer) -> None:
        validators = {
            name: value
            for name, header in (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified"))
            if (value := next(iter(first.values(header)), None)) is not None
        }
        if not validators:
            self._leave_out("it has neither ETag nor Last-Modified", AnswerKind.NOT_MODIFIED)
            return
        found = self._get(self._target.url, headers=validators)
        if found.status == 304:
            self._answer(AnswerKind.NOT_MODIFIED, found)
        else:
            words = found.error or f"status {found.status}"
            self._leave_out(f"a conditional request is answered with {words}", AnswerKind.NOT_MODIFIED)

    def _elsewhere(self) -> None:
        """Other pages of the behavior: one may redirect, or not be cached yet."""
        parts = urlsplit(self._target.url)
        candidates = [*self._links]
        if parts.path.endswith("/") and parts.path != "/":
            candidates.append(parts._replace(path=parts.path.rstrip("/"), query="").geturl())
        wanted = {AnswerKind.REDIRECT, AnswerKind.MISS} - {answer.kind for answer in self._answers}
        for url in candidates:
            if not wanted or self._site.place_of(url) != self._target.place:
                continue
            found = self._get(url)
            if (kind := kind_of(found)) in wanted:
                self._answer(kind, found)
                wanted.remove(kind)
        if AnswerKind.MISS in wanted:
            self._leave_out(
                "the known pages here are cached, and a query string does not change that", AnswerKind.MISS
            )
        if AnswerKind.REDIRECT in wanted:
            self._leave_out("no address here is known to redirect", AnswerKind.REDIRECT)

    def _not_found(self) -> None:
        url = self._site.sibling(self._target, f"{self._token}-none")
        if url is None:
            self._leave_out("the behavior's pattern leaves no room for another path", AnswerKind.NOT_FOUND)
            return
        self._answer(AnswerKind.NOT_FOUND, self._get(url))

    def _https_redirect(self) -> None:
        parts = urlsplit(self._target.url)
        if parts.scheme != "https" or parts.port not in (None, 443):
            return
        found = self._get(parts._replace(scheme="http", netloc=parts.hostname or "").geturl())
        if found.by_cloudfront:
            self._answer(AnswerKind.HTTPS_REDIRECT, found)
        else:
            words = found.error or f"http is answered with status {found.status}"
            self._leave_out(words, AnswerKind.HTTPS_REDIRECT)

    def _get(self, url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None) -> HttpAnswer:
        return self._probe.ask(url, method=method, headers=headers)

    def _answer(self, kind: AnswerKind, probed: HttpAnswer) -> None:
        self._answers.append(SurveyAnswer(self._target, kind, probed))

    def _leave_out(self, why: str, *kinds: AnswerKind) -> None:
        self._left_out += [LeftOut(self._target.url, self._target.place, kind, why) for kind in kinds]


def kind_of(probed: HttpAnswer) -> AnswerKind:
    """The kind of an answer to a plain GET. Without `x-cache` it is a miss."""
    if probed.status is None or probed.status >= 500:
        return AnswerKind.ERROR
    if probed.by_cloudfront:
        return AnswerKind.HTTPS_REDIRECT
    if probed.status == 304:
        return AnswerKind.NOT_MODIFIED
    if 300 <= probed.status < 400:
        return AnswerKind.REDIRECT
    if probed.status >= 400:
        return AnswerKind.NOT_FOUND
    return AnswerKind.HIT if (probed.cache or "").startswith(("Hit", "RefreshHit")) else AnswerKind.MISS


def first_look(probe: Asks, urls: Iterable[str]) -> dict[str, HttpAnswer]:
    """The answers of the URLs, each with the beginning of its body."""
    every = tuple(urls)
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE, thread_name_prefix="pages") as pool:
        return dict(zip(every, pool.map(probe.ask, every), strict=True))


def _with_query(url: str, token: str) -> str:
    parts = urlsplit(url)
    query = f"{parts.query}&{token}" if parts.query else token
    return parts._replace(query=query).geturl()
