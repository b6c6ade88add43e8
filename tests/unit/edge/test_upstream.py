"""A development server behind the preview."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.edge.message import EdgeRequest
from edgerollout.edge.origins import OriginRequest
from edgerollout.edge.upstream import Upstream, UpstreamOrigin, UpstreamTunnel
from edgerollout.errors import UsageError

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


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://localhost:5173", "http://localhost:5173"),
        ("http://localhost:5173/", "http://localhost:5173"),
        ("localhost:5173", "http://localhost:5173"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://127.9.9.9:1/base/", "http://127.9.9.9:1/base"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("http://shop.localhost:8000", "http://shop.localhost:8000"),
    ],
)
def test_servers_on_this_machine_are_taken(text: str, url: str) -> None:
    assert Upstream.parse(text).url == url


@pytest.mark.parametrize(
    "text",
    [
        "https://localhost:5173", "http://example.com", "http://10.0.0.1:80", "http://localhost:99999",
        "http://[::1", "http://user@localhost", "http://localhost?x", "http://", "", "ftp://localhost",
        "http://localhost.example.com", "http://2130706433.example",
    ],
)  # fmt: skip
def test_anything_else_is_refused_in_words(text: str) -> None:
    with pytest.raises(UsageError, match="--upstream"):
        Upstream.parse(text)


@given(st.text(max_size=30) | st.builds("http://{}:{}/{}".format, st.text(), st.integers(), st.text()))
def test_no_text_is_more_than_refused(text: str) -> None:
    try:
        found = Upstream.parse(text)
    except UsageError:
        return
    assert Upstream.parse(found.url) == found


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


@pytest.mark.parametrize(
    ("method", "headers", "wanted"),
    [
        ("GET", {"Connection": "keep-alive, Upgrade", "Upgrade": "websocket"}, True),
        ("GET", {"Accept": "text/event-stream"}, True),
        ("GET", {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c"}, False),
        ("GET", {"Upgrade": "websocket"}, False),
        ("POST", {"Accept": "text/event-stream"}, False),
        ("GET", {"Accept": "text/html", "Upgrade-Insecure-Requests": "1"}, False),
    ],
)
def test_only_web_sockets_and_event_streams_bypass_the_handler(
    method: str, headers: dict[str, str], wanted: bool
) -> None:
    request = EdgeRequest(method, "localhost", "/", headers=tuple(headers.items()))
    assert UpstreamTunnel(Upstream("localhost", 1)).wants(request) is wanted
