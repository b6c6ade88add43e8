"""The proxy to use for a URL, from environment variables, as botocore reads them."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from edgerollout.net.answer import NoAnswer
from edgerollout.net.public import is_loopback_host
from edgerollout.net.url import PORTS

if TYPE_CHECKING:
    from edgerollout.net.url import Endpoint


@dataclass(frozen=True)
class Proxy:
    """A proxy. `authorization` is the header value with its user and password, a secret."""

    scheme: str
    host: str
    port: int
    variable: str
    """The environment variable that names it."""
    authorization: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        """Extra headers for it."""
        return {} if self.authorization is None else {"Proxy-Authorization": self.authorization}


def proxy_for(place: Endpoint, *addresses: str) -> Proxy | None:
    """The proxy in the environment for a place; None for this machine, and by NO_PROXY.

    `addresses` are other names for it in NO_PROXY. Raises NoAnswer for an invalid proxy URL.
    """
    text = getproxies().get(place.scheme)
    if not text:
        return None
    names = (place.host, place.shown, f"{place.host}:{place.port}", *addresses)
    if any(is_loopback_host(name) for name in (place.host, *addresses)) or any(map(proxy_bypass, names)):
        return None
    return _parsed(text, f"{place.scheme.upper()}_PROXY")


def no_way(proxy: Proxy, why: str) -> str:
    """The message for a failed connection through a proxy; urllib3's `why` contains its status."""
    status = tunnel_status(why)
    return f"the proxy {proxy} did not let it through: {why}" if status is None else refused(proxy, status)


def tunnel_status(why: str) -> int | None:
    """The status with which a proxy refused to connect, None where it did not: urllib3 says it in words."""
    found = re.search(r"Tunnel connection failed: (\d{3})", why)
    return None if found is None else int(found[1])


def refused(proxy: Proxy, status: int) -> str:
    """The message for a proxy that itself answers with `status`."""
    if status == 407:
        lacks = "wants a user and password" if proxy.authorization is None else "refuses its user or password"
        return f"the proxy {proxy} {lacks}: http://USER:PASSWORD@HOST:PORT in {proxy.variable}"
    return f"the proxy {proxy} did not let it through (status {status})"


def _parsed(text: str, variable: str) -> Proxy:
    """`text` as botocore reads it: without a scheme it is http://. Never shown: it may have a password."""
    url = text if text.lower().startswith(("http:", "https:")) else f"http://{text.removeprefix('//')}"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or port == 0 or "://" in url.partition("://")[2]:
        raise NoAnswer(f"{variable} is not an http:// or https:// proxy: http://HOST:PORT")
    authorization = None
    if parts.username:
        known = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = f"Basic {base64.b64encode(known.encode()).decode()}"
    return Proxy(parts.scheme, host, port or PORTS[parts.scheme], variable, authorization)
