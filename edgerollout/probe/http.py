"""Asks live URLs for their headers, over urllib3.

Redirects are not followed (their headers are the question), nothing is cached, and a host can be
resolved to an address and port of our own, so that a site is asked by its real name before, or
without, the world's DNS knowing it.
"""

from __future__ import annotations

import concurrent.futures
import socket
import ssl
import threading
from dataclasses import dataclass, field, replace
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

KEPT_BODY = 256 * 1024
"""Bytes of a body that a reply keeps."""

_CHUNK = 64 * 1024

_BODY_PATIENCE = 3.0
"""Seconds."""


@dataclass(frozen=True)
class Reply:
    """An answer with the beginning of its body (`KEPT_BODY` bytes at most, as sent)."""

    probed: Probed
    body: bytes = field(default=b"", repr=False)


class HttpProbe:
    """Fulfils `edgerollout.rollout.ports.Probe`. Safe to use from several threads.

    `resolve` maps a host (lower case), or `host:port`, to the address and port to ask instead of DNS's
    and the URL's; name in TLS and Host header stay the URL's. A host that is mapped by `host:port` alone
    is asked at no other port. `ca_file` is trusted instead of the system's CAs. `timeout` is in seconds,
    for connecting and for each read; `patience` bounds the wait for all headers. For its body an answer
    has a few seconds more; what is not there by then is done without.
    """

    def __init__(
        self,
        *,
        timeout: float = 10.0,
        ca_file: Path | None = None,
        resolve: Mapping[str, tuple[str, int]] | None = None,
        patience: float = 30.0,
    ) -> None:
        self._timeout = timeout
        self._ca_file = ca_file
        self._resolve = dict(resolve or {})
        self._patience = patience

    def knowing(
        self, resolve: Mapping[str, tuple[str, int]] | None = None, ca_file: Path | None = None
    ) -> HttpProbe:
        """The same probe that knows these addresses besides, and trusts `ca_file` where one is given."""
        return HttpProbe(
            timeout=self._timeout,
            ca_file=ca_file or self._ca_file,
            resolve={**self._resolve, **(resolve or {})},
            patience=self._patience,
        )

    def headers(self, url: str) -> Probed:
        """One GET. Raises UsageError for what is no http(s) URL; what a site does comes back as Probed."""
        return self.ask(url).probed

    def ask(self, url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None) -> Reply:
        """One request, with `headers` of its own where they are given; otherwise as `headers`."""
        host = _host(url)
        visit = _Visit()

        def go() -> None:
            try:
                visit.done.set_result(self._visit(visit, url, host, method, headers or {}))
            except BaseException as error:  # whatever it is, the asking thread raises it
                visit.done.set_exception(error)
            visit.headers_came.set()

        # A read that makes progress never times out, however slow: a server may drip its answer for
        # hours. The thread is left to itself then; it ends with the answer, or with the process.
        threading.Thread(target=go, name="probe", daemon=True).start()
        visit.headers_came.wait(self._patience)
        try:
            return visit.done.result(timeout=0 if visit.begun is None else _BODY_PATIENCE)
        except concurrent.futures.TimeoutError:
            if visit.begun is not None:
                return Reply(visit.begun)
            return Reply(Probed(url, None, error=f"no whole answer within {self._patience:g} s"))

    def _visit(self, visit: _Visit, url: str, host: str, method: str, headers: Mapping[str, str]) -> Reply:
        import urllib3

        try:
            with self._pool(url, host) as pool:
                response = pool.request(
                    method,
                    self._target(url, host),
                    headers={**self._request_headers(url), **headers},
                    redirect=False,
                    retries=False,
                    preload_content=False,
                    decode_content=False,
                )
                visit.begun = _probed(url, response)
                visit.headers_came.set()
                try:
                    body = _drain(response)
                finally:
                    # Closed, not given back: the next probe is to see what a new visitor sees.
                    response.close()
        except urllib3.exceptions.HTTPError as error:
            if visit.begun is not None:
                # The headers are the question; a body that breaks off does not take them back.
                return Reply(visit.begun)
            return Reply(Probed(url, None, error=_words(error, self._timeout)))
        except (OSError, ValueError) as error:
            # Not every failure comes wrapped: an unreadable CA file, a name IDNA cannot encode.
            return Reply(Probed(url, None, error=str(error) or type(error).__name__))
        return Reply(visit.begun, body)

    def _pool(self, url: str, host: str) -> urllib3.HTTPConnectionPool | urllib3.PoolManager:
        import urllib3

        secure = url.lower().startswith("https:")
        timeout = urllib3.Timeout(connect=self._timeout, read=self._timeout)
        ca = None if self._ca_file is None else str(self._ca_file)
        if (where := self._where(url, host)) is not None:
            address, port = where
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

    def _where(self, url: str, host: str) -> tuple[str, int] | None:
        """The address and port to ask in place of the URL's own, None to ask DNS.

        Raises ValueError for a host that was given an address at other ports only: DNS may well lead to
        another site still.
        """
        port = urlsplit(url).port or (443 if url.lower().startswith("https:") else 80)
        exact = self._resolve.get(f"{host}:{port}") or self._resolve.get(host)
        if exact is None and any(key.startswith(f"{host}:") for key in self._resolve):
            raise ValueError(f"no address was given for {host} at port {port}")
        return exact

    def _target(self, url: str, host: str) -> str:
        """A pool of one host is asked for the path alone, a pool manager for the whole URL."""
        if self._where(url, host) is None:
            return url
        parts = urlsplit(url)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def _request_headers(self, url: str) -> dict[str, str]:
        return {
            "Host": urlsplit(url).netloc.rpartition("@")[2],
            "User-Agent": f"edgerollout/{__version__}",
            "Accept": "text/html,*/*;q=0.8",
        }


@dataclass
class _Visit:
    """A request under way in its own thread. `begun` has its headers once they came.

    `headers_came` is set then, and at the end at the latest.
    """

    headers_came: threading.Event = field(default_factory=threading.Event)
    done: concurrent.futures.Future[Reply] = field(default_factory=concurrent.futures.Future)
    begun: Probed | None = None


def _probed(url: str, response: urllib3.BaseHTTPResponse) -> Probed:
    pairs = tuple((name.lower(), value) for name, value in response.headers.iteritems())
    probed = Probed(url, response.status, pairs)
    return replace(
        probed,
        pop=next(iter(probed.values("x-amz-cf-pop")), None),
        cache=next(iter(probed.values("x-cache")), None),
    )


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


def _drain(response: urllib3.BaseHTTPResponse) -> bytes:
    """The beginning of the body; what is larger than `LARGEST_BODY` is not read to its end."""
    read, kept = 0, b""
    for chunk in response.stream(_CHUNK):
        read += len(chunk)
        if len(kept) < KEPT_BODY:
            kept = (kept + chunk)[:KEPT_BODY]
        if read >= LARGEST_BODY:
            break
    return kept


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
            return _protocol(error)


def _protocol(error: Exception) -> str:
    import http.client

    for layer in _layers(error):
        match layer:
            case http.client.RemoteDisconnected():
                return "the connection was closed without an answer"
            case http.client.BadStatusLine():
                return "what came is no HTTP"
            case http.client.LineTooLong():
                return "a header line is longer than 64 KB"
            case http.client.HTTPException() if "headers" in str(layer):
                return "more than 100 header lines came"
            case _:
                continue
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
