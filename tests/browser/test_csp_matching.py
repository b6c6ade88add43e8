"""What a page may connect to, by us and by a real Chromium: every source against every URL.

On pages of three origins, which share the sources out; each has all of them in `make thorough`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edgerollout.policy.csp import Csp
from edgerollout.policy.effective import allows
from tests.browser.policies import policy_browser
from tests.samples import shared_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.policies import PolicyBrowser

SOURCES = (
    "'self'", "'none'", "*", "https:", "http:", "ws:", "wss:", "data:", "blob:",
    "a.example", "A.Example", "https://a.example", "http://a.example", "ws://a.example", "wss://a.example",
    "*.a.example", "https://*", "http://*", "*:8443", "a.example.", "a.example:",
    "a.example:8443", "http://a.example:80", "http://a.example:8080", "https://a.example:*",
    "a.example:443", "a.example:80", "http://a.example:443", "ws://a.example:80", "ws://a.example:443",
    "*:443", "*.a.example:*", "a.example:0443", "https://a.example/%zz",
    "https://a.example/%FF", "https://a.example//dir", "a.example/dir",
    "https://a.example/", "https://a.example/dir", "https://a.example/dir/", "https://a.example/DIR",
    "https://a.example/f%69le", "https://a.example/fi%20le", "https://a.example/x?y",
    "https://a.example/*", "https://a.example/dir/../x", "https://a.example/dir/./x", "http://0x7f.1",
    "http://127.1",
    "xn--bcher-kva.example", "https://xn--strae-oqa.example",
    "10.0.0.1", "127.0.0.1", "site.example", "site.example:8443", "http://site.example",
)  # fmt: skip
URLS = (
    "https://site.example/x", "http://site.example/x", "https://site.example:8443/x",
    "wss://site.example/x", "ws://site.example/x",
    "https://a.example/", "http://a.example/", "https://a.example:8443/", "http://a.example:8080/",
    "https://a.example:8080/", "http://a.example:443/", "wss://a.example/", "ws://a.example/",
    "https://a.example/dir", "https://a.example/dir/x", "https://a.example/DIR", "https://a.example/file",
    "https://a.example/f%69le", "https://a.example/fi%20le", "https://a.example/x?z",
    "https://a.example//dir", "https://a.example/%FF", "https://a.example/%zz", "https://c.a.example:9/",
    "https://s.a.example/", "https://t.s.a.example/", "https://xa.example/", "https://a.example./",
    "https://a.example/dir/../x", "https://a.example/x/%2E%2e/dir/./x", "https://a.example/*",
    "https:\\\\a.example\\dir",
    "https://bücher.example/", "https://BÜCHER.example/", "https://straße.example/", "http://0x7f.1/",
    "http://2130706433/",
    "https://10.0.0.1/", "http://127.0.0.1/", "data:text/plain,x",
)  # fmt: skip
ORIGIN = "https://site.example"
ORIGINS = (ORIGIN, "http://site.example", "https://site.example:8443")
REDIRECTS = ("https://a.example/dir/x", "https://a.example/other", "https://b.example/dir/x")


@pytest.fixture(scope="module")
def browser() -> Iterator[PolicyBrowser]:
    with policy_browser() as found:
        yield found


@pytest.mark.parametrize("origin", ORIGINS)
def test_a_url_is_blocked_where_chromium_blocks_it(browser: PolicyBrowser, origin: str) -> None:
    differences = []
    for source in shared_out(SOURCES, ORIGINS, to=origin):
        policy = f"connect-src {source}"
        ours = [not allows(Csp.parse(policy), "connect-src", url, self_origin=origin) for url in URLS]
        theirs = browser.blocked(policy, origin, URLS)
        differences += [
            (source, url, "Chromium blocks" if other else "Chromium allows")
            for url, own, other in zip(URLS, ours, theirs, strict=True)
            if own != other
        ]
    assert differences == []


@pytest.mark.parametrize(
    "source", ["https://a.example", "https://a.example/dir/", "https://a.example/nowhere"]
)
def test_after_a_redirect_the_path_does_not_count(browser: PolicyBrowser, source: str) -> None:
    policy = f"connect-src 'self' {source}"
    theirs = browser.blocked(policy, ORIGIN, [f"{ORIGIN}/to?{url}" for url in REDIRECTS])
    csp = Csp.parse(policy)
    ours = tuple(
        not allows(csp, "connect-src", url, self_origin=ORIGIN, redirected=True) for url in REDIRECTS
    )
    assert ours == theirs == (False, False, True)
