"""Source expressions (CSP3 §2.3.1), and whether a URL matches one (CSP3 §6.7.2).

Where Chromium and the specification differ, this follows Chromium; the tests compare with it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, assert_never
from urllib.parse import unquote

from edgerollout.policy.csp import KEYWORDS
from edgerollout.policy.url import DEFAULT_PORTS, ipv4

if TYPE_CHECKING:
    from edgerollout.policy.url import Url

_NETWORK_SCHEMES = frozenset(DEFAULT_PORTS)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*", re.IGNORECASE)
_HOST = re.compile(r"(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*\.?|\*", re.IGNORECASE)
_SECRET = re.compile(
    r"'(nonce|(?:url-|eval-)?(?:sha256|sha384|sha512))-([A-Za-z0-9+/_-]+={0,2})'", re.IGNORECASE
)
_QUERY = re.compile(r"[?#]")


@dataclass(frozen=True)
class Keyword:
    """A quoted word, lower-cased with its quotes."""

    word: str


@dataclass(frozen=True)
class Nonce:
    value: str


@dataclass(frozen=True)
class Hash:
    """`algorithm` is sha256, sha384 or sha512; `digest` is base64 as written, either alphabet.

    `of` says what is hashed: "" the text of an element, "url-" the address of a script, "eval-" a text for
    eval().
    """

    algorithm: str
    digest: str
    of: str = ""


@dataclass(frozen=True)
class Scheme:
    """A whole scheme, lower-case without its colon."""

    name: str


@dataclass(frozen=True)
class Host:
    """`[scheme://]host[:port][path]`.

    `name` is lower-case; with `wildcard` it means its subdomains only, and "" every host. `port` is "" if
    none is written, "*" for any. `path` is decoded; `dropped` is a query or fragment, as written, which
    browsers ignore.
    """

    name: str
    scheme: str | None = None
    wildcard: bool = False
    port: str = ""
    path: str = ""
    dropped: str = ""

    @property
    def is_star(self) -> bool:
        """Whether this is `*` alone: every host over every network scheme."""
        return self.wildcard and not self.name and self.scheme is None and not self.port and not self.path

    @property
    def is_ip(self) -> bool:
        """Whether this is an IPv4 address, in any spelling (an IPv6 address cannot be a source)."""
        return bool(ipv4(self.name))


Source: TypeAlias = Keyword | Nonce | Hash | Scheme | Host


def parse_source(text: str) -> Source | None:
    """The meaning of `text` in a source list; None if browsers drop it as invalid."""
    if text.lower() in KEYWORDS:
        return Keyword(text.lower())
    if (secret := _SECRET.fullmatch(text)) is not None:
        kind = secret[1].lower()
        if kind == "nonce":
            return Nonce(secret[2])
        of, algorithm = kind[: kind.rindex("sha")], kind[kind.rindex("sha") :]
        return Hash(algorithm, secret[2], of)
    if text.startswith("'") or not text.isascii():
        return None
    head, colon, rest = text.partition(":")
    if colon and _SCHEME.fullmatch(head):
        if not rest:
            return Scheme(head.lower())
        if rest.startswith("//"):
            return _parse_host(head.lower(), rest[2:])
    return _parse_host(None, text)


def _parse_host(scheme: str | None, text: str) -> Host | None:
    authority, slash, tail = text.partition("/")
    name, colon, port = authority.partition(":")
    if _HOST.fullmatch(name) is None:
        return None
    if colon and port != "*" and not port.isdecimal():
        return None
    path = slash + tail
    query = _QUERY.search(path)
    dropped = "" if query is None else path[query.start() :]
    kept = path if query is None else path[: query.start()]
    wildcard = name.startswith("*")
    bare = name.removeprefix("*").removeprefix(".").lower()
    return Host(bare, scheme, wildcard, port, unquote(kept), dropped)


def url_matches(source: Source, url: Url, self_origin: Url, *, redirected: bool = False) -> bool:
    """Whether a request for `url` matches `source` in a page of `self_origin`.

    After a redirect paths do not count: a page could otherwise learn where another site's URL leads
    (CSP3 §7.6).
    """
    match source:
        case Keyword(word="'self'"):
            return _is_self(url, self_origin)
        case Keyword() | Nonce() | Hash():
            return False
        case Scheme(name=name):
            return _scheme_matches(name, url.scheme)
        case Host():
            return _host_matches(source, url, self_origin, redirected=redirected)
        case _:
            assert_never(source)


def _is_self(url: Url, origin: Url) -> bool:
    """The page's own origin, and the safer schemes of its host at default ports (CSP3 §6.7.2.8)."""
    if not url.host or url.host != origin.host:
        return False
    if (url.scheme, url.port) == (origin.scheme, origin.port):
        return True
    at_default = url.port == DEFAULT_PORTS.get(url.scheme) and origin.port == DEFAULT_PORTS.get(origin.scheme)
    if not (url.port == origin.port or at_default):
        return False
    return url.scheme in ("https", "wss") or (origin.scheme == "http" and url.scheme == "ws")


def _scheme_matches(allowed: str, scheme: str) -> bool:
    """Equal, or the safer scheme of the same kind; http never matches ws or wss."""
    return allowed == scheme or (allowed, scheme) in {("http", "https"), ("ws", "wss")}


def _host_matches(source: Host, url: Url, origin: Url, *, redirected: bool) -> bool:
    if source.is_star and url.scheme in _NETWORK_SCHEMES:
        return True
    # A host without a scheme means the page's own scheme, or the safer one; never ws or wss.
    allowed = source.scheme if source.scheme is not None else origin.scheme
    if not url.host or not _scheme_matches(allowed, url.scheme):
        return False
    if source.wildcard:
        # `*.example.com` matches its subdomains, never itself.
        if source.name and not url.host.endswith("." + source.name):
            return False
    elif source.name != url.host:
        return False
    if not _port_matches(source.port, url, upgraded=allowed != url.scheme):
        return False
    return redirected or _path_matches(source.path, url.path)


def _port_matches(port: str, url: Url, *, upgraded: bool) -> bool:
    if port == "*":
        return True
    if not port:
        return url.port == DEFAULT_PORTS.get(url.scheme)
    if upgraded:
        # From one default port to the other: http://a:8080 is not https://a:8080. Chromium reads http://a:443
        # as https://a:443 too, but not ws://a:443 as wss.
        return url.port == 443 and int(port) in ((80,) if url.scheme == "wss" else (80, 443))
    return int(port) == url.port


def _path_matches(allowed: str, path: str) -> bool:
    """A directory (…/) allows what is in it, any other path only itself (CSP3 §6.7.2.12)."""
    if not allowed:
        return True
    return path.startswith(allowed) if allowed.endswith("/") else path == allowed
