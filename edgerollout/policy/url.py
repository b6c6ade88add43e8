"""URLs as browsers read them (WHATWG URL §4): sources match the URL that is really requested."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}

_SPECIAL = re.compile(r"(https?|wss?):[/\\]*", re.IGNORECASE)
"""The start of an address with a host: browsers accept extra, missing and reversed slashes."""
_SKIPPED = re.compile(r"[\t\n\r]")
_ENDS_PATH = re.compile(r"[?#]")
_HERE = frozenset({".", "%2e"})
_UP = frozenset({"..", ".%2e", "%2e.", "%2e%2e"})
_DOTS = str.maketrans({"\u3002": ".", "\uff0e": ".", "\uff61": "."})
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+", re.IGNORECASE)
_MAX_IPV4 = 2**32
_FORBIDDEN = re.compile(r"[\x00-\x20#%/<>?@\[\\\]^|\x7f]")
"""Characters that no host has (WHATWG URL §3.1)."""


@dataclass(frozen=True)
class Url:
    """The parts of a URL that sources match: the host in punycode, without dot segments.

    `port` is None if the scheme has no default and none is written; `path` is decoded, and "" for URLs
    without a host (data:, blob:).
    """

    scheme: str
    host: str
    port: int | None
    path: str

    @classmethod
    def parse(cls, text: str) -> Url | None:
        """The URL; None if it is not valid."""
        try:
            parts = urlsplit(_straightened(_SKIPPED.sub("", text.strip(" "))))
            scheme = parts.scheme.lower()
            host = ascii_host(unquote(parts.hostname or ""))
            port = parts.port if parts.port is not None else DEFAULT_PORTS.get(scheme)
        except ValueError:
            return None
        if not scheme or host is None or (scheme in DEFAULT_PORTS and not host):
            return None
        path = parts.path
        if scheme in DEFAULT_PORTS:
            address = ipv4(host)
            if address == "":
                return None
            host, path = address or host, _without_dots(path)
        return cls(scheme, host, port, unquote(path or "/") if host else "")


def ascii_host(name: str) -> str | None:
    """A host name in lower case and punycode, as browsers request it; None if it cannot be one.

    By UTS #46 without its transitional mappings, which browsers no longer use: `ß` stays `ß`.
    """
    name = name.lower()
    if _FORBIDDEN.search(name) is not None:
        return None
    if name.isascii():
        return name
    labels = unicodedata.normalize("NFKC", name).lower().translate(_DOTS).split(".")
    try:
        return ".".join(
            label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in labels
        )
    except UnicodeError:
        return None


def ipv4(host: str) -> str | None:
    """A host that browsers read as an IPv4 address, in its normal form: `0x7f.1` is `127.0.0.1`.

    None for a name; "" for an invalid address, which browsers do not request.
    """
    *rest, last = host.removesuffix(".").split(".")
    if _NUMBER.fullmatch(last) is None:
        return None
    numbers = [_number(part) for part in (*rest, last)]
    if len(numbers) > 4 or any(number is None for number in numbers):
        return ""
    *high, low = (number for number in numbers if number is not None)
    if any(number > 255 for number in high) or low >= 256 ** (4 - len(high)):
        return ""
    value = low + sum(number << (8 * (3 - place)) for place, number in enumerate(high))
    return ".".join(str(value >> shift & 255) for shift in (24, 16, 8, 0))


def _number(text: str) -> int | None:
    """Decimal, octal (`017`) or hexadecimal (`0x7f`); a very long one counts as too large."""
    try:
        if text[:2].lower() == "0x":
            return int(text[2:] or "0", 16)
        if len(text) > 1 and text.startswith("0"):
            return int(text, 8)
        return int(text) if text.isdecimal() and len(text) < 20 else _MAX_IPV4 if text.isdecimal() else None
    except ValueError:
        return None


def _straightened(text: str) -> str:
    r"""`https:\a\b` is `https://a/b` for browsers, before its query."""
    found = _SPECIAL.match(text)
    if found is None:
        return text
    rest = text[found.end() :]
    query = _ENDS_PATH.search(rest)
    end = len(rest) if query is None else query.start()
    return f"{found[1]}://{rest[:end].replace(chr(92), '/')}{rest[end:]}"


def _without_dots(path: str) -> str:
    kept: list[str] = []
    *_, last = segments = path.split("/")[1:] or [""]
    for segment in segments:
        if segment.lower() in _UP:
            del kept[-1:]
        elif segment.lower() not in _HERE:
            kept.append(segment)
    if last.lower() in _UP | _HERE:
        kept.append("")
    return "/" + "/".join(kept)
