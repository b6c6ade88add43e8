"""Which pages to tour: those given, those of the sitemap, those that pages of the same origin link to."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urljoin, urlsplit, urlunsplit

from edgerollout.advice import CommandLine, advise
from edgerollout.errors import UsageError
from edgerollout.tour.origin import origin_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_NO_PAGES = frozenset(
    {
        "7z", "avi", "bin", "bmp", "css", "csv", "deb", "dmg", "doc", "docx", "eot", "exe", "gif", "gz",
        "ico", "ics", "iso", "jar", "jpeg", "jpg", "js", "json", "map", "mjs", "mov", "mp3", "mp4", "msi",
        "ods", "odt", "ogg", "otf", "pdf", "pkg", "png", "ppt", "pptx", "rar", "rss", "svg", "tar", "tgz",
        "tif", "tiff", "ttf", "txt", "wasm", "wav", "webm", "webmanifest", "webp", "woff", "woff2", "xls",
        "xlsx", "xml", "zip",
    }
)  # fmt: skip

_LEAVING = re.compile(r"(?:log|sign)[-_]?(?:out|off)|/delete|/unsubscribe", re.IGNORECASE)
"""Links that a logged-in visitor should not follow."""

_LOC = re.compile(r"<loc>\s*(?:<!\[CDATA\[)?\s*([^<\]]+?)\s*(?:\]\]>)?\s*</loc>", re.IGNORECASE)
_SITEMAP_LINE = re.compile(r"^\s*sitemap:\s*(\S+)", re.IGNORECASE | re.MULTILINE)

WHOLE_URLS = "Give complete URLs: https://www.example.com/"
"""The advice for a page that is not a URL."""

_MOST_SITEMAPS = 5
_MOST_LINKS = 10_000


class Fetch(Protocol):
    """Gets one text; "" for what does not exist."""

    def __call__(self, url: str) -> str: ...


def normalised(url: str) -> str:
    """A page's URL in one spelling: host in lower case, a path, no default port, no fragment but a route's.

    Raises UsageError for text that is not an http or https URL.
    """
    try:
        parts = urlsplit(url.strip())
        origin = origin_of(url.strip())
    except ValueError:
        origin = ""
    if not origin or parts.scheme not in {"http", "https"}:
        raise UsageError(f"{url!r} is not a page", hint=WHOLE_URLS)
    # Some single-page apps have their routes after the #; any other fragment is a place in a page.
    fragment = parts.fragment if parts.fragment.startswith(("/", "!")) else ""
    scheme, _, authority = origin.partition("://")
    return urlunsplit((scheme, authority, parts.path or "/", parts.query, fragment))


class Itinerary:
    """The pages in the order of the tour; it grows while pages are visited, up to `most` pages together.

    It has every requested page, also more than `most`. From found pages it takes one for each path: URLs that
    differ only in the query count as the same page.
    """

    def __init__(
        self, asked: Iterable[str], *, most: int, origins: Iterable[str] = (), private: bool
    ) -> None:
        """Raises UsageError for a URL that is not a page, or where no page is requested."""
        self.asked = tuple(dict.fromkeys(normalised(url) for url in asked))
        if not self.asked:
            raise UsageError(
                "no page to tour was given",
                hint=advise(
                    "Name pages: ",
                    CommandLine("tour", None, "https://www.example.com/"),
                    " or urls in edgerollout.toml",
                ),
            )
        self._most = most
        self._private = private
        self.pages: list[str] = list(self.asked)
        self.left_out = 0
        """How many found pages were left out because of the limit."""
        self.origins = frozenset(
            {*(origin_of(url) for url in self.asked), *(origin_of(origin) for origin in origins)}
        )
        self._known = {_path_of(url) for url in self.asked}

    def found(self, links: Iterable[str], base: str) -> None:
        """Add links that are pages of the app, and not known yet."""
        for link in links:
            page = self._page(link, base)
            if page is None or _path_of(page) in self._known:
                continue
            if len(self._known) >= _MOST_LINKS:
                return
            self._known.add(_path_of(page))
            if len(self.pages) >= self._most:
                self.left_out += 1
            else:
                self.pages.append(page)

    def _page(self, link: str, base: str) -> str | None:
        try:
            page = normalised(urljoin(base, link))
        except (UsageError, ValueError):
            return None
        if origin_of(page) not in self.origins:
            return None
        name = urlsplit(page).path.rpartition("/")[2]
        if "." in name and name.rpartition(".")[2].lower() in _NO_PAGES:
            return None
        if self._private and _LEAVING.search(page):
            return None
        return page


def _path_of(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "", parts.fragment))


def sitemap_pages(origin: str, fetch: Fetch) -> Iterator[str]:
    """The URLs in a site's sitemaps: those that robots.txt names, else /sitemap.xml, and those that they
    list.

    Only <loc> is read: dates and priorities do not matter, and an incomplete sitemap is read as far as it
    goes.
    """
    named = _SITEMAP_LINE.findall(fetch(f"{origin}/robots.txt"))
    waiting = [urljoin(origin, place) for place in named] or [f"{origin}/sitemap.xml"]
    asked: set[str] = set()
    while waiting and len(asked) < _MOST_SITEMAPS:
        url = waiting.pop(0)
        if url in asked or origin_of(url) != origin:
            continue
        asked.add(url)
        content = fetch(url)
        found = [html.unescape(location) for location in _LOC.findall(content)]
        if "<sitemapindex" in content:
            waiting += found
        else:
            yield from found
