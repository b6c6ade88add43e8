from __future__ import annotations

import pytest

from edgerollout.errors import UsageError
from edgerollout.net.addresses import parse_addresses


def test_an_address_is_spelled_as_curl_spells_it() -> None:
    assert parse_addresses(
        (
            "WWW.example.com:443:192.0.2.7",
            "www.example.com:80:[2001:db8::7]",
            "api.example.com:443:d1.cloudfront.net:8443",
        ),
        connect_to=True,
    ) == {
        "www.example.com:443": ("192.0.2.7", 443),
        "www.example.com:80": ("2001:db8::7", 80),
        "api.example.com:443": ("d1.cloudfront.net", 8443),
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "a:b:c",
        "a:443",
        "a:443:",
        "a:0:1.2.3.4",
        "a:70000:1.2.3.4",
        "a:443:b:0",
        "a:443:b c",
        "a:443:[x]",
        "a:443:999.1.1.1",
        "a:443:b.example",
    ],
)
def test_what_says_no_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="does not give an address for a host"):
        parse_addresses((text,))
