"""One request to a site that is scanned: to an address that was checked first, within bounded time.

A scanned site may redirect anywhere and its DNS may answer differently the second time. So a host is
resolved once, the addresses are judged, and the connection goes to the very address that was judged; name
in TLS and `Host` stay the URL's. Proxies are not used: through one, nobody knows where a request ends up.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from urllib.parse import quote, urlsplit

from edgerollout import __version__
from edgerollout.probe.scan_addresses import is_loopback, is_public

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import urllib3.connection
    from urllib3 import BaseHTTPResponse

    from edgerollout.clock import Clock

LARGEST_BODY = 2 * 1024 * 1024
"""Bytes of a page that are read, and the most that are unpacked."""

_CHUNK = 64 * 1024
_MOST_ADDRESSES = 3
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Answer:
    """What one URL answered. `headers`: (lower-case name, value), repeats kept. `verified`: its
    certificate was accepted, or none was needed. `broken_off`: why more of the body did not come.
    """

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: str
    verified: bool
    broken_off: str | None = None

    def values(self, name: str) -> tuple[str, ...]:
        return tuple(value for key, value in self.headers if key == name)


class NoAnswer(Exception):
    """Nothing came, in words."""


class PrivateAddress(NoAnswer):
    """The host is at an address that the public cannot reach, and that was not asked for."""


class _NotConnected(NoAnswer):
    """There is no connection; another address of the host may have one."""


class _BadCertificate(NoAnswer):
    """The certificate was not accepted."""


@dataclass(frozen=True)
class Limits:
    """Seconds: for connecting and each read; for everything that is asked of one URL."""

    read: float = 10.0
    whole: float = 30.0


class Fetcher:
    """Asks on behalf of one URL's scan; its time runs from the start.

    `resolve` maps (host, port) to the address and port to ask instead, without judgement: whoever scans
    named them. `ca_file` is trusted instead of the system's CAs. `own_host` may be on loopback.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        resolve: Mapping[tuple[str, int], tuple[str, int]] | None = None,
        ca_file: Path | None = None,
        allow_private: bool = False,
        own_host: str = "",
        limits: Limits | None = None,
    ) -> None:
        self._clock = clock
        self._resolve = dict(resolve or {})
        self._ca_file = ca_file
        self._allow_private = allow_private
        self._own_host = own_host
        self._limits = limits or Limits()
        self._ends = clock.monotonic() + self._limits.whole
        self._cookies: dict[str, dict[str, str]] = {}

    def ask(self, url: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> Answer:
        """One request. A certificate that is not accepted is said in the answer, not refused.

        Raises NoAnswer with words, PrivateAddress among them.
        """
        sent = {**self._headers(url), **(headers or {})}
        places = self._addresses(url)
        failed: NoAnswer = NoAnswer("the host has no address")
        for place in places:
            try:
                answer = self._at(place, url, method, sent)
            except _NotConnected as error:
                failed = error
            else:
                self._remember(answer)
                return answer
        raise failed

    def _at(self, place: tuple[str, int], url: str, method: str, sent: Mapping[str, str]) -> Answer:
        try:
            return self._exchange(self._connection(place, url, verify=True), url, method, sent, verified=True)
        except _BadCertificate:
            careless = self._connection(place, url, verify=False)
            return self._exchange(careless, url, method, sent, verified=False)

    def _exchange(
        self,
        connection: urllib3.connection.HTTPConnection,
        url: str,
        method: str,
        sent: Mapping[str, str],
        *,
        verified: bool,
    ) -> Answer:
        import urllib3

        with self._cut_off() as watch:
            connected = False
            try:
                connection.connect()
                connected = True
                watch.hold(connection.sock)
                watch.check()
                connection.request(
                    method,
                    _target(url),
                    headers=sent,
                    preload_content=False,
                    decode_content=False,
                )
                response = connection.getresponse()
                # A connection that was shut down in the middle of the headers looks like their end.
                watch.check()
                body, broken_off = (b"", None) if method == "OPTIONS" else self._body(response)
            except ssl.SSLCertVerificationError as error:
                raise _BadCertificate(error.verify_message) from error
            except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError) as error:
                if watch.expired:
                    raise NoAnswer(f"no complete answer within {self._limits.whole:g} s") from error
                if _is_certificate(error) and verified:
                    raise _BadCertificate(str(error)) from error
                kind = NoAnswer if connected or isinstance(error, ssl.SSLError) else _NotConnected
                raise kind(_words(error, self._limits.read)) from error
            finally:
                connection.close()
        pairs = tuple((name.lower(), value) for name, value in response.headers.iteritems())
        return Answer(url, response.status, pairs, _text(body, pairs), verified, broken_off)

    def _body(self, response: BaseHTTPResponse) -> tuple[bytes, str | None]:
        """What came of the body, and why it is not all. The headers count without it."""
        import urllib3

        read = bytearray()
        ends = self._clock.monotonic() + self._limits.read
        try:
            # Whatever is there at a time: a read of so many bytes waits for the last one.
            while (chunk := response.read1(_CHUNK, decode_content=False)) and len(read) < LARGEST_BODY:
                read += chunk
                if self._clock.monotonic() > ends:
                    return bytes(read), f"more than {self._limits.read:g} s"
        except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError) as error:
            return bytes(read), _words(error, self._limits.read)
        return bytes(read[:LARGEST_BODY]), None

    def _connection(
        self, place: tuple[str, int], url: str, *, verify: bool
    ) -> urllib3.connection.HTTPConnection:
        import urllib3.connection

        left = self._ends - self._clock.monotonic()
        if left <= 0:
            raise NoAnswer(f"no complete answer within {self._limits.whole:g} s")
        scheme, host, _ = _place(url)
        address, port = place
        timeout = min(self._limits.read, left)
        if scheme == "http":
            return urllib3.connection.HTTPConnection(address, port, timeout=timeout)
        return urllib3.connection.HTTPSConnection(
            address,
            port,
            timeout=timeout,
            ca_certs=None if self._ca_file is None else str(self._ca_file),
            cert_reqs="CERT_REQUIRED" if verify else "CERT_NONE",
            server_hostname=host,
            assert_hostname=host if verify else False,
        )

    def _addresses(self, url: str) -> tuple[tuple[str, int], ...]:
        """Where the host may be asked, in DNS's order: the next is tried where one cannot be connected to."""
        _, host, port = _place(url)
        named = self._resolve.get((host, port))
        if named is not None:
            return (named,)
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, ValueError) as error:  # ValueError: a name that IDNA cannot encode
            raise NoAnswer("the host name cannot be resolved") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        allowed = [one for one in addresses if self._may_ask(host, one)]
        if not allowed:
            where = host if host == addresses[0] else f"{host} is at {addresses[0]}, which"
            raise PrivateAddress(f"{where} is not a public address")
        return tuple((address, port) for address in allowed[:_MOST_ADDRESSES])

    def _may_ask(self, host: str, address: str) -> bool:
        if self._allow_private or is_public(address):
            return True
        return host == self._own_host and is_loopback(address)

    def _headers(self, url: str) -> dict[str, str]:
        scheme, host, port = _place(url)
        shown = f"[{host}]" if ":" in host else host
        sent = {
            "Host": shown if port == _PORTS[scheme] else f"{shown}:{port}",
            "User-Agent": f"edgerollout/{__version__}",
            "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
            "Accept-Encoding": "identity",
        }
        if jar := self._cookies.get(host):
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
        return sent

    def _remember(self, answer: Answer) -> None:
        """Cookies are sent back to their host: some sites redirect until they see theirs."""
        jar = self._cookies.setdefault(_place(answer.url)[1], {})
        for value in answer.values("set-cookie"):
            name, equals, content = value.partition(";")[0].partition("=")
            if equals and (name + content).isprintable():
                jar[name.strip()] = content.strip()

    def _cut_off(self) -> _Watch:
        return _Watch(max(0.0, self._ends - self._clock.monotonic()))


class _Watch:
    """Shuts a connection down when its time is up.

    A socket's time-out counts from byte to byte; a site that sends one every few seconds never meets it.
    """

    def __init__(self, seconds: float) -> None:
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True
        self.expired = False

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def hold(self, connected: socket.socket) -> None:
        """Watch this one. A connection lets go of its socket once an answer says that it is the last."""
        self._socket = connected

    def check(self) -> None:
        """Raise TimeoutError where time ran out without a read that failed."""
        if self.expired:
            raise TimeoutError

    def _expire(self) -> None:
        self.expired = True
        if self._socket is not None:
            try:
                # Not the TLS socket's own way, which takes its state from under the thread that reads.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
            except OSError:
                return  # closed already


def _place(url: str) -> tuple[str, str, int]:
    """Scheme, host as DNS has it, and port. Raises NoAnswer for what is no http(s) URL."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
        scheme = parts.scheme.lower()
        host = host if host.isascii() else host.encode("idna").decode("ascii")
    except ValueError as error:
        raise NoAnswer("not a URL that can be asked") from error
    if scheme not in _PORTS or not host:
        raise NoAnswer("not an http:// or https:// URL")
    return scheme, host, port or _PORTS[scheme]


def _target(url: str) -> str:
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return quote(target, safe="!#$%&'()*+,/:;=?@[]~")


def _text(body: bytes, headers: tuple[tuple[str, str], ...]) -> str:
    """The body as text. Packed although nobody asked for it: unpacked, up to the largest body."""
    found = dict(headers)
    if found.get("content-encoding", "").strip().lower() in ("gzip", "x-gzip", "deflate"):
        try:
            body = zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(body, LARGEST_BODY)
        except zlib.error:
            body = b""
    charset = found.get("content-type", "").lower().partition("charset=")[2].strip("\"' ;") or "utf-8"
    try:
        return body.decode(charset, "replace")
    except (LookupError, ValueError):  # ValueError: a NUL in the name
        return body.decode("utf-8", "replace")


def _is_certificate(error: BaseException) -> bool:
    import urllib3.util.ssl_match_hostname as matching

    return any(
        isinstance(layer, (ssl.SSLCertVerificationError, matching.CertificateError))
        for layer in _layers(error)
    )


def _words(error: Exception, timeout: float) -> str:
    """Why nothing came, in a few words."""
    import urllib3

    layers = list(_layers(error))
    match error:
        case _ if any(isinstance(one, http.client.LineTooLong) for one in layers):
            return "a header line is longer than 64 KiB"
        case _ if any(isinstance(one, ConnectionRefusedError) for one in layers):
            return "connection refused"
        case urllib3.exceptions.NewConnectionError():
            return "cannot connect"
        case urllib3.exceptions.TimeoutError() | TimeoutError():
            return f"no answer within {timeout:g} s"
        case _ if any(isinstance(one, ssl.SSLError) for one in layers):
            return f"TLS: {layers[-1]}"
        case _ if any(isinstance(one, http.client.IncompleteRead) for one in layers):
            return "less than was announced"
        case http.client.RemoteDisconnected() | ConnectionResetError():
            return "the connection was closed without an answer"
        case http.client.HTTPException():
            return f"not HTTP: {str(layers[-1]) or type(layers[-1]).__name__}"
        case _:
            return f"{layers[-1]}" or type(layers[-1]).__name__


def _layers(error: BaseException) -> Iterator[BaseException]:
    layer: BaseException | None = error
    for _ in range(8):
        if layer is None:
            return
        yield layer
        inner = next((one for one in layer.args if isinstance(one, BaseException)), None)
        layer = layer.__cause__ if inner is None else inner
