"""A development server on this machine as the origin: its pages, its WebSockets, its event streams."""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edgerollout.edge.message import EdgeResponse, without
from edgerollout.edge.origins import HOP_BY_HOP, HttpOrigin, OriginUnreachable
from edgerollout.errors import UsageError
from edgerollout.net.public import is_loopback_host

if TYPE_CHECKING:
    from edgerollout.edge.message import EdgeRequest
    from edgerollout.edge.origins import OriginRequest
    from edgerollout.handlers.events import Lines

PATIENCE = 120.0
"""Seconds to wait for the start of an answer: a development server may first compile the page."""

_CONNECT_SECONDS = 5.0
_SEND_SECONDS = 30.0
_CHUNK = 65_536
_CONDITIONS = frozenset({"if-none-match", "if-modified-since"})
"""After a 304 the browser keeps its old headers; it would not see a changed policy."""


@dataclass(frozen=True)
class Upstream:
    """Where the development server listens: plain HTTP, on this machine."""

    host: str
    port: int
    path: str = ""

    @classmethod
    def parse(cls, url: str) -> Upstream:
        """Read `http://localhost:5173`. Raises UsageError for another machine or another scheme."""
        given = url if "://" in url else f"http://{url}"
        try:
            parts = urlsplit(given)
            port = parts.port
        except ValueError as error:
            raise UsageError(f"--upstream {url} is not a URL", why=str(error), hint=_EXAMPLE) from error
        if parts.scheme != "http":
            raise UsageError(
                f"--upstream needs an http:// URL, not {parts.scheme}://",
                why="only the preview itself uses TLS, not a server behind it on this machine",
                hint="Start the development server without TLS.",
            )
        if not parts.hostname or parts.query or parts.fragment or parts.username:
            raise UsageError(f"--upstream {url} is not the address of a server", hint=_EXAMPLE)
        if not is_loopback_host(parts.hostname):
            raise UsageError(
                f"--upstream {url} is not on this machine",
                why="a preview only connects to this machine",
                hint=_EXAMPLE,
            )
        return cls(parts.hostname, port or 80, parts.path.rstrip("/"))

    @property
    def authority(self) -> str:
        """Host and port as in a URL and in the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == 80 else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.authority}{self.path}"


_EXAMPLE = "Such as --upstream http://localhost:5173."


class UpstreamOrigin:
    """Fetches from the development server; if it is down, answers with a page that says so."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._http = HttpOrigin(upstream.url, timeout=PATIENCE)

    def fetch(self, request: OriginRequest) -> EdgeResponse:
        kept = without(request.headers, HOP_BY_HOP | _CONDITIONS | {"transfer-encoding"})
        try:
            answer = self._http.fetch(replace(request, headers=kept))
        except OriginUnreachable as error:
            return _down_page(self._upstream, str(error))
        return replace(answer, headers=tuple(self._led_back(name, value) for name, value in answer.headers))

    def _led_back(self, name: str, value: str) -> tuple[str, str]:
        """A redirect to the server's own address stays in the preview."""
        own = f"http://{self._upstream.authority}"
        if name.lower() != "location" or not (value == own or value.startswith((f"{own}/", f"{own}?"))):
            return name, value
        return name, value.removeprefix(own) or "/"


def _down_page(upstream: Upstream, why: str) -> EdgeResponse:
    body = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>502: no development server</title></head>
<body>
<h1>Nothing answers at {escape(upstream.url)}</h1>
<p>The preview works; the development server behind it gave no answer. Is it running, on that port?
Start it and reload this page.</p>
<pre>{escape(why)}</pre>
</body></html>
""".encode()
    headers = (
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
    )
    return EdgeResponse(502, "Bad Gateway", headers, body)


class UpstreamTunnel:
    """Passes WebSockets (hot module replacement) and event streams to the development server.

    The bytes are not changed: no function runs, and no header is added.
    """

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    def wants(self, request: EdgeRequest) -> bool:
        if (request.header("upgrade") or "").lower() == "websocket":
            return "upgrade" in (request.header("connection") or "").lower()
        return request.method == "GET" and "text/event-stream" in (request.header("accept") or "").lower()

    def carry(self, request: EdgeRequest, viewer: socket.socket, early: bytes) -> None:
        try:
            server = socket.create_connection((self._upstream.host, self._upstream.port), _CONNECT_SECONDS)
        except OSError:
            viewer.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        with server:
            server.sendall(self._head(request) + request.body + early)
            _relay(viewer, server)

    def _head(self, request: EdgeRequest) -> bytes:
        query = f"?{request.querystring}" if request.querystring else ""
        lines: Lines = request.headers
        if request.header("upgrade") is None:
            # An event stream is its connection's last answer.
            lines = (*without(lines, {"connection"}), ("Connection", "close"))
        head = [
            f"{request.method} {self._upstream.path}{request.path}{query} HTTP/1.1",
            f"Host: {self._upstream.authority}",
            *(f"{name}: {value}" for name, value in lines),
        ]
        return "\r\n".join((*head, "", "")).encode("latin-1", "replace")


def _relay(viewer: socket.socket, server: socket.socket) -> None:
    """Pass bytes both ways until one side ends.

    In one thread: two threads may not read and write a TLS connection at once.
    """
    other = {viewer: server, server: viewer}
    with selectors.DefaultSelector() as selector, contextlib.suppress(OSError):
        for side in other:
            side.settimeout(0)
            selector.register(side, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                source = viewer if key.fileobj is viewer else server
                if not _pass_on(source, other[source]):
                    return


def _pass_on(source: socket.socket, target: socket.socket) -> bool:
    """Pass on what can be read without waiting; False if the source has ended."""
    while True:
        try:
            data = source.recv(_CHUNK)
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        if not data:
            return False
        target.settimeout(_SEND_SECONDS)
        target.sendall(data)
        target.settimeout(0)
