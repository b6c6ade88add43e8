"""A development server that answers behind the preview."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from edgerollout.edge.origins import OriginRequest
from edgerollout.edge.upstream import Upstream, UpstreamOrigin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@contextmanager
def dev_server(headers: Sequence[tuple[str, str]] = ()) -> Iterator[tuple[Upstream, list[dict[str, str]]]]:
    """A server that answers everything with 200 and these headers; what it was asked."""
    asked: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(
                {":path": self.path, **{name.lower(): value for name, value in self.headers.items()}}
            )
            self.send_response(200)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield Upstream("127.0.0.1", server.server_address[1]), asked
    finally:
        server.shutdown()
        server.server_close()


def test_a_server_that_is_down_is_a_page_that_says_so() -> None:
    with dev_server() as (upstream, _):
        pass
    answer = UpstreamOrigin(upstream).fetch(OriginRequest("GET", "/"))
    assert answer.status == 502
    assert f"Nothing answers at {upstream.url}".encode() in answer.body
    assert answer.header("cache-control") == "no-store"


def test_conditions_and_words_about_the_connection_stay_behind() -> None:
    sent = (
        ("If-None-Match", '"1"'),
        ("If-Modified-Since", "Thu, 01 Jan 2026 00:00:00 GMT"),
        ("Connection", "close"),
        ("Cookie", "a=b"),
        ("Accept-Language", "de"),
    )
    with dev_server() as (upstream, asked):
        UpstreamOrigin(upstream).fetch(OriginRequest("GET", "/p", "q=1", sent))
    (seen,) = asked
    assert (seen[":path"], seen["cookie"], seen["accept-language"]) == ("/p?q=1", "a=b", "de")
    assert seen["host"] == upstream.authority
    assert not {"if-none-match", "if-modified-since", "connection"} & seen.keys()


@pytest.mark.parametrize(
    ("sent", "led"),
    [
        ("http://{own}/login?x", "/login?x"),
        ("http://{own}", "/"),
        ("http://{own}.evil.example/", "http://{own}.evil.example/"),
        ("/login", "/login"),
        ("https://id.example.com/", "https://id.example.com/"),
    ],
)
def test_a_redirect_to_the_servers_own_address_stays_in_the_preview(sent: str, led: str) -> None:
    location: list[tuple[str, str]] = []
    with dev_server(location) as (upstream, _):
        location.append(("Location", sent.replace("{own}", upstream.authority)))
        answer = UpstreamOrigin(upstream).fetch(OriginRequest("GET", "/"))
    assert answer.header("location") == led.replace("{own}", upstream.authority)
