"""One HTTP request in bounded time, over urllib3. Redirects are not followed, nothing is kept or cached.

Each request has its own connection, to an address looked up here: so the address can be checked,
and the checked address is the one that is used. The name in TLS and `Host` is the URL's.
"""

from __future__ import annotations

import http.client
import math
import re
import ssl
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from edgerollout import __version__
from edgerollout.net.answer import CertificateRefused, HttpAnswer, NoAnswer, PrivateAddress
from edgerollout.net.connecting import direct, looked_up, through
from edgerollout.net.failure import is_certificate, words
from edgerollout.net.proxy import no_way, proxy_for, refused
from edgerollout.net.reply import Reply
from edgerollout.net.trust import context
from edgerollout.net.url import place_of, target_of
from edgerollout.net.watch import ConnectionWatch
from edgerollout.waiting import SiteAsked, waits_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from ssl import SSLContext

    from urllib3 import BaseHTTPResponse
    from urllib3.connection import HTTPConnection

    from edgerollout.clock import Clock
    from edgerollout.net.connecting import Address
    from edgerollout.net.network import Network
    from edgerollout.net.proxy import Proxy
    from edgerollout.net.url import Endpoint

_CHUNK = 64 * 1024
_PROXY_AUTHENTICATION = 407
_FOLD = re.compile(r"[\r\n]+[ \t]*")
"""A header that continues in the next line (RFC 9112 §5.2)."""


class _NotConnected(NoAnswer):
    """No connection; another address of the host may work."""


class _Way(NamedTuple):
    """Where to connect to: an address, or a proxy that goes to the address or uses its own DNS."""

    address: Address | None
    proxy: Proxy | None = None


class Fetcher:
    """Asks URLs. Safe to use from several threads.

    The environment's proxies are used, also for addresses of `network.resolve`, never for this machine. If
    `may_ask` (host, address) is given, only addresses that it allows are asked, and those of
    `network.resolve`; no proxy is used: it could send the request anywhere.
    """

    def __init__(
        self, network: Network, clock: Clock, *, may_ask: Callable[[str, str], bool] | None = None
    ) -> None:
        self._network = network
        self._clock = clock
        self._may_ask = may_ask
        self._contexts: dict[bool, SSLContext] = {}

    def ask(
        self,
        url: str,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        *,
        largest: int,
        ends: float | None = None,
        any_certificate: bool = False,
    ) -> HttpAnswer:
        """One request; `headers` are added to the usual ones, or replace them.

        At most `largest` bytes of the body are read; why it broke off is in the answer, whose headers
        count anyway. All ends at `ends`, by the clock. A certificate that is not accepted is a
        failure, or with `any_certificate` noted in the answer. Raises NoAnswer with words, PrivateAddress,
        CertificateRefused and NotAUrl among them.
        """
        place = place_of(url)
        waits_for(SiteAsked(url))
        over = math.inf if ends is None else ends
        exchange = _Exchange(
            self._network,
            self._context,
            self._clock,
            url,
            place,
            method,
            headers or {},
            largest,
            min(over, self._clock.monotonic() + self._network.whole),
            over,
        )
        failed: NoAnswer = NoAnswer("the host has no address")
        for way in self._ways(place, exchange):
            try:
                return exchange.by(way, any_certificate=any_certificate)
            except _NotConnected as error:
                failed = error
        raise failed

    def _context(self, verify: bool) -> SSLContext:
        """Created once: reading all the CAs takes longer than a request."""
        if verify not in self._contexts:
            self._contexts[verify] = context(self._network, verify=verify)
        return self._contexts[verify]

    def _ways(self, place: Endpoint, exchange: _Exchange) -> tuple[_Way, ...]:
        """Addresses in DNS's order: the next one is tried if a connection fails. Or a proxy."""
        try:
            named = self._network.named(place.host, place.port)
        except ValueError as error:
            raise NoAnswer(str(error)) from error
        proxy = None
        if self._may_ask is None:
            proxy = proxy_for(place, *(() if named is None else (named[0],)))
        if named is not None or proxy is not None:
            return (_Way(named, proxy),)
        found = looked_up(place.host, place.port, exchange.left())
        may_ask = self._may_ask
        allowed = found if may_ask is None else [address for address in found if may_ask(place.host, address)]
        if found and not allowed:
            where = place.host if place.host == found[0] else f"{place.host} is at {found[0]}, which"
            raise PrivateAddress(f"{where} is not a public address")
        return tuple(_Way((address, place.port)) for address in allowed)


@dataclass(frozen=True)
class _Exchange:
    """One request and its answer. By the clock, the headers must be there at `ends`, the body at `over`."""

    network: Network
    context: Callable[[bool], SSLContext]
    clock: Clock
    url: str
    place: Endpoint
    method: str
    headers: Mapping[str, str]
    largest: int
    ends: float
    over: float

    def left(self) -> float:
        """Seconds. Raises NoAnswer if none are left."""
        left = self.ends - self.clock.monotonic()
        if left <= 0:
            raise self._too_late()
        return left

    def by(self, way: _Way, *, any_certificate: bool) -> HttpAnswer:
        """Ask at an address, or through a proxy."""
        try:
            return self._once(way, verify=True)
        except CertificateRefused:
            if not any_certificate:
                raise
            return self._once(way, verify=False)

    def _once(self, way: _Way, *, verify: bool) -> HttpAnswer:
        left = self.left()
        connection = self._connection(way, min(self.network.read, left), verify=verify)
        try:
            with ConnectionWatch(left, connection) as watch:
                self._connect(connection, watch, way.proxy)
                # Over http a proxy sends the request itself and needs the whole URL.
                asking = way.proxy if self.place.scheme == "http" else None
                return self._exchanged(connection, watch, asking, verified=verify)
        finally:
            connection.close()

    def _connection(self, way: _Way, timeout: float, *, verify: bool) -> HTTPConnection:
        if way.proxy is None:
            assert way.address is not None
            trusted = self.context(verify) if self.place.scheme == "https" else None
            return direct(self.place, way.address, trusted, timeout)
        try:
            return through(way.proxy, self.place, way.address, self.context(verify), timeout)
        except ValueError as error:
            raise NoAnswer(str(error)) from error

    def _connect(self, connection: HTTPConnection, watch: ConnectionWatch, proxy: Proxy | None) -> None:
        import urllib3

        try:
            connection.connect()
        except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError) as error:
            if watch.expired:
                raise self._too_late() from error
            why = words(error, self.network.read)
            if is_certificate(error):
                raise CertificateRefused(why) from error
            if isinstance(error, (ssl.SSLError, urllib3.exceptions.SSLError)):
                raise NoAnswer(why) from error
            raise _NotConnected(why if proxy is None else no_way(proxy, why)) from error
        watch.hold()

    def _exchanged(
        self, connection: HTTPConnection, watch: ConnectionWatch, asking: Proxy | None, *, verified: bool
    ) -> HttpAnswer:
        import urllib3

        odd: list[str] = []
        connection.response_class = partial(Reply, odd=odd)  # type: ignore[assignment]
        try:
            watch.check()
            connection.request(
                self.method,
                (f"http://{self.place.shown}" if asking is not None else "") + target_of(self.url),
                headers=self._headers(asking),
                preload_content=False,
                decode_content=False,
            )
            response = connection.getresponse()
            # A connection that was closed in the middle of the headers looks like their end.
            watch.check()
        except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError) as error:
            if watch.expired:
                raise self._too_late() from error
            raise NoAnswer(words(error, self.network.read)) from error
        if asking is not None and response.status == _PROXY_AUTHENTICATION:
            response.close()
            raise NoAnswer(refused(asking, response.status))
        try:
            body, broken_off = self._body(response, watch)
        finally:
            response.close()
        pairs = tuple(
            (name.lower(), _FOLD.sub(" ", value).strip()) for name, value in response.headers.iteritems()
        )
        return HttpAnswer(self.url, response.status, pairs, None, body, verified, broken_off, tuple(odd))

    def _body(self, response: BaseHTTPResponse, watch: ConnectionWatch) -> tuple[bytes, str | None]:
        """The received part of the body, and why it is not complete."""
        import urllib3

        began = self.clock.monotonic()
        ends = min(began + self.network.body, self.over)
        late = f"more than {self.network.body:g} s"
        watch.again(max(0.0, ends - began))
        read = bytearray()
        try:
            # Read what is there: a read of so many bytes would wait for the last one.
            while len(read) < self.largest and (chunk := response.read1(_CHUNK, decode_content=False)):
                read += chunk
                if self.clock.monotonic() > ends:
                    break
        except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError) as error:
            return bytes(read), late if watch.expired else words(error, self.network.read)
        if watch.expired or self.clock.monotonic() > ends:
            return bytes(read), late
        if len(read) < self.largest and response.length_remaining:
            return bytes(read), "the answer is shorter than its Content-Length"
        return bytes(read[: self.largest]), None

    def _headers(self, proxy: Proxy | None) -> dict[str, str]:
        return {
            **({} if proxy is None else proxy.headers),
            "Host": self.place.shown,
            "User-Agent": f"edgerollout/{__version__}",
            "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
            "Accept-Encoding": "identity",
            **self.headers,
        }

    def _too_late(self) -> NoAnswer:
        return NoAnswer(f"no whole answer within {self.network.whole:g} s")
