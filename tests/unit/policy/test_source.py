from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.policy.csp import Csp
from edgerollout.policy.effective import all_allow, allows, in_force, policies_of
from edgerollout.policy.fallback import FALLBACKS, chain, effective_directive
from edgerollout.policy.source import (
    Hash,
    Host,
    Keyword,
    Nonce,
    Scheme,
    Source,
    parse_source,
    url_matches,
)
from edgerollout.policy.url import Url

SITE = "https://site.example"
ASCII = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=";,"), min_size=1)
NAMES = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=12)
ANYTHING = st.text(max_size=60)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'SELF'", Keyword("'self'")),
        ("'nonce-aB+/_-=='", Nonce("aB+/_-==")),
        ("'SHA256-abc='", Hash("sha256", "abc=")),
        ("'url-sha384-abc'", Hash("sha384", "abc", "url-")),
        ("HTTPS:", Scheme("https")),
        ("a.example", Host("a.example")),
        ("*", Host("", wildcard=True)),
        (
            "https://*.A.example:8443/p%2Cq/",
            Host("a.example", "https", wildcard=True, port="8443", path="/p,q/"),
        ),
        ("a.example:*/x?y#z", Host("a.example", port="*", path="/x", dropped="?y#z")),
        ("a.example:", Scheme("a.example")),
        ("a.example/x://y", Host("a.example", path="/x://y")),
        ("a/b:", Host("a", path="/b:")),
        ("https://a.example:", None),
        ("127.0.0.1:", None),
        ("'slef'", None),
        ("'nonce-'", None),
        ("//a.example", None),
        ("https:/a.example", None),
        ("user:pw@a.example", None),
        ("[::1]", None),
        ("a_b.example", None),
        ("a.*.example", None),
        ("é.example", None),
        ("", None),
    ],
)
def test_a_source_is_read_as_browsers_read_it(text: str, expected: Source | None) -> None:
    assert parse_source(text) == expected


@given(ANYTHING, ANYTHING, ANYTHING)
def test_no_text_is_too_strange_to_be_judged(header: str, url: str, origin: str) -> None:
    csp = Csp.parse(header)
    for name, sources in (*csp, ("img-src", (header,))):
        for source in sources:
            parse_source(source)
        allows(csp, name, url, self_origin=origin)


@given(st.dictionaries(NAMES, st.lists(ASCII, max_size=5), max_size=6))
def test_a_policy_that_was_serialised_is_parsed_into_itself(directives: dict[str, list[str]]) -> None:
    csp = Csp.of(directives)
    assert Csp.parse(csp.header_value()) == csp


@given(ANYTHING)
def test_parsing_settles_at_the_first_time(header: str) -> None:
    once = Csp.parse(header)
    assert Csp.parse(once.header_value()) == once


@given(ASCII)
def test_whatever_a_policy_lists_never_allows_a_foreign_script_by_none(source: str) -> None:
    assert not allows(Csp.parse("script-src 'none'"), "script-src", f"https://{source}/", self_origin=SITE)


@pytest.mark.parametrize(
    ("directive", "expected"),
    [
        ("script-src-elem", ("script-src-elem", "script-src", "default-src")),
        ("worker-src", ("worker-src", "child-src", "script-src", "default-src")),
        ("frame-src", ("frame-src", "child-src", "default-src")),
        ("IMG-SRC", ("img-src", "default-src")),
        ("base-uri", ("base-uri",)),
        ("frame-ancestors", ("frame-ancestors",)),
    ],
)
def test_a_missing_directive_has_its_stand_ins(directive: str, expected: tuple[str, ...]) -> None:
    assert chain(directive) == expected


@pytest.mark.parametrize("directive", sorted(FALLBACKS))
def test_every_fetch_directive_ends_at_default_src(directive: str) -> None:
    assert effective_directive(Csp.parse("default-src 'self'"), directive) == "default-src"
    assert effective_directive(Csp.parse("img-src 'self'"), "connect-src") is None


@pytest.mark.parametrize("directive", ["base-uri", "form-action", "frame-ancestors"])
def test_default_src_says_nothing_about_where_pages_lead(directive: str) -> None:
    assert allows(Csp.parse("default-src 'none'"), directive, "https://a.example/", self_origin=SITE)


@pytest.mark.parametrize(
    ("policy", "url", "redirected", "expected"),
    [
        ("img-src 'self'", f"{SITE}/a.png", False, True),
        ("img-src 'self'", "https://a.example/a.png", False, False),
        ("img-src https://a.example/dir/", "https://a.example/other/a.png", False, False),
        ("img-src https://a.example/dir/", "https://a.example/other/a.png", True, True),
        ("img-src https://a.example/dir/", "https://b.example/dir/a.png", True, False),
        ("img-src data:", "data:image/png;base64,AAAA", False, True),
        ("img-src *", "data:image/png;base64,AAAA", False, False),
        ("img-src *", "ftp://a.example/x", False, False),
        ("default-src https://*.a.example", "https://x.a.example/", False, True),
        ("default-src https://*.a.example", "https://a.example/", False, False),
        ("script-src *", "https://a.example/", False, True),
        ("img-src 'self'", "not a URL", False, False),
        ("img-src 'self'", "https://[bad/", False, False),
        ("sandbox", "https://a.example/", False, True),
    ],
)
def test_a_url_is_allowed_by_what_matches_it(policy: str, url: str, redirected: bool, expected: bool) -> None:
    assert allows(Csp.parse(policy), "img-src", url, self_origin=SITE, redirected=redirected) is expected


def test_strict_dynamic_leaves_hosts_to_images_and_takes_them_from_scripts() -> None:
    csp = Csp.parse("default-src 'strict-dynamic' 'nonce-aaaaaaaaaaaaaaaaaaaaaa' https://a.example")
    assert not allows(csp, "script-src-elem", "https://a.example/x.js", self_origin=SITE)
    assert allows(csp, "img-src", "https://a.example/x.png", self_origin=SITE)


def test_a_nonce_switches_unsafe_inline_off() -> None:
    assert Keyword("'unsafe-inline'") in in_force(["'unsafe-inline'", "'self'"])
    assert in_force(["'unsafe-inline'", "'nonce-abc'", "'none'"]) == (Nonce("abc"),)


def test_of_several_policies_every_one_has_to_allow() -> None:
    policies = policies_of(["img-src 'self' a.example, img-src a.example b.example", "", "default-src *"])
    assert len(policies) == 3
    assert all_allow(policies, "img-src", "https://a.example/", self_origin=SITE)
    assert not all_allow(policies, "img-src", f"{SITE}/x.png", self_origin=SITE)
    assert not all_allow(policies, "img-src", "https://b.example/", self_origin=SITE)


@given(ASCII, ANYTHING)
def test_a_redirect_only_ever_allows_more(text: str, url: str) -> None:
    source, target, origin = parse_source(text), Url.parse(url), Url.parse(SITE)
    if source is not None and target is not None and origin is not None:
        straight = url_matches(source, target, origin)
        assert not straight or url_matches(source, target, origin, redirected=True)
