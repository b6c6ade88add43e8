"""The hosts of the kinds, over TLS on one port of loopback: the app, a third party, a foreign frame."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from edgerollout.clock import SystemClock
from edgerollout.edge.authority import LocalAuthority
from edgerollout.tour.model import TourRequest
from tests.browser.kinds.pages import APP, CLEAN, FRAME, KINDS, THIRD, Kind, document
from tests.outside import chromium

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63f8cf50"
    "0f0003860180 5a347d6b0000000049454e44ae426082".replace(" ", "")
)
HANGS = 0
"""A status by which a host says nothing at all."""

WANTS_REFERRER = -1
"""A status by which a host answers 200 to whoever says whence they come, and 403 to others."""

_TYPES = {"js": "text/javascript", "css": "text/css", "png": "image/png", "json": "application/json",
          "svg": "image/svg+xml"}  # fmt: skip


@dataclass
class Site:
    """Where the hosts answer. `policy_header` is the CSP header the app sends, None for none; changes count
    from the next request on. `answers` overrides: (host, path) → (status, headers, body)."""

    port: int
    ca_file: Path
    policy_header: str | None = None
    suffix: str = ""
    answers: dict[tuple[str, str], tuple[int, dict[str, str], str]] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    streams: dict[tuple[str, str], tuple[float, ...]] = field(default_factory=dict)
    """(host, path) → seconds before each piece of a body whose length nobody knows."""
    delays: dict[tuple[str, str], float] = field(default_factory=dict)
    """(host, path) → seconds before the answer begins."""

    def resolver(self, *more: str) -> dict[str, tuple[str, int]]:
        return dict.fromkeys((APP, THIRD, FRAME, *more), ("127.0.0.1", self.port))

    def request(self, urls: tuple[str, ...], **changes: object) -> TourRequest:
        """A tour of these pages alone; skips the test where there is no Chromium."""
        request = TourRequest(
            urls,
            crawl=False,
            sitemap=False,
            resolve=self.resolver(),
            ca_file=self.ca_file,
            only_resolved=True,
            browser=str(chromium()),
        )
        return replace(request, **changes)  # type: ignore[arg-type]


_PAGES: Mapping[str, Kind] = {f"/{kind.name}": kind for kind in (*KINDS, *CLEAN)}
_FILES = {path: (kind, body) for kind in (*KINDS, *CLEAN) for path, body in kind.files.items()}


def _answer(site: Site, host: str, target: str) -> tuple[int, dict[str, str], bytes]:
    path, _, query = target.partition("?")
    if (host, path) in site.answers:
        status, headers, text = site.answers[host, path]
        if status == WANTS_REFERRER:
            sent = next(names for asked, at, names in reversed(site.asked) if (asked, at) == (host, target))
            status = 200 if sent.get("referer") else 403
        return status, {"content-type": "text/html", **headers}, text.encode()
    extension = path.rpartition(".")[2]
    headers = {"content-type": _TYPES.get(extension, "text/html"), "cache-control": "no-store"}
    if host == THIRD:
        headers["access-control-allow-origin"] = "*"
        return 200, headers, PNG if extension == "png" else b"/* */" if extension in ("js", "css") else b"{}"
    if host == FRAME:
        inner = f"<iframe src=https://{APP}/clean-cssom></iframe>" if path == "/framing" else "<p>x"
        # A foreign page's own policy and its own violations are none of the tour's business.
        headers["content-security-policy-report-only"] = "script-src 'self'"
        return 200, headers, f"<!doctype html>{inner}<script>window.z=1</script>".encode()
    kind = _PAGES.get(path) or (_FILES[path][0] if path in _FILES else None)
    if site.policy_header is not None:
        policy = kind.policy if kind is not None else next(iter(KINDS)).policy
        headers[site.policy_header] = policy + site.suffix
    if path == "/to":
        return 302, {**headers, "location": query, "access-control-allow-origin": "*"}, b""
    if path in _PAGES:
        return 200, headers, document(_PAGES[path]).encode()
    if path in _FILES:
        return 200, headers, _FILES[path][1].encode()
    if path.startswith("/js/"):
        return 200, headers, _PAGES[f"/{path[4:-3]}"].script.encode()
    if extension == "png":
        return 200, headers, PNG
    if extension in _TYPES:
        return 200, headers, b"{}" if extension == "json" else b""
    return 404, headers, b"<!doctype html><p>nothing here"


@contextlib.contextmanager
def running_site(folder: Path) -> Iterator[Site]:
    """The site, gone with the block."""
    authority = LocalAuthority.open(folder, SystemClock(), ("example",))

    stopping = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 20

        def _go(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            self.rfile.read(length)
            host = (self.headers.get("host") or "").partition(":")[0]
            names = {name.lower(): value for name, value in self.headers.items()}
            site.asked.append((host, self.path, names))
            if (host, self.path) in site.streams:
                self._stream(site.streams[host, self.path])
                return
            stopping.wait(site.delays.get((host, self.path), 0.0))
            status, headers, body = _answer(site, host, self.path)
            if status == HANGS:
                stopping.wait(30)
                return
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def _stream(self, pauses: tuple[float, ...]) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/plain")
            self.send_header("transfer-encoding", "chunked")
            # What may not be stored and is not read the browser never calls finished.
            self.send_header("cache-control", "no-store")
            self.end_headers()
            self.wfile.flush()
            for pause in pauses:
                if stopping.wait(pause):
                    return
                self.wfile.write(b"2\r\n{}\r\n")
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")

        do_GET = do_POST = do_HEAD = do_OPTIONS = _go  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def finish_request(self, request: object, client_address: object) -> None:
            # Per connection, in its own thread: a client that says nothing must not hold the others up.
            context = authority.context_for(APP)
            context.sni_callback = lambda sock, name, _: setattr(  # type: ignore[assignment]
                sock, "context", authority.context_for(name or APP)
            )
            with (
                contextlib.suppress(OSError),
                context.wrap_socket(request, server_side=True) as secure,  # type: ignore[arg-type]
            ):
                Handler(secure, client_address, self)  # type: ignore[arg-type]

        def handle_error(self, request: object, client_address: object) -> None:
            """Browsers hang up when they please."""

    server = Server(("127.0.0.1", 0), Handler)
    site = Site(server.server_address[1], authority.certificate)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        stopping.set()
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
