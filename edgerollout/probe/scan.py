"""Reads a site as a scanner does: the page over HTTPS, the redirects from http://, cookies, CORS."""

from __future__ import annotations

import contextlib
import queue
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit, urlunsplit

from edgerollout.errors import UsageError
from edgerollout.net.answer import NoAnswer, PrivateAddress
from edgerollout.net.network import Network
from edgerollout.net.public import is_loopback_host
from edgerollout.policy.grade.observation import (
    CorsAnswer,
    Observation,
    ObservedResponse,
    SentCookie,
    host_of,
)
from edgerollout.probe.scan_fetch import Asking, body_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgerollout.clock import Clock
    from edgerollout.net.answer import HttpAnswer

MOST_REDIRECTS = 10
ORIGIN = "https://edgerollout.invalid"
"""The Origin that tests whether a site allows any origin: nobody can own it (RFC 6761 §6.4)."""


_REDIRECTS = frozenset({301, 302, 303, 307, 308})


def as_scanned(network: Network) -> Network:
    """The network of a scan: as with curl, DNS is asked if no address was given."""
    return replace(network, other_ports=True, body=10.0)


@dataclass(frozen=True)
class UngradedUrl:
    """A URL without anything to grade, and why; `status`: the answer of `final_url`, if any."""

    url: str
    why: str
    hint: str | None = None
    final_url: str | None = None
    status: int | None = None


@dataclass(frozen=True)
class SiteReach:
    """How sites are reached: see `Asking`."""

    clock: Clock
    network: Network = field(default_factory=lambda: as_scanned(Network()))
    allow_private: bool = False
    preloaded: frozenset[str] = frozenset()


@dataclass
class _Walk:
    """A chain of redirects: its answers, and why it ended without a page."""

    answers: list[HttpAnswer] = field(default_factory=list)
    failed: NoAnswer | None = None
    failed_at: str = ""
    endless: bool = False

    @property
    def route(self) -> tuple[str, ...]:
        """Every URL of the chain; one that did not answer counts if another one led to it."""
        urls = tuple(answer.url for answer in self.answers)
        return (*urls, self.failed_at) if urls and self.failed_at else urls

    @property
    def verified(self) -> bool:
        return all(answer.verified for answer in self.answers)

    @property
    def page(self) -> HttpAnswer | None:
        """The last answer, if the chain did not break and has an end."""
        return None if not self.answers or self.failed is not None or self.endless else self.answers[-1]


def complete_url(given: str) -> str:
    """The URL that is meant: `example.com` is https://example.com/. Raises UsageError for anything else."""
    url = given if "://" in given else f"https://{given}"
    try:
        parts = urlsplit(url)
        valid = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
        valid = valid and parts.port != 0 and url.isprintable() and " " not in url
    except ValueError:
        valid = False
    if not valid:
        raise UsageError(
            f"{given!r} cannot be scanned", why="only http:// and https:// URLs with a host can be asked"
        )
    return urlunsplit((parts.scheme.lower(), parts.netloc, parts.path or "/", parts.query, ""))


def look(url: str, reach: SiteReach) -> Observation | UngradedUrl:
    """Look at one URL, in the form of `complete_url`. Failures of the site are values."""
    host = (urlsplit(url).hostname or "").lower()
    fetcher = Asking(
        reach.network,
        reach.clock,
        allow_private=reach.allow_private,
        own_host=host if is_loopback_host(host) else "",
    )
    secure_url, plain_url = _both(url)
    secure = _follow(fetcher, secure_url)
    plain = _follow(fetcher, plain_url)
    walk = secure if secure.answers else plain
    page = walk.page
    if page is None or page.status is None:
        return _unseen(url, secure if secure_url == url else plain, secure, plain)
    body = body_of(page)
    response = ObservedResponse(page.url, page.status, page.headers, body.text, body.unread)
    if response.no_page is not None:
        return UngradedUrl(url, response.no_page, None, response.url, response.status)
    cookies, cors = _extras(fetcher, page, walk)
    return Observation(
        url=url,
        page=response,
        secure=bool(secure.answers),
        verified=secure.verified,
        http_route=plain.route,
        http_verified=plain.verified,
        cookies=cookies,
        cors=cors,
        preloaded=reach.preloaded,
        warnings=tuple(_warnings(url, page, response, secure, plain)),
    )


def look_at_all(urls: Sequence[str], reach: SiteReach, *, at_once: int) -> list[Observation | UngradedUrl]:
    """Look at several URLs, `at_once` at a time; results in the order given.

    The threads are daemons: after Ctrl-C nothing waits for a silent site, as a pool would.
    """
    waiting: queue.SimpleQueue[tuple[str, Future[Observation | UngradedUrl]]] = queue.SimpleQueue()
    futures = [Future[Observation | UngradedUrl]() for _ in urls]
    for pair in zip(urls, futures, strict=True):
        waiting.put(pair)

    def work() -> None:
        while True:
            try:
                url, future = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                future.set_result(look(url, reach))
            except BaseException as error:  # raised again where the result is waited for
                future.set_exception(error)

    for _ in range(min(at_once, len(urls))):
        threading.Thread(target=work, daemon=True).start()
    return [future.result() for future in futures]


def _both(url: str) -> tuple[str | None, str | None]:
    """The URL with https:// and with http://; only as given if it has a port."""
    parts = urlsplit(url)
    if parts.port is not None:
        return (url, None) if parts.scheme == "https" else (None, url)
    rest = url.partition("://")[2]
    return f"https://{rest}", f"http://{rest}"


def _follow(fetcher: Asking, url: str | None) -> _Walk:
    walk = _Walk()
    while url is not None:
        try:
            answer = fetcher.ask(url)
        except NoAnswer as error:
            walk.failed, walk.failed_at = error, url
            return walk
        walk.answers.append(answer)
        location = next(iter(answer.values("location")), None)
        if answer.status not in _REDIRECTS or location is None:
            return walk
        if len(walk.answers) > MOST_REDIRECTS:
            walk.endless = True
            return walk
        url = _joined(url, location)
    return walk


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location).partition("#")[0]
    except ValueError:
        return location


def _extras(
    fetcher: Asking, page: HttpAnswer, walk: _Walk
) -> tuple[tuple[SentCookie, ...], CorsAnswer | None]:
    """Every cookie, also of /robots.txt, and the answer to a CORS request; failures are left out."""
    answers = list(walk.answers)
    with contextlib.suppress(NoAnswer):  # what does not answer sets no cookie either
        answers.append(fetcher.ask(urljoin(page.url, "/robots.txt")))
    cookies = tuple(
        SentCookie(host_of(answer.url), value) for answer in answers for value in answer.values("set-cookie")
    )
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}
    try:
        answer = fetcher.ask(page.url, "OPTIONS", asked)
    except NoAnswer:
        return cookies, None
    allowed = ", ".join(answer.values("access-control-allow-origin")) or None
    credentials = next(iter(answer.values("access-control-allow-credentials")), None)
    return cookies, CorsAnswer(ORIGIN, allowed, credentials)


def _warnings(
    url: str, page: HttpAnswer, response: ObservedResponse, secure: _Walk, plain: _Walk
) -> list[str]:
    found = list(page.odd)
    if not 200 <= response.status < 300:
        found.append(
            f"the answer is {page.status}: perhaps a firewall's or an error page, not what visitors see"
        )
    if plain.endless:
        found.append(f"the redirects of http:// do not end: {MOST_REDIRECTS} were followed")
    if response.is_html and response.unread is not None:
        found.append(
            f"the page is not completely known ({response.unread}): some of its scripts and <meta> policies"
            " may be missing here"
        )
    if not secure.verified or not plain.verified:
        found.append("a certificate was not accepted; the headers were read anyway")
    if not secure.answers and secure.failed is not None:
        found.append(f"https:// does not answer: {secure.failed}")
    if isinstance(plain.failed, PrivateAddress):
        found.append(f"http:// was not followed: {plain.failed} (--allow-private asks it anyway)")
    if urlsplit(url).port is not None:
        other = "http://" if urlsplit(url).scheme == "https" else "https://"
        found.append(f"{other} was not asked: the URL names a port")
    return found


def _unseen(url: str, meant: _Walk, *walks: _Walk) -> UngradedUrl:
    failed = next((walk for walk in (meant, *walks) if walk.failed is not None or walk.endless), meant)
    if failed.endless:
        return UngradedUrl(
            url, f"the redirects do not end: {MOST_REDIRECTS} were followed", "A browser shows an error too."
        )
    why = str(failed.failed)
    if failed.failed_at and failed.failed_at != url:
        why = f"{failed.failed_at}: {why}"
    if isinstance(failed.failed, PrivateAddress):
        return UngradedUrl(url, why, "--allow-private scans it anyway")
    return UngradedUrl(url, why)
