"""Where a request goes: addresses that were looked up, or a proxy; and the connection to it."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Literal, TypedDict
from urllib.request import getproxies, proxy_bypass

from edgerollout.net.answer import NoAnswer
from edgerollout.net.url import PORTS

if TYPE_CHECKING:
    from pathlib import Path

    from urllib3.connection import HTTPConnection

    from edgerollout.net.url import Place


class Trust(TypedDict):
    """Which certificates are accepted, as urllib3 has it."""

    ca_certs: str | None
    cert_reqs: str


def trust(ca_file: Path | None, *, verify: bool) -> Trust:
    """The system's CAs, or those of a file; or any certificate."""
    certs = None if ca_file is None else str(ca_file)
    return Trust(ca_certs=certs, cert_reqs="CERT_REQUIRED" if verify else "CERT_NONE")


def looked_up(host: str, port: int, seconds: float) -> tuple[str, ...]:
    """The addresses of a host, in DNS's order. Raises NoAnswer, after `seconds` at the latest."""
    found: Future[tuple[str, ...]] = Future()

    def go() -> None:
        try:
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.set_result(tuple(dict.fromkeys(str(entry[4][0]) for entry in entries)))
        except BaseException as error:  # whatever it is, the thread that waits raises it
            found.set_exception(error)

    # DNS has no time-out of ours. The thread is left to itself where it takes longer.
    threading.Thread(target=go, name="dns", daemon=True).start()
    try:
        return found.result(timeout=seconds)
    except (OSError, ValueError) as error:  # ValueError: a name that IDNA cannot encode
        raise NoAnswer("the host name cannot be resolved") from error


def proxy_for(place: Place) -> str | None:
    """The URL of the proxy that the process's environment names for a place."""
    proxy = getproxies().get(place.scheme)
    return proxy if proxy and not proxy_bypass(place.host) else None


def direct(place: Place, address: tuple[str, int], trusted: Trust, timeout: float) -> HTTPConnection:
    """A connection, not made yet, to an address under the place's own name."""
    import urllib3.connection

    if place.scheme == "http":
        return urllib3.connection.HTTPConnection(*address, timeout=timeout)
    accepted: str | Literal[False] = (
        place.host.rstrip(".") if trusted["cert_reqs"] == "CERT_REQUIRED" else False
    )
    return urllib3.connection.HTTPSConnection(
        *address, timeout=timeout, server_hostname=place.host, assert_hostname=accepted, **trusted
    )


def through(proxy: str, place: Place, trusted: Trust, timeout: float) -> HTTPConnection:
    """A connection, not made yet, through a proxy. Raises ValueError for what is no proxy's URL."""
    import urllib3.connection

    found = urllib3.util.parse_url(proxy if "://" in proxy else f"http://{proxy}")
    if found.scheme not in PORTS or not found.host:
        raise ValueError("the proxy's address is no http:// or https:// URL")
    host, port = found.host.strip("[]"), found.port or PORTS[found.scheme]
    config = urllib3.connection.ProxyConfig(
        ssl_context=None, use_forwarding_for_https=False, assert_hostname=None, assert_fingerprint=None
    )
    if place.scheme == "http" and found.scheme == "http":
        return urllib3.connection.HTTPConnection(
            host, port, timeout=timeout, proxy=found, proxy_config=config
        )
    connection = urllib3.connection.HTTPSConnection(
        host, port, timeout=timeout, proxy=found, proxy_config=config, **trusted
    )
    if place.scheme == "https":
        connection.set_tunnel(place.host, place.port, scheme=found.scheme)
    return connection
