"""What a browser blocks of a folder under a policy: told by nobody but the browser.

It knows nothing of the tour, and shares no line with it: a plain HTTP server sends the policy as a header.
What is blocked is gathered from the event, the console and `report-uri`.
"""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

_SWITCHES = (
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
_LISTEN = """
window.blockedHere = [];
addEventListener('securitypolicyviolation', event =>
  blockedHere.push(`${event.effectiveDirective} ${event.blockedURI}`), true);
"""
_REPORTS = "/reports-of-the-collector"
_LOOK = 0.05
_AFTERWARDS = 1.5
"""Seconds that a page which is ready is still listened to."""


class Collector:
    """A browser and a server of one folder. Every load is that of a new visitor."""

    def __init__(self, browser: Browser, url: str, server: _Server) -> None:
        self._browser = browser
        self._url = url
        self._server = server

    def blocked(self, policy: str, *, seconds: float = 60) -> tuple[str, ...]:
        """What the browser blocks of the page under `policy`, in its own words.

        Ends with the first thing that is blocked, or once the page calls itself `ready` by its title and
        nothing came for a while. Raises TimeoutError where neither happens.
        """
        self._server.policy = f"{policy}; report-uri {_REPORTS}"
        self._server.reports.clear()
        said: list[str] = []
        context = self._browser.new_context()
        try:
            context.add_init_script(_LISTEN)
            page = context.new_page()
            page.on("console", lambda message: said.append(message.text))
            page.goto(self._url, wait_until="commit")
            until, ready = time.monotonic() + seconds, 0.0
            while True:
                found = [text for text in said if "Content Security Policy" in text]
                for frame in page.frames:
                    found += frame.evaluate("() => window.blockedHere ?? []")
                found += self._server.reports
                now = time.monotonic()
                if page.title() == "ready":
                    ready = ready or now
                if found or (ready and now - ready >= _AFTERWARDS):
                    return tuple(dict.fromkeys(found))
                if now > until:
                    raise TimeoutError(f"neither ready nor blocked after {seconds:g} s: {said}")
                page.wait_for_timeout(_LOOK * 1000)
        finally:
            context.close()


class _Server(ThreadingHTTPServer):
    policy = ""
    reports: list[str]
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Quiet: a page that is left hangs up on what it still loads."""


class _Handler(SimpleHTTPRequestHandler):
    server: _Server
    extensions_map = {  # noqa: RUF012  # as its base has it
        **SimpleHTTPRequestHandler.extensions_map,
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
    }

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", self.server.policy)
        super().end_headers()

    def do_POST(self) -> None:
        body: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        report = body["csp-report"]
        self.server.reports.append(f"{report['effective-directive']} {report['blocked-uri']}")
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def collecting(folder: Path, program: Path) -> Iterator[Collector]:
    """Serve `folder` on loopback to a Chromium of its own; both end with the block."""
    server = _Server(("127.0.0.1", 0), partial(_Handler, directory=str(folder)))
    server.reports = []
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=program, args=list(_SWITCHES), chromium_sandbox=False
            )
            try:
                yield Collector(browser, f"http://127.0.0.1:{server.server_address[1]}/", server)
            finally:
                browser.close()
    finally:
        server.shutdown()
        server.server_close()
