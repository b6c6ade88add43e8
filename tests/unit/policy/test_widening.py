from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.policy.csp import Csp
from edgerollout.policy.widening import widening

OLD = Csp.parse("default-src 'self'; script-src 'self' https://cdn.example.com; object-src 'none'")


def with_source(directive: str, *sources: str) -> Csp:
    return Csp.of({name: (*had, *(sources if name == directive else ())) for name, had in OLD})


@pytest.mark.parametrize(
    ("new", "added"),
    [
        (OLD, ()),
        (
            with_source("script-src", "https://more.example.com"),
            (("script-src", "https://more.example.com"),),
        ),
        (with_source("default-src", "data:x.example.com"), (("default-src", "data:x.example.com"),)),
        (
            Csp.parse("default-src 'SELF'; script-src HTTPS://CDN.example.com 'self'; object-src"),
            (),
        ),
        (
            Csp.parse(
                "default-src 'self'; script-src 'self' https://cdn.example.com; object-src https://a.example"
            ),
            (("object-src", "https://a.example"),),
        ),
        (
            Csp.parse(OLD.header_value() + "; report-uri /somewhere"),
            (),
        ),
        (with_source("script-src", "'report-sample'"), (("script-src", "'report-sample'"),)),
        (with_source("script-src", "'Wasm-Unsafe-Eval'"), (("script-src", "'Wasm-Unsafe-Eval'"),)),
    ],
)
def test_sources_added_to_lists_that_keep_theirs_only_widen(
    new: Csp, added: tuple[tuple[str, str], ...]
) -> None:
    found = widening(new, OLD)
    assert found.only_widens
    assert found.added == added


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        (Csp.parse("default-src 'self'; object-src 'none'"), "script-src is gone"),
        (Csp.parse(OLD.header_value() + "; img-src *"), "img-src is new"),
        (
            Csp.parse("default-src 'self'; script-src 'self'; object-src 'none'"),
            "script-src lost https://cdn.example.com",
        ),
        (with_source("script-src", "'nonce-abc'"), "script-src gained 'nonce-abc': a nonce"),
        (with_source("script-src", "'SHA256-abc'"), "script-src gained 'SHA256-abc': a hash"),
        (with_source("script-src", "'strict-dynamic'"), "script-src gained 'strict-dynamic'"),
        (with_source("script-src", "'unsafe-inline'"), "script-src gained 'unsafe-inline'"),
        (with_source("script-src", "*"), "script-src gained *: a wildcard"),
        (
            with_source("script-src", "https://*.example.com"),
            "script-src gained https://*.example.com: a wildcard",
        ),
        (with_source("script-src", "a.example.com:*"), "script-src gained a.example.com:*: a wildcard"),
        (with_source("script-src", "https:"), "script-src gained https:: a whole scheme"),
        (with_source("script-src", "data:"), "script-src gained data:: a whole scheme"),
        (with_source("script-src", "*.example.com/p://q"), "script-src gained *.example.com/p://q: a wild"),
        (
            with_source("script-src", "'url-sha256-abc'"),
            "script-src gained 'url-sha256-abc': the hash of an address",
        ),
        (
            with_source("script-src", "'eval-sha384-abc'"),
            "script-src gained 'eval-sha384-abc': the hash of a text",
        ),
        (with_source("script-src", "'sha-256-abc'"), "script-src gained 'sha-256-abc': a hash"),
        (with_source("script-src", "'trusted-types-eval'"), "script-src gained 'trusted-types-eval'"),
        (with_source("script-src", "'not-invented-yet'"), "script-src gained 'not-invented-yet'"),
    ],
)
def test_anything_else_is_refused_with_its_reason(new: Csp, reason: str) -> None:
    found = widening(new, OLD)
    assert not found.only_widens
    assert any(text.startswith(reason) for text in found.reasons), found.reasons


def test_a_demand_more_is_not_a_widening() -> None:
    old = Csp.of({"require-trusted-types-for": ()})
    new = Csp.of({"require-trusted-types-for": ("'script'",)})
    assert not widening(new, old).only_widens
    assert not widening(old, new).added


@pytest.mark.parametrize("directive", ["webrtc", "require-sri-for", "not-invented-yet"])
def test_a_value_more_in_a_directive_that_is_no_list_of_what_is_allowed_is_not_a_widening(
    directive: str,
) -> None:
    """One value more may demand more of a page: `require-sri-for script style` does."""
    found = widening(Csp.of({directive: ("a", "b")}), Csp.of({directive: ("a",)}))
    assert not found.only_widens


@pytest.mark.parametrize("directive", ["sandbox", "trusted-types"])
def test_a_name_more_in_a_list_of_names_that_are_allowed_only_widens(directive: str) -> None:
    assert widening(Csp.of({directive: ("a", "b")}), Csp.of({directive: ("a",)})).only_widens


def test_a_star_in_a_path_is_no_wildcard() -> None:
    assert widening(with_source("script-src", "https://a.example/x*y"), OLD).only_widens


@given(st.lists(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=12), max_size=5))
def test_whatever_is_written_every_policy_widens_itself_by_nothing(sources: list[str]) -> None:
    csp = Csp.of({"script-src": tuple(sources)})
    assert widening(csp, csp).only_widens
    assert widening(csp, csp).added == ()
