"""The parts of a URL that a request is made of."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote, urlsplit

from edgerollout.net.answer import NoAnswer

PORTS = {"http": 80, "https": 443}


class NotAUrl(NoAnswer):
    """It is not an http:// or https:// URL."""


class Endpoint(NamedTuple):
    """Scheme, host in DNS form, and port."""

    scheme: str
    host: str
    port: int

    @property
    def shown(self) -> str:
        """Host and port as in the `Host` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def place_of(url: str) -> Endpoint:
    """The place of a URL. Raises NotAUrl, and NoAnswer for a host that DNS cannot have."""
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), (parts.hostname or "").lower(), parts.port
    except ValueError as error:
        raise NotAUrl("not a URL that can be asked") from error
    if scheme not in PORTS or not host or port == 0:
        raise NotAUrl("not an http:// or https:// URL")
    try:
        host = host if host.isascii() else host.encode("idna").decode("ascii")
    except ValueError as error:
        raise NoAnswer("the host name cannot be resolved") from error
    return Endpoint(scheme, host, port or PORTS[scheme])


def target_of(url: str) -> str:
    """Path and query, as in the request's first line."""
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return quote(target, safe="!#$%&'()*+,/:;=?@[]~")
