"""Sends the requests of one URL's scan: in bounded time, and only to public addresses.

A scanned site may redirect anywhere, and its DNS may change between two requests: so every hop's
addresses are checked, and proxies are not used.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.net.fetch import Fetcher
from edgerollout.net.public import is_loopback, is_public
from edgerollout.net.url import place_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgerollout.clock import Clock
    from edgerollout.net.answer import HttpAnswer
    from edgerollout.net.network import Network

LARGEST_BODY = 2 * 1024 * 1024
"""The most bytes of a page to read, and to unpack."""

_TOO_LARGE = f"only its first {LARGEST_BODY // 1024 // 1024} MiB are read"
_PACKED = ("gzip", "x-gzip", "deflate")


class Asking:
    """The requests of one scan; their time, `network.whole` for all of them, runs from the start.

    An address in `network.resolve` is not checked: the user chose it. `own_host` may be on
    loopback.
    """

    def __init__(
        self, network: Network, clock: Clock, *, allow_private: bool = False, own_host: str = ""
    ) -> None:
        self._allow_private = allow_private
        self._own_host = own_host
        self._fetcher = Fetcher(network, clock, may_ask=self._may_ask)
        self._ends = clock.monotonic() + network.whole
        self._cookies: dict[str, dict[str, str]] = {}

    def ask(self, url: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> HttpAnswer:
        """One request. A certificate that is not accepted is noted in the answer, not an error.

        Raises NoAnswer with words, PrivateAddress among them.
        """
        answer = self._fetcher.ask(
            url,
            method,
            {**self._cookie(url), **(headers or {})},
            largest=0 if method == "OPTIONS" else LARGEST_BODY,
            ends=self._ends,
            any_certificate=True,
        )
        self._remember(answer)
        return answer

    def _may_ask(self, host: str, address: str) -> bool:
        if self._allow_private or is_public(address):
            return True
        return host == self._own_host and is_loopback(address)

    def _cookie(self, url: str) -> dict[str, str]:
        jar = self._cookies.get(place_of(url).host, {})
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())} if jar else {}

    def _remember(self, answer: HttpAnswer) -> None:
        """Cookies are sent back to their host: some sites redirect until they see them."""
        jar = self._cookies.setdefault(place_of(answer.url).host, {})
        for value in answer.values("set-cookie"):
            name, equals, content = value.partition(";")[0].partition("=")
            if equals and (name + content).isprintable():
                jar[name.strip()] = content.strip()


@dataclass(frozen=True)
class Body:
    """A page's text as far as it is known, and why it is not complete."""

    text: str
    unread: str | None = None


def body_of(answer: HttpAnswer) -> Body:
    """The body of an answer, unpacked if the site packed it unasked, up to the largest body."""
    unread = answer.broken_off
    if unread is None and len(answer.body) >= LARGEST_BODY:
        unread = _TOO_LARGE
    found, body = dict(answer.headers), answer.body
    codings = [
        part.strip().lower() for value in answer.values("content-encoding") for part in value.split(",")
    ]
    for coding in reversed([coding for coding in codings if coding not in ("", "identity")]):
        if coding not in _PACKED:
            return Body("", f"it is packed as {coding[:20]}, which was not asked for")
        body, why = _unpacked(body)
        unread = why or unread
    charset = found.get("content-type", "").lower().partition("charset=")[2].strip("\"' ;") or "utf-8"
    try:
        return Body(body.decode(charset, "replace"), unread)
    except (LookupError, ValueError):  # ValueError: a NUL in the name
        return Body(body.decode("utf-8", "replace"), unread)


def _unpacked(packed: bytes) -> tuple[bytes, str | None]:
    """The unpacked gzip or deflate data, up to the largest body, and why it is not complete."""
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        body = unpacking.decompress(packed, LARGEST_BODY)
    except zlib.error:
        return b"", "it cannot be unpacked"
    if len(body) >= LARGEST_BODY:
        return body, _TOO_LARGE
    return body, None if unpacking.eof else "it cannot be unpacked to its end"
