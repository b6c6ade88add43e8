"""What a page may connect to, by us and by a real Chromium: every source against every URL.

On pages of three origins, which share the sources out; each has all of them in `make thorough`.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from edgerollout.policy.csp import Csp
from edgerollout.policy.effective import allows
from tests.browser.policies import policy_browser
from tests.made.policies import SOURCES as POOL
from tests.made.policies import real_policies
from tests.samples import SEED, a_few, shared_out

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


SENT = tuple(
    dict.fromkeys(
        " ".join(sources)
        for policy in real_policies()
        for name, *sources in (part.split() for part in policy.partition(",")[0].split(";") if part.strip())
        if name.endswith("-src") and sources
    )
)
"""Lists of sources as sites send them."""
LOADED = (
    "https://site.example/x", "https://cdnjs.cloudflare.com/ajax/libs/highlight.js/11/a.js",
    "https://cdnjs.cloudflare.com/ajax/libs/a.js", "https://www.google-analytics.com/collect?v=1",
    "https://region1.google-analytics.com/g", "https://google-analytics.com/", "http://www.google-analytics.com/",
    "https://fonts.gstatic.com/s/a.woff2", "https://fonts.googleapis.com/css?family=a",
    "https://static.hotjar.com/c/a.js", "wss://ws1.hotjar.com/api", "https://api.stripe.com/v1",
    "https://js.stripe.com:8443/v3/", "https://www.google.com/recaptcha/api.js", "https://www.google.com/*",
    "https://cdn.example.com/js/a.js", "https://cdn.example.com/JS/a.js", "http://cdn.example.com/",
    "https://example.com/", "https://a.b.example.com/x", "https://example-cloud.s3.amazonaws.com/x",
    "https://yandexmetrica.com:30102/x", "https://yandexmetrica.com/x", "https://cdn.ampproject.org/v0.js",
    "https://cdn.ampproject.org/v0/validator.js", "wss://api.example.com/s", "ws://localhost:3000/",
    "https://127.0.0.1/", "data:text/plain,x", "https://abc.supabase.co/rest/v1?x=1",
    "https://storage.googleapis.com/b/o",
)  # fmt: skip
SHARES = ("1 of 4", "2 of 4", "3 of 4", "4 of 4")


def made_lists(count: int) -> list[str]:
    """Lists of sites with one to three sources of other lists among them."""
    chance = random.Random(f"{SEED} lists")
    made: dict[str, None] = {}
    while len(made) < count:
        words = chance.choice(SENT).split()
        for _ in range(chance.randint(1, 3)):
            words[chance.randrange(len(words))] = chance.choice(POOL)
        made[" ".join(words)] = None
    return list(made)


@pytest.mark.parametrize("share", SHARES)
def test_lists_that_sites_send_and_mutations_of_them_block_what_chromium_blocks(
    browser: PolicyBrowser, share: str
) -> None:
    lists = a_few([*SENT, *made_lists(200)], 12)[SHARES.index(share) :: len(SHARES)]
    differences = []
    for sources in lists:
        policy = f"connect-src {sources}"
        ours = [not allows(Csp.parse(policy), "connect-src", url, self_origin=ORIGIN) for url in LOADED]
        theirs = browser.blocked(policy, ORIGIN, LOADED)
        differences += [
            (sources, url, "Chromium blocks" if other else "Chromium allows")
            for url, own, other in zip(LOADED, ours, theirs, strict=True)
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
