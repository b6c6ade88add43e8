"""Suggestions let everything through, and nothing of them is for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.policy.csp import Csp
from edgerollout.policy.policy import Overlay, Policy
from edgerollout.tour.allowance import is_allowed
from edgerollout.tour.insertion import apply, grow
from edgerollout.tour.judgement import judge
from edgerollout.tour.minimal import fewest
from edgerollout.tour.suggestion import Granularity, SuggestionChoices
from tests.samples import THOROUGH
from tests.unit.tour.sightings import APP, CDN, PAGE, POLICY, cause, causes, gathered, inline, record, visit

if TYPE_CHECKING:
    from edgerollout.tour.model import Record

HOSTS = ("www.example.com", "cdn.example.net", "img.example.net", "example.net", "api.example.com", "a.co.uk")
PATHS = ("", "/", "/a.js", "/lib/b.js", "/lib/c;d,e.js", "/lib/x/y.png?v=1")

urls = st.one_of(
    st.builds(
        "{}://{}{}{}".format,
        st.sampled_from(("https", "https", "wss")),
        st.sampled_from(HOSTS),
        st.sampled_from(("", "", ":8443")),
        st.sampled_from(PATHS),
    ),
    st.sampled_from(("data", "blob", "blob:https://www.example.com/1", "http://localhost:3000/x")),
)
directives = st.sampled_from(
    (
        "img-src",
        "connect-src",
        "font-src",
        "style-src-elem",
        "script-src-elem",
        "worker-src",
        "frame-src",
        "media-src",
        "manifest-src",
        "form-action",
        "base-uri",
        "object-src",
    )
)
policies = st.sampled_from(
    [
        Csp.parse(text)
        for text in (
            "default-src 'self'",
            "default-src 'none'",
            "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'self'",
            "default-src 'self' https://img.example.net; child-src 'self'; style-src 'self'",
            "script-src 'self' 'unsafe-eval'; img-src 'none'; object-src 'none'; base-uri 'self'",
            "default-src 'self'; script-src-elem 'self'; style-src-elem 'none'; connect-src https:",
        )
    ]
)
granularities: tuple[Granularity, ...] = get_args(Granularity)


@st.composite
def records(draw: st.DrawFn) -> Record:
    directive = draw(directives)
    blocked = draw(urls)
    target = draw(
        st.one_of(st.just(""), st.just(""), st.sampled_from((f"{CDN}/r.js", "https://pay.example.org/")))
    )
    if "://" not in blocked:
        target = ""
    return record(directive, blocked, redirect_target=target, policy=None)


hashes = st.builds(
    inline,
    st.sampled_from([f"sha256-{letter * 43}=" for letter in "ABC"]),
    st.sampled_from(("script-src-elem", "style-src-elem", "style-src-attr")),
    line=st.integers(1, 3),
)


@given(
    policies, st.lists(st.one_of(records(), hashes), min_size=1, max_size=12), st.sampled_from(granularities)
)
def test_every_suggestion_applied_allows_every_cause_it_answers_and_none_can_be_left_out(
    policy: Csp, seen: list[Record], granularity: Granularity
) -> None:
    accepted = frozenset({"data:", "blob:"})
    verdict = judge(gathered(visit(*seen)), policy, choices=SuggestionChoices(granularity, accepted))
    answered = [row.cause for row in verdict.rows if row not in verdict.open]
    assert all(is_allowed(verdict.after, cause) for cause in answered)
    for left_out in verdict.wanted:
        rest = [item for item in verdict.wanted if item != left_out]
        fewer = apply(policy, rest)
        assert not all(is_allowed(fewer, cause) for cause in answered), left_out


@given(policies, st.lists(records(), min_size=1, max_size=8))
def test_a_policy_that_grew_allows_all_that_it_allowed_before(policy: Csp, seen: list[Record]) -> None:
    verdict = judge(gathered(visit(*seen)), policy)
    for found in causes(*seen, policy=policy):
        if is_allowed(policy, found):
            assert is_allowed(verdict.after, found)


@given(
    base=policies,
    own=st.sampled_from(
        [Csp(), Csp.parse("default-src https://x.example"), Csp.parse("img-src https://y.example")]
    ),
    seen=st.lists(records(), min_size=1, max_size=8),
    overlay=st.booleans(),
)
def test_growing_the_file_s_layers_comes_to_the_same_as_growing_what_they_send(
    base: Csp, own: Csp, seen: list[Record], overlay: bool
) -> None:
    other = Overlay(Csp.parse("default-src https://z.example"))
    policy = Policy(base, overlays={"testing": Overlay(own), "staging": other})
    sent = policy.for_environment("testing").csp.effective
    verdict = judge(gathered(visit(*seen)), sent)
    grown = policy if not verdict.wanted else grow(policy, "testing", verdict.wanted, overlay=overlay)
    after = grown.for_environment("testing").csp.effective
    answered = [row.cause for row in verdict.rows if row not in verdict.open]
    assert all(is_allowed(after, cause) for cause in answered)
    assert {name for name, _ in after} == {name for name, _ in verdict.after}
    # No other environment may lose anything by what this one gains.
    before_other, after_other = (cause.for_environment("staging").csp.effective for cause in (policy, grown))
    for item in causes(*seen, policy=sent):
        assert not is_allowed(before_other, item) or is_allowed(after_other, item)
    if overlay:
        assert grown.csp == base


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        (("https://a.example.net", "https://*.example.net"), {"https://*.example.net"}),
        (("http://localhost:3000", "https:"), {"http://localhost:3000", "https:"}),
        (
            ("https://cdn.example.net/lib/", "https://cdn.example.net/lib/a.js"),
            {"https://cdn.example.net/lib/"},
        ),
    ],
)
def test_a_source_that_another_covers_is_not_suggested(wanted: tuple[str, ...], kept: set[str]) -> None:
    blocked = {
        "https://a.example.net": "https://a.example.net/x",
        "https://*.example.net": "https://b.example.net/x",
        "http://localhost:3000": "http://localhost:3000/x",
        "https:": "https://anything.example/x",
        "https://cdn.example.net/lib/": "https://cdn.example.net/lib/b.js",
        "https://cdn.example.net/lib/a.js": "https://cdn.example.net/lib/a.js",
    }
    needs = {cause(record("img-src", blocked[text])): (text,) for text in wanted}
    assert {source for _, source in fewest(POLICY, needs)} == kept


def test_a_scheme_is_suggested_though_no_host_names_it() -> None:
    needs = {cause(record("worker-src", "blob")): ("blob:",)}
    assert fewest(POLICY, needs) == (("worker-src", "blob:"),)


def test_thousands_of_files_of_one_host_are_judged_one_by_one() -> None:
    many = 5_000 if THOROUGH else 1_000
    seen = [record("img-src", f"{CDN}/dir{n % 100}/{n}.png") for n in range(many)]
    verdict = judge(gathered(visit(*seen)), POLICY, choices=SuggestionChoices("path"))
    assert len(verdict.suggestions) == many
    assert verdict.suggestions[0].directive == "img-src"
    assert PAGE.startswith(APP)
