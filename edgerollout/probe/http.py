"""Asks live URLs for their headers, over urllib3.

Redirects are not followed (their headers are the question), nothing is cached, and a host can be
resolved to an address and port of our own, so that a site is asked by its real name before, or
without, the world's DNS knowing it.
"""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edgerollout import __version__
from edgerollout.errors import UsageError
from edgerollout.rollout.ports import Probed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import urllib3

LARGEST_BODY = 1024 * 1024
"""Bytes of a body that are read before the connection is dropped instead."""

_CHUNK = 64 * 1024


class HttpProbe:
    """Fulfils `edgerollout.rollout.ports.Probe`. Safe to use from several threads.

    `resolve` maps a host (lower case) to the address and port to ask instead of DNS's and the URL's;
    name in TLS and Host header stay the URL's. `ca_file` is trusted instead of the system's CAs.
    `timeout` is in seconds, for connecting and for each read.
    """

    def __init__(
        self,
        *,
        timeout: float = 10.0,
        ca_file: Path | None = None,
        resolve: Mapping[str, tuple[str, int]] | None = None,
    ) -> None:
        self._timeout = timeout
        self._ca_file = ca_file
        self._resolve = dict(resolve or {})

    def headers(self, url: str) -> Probed:
        """One GET. Raises UsageError for what is no http(s) URL; what a site does comes back as Probed."""
        import urllib3

        host = _host(url)
        try:
            with self._pool(url, host) as pool:
                response = pool.request(
                    "GET",
                    self._target(url, host),
                    headers=self._request_headers(url),
                    redirect=False,
                    retries=False,
                    preload_content=False,
                    decode_content=False,
                )
                try:
                    _drain(response)
                finally:
                    # Closed, not given back: the next probe is to see what a new visitor sees.
                    response.close()
        except urllib3.exceptions.HTTPError as error:
            return Probed(url, None, error=_words(error, self._timeout))
        except (OSError, ValueError) as error:
            # Not every failure comes wrapped: an unreadable CA file, a name IDNA cannot encode.
            return Probed(url, None, error=str(error) or type(error).__name__)
        pairs = tuple((name.lower(), value) for name, value in response.headers.iteritems())
        probed = Probed(url, response.status, pairs)
        return Probed(
            url,
            response.status,
            pairs,
            pop=next(iter(probed.values("x-amz-cf-pop")), None),
            cache=next(iter(probed.values("x-cache")), None),
        )

    def _pool(self, url: str, host: str) -> urllib3.HTTPConnectionPool | urllib3.PoolManager:
        import urllib3

        secure = url.lower().startswith("https:")
        timeout = urllib3.Timeout(connect=self._timeout, read=self._timeout)
        ca = None if self._ca_file is None else str(self._ca_file)
        if host in self._resolve:
            address, port = self._resolve[host]
            if not secure:
                return urllib3.HTTPConnectionPool(address, port, timeout=timeout)
            return urllib3.HTTPSConnectionPool(
                address,
                port,
                timeout=timeout,
                ca_certs=ca,
                cert_reqs="CERT_REQUIRED",
                server_hostname=host,
                assert_hostname=host,
            )
        from urllib.request import getproxies, proxy_bypass

        proxy = getproxies().get("https" if secure else "http")
        if proxy and not proxy_bypass(host):
            return urllib3.ProxyManager(proxy, timeout=timeout, ca_certs=ca)
        return urllib3.PoolManager(timeout=timeout, ca_certs=ca)

    def _target(self, url: str, host: str) -> str:
        """A pool of one host is asked for the path alone, a pool manager for the whole URL."""
        if host not in self._resolve:
            return url
        parts = urlsplit(url)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def _request_headers(self, url: str) -> dict[str, str]:
        return {
            "Host": urlsplit(url).netloc.rpartition("@")[2],
            "User-Agent": f"edgerollout/{__version__}",
            "Accept": "text/html,*/*;q=0.8",
        }


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        host = parts.hostname
        valid = parts.scheme in {"http", "https"} and bool(host) and (parts.port is None or parts.port > 0)
    except ValueError:
        host, valid = None, False
    if not valid or not host:
        raise UsageError(f"{url!r} cannot be probed", why="only http:// and https:// URLs with a host can")
    return host.lower()


def _drain(response: urllib3.BaseHTTPResponse) -> None:
    read = 0
    for chunk in response.stream(_CHUNK):
        read += len(chunk)
        if read >= LARGEST_BODY:
            return


def _words(error: Exception, timeout: float) -> str:
    """Why nothing came, in a few words: urllib3 wraps the reason several layers deep."""
    import urllib3

    match error:
        case urllib3.exceptions.NameResolutionError():
            return "the host name cannot be resolved"
        # A kind of time-out to urllib3, therefore before it.
        case urllib3.exceptions.NewConnectionError():
            cause = error.__cause__ or error.__context__
            return "connection refused" if isinstance(cause, ConnectionRefusedError) else "cannot connect"
        case urllib3.exceptions.TimeoutError():
            return f"no answer within {timeout:g} s"
        case urllib3.exceptions.SSLError():
            return f"TLS: {_certificate(error)}"
        case urllib3.exceptions.ProxyError():
            return "the proxy did not let it through"
        case _:
            return _innermost(error)


def _certificate(error: Exception) -> str:
    for layer in _layers(error):
        if isinstance(layer, ssl.SSLCertVerificationError):
            return f"certificate not accepted ({layer.verify_message})"
    return _innermost(error)


def _innermost(error: BaseException) -> str:
    last = _layers(error)[-1]
    return str(last) or type(last).__name__


def _layers(error: BaseException) -> list[BaseException]:
    layers = [error]
    while len(layers) < 8:
        inner = next((arg for arg in layers[-1].args if isinstance(arg, BaseException)), None)
        inner = inner or layers[-1].__cause__ or layers[-1].__context__
        if inner is None or isinstance(inner, socket.gaierror) or inner in layers:
            break
        layers.append(inner)
    return layers
