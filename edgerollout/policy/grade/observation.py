"""What was seen of a site: live, in a file of headers, or in a HAR."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edgerollout.policy.grade.html import HtmlPage, read_page

if TYPE_CHECKING:
    from collections.abc import Iterable

HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})


@dataclass(frozen=True)
class ObservedResponse:
    """A response. `headers`: (lower-case name, value), repeats kept in order; `body` is text, or empty.

    `unread` says why the body is not completely known, although it was requested.
    """

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: str = ""
    unread: str | None = None

    def values(self, name: str) -> tuple[str, ...]:
        """Every value sent for a header, in order."""
        return tuple(value for key, value in self.headers if key == name)

    def joined(self, name: str) -> str | None:
        """A header's values joined, as most programs read repeated headers (RFC 9110 §5.3); None if not
        sent."""
        values = self.values(name)
        return ", ".join(values) if values else None

    @property
    def no_page(self) -> str | None:
        """Why there is nothing to grade: the answer is not a page of the site. None if it is one.

        As with Observatory, a refusal (401, 403) is graded and every other error is not. An answer that
        has nothing to show (204, 304, a redirect that was not followed) has no grade either.
        """
        match self.status:
            case 401 | 403:
                return None
            case status if status >= 400:
                return f"the answer is {status}: an error, not the page"
            case status if status in (204, 205, 304) or status < 200:
                return f"the answer is {status}: it comes without a page"
            case status if status >= 300:
                return f"the answer is {status}: a redirect, not the page"
            case _:
                return None

    @property
    def is_html(self) -> bool:
        return (self.joined("content-type") or "").partition(";")[0].strip().lower() in HTML_TYPES

    @cached_property
    def page(self) -> HtmlPage:
        """The <meta> and <script> elements of the HTML; an empty page for anything but HTML."""
        return read_page(self.body) if self.is_html else HtmlPage()

    def with_headers(self, headers: Iterable[tuple[str, str]]) -> ObservedResponse:
        """The same answer with other headers."""
        return replace(self, headers=tuple((name.lower(), value) for name, value in headers))


@dataclass(frozen=True)
class SentCookie:
    """A Set-Cookie value and the host that sent it, in lower case."""

    host: str
    value: str


@dataclass(frozen=True)
class CorsAnswer:
    """The response to an OPTIONS request with the header `Origin: origin`."""

    origin: str
    allow_origin: str | None
    allow_credentials: str | None


@dataclass(frozen=True)
class Observation:
    """What was seen of a URL.

    `page` is the response at the end of the redirects, over HTTPS if HTTPS answers (`secure`). `http_route`
    has every URL on the way from http://, with the first; it is empty if nothing answers there. `cookies`:
    every Set-Cookie on the way, /robots.txt included. `preloaded`: hosts that are known to be on the
    browsers' HSTS preload list. `assumed` and `warnings` are sentences for people.
    """

    url: str
    page: ObservedResponse
    secure: bool
    verified: bool = True
    """The certificates on the way to the page were valid for their hosts."""
    http_route: tuple[str, ...] = ()
    http_verified: bool = True
    cookies: tuple[SentCookie, ...] = ()
    cors: CorsAnswer | None = None
    preloaded: frozenset[str] = frozenset()
    assumed: tuple[str, ...] = field(default=())
    warnings: tuple[str, ...] = field(default=())

    @property
    def host(self) -> str:
        return host_of(self.url)

    def with_headers(self, headers: Iterable[tuple[str, str]]) -> Observation:
        """The same site sending other headers with its page; the cookies are those that were seen."""
        return replace(self, page=self.page.with_headers(headers))

    def is_preloaded(self, host: str) -> bool:
        """Whether the host is known to be on the preload list, itself or a parent domain."""
        labels = host.split(".")
        return any(".".join(labels[start:]) in self.preloaded for start in range(len(labels)))


def host_of(url: str) -> str:
    """The host of a URL in lower case; empty if there is none, or it cannot be read."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def assumed_site(
    url: str, headers: Iterable[tuple[str, str]], *, status: int = 200, body: str = ""
) -> Observation:
    """A site known by its headers alone: what they do not tell is assumed to be fine.

    An https:// URL is assumed to have a valid certificate and a redirect from http:// to it.
    """
    pairs = tuple((name.lower(), value) for name, value in headers)
    page = ObservedResponse(url, status, pairs, body)
    cookies = tuple(SentCookie(host_of(url), value) for value in page.values("set-cookie"))
    told = ["cookies of /robots.txt and the answer to a CORS request are not known"]
    if page.is_html and not body:
        told.append("the page itself is not known: none of its scripts and <meta> elements count")
    if not url.lower().startswith("https:"):
        told.insert(0, "nothing is known of https://")
        return Observation(url, page, secure=False, http_route=(url,), cookies=cookies, assumed=tuple(told))
    told.insert(0, "a valid certificate and a redirect from http:// to https:// are assumed")
    plain = "http:" + url[len("https:") :]
    return Observation(url, page, secure=True, http_route=(plain, url), cookies=cookies, assumed=tuple(told))
