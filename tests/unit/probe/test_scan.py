"""What may be scanned: which addresses, and which URLs."""

from __future__ import annotations

import pytest

from edgerollout.errors import UsageError
from edgerollout.net.public import is_public
from edgerollout.probe.scan import complete_url

# --- addresses ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    ["10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "127.0.0.1", "0.0.0.0", "100.64.0.1",
     "224.0.0.1", "::1", "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::",
     "::10.0.0.1", "::ffff:0:10.0.0.1", "64:ff9b:1::a00:1", "fec0::1", "5f00::1"],
)  # fmt: skip
def test_an_address_that_only_a_network_of_its_own_reaches_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"])
def test_an_address_that_everybody_reaches_is_public(address: str) -> None:
    assert is_public(address)


# --- URLs -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("www.site.test", "https://www.site.test/"),
        ("HTTP://www.site.test/a?b#c", "http://www.site.test/a?b"),
        ("www.site.test:8443/a", "https://www.site.test:8443/a"),
    ],
)
def test_what_is_meant_becomes_a_url(given: str, url: str) -> None:
    assert complete_url(given) == url


@pytest.mark.parametrize(
    "given", ["ftp://a", "https://", "https://[", "https://a:x/", "a b", "https://a/\x1b"]
)
def test_what_is_no_url_is_refused(given: str) -> None:
    with pytest.raises(UsageError):
        complete_url(given)
