"""A cause: one thing that a policy blocks, however many channels, loads and pages told of it."""

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
"""Code that a keyword allows."""

ViolationKind = Literal["url", "inline", "attribute", "javascript-url", "trusted-types"] | CodeKind
"""What was blocked: a request, an inline element, an on… or style attribute, a javascript: URL, code
made from a string, WebAssembly, or a text that Trusted Types do not take."""

HASHABLE = frozenset({"inline", "attribute", "javascript-url"})
"""Kinds that a hash can allow."""

ALLOWING: Mapping[CodeKind, tuple[str, ...]] = {
    "eval": ("'unsafe-eval'",),
    "wasm": ("'wasm-unsafe-eval'", "'unsafe-eval'"),
}
"""The keywords that allow such code."""

UNKNOWN_TARGET = "somewhere else"
"""In the place of a redirect's target when none was seen."""

_URLS = re.compile(r"[a-z][a-z0-9+.-]*://[^\s\"'<>]+", re.IGNORECASE)

_REMEMBERED = 4096
"""URLs whose parts are kept: reports name the same few again and again."""

_HASH = re.compile(r"sha(?:256|384|512)-[A-Za-z0-9+/_-]+={0,2}")
_SAMPLE = 40
"""Characters of a sample: a shorter one is the whole text (CSP3 §2.4.1)."""

_TRUSTED_TYPES = frozenset({"require-trusted-types-for", "trusted-types"})
# Old Firefoxes say "self" of what is inline, old Safaris nothing.
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
    """Where in a page's code something was asked for; `line` and `column` count from 1, 0: unknown."""

    source: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}" if self.line else self.source


@dataclass(frozen=True)
class Cause:
    """One thing a policy blocks in documents of one origin.

    `directive` is the effective one. `blocked` is a URL without query and fragment, a bare scheme
    (`data:`), or a word such as `inline`; `target` is where its redirect led to when that is what is
    forbidden, `UNKNOWN_TARGET` when nobody saw it. `origin` is what 'self' means there, `sightings` are the
    pages with how often each showed it in one load, `loads` those that did. `hash` is a source without
    quotes, "" where the kind has none or none is known. `unstable`: its text was another one in the other
    load. `confirmed` is false when nothing but the page's own events told of it, which a page can forge.
    `policy` is the text of the violated policy, "" where no channel told.
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
    """The start of its text, as the page has it; "" where that is not known."""
    marks: tuple[str, ...] = ()
    """The elements that it is about, by the names under which a visit knows their places."""

    @property
    def count(self) -> int:
        """How often it was seen, one load of each page counted."""
        return sum(count for _, count in self.sightings)

    @property
    def pages(self) -> tuple[str, ...]:
        return tuple(page for page, _ in self.sightings)

    @property
    def urls(self) -> tuple[tuple[str, bool], ...]:
        """What has to be allowed of a request: each URL, and whether a redirect led to it."""
        if self.kind != "url":
            return ()
        if not self.target:
            return ((self.blocked, False),)
        return ((self.blocked, False), (self.target, True))

    @property
    def what(self) -> str:
        """What was blocked, in a word or two, or its URL."""
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
    """The kind of what a record tells of, as far as its channel knows."""
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

    For event handlers and javascript: URLs Chromium prints `sha256-...`, just so; of the latter the whole
    URL is hashed, scheme included.
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
    """`sha256-…` of inline code as browsers take it: line ends made one line feed, UTF-8."""
    clean = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "surrogatepass")
    return "sha256-" + base64.b64encode(hashlib.sha256(clean).digest()).decode("ascii")


def javascript_url(record: Record) -> str | None:
    """The javascript: URL that was blocked, from the record's attribute, its element's markup, or a sample
    that is whole."""
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
    """A URL less query, fragment, user and password: neither says anything to a policy, all may be secret."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.partition("?")[0].partition("#")[0]
    if not parts.netloc:
        return url.partition("?")[0].partition("#")[0]
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def words_without_queries(text: str) -> str:
    """A sentence whose URLs are as `without_query` has them."""
    return _URLS.sub(lambda found: without_query(found[0]), text)


def blocked_of(record: Record) -> str:
    """What was blocked, spelled one way: a URL without query, a bare scheme with its colon, a word."""
    blocked = record.blocked
    if record.directive in _TRUSTED_TYPES:
        return blocked
    if blocked in _WORDS:
        return "inline" if _WORDS[blocked] == "inline" else blocked
    scheme, colon, rest = blocked.partition(":")
    if not colon:
        # `data`, `blob`, and the likes of `chrome-extension`: browsers cut such URLs down to the scheme.
        return f"{blocked.lower()}:"
    if rest.startswith("//"):
        return without_query(blocked)
    return f"{scheme.lower()}:"


@functools.lru_cache(maxsize=1024)
def bones(policy: str | Csp) -> str:
    """A policy's digest, less what a report-only stage and a tour change in it."""
    csp = Csp.parse(policy) if isinstance(policy, str) else policy
    kept = csp.without((*REPORTING, *UNOBSERVABLE))
    lists = {
        name: [source for source in sources if source.lower() != _REPORT_SAMPLE] for name, sources in kept
    }
    return Csp.of(lists).digest()
