from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.policy.csp import Csp, LayeredCsp, canonical_source, merge

SOURCES = st.sampled_from(
    [
        "'none'",
        "'self'",
        "'SELF'",
        "'unsafe-inline'",
        "'report-sample'",
        "data:",
        "https:",
        "*",
        "https://a.example",
        "HTTPS://A.Example",
        "https://a.example/Path",
        "https://a.example/path",
        "*.b.example:443",
        "'nonce-AbC'",
        "'nonce-abc'",
        "'sha256-AbC='",
    ]
)
NAMES = ["default-src", "script-src", "img-src", "connect-src", "sandbox", "trusted-types", "report-uri"]
POLICIES = st.dictionaries(st.sampled_from(NAMES), st.lists(SOURCES, max_size=4), max_size=5).map(Csp.of)


def test_the_header_keeps_the_order_written() -> None:
    csp = Csp.of({"script-src": ["'self'", "https://z.example", "https://a.example"], "default-src": []})
    assert csp.header_value() == "script-src 'self' https://z.example https://a.example; default-src"


def test_of_a_directive_given_twice_the_first_counts_as_in_browsers() -> None:
    csp = Csp((("img-src", ("'self'",)), ("IMG-SRC", ("*",))))
    assert csp.header_value() == "img-src 'self'"


@given(POLICIES)
def test_a_header_gives_the_same_policy_back(csp: Csp) -> None:
    assert Csp.parse(csp.header_value()) == csp


@pytest.mark.parametrize(
    ("header", "directives"),
    [
        pytest.param("", {}, id="nothing"),
        pytest.param(" ; ;", {}, id="nothing but separators"),
        pytest.param("upgrade-insecure-requests", {"upgrade-insecure-requests": []}, id="no sources"),
        pytest.param(
            " DEFAULT-SRC  'self'\thttps: ;img-src *;",
            {"default-src": ["'self'", "https:"], "img-src": ["*"]},
            id="white space and case",
        ),
        pytest.param("img-src 'self'; IMG-SRC *", {"img-src": ["'self'"]}, id="the first of two counts"),
    ],
)
def test_a_header_is_read_as_browsers_read_it(header: str, directives: dict[str, list[str]]) -> None:
    assert Csp.parse(header) == Csp.of(directives)


@given(POLICIES)
def test_json_gives_the_same_policy_back(csp: Csp) -> None:
    assert Csp.from_json(json.loads(json.dumps(csp.to_json()))) == csp


@given(POLICIES, POLICIES)
def test_json_gives_the_same_layers_back(base: Csp, overlay: Csp) -> None:
    layered = LayeredCsp(base, overlay)
    assert LayeredCsp.from_json(json.loads(json.dumps(layered.to_json()))) == layered


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("default-src 'self'", "must be an object"),
        ({"default-src": "'self'"}, "default-src must be a list of strings"),
        ({"default-src": [1]}, "default-src must be a list of strings"),
    ],
)
def test_json_of_another_shape_is_refused(value: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Csp.from_json(value)


def test_layers_without_overlay_are_refused() -> None:
    with pytest.raises(ValueError, match="lacks overlay"):
        LayeredCsp.from_json({"base": {}})


@given(POLICIES, st.randoms(use_true_random=False))
def test_the_digest_does_not_depend_on_order_duplicates_or_the_case_of_names(
    csp: Csp, random: object
) -> None:
    shuffle = random.shuffle  # type: ignore[attr-defined]
    directives = [(name.upper(), [*sources, *sources]) for name, sources in csp]
    shuffle(directives)
    for _, sources in directives:
        shuffle(sources)
    assert Csp(tuple((name, tuple(sources)) for name, sources in directives)).digest() == csp.digest()


@pytest.mark.parametrize(
    ("directive", "source", "other"),
    [
        ("script-src", "https://CDN.example.com", "HTTPS://cdn.example.com"),
        ("script-src", "'Self'", "'self'"),
        ("script-src", "DATA:", "data:"),
        ("script-src", "'SHA256-abc='", "'sha256-abc='"),
        ("script-src", "'Url-SHA256-abc='", "'url-sha256-abc='"),
        ("script-src", "CDN.example.com:443/lib", "cdn.example.com:443/lib"),
        ("sandbox", "Allow-Scripts", "allow-scripts"),
    ],
)
def test_case_that_browsers_ignore_does_not_change_the_digest(
    directive: str, source: str, other: str
) -> None:
    assert Csp.of({directive: [source]}).digest() == Csp.of({directive: [other]}).digest()


@pytest.mark.parametrize(
    ("directive", "source", "other"),
    [
        ("script-src", "https://cdn.example.com/Lib", "https://cdn.example.com/lib"),
        ("script-src", "'nonce-AbC'", "'nonce-abc'"),
        ("script-src", "'sha256-AbC='", "'sha256-abc='"),
        ("script-src", "'sha-256-AbC='", "'sha-256-abc='"),
        ("script-src", "'url-sha256-AbC='", "'url-sha256-abc='"),
        ("script-src", "'eval-sha512-AbC='", "'eval-sha512-abc='"),
        ("script-src", "'not-invented-yet-AbC'", "'not-invented-yet-abc'"),
        ("img-src", "https://\u212a.example", "https://k.example"),
        ("trusted-types", "Policy", "policy"),
    ],
)
def test_case_that_counts_changes_the_digest(directive: str, source: str, other: str) -> None:
    assert Csp.of({directive: [source]}).digest() != Csp.of({directive: [other]}).digest()


def test_where_reports_go_changes_the_canonical_form_but_not_the_digest() -> None:
    plain = Csp.of({"img-src": ["*"]})
    reporting = Csp.of({"img-src": ["*"], "report-uri": ["/csp"], "report-to": ["csp"]})
    assert plain.digest() == reporting.digest()
    assert plain.canonical() != reporting.canonical()


def test_a_digest_is_64_hex_digits_of_known_bytes() -> None:
    """Pinned: digests stand in ledger lines of live versions and may never change."""
    csp = Csp.of(
        {"Script-Src": ["https://B.example", "'self'"], "default-src": ["'self'"], "report-to": ["x"]}
    )
    assert (
        csp.without(("report-to",)).canonical() == "default-src 'self'; script-src 'self' https://b.example"
    )
    assert csp.digest() == "a4164832b78803d6d6639fc9e3a5627d6685fe6f44592d53757f4b010dd00d6c"


@given(POLICIES)
def test_an_empty_overlay_changes_nothing(csp: Csp) -> None:
    assert merge(csp, Csp()) == csp


@given(POLICIES)
def test_an_empty_base_gives_the_overlay(csp: Csp) -> None:
    assert merge(Csp(), csp) == csp


@given(POLICIES)
def test_a_policy_laid_over_itself_changes_nothing(csp: Csp) -> None:
    assert merge(csp, csp) == csp


@given(POLICIES, POLICIES, POLICIES)
def test_layers_may_be_merged_in_any_grouping(a: Csp, b: Csp, c: Csp) -> None:
    assert merge(merge(a, b), c).digest() == merge(a, merge(b, c)).digest()


@given(POLICIES, POLICIES)
def test_an_overlay_never_takes_a_source_away(base: Csp, overlay: Csp) -> None:
    merged = merge(base, overlay)
    for name, sources in base:
        kept = {canonical_source(name, source) for source in merged.sources(name) or ()}
        assert {canonical_source(name, source) for source in sources} - {"'none'"} <= kept


@pytest.mark.parametrize(
    ("base", "overlay", "merged"),
    [
        (["'self'"], ["https://a.example"], ["'self'", "https://a.example"]),
        (["'none'"], ["https://a.example"], ["https://a.example"]),
        (["'self'"], ["'none'"], ["'self'"]),
        (["'none'"], ["'none'"], ["'none'"]),
        ([], ["'self'"], ["'self'"]),
        (["https://a.example"], ["HTTPS://A.example", "data:"], ["https://a.example", "data:"]),
        (["'none'", "'report-sample'"], ["'self'"], ["'report-sample'", "'self'"]),
    ],
)
def test_overlay_sources_are_added(base: list[str], overlay: list[str], merged: list[str]) -> None:
    result = merge(Csp.of({"img-src": base}), Csp.of({"img-src": overlay}))
    assert result == Csp.of({"img-src": merged})


def test_directives_new_to_the_base_come_last() -> None:
    merged = merge(Csp.of({"img-src": ["*"]}), Csp.of({"base-uri": ["'none'"], "img-src": ["data:"]}))
    assert merged.header_value() == "img-src * data:; base-uri 'none'"


def test_report_only_leaves_out_what_browsers_ignore_there() -> None:
    csp = Csp.of({"sandbox": ["allow-scripts"], "img-src": ["*"], "upgrade-insecure-requests": []})
    assert csp.for_report_only() == Csp.of({"img-src": ["*"]})


def test_layers_tell_what_is_sent_and_compare_by_the_base() -> None:
    testing = LayeredCsp(Csp.of({"img-src": ["'self'"]}), Csp.of({"img-src": ["https://t.example"]}))
    staging = LayeredCsp(Csp.of({"img-src": ["'self'"]}))
    assert testing.effective.header_value() == "img-src 'self' https://t.example"
    assert testing.base_digest == staging.base_digest
    assert testing.digest != staging.digest
    assert not testing.is_empty
    assert LayeredCsp(Csp()).is_empty
