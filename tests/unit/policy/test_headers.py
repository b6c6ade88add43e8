from __future__ import annotations

import pytest

from edgerollout.policy.header_rules import (
    DISALLOWED,
    READ_ONLY,
    RESPONSE_EVENTS,
    bad_character,
    irreversible,
    is_disallowed,
    is_token,
)
from edgerollout.policy.headers import Header, cased
from edgerollout.policy.policy import Overlay, Policy


@pytest.mark.parametrize(
    "spelling",
    [
        "X-Frame-Options",
        "Strict-Transport-Security",
        "Content-Security-Policy",
        "Content-Security-Policy-Report-Only",
        "X-Content-Type-Options",
        "X-XSS-Protection",
        "NEL",
        "Cross-Origin-Opener-Policy",
        "X-DNS-Prefetch-Control",
        "Expect-CT",
        "X-UA-Compatible",
        "Referrer-Policy",
        "X-Powered-By",
    ],
)
def test_header_names_are_spelled_as_usual_on_the_wire(spelling: str) -> None:
    assert cased(spelling.lower()) == spelling


@pytest.mark.parametrize(
    ("name", "value", "reasons"),
    [
        ("strict-transport-security", "max-age=300", ()),
        ("strict-transport-security", "max-age=86400", ()),
        ("strict-transport-security", "max-age=86401", ("max-age over one day",)),
        ("strict-transport-security", 'MAX-AGE = "31536000"', ("max-age over one day",)),
        ("strict-transport-security", "max-age=300; includeSubDomains", ("includeSubDomains",)),
        (
            "Strict-Transport-Security",
            "max-age=63072000; includesubdomains; preload",
            ("max-age over one day", "includeSubDomains", "preload"),
        ),
        ("strict-transport-security", "max-age=0", ()),
        ("strict-transport-security", "nonsense", ()),
        ("cross-origin-embedder-policy", "require-corp", ("require-corp",)),
        ("cross-origin-embedder-policy", 'require-corp; report-to="coep"', ("require-corp",)),
        ("cross-origin-embedder-policy", "unsafe-none", ()),
        ("x-frame-options", "DENY", ()),
    ],
)
def test_what_browsers_keep_past_a_rollback_is_named(name: str, value: str, reasons: tuple[str, ...]) -> None:
    assert irreversible(name, value) == reasons


@pytest.mark.parametrize("name", ["connection", "X-Cache", "x-amz-cf-id", "X-Edge-Location", "x-real-ip"])
def test_headers_that_cloudfront_keeps_for_itself_are_disallowed(name: str) -> None:
    assert is_disallowed(name)


@pytest.mark.parametrize("name", ["content-security-policy", "server", "x-amz-meta-owner", "nel"])
def test_headers_that_functions_may_set_are_not_disallowed(name: str) -> None:
    assert not is_disallowed(name)


def test_all_names_in_the_lists_are_lower_case() -> None:
    names = DISALLOWED.union(*READ_ONLY.values())
    assert names == {name.lower() for name in names}
    assert set(RESPONSE_EVENTS) <= READ_ONLY.keys()


@pytest.mark.parametrize("name", ["", "x frame", "x:y", "größe", "a\nb"])
def test_what_is_no_token_is_no_header_name(name: str) -> None:
    assert not is_token(name)


@pytest.mark.parametrize(
    ("value", "character"),
    [
        ('plain; value="1"\t2', None),
        ("a\r\nb", "a carriage return"),
        ("a\nb", "a line feed"),
        ("a\0b", "a NUL"),
        ("caf\u00e9", "'\u00e9' (U+00E9)"),
        ("a\x7fb", "the character U+007F"),
        ("a\u202eb", "the character U+202E"),
    ],
)
def test_characters_that_break_a_response_are_spelled_out(value: str, character: str | None) -> None:
    assert bad_character(value) == character


def test_an_overlay_replaces_adds_and_drops_headers() -> None:
    policy = Policy(
        headers=(Header("x-frame-options", "DENY"), Header("x-xss-protection", "0"), Header("nel", "{}")),
        overlays={
            "testing": Overlay(
                headers=(Header("x-frame-options", "SAMEORIGIN"), Header("x-robots-tag", "noindex")),
                dropped=frozenset({"nel"}),
            )
        },
    )
    assert policy.for_environment("testing").headers == (
        Header("x-frame-options", "SAMEORIGIN"),
        Header("x-robots-tag", "noindex"),
        Header("x-xss-protection", "0"),
    )
    assert policy.for_environment("production").headers == (
        Header("nel", "{}"),
        Header("x-frame-options", "DENY"),
        Header("x-xss-protection", "0"),
    )
