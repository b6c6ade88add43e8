"""Where a request goes, to addresses from DNS or to a proxy, and the connection to it."""

from __future__ import annotations

import socket
import ssl
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Literal, TypedDict

from edgerollout.net.answer import NoAnswer

if TYPE_CHECKING:
    from ssl import SSLContext

    from urllib3.connection import HTTPConnection

    from edgerollout.net.proxy import Proxy
    from edgerollout.net.url import Endpoint

Address = tuple[str, int]


class _Named(TypedDict):
    """Which certificate is accepted, by which CAs, for urllib3."""

    ssl_context: SSLContext
    cert_reqs: str
    server_hostname: str
    assert_hostname: str | Literal[False]


def looked_up(host: str, port: int, seconds: float) -> tuple[str, ...]:
    """The addresses of a host, in DNS's order. Raises NoAnswer, after `seconds` at the latest."""
    found: Future[tuple[str, ...]] = Future()

    def go() -> None:
        try:
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.set_result(tuple(dict.fromkeys(str(entry[4][0]) for entry in entries)))
        except BaseException as error:  # any error: the waiting thread raises it
            found.set_exception(error)

    # DNS has no time-out. If it takes longer, the thread is left behind.
    threading.Thread(target=go, name="dns", daemon=True).start()
    try:
        return found.result(timeout=seconds)
    except (OSError, ValueError) as error:  # ValueError: a name that IDNA cannot encode
        raise NoAnswer("the host name cannot be resolved") from error


def direct(place: Endpoint, address: Address, trusted: SSLContext | None, timeout: float) -> HTTPConnection:
    """A connection, not yet open, to an address under the place's name; `trusted` is for https."""
    import urllib3.connection

    if trusted is None:
        return urllib3.connection.HTTPConnection(*address, timeout=timeout)
    return urllib3.connection.HTTPSConnection(*address, timeout=timeout, **_named(place, trusted))


def through(
    proxy: Proxy, place: Endpoint, address: Address | None, trusted: SSLContext, timeout: float
) -> HTTPConnection:
    """A connection, not yet open, through a proxy: to the address, or by the proxy's DNS.

    Raises ValueError for a plain http:// place with an address: the proxy would look its name up.
    """
    import urllib3.connection

    config = urllib3.connection.ProxyConfig(
        ssl_context=trusted, use_forwarding_for_https=False, assert_hostname=None, assert_fingerprint=None
    )
    # A URL without user and password: errors quote it.
    url = urllib3.util.Url(scheme=proxy.scheme, host=proxy.host, port=proxy.port)
    if place.scheme == "http":
        if address is not None:
            raise ValueError(
                f"{place.host} cannot be asked at {address[0]} over http through a proxy: use https, "
                "or name it in NO_PROXY"
            )
        kind = urllib3.connection.HTTPConnection
        if proxy.scheme == "https":
            kind = urllib3.connection.HTTPSConnection
        return kind(proxy.host, proxy.port, timeout=timeout, proxy=url, proxy_config=config)
    connection = urllib3.connection.HTTPSConnection(
        proxy.host, proxy.port, timeout=timeout, proxy=url, proxy_config=config, **_named(place, trusted)
    )
    host, port = address or (place.host, place.port)
    connection.set_tunnel(host, port, headers=proxy.headers, scheme=proxy.scheme)
    return connection


def _named(place: Endpoint, trusted: SSLContext) -> _Named:
    verify = trusted.verify_mode is ssl.CERT_REQUIRED
    return _Named(
        ssl_context=trusted,
        cert_reqs="CERT_REQUIRED" if verify else "CERT_NONE",
        server_hostname=place.host,
        assert_hostname=place.host.rstrip(".") if verify else False,
    )
