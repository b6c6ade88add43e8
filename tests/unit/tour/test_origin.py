from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.tour.origin import origin_of


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://WWW.Example.com/a?b#c", "https://www.example.com"),
        ("https://user:word@example.com:443/", "https://example.com"),
        ("http://example.com:8080/", "http://example.com:8080"),
        ("HTTP://example.com:80", "http://example.com"),
        ("https://[2001:db8::1]:8443/x", "https://[2001:db8::1]:8443"),
        ("blob:https://example.com/0f1e", "https://example.com"),
        ("wss://example.com/socket", "wss://example.com"),
    ],
)
def test_an_origin_is_spelled_one_way(url: str, origin: str) -> None:
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    "url",
    [
        "",
        "about:srcdoc",
        "data:text/html,x",
        "/path",
        "https://",
        "https://x:port/",
        "https://[::1",
        "blob:x",
    ],
)
def test_what_has_no_origin_of_its_own_has_none(url: str) -> None:
    assert origin_of(url) == ""


@given(st.text())
def test_any_text_has_an_origin_of_which_the_origin_is_the_same_or_none(text: str) -> None:
    origin = origin_of(f"https://{text}")
    assert origin_of(origin) == origin
