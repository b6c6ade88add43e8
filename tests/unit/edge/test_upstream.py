"""Which development servers a preview may stand in front of, and what goes past the handler."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.edge.message import EdgeRequest
from edgerollout.edge.upstream import Upstream, UpstreamTunnel
from edgerollout.errors import UsageError


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
