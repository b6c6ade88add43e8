"""A cause: one thing that a policy blocks, however many channels, loads and pages reported it."""

from __future__ import annotations

import base64
import functools
import hashlib
import html.parser
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, assert_never
from urllib.parse import urlsplit, urlunsplit

from edgerollout.policy.csp import REPORTING, UNOBSERVABLE, Csp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgerollout.release.facts.evidence import Disposition
    from edgerollout.tour.model import Record

CodeKind = Literal["eval", "wasm"]
"""Kinds of code that a keyword allows."""

ViolationKind = Literal["url", "inline", "attribute", "javascript-url", "trusted-types"] | CodeKind
"""What was blocked: a request, an inline element, an on… or style attribute, a javascript: URL, code made
from a string, WebAssembly, or a text that Trusted Types refuse.
"""

HASHABLE = frozenset({"inline", "attribute", "javascript-url"})
"""Kinds that a hash can allow."""

ALLOWING: Mapping[CodeKind, tuple[str, ...]] = {
    "eval": ("'unsafe-eval'",),
    "wasm": ("'wasm-unsafe-eval'", "'unsafe-eval'"),
}
"""The keywords that allow such code."""

UNKNOWN_TARGET = "somewhere else"
"""Stands for the target of a redirect when nobody saw it."""

_URLS = re.compile(r"[a-z][a-z0-9+.-]*://[^\s\"'<>]+", re.IGNORECASE)

_REMEMBERED = 4096
"""How many parsed URLs are cached: reports name the same few URLs again and again."""

_HASH = re.compile(r"sha(?:256|384|512)-[A-Za-z0-9+/_-]+={0,2}")
_SAMPLE = 40
"""The most characters of a sample: a shorter one is the whole text (CSP3 §2.4.1)."""

_TRUSTED_TYPES = frozenset({"require-trusted-types-for", "trusted-types"})
# Old Firefoxes report inline code as "self", old Safaris as nothing.
_WORDS: dict[str, ViolationKind] = {
    "inline": "inline",
    "self": "inline",
    "": "inline",
    "eval": "eval",
    "wasm-eval": "wasm",
}
_REPORT_SAMPLE = "'report-sample'"


@dataclass(frozen=True)
class Spot:
    """The place in a page's code that caused something; `line` and `column` count from 1, 0: unknown."""

    source: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}" if self.line else self.source


@dataclass(frozen=True)
class Cause:
    """One thing a policy blocks in documents of one origin.

    `directive` is the effective one. `blocked` is a URL without query and fragment, a bare scheme (`data:`),
    or a word such as `inline`; `target` is the target of its redirect when that is forbidden,
    `UNKNOWN_TARGET` when nobody saw it. `origin` is what 'self' means there, `sightings` are the pages, each
    with how often it showed the cause in one load; `loads` are the loads that did. `hash` is a source without
    quotes, "" where the kind has none or it is unknown. `unstable`: its text differed in the other load.
    `confirmed` is false when only the page's own events reported it, which a page can forge. `policy` is the
    text of the violated policy, "" where no channel reported it.
    """

    directive: str
    kind: ViolationKind
    blocked: str
    disposition: Disposition
    origin: str
    sightings: tuple[tuple[str, int], ...]
    target: str = ""
    hash: str = ""
    sample: str = ""
    element: str = ""
    attribute: tuple[str, str] | None = None
    spots: tuple[Spot, ...] = ()
    documents: tuple[str, ...] = ()
    loads: frozenset[int] = frozenset({1})
    unstable: bool = False
    confirmed: bool = True
    policy: str = ""
    code: str = ""
    """The start of its text, as the page has it; "" where that is unknown."""
    marks: tuple[str, ...] = ()
    """The elements that it is about, by the names of their places in a visit."""

    @property
    def count(self) -> int:
        """How often it was seen, counting one load of each page."""
        return sum(count for _, count in self.sightings)

    @property
    def pages(self) -> tuple[str, ...]:
        return tuple(page for page, _ in self.sightings)

    @property
    def urls(self) -> tuple[tuple[str, bool], ...]:
        """The URLs that a policy must allow, each with whether a redirect led to it."""
        if self.kind != "url":
            return ()
        if not self.target:
            return ((self.blocked, False),)
        return ((self.blocked, False), (self.target, True))

    @property
    def name(self) -> str:
        """A word or two for what was blocked, or its URL."""
        match self.kind:
            case "url":
                return self.target or self.blocked
            case "inline":
                return "inline style" if self.directive.startswith("style") else "inline script"
            case "attribute":
                return f"{self.attribute[0]} attribute" if self.attribute else "inline attribute"
            case "javascript-url":
                return "javascript: URL"
            case "eval":
                return "eval"
            case "wasm":
                return "WebAssembly"
            case "trusted-types":
                return self.sample.partition("|")[0] or self.directive
            case _:
                assert_never(self.kind)


def kind_of(record: Record) -> ViolationKind:
    """The kind of a record, as far as its channel knows it."""
    if record.directive in _TRUSTED_TYPES or record.blocked.startswith("trusted-types"):
        return "trusted-types"
    kind = _WORDS.get(record.blocked, "url")
    if kind != "inline":
        return kind
    if javascript_url(record) is not None or record.sample.lower().startswith("javascript:"):
        return "javascript-url"
    return "attribute" if record.directive.endswith("-attr") or record.attribute else "inline"


def hash_of(record: Record) -> str:
    """The hash that would allow it: the browser's own, else that of an attribute's whole value.

    For event handlers and javascript: URLs Chromium prints literally `sha256-...`. For the latter the whole
    URL is hashed, with its scheme.
    """
    if _HASH.fullmatch(record.hash):
        return record.hash
    if record.blocked != "inline":
        return ""
    url = javascript_url(record)
    if url is not None:
        return hashed(url)
    return "" if record.attribute is None else hashed(record.attribute[1])


def hashed(text: str) -> str:
    """`sha256-…` of inline code as browsers compute it: UTF-8, each line ending as one line feed."""
    clean = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "surrogatepass")
    return "sha256-" + base64.b64encode(hashlib.sha256(clean).digest()).decode("ascii")


def javascript_url(record: Record) -> str | None:
    """The javascript: URL that was blocked, from the record's attribute, its element's markup, or a complete
    sample.
    """
    if record.blocked != "inline" or not record.directive.startswith("script-src"):
        return None
    values = [record.attribute[1]] if record.attribute else _attributes(record.element)
    if len(record.sample) < _SAMPLE:
        values = [*values, record.sample]
    found = (value.strip() for value in values if value.strip().lower().startswith("javascript:"))
    return next(found, None)


class _FirstTag(html.parser.HTMLParser):
    """The URL attributes of the first element."""

    def __init__(self) -> None:
        super().__init__()
        self.values: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if self.values is None:
            names = ("href", "src", "action", "formaction", "data", "xlink:href")
            self.values = [value for name, value in attrs if name in names and value]


def _attributes(element: str) -> list[str]:
    if "javascript:" not in element.lower():
        return []
    parser = _FirstTag()
    parser.feed(element)
    return parser.values or []


@functools.lru_cache(maxsize=_REMEMBERED)
def without_query(url: str) -> str:
    """A URL without query, fragment, user and password: a policy ignores them, and they may be secret."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.partition("?")[0].partition("#")[0]
    if not parts.netloc:
        return url.partition("?")[0].partition("#")[0]
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def words_without_queries(text: str) -> str:
    """A sentence with its URLs as `without_query` returns them."""
    return _URLS.sub(lambda found: without_query(found[0]), text)


def blocked_of(record: Record) -> str:
    """What was blocked, in one spelling: a URL without query, a bare scheme with its colon, a word."""
    blocked = record.blocked
    if record.directive in _TRUSTED_TYPES:
        return blocked
    if blocked in _WORDS:
        return "inline" if _WORDS[blocked] == "inline" else blocked
    scheme, colon, rest = blocked.partition(":")
    if not colon:
        # `data`, `blob`, and for example `chrome-extension`: browsers shorten such URLs to the scheme.
        return f"{blocked.lower()}:"
    if rest.startswith("//"):
        return without_query(blocked)
    return f"{scheme.lower()}:"


@functools.lru_cache(maxsize=1024)
def bones(policy: str | Csp) -> str:
    """A policy's digest, without what a report-only stage and a tour change."""
    csp = Csp.parse(policy) if isinstance(policy, str) else policy
    kept = csp.without((*REPORTING, *UNOBSERVABLE))
    lists = {
        name: [source for source in sources if source.lower() != _REPORT_SAMPLE] for name, sources in kept
    }
    return Csp.of(lists).digest()
