"""Addresses are read as browsers read them, and hosts compared in one spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.policy.csp import Csp
from edgerollout.policy.effective import allows
from edgerollout.policy.url import Url, ascii_host, ipv4

if TYPE_CHECKING:
    import ipaddress

SITE = "https://site.example"


@pytest.mark.parametrize(
    ("text", "scheme", "host", "port", "path"),
    [
        ("https://A.Example", "https", "a.example", 443, "/"),
        ("https://a.example/x/../y", "https", "a.example", 443, "/y"),
        ("https://a.example/x/%2e%2E/./y/.", "https", "a.example", 443, "/y/"),
        ("https://a.example/../../y/..", "https", "a.example", 443, "/"),
        ("https:\\\\a.example\\y?q=\\", "https", "a.example", 443, "/y"),
        ("https:a.example/y", "https", "a.example", 443, "/y"),
        ("https:////a.example", "https", "a.example", 443, "/"),
        (" https://a.ex\tample/y\n", "https", "a.example", 443, "/y"),
        ("https://bücher.example", "https", "xn--bcher-kva.example", 443, "/"),
        ("https://BÜCHER。example", "https", "xn--bcher-kva.example", 443, "/"),
        ("https://straße.example", "https", "xn--strae-oqa.example", 443, "/"),
        ("https://%61.example", "https", "a.example", 443, "/"),
        ("http://0x7f.1:8080/", "http", "127.0.0.1", 8080, "/"),
        ("http://2130706433", "http", "127.0.0.1", 80, "/"),
        ("wss://a.example//x", "wss", "a.example", 443, "//x"),
        ("blob:https://a.example/1", "blob", "", None, ""),
        ("data:text/plain,../x", "data", "", None, ""),
        ("ftp://a.example/x/../y", "ftp", "a.example", None, "/x/../y"),
    ],
)
def test_an_address_is_read_as_browsers_read_it(
    text: str, scheme: str, host: str, port: int | None, path: str
) -> None:
    assert Url.parse(text) == Url(scheme, host, port, path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.example",
        "/x",
        "https://",
        "https://a:b",
        "https://1.2.3.256",
        "https://a b",
        "https://a%20b",
        "https://a^b",
        "https://1.2.3.4.5",
    ],
)
def test_what_is_no_address_is_none(text: str) -> None:
    assert Url.parse(text) is None


@given(st.text(max_size=60))
def test_no_text_is_too_strange_to_be_an_address(text: str) -> None:
    Url.parse(text)
    Url.parse(f"https://{text}")
    ascii_host(text)
    ipv4(text)


@given(st.lists(st.sampled_from([".", "..", "%2e", "%2E.", "a", "b", ""]), max_size=8))
def test_no_dots_are_left_in_a_path(segments: list[str]) -> None:
    url = Url.parse(f"{SITE}/{'/'.join(segments)}")
    assert url is not None
    assert not {".", ".."} & set(url.path.split("/"))


@given(st.ip_addresses(v=4), st.sampled_from(["{}", "{:#x}", "0{:o}"]))
def test_every_spelling_of_an_ip_address_is_the_same(address: ipaddress.IPv4Address, form: str) -> None:
    assert ipv4(str(address)) == str(address)
    assert ipv4(form.format(int(address))) == str(address)
    assert ipv4(".".join(form.format(number) for number in address.packed)) == str(address)


@given(st.text("abcdefgh-", min_size=1, max_size=10).map(lambda word: f"{word}.example"))
def test_a_name_is_no_ip_address(name: str) -> None:
    assert ipv4(name) is None
    assert ascii_host(name.upper()) == name


@pytest.mark.parametrize(
    ("source", "url", "expected"),
    [
        ("https://a.example/dir/", "https://a.example/dir/../out", False),
        ("https://a.example/dir/", "https://a.example/out/../dir/x", True),
        ("https://xn--bcher-kva.example", "https://bücher.example/", True),
        ("http://127.0.0.1", "http://0x7f.1/", True),
        ("http://0x7f.1", "http://0x7f.1/", False),
        ("https://a.example/*", "https://a.example/x", False),
        ("https://a.example/*", "https://a.example/*", True),
    ],
)
def test_a_source_meets_the_address_that_is_asked_for(source: str, url: str, expected: bool) -> None:
    assert allows(Csp.parse(f"img-src {source}"), "img-src", url, self_origin=SITE) is expected


@pytest.mark.parametrize(
    ("policy", "directive", "expected"),
    [
        ("script-src 'nonce-abc' 'strict-dynamic'", "worker-src", True),
        ("worker-src 'strict-dynamic'", "worker-src", True),
        ("script-src 'nonce-abc' 'strict-dynamic'; worker-src 'none'", "worker-src", False),
        ("script-src 'nonce-abc'", "worker-src", False),
        ("script-src 'self' 'strict-dynamic' 'nonce-abc'", "script-src-elem", False),
        ("script-src 'self' 'url-sha256-abc'", "script-src-elem", False),
        ("script-src 'self' 'url-sha256-abc'", "worker-src", False),
        ("script-src 'self' 'eval-sha256-abc'", "script-src-elem", True),
    ],
)
def test_workers_and_scripts_are_started_by_trust_or_by_address(
    policy: str, directive: str, expected: bool
) -> None:
    assert allows(Csp.parse(policy), directive, f"{SITE}/x.js", self_origin=SITE) is expected
