"""Serves an edge on ports of this machine: HTTP, and TLS with a certificate for every host."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Protocol, Self, cast
from urllib.parse import urlsplit

from edgerollout.edge.message import EdgeRequest, EdgeResponse
from edgerollout.loopback import is_followed_link, is_foreign, is_local

if TYPE_CHECKING:
    from collections.abc import Callable
    from io import BufferedReader
    from types import TracebackType

    from edgerollout.edge.authority import LocalAuthority

LOOPBACK = "127.0.0.1"
IDLE_SECONDS = 60.0
"""Seconds that a kept-alive connection may stay silent."""

MAX_BODY = 20 * 1024 * 1024

_FOREIGN = EdgeResponse(
    403,
    "Forbidden",
    (("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")),
    b"edgerollout: a page of another site must not use the names of this machine.\n",
)

_PLAIN_REQUEST = re.compile(
    r"[A-Z]+ (?P<path>/[!-~]*) HTTP/1\.[01]\r\n(?:.*\r\n)*?host: *(?P<host>[\w.:\[\]-]+) *\r\n", re.IGNORECASE
)


class Responder(Protocol):
    """What a server serves: an `Edge`, or anything with the same interface."""

    def handle(self, request: EdgeRequest) -> EdgeResponse:
        """The response to one request; never raises for a bad request."""
        ...


class Tunnel(Protocol):
    """Takes over connections that become WebSockets or event streams."""

    def wants(self, request: EdgeRequest) -> bool:
        """Whether this request begins such a connection."""
        ...

    def carry(self, request: EdgeRequest, viewer: socket.socket, early: bytes) -> None:
        """Answer on the viewer's connection until one side ends it; `early` was already read from it.

        Raises OSError when the viewer went away. The caller closes the connection.
        """
        ...


class EdgeServer:
    """Serves an edge on loopback from threads of its own, until it is closed.

    Port 0 means: chosen by the system; `http_port` and `https_port` have the result. Without an authority
    there is no HTTPS; unless `plain` there is no HTTP, and `http_port` is 0. HTTP requests to the HTTPS port
    are redirected to https://. Under a name that is this machine in every browser (localhost, its subdomains,
    loopback addresses) pages of other sites are refused, except for a link that is followed. The names of
    sites reach it only through a resolver that somebody set. Their pages may load from each other: there only
    the edge decides, by Host. Raises OSError when a port is in use.
    """

    def __init__(
        self,
        edge: Responder,
        *,
        http_port: int = 0,
        https_port: int = 0,
        authority: LocalAuthority | None = None,
        plain: bool = True,
        tunnel: Tunnel | None = None,
    ) -> None:
        self._threads: list[threading.Thread] = []
        self._servers: list[_Server] = []
        self.http_port: int = 0
        self.https_port: int | None = None
        if plain:
            http = _Server((LOOPBACK, http_port), edge, None)
            self._servers.append(http)
            self.http_port = http.server_address[1]
        if authority is not None:
            try:
                https = _Server((LOOPBACK, https_port), edge, _tls(authority.context_for))
            except OSError:
                self.close()
                raise
            self._servers.append(https)
            self.https_port = https.server_address[1]
        for server in self._servers:
            server.https_port = self.https_port
            server.tunnel = tunnel

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Begin to answer."""
        for server in self._servers:
            # Polled only to notice when it is closed.
            thread = threading.Thread(
                target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
            )
            thread.start()
            self._threads.append(thread)

    def close(self) -> None:
        """Stop answering and free the ports. Connections that are open end with their next request."""
        for server, _ in zip(self._servers, self._threads, strict=False):
            server.shutdown()
        for server in self._servers:
            server.server_close()
        for thread in self._threads:
            thread.join(timeout=5)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # server_close must not wait for viewers that keep their connection open.
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], edge: Responder, tls: ssl.SSLContext | None) -> None:
        # Needed by server_close, which the base class calls if the port is taken.
        self._open: set[socket.socket] = set()
        super().__init__(address, _Viewer)
        self.edge = edge
        self.tls = tls
        self.https_port: int | None = None
        self.tunnel: Tunnel | None = None

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        connection, address = super().get_request()
        if self.tls is not None:
            # The handshake runs in the viewer's own thread: a slow one must not block the others.
            connection = self.tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False, suppress_ragged_eofs=True
            )
        return connection, address

    def process_request(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        if isinstance(request, socket.socket):
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        if isinstance(request, socket.socket):
            self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        for connection in tuple(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore viewers that went away or never spoke TLS."""


class _Viewer(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    # Send head and body together, at once.
    wbufsize = -1
    disable_nagle_algorithm = True

    def setup(self) -> None:
        if isinstance(self.request, ssl.SSLSocket):
            self.request.settimeout(IDLE_SECONDS)
            if _speaks_http(self.request):
                _send_to_https(self.request)
                raise ConnectionAbortedError("HTTP on the port of HTTPS")
            self.request.do_handshake()
        super().setup()

    def parse_request(self) -> bool:
        """The edge handles every method; the base class would look for one function per method."""
        if not super().parse_request():
            return False
        setattr(self, f"do_{self.command}", self._serve)
        return True

    def _serve(self) -> None:
        body = self._body()
        if body is None:
            return
        server = cast("_Server", self.server)
        target = urlsplit(self.path)
        request = EdgeRequest(
            method=self.command,
            host=self.headers.get("Host") or target.netloc,
            path=target.path or "/",
            querystring=target.query,
            scheme="http" if server.tls is None else "https",
            headers=tuple((name, value) for name, value in self.headers.items() if name.lower() != "host"),
            body=body,
            client_ip=str(self.client_address[0]),
            https_port=server.https_port,
        )
        if _is_refused(request):
            self._send(_FOREIGN)
            return
        if server.tunnel is not None and server.tunnel.wants(request):
            self.close_connection = True
            server.tunnel.carry(request, self.connection, self._early())
            return
        self._send(server.edge.handle(request))

    def _early(self) -> bytes:
        """What the viewer sent after this request, already read."""
        self.connection.settimeout(0)
        try:
            # Looks into the buffer; reads from the connection only when that is empty, without waiting.
            return cast("BufferedReader", self.rfile).peek()
        except OSError:
            return b""
        finally:
            self.connection.settimeout(IDLE_SECONDS)

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal() or int(length) > MAX_BODY:
            self.close_connection = True
            self.send_error(413 if length.isdecimal() and int(length) > MAX_BODY else 411)
            return None
        return self.rfile.read(int(length))

    def _send(self, response: EdgeResponse) -> None:
        self.send_response_only(response.status, response.reason)
        # Content-Length may differ from the body only if there is no body.
        has_body = self.command != "HEAD" and response.status not in (204, 304)
        for name, value in response.headers:
            if not (has_body and name.lower() == "content-length"):
                self.send_header(name, value)
        if has_body:
            self.send_header("Content-Length", str(len(response.body)))
        self.send_header("Connection", "close" if self.close_connection else "keep-alive")
        self.end_headers()
        self.wfile.write(response.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """No log on stderr."""


def _is_refused(request: EdgeRequest) -> bool:
    own_origin = f"{request.scheme}://{request.host}"
    return (
        is_local(request.host)
        and is_foreign(own_origin, request.header)
        and not is_followed_link(request.method, request.header)
    )


def _speaks_http(connection: ssl.SSLSocket) -> bool:
    """Whether the first byte is not the start of a TLS handshake (RFC 8446 §5.1: 22)."""
    first = socket.socket.recv(connection, 1, socket.MSG_PEEK)
    return first not in (b"", b"\x16")


def _send_to_https(connection: ssl.SSLSocket) -> None:
    """Redirect one plain request to https://: for a bare name browsers try http:// first."""
    head = socket.socket.recv(connection, 8192).decode("latin-1")
    found = _PLAIN_REQUEST.match(head)
    if found is None:
        return
    answer = (
        f"HTTP/1.1 307 Temporary Redirect\r\nLocation: https://{found['host']}{found['path']}\r\n"
        "Cache-Control: no-store\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
    socket.socket.sendall(connection, answer.encode("latin-1"))


def _tls(context_for: Callable[[str], ssl.SSLContext]) -> ssl.SSLContext:
    """A TLS context that chooses the certificate by the viewer's host name (SNI)."""
    # A viewer that uses an IP address sends no name.
    default = context_for(LOOPBACK)

    def choose(connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        if name is not None:
            connection.context = context_for(name.lower())

    default.sni_callback = choose
    return default
